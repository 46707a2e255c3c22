//! What may be added to a network's training, against formulas written out by hand.
#![allow(clippy::unwrap_used, clippy::panic)] // A test fails by panicking.

use penstroke_engine::*;

/// Of some f32 sums, and of f32 numbers taken for f64.
const ROUNDING: f64 = 1e-6;

fn engines(spec: &NetworkSpec, state: &State) -> [Box<dyn Engine>; 2] {
    [
        Box::new(Reference::<f64>::open(spec, state).unwrap()),
        Box::new(Cpu::open(spec, state.clone(), 1).unwrap()),
    ]
}

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
    for mut engine in engines(&spec, &state) {
        near(engine.loss(&batch, 0), want);
        near(engine.train(&batch, Step { epoch: 0, learning_rate: 0.1 }), want);
    }
}

#[test]
fn dropout_keeps_units_at_its_rate_rescales_them_and_ends_with_training() {
    const N: usize = 400;
    let mut spec = NetworkSpec::autoencoder(2, 50, Activation::Sigmoid, Activation::Linear);
    let state = State::new(&spec, initial_parameters(&spec, 1, Initialization::Glorot));
    let data = [0.5f32; 2 * N];
    let indices: Vec<u32> = (0..N as u32).collect();
    let batch = Batch { rows: Rows::Floats(&data), labels: None, indices: &indices };
    let plain = Reference::<f64>::open(&spec, &state).unwrap();
    let clean = plain.gradients(&batch, 0).activations.swap_remove(0);
    for p in [0.1, 0.5, 0.75] {
        spec.layers[0].dropout = p;
        let mut engine = Reference::<f64>::open(&spec, &state).unwrap();
        let masks = [0, 0, 1].map(|epoch| {
            let dropped = engine.gradients(&batch, epoch).activations.swap_remove(0);
            for (have, clean) in dropped.iter().zip(&clean) {
                assert!(*have == 0.0 || (have - clean / (1.0 - p)).abs() < 1e-12);
            }
            dropped.iter().map(|&y| y == 0.0).collect::<Vec<_>>()
        });
        let (coins, fallen) = ((N * 50) as f64, masks[0].iter().filter(|&&fell| fell).count() as f64);
        // Four standard errors of as many coins.
        assert!(
            (fallen / coins - p).abs() < 4.0 * (p * (1.0 - p) / coins).sqrt(),
            "{fallen} of {coins} for {p}"
        );
        assert_eq!(masks[0], masks[1]);
        // Other epochs and other samples have coins of their own, which agree as often as independent ones.
        let agreement = |a: &[bool], b: &[bool]| a.iter().zip(b).filter(|(a, b)| a == b).count() as f64;
        let expected = p * p + (1.0 - p) * (1.0 - p);
        for other in [&masks[2][..], &[&masks[0][50..], &masks[0][..50]].concat()] {
            let error = agreement(&masks[0], other) / coins - expected;
            assert!(error.abs() < 4.0 * (expected * (1.0 - expected) / coins).sqrt(), "{error}");
        }
        let mut codes = vec![0.0; N * 50];
        engine.apply(batch.rows, 1, &mut codes);
        assert!(codes.iter().zip(&clean).all(|(&have, &want)| have == want as f32));
        near(engine.loss(&batch, 0), Reference::<f64>::open(&spec, &state).unwrap().loss(&batch, 7));
    }
}

#[test]
fn weights_longer_than_the_bound_are_shortened_to_it_after_a_step_and_others_stay() {
    let mut spec = NetworkSpec::autoencoder(2, 3, Activation::Sigmoid, Activation::Linear);
    spec.max_norm = Some(2.5);
    let mut state = State::new(&spec, Parameters::zeros(&spec));
    state.parameters.layers[0].weights = vec![3.0, -4.0, 0.3, 0.4, 1.5, 2.0];
    state.parameters.layers[1].weights = vec![4.0, 0.0, 3.0, 0.1, 0.2, 0.3];
    let batch = Batch { rows: Rows::Floats(&[0.5, 0.5]), labels: None, indices: &[0] };
    for mut engine in engines(&spec, &state) {
        engine.train(&batch, Step { epoch: 0, learning_rate: 0.0 });
        let layers = engine.state().parameters.layers;
        assert_eq!(layers[0].weights, [1.5, -2.0, 0.3, 0.4, 1.5, 2.0]);
        assert_eq!(layers[1].weights, [2.0, 0.0, 1.5, 0.1, 0.2, 0.3]);
    }
    // Tied, the one matrix has the encoder's rows.
    let spec = spec.tied();
    state.parameters.layers[1].weights.clear();
    state = State { first: Parameters::zeros(&spec), second: Parameters::zeros(&spec), ..state };
    for mut engine in engines(&spec, &state) {
        engine.train(&batch, Step { epoch: 0, learning_rate: 0.0 });
        assert_eq!(engine.state().parameters.layers[0].weights, [1.5, -2.0, 0.3, 0.4, 1.5, 2.0]);
    }
}
