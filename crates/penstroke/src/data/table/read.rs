//! Reads tables with typed columns.

use super::options::SchemaOptions;
use super::schema::Schema;
use super::typed::{Fill, GivenColumn, TypedTable};
use crate::{Error, Result};
use std::path::Path;

impl TypedTable {
    /// Reads a table of text, Parquet or Arrow IPC, and infers what its columns hold.
    ///
    /// # Errors
    /// If the table cannot be read, or if it is in doubt what a column holds.
    pub fn read(path: &Path, _options: &SchemaOptions) -> Result<Self> {
        Err(Error::input(path, "is not read yet"))
    }

    /// Reads a table like the one that `schema` describes: columns are found by name, and a category that it lacks is
    /// missing.
    ///
    /// # Errors
    /// If the table cannot be read, or lacks a column.
    pub fn read_like(path: &Path, _schema: &Schema, _options: &SchemaOptions) -> Result<Self> {
        Err(Error::input(path, "is not read yet"))
    }

    /// A table of columns in memory. Numbers are numeric, codes and texts categorical, unless `options.types` says
    /// otherwise.
    ///
    /// # Errors
    /// If columns differ in length, or if a type does not fit its column.
    pub fn from_columns(
        name: &str,
        _names: Vec<String>,
        _columns: Vec<GivenColumn>,
        _options: &SchemaOptions,
    ) -> Result<Self> {
        Err(Error::input(name, "is not read yet"))
    }

    /// Writes the table with missing cells filled; all other cells stay as they are.
    ///
    /// # Errors
    /// If the table's file changed since, or cannot be read or written.
    pub fn write_filled(&self, path: &Path, _fills: &[Fill]) -> Result<()> {
        Err(Error::input(path, "is not written yet"))
    }
}
