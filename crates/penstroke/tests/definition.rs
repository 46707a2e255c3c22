//! What makes it a denoising autoencoder: each test holds the engines and the library to one line of the definition that
//! programs in use have broken.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use penstroke::Model;
use penstroke::config::Named;
use penstroke::data::{Dataset, Values};
use penstroke::train::{Plan, train};
use penstroke::{Autoencoder, AutoencoderConfig, Corruption, Optimizer, Reconstruction, Run, Training};
use penstroke_engine::*;
use std::collections::BTreeSet;
use std::io::Write;
use support::{Lens, Recorder, engines, hand_loss, reconstruct, values};

/// Rounding of f32 over sums of some hundred terms, and of the fast engine's approximations.
const ROUNDING: f64 = 2e-5;

/// Every kind of damage, for data within 0..=1.
fn corruptions() -> [Vec<Noise>; 6] {
    [
        vec![Noise::Masking { probability: 0.4 }],
        vec![Noise::MaskingExact { fraction: 0.4 }],
        vec![Noise::Gaussian { deviation: 0.6 }],
        vec![Noise::SaltAndPepper { probability: 0.4, low: 0.0, high: 1.0 }],
        vec![Noise::Dropout { probability: 0.4 }],
        vec![Noise::Masking { probability: 0.2 }, Noise::Gaussian { deviation: 0.3 }],
    ]
}

/// Random weights and biases.
fn parameters(spec: &Task) -> Parameters {
    let mut parameters = initial_parameters(&spec.network, 6, Initialization::Glorot);
    for layer in &mut parameters.layers {
        let bias = values(layer.bias.len());
        layer.bias.iter_mut().zip(bias).for_each(|(b, value)| *b = value - 0.5);
    }
    parameters
}

fn autoencoder(d: usize, h: usize, tied: bool) -> Task {
    let spec = Task::autoencoder(d, h, Activation::Sigmoid, Activation::Sigmoid);
    let mut spec = if tied { spec.tied() } else { spec };
    spec.optimizer.rule = Rule::Sgd { momentum: 0.0 };
    spec.objective.seed = 4;
    spec
}

fn close(what: &str, have: f64, want: f64) {
    assert!((have - want).abs() <= ROUNDING * want.abs().max(1.0), "{what}: {have} for {want}");
}

#[test]
fn the_target_is_clean() {
    let (n, d) = (24, 40);
    let data = values(n * d);
    let indices: Vec<u32> = (0..n as u32).collect();
    let batch = Batch::new(Rows::Floats(&data), &indices);
    for corruption in corruptions() {
        for tied in [true, false] {
            for loss in [Loss::Squared, Loss::CrossEntropy] {
                let spec = autoencoder(d, 30, tied).with_corruption(corruption.clone()).with_loss(loss);
                let parameters = parameters(&spec);
                for mut engine in engines(&spec, &parameters) {
                    let name = format!("{}: {spec:?}", engine.describe().engine);
                    let want = hand_loss(&spec, &parameters, &data, (CorruptionUse::Evaluation, 5));
                    close(&name, engine.loss(&batch, 5), want.clean);
                    let want = hand_loss(&spec, &parameters, &data, (CorruptionUse::Training, 5));
                    // The two targets are told apart by far more than rounding.
                    assert!((want.clean - want.corrupted).abs() > 50.0 * ROUNDING * want.clean, "{name}");
                    close(&name, engine.step(&batch, Step { epoch: 5, learning_rate: 0.1 }), want.clean);
                }
            }
        }
    }
}

#[test]
fn the_library_reports_the_loss_against_the_clean_input() {
    let (n, d) = (50, 20);
    let data = values(n * d);
    let samples = Dataset::new("test", Values::Floats(data.clone()), d).unwrap();
    let corruption = "masking:0.3".parse().unwrap();
    let config = AutoencoderConfig { hidden: 15, ..Default::default() }
        .corruption(corruption)
        .epochs(1)
        .batch(n)
        .valid(0.0)
        .seed(4);
    let start = Autoencoder::initial(&config, &samples).unwrap();
    let spec = autoencoder(d, 15, true).with_corruption(vec![Noise::Masking { probability: 0.3 }]);
    let layer =
        |weights: &[f32], bias: &[f32]| LayerParameters { weights: weights.into(), bias: bias.into() };
    let of = |model: &Autoencoder| Parameters {
        layers: vec![layer(model.weights(), model.hidden_bias()), layer(&[], model.visible_bias())],
    };
    let trained = Autoencoder::fit(&config, &samples, &mut Run::new()).unwrap();
    let want = hand_loss(&spec, &of(&start), &data, (CorruptionUse::Training, 0)).clean;
    close("training", trained.history().train_loss[0], want);
    let want = hand_loss(&spec, &of(&trained), &data, (CorruptionUse::Evaluation, 2)).clean;
    close("evaluation", trained.loss(&samples, 2).unwrap(), want);
}

