//! Observers that write down what they see: a log of JSON lines, and event files for TensorBoard.
//!
//! Neither is special. An observer of your own is a function of the [`Event`](crate::Event), or a type where it needs more; two
//! observers watch together as a pair:
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
//! A training goes on when its log cannot be written any more: the disk may be full for a log and yet have room for a model.
//! `finish` returns the error at the end. Neither asks a clock; [`JsonLines::clock`] gives it one.

mod json_lines;
mod tensorboard;
mod tfrecord;

pub use json_lines::JsonLines;
pub use tensorboard::TensorBoard;

/// Seconds since some moment.
type Clock = Box<dyn Fn() -> f64>;
