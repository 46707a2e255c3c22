//! Tasks, data and states that the tests share.

use crate::batch::Answers;
use crate::cells::Cell;
use crate::corruption::Noise;
use crate::heads::{Head, Loss, Target};
use crate::network::{Activation, Layer, Network};
use crate::objective::{Emphasis, Objective, Penalties, SparsityPenalty};
use crate::parameters::{Initialization, State, initial_parameters};
use crate::philox::{Draws, Purpose};
use crate::task::Task;

pub(super) fn samples(n: usize, d: usize) -> Vec<f32> {
    let mut draws = Draws::new(5, Purpose::Generator(0)).at(0, 0).sequence();
    (0..n * d).map(|_| if draws.word() & 1 == 0 { 0.0 } else { draws.uniform() as f32 }).collect()
}

/// Labels and targets of `n` samples, for any loss.
pub(super) fn answers(n: usize, outputs: usize) -> (Vec<u32>, Vec<f32>) {
    let targets = (0..n * outputs).map(|i| (i as f32 * 0.7).sin() * 2.0 - 0.3).collect();
    ((0..n).map(|i| (i % outputs) as u32).collect(), targets)
}

pub(super) fn given<'a>(spec: &Task, (labels, targets): &'a (Vec<u32>, Vec<f32>)) -> Vec<Answers<'a>> {
    let answers = spec.objective.heads.iter().map(|head| match head.target {
        Target::Input => Answers::Input,
        Target::Labels => Answers::Labels(labels),
        Target::Values => Answers::Values(targets),
    });
    answers.collect()
}

pub(super) fn random_state(spec: &Task) -> State {
    let mut state = State::new(&spec.network, initial_parameters(&spec.network, 3, Initialization::Glorot));
    let mut draws = Draws::new(8, Purpose::Generator(1)).at(0, 0).sequence();
    for layer in &mut state.parameters.layers {
        layer.bias.iter_mut().for_each(|b| *b = draws.uniform() as f32 - 0.5);
    }
    state
}

pub(super) fn autoencoder(d: usize, h: usize) -> Task {
    Task::autoencoder(d, h, Activation::Sigmoid, Activation::Sigmoid)
        .tied()
        .with_corruption(vec![Noise::Masking { probability: 0.25 }])
}

pub(super) fn layer(inputs: usize, outputs: usize, activation: Activation, tied_to: Option<usize>) -> Layer {
    Layer { tied_to, ..Layer::new(inputs, outputs, activation) }
}

pub(super) fn classify(layers: Vec<Layer>, label_smoothing: f64) -> Task {
    let network = Network::new(layers);
    let objective = Objective::classification(&network, label_smoothing);
    Task::new(network, objective).with_corruption(vec![Noise::Masking { probability: 0.25 }])
}

pub(super) fn regress(layers: Vec<Layer>) -> Task {
    let network = Network::new(layers);
    let objective = Objective::regression(&network);
    Task::new(network, objective).with_corruption(vec![Noise::Masking { probability: 0.25 }])
}

pub(super) fn classifier() -> Task {
    smoothed_classifier(0.0)
}

pub(super) fn smoothed_classifier(label_smoothing: f64) -> Task {
    let layers = vec![
        layer(65, 40, Activation::Sigmoid, None),
        layer(40, 33, Activation::Relu, None),
        layer(33, 10, Activation::Softmax, None),
    ];
    classify(layers, label_smoothing)
}

/// More outputs than a part has units, neither a multiple of a panel.
pub(super) fn regressor(activation: Activation) -> Task {
    let mut layers = classifier().network.layers;
    layers[2] = layer(33, 70, activation, None);
    regress(layers)
}

pub(super) fn deep() -> Task {
    let mut spec = autoencoder(65, 40);
    spec.network.layers = vec![
        layer(65, 40, Activation::Tanh, None),
        layer(40, 20, Activation::Relu, None),
        layer(20, 40, Activation::Sigmoid, Some(1)),
        layer(40, 65, Activation::Linear, Some(0)),
    ];
    spec
}

