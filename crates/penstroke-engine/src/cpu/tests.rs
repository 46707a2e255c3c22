//! The fast engine against the definition, on every instruction set, at every number of threads.

use super::bf16::Bf16Instructions;
use super::isa::InstructionSet;
use super::options::{CpuOptions, Precision};
use super::train::CpuTrain;
use crate::batch::{Answers, Batch};
use crate::corruption::Noise;
use crate::engine::{Apply, Step, Train};
use crate::heads::{Head, Loss, Target};
use crate::network::{Activation, Layer, Network};
use crate::objective::{Emphasis, Objective, Penalties, SparsityPenalty};
use crate::optimizer::Rule;
use crate::parameters::{Initialization, Parameters, State, initial_parameters};
use crate::philox::{Draws, Purpose};
use crate::reference::Real;
use crate::rows::{BitRows, Rows};
use crate::task::Task;
use crate::{Reference, RoundedTerms};
use std::io::Write;

/// Rounding of f32 sums over up to 784 terms of size 1, and of the approximations in `math`, relative to the largest
/// value of a tensor.
const TOLERANCE: f64 = 2e-5;

fn samples(n: usize, d: usize) -> Vec<f32> {
    let mut draws = Draws::new(5, Purpose::Generator(0)).at(0, 0).sequence();
    (0..n * d).map(|_| if draws.word() & 1 == 0 { 0.0 } else { draws.uniform() as f32 }).collect()
}

/// Labels and targets of `n` samples, for any loss.
fn answers(n: usize, outputs: usize) -> (Vec<u32>, Vec<f32>) {
    let targets = (0..n * outputs).map(|i| (i as f32 * 0.7).sin() * 2.0 - 0.3).collect();
    ((0..n).map(|i| (i % outputs) as u32).collect(), targets)
}

fn given<'a>(spec: &Task, (labels, targets): &'a (Vec<u32>, Vec<f32>)) -> Vec<Answers<'a>> {
    let answers = spec.objective.heads.iter().map(|head| match head.target {
        Target::Input => Answers::Input,
        Target::Labels => Answers::Labels(labels),
        Target::Values => Answers::Values(targets),
    });
    answers.collect()
}

fn random_state(spec: &Task) -> State {
    let mut state = State::new(&spec.network, initial_parameters(&spec.network, 3, Initialization::Glorot));
    let mut draws = Draws::new(8, Purpose::Generator(1)).at(0, 0).sequence();
    for layer in &mut state.parameters.layers {
        layer.bias.iter_mut().for_each(|b| *b = draws.uniform() as f32 - 0.5);
    }
    state
}

/// With factors in bf16: one of them in some ten thousand lies so near the middle of two bf16 that the errors above
/// decide how it is rounded. That changes it by 1/256, and a sum of many terms by less than this.
const BF16_TOLERANCE: f64 = 1e-3;

/// The instructions and the arithmetic of an engine.
#[derive(Clone, Copy, Debug)]
struct Way {
    isa: InstructionSet,
    bf16: Option<Bf16Instructions>,
    /// In place of the engine's own rule.
    sparse_below: Option<f64>,
}

impl Way {
    /// All that this processor has.
    fn all() -> impl Iterator<Item = Self> {
        let best = InstructionSet::detect();
        let bf16 = Bf16Instructions::all().map(move |bf16| Self { bf16: Some(bf16), ..Self::f32(best) });
        InstructionSet::all().map(Self::f32).chain(bf16.filter(|_| !cfg!(miri)))
    }

    /// The best, in single precision and in bf16.
    fn best() -> impl Iterator<Item = Self> {
        let best = Self::f32(InstructionSet::detect());
        [best, Self { bf16: Bf16Instructions::all().next(), ..best }].into_iter()
    }

    /// In single precision.
    fn f32(isa: InstructionSet) -> Self {
        Self { isa, bf16: None, sparse_below: None }
    }

