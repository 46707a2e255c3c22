//! Training: the one loop, what accompanies it, and the engines it runs on.
//!
//! [`train`] presents samples in batches and reports events to the observers of a [`Run`]. Models call it; you can call it to train a
//! network of your own on an engine that a [`Device`] opens:
//!
//! ```
//! use penstroke::data::{Dataset, Values};
//! use penstroke::engine::{Descent, Network, Objective, Parameters, Task, initial_parameters};
//! use penstroke::engine::{Initialization, Layer, Loss};
//! use penstroke::train::{Device, Plan, train};
//! use penstroke::{Activation, Run, Training};
//!
//! // A narrow autoencoder of three layers, trained to copy its input.
//! let layers = [(6, 4), (4, 2), (2, 6)].map(|(inputs, outputs)| Layer::new(inputs, outputs, Activation::Sigmoid));
//! let network = Network::new(layers.to_vec());
//! let parameters = initial_parameters(&network, 0, Initialization::Glorot);
//! let training = Training { epochs: Some(5), batch: Some(10), ..Training::autoencoder() };
//! let optimizer = Descent { rule: training.optimizer.into(), weight_decay: 0.0, max_norm: None };
//! let task = Task { objective: Objective::reconstruction(&network, Loss::Squared), network, optimizer };
//! let mut engine = Device::of(&training).train(&task, parameters)?;
//!
//! let data = Dataset::new("example", Values::Floats((0..600).map(|i| (i % 7) as f32 / 7.0).collect()), 6)?;
//! let (learned_from, measured): (Vec<u32>, Vec<u32>) = ((0..90).collect(), (90..100).collect());
//! let plan = Plan::new(&training, &data, &learned_from, &measured);
//! let history = train(&mut *engine, &plan, &mut Run::new())?;
//! assert_eq!(history.valid_loss.len(), 5);
//! let trained: Parameters = engine.parameters();
//! # Ok::<(), penstroke::Error>(())
//! ```

pub mod checkpoint;
mod device;
mod ending;
pub mod event;
mod history;
mod measure;
pub mod observers;
mod plan;
mod run;
mod training_loop;
mod weights;

pub use device::Device;
pub use ending::{Cause, Ending, Penalty, STILL_FALLING};
pub use history::History;
pub use plan::Plan;
pub use run::Run;
pub use training_loop::{Choice, Measure, train, train_choosing};

pub(crate) use measure::{MEASURED_AT_ONCE, Wanted, mean_loss};
pub(crate) use training_loop::finite_parameters;
pub(crate) use weights::normalised;
