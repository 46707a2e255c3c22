//! Complete real data sets, from the folder in the environment variable `PENSTROKE_DATA`. Without it these tests fail,
//! so that no run passes by reading nothing.
#![cfg(feature = "eval")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use penstroke::data::patches::{PatchOptions, cut};
use penstroke::data::variations::{self, Variation};
use penstroke::data::{
    Dataset, ImageShape, Labels, LoadOptions, Missing, Part, Scale, Source, TableOptions, has_part, load,
    load_scenes, summary,
};
use penstroke::eval::{Probe, ProbeData, ProbeOptions, SampleMatrix};
use penstroke::train::{Plan, train};
use penstroke::{Autoencoder, AutoencoderConfig, Corruption, Precision, Run, Training};
use penstroke_engine::{
    Activation, Apply, CpuOptions, CpuTrain, Initialization, Layer, Network, Noise, Objective, Rows, State,
    Task, initial_parameters,
};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::io::Write;
use std::path::{Path, PathBuf};

fn folder(name: &str) -> PathBuf {
    let data = std::env::var_os("PENSTROKE_DATA")
        .expect("PENSTROKE_DATA must name the folder that holds the real data sets (mnist, kodak)");
    let folder = Path::new(&data).join(name);
    assert!(folder.is_dir(), "{} is not a folder", folder.display());
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
    assert!(has_part(&Source::Mnist, Part::Test, &folder(".")));
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

/// The census table: no names, a blank after each comma, `?` for missing values.
fn census() -> TableOptions {
    TableOptions {
        one_hot: ["2", "4", "6-10", "14"].map(|pick| pick.parse().unwrap()).into(),
        label: Some("15".parse().unwrap()),
        ..TableOptions::default()
    }
}

#[test]
fn the_census_has_its_known_numbers() {
    let source = Source::Path(folder("adult").join("adult.data"));
    let table = TableOptions { missing: Missing::Mean, ..census() };
    let options = LoadOptions { table, scale: Scale::Standard, ..options() };
    let data = load(&source, &options).unwrap();
    // Six numbers, and 8 + 16 + 7 + 14 + 6 + 5 + 2 + 41 categories, not counting missing values.
    assert_eq!((data.n_samples(), data.n_visible()), (32_561, 6 + 99));
    assert_eq!(data.preparation().classes, ["<=50K", ">50K"]);
    let counts = summary(&data).classes.unwrap();
    assert_eq!(counts.into_values().collect::<Vec<_>>(), [24_720, 7_841]);
    // The mean age of the training part is 38.58, with standard deviation 13.64.
    let Some(penstroke::data::Scaling::Affine { offset, divisor, .. }) = &data.preparation().scaling else {
        panic!("affine")
    };
    assert!(
        (offset[0] - 38.5816).abs() < 1e-3 && (divisor[0] - 13.6402).abs() < 1e-3,
        "{} {}",
        offset[0],
        divisor[0]
    );

    // The labels of the test part end in a full stop, which makes them different classes.
    let test = folder("adult").join("adult.test");
    let like = LoadOptions { like: Some(data.preparation().clone()), ..LoadOptions::default() };
    let message = load(&Source::Path(test.clone()), &like).unwrap_err().to_string();
    let expected = "adult.test: line 1, column 15: \"<=50K.\" is not one of the 2 classes that the model knows: \"<=50K\", \">50K\"";
    assert!(message.ends_with(expected), "{message}");
    for (labels, n_warnings) in [(Labels::IfKnown, 1), (Labels::Ignored, 0)] {
        let table = TableOptions { labels, ..TableOptions::default() };
        let data = load(&Source::Path(test.clone()), &LoadOptions { table, ..like.clone() }).unwrap();
        assert_eq!((data.n_samples(), data.labels(), data.warnings().len()), (16_281, None, n_warnings));
    }
    let text = std::fs::read_to_string(test).unwrap().replace("50K.", "50K");
    let copy = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&copy, text).unwrap();
    let test = load(&Source::Path(copy.path().into()), &like).unwrap();
    assert_eq!((test.n_samples(), test.n_visible()), (16_281, data.n_visible()));
    assert_eq!(summary(&test).classes.unwrap().into_values().collect::<Vec<_>>(), [12_435, 3_846]);
    assert!(test.warnings().is_empty());
}