#[test]
fn corruption_acts_on_the_input_at_the_given_rate_and_survivors_keep_their_bits() {
    let samples = Lens::samples();
    let clean = samples.to_floats();
    let indices: Vec<u32> = (0..Lens::SAMPLES as u32).collect();
    let batch = Batch::new(samples.rows(), &indices);
    const EPOCHS: u32 = 8;
    let n = (Lens::SAMPLES * Lens::DATA.len() * EPOCHS as usize) as f64;
    // Pairs of a clean value and what the engine was shown.
    let shown = |mut lens: Lens| -> Vec<(f32, f32)> {
        (0..EPOCHS)
            .flat_map(|epoch| clean.iter().copied().zip(lens.see(&batch, epoch)).collect::<Vec<_>>())
            .enumerate()
            .filter(|(at, _)| Lens::DATA.contains(&(at % Lens::WIDTH)))
            .map(|(_, pair)| pair)
            .collect()
    };
    let count = |pairs: &[(f32, f32)], is: fn(f32, f32) -> bool| {
        pairs.iter().filter(|&&(clean, shown)| is(clean, shown)).count() as f64
    };
    for q in [0.0, 0.1, 0.25, 0.5, 0.9, 1.0f64] {
        let kinds = [
            Noise::Masking { probability: q },
            Noise::MaskingExact { fraction: q },
            Noise::SaltAndPepper { probability: q, low: 0.0, high: 1.0 },
        ];
        for noise in kinds {
            for pairs in Lens::both(&[noise]).map(shown) {
                let low = count(&pairs, |_, shown| shown == 0.0);
                let high = count(&pairs, |_, shown| shown == 1.0);
                let kept = count(&pairs, |clean, shown| clean.to_bits() == shown.to_bits());
                assert_eq!(low + high + kept, n, "{noise:?}: every value is struck or kept to the bit");
                // Four standard errors of a share of n coins; the exact count is spread less. The last term is the
                // rounding of q to whole components.
                let bound = 4.0 * (q * (1.0 - q) / n).sqrt() + 0.5 / Lens::WIDTH as f64;
                let rate = (low + high) / n;
                assert!((rate - q).abs() <= bound, "{noise:?}: struck {rate}");
                match noise {
                    Noise::SaltAndPepper { .. } => assert!((low - high).abs() <= 4.0 * (low + high).sqrt()),
                    _ => assert_eq!(high, 0.0),
                }
            }
        }
    }
    let deviation = 0.7;
    for pairs in Lens::both(&[Noise::Gaussian { deviation }]).map(shown) {
        let z = pairs.iter().map(|&(clean, shown)| f64::from(shown - clean) / deviation);
        let (mean, square) = (z.clone().sum::<f64>() / n, z.map(|z| z * z).sum::<f64>() / n);
        // Four standard errors; the square of a normal number has variance 2.
        assert!(mean.abs() < 4.0 / n.sqrt() && (square - 1.0).abs() < 4.0 * (2.0 / n).sqrt());
    }
}

#[test]
fn inputs_are_taken_as_they_are_once_training_is_over() {
    let samples = Dataset::new("test", Values::Floats(values(300)), 10).unwrap();
    for tied in [true, false] {
        let spec = autoencoder(10, 7, tied).with_corruption(vec![Noise::Masking { probability: 1.0 }]);
        let parameters = parameters(&spec);
        for engine in engines(&spec, &parameters) {
            let mut have = vec![0.0; 300];
            engine.apply(samples.rows(), 0..2, &mut have);
            let rows = samples.to_floats();
            let want = rows.chunks(10).flat_map(|x| reconstruct(&spec, &parameters, x).0);
            have.iter().zip(want).for_each(|(&have, want)| close("reconstruction", have.into(), want));
        }
    }
}

