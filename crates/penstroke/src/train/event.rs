//! The events of training, and the observers that receive them: progress bars, logs and pictures.
//!
//! ```
//! use penstroke::{Event, Flow};
//! // An observer is a function of the event; this one stops when the loss is good enough.
//! let mut observer = |event: &Event| match event {
//!     Event::Epoch { train_loss, .. } if *train_loss < 5.0 => Flow::Stop,
//!     _ => Flow::Continue,
//! };
//! let event = Event::Epoch { epoch: 1, epochs: 9, train_loss: 4.0, valid_loss: None,
//!     valid_error: None, learning_rate: 0.1, noise: vec![0.25] };
//! assert_eq!(penstroke::Observer::observe(&mut observer, &event), Flow::Stop);
//! ```

use super::ending::Ending;
use penstroke_engine::Train;

/// Something that happened. Losses are per sample: summed over components, averaged over samples.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub enum Event {
    /// Training begins. A resumed run sends this event also for a training that is already finished.
    Begin {
        /// Number of epochs.
        epochs: usize,
        /// Number of samples in an epoch.
        samples: usize,
        /// Number of samples presented before the run was resumed.
        presented: u64,
    },
    /// A layer of a stack is trained next, or all layers together.
    Layer {
        /// The layer, counted from 1; 0 means all layers together.
        number: usize,
        /// Number of layers.
        of: usize,
    },
    /// A step ended.
    Batch {
        /// The current epoch, counted from 1.
        epoch: usize,
        /// Number of samples presented so far, in all epochs.
        presented: u64,
        /// Mean loss of this epoch so far.
        loss: f64,
    },
    /// An epoch ended.
    Epoch {
        /// Number of finished epochs.
        epoch: usize,
        /// Number of epochs.
        epochs: usize,
        /// Mean loss over the epoch, each batch measured before its step.
        train_loss: f64,
        /// Loss on the validation samples, if any were set aside.
        valid_loss: Option<f64>,
        /// Error of a classifier or regressor on these samples, as in [`History`](crate::History).
        valid_error: Option<f64>,
        /// The learning rate of the epoch's last step.
        learning_rate: f64,
        /// The level of each term of the corruption: a probability, a share or a standard deviation. Empty without corruption.
        noise: Vec<f64>,
    },
    /// A checkpoint or log could not be written, and training goes on without it. Sent once for the checkpoints and once for each log.
    Unwritten {
        /// The file and what is wrong, on one line.
        problem: String,
    },
    /// A training ended that was not stopped, and its user should know this. Comes before the model holds the weights.
    Ending(Ending),
}

/// Whether training continues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Continue with the next batch.
    Continue,
    /// Stop now and keep the weights.
    Stop,
}

impl Flow {
    /// Stops if one of the two does.
    pub(super) fn or(self, other: Self) -> Self {
        if self == Flow::Stop { self } else { other }
    }
}

/// Watches training and may stop it.
pub trait Observer {
    /// Called in the training thread after every batch and epoch.
    fn observe(&mut self, event: &Event) -> Flow;

    /// Called after each epoch's event with the network, for observers that draw or measure it.
    fn network(&mut self, _: &dyn Train) {}

    /// Something that this observer could not write, on one line. Called after every event; what it returns reaches all observers
    /// as [`Event::Unwritten`], so an observer returns each problem once.
    fn problem(&mut self) -> Option<String> {
        None
    }
}

impl<F: FnMut(&Event) -> Flow> Observer for F {
    fn observe(&mut self, event: &Event) -> Flow {
        self(event)
    }
}
