//! Dropout, penalties and norm bounds against formulas written out by hand.
#![allow(clippy::unwrap_used, clippy::panic)] // A test fails by panicking.

use penstroke_engine::*;

/// Rounding of a few f32 sums, and of f32 numbers used as f64.
const ROUNDING: f64 = 1e-6;

fn engines(spec: &Task, state: &State) -> [Box<dyn Train>; 2] {
    [
        Box::new(Reference::<f64>::open(spec, state).unwrap()),
        Box::new(CpuTrain::open(spec, state.clone(), CpuOptions::default()).unwrap()),
    ]
}

fn near(have: f64, want: f64) {
    assert!((have - want).abs() <= ROUNDING * want.abs().max(1.0), "{have} for {want}");
}

#[test]
fn label_smoothing_applies_in_training_and_evaluation() {
    let layers = vec![Layer::new(1, 3, Activation::Softmax)];
    let network = Network::new(layers);
    let objective = Objective::classification(&network, 0.3);
    let spec = Task::new(network, objective);
    let mut state = State::new(&spec.network, Parameters::zeros(&spec.network));
    // Probabilities of 1/2, 1/3 and 1/6, whatever the input.
    state.parameters.layers[0].bias = [3.0f32, 2.0, 1.0].map(f32::ln).to_vec();
    let want = -(0.1 * (1.0 / 2.0f64).ln() + 0.8 * (1.0 / 3.0f64).ln() + 0.1 * (1.0 / 6.0f64).ln());
    let batch = Batch::new(Rows::Floats(&[0.0]), &[0]).with_answers(&[Answers::Labels(&[1])]);
    for mut engine in engines(&spec, &state) {
        near(engine.loss(&batch, 0), want);
        near(engine.step(&batch, Step { epoch: 0, learning_rate: 0.1 }), want);
    }
}

#[test]
fn dropout_keeps_units_at_its_rate_rescales_them_and_ends_with_training() {
    const N: usize = 400;
    let mut spec = Task::autoencoder(2, 50, Activation::Sigmoid, Activation::Linear);
    let state = State::new(&spec.network, initial_parameters(&spec.network, 1, Initialization::Glorot));
    let data = [0.5f32; 2 * N];
    let indices: Vec<u32> = (0..N as u32).collect();
    let batch = Batch::new(Rows::Floats(&data), &indices);
    let plain = Reference::<f64>::open(&spec, &state).unwrap();
    let clean = plain.training_pass(&batch, 0).activations.swap_remove(0);
    for p in [0.1, 0.5, 0.75] {
        spec.objective.dropout = vec![p, 0.0];
        let mut engine = Reference::<f64>::open(&spec, &state).unwrap();
        let masks = [0, 0, 1].map(|epoch| {
            let dropped = engine.training_pass(&batch, epoch).activations.swap_remove(0);
            for (have, clean) in dropped.iter().zip(&clean) {
                assert!(*have == 0.0 || (have - clean / (1.0 - p)).abs() < 1e-12);
            }
            dropped.iter().map(|&y| y == 0.0).collect::<Vec<_>>()
        });
        let (coins, fallen) = ((N * 50) as f64, masks[0].iter().filter(|&&fell| fell).count() as f64);
        // Four standard errors of this many coin flips.
        assert!(
            (fallen / coins - p).abs() < 4.0 * (p * (1.0 - p) / coins).sqrt(),
            "{fallen} of {coins} for {p}"
        );
        assert_eq!(masks[0], masks[1]);
        // Other epochs and samples have their own coins, which agree as often as independent ones.
        let agreement = |a: &[bool], b: &[bool]| a.iter().zip(b).filter(|(a, b)| a == b).count() as f64;
        let expected = p * p + (1.0 - p) * (1.0 - p);
        for other in [&masks[2][..], &[&masks[0][50..], &masks[0][..50]].concat()] {
            let error = agreement(&masks[0], other) / coins - expected;
            assert!(error.abs() < 4.0 * (expected * (1.0 - expected) / coins).sqrt(), "{error}");
        }
        let mut codes = vec![0.0; N * 50];
        engine.apply(batch.rows, 0..1, &mut codes);
        assert!(codes.iter().zip(&clean).all(|(&have, &want)| have == want as f32));
        near(engine.loss(&batch, 0), Reference::<f64>::open(&spec, &state).unwrap().loss(&batch, 7));
    }
}

