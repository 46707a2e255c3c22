//! The observer that tells Python how training goes, and looks for Ctrl-C.

use penstroke::{Event, Flow, Observer};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::time::{Duration, Instant};

/// How often, at most, training takes the time to talk to Python between two batches.
const PAUSE: Duration = Duration::from_millis(50);

/// Passes events on to a function `(name, values)`, which returns `True` to stop.
pub(crate) struct Watch {
    tell: Option<Py<PyAny>>,
    last: Instant,
    /// What was raised; training has stopped then.
    pub(crate) raised: Option<PyErr>,
}

impl Watch {
    pub(crate) fn new(tell: Option<Py<PyAny>>) -> Self {
        Self { tell, last: Instant::now(), raised: None }
    }

    fn tell(&mut self, event: &Event) -> Flow {
        let told = Python::attach(|py| {
            // Without this, Ctrl-C would be seen only when training is over.
            py.check_signals()?;
            let Some(tell) = &self.tell else { return Ok(false) };
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
            tell.bind(py).call1((name, values))?.is_truthy()
        });
        match told {
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
        if self.raised.is_some() {
            return Flow::Stop;
        }
        let now = Instant::now();
        if matches!(event, Event::Batch { .. }) && now - self.last < PAUSE {
            return Flow::Continue;
        }
        self.last = now;
        self.tell(event)
    }
}
