//! The losses of a training.

use serde::{Deserialize, Serialize};

/// The losses and errors of a training.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// Mean training loss of every finished epoch, each batch measured before its step.
    pub train_loss: Vec<f64>,
    /// Validation loss after every finished epoch; empty without validation samples.
    pub valid_loss: Vec<f64>,
    /// Validation error after every finished epoch: a classifier's share of wrong predictions, in `0..=1`, or a regressor's mean
    /// squared error of standardised targets, for which predicting the mean gives about 1. Empty for other networks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub valid_error: Vec<f64>,
    /// The epoch whose weights were kept, counted from 1 among all finished epochs; `None` if the last weights were kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_epoch: Option<usize>,
    /// Number of epochs begun, including one that was stopped. Training continues with the next, so that it never repeats a
    /// corruption.
    #[serde(default)]
    pub epochs_begun: usize,
    /// Whether an observer stopped training before the end of the last epoch.
    pub stopped: bool,
}

impl History {
    /// Adds a later training.
    pub(crate) fn extend(&mut self, later: Self) {
        let before = self.train_loss.len();
        self.best_epoch = later.best_epoch.map(|epoch| before + epoch);
        self.train_loss.extend(later.train_loss);
        self.valid_loss.extend(later.valid_loss);
        self.valid_error.extend(later.valid_error);
        self.epochs_begun += later.epochs_begun;
        self.stopped = later.stopped;
    }
}
