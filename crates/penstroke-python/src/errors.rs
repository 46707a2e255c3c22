//! Library errors as Python exceptions that name Python parameters.

use penstroke::Error;
use penstroke::error::{Place, Words};
use pyo3::exceptions::{
    PyFloatingPointError, PyKeyboardInterrupt, PyMemoryError, PyOSError, PyRuntimeError, PyValueError,
};
use pyo3::prelude::*;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// For each library option, the parameter that sets it. Other options have no parameter.
#[derive(Default, FromPyObject)]
#[pyo3(transparent)]
pub(crate) struct Names(HashMap<String, String>);

impl Names {
    /// Parameters that have the same names as their options.
    pub(crate) fn same(options: &[&str]) -> Self {
        Self(options.iter().map(|&option| (option.to_owned(), option.to_owned())).collect())
    }

    /// The exception that Python's users expect.
    pub(crate) fn exception(&self, mut error: Error) -> PyErr {
        if let Error::Input { place, .. } = &mut error {
            for (name, argument) in [("data", "X"), ("targets", "y")] {
                if *place == Place::from(name) {
                    *place = argument.into();
                }
            }
        }
        let message = error.message(self);
        match error {
            Error::Option { .. } | Error::Input { .. } | Error::Spec(_) => PyValueError::new_err(message),
            // The kind determines whether this becomes a FileNotFoundError, PermissionError or the like.
            Error::Io { source, .. } => std::io::Error::new(source.kind(), message).into(),
            Error::Numerical { .. } => PyFloatingPointError::new_err(message),
            Error::Memory(_) => PyMemoryError::new_err(message),
            Error::Interrupted => PyKeyboardInterrupt::new_err(message),
            Error::Network { .. } => PyOSError::new_err(message),
            _ => PyRuntimeError::new_err(message),
        }
    }
}

impl Words for Names {
    fn option(&self, option: &str) -> String {
        self.0.get(option).map_or(option, String::as_str).to_owned()
    }

    fn offers(&self, option: &str) -> bool {
        self.0.contains_key(option)
    }

    fn set(&self, option: &str, value: &str) -> String {
        let name = self.option(option);
        match value {
            "true" => format!("use {name}=True"),
            "false" => format!("use {name}=False"),
            number if number.parse::<f64>().is_ok() => format!("use {name}={number}"),
            word => format!("use {name}='{word}'"),
        }
    }
}

/// Runs `work` while other Python threads run too. A panic is a bug in Penstroke and becomes a `RuntimeError`.
pub(crate) fn detached<T: Send>(
    py: Python<'_>,
    names: &Names,
    work: impl FnOnce() -> penstroke::Result<T> + Send,
) -> PyResult<T> {
    match py.detach(|| catch_unwind(AssertUnwindSafe(work))) {
        Ok(result) => result.map_err(|error| names.exception(error)),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
            Err(PyRuntimeError::new_err(format!("this is a bug in penstroke, please report it: {text}")))
        }
    }
}

/// Panics, so that a test can check the exception.
#[pyfunction]
pub(crate) fn panic_for_tests(py: Python<'_>) -> PyResult<()> {
    #[allow(clippy::panic, reason = "it is what is tested")]
    detached(py, &Names::default(), || panic!("as asked"))
}
