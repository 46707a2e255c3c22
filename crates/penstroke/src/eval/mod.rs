//! Measures what a model has learned: linear probe, PCA, the best linear denoiser, statistics of filters.
//!
//! All functions take plain row-major values ([`SampleMatrix`], or filters as rows) and return numbers; none depends on
//! how a model was trained. Results are bit-identical at any number of threads.
//!
//! The feature `eval` adds the measurements that need linear algebra: `filters`, `linear_denoiser`, `pca` and `probe`.

#[cfg(feature = "eval")]
mod algebra;
#[cfg(feature = "eval")]
pub mod filters;
pub mod firing;
pub mod interval;
#[cfg(feature = "eval")]
mod lbfgs;
mod least_squares;
#[cfg(feature = "eval")]
pub mod linear_denoiser;
#[cfg(feature = "eval")]
mod moments;
#[cfg(feature = "eval")]
pub mod pca;
pub mod pooling;
#[cfg(feature = "eval")]
pub mod probe;
mod regression;
pub mod repair;
mod samples;
mod unit_filters;

pub use interval::ErrorRate;
pub use least_squares::LeastSquares;
#[cfg(feature = "eval")]
pub use linear_denoiser::LinearDenoiser;
#[cfg(feature = "eval")]
pub use pca::Pca;
pub use pooling::Pooled;
#[cfg(feature = "eval")]
pub use probe::{Probe, ProbeData, ProbeOptions};
pub use regression::RegressionScore;
pub use repair::Repair;
pub use samples::SampleMatrix;
pub use unit_filters::unit_filters;