#[test]
fn missing_values_of_the_census_are_reported_with_their_place() {
    let source = Source::Path(folder("adult").join("adult.data"));
    let message = load(&source, &LoadOptions { table: census(), ..options() }).unwrap_err().to_string();
    let expected = "adult.data: line 15, column 14: \"?\" is missing; set missing to mean, or leave the column out with columns";
    assert!(message.ends_with(expected), "{message}");
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
        // Compared pixel by pixel, without a message of half a million numbers.
        assert!(derived.iter().zip(same).all(|(derived, scene)| derived == scene), "{name}");
    }
}

#[test]
fn photographs_of_two_sizes_are_scenes_but_not_samples() {
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
    // Patches have unit variance, so the covariance of neighbouring pixels is their correlation.
    assert!(correlation(None) > 0.9, "{}", correlation(None));
    // If the amplitude were f^-1, whitening would leave the power exp(-2 (f/0.4)^4), and the correlation would be the
    // mean of cos(2 pi f_x) over the frequency plane with that weight: 0.51; for f^-1.3, 0.61. Photographs are close to
    // this range.
    let whitened = correlation(Some(0.4));
    assert!((0.45..0.65).contains(&whitened), "{whitened}");
}

fn variation(variation: Variation, part: Part) -> Dataset {
    load(&Source::Variation(variation), &LoadOptions { part, ..options() }).unwrap()
}

fn pictures(data: &Dataset) -> std::slice::ChunksExact<'_, u8> {
    match data.rows() {
        Rows::Bytes(bytes) => bytes.chunks_exact(784),
        Rows::Floats(_) => panic!("variations are bytes"),
    }
}

#[test]
fn parts_of_a_variation_share_no_digit_and_hold_every_class() {
    let mut digits: HashSet<Vec<u8>> = HashSet::new();
    let mut n_samples = 0;
    for (part, n) in [(Part::Train, 10_000), (Part::Valid, 2000), (Part::Test, 50_000)] {
        let data = variation(Variation::MnistBasic, part);
        let summary = summary(&data);
        assert_eq!((summary.n_samples, summary.n_visible), (n, 784));
        for (label, count) in summary.classes.unwrap() {
            // As frequent as in MNIST, 9 to 11.3 %, within four standard deviations for the smallest part.
            assert!((0.063..0.142).contains(&(count as f64 / n as f64)), "{count} of {label} in {part}");
        }
        digits.extend(pictures(&data).map(<[u8]>::to_vec));
        n_samples += n;
    }
    // No two digits of MNIST are equal.
    assert_eq!(digits.len(), n_samples);
}

#[test]
fn variations_of_a_digit_show_the_same_digit() {
    let samples: Vec<usize> = (0..300).collect();
    let make = |variation| variations::generate(variation, Part::Test, Some(&samples), &folder(".")).unwrap();
    let (basic, turned) = (make(Variation::MnistBasic), make(Variation::MnistRot));
    for (other, ink, least, most) in [
        // The mean of a noise background is 127.5; photographs are darker and vary.
        (Variation::MnistBgRand, &basic, 127.0, 128.0),
        (Variation::MnistBgImg, &basic, 80.0, 140.0),
        (Variation::MnistBgImgRot, &turned, 80.0, 140.0),
    ] {
        let other = make(other);
        assert_eq!((other.labels(), turned.labels()), (basic.labels(), basic.labels()));
        let (mut bare, mut n_bare) = (0.0, 0u32);
        for (picture, ink) in pictures(&other).zip(pictures(ink)) {
            for (&value, &ink) in picture.iter().zip(ink) {
                assert!(value >= ink, "ink lies above the ground");
                if ink == 0 {
                    bare += f64::from(value);
                    n_bare += 1;
                }
            }
        }
        let mean = bare / f64::from(n_bare);
        assert!((least..most).contains(&mean), "mean of the bare ground {mean}");
    }
}

