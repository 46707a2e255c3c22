//! Anomalies: how unusual the rows of a table are, and which of their cells make them so.
//!
//! A [`Detector`] trains two kinds of denoising autoencoders on the rows. The *level networks* restore rows from normal noise, whose
//! standard deviation, the level, they are told; how far a restored row is from the row, at several levels, tells how unlikely the row is
//! as a whole. The *local networks* predict each cell from the others of its row. The score of a row combines these views without labels,
//! each weighing 1 / its spread over the learned rows.
//!
//! The expected error of the optimal denoiser at level `s`, integrated over levels, is the logarithm of the density (I-MMSE: Guo, Shamai
//! and Verdú, 2005); for Gaussian data, a quadratic form of the row.

mod columns;
mod config;
mod contamination;
mod detector;
mod divided;
mod explained;
mod levels;
mod linear;
mod local;
mod pictures;
mod pieces;
mod stored;
#[cfg(test)]
mod tests;
mod training;
mod usual;

pub use config::DetectorConfig;
pub use contamination::Contamination;
pub use detector::Detector;
pub use explained::{Expected, ExplainedRow, UnusualCell};
pub use pictures::SampleDetector;
