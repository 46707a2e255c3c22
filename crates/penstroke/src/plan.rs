//! A training: its data, and how it goes through them.

use crate::config::Training;
use crate::data::Samples;
use penstroke_engine::Train;

/// What to train on, and how.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'a> {
    /// Epochs, batch, learning rate and its schedule, seed; and the corruption, as far as it moves. The engine was opened with
    /// the other options.
    pub training: &'a Training,
    /// The samples, and labels if the loss needs them.
    pub data: &'a dyn Samples,
    /// Values to predict, a row for every sample of `data`, if the loss needs them.
    pub targets: Option<&'a [f32]>,
    /// The samples to train on.
    pub train: &'a [u32],
    /// The samples to measure on after every epoch; may be empty.
    pub valid: &'a [u32],
    /// Number of epochs begun before; epochs are counted on from there, so that no random number is used twice.
    pub first_epoch: usize,
    /// The least and the greatest value of the data, for salt-and-pepper noise.
    pub range: (f32, f32),
}

impl<'a> Plan<'a> {
    /// Trains a new network on `train` and measures on `valid`, all of them samples of `data`.
    #[must_use]
    pub fn new(training: &'a Training, data: &'a dyn Samples, train: &'a [u32], valid: &'a [u32]) -> Self {
        Self { training, data, targets: None, train, valid, first_epoch: 0, range: data.range() }
    }

    /// η of batch number `batch` of an epoch.
    pub(crate) fn rate(&self, epoch: usize, batch: usize) -> f64 {
        let Training { epochs, learning_rate, schedule, .. } = self.training;
        let steps_per_epoch = self.train.len().div_ceil(self.batch());
        let (step, steps) = (epoch * steps_per_epoch + batch, epochs * steps_per_epoch);
        learning_rate * schedule.factor(step as u64, steps as u64)
    }

    pub(crate) fn batch(&self) -> usize {
        self.training.batch.max(1)
    }

    /// Sets a corruption that moves to what it is when the share `share`, in `0..=1`, of the epochs is done.
    pub(crate) fn move_corruption(&self, engine: &mut dyn Train, share: f64) {
        let corruption = &self.training.corruption;
        if corruption.is_moving() {
            engine.set_corruption(&corruption.noises_at(self.range, share));
        }
    }
}
