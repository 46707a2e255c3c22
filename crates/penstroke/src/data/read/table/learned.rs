//! What a table gives besides the values of its samples.

use crate::Error;
use crate::data::hold::{Exact, Preparation, Targets};

/// The error that a table cannot be streamed.
pub(super) fn needs_all(file: &str, what: &str) -> Error {
    Error::input(file, format!("{what} are learned from all rows at once")).leave_out("stream")
}

/// What a table gives besides the values of its samples.
pub(in crate::data) struct Learned {
    pub(in crate::data) preparation: Preparation,
    pub(in crate::data) labels: Option<Vec<u32>>,
    pub(in crate::data) targets: Option<Targets>,
    pub(in crate::data) warnings: Vec<String>,
    /// Number of values to leave out at the start of each row that was passed on before all were known.
    pub(in crate::data) n_left_out: usize,
    /// What the values lose in single precision.
    pub(in crate::data) exact: Exact,
}
