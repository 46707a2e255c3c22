//! Every kind of source, every part, and what is refused.

use super::file::FORMATS;
use super::load::LEAVES_SIDE;
use super::*;
use crate::data::patches::PatchOptions;
use crate::data::prepare::subset;
use crate::data::read::testing::{dictionary, gzip, idx, npy};
use crate::data::variations::Variation;
use crate::data::{Part, strokes};
use crate::names::Named;
use std::fs;
use std::path::Path;

fn options(n: Option<usize>) -> LoadOptions {
    LoadOptions { n, seed: 4, ..LoadOptions::default() }
}

fn source(path: impl AsRef<Path>) -> Source {
    Source::Path(path.as_ref().to_owned())
}

fn message(source: &Source, options: &LoadOptions) -> String {
    let error = load(source, options).unwrap_err();
    assert!(error.is_wrong_input(), "{error}");
    error.to_string()
}

/// Pictures of 1×1 pixel at these paths in a folder.
fn pictures(paths: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (value, path) in (0..).zip(paths) {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        image::GrayImage::from_pixel(1, 1, image::Luma([value])).save(path).unwrap();
    }
    folder
}

#[test]
fn sources_are_printed_as_they_are_written() {
    let variations = Variation::ALL.iter().map(|(name, _)| *name);
    let names: Vec<&str> = ["strokes", "leaves", "mnist"].into_iter().chain(variations).collect();
    for text in ["./mnist", "./rect", "a/b.npy", "/data/strokes", "Strokes", "mnist-"].iter().chain(&names) {
        let source: Source = text.parse().unwrap();
        assert_eq!(source.to_string(), *text);
        assert_eq!(matches!(source, Source::Path(_)), !names.contains(text));
    }
    // A path that was not parsed is told from the built-in name all the same.
    for name in names {
        assert_eq!(Source::Path(name.into()).to_string(), format!("./{name}"));
    }
    assert_eq!(
        "".parse::<Source>().unwrap_err().to_string(),
        "source: is empty; give a path, or a name that `penstroke data list` shows, such as strokes, leaves or mnist"
    );
}

#[test]
fn built_in_digits_have_both_parts() {
    let load = |part, seed| load(&Source::Strokes, &LoadOptions { part, seed, ..options(Some(20)) }).unwrap();
    let digits = load(Part::Train, 4);
    assert_eq!((digits.n_samples(), digits.n_visible(), digits.labels().unwrap().len()), (20, 784, 20));
    assert_ne!(digits, load(Part::Test, 4));
    assert_ne!(digits, load(Part::Train, 5));
    assert_eq!(digits, load(Part::Train, 4));
    assert!(has_part(&Source::Strokes, Part::Test, Path::new("")));
}

#[test]
fn leaves_are_cut_into_whitened_patches() {
    let patches = load(&Source::Leaves, &options(Some(50))).unwrap();
    assert_eq!((patches.n_samples(), patches.n_visible(), patches.labels()), (50, 144, None));
    let side = PatchOptions { side: 7, ..PatchOptions::default() };
    let small = load(&Source::Leaves, &LoadOptions { patches: Some(side), ..options(Some(50)) }).unwrap();
    assert_eq!(small.n_visible(), 49);
    let test = load(&Source::Leaves, &LoadOptions { part: Part::Test, ..options(Some(50)) }).unwrap();
    assert_ne!(patches, test);
    let scenes = load_scenes(&Source::Leaves, &options(Some(2))).unwrap();
    assert_eq!((scenes.len(), scenes[0].values.len()), (2, LEAVES_SIDE * LEAVES_SIDE));
}

