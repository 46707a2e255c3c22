//! Configurations: every option has a default and a documented range, and is checked before training.
//!
//! | type | configures |
//! | --- | --- |
//! | [`AutoencoderConfig`] | one autoencoder, or one layer of a stack |
//! | [`SupervisedConfig`] | a classifier or a regressor |
//! | [`TableEncoderConfig`] | an encoder of tables |
//! | [`Training`] | the options common to all: epochs, batches, optimizer, corruption, seed |
//!
//! A configuration is a plain struct. Options of [`Training`] also have setter methods, so a configuration fits on a
//! line:
//!
//! ```
//! use penstroke::config::{AutoencoderConfig, Optimizer};
//! let config = AutoencoderConfig { hidden: 100, ..Default::default() }
//!     .epochs(5)
//!     .corruption("gaussian:0.5".parse()?)
//!     .optimizer(Optimizer::Sgd { momentum: 0.9 });
//! config.check()?;
//! assert_eq!(config.training.epochs, Some(5));
//! # Ok::<(), penstroke::Error>(())
//! ```
//!
//! In JSON, a configuration is one flat object, in model files as elsewhere.

#[macro_use]
mod text;

mod autoencoder;
mod class_weight;
mod corruption;
mod differing;
pub(crate) mod names;
mod optimizer;
mod schedule;
mod sparsity;
mod supervised;
mod table_encoder;
mod training;
mod wire;

pub use autoencoder::{AutoencoderConfig, Reconstruction};
pub use class_weight::ClassWeight;
pub use corruption::{Corruption, Term};
pub use differing::without_defaults;
pub use names::{Named, instruction_set};
pub use optimizer::Optimizer;
pub use schedule::{Decay, Schedule};
pub use sparsity::Sparsity;
pub use supervised::SupervisedConfig;
pub use table_encoder::TableEncoderConfig;
pub use training::{MOST_EPOCHS, STEPS, Training};
