//! Every stage agrees with the reference.

use super::tasks::{
    autoencoder, classifier, classify, deep, given, layer, many_heads, regress, regressor, samples,
    smoothed_classifier, with_dropout, with_penalties,
};
use super::way::{BF16_TOLERANCE, TOLERANCE, Way, check, check_batch};
use crate::RoundedTerms;
use crate::batch::Batch;
use crate::corruption::Noise;
use crate::heads::{Loss, Target};
use crate::network::Activation;
use crate::objective::{Emphasis, Penalties};
use crate::philox::{Draws, Purpose};
use crate::rows::{BitRows, Rows};
use crate::task::Task;

#[test]
fn ugly_shapes_agree_with_the_reference() {
    for way in Way::all() {
        for d in [1, 7, 63, 64, 65, 255] {
            for h in [1, 7, 64, 65] {
                for n in [1, 5, 33] {
                    check(&autoencoder(d, h), n, way);
                }
            }
        }
        check(&autoencoder(784, 63), 3, way);
        check(&autoencoder(255, 255), 129, way);
    }
}

/// Small enough for Miri, which `check` runs it under: every stage, with incomplete panels and two panels of
/// samples or units.
#[test]
fn every_stage_agrees_with_the_reference_on_small_shapes() {
    for way in Way::all() {
        check(&with_penalties(autoencoder(5, 3)), 33, way);
        let mut spec = autoencoder(35, 6);
        spec.network.layers = deep().network.layers;
        for (layer, (inputs, outputs)) in
            spec.network.layers.iter_mut().zip([(35, 6), (6, 2), (2, 6), (6, 35)])
        {
            (layer.inputs, layer.outputs) = (inputs, outputs);
        }
        spec.objective.emphasis = Some(Emphasis { corrupted: 1.0, rest: 0.5 });
        spec.objective.corruption =
            vec![Noise::MaskingExact { fraction: 0.9 }, Noise::Gaussian { deviation: 0.1 }];
        check(&spec, 1, way);
        spec.optimizer.max_norm = Some(0.5);
        check(&with_dropout(spec), 1, way);
        let softmax_regression = classify(vec![layer(34, 3, Activation::Softmax, None)], 0.1);
        check(&softmax_regression, 2, way);
        let linear_regression = regress(vec![layer(4, 3, Activation::Linear, None)]);
        check(&linear_regression, 33, way);
    }
}

#[test]
fn every_activation_loss_tie_and_corruption_agrees_with_the_reference() {
    let noises = [
        vec![],
        vec![Noise::Masking { probability: 1.0 }],
        vec![Noise::MaskingExact { fraction: 0.3 }],
        vec![Noise::MaskingExact { fraction: 1.0 }],
        vec![Noise::Gaussian { deviation: 1.0 }],
        vec![Noise::SaltAndPepper { probability: 0.4, low: -0.5, high: 1.5 }],
        vec![Noise::Dropout { probability: 0.25 }],
        vec![
            Noise::MaskingExact { fraction: 0.25 },
            Noise::Gaussian { deviation: 0.3 },
            Noise::Masking { probability: 0.1 },
        ],
    ];
    let activations = [Activation::Sigmoid, Activation::Tanh, Activation::Relu, Activation::Linear];
    for way in Way::all() {
        for encoder in activations {
            for decoder in activations {
                for corruption in &noises {
                    let mut spec =
                        Task::autoencoder(70, 35, encoder, decoder).with_corruption(corruption.clone());
                    check(&spec, 9, way);
                    spec = spec.tied();
                    spec.objective.emphasis = Some(Emphasis { corrupted: 1.0, rest: 0.25 });
                    check(&spec, 9, way);
                    if decoder == Activation::Sigmoid {
                        check(&spec.clone().with_loss(Loss::CrossEntropy), 9, way);
                        spec.objective.emphasis = None;
                        check(&spec.with_loss(Loss::CrossEntropy), 9, way);
                    }
                }
            }
        }
    }
}

#[test]
fn classifiers_and_deep_autoencoders_agree_with_the_reference() {
    for way in Way::all() {
        for n in [1, 17, 64] {
            check(&classifier(), n, way);
            check(&smoothed_classifier(0.2), n, way);
            check(&deep(), n, way);
            let more_classes_than_inputs = classify(vec![layer(5, 70, Activation::Softmax, None)], 0.0);
            check(&more_classes_than_inputs, n, way);
        }
    }
}

