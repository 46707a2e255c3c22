//! The target is the clean input, and the loss counts the right components.

use crate::support::{engines, hand_loss, reconstruct, values};
use crate::{ROUNDING, autoencoder, close, corruptions, parameters};
use penstroke::data::{Dataset, Values};
use penstroke::{Autoencoder, AutoencoderConfig, Optimizer, Run};
use penstroke_engine::*;

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
                    // The two targets differ by far more than rounding.
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

/// One sample, and one step of plain gradient descent from the library's initial weights. The gradient of the encoder's
/// weights is the outer product of a vector and the corrupted input, so columns that did not move were zero in it.
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
fn the_probability_is_that_of_corruption_not_of_survival() {
    for q in [0.1, 0.25, 0.8f64] {
        for kind in ["masking", "masking-exact"] {
            let (shown, _) = one_step(&format!("{kind}:{q}"), None);
            let n = shown.len() as f64;
            let rate = shown.iter().filter(|&&shown| !shown).count() as f64 / n;
            // Four standard errors of a share of n coin flips.
            assert!((rate - q).abs() <= 4.0 * (q * (1.0 - q) / n).sqrt(), "{kind}:{q}: {rate} are zero");
        }
    }
}

#[test]
fn emphasis_weights_the_corrupted_components() {
    // A component with weight 0 leaves its bias unchanged.
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
fn a_trained_network_does_not_corrupt() {
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
