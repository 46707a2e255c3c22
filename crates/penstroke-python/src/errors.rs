//! Library errors as Python exceptions that name Python parameters.

use penstroke::error::{Place, Problem, Words};
use penstroke::{Error, interrupt};
use pyo3::exceptions::{
    PyFloatingPointError, PyKeyboardInterrupt, PyMemoryError, PyOSError, PyRuntimeError, PyValueError,
};
use pyo3::prelude::*;
use std::cell::RefCell;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Time between two checks for Ctrl-C, because each takes the interpreter's lock.
const PAUSE: Duration = Duration::from_millis(50);

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
        option == "scale" || self.0.contains_key(option)
    }

    fn set(&self, option: &str, value: &str) -> String {
        // Estimators do not scale; scikit-learn does.
        match (option, value) {
            ("scale", "standard") => return "scale X with sklearn.preprocessing.StandardScaler".to_owned(),
            ("scale", "range") => return "scale X with sklearn.preprocessing.MinMaxScaler".to_owned(),
            ("scale", number) => return format!("divide X by {number}"),
            _ => {}
        }
        let name = self.option(option);
        match value {
            "true" => format!("use {name}=True"),
            "false" => format!("use {name}=False"),
            number if number.parse::<f64>().is_ok() => format!("use {name}={number}"),
            word => format!("use {name}='{word}'"),
        }
    }
}

/// Warns of problems with X, at the line that called the package.
pub(crate) fn warn(py: Python<'_>, names: &Names, problems: &[Problem]) -> PyResult<()> {
    for problem in problems {
        let warn = py.import("penstroke._samples")?.getattr("warn")?;
        warn.call1((format!("X: {}", problem.message(names)),))?;
    }
    Ok(())
}

/// Runs `work` while other Python threads run too, and ends it early when a signal handler raises an exception, as that of
/// Ctrl-C does. A panic is a bug in Penstroke and becomes a `RuntimeError`.
pub(crate) fn detached<T: Send>(
    py: Python<'_>,
    names: &Names,
    work: impl FnOnce() -> penstroke::Result<T> + Send,
) -> PyResult<T> {
    let (result, raised) = py.detach(|| {
        let (raised, mut last) = (Rc::new(RefCell::new(None)), Instant::now());
        let seen = Rc::clone(&raised);
        let ask = move || {
            if last.elapsed() < PAUSE {
                return false;
            }
            last = Instant::now();
            let signals = Python::attach(|py| py.check_signals());
            signals.map_err(|error| seen.replace(Some(error))).is_err()
        };
        let result = catch_unwind(AssertUnwindSafe(|| interrupt::unless(ask, work)));
        (result, raised.take())
    });
    raised.map_or_else(|| finished(names, result), Err)
}

/// Like [`detached`], for training, whose observer checks for signals and keeps what was trained.
pub(crate) fn training<T: Send>(
    py: Python<'_>,
    names: &Names,
    work: impl FnOnce() -> penstroke::Result<T> + Send,
) -> PyResult<T> {
    finished(names, py.detach(|| catch_unwind(AssertUnwindSafe(work))))
}

fn finished<T>(names: &Names, result: std::thread::Result<penstroke::Result<T>>) -> PyResult<T> {
    match result {
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