/// Training of some of the samples that a lens knows, in batches of eight, seen by a recorder for each engine.
fn recorded(train_on: &[u32], valid: &[u32], epochs: usize, corruption: &str) -> [Recorder; 2] {
    let corruption: &Corruption = &corruption.parse().unwrap();
    let samples = Lens::samples();
    let training = Training {
        epochs,
        batch: 8,
        learning_rate: 1.0,
        corruption: corruption.clone(),
        ..Training::autoencoder()
    };
    let plan = Plan::new(&training, &samples, train_on, valid);
    Lens::both(&corruption.noises((0.0, 1.0))).map(|lens| {
        let mut recorder = Recorder::new(lens);
        train(&mut recorder, &plan, &mut Run::new()).unwrap();
        recorder
    })
}

#[test]
fn every_sample_is_presented_once_an_epoch() {
    // 27 samples are three batches of eight and one of three.
    let (train_on, valid): (Vec<u32>, Vec<u32>) = (0..32).partition(|i| i % 7 != 3);
    for recorder in recorded(&train_on, &valid, 5, "masking:0.5") {
        let order = |epoch| -> Vec<u32> {
            recorder.presented.iter().filter(|p| p.epoch == epoch).map(|p| p.sample).collect()
        };
        let orders: BTreeSet<Vec<u32>> = (0..5).map(order).collect();
        assert_eq!(orders.len(), 5, "every epoch has an order of its own");
        for mut order in orders {
            order.sort_unstable();
            assert_eq!(order, train_on);
        }
        assert_eq!(recorder.presented.len(), 5 * train_on.len());
        let measured: Vec<_> = recorder.measured.into_iter().map(|(samples, _)| samples).collect();
        assert_eq!(measured, vec![valid.clone(); 5], "the others are only measured on");
    }
}

#[test]
fn noise_that_moves_goes_from_epoch_to_epoch_and_is_measured_with_its_end() {
    let (train_on, valid): (Vec<u32>, Vec<u32>) = (0..32).partition(|i| i % 7 != 3);
    let noise = |probability| vec![Noise::Masking { probability }];
    for recorder in recorded(&train_on, &valid, 5, "masking:0.9->0.1") {
        // On a straight line, up to the rounding of its product and sum.
        for (corruption, want) in recorder.corruptions.iter().zip([0.9, 0.7, 0.5, 0.3, 0.1]) {
            let [Noise::Masking { probability }] = corruption[..] else { panic!("{corruption:?}") };
            assert!((probability - want).abs() < 1e-15, "{probability} for {want}");
        }
        assert_eq!(recorder.corruptions.len(), 5);
        assert!(recorder.measured.iter().all(|(_, corruption)| *corruption == noise(0.1)));
        for (epoch, q) in [(0, 0.9), (2, 0.5), (4, 0.1f64)] {
            let masks: Vec<_> =
                recorder.presented.iter().filter(|p| p.epoch == epoch).map(|p| &p.mask).collect();
            let coins = (masks.len() * Lens::DATA.len()) as f64;
            let struck = masks.into_iter().flatten().filter(|&&struck| struck).count() as f64;
            // Four standard errors of as many coins.
            assert!((struck / coins - q).abs() < 4.0 * (q * (1.0 - q) / coins).sqrt(), "{struck} of {coins}");
        }
    }
    for recorder in recorded(&train_on, &valid, 1, "masking:0.9->0.1") {
        assert_eq!(recorder.corruptions, vec![noise(0.9)]);
        assert_eq!(recorder.measured[0].1, noise(0.1));
    }
}

