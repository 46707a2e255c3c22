//! One network of an imputer: its task, the rows it learns from, and its training.

use super::config::ImputerConfig;
use super::regression::{Learned, Regression};
use super::spread::{self, Spread};
use crate::config::{Decay, Schedule, Training};
use crate::tabular::{Encoding, Rows, network, objective};
use crate::train::{Choice, Device, History, Plan, Run, finite_parameters, train_choosing};
use crate::{Corruption, Result};
use penstroke_engine::philox::{Draws, Purpose};
use penstroke_engine::{
    Apply, BitRows, Descent, Emphasis, Initialization, Noise, Objective, Parameters, Rule, Task,
    initial_parameters,
};
use std::sync::Arc;

/// Training ends when this part of the epochs brought no lower loss on the rows that were left out.
const PATIENCE: usize = 4;

/// A trained network.
#[derive(Clone, Debug)]
pub(super) struct Trained {
    pub(super) parameters: Arc<Parameters>,
    pub(super) history: History,
    pub(super) regression: Option<Regression>,
    /// For each column of the encoding.
    pub(super) spreads: Vec<Spread>,
}

impl Trained {
    /// The answers for output `unit` of a [completed](super::regression::complete) row without its cell: of the network and of its regression, or of the network twice.
    pub(super) fn answers(&self, unit: usize, completed: &[f32]) -> (f64, f64) {
        let network = f64::from(completed[unit]);
        (network, self.regression.as_ref().map_or(network, |regression| regression.answer(unit, completed)))
    }
}

fn task(config: &ImputerConfig, encoding: &Encoding, seed: u64) -> Task {
    let mut dropout = vec![config.dropout; config.hidden.len() + 1];
    dropout[config.hidden.len()] = 0.0;
    let objective = Objective {
        // Only cells that were observed and then masked are targets.
        emphasis: Some(Emphasis { corrupted: 1.0, rest: 0.0 }),
        corruption: vec![Noise::MaskCells { low: config.mask.0, high: config.mask.1 }],
        dropout,
        seed,
        ..objective(encoding)
    };
    let optimizer = Descent { weight_decay: config.weight_decay, ..Descent::new(Rule::ADAM) };
    Task { network: network(&config.hidden, encoding), objective, optimizer }
}

/// How often network `k` has each of `n` rows: as a bootstrap sample, or not if the row is in fold `k`. A single network without bootstrap
/// has all.
pub(super) fn shares(config: &ImputerConfig, k: usize, n: usize) -> Vec<f32> {
    if config.bootstrap {
        let mut counts = vec![0.0; n];
        let mut draws = Draws::new(config.seed, Purpose::Resample).at(k as u32, 0).sequence();
        (0..n).for_each(|_| counts[draws.below(n as u32) as usize] += 1.0);
        return counts;
    }
    let mut counts = vec![1.0; n];
    if config.networks > 1 {
        let mut order: Vec<usize> = (0..n).collect();
        let mut draws = Draws::new(config.seed, Purpose::Resample).at(u32::MAX, u32::MAX).sequence();
        (1..n).rev().for_each(|at| order.swap(at, draws.below(at as u32 + 1) as usize));
        order.into_iter().skip(k).step_by(config.networks).for_each(|row| counts[row] = 0.0);
    }
    counts
}

/// Trains network `k`.
pub(super) fn train(
    config: &ImputerConfig,
    encoding: &Encoding,
    (rows, order): (&Rows, &[usize]),
    k: usize,
    run: &mut Run<'_>,
) -> Result<Trained> {
    let n = rows.data.n_samples();
    let counts = shares(config, k, n);
    let (train, valid): (Vec<u32>, Vec<u32>) = (0..n as u32).partition(|&row| counts[row as usize] > 0.0);
    // A mean of 1 over the rows that are trained on; the others count alike.
    let share = train.len() as f32 / counts.iter().sum::<f32>();
    let weights = counts.iter().map(|&count| if count > 0.0 { share * count } else { 1.0 }).collect();
    let seed = Draws::new(config.seed, Purpose::Resample).at(k as u32, 1).sequence().word();
    let seed = config.seed ^ (u64::from(seed) << 32);
    let batch = config.batch.min(train.len());
    let epochs = config.steps.div_ceil(train.len().div_ceil(batch));
    let training = Training {
        epochs: Some(epochs),
        batch: Some(batch),
        learning_rate: config.learning_rate,
        schedule: Schedule { decay: Decay::Cosine, hold: 0.0, warm_up: 0.1 },
        weight_decay: config.weight_decay,
        corruption: Corruption::NONE,
        seed,
        threads: 1,
        ..Training::autoencoder()
    };
    let task = task(config, encoding, seed);
    let start = initial_parameters(&task.network, seed, Initialization::Glorot);
    let mut engine = Device::of(&training).train(&task, start)?;
    let plan = Plan {
        targets: Some(&rows.encoded.targets),
        labels: rows.encoded.labels.iter().map(Vec::as_slice).collect(),
        observed: Some(BitRows::new(&rows.encoded.observed, encoding.n_outputs)),
        weights: Some(weights),
        ..Plan::new(&training, &rows.data, &train, &valid)
    };
    // The weights of the epoch with the lowest loss on the rows that were left out.
    let choice = Choice { error: None, patience: Some(epochs.div_ceil(PATIENCE)), tolerance: 0.0 };
    let history = train_choosing(&mut *engine, &plan, Some(&choice), run)?;
    let parameters = Arc::new(finite_parameters(&*engine, &plan)?);
    let left_out = if valid.is_empty() { &train } else { &valid };
    let learned = Learned { encoding, rows, seed: config.seed, counts: &counts, engine: &*engine };
    let regression = Regression::fit(&learned)?;
    let network: (usize, &dyn Apply, _) = (k, &*engine, regression.as_ref());
    let spreads = spread::measure(config, encoding, rows, order, network, left_out)?;
    Ok(Trained { parameters, history, regression, spreads })
}
