//! Reads a table in the way of an earlier one.

use super::kind::ColumnKind;
use super::options::SchemaOptions;
use super::read::{check_names, taken_like};
use super::schema::Schema;
use super::source::TableSource;
use super::take::Taken;
use super::text::Like;
use super::typed::{GivenColumn, MISSING, SourceFile, TypedTable};
use super::warnings::Warnings;
use crate::data::hold::ColumnPlace;
use crate::data::read::table::field::cell;
use crate::error::{Problem, Row, counted};
use crate::{Error, Result};
use std::path::Path;

impl TypedTable {
    /// Reads a table with the columns that `schema` describes, which may be in another order. Columns that it lacks are left out,
    /// and so may be a label and columns of which nothing is learned. A category that the schema lacks is missing, unless rare ones
    /// were merged into [`OTHER`](super::OTHER). The marks in numbers and the words for what is missing are those of the
    /// schema; of `options`, only what says how text is read is used.
    ///
    /// # Errors
    /// If the table cannot be read, lacks columns, or holds something that is not a number in a column of numbers.
    pub fn read_like(path: &Path, schema: &Schema, options: &SchemaOptions) -> Result<Self> {
        let source = TableSource::open(path)?;
        let text = schema.text.as_ref();
        let options = SchemaOptions {
            types: Vec::new(),
            schema: None,
            na_values: options
                .na_values
                .clone()
                .or_else(|| text.filter(|_| source.is_text).and_then(|form| form.na_values.clone())),
            decimal: options.decimal.or_else(|| text.filter(|_| source.is_text).map(|form| form.decimal)),
            thousands: options
                .thousands
                .or_else(|| text.filter(|_| source.is_text).and_then(|form| form.thousands)),
            header: options.header.or_else(|| text.filter(|_| source.is_text).map(|form| form.header)),
            delimiter: options.delimiter,
        };
        let needed = schema.columns.iter().filter(|column| is_needed(column.kind));
        let wanted: Vec<&str> = needed.map(|column| column.name.as_str()).collect();
        let delimiter = text.and_then(|form| u8::try_from(form.delimiter).ok());
        let (names, form) = source.names(&options, &Like { names: &wanted, delimiter })?;
        check_names(&source.name(), &names)?;
        let places: Vec<Option<usize>> =
            schema.columns.iter().map(|column| names.iter().position(|name| *name == column.name)).collect();
        refuse_lacking(&source.name(), schema, &places, &names)?;

        let mut taken: Vec<Taken> = schema.columns.iter().map(taken_like).collect();
        let in_schema: Vec<String> = schema.columns.iter().map(|column| column.name.clone()).collect();
        let n_rows = source.take(form.as_ref(), &places, &mut taken, &in_schema)?;
        let mut warnings = Warnings::default();
        for (column, taken) in schema.columns.iter().zip(&taken) {
            warnings.unseen(&column.name, taken);
        }
        let columns: Vec<_> = taken.into_iter().map(|taken| taken.finish().0).collect();
        let file = SourceFile { path: path.to_owned(), opened: source.opened.clone(), form, places };
        let name = source.name();
        let mut table =
            Self { name, schema: schema.clone(), n_rows, columns, warnings: Vec::new(), file: Some(file) };
        table.count_missing();
        for (at, column) in table.schema.columns.iter().enumerate() {
            if !table.lacks(at) {
                warnings.gaps(column, n_rows);
            }
        }
        table.warnings = of_extra(schema, &names).into_iter().chain(warnings.lines()).collect();
        table.checked()
    }

