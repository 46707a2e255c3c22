//! What a training writes while it runs: checkpoints and logs.

use penstroke::checkpoint::Checkpoints;
use penstroke::observers::{JsonLines, TensorBoard};

/// The open folder of checkpoints and the open logs of a training.
#[derive(Debug, Default)]
pub(crate) struct CheckpointFolder {
    pub(crate) checkpoints: Option<Checkpoints>,
    pub(crate) log: Option<JsonLines>,
    pub(crate) board: Option<TensorBoard>,
}
