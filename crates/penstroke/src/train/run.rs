//! What accompanies a training: the observers that watch it and the checkpoints it writes.

use super::checkpoint::{Checkpoint, Checkpoints};
use super::event::{Event, Flow, Observer};
use crate::Result;
use penstroke_engine::{Network, Train};
use std::fmt;

/// One or more trainings in a row, with a list of observers and, if wanted, checkpoints.
///
/// ```
/// use penstroke::data::{Part, strokes};
/// use penstroke::observers::JsonLines;
/// use penstroke::{Autoencoder, AutoencoderConfig, Event, Flow, Run};
///
/// # let folder = tempfile::tempdir()?;
/// # let file = folder.path().join("run.jsonl");
/// let mut losses = Vec::new();
/// let mut own = |event: &Event| {
///     if let Event::Epoch { train_loss, .. } = event {
///         losses.push(*train_loss);
///     }
///     Flow::Continue
/// };
/// let mut log = JsonLines::begin(&file)?;
/// let mut run = Run::new().observer(&mut own).observer(&mut log);
/// let digits = strokes::generate(0, Part::Train, 200)?;
/// Autoencoder::fit(&AutoencoderConfig { hidden: 20, ..Default::default() }.epochs(2), &digits, &mut run)?;
/// log.finish()?;
/// assert_eq!(losses.len(), 2);
/// assert_eq!(std::fs::read_to_string(&file)?.lines().count(), 3, "the beginning and two epochs");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Default)]
pub struct Run<'a> {
    observers: Vec<&'a mut dyn Observer>,
    checkpoints: Option<&'a mut Checkpoints>,
}

impl<'a> Run<'a> {
    /// A run that nothing watches.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an observer. Every event reaches all observers, in the order in which they were added; any of them may stop the
    /// training.
    #[must_use]
    pub fn observer(mut self, observer: &'a mut dyn Observer) -> Self {
        self.observers.push(observer);
        self
    }

    /// Writes checkpoints, or continues from the existing ones.
    #[must_use]
    pub fn checkpoints(mut self, checkpoints: &'a mut Checkpoints) -> Self {
        self.checkpoints = Some(checkpoints);
        self
    }

    /// Passes an event to every observer, and then what any of them could not write.
    pub(crate) fn event(&mut self, event: &Event) -> Flow {
        let flow = self.pass(event);
        self.pass_problems(flow)
    }

    /// Shows the network to every observer.
    pub(super) fn network(&mut self, engine: &dyn Train) -> Flow {
        for observer in &mut self.observers {
            observer.network(engine);
        }
        self.pass_problems(Flow::Continue)
    }

    fn pass(&mut self, event: &Event) -> Flow {
        let mut flow = Flow::Continue;
        for observer in &mut self.observers {
            if observer.observe(event) == Flow::Stop {
                flow = Flow::Stop;
            }
        }
        flow
    }

    fn pass_problems(&mut self, flow: Flow) -> Flow {
        let problems: Vec<_> = self.observers.iter_mut().filter_map(|observer| observer.problem()).collect();
        let flows = problems.into_iter().map(|problem| self.pass(&Event::Unwritten { problem }));
        flows.fold(flow, Flow::or)
    }

    /// The checkpoint of the training that begins now, if there is one. `fingerprint` is called only if the run
    /// writes checkpoints.
    pub(super) fn begin(
        &mut self,
        network: &Network,
        fingerprint: impl FnOnce() -> Result<String>,
    ) -> Result<Option<Checkpoint>> {
        match &mut self.checkpoints {
            Some(checkpoints) => checkpoints.next_training(network, fingerprint()?),
            None => Ok(None),
        }
    }

    /// Whether it is time to write a checkpoint. A training that stops always writes one.
    pub(super) fn is_due(&self, flow: Flow) -> bool {
        let checkpoints = self.checkpoints.as_deref();
        checkpoints.is_some_and(|checkpoints| flow == Flow::Stop || checkpoints.is_due())
    }

    /// Writes a checkpoint, if the run has checkpoints. One that cannot be written ends the training only if an observer wants it.
    pub(super) fn write(&mut self, checkpoint: impl FnOnce() -> Checkpoint) -> Flow {
        let Some(checkpoints) = &mut self.checkpoints else { return Flow::Continue };
        match checkpoints.write(&checkpoint()) {
            Some(problem) => self.pass(&Event::Unwritten { problem }),
            None => Flow::Continue,
        }
    }
}

impl fmt::Debug for Run<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let observers = self.observers.len();
        f.debug_struct("Run").field("observers", &observers).field("checkpoints", &self.checkpoints).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_observer_sees_every_event_and_any_of_them_stops() {
        let event = Event::Layer { number: 1, of: 2 };
        for (first, second, expected) in [
            (Flow::Continue, Flow::Continue, Flow::Continue),
            (Flow::Stop, Flow::Continue, Flow::Stop),
            (Flow::Continue, Flow::Stop, Flow::Stop),
        ] {
            let (mut of_first, mut of_second) = (0, 0);
            let mut a = |_: &Event| {
                of_first += 1;
                first
            };
            let mut b = |_: &Event| {
                of_second += 1;
                second
            };
            assert_eq!(Run::new().observer(&mut a).observer(&mut b).event(&event), expected);
            assert_eq!((of_first, of_second), (1, 1));
        }
    }
}
