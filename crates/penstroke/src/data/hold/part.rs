//! The parts of a data set.

use crate::Error;
use crate::error::Place;
use std::fmt;

/// A part of a data set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// Training samples.
    #[default]
    Train,
    /// Validation samples. Only the [variations](crate::data::variations) have them; for other sources, set a share of
    /// the training part aside with [`split`](fn@crate::data::split).
    Valid,
    /// Test samples.
    Test,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Part::Train => "training",
            Part::Valid => "validation",
            Part::Test => "test",
        })
    }
}

pub(in crate::data) fn no_valid_part(place: impl Into<Place>) -> Error {
    Error::input(
        place,
        "has no validation part; set a share of its training part aside, or give a set with one",
    )
}
