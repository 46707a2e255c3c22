//! Trains the networks of a detector.

use super::columns::{Columns, Kind, RowCells};
use super::config::DetectorConfig;
use crate::config::{Decay, Schedule, Training};
use crate::data::{Dataset, Values};
use crate::tabular::{Code, Team, refuse_diverged};
use crate::train::{Device, History, Plan, Run, finite_parameters, train};
use crate::{Corruption, Result};
use penstroke_engine::philox::{Draws, Purpose};
use penstroke_engine::{
    Activation, BitRows, Cell, Descent, Emphasis, Head, Initialization, Layer, Loss, Network, Noise,
    Objective, Parameters, Rule, Target, Task, initial_parameters,
};
use std::sync::Arc;

/// Most presentations of a row to a network, if anomalies may be among the rows. Of 129 rows with ten anomalies, 1000 presentations left
/// an AUC of 47 %, and 300 one of 84 %.
const MOST_EPOCHS: usize = 200;

/// A trained network.
#[derive(Clone, Debug)]
pub(super) struct Trained {
    pub(super) parameters: Arc<Parameters>,
    pub(super) history: History,
}

/// Hidden layers of rectified linear units, and the linear output.
fn network(hidden: &[usize], inputs: usize, outputs: usize) -> Network {
    let (mut layers, mut below) = (Vec::new(), inputs);
    for &units in hidden {
        layers.push(Layer::new(below, units, Activation::Relu));
        below = units;
    }
    layers.push(Layer::new(below, outputs, Activation::Linear));
    Network::new(layers)
}

/// The network that restores `n_values` values; one more input tells it the level of the noise.
pub(super) fn level_network(config: &DetectorConfig, n_values: usize) -> Network {
    network(&config.hidden, n_values + 1, n_values)
}

/// The network that predicts cells from the others.
pub(super) fn local_network(config: &DetectorConfig, columns: &Columns) -> Network {
    network(&config.hidden, columns.encoding.n_inputs, columns.n_units)
}

/// Two kinds of networks of one detector have different random numbers.
#[derive(Clone, Copy, Debug)]
enum NetworkKind {
    Local,
    Level,
}

/// The seed of network `k`.
fn seed(config: &DetectorConfig, kind: NetworkKind, k: usize) -> u64 {
    let word = Draws::new(config.seed, Purpose::Resample).at(k as u32, kind as u32).sequence().word();
    config.seed ^ (u64::from(word) << 32)
}

