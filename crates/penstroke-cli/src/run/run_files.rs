//! The files that a training writes while it runs: checkpoints and logs.

use super::progress::TrainingProgress;
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
}