    /// A table of columns in memory, which messages call `name`, with the columns that `schema` describes, in its order. A category
    /// that the schema lacks is missing, unless rare ones were merged into [`OTHER`](super::OTHER); a warning counts them.
    ///
    /// ```
    /// use penstroke::data::{Cells, GivenColumn, SchemaOptions, TypedTable};
    /// let columns = |all: &[&str]| vec![GivenColumn::Texts(all.iter().map(|text| Some((*text).to_owned())).collect())];
    /// let names = vec!["c".to_owned()];
    /// let train = TypedTable::from_columns("frame", names, columns(&["x", "y", "x"]), &SchemaOptions::default())?;
    /// let table = TypedTable::from_columns_like("new", columns(&["y"]), train.schema())?;
    /// assert_eq!(table.columns(), [Cells::Codes(vec![1])]);
    /// # Ok::<(), penstroke::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the number of columns is another, columns differ in length, or a column of numbers holds something that is not a finite
    /// number.
    pub fn from_columns_like(name: &str, columns: Vec<GivenColumn>, schema: &Schema) -> Result<Self> {
        let n_needed = schema.columns.len();
        if columns.len() != n_needed {
            let problem = format!("has {}; {n_needed} are needed", counted(columns.len(), "column"));
            return Err(Error::input(name, problem));
        }
        let n_rows = columns.first().map_or(0, GivenColumn::len);
        let (mut cells, mut warnings) = (Vec::new(), Warnings::default());
        for (at, (given, column)) in columns.into_iter().zip(&schema.columns).enumerate() {
            let place = ColumnPlace { name: Some(column.name.clone()), number: at + 1 };
            let wrong = |row: Option<usize>, problem: Problem| {
                Error::input(cell(name, row.map(Row::Number), &place), problem)
            };
            if given.len() != n_rows {
                let problem = format!("has {} rows, and the first column has {n_rows}", given.len());
                return Err(wrong(None, problem.into()));
            }
            let mut taken = taken_like(column);
            take(&mut taken, given).map_err(|(row, problem)| wrong(Some(row), problem))?;
            warnings.unseen(&column.name, &taken);
            cells.push(taken.finish().0);
        }
        let (schema, warnings) = (schema.clone(), warnings.lines());
        let mut table = Self { name: name.to_owned(), schema, n_rows, columns: cells, warnings, file: None };
        table.count_missing();
        Ok(table)
    }
}

/// Takes the cells of a column in memory; the error has the row, from 1.
fn take(taken: &mut Taken, column: GivenColumn) -> Result<(), (usize, Problem)> {
    let mut push = |row: usize, text: Option<&str>| match text {
        None => {
            taken.push_missing();
            Ok(())
        }
        Some(text) => taken.push(text, || None).map_err(|problem| (row, shown(text, problem))),
    };
    match column {
        GivenColumn::Texts(texts) => (1..).zip(&texts).try_for_each(|(row, text)| push(row, text.as_deref())),
        GivenColumn::Codes(codes, all) => {
            (1..).zip(codes).try_for_each(|(row, code)| match all.get(code as usize) {
                None if code != MISSING => {
                    Err((row, format!("code {code} is beyond the {} categories", all.len()).into()))
                }
                category => push(row, category.map(String::as_str)),
            })
        }
        GivenColumn::Numbers(numbers) => (1..).zip(numbers).try_for_each(|(row, number)| {
            if number.is_nan() {
                taken.push_missing();
                return Ok(());
            }
            taken.push_number(number).map_err(|problem| (row, shown(&number.to_string(), problem)))
        }),
    }
}

/// A problem with the value that has it.
fn shown(value: &str, problem: Problem) -> Problem {
    Problem { text: format!("{} {}", super::infer::shown(value), problem.text), ..problem }
}

/// Whether a table without such a column cannot be used.
fn is_needed(kind: ColumnKind) -> bool {
    !kind.is_left() && kind != ColumnKind::Label
}

/// Refuses a table that lacks columns, and names them.
fn refuse_lacking(table: &str, schema: &Schema, places: &[Option<usize>], names: &[String]) -> Result<()> {
    let lacking: Vec<&str> = schema
        .columns
        .iter()
        .zip(places)
        .filter(|(column, place)| place.is_none() && is_needed(column.kind))
        .map(|(column, _)| column.name.as_str())
        .collect();
    if lacking.is_empty() {
        return Ok(());
    }
    let plural = if lacking.len() == 1 { "" } else { "s" };
    let problem = format!(
        "lacks the column{plural} {} that {} needed; its columns are {}",
        listed(&lacking),
        if lacking.len() == 1 { "is" } else { "are" },
        listed(&names.iter().map(String::as_str).collect::<Vec<_>>())
    );
    Err(Error::input(table, Problem::from(problem)))
}

/// The warning about columns that the schema lacks.
fn of_extra(schema: &Schema, names: &[String]) -> Option<String> {
    let is_extra = |name: &&String| schema.columns.iter().all(|column| column.name != **name);
    let extra: Vec<&str> = names.iter().filter(is_extra).map(String::as_str).collect();
    match extra.len() {
        0 => None,
        1 => Some(format!("column {} is not among those of the model and is left out", extra[0])),
        _ => Some(format!("columns {} are not among those of the model and are left out", listed(&extra))),
    }
}

/// The first few names.
fn listed(names: &[&str]) -> String {
    let more = if names.len() > 20 { ", …" } else { "" };
    format!("{}{more}", names[..names.len().min(20)].join(", "))
}
