//! Buffers of calls, kept for later ones.

use super::samples::Samples;
use crate::cpu::panel::Row;
use crate::cpu::team::Team;
use std::sync::Mutex;

/// What one call writes in.
pub(super) struct Workspace {
    /// The caller without helpers.
    pub(super) alone: Team,
    pub(super) buffers: Buffers,
}

#[derive(Default)]
pub(super) struct Buffers {
    /// The input of a layer.
    pub(super) input: Samples,
    /// Its output.
    pub(super) output: Samples,
    /// Where a single sample is not zero.
    pub(super) places: Vec<u32>,
    /// Packed weights, for each thread.
    pub(super) packs: Vec<Mutex<Vec<Row>>>,
    /// The outputs of a softmax, a row a class.
    pub(super) classes: Vec<Row>,
}

/// The workspaces that no call has now: at most as many as there were calls at one time.
#[derive(Default)]
pub(super) struct Workspaces(Mutex<Vec<Workspace>>);

impl Workspaces {
    /// One that was put back, or a new one. The lock is only tried: in a forked process another thread may hold it for ever.
    pub(super) fn take(&self, n_threads: usize) -> Workspace {
        let kept = self.0.try_lock().ok().and_then(|mut free| free.pop());
        kept.unwrap_or_else(|| {
            let packs = (0..n_threads).map(|_| Mutex::default()).collect();
            Workspace { alone: Team::new(1), buffers: Buffers { packs, ..Buffers::default() } }
        })
    }

    pub(super) fn put(&self, workspace: Workspace) {
        if let Ok(mut free) = self.0.try_lock() {
            free.push(workspace);
        }
    }
}
