//! What may be added to a network's training, against formulas written out by hand.
#![allow(clippy::unwrap_used, clippy::panic)] // A test fails by panicking.

use penstroke_engine::*;

/// Of some f32 sums, and of f32 numbers taken for f64.
const ROUNDING: f64 = 1e-6;

fn near(have: f64, want: f64) {
    assert!((have - want).abs() <= ROUNDING * want.abs().max(1.0), "{have} for {want}");
}

#[test]
fn a_smoothed_label_costs_the_cross_entropy_of_its_target_while_training_and_while_measuring() {
    let layers = vec![LayerSpec::new(1, 3, Activation::Softmax)];
    let spec = NetworkSpec { label_smoothing: 0.3, ..NetworkSpec::new(layers, Loss::SoftmaxCrossEntropy) };
    let mut state = State::new(&spec, Parameters::zeros(&spec));
    // Probabilities of 1/2, 1/3 and 1/6, whatever the input.
    state.parameters.layers[0].bias = [3.0f32, 2.0, 1.0].map(f32::ln).to_vec();
    let want = -(0.1 * (1.0 / 2.0f64).ln() + 0.8 * (1.0 / 3.0f64).ln() + 0.1 * (1.0 / 6.0f64).ln());
    let batch = Batch { rows: Rows::Floats(&[0.0]), labels: Some(&[1]), indices: &[0] };
    let engines: [Box<dyn Engine>; 2] = [
        Box::new(Reference::<f64>::open(&spec, &state).unwrap()),
        Box::new(Cpu::open(&spec, state, 1).unwrap()),
    ];
    for mut engine in engines {
        near(engine.loss(&batch, 0), want);
        near(engine.train(&batch, Step { epoch: 0, learning_rate: 0.1 }), want);
    }
}
