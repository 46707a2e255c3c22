//! What the columns of a table hold, inferred from the whole table or given.

use super::kind::ColumnKind;
use crate::files::write_atomic;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;

/// The category that stands for all rare ones of a column with more than [`MOST_CATEGORIES`].
pub const OTHER: &str = "(other)";

/// Most categories of a column; the rarest of more become [`OTHER`].
pub const MOST_CATEGORIES: usize = 128;

/// A column of a table: what it holds, and what was found in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnSchema {
    /// Its name; in a table without names, its number from 1.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
    /// Whether its numbers are integers: by the type of a Parquet or Arrow column, or because none is written with a decimal mark in text.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_whole: bool,
    /// Its categories in the order of their codes, sorted by their bytes; empty if it holds numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// Whether its category [`OTHER`] stands for rare ones that were merged, and is not one of the table itself; `None` if it has no
    /// category of this name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub has_other: Option<bool>,
    /// The most decimals of its numbers as they are written in a table of text.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub decimals: usize,
    /// The most significant digits of its numbers as they are written in a table of text, if some have an exponent.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub digits: usize,
    /// Its smallest and largest number, if it holds numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<[f64; 2]>,
    /// Number of missing cells.
    #[serde(default)]
    pub n_missing: usize,
    /// Why it has this kind, in a few words.
    #[serde(default)]
    pub reason: String,
}

impl ColumnSchema {
    /// The index of the category that stands for all rare ones, if there is one. Earlier versions wrote no `has_other`; they merged the
    /// categories of a column only down to [`MOST_CATEGORIES`].
    pub fn other(&self) -> Option<usize> {
        let is_merged = self.has_other.unwrap_or(self.categories.len() == MOST_CATEGORIES);
        self.categories.iter().position(|category| category == OTHER).filter(|_| is_merged)
    }
}

/// How a table of text was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextForm {
    /// The field delimiter.
    pub delimiter: char,
    /// The decimal mark.
    pub decimal: char,
    /// The separator of thousands, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thousands: Option<char>,
    /// Whether the first row names the columns.
    pub header: bool,
    /// Words for missing values in place of [`NA_VALUES`](crate::data::NA_VALUES), if some were given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub na_values: Option<Vec<String>>,
}

/// What the columns of a table hold. As JSON it can be edited and [read back](super::SchemaOptions::schema).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schema {
    /// The columns, in the order of the file.
    pub columns: Vec<ColumnSchema>,
    /// How the text was read; `None` for Parquet, Arrow and arrays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<TextForm>,
    /// Number of rows.
    #[serde(default)]
    pub n_rows: usize,
}

impl Schema {
    /// Reads a schema that was written by [`Schema::write`], perhaps edited since.
    ///
    /// # Errors
    /// If the file cannot be read, is not a schema, or names a column twice.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(|error| Error::io(path, error))?;
        let schema: Self = serde_json::from_str(&text)
            .map_err(|error| Error::input(path, format!("is not a schema of a table: {error}")))?;
        for (k, column) in schema.columns.iter().enumerate() {
            if schema.columns[..k].iter().any(|before| before.name == column.name) {
                return Err(Error::input(path, format!("describes the column {:?} twice", column.name)));
            }
        }
        Ok(schema)
    }

    /// Writes the schema as JSON, whole or not at all.
    ///
    /// ```
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("schema.json");
    /// use penstroke::data::{GivenColumn, Schema, SchemaOptions, TypedTable};
    /// let columns = vec![GivenColumn::Numbers(vec![1.5, 2.5])];
    /// let table = TypedTable::from_columns("frame", vec!["x".into()], columns, &SchemaOptions::default())?;
    /// table.schema().write(&path)?;
    /// assert_eq!(Schema::read(&path)?, *table.schema());
    /// # Ok::<(), penstroke::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        write_atomic(path, |out| {
            serde_json::to_writer_pretty(&mut *out, self)?;
            out.write_all(b"\n")
        })
    }
}

fn is_false(value: &bool) -> bool {
    !value
}

fn is_zero(value: &usize) -> bool {
    *value == 0
}

/// The name of a column in a warning.
pub(super) fn shown_name(name: &str) -> String {
    if name.is_empty() { "the column without a name".into() } else { format!("column {name}") }
}

/// The name of a column among others.
pub(super) fn called(name: &str) -> String {
    if name.is_empty() { shown_name("") } else { name.to_owned() }
}
