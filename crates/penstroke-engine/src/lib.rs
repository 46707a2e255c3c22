//! The compute engine of Penstroke: row-major contiguous slices in, numbers out.
//!
//! The engine trains one kind of model: a dense [`Network`] under an [`Objective`]. The objective's heads compare
//! outputs with the clean input, with labels or with values; its corruption damages the input. A [`Descent`] moves the
//! weights. Together these three form a [`Task`]. The engine does no I/O, defines no configuration format and knows no
//! data sets.
//!
//! Engines share two traits: [`Apply`] runs a network forward, [`Train`] changes its weights. [`Reference`], plain
//! loops over `f32` or `f64`, is the definition; [`CpuTrain`] is fast and is tested against it.
//!
//! ```
//! use penstroke_engine::*;
//! // Reconstruct four samples of three components, a quarter of which are masked at every presentation.
//! let task = Task::autoencoder(3, 2, Activation::Sigmoid, Activation::Linear)
//!     .tied()
//!     .with_corruption(vec![Noise::Masking { probability: 0.25 }]);
//! let start = initial_parameters(&task.network, 0, Initialization::GlorotSigmoid);
//! let mut engine = CpuTrain::open(&task, State::new(&task.network, start), CpuOptions::default())?;
//! let samples = [0.9, 0.1, 0.9, 0.1, 0.9, 0.1, 0.9, 0.2, 0.8, 0.1, 0.8, 0.2];
//! let batch = Batch::new(Rows::Floats(&samples), &[0, 1, 2, 3]);
//! let first = engine.step(&batch, Step { epoch: 0, learning_rate: 0.05 });
//! let last = (1..200).map(|epoch| engine.step(&batch, Step { epoch, learning_rate: 0.05 })).last();
//! assert!(last < Some(first));
//! # Ok::<(), EngineError>(())
//! ```

mod batch;
mod cells;
mod corruption;
mod cpu;
mod engine;
mod error;
mod heads;
mod level;
mod network;
mod noise;
mod objective;
mod optimizer;
mod parameters;
pub mod philox;
pub mod reference;
mod rounded;
mod rows;
mod task;

pub use batch::{Answers, Batch};
pub use cells::{Cell, Donors};
pub use corruption::{CorruptionDraws, CorruptionUse, Noise, corrupt_row};
pub use cpu::{CpuApply, CpuOptions, CpuTrain, InstructionSet, Precision, multiply_adds};
pub use engine::{Apply, Description, Step, Train};
pub use error::EngineError;
pub use heads::{Head, Loss, Target};
pub use level::Level;
pub use network::{Activation, Layer, Network};
pub use objective::{Emphasis, Objective, Penalties, SparsityPenalty};
pub use optimizer::{Descent, Rule};
pub use parameters::{Initialization, LayerParameters, Parameters, State, initial_parameters};
pub use reference::Reference;
pub use rounded::RoundedTerms;
pub use rows::{BitRows, Rows};
pub use task::Task;
