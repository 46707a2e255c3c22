//! Measuring what was learned: probe, PCA, the best linear denoiser, filter statistics.
//!
//! Everything here takes plain row-major values ([`Samples`], or filters as rows) and gives numbers; nothing depends
//! on how a model was trained. Results are the same to the bit at any number of threads.

mod algebra;
pub mod filters;
pub mod firing;
pub mod interval;
mod lbfgs;
pub mod linear_denoiser;
mod moments;
pub mod pca;
pub mod probe;
mod regression;
pub mod repair;
mod samples;

pub use interval::ErrorRate;
pub use linear_denoiser::LinearDenoiser;
pub use pca::Pca;
pub use probe::{Probe, ProbeData, ProbeOptions};
pub use regression::RegressionScore;
pub use repair::Repair;
pub use samples::Samples;
