//! Denoising autoencoders: learn features by repairing damage, see them, and measure whether they help.
#![forbid(unsafe_code)]

mod autoencoder;
pub mod bench;
pub mod config;
pub mod corruption;
pub mod data;
pub mod error;
pub mod eval;
pub mod event;
pub mod files;
pub mod lecture;
pub mod model_file;
pub mod names;
pub mod report;
pub mod schedule;
pub mod sparsity;
pub mod train;

pub use autoencoder::Autoencoder;
pub use config::{Config, OptimizerKind};
pub use corruption::Corruption;
pub use error::{Error, Result};
pub use event::{Event, Flow, Observer, Silent};
pub use penstroke_engine::{Activation, Description, Initialization, InstructionSet, Loss, Precision};
pub use schedule::Schedule;
pub use sparsity::Sparsity;
pub use train::History;

/// The examples of the README, compiled and run with the others.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
