//! Observers that write down what they see: a log of JSON lines, and event files for TensorBoard.
//!
//! Your own observer is a function of the [`Event`](crate::Event), or a type that implements [`Observer`](crate::Observer). A
//! [`Run`](crate::Run) holds any number of them.
//!
//! Training continues if a log can no longer be written: a disk that is full for a log may have room for a model. An
//! [`Event::Unwritten`](crate::Event::Unwritten) tells all observers at once, and `finish` returns the error at the end. While a log
//! lives, no other process can write to it (on Windows, this holds for event files only). Observers read no clock; [`JsonLines::clock`] gives them one.

mod json_lines;
mod tensorboard;
mod tfrecord;

pub use json_lines::JsonLines;
pub use tensorboard::TensorBoard;

/// Seconds since some moment.
type Clock = Box<dyn Fn() -> f64>;

/// The first error of an observer that writes.
#[derive(Debug, Default)]
struct FirstFailure {
    error: Option<crate::Error>,
    is_told: bool,
}

impl FirstFailure {
    /// Its message, the first time.
    fn tell(&mut self) -> Option<String> {
        let told = self.error.as_ref().filter(|_| !self.is_told).map(ToString::to_string);
        self.is_told |= told.is_some();
        told
    }
}