#[test]
fn partly_observed_and_weighted_heads_agree_with_the_reference() {
    let mut emphasized = many_heads();
    emphasized.objective.emphasis = Some(Emphasis { corrupted: 1.0, rest: 0.25 });
    let mut without_softmax = many_heads();
    for head in &mut without_softmax.objective.heads[2..4] {
        (head.loss, head.target) = (Loss::CrossEntropy, Target::Values);
    }
    let mut tied = autoencoder(67, 40);
    tied.objective.emphasis = emphasized.objective.emphasis;
    for task in [many_heads(), emphasized, without_softmax, tied, smoothed_classifier(0.2)] {
        let (n, outputs) = (37, task.network.n_outputs());
        let mut draws = Draws::new(9, Purpose::Generator(2)).at(0, 0).sequence();
        let bits: Vec<u8> = (0..(n + 2) * outputs.div_ceil(8)).map(|_| draws.word() as u8).collect();
        let data = samples(n + 2, task.network.n_inputs());
        let labels = (0..n + 2).map(|i| (i % 3) as u32).collect();
        let values = (0..(n + 2) * 110).map(|i| (i as f32 * 0.7).sin().abs()).collect();
        let answers = (labels, values);
        let given = given(&task, &answers);
        let ids: Vec<u32> = (0..n as u32).rev().collect();
        let whole = Batch::new(Rows::Floats(&data), &ids).with_answers(&given);
        let some = Batch { observed: Some(BitRows::new(&bits, outputs)), total: 90, ..whole };
        let weights: Vec<f32> = (0..n + 2).map(|i| (i % 4) as f32 / 2.0).collect();
        let [weighted, both] = [whole, some].map(|batch| Batch { weights: Some(&weights), ..batch });
        for way in Way::all() {
            for batch in [whole, some, weighted, both] {
                match way.bf16 {
                    None => check_batch::<f64>(&task, &batch, way, TOLERANCE),
                    Some(_) => {
                        let dense = Way { sparse_below: Some(0.0), ..way };
                        check_batch::<RoundedTerms>(&task, &batch, dense, BF16_TOLERANCE);
                    }
                }
            }
        }
    }
}

#[test]
fn regressors_agree_with_the_reference() {
    for way in Way::all() {
        for activation in [Activation::Linear, Activation::Sigmoid, Activation::Tanh, Activation::Relu] {
            for n in [1, 17, 64] {
                check(&regressor(activation), n, way);
            }
        }
        let linear_regression = regress(vec![layer(65, 1, Activation::Linear, None)]);
        check(&linear_regression, 33, way);
    }
}

#[test]
fn dropout_agrees_with_the_reference() {
    for way in Way::all() {
        for n in [1, 33] {
            check(&with_dropout(classifier()), n, way);
            check(&with_dropout(deep()), n, way);
            for activation in [Activation::Sigmoid, Activation::Tanh, Activation::Relu, Activation::Linear] {
                let mut spec = with_dropout(autoencoder(33, 65));
                spec.network.layers[0].activation = activation;
                check(&spec, n, way);
                spec.network.layers[1].tied_to = None;
                check(&spec, n, Way { sparse_below: Some(2.0), ..way });
            }
        }
        check(&with_dropout(deep()), 70, way);
        check(&with_dropout(autoencoder(65, 161)), 70, Way { sparse_below: Some(2.0), ..way });
    }
}

#[test]
fn penalties_agree_with_the_reference() {
    for way in Way::all() {
        let skipping = Way { sparse_below: Some(2.0), ..way };
        for n in [1, 33] {
            // There the gradient of the first layer is by unit, elsewhere by sample.
            check(&with_penalties(classifier()), n, way);
            check(&with_penalties(deep()), n, way);
            for activation in [Activation::Sigmoid, Activation::Tanh, Activation::Relu, Activation::Linear] {
                let mut spec = autoencoder(33, 65);
                spec.network.layers[0].activation = activation;
                let all = with_penalties(spec.clone());
                check(&all, n, way);
                check(&all, n, skipping);
                let Penalties { l1, contraction, sparsity } = all.objective.penalties;
                let none = Penalties::default();
                spec.network.layers[1].tied_to = None;
                for penalties in [
                    Penalties { l1, ..none },
                    Penalties { contraction, ..none },
                    Penalties { sparsity, ..none },
                ] {
                    spec.objective.penalties = penalties;
                    check(&spec, n, way);
                }
            }
        }
        check(&with_penalties(autoencoder(7, 3)), 5, way);
        check(&with_penalties(autoencoder(65, 161)), 70, skipping);
    }
}