    fn open(self, spec: &Task, state: &State, threads: usize) -> CpuTrain {
        let options = CpuOptions { threads, instructions: self.isa, ..CpuOptions::default() };
        let mut engine = CpuTrain::open_at(spec, state, options, self.bf16).unwrap();
        if let Some(share) = self.sparse_below {
            engine.worker().set_sparse_below(share);
        }
        engine
    }
}

fn close(what: &str, have: &[f32], want: &[f64], tolerance: f64) {
    assert_eq!(have.len(), want.len(), "{what}");
    let scale = want.iter().fold(1e-3, |m: f64, v| m.max(v.abs()));
    for (k, (&have, &want)) in have.iter().zip(want).enumerate() {
        let error = (f64::from(have) - want).abs() / scale;
        assert!(error <= tolerance, "{what}[{k}]: {have} for {want} (scale {scale})");
    }
}

fn check(spec: &Task, n: usize, way: Way) {
    match way.bf16 {
        None => check_against::<f64>(spec, n, way, TOLERANCE),
        // Zeros are never skipped; they might be, but there are too few.
        Some(_) => {
            check_against::<RoundedTerms>(spec, n, Way { sparse_below: Some(0.0), ..way }, BF16_TOLERANCE);
            check_against::<RoundedTerms>(spec, n, Way { sparse_below: Some(1e-9), ..way }, BF16_TOLERANCE);
        }
    }
}

fn check_against<T: Real>(spec: &Task, n: usize, way: Way, tolerance: f64) {
    let d = spec.network.n_inputs();
    let data = samples(n + 2, d);
    let answers = answers(n + 2, spec.network.n_outputs());
    let given = given(spec, &answers);
    let indices: Vec<u32> = (0..n as u32).rev().collect();
    let batch = Batch::new(Rows::Floats(&data), &indices).with_answers(&given);
    check_batch::<T>(spec, &batch, way, tolerance);
}

fn check_batch<T: Real>(spec: &Task, batch: &Batch<'_>, way: Way, tolerance: f64) {
    let (d, n) = (spec.network.n_inputs(), batch.ids.len());
    let state = random_state(spec);
    let mut cpu = way.open(spec, &state, 2);
    let mut reference = Reference::<T>::open(spec, &state).unwrap();
    let name = format!("{way:?}: {spec:?}, n = {n}");

    let (have, want) = (cpu.loss(batch, 4), reference.loss(batch, 4));
    assert!((have - want).abs() <= tolerance * want.abs().max(1e-3), "{name}: loss {have} for {want}");

    for layers in 0..=spec.network.layers.len() {
        let width = if layers == 0 { d } else { spec.network.layers[layers - 1].outputs };
        let mut have = vec![0.0; batch.rows.len() / d * width];
        let mut want = have.clone();
        cpu.apply(batch.rows, 0..layers, &mut have);
        reference.apply(batch.rows, 0..layers, &mut want);
        close(
            &format!("{name}: layer {layers}"),
            &have,
            &want.iter().map(|&v| f64::from(v)).collect::<Vec<_>>(),
            tolerance,
        );
    }

    let step = Step { epoch: 9, learning_rate: 1e-2 };
    let gradients = reference.training_pass(batch, step.epoch).gradients.map(Real::to_f64);
    let mut fused = way.open(spec, &state, 1);
    let (have, want) = (cpu.gradients(batch, step.epoch), reference.step(batch, step));
    assert!((have - want).abs() <= tolerance * want.abs().max(1e-3), "{name}: loss {have} for {want}");
    for (l, (have, want)) in
        cpu.worker().weights().gradients(&spec.network).layers.iter().zip(&gradients.layers).enumerate()
    {
        close(&format!("{name}: gradient of weights {l}"), &have.weights, &want.weights, tolerance);
        close(&format!("{name}: gradient of bias {l}"), &have.bias, &want.bias, tolerance);
    }
    // Both halves of a step are the step.
    cpu.update(step.learning_rate);
    fused.step(batch, step);
    assert!(cpu.state() == fused.state(), "{name}: gradients, then update");
}