#[test]
fn weights_longer_than_the_bound_are_shortened_to_it_after_a_step_and_others_stay() {
    let mut spec = Task::autoencoder(2, 3, Activation::Sigmoid, Activation::Linear);
    spec.optimizer.max_norm = Some(2.5);
    let mut state = State::new(&spec.network, Parameters::zeros(&spec.network));
    state.parameters.layers[0].weights = vec![3.0, -4.0, 0.3, 0.4, 1.5, 2.0];
    state.parameters.layers[1].weights = vec![4.0, 0.0, 3.0, 0.1, 0.2, 0.3];
    let batch = Batch::new(Rows::Floats(&[0.5, 0.5]), &[0]);
    for mut engine in engines(&spec, &state) {
        engine.step(&batch, Step { epoch: 0, learning_rate: 0.0 });
        let layers = engine.state().parameters.layers;
        assert_eq!(layers[0].weights, [1.5, -2.0, 0.3, 0.4, 1.5, 2.0]);
        assert_eq!(layers[1].weights, [2.0, 0.0, 1.5, 0.1, 0.2, 0.3]);
    }
    // The tied matrix has the encoder's rows.
    let spec = spec.tied();
    state.parameters.layers[1].weights.clear();
    state =
        State { first: Parameters::zeros(&spec.network), second: Parameters::zeros(&spec.network), ..state };
    for mut engine in engines(&spec, &state) {
        engine.step(&batch, Step { epoch: 0, learning_rate: 0.0 });
        assert_eq!(engine.state().parameters.layers[0].weights, [1.5, -2.0, 0.3, 0.4, 1.5, 2.0]);
    }
}

#[test]
fn penalties_are_their_formulas_and_the_reported_loss_leaves_them_out() {
    let mut spec = Task::autoencoder(2, 2, Activation::Sigmoid, Activation::Linear);
    let mut state = State::new(&spec.network, Parameters::zeros(&spec.network));
    let w = [[0.5f32, -1.0], [2.0, 0.25]];
    let b = [0.1f32, -0.3];
    state.parameters.layers[0].weights = w.concat();
    state.parameters.layers[0].bias = b.to_vec();
    state.parameters.layers[1].weights = vec![1.0, -0.5, 0.0, 0.25];
    let x = [[0.5f32, 1.0], [0.0, 0.25], [1.0, 0.75]];
    let code = |x: [f64; 2], i: usize| {
        let a = f64::from(b[i]) + f64::from(w[i][0]) * x[0] + f64::from(w[i][1]) * x[1];
        1.0 / (1.0 + (-a).exp())
    };
    // The Jacobian from differences of the code itself; the error is of the order of its third derivative.
    let (mut contraction, mut means) = (0.0, [0.0; 2]);
    for x in x.map(|x| x.map(f64::from)) {
        for (i, mean) in means.iter_mut().enumerate() {
            *mean += code(x, i) / 3.0;
            for j in 0..2 {
                let mut shifted = [x; 2];
                shifted[0][j] += 1e-4;
                shifted[1][j] -= 1e-4;
                contraction += ((code(shifted[0], i) - code(shifted[1], i)) / 2e-4).powi(2) / 3.0;
            }
        }
    }
    let divergence = |p: f64, q: f64| p * (p / q).ln() + (1.0 - p) * ((1.0 - p) / (1.0 - q)).ln();
    let sparsity: f64 = means.iter().map(|&mean| divergence(0.2, mean)).sum();
    let l1 = 0.5 + 1.0 + 2.0 + 0.25 + 1.0 + 0.5 + 0.25;
    let rows = [
        (Penalties { l1: 0.1, ..Penalties::default() }, 0.1 * l1),
        (Penalties { contraction: 0.3, ..Penalties::default() }, 0.3 * contraction),
        (
            Penalties {
                sparsity: Some(SparsityPenalty { target: 0.2, weight: 0.7 }),
                ..Penalties::default()
            },
            0.7 * sparsity,
        ),
    ];
    let x = x.concat();
    let batch = Batch::new(Rows::Floats(&x), &[0, 1, 2]);
    let step = Step { epoch: 0, learning_rate: 0.1 };
    let plain = engines(&spec, &state).map(|mut engine| (engine.loss(&batch, 0), engine.step(&batch, step)));
    for (penalties, want) in rows {
        spec.objective.penalties = penalties;
        let reference = Reference::<f64>::open(&spec, &state).unwrap();
        near(reference.penalty(&reference.training_pass(&batch, 0)), want);
        let losses =
            engines(&spec, &state).map(|mut engine| (engine.loss(&batch, 0), engine.step(&batch, step)));
        assert_eq!(losses, plain);
    }
}

#[test]
fn l1_moves_a_weight_by_its_sign_alone_and_leaves_zero() {
    let mut spec = Task::autoencoder(2, 2, Activation::Linear, Activation::Linear);
    spec.optimizer.rule = Rule::Sgd { momentum: 0.0 };
    spec.objective.penalties.l1 = 0.5;
    let mut state = State::new(&spec.network, Parameters::zeros(&spec.network));
    state.parameters.layers[0].weights = vec![3.0, -0.25, 0.0, -0.0];
    // Zeros in, zeros out: the loss has no gradient.
    let batch = Batch::new(Rows::Floats(&[0.0, 0.0]), &[0]);
    for mut engine in engines(&spec, &state) {
        engine.step(&batch, Step { epoch: 0, learning_rate: 0.25 });
        assert_eq!(engine.state().parameters.layers[0].weights, [2.875, -0.125, 0.0, 0.0]);
        assert_eq!(engine.state().parameters.layers[1], state.parameters.layers[1]);
    }
}

