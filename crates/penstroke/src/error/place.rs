//! The place of a problem in the caller's data.

use std::fmt;
use std::path::{Path, PathBuf};

/// The place of unusable input.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// A file or folder.
    File(PathBuf),
    /// A row, a column or a cell of a table.
    Cell {
        /// The table's file or source.
        table: String,
        /// The row.
        row: Option<Row>,
        /// The column.
        column: Option<Column>,
    },
    /// A built-in source, standard input, or samples that the caller passed.
    Name(String),
}

/// A row of a table, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// A line of a text file; the line of names counts.
    Line(usize),
    /// A row of values.
    Number(usize),
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its number, counted from 1.
    pub number: usize,
    /// Its name, if it has one.
    pub name: Option<String>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::File(path) => write!(f, "{}", path.display()),
            Place::Name(name) => f.write_str(name),
            Place::Cell { table, row, column } => {
                f.write_str(table)?;
                let mut separator = ": ";
                if let Some(row) = row {
                    match row {
                        Row::Line(line) => write!(f, "{separator}line {line}")?,
                        Row::Number(row) => write!(f, "{separator}row {row} (from 1)")?,
                    }
                    separator = ", ";
                }
                column.as_ref().map_or(Ok(()), |column| write!(f, "{separator}{column}"))
            }
        }
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "column {} ({name})", self.number),
            None => write!(f, "column {}", self.number),
        }
    }
}

impl From<&str> for Place {
    fn from(name: &str) -> Self {
        Place::Name(name.to_owned())
    }
}

impl From<String> for Place {
    fn from(name: String) -> Self {
        Place::Name(name)
    }
}

impl From<&String> for Place {
    fn from(name: &String) -> Self {
        Place::Name(name.clone())
    }
}

impl From<&Path> for Place {
    fn from(path: &Path) -> Self {
        Place::File(path.to_owned())
    }
}

impl From<&PathBuf> for Place {
    fn from(path: &PathBuf) -> Self {
        Place::File(path.clone())
    }
}
