//! Real data, read whole. They lie in the folder that the environment variable `PENSTROKE_DATA` names; without it these
//! tests fail, so that no run passes by reading nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use penstroke::data::patches::{PatchOptions, cut};
use penstroke::data::{ImageShape, LoadOptions, Part, Source, has_test_part, load, load_scenes, summary};
use std::path::{Path, PathBuf};

fn folder(name: &str) -> PathBuf {
    let data = std::env::var_os("PENSTROKE_DATA")
        .expect("PENSTROKE_DATA must name the folder that holds the real data sets (mnist, kodak)");
    let folder = Path::new(&data).join(name);
    assert!(folder.is_dir(), "{} is no folder", folder.display());
    folder
}

fn options() -> LoadOptions {
    LoadOptions { data_dir: folder("."), ..LoadOptions::default() }
}

#[test]
fn mnist_has_its_known_numbers() {
    // Counts and means as published: the mean of the training intensities is 0.1307 (33.3184 of 255).
    let known = [
        (Part::Train, 60_000, [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949], 0.13066),
        (Part::Test, 10_000, [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009], 0.13251),
    ];
    assert!(has_test_part(&Source::Mnist, &folder(".")));
    for (part, n, counts, mean) in known {
        let data = load(&Source::Mnist, &LoadOptions { part, ..options() }).unwrap();
        let summary = summary(&data);
        assert_eq!((summary.n_samples, summary.n_visible), (n, 784));
        assert_eq!(summary.image, Some(ImageShape { height: 28, width: 28, channels: 1 }));
        assert!(summary.classes.unwrap().into_values().eq(counts));
        assert_eq!((summary.min, summary.max), (0.0, 1.0));
        assert!((summary.mean - mean).abs() < 5e-6, "{part}: mean {}", summary.mean);
        assert_eq!(data, load(&Source::Path(folder("mnist")), &LoadOptions { part, ..options() }).unwrap());
    }
}

#[test]
fn kodak_photographs_are_the_grey_that_was_derived_from_them() {
    let kodak = folder("kodak");
    let scenes = load_scenes(&Source::Path(kodak.clone()), &options()).unwrap();
    assert_eq!(scenes.len(), 24);
    for (name, width) in [("landscape", 768), ("portrait", 512)] {
        let path = kodak.join(format!("kodak_gray_{name}.npy"));
        let derived = load_scenes(&Source::Path(path), &options()).unwrap();
        let same: Vec<_> = scenes.iter().filter(|scene| scene.width == width).collect();
        assert_eq!(derived.len(), same.len());
        // Pixel for pixel, without a message of half a million numbers.
        assert!(derived.iter().zip(same).all(|(derived, scene)| derived == scene), "{name}");
    }
}

#[test]
fn photographs_of_two_sizes_are_scenes_but_no_samples() {
    let kodak = Source::Path(folder("kodak"));
    let error = load(&kodak, &options()).unwrap_err();
    assert!(error.is_wrong_input());
    assert!(error.to_string().contains("kodim04.png: is 768×512 pixels where"), "{error}");
    let patches = LoadOptions { n: Some(1000), patches: Some(PatchOptions::default()), ..options() };
    assert_eq!(load(&kodak, &patches).unwrap().n_visible(), 144);
}

#[test]
fn whitening_flattens_the_spectrum_of_photographs() {
    let scenes = load_scenes(&Source::Path(folder("kodak")), &options()).unwrap();
    let correlation = |whiten| {
        let options = PatchOptions { whiten, ..PatchOptions::default() };
        let patches = cut(&scenes, 20_000, 0, &options).unwrap().to_floats();
        let mean = patches.iter().map(|&v| f64::from(v)).sum::<f64>() / patches.len() as f64;
        let pairs = patches.chunks(12).flat_map(|row| row.windows(2));
        let sum: f64 = pairs.clone().map(|p| (f64::from(p[0]) - mean) * (f64::from(p[1]) - mean)).sum();
        sum / pairs.count() as f64
    };
    // Patches have unit variance, so that the covariance of neighbouring pixels is their correlation.
    assert!(correlation(None) > 0.9, "{}", correlation(None));
    // Were the amplitude f^-1, whitening would leave the power exp(-2 (f/0.4)^4), and the correlation would be the mean of
    // cos(2 pi f_x) over the frequency plane with that weight: 0.51; were it f^-1.3, 0.61. Photographs lie about there.
    let whitened = correlation(Some(0.4));
    assert!((0.45..0.65).contains(&whitened), "{whitened}");
}
