//! A table with typed columns in memory.

use super::schema::{ColumnSchema, Schema, shown_name};
use std::fs::Metadata;
use std::path::PathBuf;

/// The code of a missing category.
pub const MISSING: u32 = u32::MAX;

/// The cells of a column, one per row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cells {
    /// Numbers; NaN where missing.
    Numbers(Vec<f64>),
    /// Indices into the column's categories; [`MISSING`] where missing.
    Codes(Vec<u32>),
    /// Nothing, because the column is left out.
    Left,
}

impl Cells {
    /// Whether the cell of this row is missing; cells of a column that is left out are not.
    pub fn is_missing(&self, row: usize) -> bool {
        match self {
            Cells::Numbers(numbers) => numbers[row].is_nan(),
            Cells::Codes(codes) => codes[row] == MISSING,
            Cells::Left => false,
        }
    }
}

/// A table whose columns are numbers or categories, with gaps.
///
/// Memory: eight bytes per number and four per category.
#[derive(Clone, Debug)]
pub struct TypedTable {
    pub(super) name: String,
    pub(super) schema: Schema,
    pub(super) n_rows: usize,
    pub(super) columns: Vec<Cells>,
    pub(super) warnings: Vec<String>,
    pub(super) file: Option<SourceFile>,
}

/// The file that a table was read from.
#[derive(Clone, Debug)]
pub(super) struct SourceFile {
    pub(super) path: PathBuf,
    /// The file as it was when it was read.
    pub(super) opened: Metadata,
    /// How the text of this file was read, if it is text.
    pub(super) form: Option<super::schema::TextForm>,
    /// For each column of the schema, its place in the file.
    pub(super) places: Vec<Option<usize>>,
}

impl TypedTable {
    /// The table's file, or the name that it was given, for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the columns hold.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// The cells of all columns, in the order of the schema.
    pub fn columns(&self) -> &[Cells] {
        &self.columns
    }

    /// Each column with its cells.
    pub fn each_column(&self) -> impl Iterator<Item = (&ColumnSchema, &Cells)> {
        self.schema.columns.iter().zip(&self.columns)
    }

    /// Whether the table's file lacks this column of the schema, as it may lack a label; all its cells are missing then.
    pub fn lacks(&self, column: usize) -> bool {
        self.file.as_ref().is_some_and(|file| file.places.get(column).is_some_and(Option::is_none))
    }

    /// Some of the rows, in this order. The schema stays that of the whole table; nothing can be written back to its file.
    ///
    /// # Panics
    /// If there is no such row.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        let take = |cells: &Cells| match cells {
            Cells::Numbers(numbers) => Cells::Numbers(rows.iter().map(|&row| numbers[row]).collect()),
            Cells::Codes(codes) => Cells::Codes(rows.iter().map(|&row| codes[row]).collect()),
            Cells::Left => Cells::Left,
        };
        let columns = self.columns.iter().map(take).collect();
        Self { columns, n_rows: rows.len(), warnings: Vec::new(), file: None, ..self.clone() }
    }

    /// Number of rows without any value.
    pub fn n_empty_rows(&self) -> usize {
        let used: Vec<&Cells> = self.columns.iter().filter(|cells| !matches!(cells, Cells::Left)).collect();
        (0..self.n_rows).filter(|&row| used.iter().all(|cells| cells.is_missing(row))).count()
    }

    /// Counts the missing cells of each column that is not left out.
    pub(super) fn count_missing(&mut self) {
        self.schema.n_rows = self.n_rows;
        for (column, cells) in self.schema.columns.iter_mut().zip(&self.columns) {
            if !matches!(cells, Cells::Left) {
                column.n_missing = (0..self.n_rows).filter(|&row| cells.is_missing(row)).count();
            }
        }
    }

    /// The columns that are left out without having been asked for, one per line with the reason; [`Schema::summary`] has them too.
    pub fn left_out(&self) -> Vec<String> {
        let left = self.schema.columns.iter().filter(|column| column.kind.is_left());
        let left = left.filter(|column| !column.reason.is_empty() && column.reason != "as given");
        left.map(|column| format!("{} is left out: {}", shown_name(&column.name), column.reason)).collect()
    }

    /// Warnings from reading, one per line.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

/// Values for missing cells of one column.
#[derive(Clone, Debug, PartialEq)]
pub struct Fill {
    /// The column, its index in the schema.
    pub column: usize,
    /// The rows from 0, ascending; their cells are missing.
    pub rows: Vec<usize>,
    /// A value for each of these rows.
    pub values: Cells,
}

/// A column of values that are already in memory.
#[derive(Clone, Debug, PartialEq)]
pub enum GivenColumn {
    /// Numbers; NaN where missing.
    Numbers(Vec<f64>),
    /// Codes of these categories; [`MISSING`] where missing.
    Codes(Vec<u32>, Vec<String>),
    /// Texts; `None` where missing.
    Texts(Vec<Option<String>>),
}