#[test]
fn every_presentation_has_a_fresh_mask_independent_of_all_others() {
    let all: Vec<u32> = (0..32).collect();
    for Recorder { presented, .. } in recorded(&all, &[], 6, "masking:0.5") {
        let coins = Lens::DATA.len() as f64;
        // Agreements and pairs of: any two; two epochs of a sample; two of a batch; two of an epoch's batches; the
        // same place of two batches.
        let mut kinds = [(0.0, 0.0); 5];
        for (at, a) in presented.iter().enumerate() {
            for b in &presented[..at] {
                let agreements = a.mask.iter().zip(&b.mask).filter(|(a, b)| a == b).count() as f64;
                // Independent fair coins agree in half of the places; six standard errors are enough for each of the
                // 18,336 pairs.
                assert!((agreements - coins / 2.0).abs() < 6.0 * (coins / 4.0).sqrt(), "{agreements}");
                let is = [
                    true,
                    a.sample == b.sample,
                    a.step == b.step,
                    a.epoch == b.epoch && a.step != b.step,
                    a.place == b.place,
                ];
                for (kind, _) in kinds.iter_mut().zip(is).filter(|(_, is)| *is) {
                    *kind = (kind.0 + agreements, kind.1 + 1.0);
                }
            }
        }
        for (agreements, pairs) in kinds {
            // Agreements of different pairs are uncorrelated, even where they share a mask.
            let n = pairs * coins;
            assert!(
                pairs > 0.0 && (agreements / n - 0.5).abs() < 4.0 * (0.25 / n).sqrt(),
                "{agreements} of {n}"
            );
        }
    }
}

#[test]
fn the_noise_of_a_linear_map_is_not_drawn_once_for_the_whole_set() {
    // The map is the identity and never changes, so that the loss of an epoch is the noise itself: of masking
    // (1/n) Σ m_ij x_ij² with coins m, of Gaussian noise (1/n) Σ e_ij². Noise drawn once would give one loss for all.
    const EPOCHS: u32 = 600;
    let (n, d) = (16, 8);
    let data = values(n * d);
    let indices: Vec<u32> = (0..n as u32).collect();
    let batch = Batch::new(Rows::Floats(&data), &indices);
    let power = |k: i32| data.iter().map(|&x| f64::from(x).powi(k)).sum::<f64>() / n as f64;
    let (q, sigma) = (0.3f64, 0.5f64);
    let rows = [
        (Noise::Masking { probability: q }, q * power(2), q * (1.0 - q) * power(4) / n as f64),
        (
            Noise::Gaussian { deviation: sigma },
            d as f64 * sigma.powi(2),
            2.0 * d as f64 * sigma.powi(4) / n as f64,
        ),
    ];
    for (noise, mean, variance) in rows {
        let spec = Task::autoencoder(d, d, Activation::Linear, Activation::Linear);
        let spec = spec.with_corruption(vec![noise]);
        let mut parameters = Parameters::zeros(&spec.network);
        for layer in &mut parameters.layers {
            (0..d).for_each(|i| layer.weights[i * d + i] = 1.0);
        }
        for mut engine in engines(&spec, &parameters) {
            let mut train = |epoch| engine.step(&batch, Step { epoch, learning_rate: 0.0 });
            let mut losses = vec![(0..EPOCHS).map(&mut train).collect::<Vec<f64>>()];
            losses.push((0..EPOCHS).map(|epoch| engine.loss(&batch, epoch)).collect());
            for losses in losses {
                let count = f64::from(EPOCHS);
                let have = losses.iter().sum::<f64>() / count;
                let spread = losses.iter().map(|l| (l - have).powi(2)).sum::<f64>() / (count - 1.0);
                // Four standard errors of a mean and of a variance of nearly normal numbers.
                assert!(
                    (have - mean).abs() < 4.0 * (variance / count).sqrt(),
                    "{noise:?}: {have} for {mean}"
                );
                let bound = 4.0 * (2.0 / (count - 1.0)).sqrt();
                assert!((spread / variance - 1.0).abs() < bound, "{noise:?}: {spread} for {variance}");
            }
        }
    }
}

#[test]
fn training_that_goes_on_goes_on_with_fresh_noise() {
    let samples = Dataset::new("test", Values::Floats(values(800)), 20).unwrap();
    let config = |epochs| {
        AutoencoderConfig { hidden: 9, ..Default::default() }
            .epochs(epochs)
            .batch(8)
            .optimizer(Optimizer::SGD)
            .learning_rate(0.05)
    };
    let unbroken = Autoencoder::fit(&config(4), &samples, &mut Run::new()).unwrap();
    let mut broken = Autoencoder::fit(&config(2), &samples, &mut Run::new()).unwrap();
    broken.train(&samples, &mut Run::new()).unwrap();
    assert_eq!(broken.weights(), unbroken.weights());
    assert_eq!(broken.history().train_loss, unbroken.history().train_loss);
}

