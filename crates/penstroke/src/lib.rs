//! Denoising autoencoders: learn features by repairing damage, see them, and measure whether they help.
#![forbid(unsafe_code)]

pub mod data;
pub mod error;
pub mod eval;
pub mod files;
pub mod report;

pub use error::{Error, Result};