#[test]
fn mnist_is_looked_up_in_the_data_folder() {
    let folder = tempfile::tempdir().unwrap();
    let options = LoadOptions { data_dir: folder.path().to_owned(), ..options(None) };
    let message = message(&Source::Mnist, &options);
    assert!(message.starts_with("mnist: not found in "), "{message}");
    assert!(
        message.ends_with("get it with `penstroke data get mnist`, or say where it is with `--data-dir`")
    );
    assert!(!has_part(&Source::Mnist, Part::Test, folder.path()));
    for inside in ["", "mnist"] {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().join(inside);
        fs::create_dir_all(&at).unwrap();
        fs::write(at.join("train-images-idx3-ubyte"), idx(8, &[2, 1, 1], &[0, 255])).unwrap();
        fs::write(at.join("train-labels-idx1-ubyte"), idx(8, &[2], &[7, 3])).unwrap();
        let options = LoadOptions { data_dir: folder.path().to_owned(), ..options.clone() };
        assert_eq!(load(&Source::Mnist, &options).unwrap().labels(), Some(&[7, 3][..]));
        assert_eq!(load(&source(&at), &options).unwrap().labels(), Some(&[7, 3][..]));
        assert!(!has_part(&Source::Mnist, Part::Test, folder.path()));
        fs::write(at.join("t10k-images-idx3-ubyte"), idx(8, &[1, 1, 1], &[0])).unwrap();
        assert!(
            has_part(&Source::Mnist, Part::Test, folder.path())
                && has_part(&source(&at), Part::Test, Path::new(""))
        );
    }
}

#[test]
fn files_are_told_by_their_content() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    let npy = npy(&dictionary("|u1", "False", "(2, 1, 2)"), &[1, 2, 3, 4]);
    let idx = idx(8, &[2, 1, 2], &[1, 2, 3, 4]);
    for bytes in [npy.clone(), gzip(&npy), idx.clone(), gzip(&idx)] {
        fs::write(&path, bytes).unwrap();
        let data = load(&source(&path), &options(None)).unwrap();
        assert!(matches!(data.rows(), penstroke_engine::Rows::Bytes([1, 2, 3, 4])));
        let scenes = load_scenes(&source(&path), &options(None)).unwrap();
        assert_eq!((scenes.len(), scenes[0].height, scenes[0].width), (2, 1, 2));
    }
    for (bytes, expected) in [(&b"a,b\n1,2\n"[..], FORMATS), (b"", "is empty")] {
        fs::write(&path, bytes).unwrap();
        assert_eq!(message(&source(&path), &options(None)), format!("{}: {expected}", path.display()));
    }
    let path = folder.path().join("data.npz");
    fs::write(&path, b"a,b\n1,2\n").unwrap();
    assert_eq!(
        message(&source(folder.path().join("data.npz:x")), &options(None)),
        format!("{}: is no npz file; it has no arrays with names", path.display())
    );
}

#[test]
fn what_is_not_there_is_wrong_input_that_says_what_can_be_given() {
    let message = message(&source("/nowhere/stroke"), &options(None));
    assert_eq!(
        message,
        "/nowhere/stroke: no such file or folder; a source is a path, or a name that `penstroke data list` shows, such as \
         strokes, leaves or mnist"
    );
}

#[test]
fn a_source_without_a_test_part_says_so() {
    let folder = pictures(&["a.png"]);
    let test = LoadOptions { part: Part::Test, ..options(None) };
    assert!(!has_part(&source(&folder), Part::Test, Path::new("")));
    assert!(message(&source(&folder), &test).contains("has no test part; leave that out, or give"));
    assert!(load_scenes(&source(&folder), &test).is_err());
    assert!(message(&source(folder.path().join("a.png")), &test).contains("has no test part"));
}

#[test]
fn variations_alone_have_a_validation_part() {
    let valid = |n| LoadOptions { part: Part::Valid, ..options(n) };
    let folder = pictures(&["a.png"]);
    for source in [Source::Strokes, Source::Leaves, source(&folder), source(folder.path().join("a.png"))] {
        let expected = format!(
            "{source}: has no validation part; set a share of its training part aside, or give a set with one"
        );
        assert_eq!(message(&source, &valid(Some(1))), expected);
        assert_eq!(load_scenes(&source, &valid(Some(1))).unwrap_err().to_string(), expected);
        assert!(
            has_part(&source, Part::Train, Path::new("")) && !has_part(&source, Part::Valid, Path::new(""))
        );
    }
    assert!(message(&Source::Mnist, &valid(None)).starts_with("mnist: has no validation part"));
    let error = strokes::generate(0, Part::Valid, 1).unwrap_err().to_string();
    assert!(error.starts_with("strokes: has no validation part"), "{error}");
    for (name, variation) in Variation::ALL {
        let source: Source = name.parse().unwrap();
        assert_eq!(source, Source::Variation(*variation));
        for part in [Part::Train, Part::Valid, Part::Test] {
            assert!(has_part(&source, part, Path::new("")), "{name}");
        }
    }
}

