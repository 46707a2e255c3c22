//! The definition of every operation, in plain loops over `f32` or `f64`.
//!
//! Nothing here is fast. Every other engine is tested against it, its gradients are checked by central differences, and
//! it is itself tested against an independent framework. Letters: `n` samples in the batch, layer `l` with `inputs →
//! outputs`, everything row-major.

mod dropout;
mod engine;
mod heads;
mod pass;
mod penalties;
mod real;
mod update;
mod weights;

pub use heads::{Given, Wanted};
pub use pass::Pass;
pub use real::Real;
pub use weights::Reference;