/// Heads of every kind that begin and end anywhere in parts and panels: some components under different losses, three
/// classes, and some values.
pub(super) fn many_heads() -> Task {
    let head = |units, loss, target| Head::new(units, loss, target);
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

/// Denoises `d` components, and is told the level as one more.
pub(super) fn denoiser(d: usize, hidden: usize) -> Task {
    let layers =
        vec![layer(d + 1, hidden, Activation::Tanh, None), layer(hidden, d, Activation::Linear, None)];
    let network = Network::new(layers);
    let objective = Objective::reconstruction(&network, Loss::Denoising);
    Task::new(network, objective).with_corruption(vec![Noise::Levels { low: 0.05, high: 5.0 }])
}

pub(super) fn with_dropout(mut spec: Task) -> Task {
    let last = spec.network.layers.len() - 1;
    spec.objective.dropout = [0.3, 0.5, 0.2][..last].to_vec();
    spec.objective.dropout.push(0.0);
    spec
}

pub(super) fn bounded(mut spec: Task, norm: f64) -> Task {
    spec.optimizer.max_norm = Some(norm);
    spec
}

pub(super) fn trimmed(mut spec: Task, trim: f64) -> Task {
    spec.objective.trim = trim;
    spec
}

pub(super) fn with_penalties(mut spec: Task) -> Task {
    let sparsity = Some(SparsityPenalty { target: 0.1, weight: 0.02 });
    let is_sigmoid = spec.network.layers[0].activation == Activation::Sigmoid;
    spec.objective.penalties =
        Penalties { l1: 1e-3, contraction: 0.05, sparsity: sparsity.filter(|_| is_sigmoid) };
    spec
}

/// A table of 21 columns: numbers of one to fifteen components and categories of two to forty classes in turn, with weights.
/// Cells begin and end anywhere in tiles and panels; the last unit belongs to none.
pub(super) fn table(hidden: usize, corruption: &[Noise]) -> Task {
    let (mut cells, mut heads, mut input, mut unit) = (Vec::new(), Vec::new(), 0, 0);
    for column in 0..21 {
        let (inputs, units, loss, target) = match column % 3 {
            0 => (1 + column % 15, 1, Loss::Squared, Target::Values),
            _ => {
                let classes = 2 + column * 11 % 39;
                let loss = Loss::SoftmaxCrossEntropy { label_smoothing: 0.0 };
                (classes + 1, classes, loss, Target::Labels)
            }
        };
        cells.push(Cell { inputs: input..input + inputs, units: unit..unit + units });
        heads.push(Head::new(unit..unit + units, loss, target).weighing(0.5 + column as f64 / 10.0));
        // A component between some columns belongs to none.
        (input, unit) = (input + inputs + column % 2, unit + units);
    }
    heads.push(Head::new(unit..unit + 1, Loss::CrossEntropy, Target::Values));
    let layers =
        vec![layer(input, hidden, Activation::Tanh, None), layer(hidden, unit + 1, Activation::Linear, None)];
    let emphasis = Some(Emphasis { corrupted: 1.0, rest: 0.25 });
    let objective = Objective { cells, emphasis, corruption: corruption.to_vec(), ..Objective::new(heads) };
    Task::new(Network::new(layers), objective)
}

/// Corruptions of tables.
pub(super) fn noises_on_cells() -> [Vec<Noise>; 6] {
    let (mask, swap) = (Noise::MaskCells { low: 0.05, high: 0.6 }, Noise::SwapCells { probability: 0.3 });
    [
        vec![mask],
        vec![swap],
        vec![Noise::CopyMask],
        vec![swap, Noise::CopyMask, mask],
        vec![swap, Noise::Gaussian { deviation: 0.2 }, mask],
        vec![Noise::Masking { probability: 0.03 }, swap, Noise::MaskingExact { fraction: 0.02 }],
    ]
}

/// One bit for each output unit of `n` rows, most of them set.
pub(super) fn bits(n: usize, outputs: usize) -> Vec<u8> {
    let mut draws = Draws::new(9, Purpose::Generator(2)).at(0, 0).sequence();
    (0..n * outputs.div_ceil(8)).map(|_| (draws.word() | draws.word()) as u8).collect()
}
