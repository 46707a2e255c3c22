//! A model set to the number of threads that a call asks for.

use std::sync::{Arc, RwLock};

/// The model that was applied last, with its number of threads. It keeps what it opened.
pub(crate) struct Applied<T: ?Sized>(RwLock<Option<(usize, Arc<T>)>>);

impl<T: ?Sized> Default for Applied<T> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<T: ?Sized> Applied<T> {
    /// The model set to this number of threads, which `set` makes once.
    pub(crate) fn with_threads(&self, threads: usize, set: impl FnOnce() -> Arc<T>) -> Arc<T> {
        // The lock is never waited for: in a forked process, a thread that no longer exists may hold it.
        if let Ok(applied) = self.0.try_read()
            && let Some((n, model)) = applied.as_ref()
            && *n == threads
        {
            return Arc::clone(model);
        }
        let model = set();
        if let Ok(mut applied) = self.0.try_write() {
            *applied = Some((threads, Arc::clone(&model)));
        }
        model
    }
}