/// Everything that training learned, and what it makes of the data.
fn learned(config: &AutoencoderConfig, samples: &Dataset) -> [Vec<u32>; 4] {
    let model = Autoencoder::fit(config, samples, &mut Run::new()).unwrap();
    let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect();
    [
        bits(model.weights()),
        bits(model.hidden_bias()),
        bits(model.visible_bias()),
        bits(&model.reconstruct(samples).unwrap()),
    ]
}

#[test]
fn every_option_changes_the_result_it_names() {
    let samples = Dataset::new("test", Values::Floats(values(1000)), 20).unwrap();
    let base = AutoencoderConfig { hidden: 9, ..Default::default() }.epochs(3).batch(16).learning_rate(0.01);
    let sgd = base.clone().optimizer(Optimizer::SGD);
    let with = |change: &dyn Fn(&mut AutoencoderConfig)| {
        let mut config = base.clone();
        change(&mut config);
        config
    };
    let corruptions = [
        "none",
        "masking:0.25",
        "masking:0.5",
        "masking-exact:0.25",
        "masking-exact:0.5",
        "gaussian:0.25",
        "gaussian:0.5",
        "salt-and-pepper:0.25",
        "salt-and-pepper:0.5",
        "dropout:0.25",
        "dropout:0.5",
        "masking:0.25->0.5",
        "masking:0.5->0.25",
        "masking:0.25+gaussian:0.5",
        "gaussian:0.5+masking:0.25",
    ];
    let schedules = ["constant", "linear", "cosine", "linear:0.5", "cosine:0.5", "constant:0:0.4"];
    let adam = |option, value| base.clone().optimizer(Optimizer::ADAM.set(option, value).unwrap());
    let decayed = |weight_decay, config: &AutoencoderConfig| config.clone().weight_decay(weight_decay);
    let mut precisions = vec![base.clone()];
    let bf16 = base.clone().precision(Precision::Bf16);
    match Autoencoder::fit(&bf16, &samples, &mut Run::new()) {
        Ok(_) => precisions.push(bf16),
        Err(error) => {
            assert!(error.to_string().starts_with("precision: bf16 needs a processor"), "{error}");
            // Past the capture of output, for the last lines of `check`.
            std::io::stderr()
                .write_all(b"\nnot tested: training in bf16, which this processor lacks\n")
                .unwrap();
        }
    }
    // Every value of an option must give a result of its own.
    let rows: Vec<(&str, Vec<AutoencoderConfig>)> = vec![
        ("hidden", [9, 10].map(|hidden| AutoencoderConfig { hidden, ..base.clone() }).into()),
        (
            "corruption",
            corruptions.map(|c| with(&|config| config.training.corruption = c.parse().unwrap())).into(),
        ),
        (
            "loss",
            Reconstruction::ALL.iter().map(|&(_, loss)| AutoencoderConfig { loss, ..base.clone() }).collect(),
        ),
        ("activation", Activation::ALL.iter().map(|a| with(&|config| config.activation = a.1)).collect()),
        ("decoder", Activation::ALL.iter().map(|a| with(&|config| config.decoder = Some(a.1))).collect()),
        ("tied", [true, false].map(|tied| AutoencoderConfig { tied, ..base.clone() }).into()),
        (
            "emphasis",
            [None, Some((1.0, 0.0)), Some((0.0, 1.0)), Some((1.0, 0.5))]
                .map(|emphasis| AutoencoderConfig { emphasis, ..sgd.clone() })
                .into(),
        ),
        (
            "initialization",
            Initialization::ALL.iter().map(|i| with(&|config| config.initialization = i.1)).collect(),
        ),
        ("epochs", [3, 4].map(|epochs| base.clone().epochs(epochs)).into()),
        ("batch", [16, 15].map(|batch| base.clone().batch(batch)).into()),
        ("optimizer", vec![base.clone(), sgd.clone()]),
        (
            "momentum",
            [0.0, 0.5, 0.9].map(|momentum| sgd.clone().optimizer(Optimizer::Sgd { momentum })).into(),
        ),
        ("beta1", [0.9, 0.8].map(|value| adam("beta1", value)).into()),
        ("beta2", [0.999, 0.99].map(|value| adam("beta2", value)).into()),
        ("epsilon", [1e-8, 1e-4].map(|value| adam("epsilon", value)).into()),
        ("learning_rate", [0.01, 0.02].map(|learning_rate| base.clone().learning_rate(learning_rate)).into()),
        ("schedule", schedules.map(|s| with(&|config| config.training.schedule = s.parse().unwrap())).into()),
        (
            "weight_decay",
            vec![base.clone(), decayed(0.1, &base), decayed(0.2, &base), sgd.clone(), decayed(0.1, &sgd)],
        ),
        ("l1", [0.0, 1e-3, 1e-2].map(|l1| AutoencoderConfig { l1, ..sgd.clone() }).into()),
        (
            "contraction",
            [0.0, 0.1, 1.0].map(|contraction| AutoencoderConfig { contraction, ..base.clone() }).into(),
        ),
        (
            "sparsity",
            [None, Some("0.1:0.1"), Some("0.1:1"), Some("0.2:1")]
                .map(|text| with(&|config| config.sparsity = text.map(|text| text.parse().unwrap())))
                .into(),
        ),
        ("valid", [0.0, 0.1, 0.3].map(|valid| base.clone().valid(valid)).into()),
        ("seed", [0, 1].map(|seed| base.clone().seed(seed)).into()),
        ("precision", precisions),
    ];
    let unusual = Optimizer::Adam { beta1: 0.8, beta2: 0.99, epsilon: 1e-4 };
    let written = serde_json::to_value(AutoencoderConfig::default().optimizer(unusual)).unwrap();
    let options: BTreeSet<String> = written.as_object().unwrap().keys().cloned().collect();
    let named: BTreeSet<String> = rows.iter().map(|(option, _)| (*option).into()).collect();
    assert_eq!(named, options, "every option has its row");
    for (option, configs) in rows {
        let results: Vec<_> = configs.iter().map(|config| learned(config, &samples)).collect();
        for (at, result) in results.iter().enumerate() {
            if let Some(same) = results[..at].iter().position(|other| other == result) {
                panic!("{option}: {:?} and {:?} give one result", configs[same], configs[at]);
            }
        }
    }
    let with_threads = |threads| learned(&base.clone().threads(threads), &samples);
    for threads in [2, 3, 7, 0] {
        assert!(with_threads(threads) == with_threads(1), "{threads} threads give another result than one");
    }
}

