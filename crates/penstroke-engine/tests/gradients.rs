//! Every gradient of the reference against central differences of its loss and penalties, in f64.
#![allow(clippy::unwrap_used, clippy::panic)] // A test fails by panicking.

use penstroke_engine::philox::{Draws, Purpose};
use penstroke_engine::*;

/// Step of the differences: their truncation error is about STEP², their rounding error about 1e-16 / STEP.
const STEP: f64 = 1e-5;
/// Ten times the sum of both for losses of size 10.
const TOLERANCE: f64 = 1e-8;

const D: usize = 5;
const N: usize = 4;

fn check(spec: &Task) {
    check_observed(spec, None);
}

fn check_observed(spec: &Task, observed: Option<BitRows<'_>>) {
    for weights in [None, Some(&[0.5, 2.0, 0.0, 1.5][..])] {
        check_weighted(spec, observed, weights);
    }
}

fn check_weighted(spec: &Task, observed: Option<BitRows<'_>>, weights: Option<&[f32]>) {
    let mut draws = Draws::new(2, Purpose::Generator(0)).at(0, 0).sequence();
    let data: Vec<f32> = (0..N * D).map(|_| draws.uniform() as f32).collect();
    let labels = [0, 2, 1, 2];
    let mut state = State::new(&spec.network, initial_parameters(&spec.network, 4, Initialization::Glorot));
    for layer in &mut state.parameters.layers {
        layer.bias.iter_mut().for_each(|b| *b = draws.uniform() as f32 - 0.5);
    }
    let targets: Vec<f32> =
        (0..N * spec.network.n_outputs()).map(|_| 4.0 * draws.uniform() as f32 - 2.0).collect();
    let answers = spec.objective.heads.iter().map(|head| match head.target {
        Target::Input => Answers::Input,
        Target::Labels => Answers::Labels(&labels),
        Target::Values => Answers::Values(&targets[..N * head.units.len()]),
    });
    let answers: Vec<Answers<'_>> = answers.collect();
    let mut batch = Batch::new(Rows::Floats(&data), &[0, 2, 1, 3]).with_answers(&answers);
    (batch.observed, batch.weights) = (observed, weights);
    let mut engine = Reference::<f64>::open(spec, &state).unwrap();
    let pass = engine.training_pass(&batch, 1);
    for l in 0..spec.network.layers.len() {
        let sizes = [engine.weights().layers[l].weights.len(), engine.weights().layers[l].bias.len()];
        for (which, size) in sizes.into_iter().enumerate() {
            for k in 0..size {
                let mut loss_at = |shift: f64| {
                    let layer = &mut engine.weights_mut().layers[l];
                    let tensor = if which == 0 { &mut layer.weights } else { &mut layer.bias };
                    let before = tensor[k];
                    tensor[k] += shift;
                    let pass = engine.training_pass(&batch, 1);
                    let loss = pass.loss + engine.penalty(&pass);
                    let layer = &mut engine.weights_mut().layers[l];
                    (if which == 0 { &mut layer.weights } else { &mut layer.bias })[k] = before;
                    loss
                };
                let want = (loss_at(STEP) - loss_at(-STEP)) / (2.0 * STEP);
                let gradients = &pass.gradients.layers[l];
                let have = if which == 0 { gradients.weights[k] } else { gradients.bias[k] };
                let error = (have - want).abs() / want.abs().max(1.0);
                assert!(error < TOLERANCE, "{spec:?}: layer {l}, tensor {which}, {k}: {have} for {want}");
            }
        }
    }
}

const ACTIVATIONS: [Activation; 4] =
    [Activation::Sigmoid, Activation::Tanh, Activation::Relu, Activation::Linear];

fn corruptions() -> [Vec<Noise>; 7] {
    [
        vec![],
        vec![Noise::Masking { probability: 0.4 }],
        vec![Noise::MaskingExact { fraction: 0.4 }],
        vec![Noise::Gaussian { deviation: 0.7 }],
        vec![Noise::SaltAndPepper { probability: 0.4, low: 0.0, high: 1.0 }],
        vec![Noise::Dropout { probability: 0.4 }],
        vec![Noise::Masking { probability: 0.3 }, Noise::Gaussian { deviation: 0.2 }],
    ]
}

