//! The files that a training writes while it runs: checkpoints and logs.

use super::failure::{Failure, Result};
use super::progress::TrainingProgress;
use super::words;
use penstroke::Run;
use penstroke::checkpoint::Checkpoints;
use penstroke::observers::{JsonLines, TensorBoard};

/// The open checkpoints and logs of a training.
#[derive(Debug, Default)]
pub(crate) struct RunFiles {
    pub(crate) checkpoints: Option<Checkpoints>,
    pub(crate) log: Option<JsonLines>,
    pub(crate) board: Option<TensorBoard>,
}

impl RunFiles {
    /// A run that writes these files and shows its progress.
    pub(crate) fn run<'a>(&'a mut self, progress: &'a mut TrainingProgress) -> Run<'a> {
        let mut run = Run::new();
        if let Some(log) = &mut self.log {
            run = run.observer(log);
        }
        if let Some(board) = &mut self.board {
            run = run.observer(board);
        }
        if let Some(checkpoints) = &mut self.checkpoints {
            run = run.checkpoints(checkpoints);
        }
        run.observer(progress)
    }

    /// Whether a training that stops can continue from its checkpoints.
    pub(crate) fn hold_the_result(&self) -> bool {
        self.checkpoints.as_ref().is_some_and(|checkpoints| checkpoints.failure().is_none())
    }

    /// Ends the files of a run whose model is saved: removes the checkpoints, and returns what could not be written.
    pub(crate) fn end(self) -> Unwritten {
        let Self { checkpoints, log, board } = self;
        let mut unwritten = Unwritten::default();
        if let Some(checkpoints) = checkpoints {
            unwritten.extend(checkpoints.failure().map(words::of_error));
            unwritten.add(checkpoints.remove());
        }
        unwritten.add(log.map_or(Ok(()), JsonLines::finish));
        unwritten.add(board.map_or(Ok(()), TensorBoard::finish));
        unwritten
    }
}

/// The files beside a model that could not be written, each with its reason.
#[derive(Debug, Default)]
#[must_use]
pub(crate) struct Unwritten(Vec<String>);

impl Unwritten {
    /// Adds a file that could not be written.
    pub(crate) fn add(&mut self, written: penstroke::Result<()>) {
        self.extend(written.err().as_ref().map(words::of_error));
    }

    fn extend(&mut self, problem: Option<String>) {
        self.0.extend(problem);
    }

    /// Fails if there are any.
    pub(crate) fn check(&self) -> Result<()> {
        match &self.0[..] {
            [] => Ok(()),
            problems => {
                let problems = problems.join("; ");
                Err(Failure::Incomplete(format!("the model is saved, but not every other file: {problems}")))
            }
        }
    }
}
