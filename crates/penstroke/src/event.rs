//! What training tells its observers: progress bars, logs and pictures are all observers.
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

use crate::checkpoint::Checkpoints;
use penstroke_engine::Train;

/// Something that happened. Losses are per sample: summed over components, averaged over samples.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub enum Event {
    /// Training is about to begin; in a run that is resumed also one that had been finished, whose epochs are all over.
    Begin {
        /// How often every sample will be presented.
        epochs: usize,
        /// Samples in an epoch.
        samples: usize,
        /// Samples that were presented before, in a training that is resumed.
        presented: u64,
    },
    /// A layer of a stack comes next, or all of them together.
    Layer {
        /// From 1; 0 stands for all layers together.
        number: usize,
        /// How many layers there are.
        of: usize,
    },
    /// A batch was learned.
    Batch {
        /// The running epoch, from 1.
        epoch: usize,
        /// Samples presented so far, in all epochs.
        presented: u64,
        /// Mean loss of this epoch so far.
        loss: f64,
    },
    /// Every sample was presented once more.
    Epoch {
        /// How many epochs are done.
        epoch: usize,
        /// How many there will be.
        epochs: usize,
        /// Mean loss over the epoch, each batch measured before its step.
        train_loss: f64,
        /// Loss on the validation samples, if any were set aside.
        valid_loss: Option<f64>,
        /// How wrong a classifier or regressor is on them, as in [`History`](crate::History).
        valid_error: Option<f64>,
        /// The rate of the epoch's last step.
        learning_rate: f64,
        /// The number of each term of the corruption, a probability, a share or a standard deviation; empty without corruption.
        noise: Vec<f64>,
    },
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// With the next batch.
    Continue,
    /// Stop now and keep what was learned.
    Stop,
}

/// Watches training and may stop it.
pub trait Observer {
    /// Called in the training thread after every batch and epoch.
    fn observe(&mut self, event: &Event) -> Flow;

    /// Called after the event of every epoch with the network as it then is, for observers that draw or measure it.
    fn network(&mut self, _: &dyn Train) {}

    /// Where the state of the training is kept, if it is; asked before a training, after every batch and at the end.
    fn checkpoints(&mut self) -> Option<&mut Checkpoints> {
        None
    }
}

impl<F: FnMut(&Event) -> Flow> Observer for F {
    fn observe(&mut self, event: &Event) -> Flow {
        self(event)
    }
}

/// Both watch, and either may stop the training. The checkpoints are those of the first that has some.
impl<A: Observer, B: Observer> Observer for (A, B) {
    fn observe(&mut self, event: &Event) -> Flow {
        match (self.0.observe(event), self.1.observe(event)) {
            (Flow::Continue, Flow::Continue) => Flow::Continue,
            _ => Flow::Stop,
        }
    }

    fn network(&mut self, engine: &dyn Train) {
        self.0.network(engine);
        self.1.network(engine);
    }

    fn checkpoints(&mut self) -> Option<&mut Checkpoints> {
        match self.0.checkpoints() {
            Some(checkpoints) => Some(checkpoints),
            None => self.1.checkpoints(),
        }
    }
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn observe(&mut self, _: &Event) -> Flow {
        Flow::Continue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_observers_of_a_pair_are_called_and_either_can_stop() {
        let event = Event::Layer { number: 1, of: 2 };
        for (first, second, both) in [
            (Flow::Continue, Flow::Continue, Flow::Continue),
            (Flow::Stop, Flow::Continue, Flow::Stop),
            (Flow::Continue, Flow::Stop, Flow::Stop),
        ] {
            let (mut of_first, mut of_second) = (0, 0);
            let mut pair = (
                |_: &Event| {
                    of_first += 1;
                    first
                },
                |_: &Event| {
                    of_second += 1;
                    second
                },
            );
            assert_eq!(pair.observe(&event), both);
            assert_eq!((of_first, of_second), (1, 1));
        }
    }
}
