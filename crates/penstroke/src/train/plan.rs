//! The data of a training, and how it is presented.

use super::weights::normalised;
use crate::config::Training;
use crate::data::Samples;
use penstroke_engine::{BitRows, Train};

/// What to train on, and how.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// Learning rate and its schedule, seed, and a corruption that changes during training. The engine was opened with the other
    /// options.
    pub training: &'a Training,
    /// Number of presentations of every sample.
    pub epochs: usize,
    /// Samples per step, at least 1.
    pub batch: usize,
    /// The samples, with labels if a head needs them.
    pub data: &'a dyn Samples,
    /// Values to predict, a row for each sample of `data`, if a head needs them; those of several such heads one head after the other.
    pub targets: Option<&'a [f32]>,
    /// For each head that compares with labels, the classes of the samples; empty: every such head takes those of `data`.
    pub labels: Vec<&'a [u32]>,
    /// For each sample of `data` and output unit, whether its target was observed; `None`: all were.
    pub observed: Option<BitRows<'a>>,
    /// The factor of each sample's loss, with a mean of 1 over the training samples and over the validation samples; `None` if
    /// all are 1. [`Plan::new`] takes the [weights](Samples::weights) of `data`.
    pub weights: Option<Vec<f32>>,
    /// The training samples, by their numbers in `data`.
    pub train: &'a [u32],
    /// The validation samples; may be empty.
    pub valid: &'a [u32],
    /// Number of epochs begun before. Epochs are counted on from there, so that no random number is used twice.
    pub first_epoch: usize,
    /// The lowest and the highest value of the data, for salt-and-pepper noise.
    pub range: (f32, f32),
    /// The configuration without options that have their defaults, as JSON. A checkpoint continues a training only if this text is
    /// the same, so a new option leaves checkpoints valid. [`Plan::new`] writes the options of [`Training`]; for a network of your own,
    /// add everything else that decides the result: heads, emphasis, penalties, dropout, bounds of norms.
    pub config: String,
}

impl<'a> Plan<'a> {
    /// A plan for a new network that trains on `train` and measures on `valid`, both numbers of samples of `data`.
    #[must_use]
    pub fn new(training: &'a Training, data: &'a dyn Samples, train: &'a [u32], valid: &'a [u32]) -> Self {
        Self {
            training,
            epochs: training.epochs_for(train.len()),
            batch: training.batch_for(train.len()),
            data,
            targets: None,
            labels: Vec::new(),
            observed: None,
            weights: data.weights().and_then(|weights| normalised(weights, [train, valid])),
            train,
            valid,
            first_epoch: 0,
            range: data.range(),
            config: training.settled(train.len()).without_defaults(),
        }
    }

    /// The weight of a sample of `data`.
    pub(super) fn weight(&self, index: u32) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| f64::from(weights[index as usize]))
    }

    /// The learning rate of batch number `batch` of an epoch.
    pub(super) fn rate(&self, epoch: usize, batch: usize) -> f64 {
        let Training { learning_rate, schedule, .. } = self.training;
        let steps_per_epoch = self.train.len().div_ceil(self.batch);
        let (step, steps) = (epoch * steps_per_epoch + batch, self.epochs * steps_per_epoch);
        learning_rate * schedule.factor(step as u64, steps as u64)
    }

    /// Sets a changing corruption to its value after the share `share`, in `0..=1`, of the epochs.
    pub(super) fn move_corruption(&self, engine: &mut dyn Train, share: f64) {
        let corruption = &self.training.corruption;
        if corruption.is_moving() {
            engine.set_corruption(&corruption.noises_at(self.range, share));
        }
    }
}