/// One sample, and one step of plain gradient descent from the library's own beginning. The gradient of the encoder's
/// weights is the outer product of a vector and the corrupted input: columns that did not move were zero in it.
fn one_step(corruption: &str, emphasis: Option<(f64, f64)>) -> (Vec<bool>, Vec<bool>) {
    let d = 10_000;
    let samples = Dataset::new("one", Values::Floats(values(d)), d).unwrap();
    let config = AutoencoderConfig {
        hidden: 2,
        activation: Activation::Linear,
        decoder: Some(Activation::Linear),
        tied: false,
        emphasis,
        ..Default::default()
    }
    .corruption(corruption.parse().unwrap())
    .epochs(1)
    .batch(1)
    .optimizer(Optimizer::SGD)
    .learning_rate(0.1)
    .valid(0.0);
    let before = Autoencoder::initial(&config, &samples).unwrap();
    let after = Autoencoder::fit(&config, &samples, &mut Run::new()).unwrap();
    let moved = |of: fn(&Autoencoder) -> &[f32]| -> Vec<bool> {
        of(&before).iter().zip(of(&after)).map(|(before, after)| before != after).collect()
    };
    let weights = moved(Autoencoder::weights);
    let shown = (0..d).map(|j| weights[j] || weights[d + j]).collect();
    (shown, moved(Autoencoder::visible_bias))
}

#[test]
fn the_probability_is_that_of_corruption_and_not_of_being_kept() {
    for q in [0.1, 0.25, 0.8f64] {
        for kind in ["masking", "masking-exact"] {
            let (shown, _) = one_step(&format!("{kind}:{q}"), None);
            let n = shown.len() as f64;
            let rate = shown.iter().filter(|&&shown| !shown).count() as f64 / n;
            // Four standard errors of a share of n coins.
            assert!((rate - q).abs() <= 4.0 * (q * (1.0 - q) / n).sqrt(), "{kind}:{q}: {rate} are zero");
        }
    }
}

