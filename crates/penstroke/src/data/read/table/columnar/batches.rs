//! Collects a table from its record batches.

use super::column::{Column, width};
use super::limit::{TOO_MUCH, limit};
use crate::data::hold::{ColumnPlace, Dataset, Preparation};
use crate::data::read::table::field::cell;
use crate::data::read::table::gather::{Gather, Learned};
use crate::data::read::table::layout::Layout;
use crate::data::read::table::options::TableOptions;
use crate::error::{Problem, Row};
use crate::{Error, Result};
use arrow_array::{Array, RecordBatch};
use arrow_schema::Schema;

/// The columns in which pandas stored row names.
pub(super) fn row_names(pandas: Option<&str>) -> Vec<String> {
    let metadata = pandas.and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok());
    let columns = metadata.as_ref().and_then(|metadata| metadata.get("index_columns")?.as_array());
    // For rows that are only numbered, pandas lists an object instead of a column name.
    columns.into_iter().flatten().filter_map(|column| Some(column.as_str()?.to_owned())).collect()
}

/// A partly read table.
pub(super) struct Batches<'a> {
    file: &'a str,
    options: &'a TableOptions,
    learned: Option<&'a Preparation>,
    layout: Layout,
    /// Created when the first batch reveals the length of lists.
    gather: Option<Gather>,
    widths: Vec<usize>,
    n_rows: u64,
    /// Bytes that the values take, and their limit.
    used: u64,
    limit: u64,
}

impl<'a> Batches<'a> {
    /// Starts a table of this schema, from a file of `n_bytes`; `pandas` is the metadata that pandas wrote, if any.
    pub(super) fn new(
        file: &'a str,
        schema: &Schema,
        pandas: Option<&str>,
        n_bytes: u64,
        options: &'a TableOptions,
        learned: Option<&'a Preparation>,
    ) -> Result<Self> {
        let unused = [("header", options.header.is_some()), ("delimiter", options.delimiter.is_some())];
        if let Some((option, _)) = unused.into_iter().find(|(_, is_set)| *is_set) {
            return Err(Error::input(file, "names its own columns").leave_out(option));
        }
        let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
        let n_fields = names.len();
        let columns = learned.and_then(|learned| learned.columns.as_ref());
        let layout = Layout::named(Some(names), n_fields, &row_names(pandas), options, columns)
            .map_err(|problem| Error::input(file, problem))?;
        let limit = limit(n_bytes);
        Ok(Self {
            file,
            options,
            learned,
            layout,
            gather: None,
            widths: Vec::new(),
            n_rows: 0,
            used: 0,
            limit,
        })
    }

    /// Raises the limit after `n_bytes` of the file have been read.
    pub(super) fn grow(&mut self, n_bytes: u64) {
        self.limit = limit(n_bytes);
    }

    /// The columns to read, in file order.
    pub(super) fn columns(&self) -> Vec<usize> {
        let mut columns: Vec<usize> = self.layout.features.iter().map(|chosen| chosen.at).collect();
        columns.extend(self.layout.label);
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    /// Adds the rows of a batch. `at` maps a column of the file to a column of the batch.
    pub(super) fn push(&mut self, batch: &RecordBatch, at: impl Fn(usize) -> Option<usize>) -> Result<()> {
        let file = self.file;
        let column = |of: usize| -> Result<&dyn Array> {
            let array = at(of).and_then(|at| batch.columns().get(at));
            array.map(AsRef::as_ref).ok_or_else(|| Error::input(file, format!("lacks column {}", of + 1)))
        };
        let n_rows = batch.num_rows();
        if n_rows == 0 {
            return Ok(());
        }
        if self.gather.is_none() {
            self.begin(column)?;
        }
        let n_values = self.widths.iter().fold(1u64, |sum, &width| sum.saturating_add(width as u64));
        let needed = n_values.saturating_mul(4).saturating_mul(n_rows as u64);
        self.used = self.used.saturating_add(needed);
        if self.used > self.limit {
            return Err(Error::input(self.file, TOO_MUCH));
        }

        let mut columns = Vec::with_capacity(self.layout.features.len());
        for (chosen, &width) in self.layout.features.iter().zip(&self.widths) {
            let array = column(chosen.at)?;
            let read = match chosen.one_hot {
                true => Column::texts(array),
                false => Column::numbers(array, width, self.n_rows),
            };
            columns.push(read.map_err(|problem| self.refuse(chosen.at, problem))?);
        }
        let label = match self.layout.label {
            Some(at) => Some(Column::texts(column(at)?).map_err(|problem| self.refuse(at, problem))?),
            None => None,
        };
        let Some(gather) = &mut self.gather else { return Ok(()) };
        let first = self.n_rows + 1;
        for row in 0..n_rows {
            gather.reserve().map_err(|_| Error::input(file, "its rows do not fit in memory"))?;
            let wrong = |column: &ColumnPlace, shown: &str, problem: Problem| {
                let at = cell(file, Some(Row::Number(first as usize + row)), column);
                Error::input(at, Problem { text: format!("{shown} {}", problem.text), ..problem })
            };
            for (k, column) in columns.iter().enumerate() {
                column
                    .push(row, k, gather)
                    .map_err(|problem| wrong(gather.place(k), &column.shown(row), problem))?;
            }
            if let Some(label) = &label {
                let text = label.text(row).unwrap_or_default();
                gather.push_label(&text, |place, problem| wrong(place, &label.shown(row), problem))?;
            }
        }
        self.n_rows += n_rows as u64;
        Ok(())
    }

    /// Determines the widths of the columns from the first batch.
    fn begin<'b>(&mut self, column: impl Fn(usize) -> Result<&'b dyn Array>) -> Result<()> {
        for (k, chosen) in self.layout.features.iter().enumerate() {
            let width = match chosen.one_hot {
                true => 1,
                false => width(column(chosen.at)?).map_err(|problem| self.refuse(chosen.at, problem))?,
            };
            let learned = self.learned.and_then(|learned| learned.columns.as_ref()?.features.get(k));
            if let Some(learned) = learned.filter(|learned| !chosen.one_hot && learned.width != width) {
                let problem = format!("gives {width} values but the model needs {}", learned.width);
                return Err(self.refuse(chosen.at, problem.into()));
            }
            self.widths.push(width);
        }
        self.gather = Some(Gather::new(&self.layout, &self.widths, self.options, self.learned));
        Ok(())
    }

    /// An error in a column of the file.
    fn refuse(&self, of: usize, problem: Problem) -> Error {
        let name = self.layout.names.as_ref().map(|names| names[of].clone());
        Error::input(cell(self.file, None, &ColumnPlace { name, number: of + 1 }), problem)
    }

    /// Takes the values of the rows added since the last call.
    pub(super) fn take_rows(&mut self) -> Result<Vec<f32>> {
        let Some(gather) = &mut self.gather else { return Ok(Vec::new()) };
        if let Some(what) = gather.needs_all() {
            let problem = format!("{what} are learned from all rows at once");
            return Err(Error::input(self.file, problem).leave_out("stream"));
        }
        gather.take_rows(self.file)
    }

    /// Returns the samples.
    pub(super) fn finish(self) -> Result<Dataset> {
        let file = self.file;
        self.gathered()?.finish(file)
    }

    /// Returns what was learned besides the values already taken.
    pub(super) fn learned(self) -> Result<Learned> {
        let file = self.file;
        Ok(self.gathered()?.learned(file))
    }

    fn gathered(self) -> Result<Gather> {
        self.gather.ok_or_else(|| Error::input(self.file, "holds no rows"))
    }
}
