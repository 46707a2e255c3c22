//! Errors of the library as Python's own, with their messages.

use penstroke::Error;
use pyo3::exceptions::{
    PyFloatingPointError, PyKeyboardInterrupt, PyMemoryError, PyOSError, PyRuntimeError, PyValueError,
};
use pyo3::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The exception that Python's users expect.
pub(crate) fn exception(error: Error) -> PyErr {
    let message = error.to_string();
    match error {
        Error::Option { .. } | Error::Input { .. } | Error::Spec(_) => PyValueError::new_err(message),
        // By its kind this becomes FileNotFoundError, PermissionError and the like.
        Error::Io { source, .. } => std::io::Error::new(source.kind(), message).into(),
        Error::Numerical { .. } => PyFloatingPointError::new_err(message),
        Error::Memory(_) => PyMemoryError::new_err(message),
        Error::Interrupted => PyKeyboardInterrupt::new_err(message),
        Error::Network { .. } => PyOSError::new_err(message),
        _ => PyRuntimeError::new_err(message),
    }
}

/// Runs `work` while other Python threads run too. A panic, which is an error in Penstroke, becomes a `RuntimeError`.
pub(crate) fn detached<T: Send>(
    py: Python<'_>,
    work: impl FnOnce() -> penstroke::Result<T> + Send,
) -> PyResult<T> {
    match py.detach(|| catch_unwind(AssertUnwindSafe(work))) {
        Ok(result) => result.map_err(exception),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
            Err(PyRuntimeError::new_err(format!("an error in penstroke itself, please report it: {text}")))
        }
    }
}

/// Panics as an error in Penstroke would, so that a test can see what Python makes of it.
#[pyfunction]
pub(crate) fn panic_for_tests(py: Python<'_>) -> PyResult<()> {
    #[allow(clippy::panic, reason = "it is what is tested")]
    detached(py, || panic!("as asked"))
}