#[test]
fn emphasis_falls_on_the_corrupted_set() {
    // A component that does not count leaves its bias where it was.
    let (shown, counted) = one_step("masking:0.3", Some((1.0, 0.0)));
    assert!(shown.iter().zip(&counted).all(|(shown, counted)| shown != counted));
    assert!(shown.contains(&true) && shown.contains(&false));
    let (shown, counted) = one_step("masking:0.3", Some((0.0, 1.0)));
    assert_eq!(shown, counted);

    let (n, d) = (24, 40);
    let data = values(n * d);
    let indices: Vec<u32> = (0..n as u32).collect();
    let batch = Batch::new(Rows::Floats(&data), &indices);
    for corruption in corruptions() {
        for (corrupted, rest) in [(1.0, 0.0), (0.0, 1.0), (0.7, 0.2)] {
            for loss in [Loss::Squared, Loss::CrossEntropy] {
                let mut spec = autoencoder(d, 30, true).with_corruption(corruption.clone()).with_loss(loss);
                spec.objective.emphasis = Some(Emphasis { corrupted, rest });
                let parameters = parameters(&spec);
                let want = hand_loss(&spec, &parameters, &data, (CorruptionUse::Training, 1)).clean;
                for mut engine in engines(&spec, &parameters) {
                    let have = engine.step(&batch, Step { epoch: 1, learning_rate: 0.1 });
                    close(&format!("{spec:?}"), have, want);
                }
            }
        }
    }
}

#[test]
fn tied_means_equal_at_every_step() {
    let (n, d) = (24, 20);
    let data = values(n * d);
    let indices: Vec<u32> = (0..n as u32).collect();
    for optimizer in [Rule::Sgd { momentum: 0.9 }, Rule::ADAM] {
        let mut spec = autoencoder(d, 12, true).with_corruption(vec![Noise::Masking { probability: 0.3 }]);
        (spec.optimizer.rule, spec.optimizer.weight_decay) = (optimizer, 0.01);
        for mut engine in engines(&spec, &parameters(&spec)) {
            for epoch in 0..20 {
                let indices = &indices[epoch as usize % 5..];
                let batch = Batch::new(Rows::Floats(&data), indices);
                engine.step(&batch, Step { epoch, learning_rate: 0.01 });
                // The matrix exists once, and the way back uses its transpose.
                let state = engine.state();
                assert!(state.parameters.layers[1].weights.is_empty());
                let mut have = vec![0.0; n * d];
                engine.apply(batch.rows, 0..2, &mut have);
                let want = data.chunks(d).flat_map(|x| reconstruct(&spec, &state.parameters, x).0);
                have.iter().zip(want).for_each(|(&have, want)| close("reconstruction", have.into(), want));
            }
        }
    }
}

#[test]
fn a_tied_matrix_learns_from_both_of_its_uses() {
    let (n, d, h) = (24, 20, 12);
    let data = values(n * d);
    let indices: Vec<u32> = (0..n as u32).collect();
    let batch = Batch::new(Rows::Floats(&data), &indices);
    let noise = vec![Noise::Masking { probability: 0.3 }];
    let [tied, untied] = [true, false].map(|tied| autoencoder(d, h, tied).with_corruption(noise.clone()));
    let start = parameters(&tied);
    let mut copied = start.clone();
    let w = &start.layers[0].weights;
    copied.layers[1].weights = (0..d * h).map(|at| w[(at % h) * d + at / h]).collect();
    // The change that one step of plain gradient descent makes.
    let change = |spec: &Task, start: &Parameters| {
        engines(spec, start).map(|mut engine| {
            engine.step(&batch, Step { epoch: 0, learning_rate: 1.0 });
            let after = engine.state().parameters;
            [0, 1].map(|l| -> Vec<f64> {
                let pairs = after.layers[l].weights.iter().zip(&start.layers[l].weights);
                pairs.map(|(&after, &before)| f64::from(after) - f64::from(before)).collect()
            })
        })
    };
    for ([one, _], [encoder, decoder]) in change(&tied, &start).into_iter().zip(change(&untied, &copied)) {
        for at in 0..h * d {
            close("change", one[at], encoder[at] + decoder[(at % d) * h + at / d]);
        }
        // The two parts are no rounding.
        assert!([&encoder, &decoder].iter().all(|part| part.iter().any(|v| v.abs() > 100.0 * ROUNDING)));
    }
}
