//! The observer that passes events to Python and checks for Ctrl-C.

use crate::errors::Names;
use penstroke::{Ending, Event, Flow, Observer};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::time::{Duration, Instant};

/// Minimum time between two batches whose events are passed to Python, because each call takes the interpreter's lock.
const PAUSE: Duration = Duration::from_millis(50);

/// Passes events to a function `(name, values)`, which returns `True` to stop training.
pub(crate) struct Watch {
    callback: Option<Py<PyAny>>,
    last: Instant,
    /// The exception that stopped training.
    pub(crate) raised: Option<PyErr>,
    /// What the user should know of the finished training.
    endings: Vec<Ending>,
    /// Whether the training has one epoch, as in `partial_fit`, after which little is learned.
    is_single: bool,
}

impl Watch {
    pub(crate) fn new(callback: Option<Py<PyAny>>) -> Self {
        Self { callback, last: Instant::now(), raised: None, endings: Vec::new(), is_single: false }
    }

    /// Warns of a training that did worse than always answering the mean.
    pub(crate) fn warn(&self, py: Python<'_>, names: &Names) -> PyResult<()> {
        let category = || py.import("sklearn.exceptions")?.getattr("ConvergenceWarning");
        let worse = |ending: &&Ending| matches!(ending, Ending::WorseThanMean { .. });
        for ending in self.endings.iter().filter(worse) {
            let message = ending.problem().message(names);
            py.import("penstroke._samples")?.call_method1("warn", (message, category()?))?;
        }
        Ok(())
    }

    fn call(&mut self, event: &Event) -> Flow {
        let stop = Python::attach(|py| {
            // Without this, Ctrl-C would only be noticed after training.
            py.check_signals()?;
            let Some(callback) = &self.callback else { return Ok(false) };
            let values = PyDict::new(py);
            let name = match event {
                Event::Begin { epochs, samples, .. } => {
                    values.set_item("epochs", epochs)?;
                    values.set_item("samples", samples)?;
                    "begin"
                }
                Event::Layer { number, of } => {
                    values.set_item("layer", number)?;
                    values.set_item("layers", of)?;
                    "layer"
                }
                Event::Batch { epoch, presented, loss } => {
                    values.set_item("epoch", epoch)?;
                    values.set_item("presented", presented)?;
                    values.set_item("loss", loss)?;
                    "batch"
                }
                Event::Epoch { epoch, epochs, train_loss, valid_loss, valid_error, learning_rate, noise } => {
                    values.set_item("epoch", epoch)?;
                    values.set_item("epochs", epochs)?;
                    values.set_item("loss", train_loss)?;
                    values.set_item("validation_loss", valid_loss)?;
                    values.set_item("validation_error", valid_error)?;
                    values.set_item("learning_rate", learning_rate)?;
                    values.set_item("noise", noise)?;
                    "epoch"
                }
                _ => return Ok(false),
            };
            callback.bind(py).call1((name, values))?.is_truthy()
        });
        match stop {
            Ok(false) => Flow::Continue,
            Ok(true) => Flow::Stop,
            Err(error) => {
                self.raised = Some(error);
                Flow::Stop
            }
        }
    }
}

impl Observer for Watch {
    fn observe(&mut self, event: &Event) -> Flow {
        if let Event::Begin { epochs, .. } = event {
            self.is_single = *epochs == 1;
        }
        if let Event::Ending(ending) = event
            && !self.is_single
        {
            self.endings.push(ending.clone());
            return Flow::Continue;
        }
        if self.raised.is_some() {
            return Flow::Stop;
        }
        let now = Instant::now();
        if matches!(event, Event::Batch { .. }) && now - self.last < PAUSE {
            return Flow::Continue;
        }
        self.last = now;
        self.call(event)
    }
}