#[test]
fn sparsity_brings_the_mean_code_to_its_target_and_contraction_flattens_it() {
    let data: Vec<f32> = (0..64 * 6).map(|i| (i * 37 % 101) as f32 / 100.0).collect();
    let indices: Vec<u32> = (0..64).collect();
    let batch = Batch::new(Rows::Floats(&data), &indices);
    let mut spec = Task::autoencoder(6, 8, Activation::Sigmoid, Activation::Linear).tied();
    let state = State::new(&spec.network, initial_parameters(&spec.network, 1, Initialization::Glorot));
    let trained = |spec: &Task| {
        let mut engine = CpuTrain::open(spec, state.clone(), CpuOptions::default()).unwrap();
        for epoch in 0..600 {
            engine.step(&batch, Step { epoch, learning_rate: 0.01 });
        }
        let mut codes = vec![0.0; 64 * 8];
        engine.apply(batch.rows, 0..1, &mut codes);
        let means = (0..8).map(|i| codes.iter().skip(i).step_by(8).sum::<f32>() / 64.0).collect::<Vec<_>>();
        let mut contracted = spec.clone();
        contracted.objective.penalties = Penalties { contraction: 1.0, ..Penalties::default() };
        let reference = Reference::<f64>::open(&contracted, &engine.state());
        let reference = reference.unwrap();
        (means, reference.penalty(&reference.training_pass(&batch, 0)))
    };
    let (free, steep) = trained(&spec);
    spec.objective.penalties.sparsity = Some(SparsityPenalty { target: 0.1, weight: 10.0 });
    let (means, _) = trained(&spec);
    // The loss still pulls, so means come close to the target without reaching it.
    assert!(means.iter().all(|mean| (mean - 0.1).abs() < 0.03), "{means:?}");
    assert!(free.iter().any(|mean| (mean - 0.1).abs() > 0.2), "{free:?}");
    spec.objective.penalties = Penalties { contraction: 0.3, ..Penalties::default() };
    let (_, flat) = trained(&spec);
    assert!(flat < 0.5 * steep, "{flat} {steep}");
}

#[test]
fn the_samples_with_the_largest_losses_are_left_out_of_a_step_and_count_in_evaluation() {
    let mut spec = Task::autoencoder(2, 2, Activation::Linear, Activation::Linear);
    (spec.optimizer.rule, spec.objective.trim) = (Rule::Sgd { momentum: 0.0 }, 0.5);
    let state = State::new(&spec.network, Parameters::zeros(&spec.network));
    // Losses 1, 25, 2, 1 and 50; of five samples, two are left out.
    let data = [1.0, 0.0, 3.0, 4.0, 1.0, 1.0, 0.0, -1.0, 5.0, 5.0];
    let batch = Batch::new(Rows::Floats(&data), &[0, 1, 2, 3, 4]);
    let step = Step { epoch: 0, learning_rate: 0.5 };
    for mut engine in engines(&spec, &state) {
        near(engine.loss(&batch, 0), 79.0 / 5.0);
        near(engine.step(&batch, step), 4.0 / 5.0);
        // The outputs were 0: the bias moves by 2/5 of the sum of the samples that are left, times the rate.
        let bias = engine.state().parameters.layers[1].bias.clone();
        near(f64::from(bias[0]), 0.4);
        near(f64::from(bias[1]), 0.0);
    }
    // A weight counts: losses 1, 0.25, 2, 1, 0. Of the two that are equal, the later one is left out.
    let weights = Some(&[1.0, 0.01, 1.0, 1.0, 0.0][..]);
    for mut engine in engines(&spec, &state) {
        near(engine.step(&Batch { weights, total: 10, ..batch }, step), 1.25 / 10.0);
        let bias = engine.state().parameters.layers[1].bias.clone();
        near(f64::from(bias[0]), 0.1 * (1.0 + 0.01 * 3.0));
        near(f64::from(bias[1]), 0.1 * 0.01 * 4.0);
    }
}

#[test]
fn targets_cost_the_squared_distance_summed_over_them_and_averaged_over_samples() {
    let layers = vec![Layer::new(1, 2, Activation::Linear)];
    let network = Network::new(layers);
    let objective = Objective::regression(&network);
    let spec = Task::new(network, objective);
    let mut state = State::new(&spec.network, Parameters::zeros(&spec.network));
    state.parameters.layers[0].bias = vec![1.0, -2.0];
    // Samples 2 and 0 of three.
    let targets = [0.0, 0.0, 9.0, 9.0, 4.0, -3.0];
    let answers = [Answers::Values(&targets)];
    let batch = Batch::new(Rows::Floats(&[0.0, 0.0, 0.0]), &[2, 0]).with_answers(&answers);
    for mut engine in engines(&spec, &state) {
        near(engine.loss(&batch, 0), ((9.0 + 1.0) + (1.0 + 4.0)) / 2.0);
        near(engine.step(&batch, Step { epoch: 0, learning_rate: 0.1 }), 7.5);
    }
}