#[test]
fn variations_have_no_seed_but_for_the_samples_that_are_drawn() {
    let source = Source::Variation(Variation::Rect);
    let load = |n, seed| load(&source, &LoadOptions { part: Part::Valid, n, seed, ..LoadOptions::default() });
    let all = load(None, 0).unwrap();
    assert_eq!(all, load(None, 1).unwrap());
    assert_eq!(all, load(Some(200), 2).unwrap());
    let some = load(Some(30), 1).unwrap();
    assert_eq!(some, load(Some(30), 1).unwrap());
    assert_ne!(some, load(Some(30), 2).unwrap());
    assert_eq!(some, all.select(&subset(200, 30, 1)));
    let error = load(Some(201), 0).unwrap_err().to_string();
    assert_eq!(error, "rect: 201 samples are asked for; its validation part gives 1 to 200");
    // Its pictures are scenes as well, as those of any set.
    let scenes = load_scenes(&source, &options(Some(3))).unwrap();
    assert_eq!((scenes.len(), scenes[0].height, scenes[0].width), (3, 28, 28));
}

#[test]
fn folders_named_train_and_test_are_the_parts() {
    let folder =
        pictures(&["train/x/1.png", "train/y/2.png", "train/y/3.png", "test/x/4.png", "test/y/5.png"]);
    assert!(has_part(&source(&folder), Part::Test, Path::new("")));
    let load = |part| load(&source(&folder), &LoadOptions { part, ..options(None) });
    assert_eq!(load(Part::Train).unwrap().labels(), Some(&[0, 1, 1][..]));
    assert_eq!(load(Part::Test).unwrap().labels(), Some(&[0, 1][..]));
    fs::rename(folder.path().join("test/x"), folder.path().join("test/z")).unwrap();
    let message = load(Part::Test).unwrap_err().to_string();
    let different =
        "the folders train and test hold different class folders; labels need the same ones in both";
    assert_eq!(message, format!("{}: {different}", folder.path().display()));
}

#[test]
fn fewer_samples_are_drawn_from_the_whole_source_in_its_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.npy");
    let values: Vec<u8> = (0..100).collect();
    fs::write(&path, npy(&dictionary("|u1", "False", "(100, 1, 1)"), &values)).unwrap();
    let bytes = |n| match load(&source(&path), &options(Some(n))).unwrap().rows() {
        penstroke_engine::Rows::Bytes(values) => values.to_vec(),
        penstroke_engine::Rows::Floats(_) => panic!("bytes stay bytes"),
    };
    let some = bytes(30);
    assert_eq!(some.len(), 30);
    assert!(some.is_sorted_by(|a, b| a < b) && some[29] > 50, "{some:?}");
    assert_eq!(bytes(100), values);
    for n in [0, 101] {
        let message = message(&source(&path), &options(Some(n)));
        assert!(message.ends_with(&format!("{n} samples are asked for; its training part gives 1 to 100")));
    }
    let folder = pictures(&["a.png", "b.png", "c.png", "d.png"]);
    let scenes = load_scenes(&source(&folder), &options(Some(2))).unwrap();
    assert!(scenes.len() == 2 && scenes[0].values[0] < scenes[1].values[0]);
    assert!(load_scenes(&source(&folder), &options(Some(5))).is_err());
}

#[test]
fn any_pictures_can_be_cut_into_patches() {
    let folder = tempfile::tempdir().unwrap();
    let values: Vec<u8> = (0..2 * 30 * 40u32).map(|at| (at * at % 255) as u8).collect();
    let path = folder.path().join("scenes.npy");
    fs::write(&path, npy(&dictionary("|u1", "False", "(2, 30, 40)"), &values)).unwrap();
    let cut = LoadOptions { patches: Some(PatchOptions::default()), ..options(Some(70)) };
    let patches = load(&source(&path), &cut).unwrap();
    assert_eq!((patches.n_samples(), patches.n_visible()), (70, 144));
    fs::write(&path, npy(&dictionary("|u1", "False", "(2, 1200)"), &values)).unwrap();
    assert!(message(&source(&path), &cut).contains("rows of 1200 values are no pictures"));
}
