//! Observers that record a training: a log of JSON lines, and event files for TensorBoard.
//!
//! Any function of an [`Event`](crate::Event), or any type that implements the trait, is an observer. A pair of
//! observers is an observer, too:
//!
//! ```
//! use penstroke::data::{Part, strokes};
//! use penstroke::observers::JsonLines;
//! use penstroke::{Autoencoder, AutoencoderConfig, Event, Flow};
//!
//! # let folder = tempfile::tempdir()?;
//! # let file = folder.path().join("run.jsonl");
//! let mut losses = Vec::new();
//! let own = |event: &Event| {
//!     if let Event::Epoch { train_loss, .. } = event {
//!         losses.push(*train_loss);
//!     }
//!     Flow::Continue
//! };
//! let mut both = (own, JsonLines::begin(&file)?);
//! let digits = strokes::generate(0, Part::Train, 200)?;
//! Autoencoder::fit(&AutoencoderConfig { hidden: 20, ..Default::default() }.epochs(2), &digits, &mut both)?;
//! both.1.finish()?;
//! assert_eq!(losses.len(), 2);
//! assert_eq!(std::fs::read_to_string(&file)?.lines().count(), 3, "a beginning and two epochs");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! If a log can no longer be written, the training continues: a disk may be too full for a log and still have room for
//! a model. `finish` returns the error at the end. Neither observer reads a clock; [`JsonLines::clock`] provides one.

mod json_lines;
mod tensorboard;
mod tfrecord;

pub use json_lines::JsonLines;
pub use tensorboard::TensorBoard;

/// Returns seconds since any fixed time.
type Clock = Box<dyn Fn() -> f64>;