#[test]
fn grounds_of_photographs_have_variance_and_differ_from_part_to_part() {
    let scenes = load_scenes(&Source::Path(folder("kodak")), &options()).unwrap();
    let mut of_parts = Vec::new();
    for part in [Part::Train, Part::Valid, Part::Test] {
        let samples: Vec<usize> = (0..20).collect();
        let make = |variation| variations::generate(variation, part, Some(&samples), &folder(".")).unwrap();
        let (on_ground, ink) = (make(Variation::MnistBgImg), make(Variation::MnistBasic));
        let mut found = HashSet::new();
        for (picture, ink) in pictures(&on_ground).zip(pictures(&ink)) {
            // The first four rows rarely have ink, and they suffice to find the position in the photograph.
            if ink[..4 * 28].iter().any(|&ink| ink > 0) {
                continue;
            }
            let top: Vec<f32> = picture[..4 * 28].iter().map(|&value| f32::from(value) / 255.0).collect();
            let (scene, x, y) = place(&scenes, &top).expect("every ground is a patch of a photograph");
            found.insert(scene);
            let values =
                (0..784).map(|at| scenes[scene].values[(y + at / 28) * scenes[scene].width + x + at % 28]);
            let values: Vec<f64> = values.map(|value| 255.0 * f64::from(value)).collect();
            let mean = values.iter().sum::<f64>() / 784.0;
            let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 784.0;
            assert!(variance.sqrt() >= 16.0 - 1e-3, "standard deviation {}", variance.sqrt());
        }
        assert!(!found.is_empty());
        of_parts.push(found);
    }
    for (one, other) in [(0, 1), (0, 2), (1, 2)] {
        assert!(of_parts[one].is_disjoint(&of_parts[other]), "{of_parts:?}");
    }
}

/// Finds four rows of 28 pixels in the scenes: the scene, and the column and row.
fn place(scenes: &[penstroke::data::Scene], rows: &[f32]) -> Option<(usize, usize, usize)> {
    scenes.iter().enumerate().find_map(|(number, scene)| {
        let is_here = |x: usize, y: usize| {
            (0..4).all(|row| scene.values[(y + row) * scene.width + x..][..28] == rows[row * 28..][..28])
        };
        let mut places = (0..=scene.height - 28).flat_map(|y| (0..=scene.width - 28).map(move |x| (x, y)));
        places.find(|&(x, y)| is_here(x, y)).map(|(x, y)| (number, x, y))
    })
}

#[test]
fn rectangles_of_photographs_are_balanced_and_as_many_as_published() {
    for (part, n) in [(Part::Train, 10_000), (Part::Valid, 2000)] {
        let data = variation(Variation::RectImg, part);
        assert_eq!(data.n_samples(), n);
        assert_eq!(data.labels().unwrap().iter().sum::<u32>() as usize, n / 2);
    }
}

/// A name always means the same bytes: changing one of these numbers makes a different data set.
#[test]
fn variations_have_unchanged_bytes() {
    let mut found = Vec::new();
    for (name, variation) in <Variation as penstroke::config::Named>::ALL {
        let mut hash = Sha256::new();
        for part in [Part::Train, Part::Valid, Part::Test] {
            let samples: Vec<usize> = (0..150).collect();
            let data = variations::generate(*variation, part, Some(&samples), &folder(".")).unwrap();
            pictures(&data).for_each(|picture| hash.update(picture));
            hash.update(data.labels().unwrap().iter().map(|&label| label as u8).collect::<Vec<_>>());
        }
        let hash: String = hash.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        found.push((*name, hash));
    }
    let known = [
        ("mnist-basic", "6b7cf48cecaf3477"),
        ("mnist-rot", "1c5299cab8052102"),
        ("mnist-bg-rand", "e7b061cb17978d13"),
        ("mnist-bg-img", "ffc4e13f5e5e31cd"),
        ("mnist-bg-img-rot", "ace2a64f2ab7501f"),
        ("mnist-bg-leaves", "088c3b8c3df9dd60"),
        ("mnist-bg-leaves-rot", "87b56dfe94002c74"),
        ("rect", "955c1a1f9908186c"),
        ("rect-img", "0ffed63ba3ae3460"),
        ("rect-leaves", "a82532b744e47260"),
        ("convex", "576d55ab089dcbd4"),
    ];
    assert!(found.iter().map(|(name, hash)| (*name, hash.as_str())).eq(known), "{found:#?}");
}

#[test]
fn one_epoch_on_mnist_lowers_the_loss() {
    let data = load(&Source::Mnist, &LoadOptions { n: Some(10_000), ..options() }).unwrap();
    let config = AutoencoderConfig { hidden: 100, ..Default::default() }.epochs(1);
    let start = Autoencoder::initial(&config, &data).unwrap();
    let model = Autoencoder::fit(&config, &data, &mut Run::new()).unwrap();
    let (before, after) = (start.loss(&data, 0).unwrap(), model.loss(&data, 0).unwrap());
    // Reconstructing every pixel by its mean over all pictures costs the total variance, 52.7; doing better takes more
    // than biases.
    assert!(after < 45.0 && after < before, "{before}, then {after}");
    assert!(model.history().valid_loss[0] < 45.0, "{:?}", model.history());
}

