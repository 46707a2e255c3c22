//! Every kind of source, every part, and every refusal.

use super::file::FORMATS;
use super::*;
use crate::config::Named;
use crate::data::Part;
use crate::data::prepare::subset;
use crate::data::read::testing::{dictionary, gzip, idx, npy};
use crate::data::variations::Variation;
use std::fs;
use std::path::Path;

pub(super) fn options(n: Option<usize>) -> LoadOptions {
    LoadOptions { n, seed: 4, ..LoadOptions::default() }
}

pub(super) fn source(path: impl AsRef<Path>) -> Source {
    Source::Path(path.as_ref().to_owned())
}

pub(super) fn message(source: &Source, options: &LoadOptions) -> String {
    let error = load(source, options).unwrap_err();
    assert!(error.is_wrong_input(), "{error}");
    error.to_string()
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
    // A path that was not parsed still differs from the built-in name.
    for name in names {
        assert_eq!(Source::Path(name.into()).to_string(), format!("./{name}"));
    }
    let unknown = "builtin:digits".parse::<Source>().unwrap_err().to_string();
    assert!(
        unknown.starts_with("builtin:digits: is not a built-in source; these are strokes, leaves, mnist, "),
        "{unknown}"
    );
    for name in ["strokes", "leaves", "mnist", "convex"] {
        assert_eq!(Source::named(format!("builtin:{name}")).unwrap(), name.parse().unwrap());
    }
    assert_eq!(
        "".parse::<Source>().unwrap_err().to_string(),
        "source: is empty; give a path, or a built-in name such as strokes, leaves or mnist"
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
fn mnist_is_looked_up_in_the_data_folder() {
    let folder = tempfile::tempdir().unwrap();
    let options = LoadOptions { data_dir: folder.path().to_owned(), ..options(None) };
    let message = message(&Source::Mnist, &options);
    assert!(message.starts_with("mnist: not found in "), "{message}");
    assert!(message.ends_with("name the folder that holds it with data_dir"));
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
fn formats_are_recognised_by_content() {
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
    let unknown = format!("{FORMATS}; read it as a table of text with columns");
    for (bytes, expected) in [(&b"a,b\n1,2\n"[..], unknown.as_str()), (b"", "is empty")] {
        fs::write(&path, bytes).unwrap();
        assert_eq!(message(&source(&path), &options(None)), format!("{}: {expected}", path.display()));
    }
    let path = folder.path().join("data.npz");
    fs::write(&path, b"a,b\n1,2\n").unwrap();
    assert_eq!(
        message(&source(folder.path().join("data.npz:x")), &options(None)),
        format!("{}: is not an npz file, so it has no named arrays", path.display())
    );
}

#[test]
fn missing_data_errors_say_what_can_be_given() {
    let message = message(&source("/nowhere/stroke"), &options(None));
    assert_eq!(
        message,
        "/nowhere/stroke: no such file or folder; a source is a path, or a built-in name such as strokes, \
         leaves or mnist"
    );
}

#[test]
fn the_seed_of_variations_only_selects_samples() {
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
    assert_eq!(error, "rect: cannot give 201 samples; its validation part holds 200");
    // Its pictures are scenes as well, like those of any data set.
    let scenes = load_scenes(&source, &options(Some(3))).unwrap();
    assert_eq!((scenes.len(), scenes[0].height, scenes[0].width), (3, 28, 28));
}

#[test]
fn flat_rows_take_the_shape_that_is_given() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    let values: Vec<u8> = (0..2 * 12).collect();
    fs::write(&path, npy(&dictionary("|u1", "False", "(2, 12)"), &values)).unwrap();
    let shape = |text: &str| LoadOptions { shape: Some(text.parse().unwrap()), ..options(None) };
    let image = load(&source(&path), &shape("3x4")).unwrap().image();
    assert_eq!(image, Some(crate::data::ImageShape { height: 3, width: 4, channels: 1 }));
    assert_eq!(crate::data::Samples::image(&stream(&source(&path), &shape("3x4")).unwrap()), image);
    let scenes = load_scenes(&source(&path), &shape("3x4")).unwrap();
    assert_eq!((scenes.len(), scenes[0].height, scenes[0].width), (2, 3, 4));
    let expected = format!("{}: rows of 12 values are not 4×4×1 pictures", path.display());
    assert_eq!(message(&source(&path), &shape("4x4")), expected);
    assert_eq!(stream(&source(&path), &shape("4x4")).unwrap_err().to_string(), expected);
    for text in ["", "4", "4x", "0x4", "-1x4", "4x4x4x4"] {
        assert!(text.parse::<crate::data::ImageShape>().is_err(), "{text}");
    }
}

/// A model of a table knows its classes by name; labels of an array are then names as well, not positions.
#[test]
fn labels_of_arrays_are_the_names_that_a_model_knows() {
    let folder = tempfile::tempdir().unwrap();
    let source = source(folder.path());
    for (name, bytes) in [
        ("train-images-idx3-ubyte", idx(8, &[3, 1, 1], &[0, 1, 2])),
        ("train-labels-idx1-ubyte", idx(8, &[3], &[7, 4, 7])),
    ] {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    let like = |classes: &[&str]| {
        let classes = classes.iter().map(ToString::to_string).collect();
        LoadOptions {
            like: Some(crate::data::Preparation { classes, ..Default::default() }),
            ..options(None)
        }
    };
    assert_eq!(load(&source, &like(&[])).unwrap().labels(), Some(&[7, 4, 7][..]));
    assert_eq!(load(&source, &like(&["4", "5", "7"])).unwrap().labels(), Some(&[2, 0, 2][..]));
    let unknown = "the label \"7\" is not the only class that the model knows: \"4\"";
    assert_eq!(message(&source, &like(&["4"])), format!("{}: {unknown}", folder.path().display()));
}
