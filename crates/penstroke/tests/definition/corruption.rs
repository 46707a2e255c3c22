//! Corruption acts on the input, anew at every presentation.

use crate::support::{Lens, Recorder, engines, values};
use penstroke::data::{Dataset, Values};
use penstroke::train::{Plan, train};
use penstroke::{Autoencoder, AutoencoderConfig, Corruption, Optimizer, Run, Training};
use penstroke_engine::*;
use std::collections::BTreeSet;

#[test]
fn corruption_acts_on_the_input_at_the_given_rate_and_survivors_keep_their_bits() {
    let samples = Lens::samples();
    let clean = samples.to_floats();
    let indices: Vec<u32> = (0..Lens::SAMPLES as u32).collect();
    let batch = Batch::new(samples.rows(), &indices);
    const EPOCHS: u32 = 8;
    let n = (Lens::SAMPLES * Lens::DATA.len() * EPOCHS as usize) as f64;
    // Pairs of a clean value and the value that the engine saw.
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
                // Four standard errors of a share of n coin flips; the exact count varies less. The last term covers
                // rounding q to whole components.
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

/// Trains on some of a lens's samples in batches of eight; each engine has a recorder.
fn recorded(train_on: &[u32], valid: &[u32], epochs: usize, corruption: &str) -> [Recorder; 2] {
    let corruption: &Corruption = &corruption.parse().unwrap();
    let samples = Lens::samples();
    let training = Training {
        epochs: Some(epochs),
        batch: Some(8),
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
fn every_sample_is_presented_once_per_epoch() {
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
fn scheduled_noise_changes_per_epoch_and_its_end_is_used_for_evaluation() {
    let (train_on, valid): (Vec<u32>, Vec<u32>) = (0..32).partition(|i| i % 7 != 3);
    let noise = |probability| vec![Noise::Masking { probability }];
    for recorder in recorded(&train_on, &valid, 5, "masking:0.9->0.1") {
        // On a straight line, up to the rounding of a product and a sum.
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
            // Four standard errors of this many coin flips.
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
        // Agreements and numbers of pairs for: any two masks; two epochs of a sample; two samples of a batch; two
        // batches of an epoch; the same position in two batches.
        let mut kinds = [(0.0, 0.0); 5];
        for (at, a) in presented.iter().enumerate() {
            for b in &presented[..at] {
                let agreements = a.mask.iter().zip(&b.mask).filter(|(a, b)| a == b).count() as f64;
                // Independent fair coins agree in half of the positions; six standard errors suffice for each of the
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
            // Agreements of different pairs are uncorrelated even if they share a mask.
            let n = pairs * coins;
            assert!(
                pairs > 0.0 && (agreements / n - 0.5).abs() < 4.0 * (0.25 / n).sqrt(),
                "{agreements} of {n}"
            );
        }
    }
}

#[test]
fn noise_is_not_drawn_once_for_the_whole_training() {
    // The map is the identity and never changes, so the loss of an epoch is the noise itself: (1/n) Σ m_ij x_ij² with
    // coins m for masking, (1/n) Σ e_ij² for Gaussian noise. Noise drawn once would give one loss for all epochs.
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
                // Four standard errors of the mean and the variance of nearly normal numbers.
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
fn continued_training_draws_fresh_noise() {
    let samples = Dataset::new("test", Values::Floats(values(800)), 20).unwrap();
    let config = |epochs| {
        AutoencoderConfig { hidden: 9, ..Default::default() }
            .epochs(epochs)
            .batch(8)
            .optimizer(Optimizer::SGD)
            .learning_rate(0.05)
            .schedule("constant".parse().unwrap())
    };
    let unbroken = Autoencoder::fit(&config(4), &samples, &mut Run::new()).unwrap();
    let mut broken = Autoencoder::fit(&config(2), &samples, &mut Run::new()).unwrap();
    broken.train(&samples, &mut Run::new()).unwrap();
    assert_eq!(broken.weights(), unbroken.weights());
    assert_eq!(broken.history().train_loss, unbroken.history().train_loss);
}
