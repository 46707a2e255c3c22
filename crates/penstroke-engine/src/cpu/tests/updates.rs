//! Weights move as in the reference.

use super::tasks::{answers, autoencoder, bounded, classifier, deep, given, random_state, samples};
use super::way::{BF16_TOLERANCE, TOLERANCE, Way, close};
use crate::batch::Batch;
use crate::engine::{Step, Train};
use crate::optimizer::Rule;
use crate::parameters::Parameters;
use crate::reference::Real;
use crate::rows::Rows;
use crate::task::Task;
use crate::{Reference, RoundedTerms};

#[test]
fn optimizers_follow_the_reference_for_many_steps() {
    for way in Way::best() {
        match way.bf16 {
            None => check_optimizers::<f64>(way, TOLERANCE),
            Some(_) => {
                check_optimizers::<RoundedTerms>(Way { sparse_below: Some(0.0), ..way }, BF16_TOLERANCE)
            }
        }
    }
}

fn check_optimizers<T: Real>(way: Way, tolerance: f64) {
    for optimizer in [
        Rule::Sgd { momentum: 0.0 },
        Rule::Sgd { momentum: 0.9 },
        Rule::ADAM,
        Rule::Adam { beta1: 0.8, beta2: 0.95, epsilon: 1e-3 },
    ] {
        let mut spec = autoencoder(30, 20);
        spec.optimizer.rule = optimizer;
        spec.optimizer.weight_decay = 0.1;
        let data = samples(40, 30);
        let indices: Vec<u32> = (0..40).collect();
        let batch = Batch::new(Rows::Floats(&data), &indices);
        let mut cpu = way.open(&spec, &random_state(&spec), 2);
        let mut reference = Reference::<T>::open(&spec, &random_state(&spec)).unwrap();
        for epoch in 0..20 {
            let step = Step { epoch, learning_rate: 5e-3 };
            let (have, want) = (cpu.step(&batch, step), reference.step(&batch, step));
            // Twenty steps compound the rounding of one.
            assert!(
                (have - want).abs() < 20.0 * tolerance * want,
                "{way:?}, {optimizer:?}, step {epoch}: {have} for {want}"
            );
        }
    }
}

/// Checks weights and biases after three steps, in single precision and in bf16.
fn check_steps<T: Real>(spec: &Task, n: usize, way: Way, tolerance: f64) -> Parameters<f64> {
    let data = samples(n, spec.network.n_inputs());
    let answers = answers(n, spec.network.n_outputs());
    let given = given(spec, &answers);
    let indices: Vec<u32> = (0..n as u32).collect();
    let batch = Batch::new(Rows::Floats(&data), &indices).with_answers(&given);
    let mut cpu = way.open(spec, &random_state(spec), 2);
    let mut reference = Reference::<T>::open(spec, &random_state(spec)).unwrap();
    for epoch in 0..3 {
        let step = Step { epoch, learning_rate: 1e-2 };
        cpu.step(&batch, step);
        reference.step(&batch, step);
    }
    let want = reference.weights().map(Real::to_f64);
    for (l, (have, want)) in cpu.state().parameters.layers.iter().zip(&want.layers).enumerate() {
        close(&format!("{way:?}: {spec:?}, n = {n}: weights {l}"), &have.weights, &want.weights, tolerance);
        close(&format!("{way:?}: {spec:?}, n = {n}: bias {l}"), &have.bias, &want.bias, tolerance);
    }
    want
}

#[test]
fn bounded_norms_agree_with_the_reference() {
    let mut untied = autoencoder(65, 40);
    untied.network.layers[1].tied_to = None;
    for spec in [autoencoder(65, 40), untied, classifier(), deep(), autoencoder(7, 3), autoencoder(1, 1)] {
        for way in Way::all() {
            // The norms of the first weights are about 1. Without a square root, the rule does not amplify rounding.
            let rule = Rule::Sgd { momentum: 0.5 };
            let mut spec = bounded(spec.clone(), 1.0);
            spec.optimizer.rule = rule;
            let want = match way.bf16 {
                None => check_steps::<f64>(&spec, 33, way, TOLERANCE),
                Some(_) => check_steps::<RoundedTerms>(
                    &spec,
                    33,
                    Way { sparse_below: Some(0.0), ..way },
                    BF16_TOLERANCE,
                ),
            };
            for (layer, shape) in want.layers.iter().zip(&spec.network.layers) {
                let norms = layer
                    .weights
                    .chunks(shape.inputs)
                    .map(|row| row.iter().map(|w| w * w).sum::<f64>().sqrt());
                assert!(norms.into_iter().all(|norm| norm < 1.0 + 1e-12));
            }
        }
    }
}