fn autoencoder(d: usize, h: usize) -> Task {
    Task::autoencoder(d, h, Activation::Sigmoid, Activation::Sigmoid)
        .tied()
        .with_corruption(vec![Noise::Masking { probability: 0.25 }])
}

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

/// Small enough for Miri, which `check` runs it under: every stage, panels that end early, two panels.
#[test]
fn every_stage_agrees_with_the_reference_on_small_shapes() {
    for way in Way::all() {
        let mut spec = autoencoder(35, 6);
        // Penalties come to the stages that every autoencoder has.
        check(&with_penalties(spec.clone()), 33, way);
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
        let linear_regression = regress(vec![layer(34, 3, Activation::Linear, None)]);
        check(&linear_regression, 33, way);
    }
}

#[test]
fn an_empty_batch_changes_nothing() {
    let spec = autoencoder(7, 3);
    let state = random_state(&spec);
    let mut cpu = open(&spec, state.clone());
    let batch = Batch::new(Rows::Bytes(&[]), &[]);
    assert_eq!(cpu.step(&batch, Step { epoch: 0, learning_rate: 1.0 }), 0.0);
    assert_eq!(cpu.loss(&batch, 0), 0.0);
    cpu.apply(Rows::Bytes(&[]), 0..1, &mut []);
    assert_eq!(cpu.state(), state);
}

#[test]
#[should_panic(expected = "the batch needs answers for Labels")]
fn a_classifier_without_labels_learns_nothing() {
    let spec = classifier();
    let data = samples(2, spec.network.n_inputs());
    let mut cpu = open(&spec, random_state(&spec));
    let batch = Batch::new(Rows::Floats(&data), &[0, 1]);
    cpu.step(&batch, Step { epoch: 0, learning_rate: 1.0 });
}