#[test]
fn a_linear_probe_errs_on_mnist_as_published() {
    let part = |part| load(&Source::Mnist, &LoadOptions { part, ..options() }).unwrap();
    let (train, test) = (part(Part::Train), part(Part::Test));
    let (train_values, test_values) = (train.to_floats(), test.to_floats());
    let samples = |values| SampleMatrix::new(values, 784).unwrap();
    let data = ProbeData::new(samples(&train_values), train.labels().unwrap(), 10).unwrap();
    let probe = Probe::fit(data, &ProbeOptions::default()).unwrap();
    assert!(probe.convergence().converged);
    let data = ProbeData::new(samples(&test_values), test.labels().unwrap(), 10).unwrap();
    let errors = probe.error_rate(data).unwrap().errors;
    // Published errors of multinomial logistic regression are 7.2 to 8.2 %, depending on the penalty.
    assert!((720..=820).contains(&errors), "{errors} errors of 10,000");
}

#[test]
fn a_model_of_strokes_transfers_to_mnist() {
    let strokes = load(&Source::Strokes, &LoadOptions { part: Part::Train, ..options() }).unwrap();
    let digits = load(&Source::Mnist, &LoadOptions { part: Part::Test, ..options() }).unwrap();
    let layers = vec![Layer::new(784, 300, Activation::Relu), Layer::new(300, 10, Activation::Softmax)];
    let network = Network::new(layers);
    let objective = Objective::classification(&network, 0.0);
    let spec = Task::new(network, objective).with_corruption(vec![Noise::Masking { probability: 0.25 }]);
    let start = State::new(&spec.network, initial_parameters(&spec.network, 0, Initialization::Glorot));
    let threads = AutoencoderConfig::default().training.n_threads();
    let options_of_cpu = CpuOptions { threads, ..CpuOptions::default() };
    let mut engine = CpuTrain::open(&spec, start, options_of_cpu).unwrap();
    let indices: Vec<u32> = (0..strokes.n_samples() as u32).collect();
    let training = Training {
        epochs: Some(5),
        learning_rate: 1e-3,
        schedule: "linear".parse().unwrap(),
        corruption: Corruption::NONE,
        ..Training::autoencoder()
    };
    let plan = Plan::new(&training, &strokes, &indices, &[]);
    train(&mut engine, &plan, &mut Run::new()).unwrap();
    let mut probabilities = vec![0.0; digits.n_samples() * 10];
    engine.apply(digits.rows(), 0..2, &mut probabilities);
    let largest = |row: &[f32]| (0..10).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap() as u32;
    let labels = digits.labels().unwrap();
    let errors = probabilities.chunks(10).zip(labels).filter(|(row, label)| largest(row) != **label).count();
    assert!(errors <= 1_500, "{errors} errors of 10,000");
}

/// Rounding to eight bits adds about a thousandth to the noise of fresh masks and batches: the curves may differ as
/// much as those of two seeds, and do differ by less.
#[test]
fn bf16_learns_mnist_as_f32_does() {
    let data = load(&Source::Mnist, &options()).unwrap().select(&(0..20_000).collect::<Vec<_>>());
    let curve = |precision, seed| {
        let config = AutoencoderConfig { hidden: 200, ..Default::default() }
            .epochs(3)
            .seed(seed)
            .precision(precision)
            .valid(0.1);
        Autoencoder::fit(&config, &data, &mut Run::new()).map(|model| model.history().valid_loss.clone())
    };
    let f32 = curve(Precision::F32, 0).unwrap();
    let bf16 = match curve(Precision::Bf16, 0) {
        Ok(bf16) => bf16,
        Err(error) => {
            assert!(error.to_string().starts_with("precision: bf16 needs a processor"), "{error}");
            // Bypasses output capture, so that the last lines of `check` can show it.
            std::io::stderr()
                .write_all(b"\nnot tested: MNIST in bf16, which this processor lacks\n")
                .unwrap();
            return;
        }
    };
    let other = curve(Precision::F32, 1).unwrap();
    for epoch in 0..3 {
        let apart = |loss: &[f64]| (loss[epoch] / f32[epoch] - 1.0).abs();
        println!(
            "epoch {epoch}: f32 {}, bf16 {:+.5}, another seed {:+.5}",
            f32[epoch],
            apart(&bf16),
            apart(&other)
        );
        assert!(apart(&bf16) < apart(&other).max(0.005), "epoch {epoch}: {f32:?}, {bf16:?}, {other:?}");
    }
}