/// Trains all level networks on `(n, values)` of rows; the observed ones count.
pub(super) fn train_levels(
    config: &DetectorConfig,
    table: &str,
    (values, observed): (&[f32], Option<BitRows<'_>>),
    n_values: usize,
    run: &mut Run<'_>,
) -> Result<Vec<Trained>> {
    // The last component is the level, which the corruption sets.
    let rows = values.chunks_exact(n_values).flat_map(|row| row.iter().copied().chain([0.0])).collect();
    let data = Dataset::new(table, Values::Floats(rows), n_values + 1)?;
    let (low, high) = config.levels;
    let objective = |seed| Objective {
        corruption: vec![Noise::Levels { low, high }],
        trim: config.trim,
        seed,
        ..Objective::new(vec![Head::new(0..n_values, Loss::Denoising, Target::Input)])
    };
    team(config, &data).train(run, |k, run| {
        let seed = seed(config, NetworkKind::Level, k);
        let work = Work { network: level_network(config, n_values), objective: objective(seed), seed };
        let all = (0..data.n_samples() as u32).collect();
        let trained = work.train(config, &Given { observed, ..Given::new(&data, all) }, run)?;
        // Always answering 0 loses 1 for each column of variance 1.
        refuse_diverged(table, &trained.history, n_values as f64)?;
        Ok(trained)
    })
}

/// Trains all local networks.
pub(super) fn train_local(
    config: &DetectorConfig,
    table: &str,
    (columns, cells): (&Columns, &RowCells),
    run: &mut Run<'_>,
) -> Result<Vec<Trained>> {
    let inputs = Values::Floats(cells.inputs.clone());
    let data = Dataset::new(table, inputs, columns.encoding.n_inputs)?;
    let of_column = |at: usize| (0..cells.n).map(move |row| row * columns.len() + at);
    let labels: Vec<Vec<u32>> =
        (0..columns.len()).map(|at| of_column(at).map(|cell| cells.classes[cell]).collect()).collect();
    let is_number = |at: &usize| matches!(columns.seen[*at].kind, Kind::Number { .. });
    let targets: Vec<f32> = (0..columns.len())
        .filter(is_number)
        .flat_map(|at| of_column(at).map(|cell| cells.numbers[cell]))
        .collect();
    let observed = observed_units(columns, cells);
    let folds = config.in_folds().then(|| cells.folds(columns, config.networks));
    team(config, &data).train(run, |k, run| {
        let seed = seed(config, NetworkKind::Local, k);
        let objective = Objective { seed, ..local_objective(config, columns) };
        let work = Work { network: local_network(config, columns), objective, seed };
        let given = Given {
            observed: Some(BitRows::new(&observed, columns.n_units)),
            targets: Some(&targets),
            labels: labels.iter().map(Vec::as_slice).collect(),
            ..Given::new(&data, learned_rows(cells.n, folds.as_deref(), k))
        };
        let trained = work.train(config, &given, run)?;
        let by_constant = 0.5 * (config.mask.0 + config.mask.1) * 2.0 * columns.len() as f64;
        refuse_diverged(table, &trained.history, by_constant)?;
        Ok(trained)
    })
}

fn team(config: &DetectorConfig, data: &Dataset) -> Team {
    let rows_each = epochs(config, data.n_samples()) * data.n_samples();
    Team { networks: config.networks, rows_each, threads: config.threads }
}

/// Number of batches of an epoch.
fn batches(config: &DetectorConfig, n: usize) -> usize {
    n.div_ceil(config.batch).max(1)
}

/// Number of epochs: as many as give the steps, but not so many that the few rows of a small table are learned by heart if anomalies may be
/// among them.
fn epochs(config: &DetectorConfig, n: usize) -> usize {
    let most = if config.in_folds() { MOST_EPOCHS } else { usize::MAX };
    config.steps.div_ceil(batches(config, n)).min(most)
}

/// The rows that network `k` learns: all that are not in its fold, or all if it would have none.
pub(super) fn learned_rows(n: usize, folds: Option<&[usize]>, k: usize) -> Vec<u32> {
    let is_learned = |row: &u32| folds.is_none_or(|folds| folds[*row as usize] != k);
    let rows: Vec<u32> = (0..n as u32).filter(is_learned).collect();
    if rows.is_empty() { (0..n as u32).collect() } else { rows }
}

/// Whether each output unit of a row belongs to an observed cell, as [`BitRows`].
fn observed_units(columns: &Columns, cells: &RowCells) -> Vec<u8> {
    let stride = columns.n_units.div_ceil(8);
    let mut bits = vec![0; cells.n * stride];
    for row in 0..cells.n {
        for (at, seen) in columns.seen.iter().enumerate() {
            if cells.observed[row * columns.len() + at] {
                seen.units.clone().for_each(|unit| bits[row * stride + unit / 8] |= 1 << (unit % 8));
            }
        }
    }
    bits
}

/// Only cells that were observed and then masked are predicted, all columns counting alike.
fn local_objective(config: &DetectorConfig, columns: &Columns) -> Objective {
    let mut heads = Vec::new();
    for (coded, seen) in columns.encoding.columns.iter().zip(&columns.seen) {
        let mut classes = seen.units.clone();
        if matches!(coded.code, Code::Number { .. }) {
            heads.push(Head::new(classes.start..classes.start + 1, Loss::Squared, Target::Values));
            classes.start += 1;
        }
        let loss = Loss::SoftmaxCrossEntropy { label_smoothing: 0.0 };
        // 1 / the loss of always answering classes of one size.
        let weight = (classes.len().max(2) as f64).ln().recip();
        heads.push(Head::new(classes, loss, Target::Labels).weighing(weight));
    }
    let cells = columns.encoding.columns.iter().zip(&columns.seen);
    let cells = cells.map(|(coded, seen)| Cell { inputs: coded.inputs.clone(), units: seen.units.clone() });
    Objective {
        cells: cells.collect(),
        emphasis: Some(Emphasis { corrupted: 1.0, rest: 0.0 }),
        corruption: vec![Noise::MaskCells { low: config.mask.0, high: config.mask.1 }],
        ..Objective::new(heads)
    }
}

/// A network to train.
struct Work {
    network: Network,
    objective: Objective,
    seed: u64,
}

/// What it is trained on.
struct Given<'a> {
    data: &'a Dataset,
    rows: Vec<u32>,
    observed: Option<BitRows<'a>>,
    targets: Option<&'a [f32]>,
    labels: Vec<&'a [u32]>,
}

impl<'a> Given<'a> {
    fn new(data: &'a Dataset, rows: Vec<u32>) -> Self {
        Self { data, rows, observed: None, targets: None, labels: Vec::new() }
    }
}

impl Work {
    /// Trains for the configured number of steps.
    fn train(self, config: &DetectorConfig, given: &Given<'_>, run: &mut Run<'_>) -> Result<Trained> {
        let Self { network, objective, seed } = self;
        let n = given.rows.len();
        // Batches of one size: the rows of a small last one would weigh more.
        let batch = n.div_ceil(batches(config, n));
        let training = Training {
            epochs: Some(epochs(config, n)),
            batch: Some(batch),
            learning_rate: config.learning_rate,
            schedule: Schedule { decay: Decay::Cosine, hold: 0.0, warm_up: 0.1 },
            weight_decay: config.weight_decay,
            corruption: Corruption::NONE,
            seed,
            threads: 1,
            ..Training::autoencoder()
        };
        let optimizer = Descent { weight_decay: config.weight_decay, ..Descent::new(Rule::ADAM) };
        let task = Task { network, objective, optimizer };
        let start = initial_parameters(&task.network, seed, Initialization::Glorot);
        let mut engine = Device::of(&training).train(&task, start)?;
        let plan = Plan {
            observed: given.observed,
            targets: given.targets,
            labels: given.labels.clone(),
            ..Plan::new(&training, given.data, &given.rows, &[])
        };
        let history = train(&mut *engine, &plan, run)?;
        let parameters = Arc::new(finite_parameters(&*engine, &plan)?);
        Ok(Trained { parameters, history })
    }
}
