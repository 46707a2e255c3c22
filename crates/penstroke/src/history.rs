//! How a training went.

use serde::{Deserialize, Serialize};

/// How training went.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// Mean training loss of every finished epoch, each batch measured before its step.
    pub train_loss: Vec<f64>,
    /// Loss on the validation samples after it; empty without such samples.
    pub valid_loss: Vec<f64>,
    /// Share of the validation samples that a classifier got wrong after it; of a regressor, the mean squared error of its
    /// standardised predictions on them, so that 1 is about what their mean would do. Empty for other networks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub valid_error: Vec<f64>,
    /// The epoch of the latest training, from 1 among all finished ones, whose weights were kept; none if the last one's were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_epoch: Option<usize>,
    /// Epochs begun, one that was stopped included: training goes on with the next, so that no corruption comes twice.
    #[serde(default)]
    pub epochs_begun: usize,
    /// Whether an observer stopped it before the last epoch's end.
    pub stopped: bool,
}

impl History {
    /// Adds what went on from here.
    pub(crate) fn extend(&mut self, later: Self) {
        // Only finished epochs are counted.
        let before = self.train_loss.len();
        self.best_epoch = later.best_epoch.map(|epoch| before + epoch);
        self.train_loss.extend(later.train_loss);
        self.valid_loss.extend(later.valid_loss);
        self.valid_error.extend(later.valid_error);
        self.epochs_begun += later.epochs_begun;
        self.stopped = later.stopped;
    }
}
