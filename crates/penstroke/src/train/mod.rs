//! Training: the one loop, what accompanies it, and the engines it runs on.
//!
//! [`train`] presents samples in batches and tells a [`Run`]'s observers what happened. Models call it; call it yourself to train
//! a network of your own on an engine that a [`Device`] opens.

pub mod checkpoint;
mod device;
pub mod event;
mod history;
pub mod observers;
mod plan;
mod run;
mod training_loop;

pub use device::Device;
pub use history::History;
pub use plan::Plan;
pub use run::Run;
pub use training_loop::{Choice, Measure, train, train_choosing};

pub(crate) use training_loop::{MEASURED_AT_ONCE, finite_parameters, mean_loss};
