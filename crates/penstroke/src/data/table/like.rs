//! Reads a table in the way of an earlier one.

use super::kind::ColumnKind;
use super::options::SchemaOptions;
use super::read::{check_names, taken_like, tell_gaps};
use super::schema::Schema;
use super::source::TableSource;
use super::take::Taken;
use super::text::Like;
use super::typed::{SourceFile, TypedTable};
use crate::error::Problem;
use crate::{Error, Result};
use std::path::Path;

impl TypedTable {
    /// Reads a table with the columns that `schema` describes, which may be in another order. Columns that it lacks are left out,
    /// and so may be a label and columns of which nothing is learned. A category that the schema lacks is missing, unless it has
    /// [`OTHER`](super::OTHER). The marks in numbers and the words for what is missing are those of the schema; of `options`, only
    /// what says how text is read is used.
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
        let mut warnings: Vec<String> = of_extra(schema, &names).into_iter().collect();
        for (column, taken) in schema.columns.iter().zip(&taken) {
            warnings.extend(of_unseen(&column.name, taken));
        }
        let columns: Vec<_> = taken.into_iter().map(|taken| taken.finish().0).collect();
        let file = SourceFile { path: path.to_owned(), opened: source.opened.clone(), form, places };
        let name = source.name();
        let mut table =
            Self { name, schema: schema.clone(), n_rows, columns, warnings: Vec::new(), file: Some(file) };
        table.count_missing();
        for (at, column) in table.schema.columns.iter().enumerate() {
            if !table.lacks(at) {
                tell_gaps(column, n_rows, &mut warnings);
            }
        }
        table.warnings = warnings;
        table.checked()
    }
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

/// The warning about categories that the schema lacks.
fn of_unseen(name: &str, taken: &Taken) -> Option<String> {
    let Taken::Codes(codes) = taken else { return None };
    let (n @ 1.., Some(first)) = &codes.unseen else { return None };
    let cells = if *n == 1 { "1 cell holds a category".into() } else { format!("{n} cells hold categories") };
    Some(format!("column {name}: {cells} not seen in training, the first {first:?}; they count as missing"))
}

/// The first few names.
fn listed(names: &[&str]) -> String {
    let more = if names.len() > 20 { ", …" } else { "" };
    format!("{}{more}", names[..names.len().min(20)].join(", "))
}
