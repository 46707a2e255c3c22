//! Buffers that calls reuse.

use super::samples::Samples;
use crate::cpu::panel::Row;
use crate::cpu::team::Team;
use std::sync::{Arc, Mutex};

/// The buffers of one call.
pub(super) struct Workspace {
    /// The calling thread without helpers.
    pub(super) alone: Team,
    pub(super) buffers: Buffers,
}

#[derive(Default)]
pub(super) struct Buffers {
    /// The input of a layer.
    pub(super) input: Samples,
    /// The layer's output.
    pub(super) output: Samples,
    /// Indices of the nonzero values of a single sample.
    pub(super) places: Vec<u32>,
    /// A buffer for packed weights per thread.
    pub(super) packs: Vec<Mutex<Vec<Row>>>,
    /// The outputs of a softmax, one row per class.
    pub(super) classes: Vec<Row>,
}

/// The workspaces not in use: at most as many as there were simultaneous calls. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Workspaces(Arc<Mutex<Vec<Workspace>>>);

impl Workspaces {
    /// Takes a returned workspace or creates one. It never waits for the lock: in a forked process, another thread may
    /// hold it forever.
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