#[test]
fn every_activation_loss_tie_corruption_and_emphasis() {
    for encoder in ACTIVATIONS {
        for decoder in ACTIVATIONS {
            for corruption in corruptions() {
                for tied in [false, true] {
                    for emphasis in [None, Some(Emphasis { corrupted: 1.0, rest: 0.3 })] {
                        let mut spec = Task::autoencoder(D, 3, encoder, decoder);
                        spec = if tied { spec.tied() } else { spec };
                        spec.objective.corruption = corruption.clone();
                        spec.objective.emphasis = emphasis;
                        check(&spec);
                        if decoder == Activation::Sigmoid {
                            check(&spec.with_loss(Loss::CrossEntropy));
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn every_penalty_on_every_code() {
    let sparsity = Some(SparsityPenalty { target: 0.2, weight: 0.3 });
    for encoder in ACTIVATIONS {
        for tied in [false, true] {
            let mut spec = Task::autoencoder(D, 3, encoder, Activation::Linear)
                .with_corruption(vec![Noise::Gaussian { deviation: 0.5 }]);
            spec = if tied { spec.tied() } else { spec };
            let none = Penalties::default();
            for penalties in [
                Penalties { l1: 0.1, ..none },
                Penalties { contraction: 0.4, ..none },
                Penalties { sparsity, ..none },
                Penalties { l1: 0.1, contraction: 0.4, sparsity },
            ] {
                let penalties = match encoder {
                    Activation::Sigmoid => penalties,
                    _ => Penalties { sparsity: None, ..penalties },
                };
                spec.objective.penalties = penalties;
                check(&spec);
            }
        }
    }
}

#[test]
fn softmax_classifiers_and_deep_tied_autoencoders() {
    let layer =
        |inputs, outputs, activation, tied_to| Layer { tied_to, ..Layer::new(inputs, outputs, activation) };
    for activation in ACTIVATIONS {
        for corruption in corruptions() {
            let network =
                Network::new(vec![layer(D, 4, activation, None), layer(4, 3, Activation::Softmax, None)]);
            let objective = Objective::classification(&network, 0.0);
            let mut spec = Task::new(network, objective).with_corruption(corruption.clone());
            check(&spec);
            spec.objective.penalties = Penalties { l1: 0.1, contraction: 0.4, sparsity: None };
            check(&spec);
            spec.objective.penalties = Penalties::default();
            spec.objective.dropout = vec![0.4, 0.0];
            check(&spec.with_loss(Loss::SoftmaxCrossEntropy { label_smoothing: 0.3 }));
            let mut deep = Task::autoencoder(D, 4, activation, activation).with_corruption(corruption);
            deep.network.layers = vec![
                layer(D, 4, activation, None),
                layer(4, 3, Activation::Tanh, None),
                layer(3, 4, activation, Some(1)),
                layer(4, D, Activation::Linear, Some(0)),
            ];
            deep.objective.penalties = Penalties { l1: 0.1, contraction: 0.4, sparsity: None };
            check(&deep);
            deep.objective.penalties = Penalties::default();
            deep.objective.dropout = vec![0.5, 0.2, 0.4, 0.0];
            check(&deep);
        }
    }
}

#[test]
fn regressors_of_any_number_of_targets() {
    for hidden in ACTIVATIONS {
        for output in ACTIVATIONS {
            for (n_targets, corruption) in [1, 3, D + 2].into_iter().zip(corruptions()) {
                let layers = vec![Layer::new(D, 4, hidden), Layer::new(4, n_targets, output)];
                let network = Network::new(layers);
                let objective = Objective::regression(&network);
                let mut spec = Task::new(network, objective).with_corruption(corruption);
                check(&spec);
                spec.objective.penalties = Penalties { l1: 0.1, contraction: 0.4, sparsity: None };
                check(&spec);
                (spec.objective.dropout, spec.objective.penalties) = (vec![0.4, 0.0], Penalties::default());
                check(&spec);
            }
        }
    }
}

#[test]
fn denoisers_at_every_level() {
    for hidden in ACTIVATIONS {
        for (low, high) in [(0.05, 5.0), (0.3, 0.3)] {
            let network =
                Network::new(vec![Layer::new(D, 4, hidden), Layer::new(4, D - 1, Activation::Linear)]);
            let mut task = Task::new(network.clone(), Objective::reconstruction(&network, Loss::Denoising))
                .with_corruption(vec![Noise::Levels { low, high }]);
            check(&task);
            let bits = [0b1111, 0b0101, 0b0000, 0b1001];
            check_observed(&task, Some(BitRows::new(&bits, D - 1)));
            task.objective.dropout = vec![0.4, 0.0];
            let halves = [0..2, 2..D - 1].map(|units| Head::new(units, Loss::Denoising, Target::Input));
            task.objective.heads = halves.map(|head| head.weighing(0.7)).to_vec();
            check(&task);
        }
    }
}

#[test]
fn trimmed_batches() {
    let layers = vec![Layer::new(D, 4, Activation::Tanh), Layer::new(4, D - 1, Activation::Linear)];
    let network = Network::new(layers);
    let denoiser = Task::new(network.clone(), Objective::reconstruction(&network, Loss::Denoising))
        .with_corruption(vec![Noise::Levels { low: 0.1, high: 2.0 }]);
    let tied = Task::autoencoder(D, 3, Activation::Sigmoid, Activation::Relu).tied();
    for mut task in [denoiser, tied] {
        // None, one, two and three of four.
        for trim in [0.2, 0.25, 0.6, 0.9] {
            task.objective.trim = trim;
            check(&task);
            task.objective.penalties = Penalties { l1: 0.1, contraction: 0.4, sparsity: None };
            check(&task);
            task.objective.penalties = Penalties::default();
        }
    }
}

/// Heads of every kind: the first three components under different losses, a class, and two values.
fn many_heads() -> Task {
    let network =
        Network::new(vec![Layer::new(D, 4, Activation::Tanh), Layer::new(4, 9, Activation::Linear)]);
    let head = |units, loss, target| Head::new(units, loss, target);
    let classes = |label_smoothing| Loss::SoftmaxCrossEntropy { label_smoothing };
    let objective = Objective::new(vec![
        head(0..1, Loss::Squared, Target::Input),
        head(1..2, Loss::CrossEntropy, Target::Input),
        head(2..4, classes(0.0), Target::Input),
        head(4..7, classes(0.2), Target::Labels),
        head(7..9, Loss::Squared, Target::Values),
    ]);
    Task::new(network, objective).with_corruption(vec![Noise::Masking { probability: 0.4 }])
}

#[test]
fn partly_observed_heads() {
    let mut task = many_heads();
    check(&task);
    // Four samples, each a row of nine bits.
    let bits = [0b1111_1111, 1, 0b0101_0101, 1, 0b1000_1111, 0, 0, 0];
    check_observed(&task, Some(BitRows::new(&bits, 9)));
    task.objective.emphasis = Some(Emphasis { corrupted: 1.0, rest: 0.25 });
    check_observed(&task, Some(BitRows::new(&bits, 9)));
    let tied = Task::autoencoder(D, 3, Activation::Sigmoid, Activation::Sigmoid).tied();
    for loss in [Loss::Squared, Loss::CrossEntropy] {
        let bits = [0b11111, 0b00101, 0, 0b10010];
        check_observed(&tied.clone().with_loss(loss), Some(BitRows::new(&bits, D)));
    }
}

#[test]
fn a_weight_multiplies_the_loss_of_its_sample() {
    let task = Task::autoencoder(2, 2, Activation::Sigmoid, Activation::Linear);
    let state = State::new(&task.network, Parameters::zeros(&task.network));
    let mut engines: [Box<dyn Train>; 2] = [
        Box::new(Reference::<f64>::open(&task, &state).unwrap()),
        Box::new(CpuTrain::open(&task, state, CpuOptions::default()).unwrap()),
    ];
    let rows = Rows::Floats(&[3.0, 5.0, 7.0, 11.0]);
    for engine in &mut engines {
        let batch = Batch { weights: Some(&[0.5, 4.0]), ..Batch::new(rows, &[1, 0]) };
        assert_eq!(engine.loss(&batch, 0), (0.5 * (9.0 + 25.0) + 4.0 * (49.0 + 121.0)) / 2.0);
    }
}

#[test]
fn unobserved_targets_cost_nothing() {
    let task = Task::autoencoder(2, 2, Activation::Sigmoid, Activation::Linear);
    let engine = Reference::<f64>::open(&task, &State::new(&task.network, Parameters::zeros(&task.network)));
    let rows = Rows::Floats(&[3.0, 5.0, 7.0, 11.0]);
    let loss = |bits: &[u8], total: usize| {
        let batch = Batch { observed: Some(BitRows::new(bits, 2)), total, ..Batch::new(rows, &[1, 0]) };
        engine.as_ref().unwrap().training_pass(&batch, 0).loss
    };
    assert_eq!(loss(&[0b11, 0b11], 2), (9.0 + 25.0 + 49.0 + 121.0) / 2.0);
    assert_eq!(loss(&[0b01, 0b10], 2), (9.0 + 121.0) / 2.0);
    // Six more samples of the step are on other machines.
    assert_eq!(loss(&[0b01, 0b10], 8), (9.0 + 121.0) / 8.0);
    assert_eq!(loss(&[0, 0], 2), 0.0);
}

/// A number of two components, a category of three classes with its flag; unit 4 and its head belong to no cell.
#[test]
fn tables() {
    let network =
        Network::new(vec![Layer::new(D, 4, Activation::Tanh), Layer::new(4, 5, Activation::Linear)]);
    let classes = Loss::SoftmaxCrossEntropy { label_smoothing: 0.0 };
    let objective = Objective {
        cells: vec![Cell { inputs: 0..2, units: 0..1 }, Cell { inputs: 2..5, units: 1..4 }],
        ..Objective::new(vec![
            Head::new(0..1, Loss::Squared, Target::Values).weighing(1.7),
            Head::new(1..4, classes, Target::Labels).weighing(0.6),
            Head::new(4..5, Loss::CrossEntropy, Target::Input).weighing(0.25),
        ])
    };
    let bits = [0b1_1111, 0b0_1111, 0b1_0001, 0b1_1110];
    for corruption in [
        vec![Noise::MaskCells { low: 0.2, high: 0.8 }],
        vec![Noise::SwapCells { probability: 0.5 }],
        vec![Noise::CopyMask],
        vec![Noise::MaskCells { low: 0.3, high: 0.3 }, Noise::Masking { probability: 0.2 }],
    ] {
        let mut task = Task::new(network.clone(), objective.clone()).with_corruption(corruption);
        for emphasis in [None, Some((1.0, 0.3)), Some((1.0, 0.0))] {
            task.objective.emphasis = emphasis.map(|(corrupted, rest)| Emphasis { corrupted, rest });
            check(&task);
            check_observed(&task, Some(BitRows::new(&bits, 5)));
        }
    }
}