#[test]
#[should_panic(expected = "the batch needs answers for Values")]
fn a_regressor_without_targets_learns_nothing() {
    let spec = regressor(Activation::Linear);
    let data = samples(2, spec.network.n_inputs());
    let mut cpu = open(&spec, random_state(&spec));
    let batch = Batch::new(Rows::Floats(&data), &[0, 1]);
    cpu.step(&batch, Step { epoch: 0, learning_rate: 1.0 });
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

fn layer(inputs: usize, outputs: usize, activation: Activation, tied_to: Option<usize>) -> Layer {
    Layer { tied_to, ..Layer::new(inputs, outputs, activation) }
}

fn classify(layers: Vec<Layer>, label_smoothing: f64) -> Task {
    let network = Network::new(layers);
    let objective = Objective::classification(&network, label_smoothing);
    Task::new(network, objective).with_corruption(vec![Noise::Masking { probability: 0.25 }])
}

fn regress(layers: Vec<Layer>) -> Task {
    let network = Network::new(layers);
    let objective = Objective::regression(&network);
    Task::new(network, objective).with_corruption(vec![Noise::Masking { probability: 0.25 }])
}

fn classifier() -> Task {
    smoothed_classifier(0.0)
}

fn smoothed_classifier(label_smoothing: f64) -> Task {
    let layers = vec![
        layer(65, 40, Activation::Sigmoid, None),
        layer(40, 33, Activation::Relu, None),
        layer(33, 10, Activation::Softmax, None),
    ];
    classify(layers, label_smoothing)
}

/// More outputs than a part has units, neither a multiple of a panel.
fn regressor(activation: Activation) -> Task {
    let mut layers = classifier().network.layers;
    layers[2] = layer(33, 70, activation, None);
    regress(layers)
}

/// On one thread.
fn open(spec: &Task, state: State) -> CpuTrain {
    CpuTrain::open(spec, state, CpuOptions::default()).unwrap()
}

fn deep() -> Task {
    let mut spec = autoencoder(65, 40);
    spec.network.layers = vec![
        layer(65, 40, Activation::Tanh, None),
        layer(40, 20, Activation::Relu, None),
        layer(20, 40, Activation::Sigmoid, Some(1)),
        layer(40, 65, Activation::Linear, Some(0)),
    ];
    spec
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

/// Restores some components each in its own way, names one of three classes and predicts some values; heads begin and end
/// anywhere in parts and panels.
fn many_heads() -> Task {
    let head = |units, loss, target| Head { units, loss, target };
    let classes = |label_smoothing| Loss::SoftmaxCrossEntropy { label_smoothing };
    let layers = vec![layer(67, 40, Activation::Sigmoid, None), layer(40, 110, Activation::Linear, None)];
    let objective = Objective::new(vec![
        head(0..9, Loss::Squared, Target::Input),
        head(9..50, Loss::CrossEntropy, Target::Input),
        head(50..67, classes(0.0), Target::Input),
        head(67..70, classes(0.1), Target::Labels),
        head(70..110, Loss::Squared, Target::Values),
    ]);
    Task::new(Network::new(layers), objective).with_corruption(vec![Noise::Masking { probability: 0.25 }])
}

#[test]
fn heads_of_which_some_cells_were_observed_agree_with_the_reference() {
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
        for way in Way::all() {
            for batch in [whole, some] {
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

fn with_dropout(mut spec: Task) -> Task {
    let last = spec.network.layers.len() - 1;
    spec.objective.dropout = [0.3, 0.5, 0.2][..last].to_vec();
    spec.objective.dropout.push(0.0);
    spec
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

/// Three epochs of batches of 64, 64 and 22.
fn steps(cpu: &mut CpuTrain) {
    let spec = cpu.task().clone();
    let data = samples(150, spec.network.n_inputs());
    let answers = answers(150, spec.network.n_outputs());
    let given = given(&spec, &answers);
    for epoch in 0..3 {
        for first in [0u32, 64, 128] {
            let indices: Vec<u32> = (first..(first + 64).min(150)).collect();
            let batch = Batch::new(Rows::Floats(&data), &indices).with_answers(&given);
            cpu.step(&batch, Step { epoch, learning_rate: 1e-2 });
        }
    }
}

fn trained(spec: &Task, threads: usize, way: Way) -> State {
    let mut cpu = way.open(spec, &random_state(spec), threads);
    steps(&mut cpu);
    cpu.state()
}

#[test]
fn equal_seeds_give_equal_bits_at_any_number_of_threads() {
    let mut exact = autoencoder(200, 150);
    exact.objective.corruption =
        vec![Noise::MaskingExact { fraction: 0.2 }, Noise::Gaussian { deviation: 0.5 }];
    exact.objective.emphasis = Some(Emphasis { corrupted: 1.0, rest: 0.5 });
    let smoothed = smoothed_classifier(0.2);
    let dropped = [with_dropout(autoencoder(300, 200)), with_dropout(classifier()), with_dropout(deep())];
    let regressor = regressor(Activation::Linear);
    let plain = [autoencoder(300, 200), exact, classifier(), smoothed, deep(), regressor];
    let bounded = [autoencoder(300, 200), classifier()].map(|spec| bounded(spec, 0.9));
    let penalised = [with_penalties(autoencoder(300, 200)), with_penalties(classifier())];
    let dropped = dropped.into_iter().chain(bounded).chain(penalised);
    for spec in plain.into_iter().chain(dropped) {
        for way in Way::all() {
            let one = trained(&spec, 1, way);
            for threads in [2, 3, 7] {
                assert!(one == trained(&spec, threads, way), "{threads} threads, {way:?}: {spec:?}");
            }
        }
    }
}

#[test]
fn skipping_zeros_changes_no_bit() {
    let mut untied = autoencoder(130, 70);
    untied.network.layers[1].tied_to = None;
    let mut wide = autoencoder(65, 161);
    wide.objective.corruption = vec![Noise::MaskingExact { fraction: 0.9 }];
    let dropped = [
        with_dropout(autoencoder(130, 161)),
        with_dropout(classifier()),
        with_penalties(autoencoder(130, 161)),
    ];
    let plain = [autoencoder(300, 200), autoencoder(7, 3), untied, wide, classifier()];
    for spec in plain.into_iter().chain(dropped) {
        for isa in InstructionSet::all() {
            let states = [0.0, 2.0].map(|sparse_below| {
                trained(&spec, 2, Way { sparse_below: Some(sparse_below), ..Way::f32(isa) })
            });
            assert!(states[0] == states[1], "{}: {spec:?}", isa.name());
        }
    }
}

/// Products that skip zeros stay in single precision when the others are in bf16.
#[test]
fn skipping_zeros_beside_bf16_is_single_precision() {
    let mut untied = autoencoder(130, 70);
    untied.network.layers[1].tied_to = None;
    let mut specs =
        [autoencoder(300, 200), autoencoder(7, 3), untied, autoencoder(65, 161), classifier(), deep()];
    for layer in specs.iter_mut().flat_map(|spec| &mut spec.network.layers) {
        // Where a rectifier's input is near zero, rounding decides whether there is a slope at all.
        if layer.activation == Activation::Relu {
            layer.activation = Activation::Tanh;
        }
    }
    for spec in specs {
        let (d, h) = (spec.network.n_inputs(), spec.network.layers[0].outputs);
        let data = samples(70, d);
        let codes = |way: Way| {
            let mut codes = vec![0.0; 70 * h];
            way.open(&spec, &random_state(&spec), 2).apply(Rows::Floats(&data), 0..1, &mut codes);
            codes
        };
        for bf16 in Bf16Instructions::all() {
            let best = Way::f32(InstructionSet::detect());
            let way = Way { bf16: Some(bf16), sparse_below: Some(2.0), ..best };
            assert!(codes(way) == codes(best), "{way:?}: {spec:?}");
            for n in [1, 33, 66] {
                // The gradient of each matrix is off by some 1/512 of the terms that bf16 multiplies.
                check_against::<f64>(&spec, n, way, 1.0 / 64.0);
            }
        }
    }
}

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

#[test]
fn gathered_samples_are_trained_as_where_they_lie() {
    let noises = [
        Noise::Masking { probability: 0.3 },
        Noise::MaskingExact { fraction: 0.3 },
        Noise::Gaussian { deviation: 0.2 },
    ];
    for way in Way::all() {
        for noise in noises {
            let mut spec = autoencoder(30, 20);
            spec.objective.corruption = vec![noise];
            spec.objective.dropout = vec![0.2, 0.0];
            let data = samples(600, 30);
            // More than are measured at once, none in its place.
            let indices: Vec<u32> = (0..500).map(|i| (i * 7 + 3) % 600).collect();
            let few: Vec<f32> =
                indices.iter().flat_map(|&i| &data[i as usize * 30..][..30]).copied().collect();
            let whole = Batch::new(Rows::Floats(&data), &indices);
            let gathered = Batch { rows: Rows::Floats(&few), gathered: true, ..whole };
            let [one, other] = [whole, gathered].map(|batch| {
                let mut engine = way.open(&spec, &random_state(&spec), 2);
                let step = Step { epoch: 3, learning_rate: 5e-3 };
                (engine.step(&batch, step), engine.loss(&batch, 1), engine.state())
            });
            assert_eq!(one, other, "{way:?}, {noise:?}");
            let [one, other] = [whole, gathered].map(|batch| {
                let mut engine = Reference::<f64>::open(&spec, &random_state(&spec)).unwrap();
                (engine.step(&batch, Step { epoch: 3, learning_rate: 5e-3 }), engine.loss(&batch, 1))
            });
            assert_eq!(one, other, "{noise:?}");
        }
    }
}

fn bounded(mut spec: Task, norm: f64) -> Task {
    spec.optimizer.max_norm = Some(norm);
    spec
}

fn with_penalties(mut spec: Task) -> Task {
    let sparsity = Some(SparsityPenalty { target: 0.1, weight: 0.02 });
    let is_sigmoid = spec.network.layers[0].activation == Activation::Sigmoid;
    spec.objective.penalties =
        Penalties { l1: 1e-3, contraction: 0.05, sparsity: sparsity.filter(|_| is_sigmoid) };
    spec
}

#[test]
fn penalties_agree_with_the_reference() {
    for way in Way::all() {
        let skipping = Way { sparse_below: Some(2.0), ..way };
        for n in [1, 33] {
            // The gradient of the first layer comes by unit there, elsewhere by sample.
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

/// Weights and biases after three steps, in single precision and in bf16.
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
            // The norms of the first weights lie about 1; a rule without roots does not multiply rounding.
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

#[test]
fn a_state_put_back_goes_on_to_the_same_bits() {
    let spec = autoencoder(40, 30);
    let data = samples(20, 40);
    let indices: Vec<u32> = (0..20).collect();
    let batch = Batch::new(Rows::Floats(&data), &indices);
    let step = |epoch| Step { epoch, learning_rate: 1e-2 };
    for way in Way::best() {
        let mut unbroken = way.open(&spec, &random_state(&spec), 2);
        unbroken.step(&batch, step(0));
        let mut resumed = way.open(&spec, &unbroken.state(), 1);
        let mut put_back = way.open(&spec, &random_state(&spec), 1);
        put_back.set_state(&unbroken.state());
        let loss = unbroken.step(&batch, step(1));
        assert_eq!([resumed.step(&batch, step(1)), put_back.step(&batch, step(1))], [loss; 2]);
        assert!([resumed.state(), put_back.state()] == [unbroken.state(), unbroken.state()]);
    }
}

#[test]
fn a_changed_corruption_is_that_of_an_engine_opened_with_it() {
    let opened = |way: Way, noise: Noise| {
        let spec = autoencoder(40, 30).with_corruption(vec![noise]);
        let engines: [Box<dyn Train>; 2] = [
            Box::new(way.open(&spec, &random_state(&spec), 2)),
            Box::new(Reference::<f32>::open(&spec, &random_state(&spec)).unwrap()),
        ];
        engines
    };
    let data = samples(20, 40);
    let indices: Vec<u32> = (0..20).collect();
    let batch = Batch::new(Rows::Floats(&data), &indices);
    let step = Step { epoch: 1, learning_rate: 1e-2 };
    for way in Way::best() {
        for noise in [Noise::Masking { probability: 0.1 }, Noise::MaskingExact { fraction: 0.7 }] {
            let changed = opened(way, Noise::Masking { probability: 0.5 });
            for (mut changed, mut fresh) in changed.into_iter().zip(opened(way, noise)) {
                changed.loss(&batch, 0);
                changed.set_corruption(&[noise]);
                assert_eq!(changed.task(), fresh.task());
                assert_eq!(changed.step(&batch, step), fresh.step(&batch, step));
                assert_eq!(changed.loss(&batch, 0), fresh.loss(&batch, 0));
                assert!(changed.state() == fresh.state());
            }
        }
    }
}

#[test]
#[should_panic(expected = "a noise for every term")]
fn a_corruption_of_more_terms_is_refused() {
    let spec = autoencoder(7, 3);
    open(&spec, random_state(&spec)).set_corruption(&[]);
}

#[test]
#[should_panic(expected = "a noise out of its range")]
fn a_corruption_out_of_its_range_is_refused() {
    let spec = autoencoder(7, 3);
    open(&spec, random_state(&spec)).set_corruption(&[Noise::Masking { probability: 1.5 }]);
}

#[test]
fn bytes_and_floats_are_the_same_data() {
    let spec = autoencoder(64, 10);
    let bytes: Vec<u8> = (0..640).map(|i| (i * 7 % 256) as u8).collect();
    let floats: Vec<f32> = bytes.iter().map(|&b| f32::from(b) / 255.0).collect();
    let step = Step { epoch: 0, learning_rate: 0.1 };
    for way in Way::best() {
        let [bytes, floats] = [Rows::Bytes(&bytes), Rows::Floats(&floats)].map(|rows| {
            let batch = Batch::new(rows, &[3, 1, 9]);
            way.open(&spec, &random_state(&spec), 1).step(&batch, step)
        });
        assert_eq!(bytes.to_bits(), floats.to_bits());
    }
}

#[test]
fn bf16_is_near_single_precision() {
    for n in [1, 40, 128] {
        let spec = autoencoder(300, 150);
        let data = samples(n, 300);
        let indices: Vec<u32> = (0..n as u32).collect();
        let batch = Batch::new(Rows::Floats(&data), &indices);
        let step = Step { epoch: 3, learning_rate: 1e-2 };
        let reference = Reference::<f64>::open(&spec, &random_state(&spec)).unwrap();
        let want = reference.training_pass(&batch, 3);
        for bf16 in Bf16Instructions::all() {
            let way = Way { bf16: Some(bf16), ..Way::f32(InstructionSet::detect()) };
            let mut cpu = way.open(&spec, &random_state(&spec), 2);
            // Factors are off by 1/512 at most, about half of that in the mean, and errors of hundreds of terms with
            // both signs add up like their root. The loss is stationary in none of this, but sums 300 components.
            assert!((cpu.gradients(&batch, step.epoch) / want.loss - 1.0).abs() < 2e-3, "{bf16:?}: loss");
            for (have, want) in
                cpu.worker().weights().gradients(&spec.network).layers.iter().zip(&want.gradients.layers)
            {
                close(&format!("{bf16:?}: weights"), &have.weights, &want.weights, 1.0 / 128.0);
                close(&format!("{bf16:?}: bias"), &have.bias, &want.bias, 1.0 / 128.0);
            }
        }
    }
}

/// Says what ran on this processor, past the capture of output, so that the last lines of `check` can list it.
#[test]
fn the_instruction_sets_that_run_here_are_named() {
    let f32: Vec<_> = InstructionSet::all().map(InstructionSet::name).collect();
    let bf16: Vec<_> = Bf16Instructions::all().map(Bf16Instructions::name).collect();
    assert!(f32.contains(&"portable") && bf16.contains(&"plain"));
    let mut text = format!("\ninstruction sets: f32 {}; bf16 {}\n", f32.join(", "), bf16.join(", "));
    for name in ["avx512", "avx2", "avx512-bf16", "amx-bf16"] {
        if cfg!(target_arch = "x86_64") && !f32.contains(&name) && !bf16.contains(&name) {
            text += &format!("not tested: {name}, which this processor lacks\n");
        }
    }
    std::io::stderr().write_all(text.as_bytes()).unwrap();
}

#[test]
fn bf16_without_its_instructions_is_an_error() {
    let spec = autoencoder(4, 3);
    let open = |name: &str| {
        let instructions = InstructionSet::named(name).unwrap();
        let options = CpuOptions { instructions, precision: Precision::Bf16, ..CpuOptions::default() };
        CpuTrain::open(&spec, random_state(&spec), options)
    };
    let error = open("portable").err().unwrap();
    assert!(error.to_string().contains("bf16 needs a processor with AMX or AVX-512 bf16"), "{error}");
    // Where the processor has them, its name says so.
    match Bf16Instructions::with(InstructionSet::detect()) {
        Some(bf16) => {
            let path = open(InstructionSet::detect().name()).unwrap().describe().path;
            assert!(path == bf16.name() && path.ends_with("bf16"));
        }
        None => assert!(open(InstructionSet::detect().name()).is_err()),
    }
}
