//! Denoising autoencoders: learn features by repairing damage, see them, and measure whether they help.
#![forbid(unsafe_code)]

mod applied;
mod autoencoder;
pub mod bench;
pub mod checkpoint;
mod classifier;
pub mod config;
pub mod data;
pub mod error;
pub mod eval;
pub mod event;
pub mod files;
#[cfg(feature = "lecture")]
pub mod lecture;
mod model;
pub mod model_file;
pub mod observers;
pub mod onnx;
mod regressor;
#[cfg(feature = "report")]
pub mod report;
pub mod search;
mod stack;
pub mod train;
mod tuned;

pub use autoencoder::Autoencoder;
pub use classifier::{Classifier, most_probable};
pub use config::{
    AutoencoderConfig, Corruption, Optimizer, Reconstruction, Schedule, Sparsity, SupervisedConfig, Training,
};
pub use error::{Error, Result};
pub use event::{Event, Flow, Observer, Silent};
pub use model::Model;
pub use penstroke_engine::{Activation, Description, Initialization, InstructionSet, Precision, Train};
pub use regressor::Regressor;
pub use stack::Stack;
pub use train::History;

/// The examples of the README, compiled and run with the others.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

/// Those of the guide.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guide.md")]
struct Guide;
