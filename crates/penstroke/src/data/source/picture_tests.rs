//! Sources of pictures, and scenes cut into patches.

use super::load::LEAVES_SIDE;
use super::tests::{message, options, source};
use super::*;
use crate::config::Named;
use crate::data::patches::PatchOptions;
use crate::data::read::testing::{dictionary, npy};
use crate::data::variations::Variation;
use crate::data::{Part, strokes};
use std::fs;
use std::path::Path;

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
fn a_source_without_a_test_part_says_so() {
    let folder = pictures(&["a.png"]);
    let test = LoadOptions { part: Part::Test, ..options(None) };
    assert!(!has_part(&source(&folder), Part::Test, Path::new("")));
    assert!(message(&source(&folder), &test).contains("has no test part; leave that out, or give"));
    assert!(load_scenes(&source(&folder), &test).is_err());
    assert!(message(&source(folder.path().join("a.png")), &test).contains("has no test part"));
}

#[test]
fn only_variations_have_a_validation_part() {
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
        assert!(message.ends_with(&format!("cannot give {n} samples; its training part holds 100")));
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
    assert!(message(&source(&path), &cut).contains("rows of 1200 values are not pictures"));
}
