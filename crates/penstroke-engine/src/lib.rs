//! The compute engine of Penstroke: row-major contiguous slices in, numbers out.
//!
//! Everything the engine trains is one thing: a dense network ([`NetworkSpec`]), whose input may be corrupted, and whose
//! target is the clean input or what comes with the samples, a label or values. It does no I/O, holds no configuration
//! format and knows no data set.
//!
//! Two engines do the same arithmetic behind one coarse trait, [`Engine`]: [`Reference`] in the plainest loops, over
//! `f32` or `f64`, is the definition; [`Cpu`] is the fast one and is held against it.
//!
//! ```
//! use penstroke_engine::*;
//! // Learn to restore four samples of three components, a quarter of which are set to zero at every presentation.
//! let spec = NetworkSpec::autoencoder(3, 2, Activation::Sigmoid, Activation::Linear)
//!     .tied()
//!     .with_corruption(vec![Noise::Masking { probability: 0.25 }]);
//! let start = initial_parameters(&spec, 0, Initialization::GlorotSigmoid);
//! let mut engine = Cpu::open(&spec, State::new(&spec, start), 1)?;
//! let samples = [0.9, 0.1, 0.9, 0.1, 0.9, 0.1, 0.9, 0.2, 0.8, 0.1, 0.8, 0.2];
//! let batch = Batch { rows: Rows::Floats(&samples), gathered: false, labels: None, targets: None, indices: &[0, 1, 2, 3] };
//! let first = engine.train(&batch, Step { epoch: 0, learning_rate: 0.05 });
//! let last = (1..200).map(|epoch| engine.train(&batch, Step { epoch, learning_rate: 0.05 })).last();
//! assert!(last < Some(first));
//! # Ok::<(), SpecError>(())
//! ```

mod corruption;
mod cpu;
mod engine;
mod parameters;
pub mod philox;
pub mod reference;
mod rounded;
mod rows;
mod spec;

pub use corruption::{CorruptionDraws, CorruptionUse, Noise, corrupt_row};
pub use cpu::{Cpu, CpuOptions, InstructionSet, Precision, multiply_adds};
pub use engine::{Batch, Description, Engine, Step};
pub use parameters::{Initialization, LayerParameters, Parameters, State, initial_parameters};
pub use reference::Reference;
pub use rounded::RoundedTerms;
pub use rows::Rows;
pub use spec::{
    Activation, Emphasis, LayerSpec, Loss, NetworkSpec, Optimizer, Penalties, Sparsity, SpecError,
};
