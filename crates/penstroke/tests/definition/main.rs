//! The definition of a denoising autoencoder. Each test checks the engines and the library against one line of it that
//! existing programs have broken.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod corruption;
mod options;
mod support;
mod target;
mod tied;

use crate::support::values;
use penstroke_engine::*;

/// Rounding of f32 over sums of a few hundred terms, and of the CPU engine's approximations.
const ROUNDING: f64 = 2e-5;

/// Every kind of corruption, for data within 0..=1.
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
