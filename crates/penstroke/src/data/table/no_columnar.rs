//! Refuses Parquet and Arrow IPC where the feature `columnar` is off.

use super::options::SchemaOptions;
use super::take::Taken;
use super::text::Observed;
use crate::data::source::NO_COLUMNAR;
use crate::{Error, Result};
use std::path::Path;

pub(super) fn observe(path: &Path, _: &SchemaOptions) -> Result<Observed> {
    Err(Error::input(path, NO_COLUMNAR))
}

pub(super) fn names(path: &Path) -> Result<Vec<String>> {
    Err(Error::input(path, NO_COLUMNAR))
}

pub(super) fn take(path: &Path, _: &[Option<usize>], _: &mut [Taken]) -> Result<usize> {
    Err(Error::input(path, NO_COLUMNAR))
}
