//! A model set to the number of threads that a call asks for.

use penstroke::Model;
use std::sync::{Arc, RwLock};

/// The model that was applied last, with its number of threads. It keeps an opened engine.
#[derive(Default)]
pub(crate) struct Applied(RwLock<Option<(usize, Arc<dyn Model>)>>);

impl Applied {
    /// The model set to this number of threads. It shares the weights, and its engine is opened once.
    pub(crate) fn with_threads(&self, model: &dyn Model, threads: usize) -> Arc<dyn Model> {
        // The lock is never waited for: in a forked process, a thread that no longer exists may hold it.
        if let Ok(applied) = self.0.try_read()
            && let Some((n, model)) = applied.as_ref()
            && *n == threads
        {
            return Arc::clone(model);
        }
        let mut model = model.boxed();
        model.set_threads(threads);
        let model: Arc<dyn Model> = Arc::from(model);
        if let Ok(mut applied) = self.0.try_write() {
            *applied = Some((threads, Arc::clone(&model)));
        }
        model
    }
}
