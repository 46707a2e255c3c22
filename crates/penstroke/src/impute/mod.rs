//! Filling the gaps of a table.
//!
//! An [`Imputer`] trains several denoising autoencoders. A presentation of a row loses each observed cell with a probability that is drawn
//! anew, and the network restores the cells that it lost; a cell that is missing in the table is never a target. Single imputations average
//! the networks. For several imputations each network learns from a bootstrap sample of the rows, and network `k` gives imputation `k`: it
//! fills one column after the other and draws each cell, so that the differences between the imputations tell how uncertain they are (proper multiple
//! imputation; Rubin, 1987). [`Pooled`](crate::eval::Pooled) makes one estimate of several.

#[cfg(feature = "eval")]
mod analysis;
mod blend;
mod calibration;
mod column_error;
mod config;
mod errors;
#[cfg(test)]
mod errors_tests;
mod exported;
mod fitting;
mod hiding;
mod imputer;
mod linear;
mod network;
mod overimpute;
#[cfg(feature = "report")]
mod page;
mod regression;
mod sample;
mod spread;
mod stored;
#[cfg(test)]
mod tests;

#[cfg(feature = "eval")]
pub use analysis::{Analysis, PooledTerm};
pub use column_error::{CellError, ColumnError};
pub use config::ImputerConfig;
pub use imputer::Imputer;
pub use overimpute::{
    OverimputeOptions, Overimputed, OverimputedCategory, OverimputedCells, OverimputedNumber,
};
#[cfg(feature = "report")]
pub use page::ImputationReport;
