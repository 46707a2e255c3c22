//! Observers that write down what they see: a log of JSON lines, and event files for TensorBoard.
//!
//! Your own observer is a function of the [`Event`](crate::Event), or a type that implements [`Observer`](crate::Observer). A
//! [`Run`](crate::Run) holds any number of them.
//!
//! Training continues if a log can no longer be written: a disk that is full for a log may have room for a model. `finish` returns
//! the error at the end. Observers read no clock; [`JsonLines::clock`] gives them one.

mod json_lines;
mod tensorboard;
mod tfrecord;

pub use json_lines::JsonLines;
pub use tensorboard::TensorBoard;

/// Seconds since some moment.
type Clock = Box<dyn Fn() -> f64>;
