//! Statistics of filters: the structure that their pictures show, in numbers.
//!
//! A filter is one row of a weight matrix `(h, d)`, viewed as a picture of `height × width` weights. Each statistic has its
//! own module with its formula and closed forms; [`FilterStatistics`] holds them all.

mod correlation;
mod edge;
mod filter;
mod gabor;
mod kurtosis;
mod localization;
mod moran;
mod orientation;
mod peaks;
mod redundancy;
mod statistics;
#[cfg(test)]
mod testing;

pub use correlation::correlation_length;
pub use filter::{Filter, Filters};
pub use gabor::{GaborFit, gabor_fits};
pub use kurtosis::response_kurtosis;
pub use localization::{concentration, spread};
pub use moran::moran;
pub use orientation::orientation_selectivity;
pub use peaks::peaks;
pub use redundancy::redundancy;
pub use statistics::{FilterStatistics, UnitStatistics};
