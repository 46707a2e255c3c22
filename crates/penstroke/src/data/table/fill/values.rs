//! The values for missing cells, row by row, by the places of the columns in the file.

use super::super::schema::ColumnSchema;
use super::super::typed::{Cells, Fill, SourceFile, TypedTable};

/// Values for the missing cells of a file.
pub(super) struct Values<'a> {
    /// For each column of the file, the values for it.
    columns: Vec<Option<OfColumn<'a>>>,
}

struct OfColumn<'a> {
    column: &'a ColumnSchema,
    fill: &'a Fill,
    /// The next of the fill's rows.
    next: usize,
}

/// A value for a missing cell.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    Number(f64),
    Category(&'a str),
}

impl<'a> Values<'a> {
    pub(super) fn new(table: &'a TypedTable, file: &SourceFile, fills: &'a [Fill]) -> Self {
        let n_columns = file.places.iter().flatten().map(|at| at + 1).max().unwrap_or(0);
        let mut columns: Vec<Option<OfColumn<'a>>> = (0..n_columns).map(|_| None).collect();
        for fill in fills {
            if let Some(at) = file.places[fill.column] {
                let column = &table.schema.columns[fill.column];
                columns[at] = Some(OfColumn { column, fill, next: 0 });
            }
        }
        Self { columns }
    }

    /// The value for the cell of this row in the file's column `at`, if there is one. Rows must be asked for in order.
    pub(super) fn next(&mut self, at: usize, row: usize) -> Option<(&'a ColumnSchema, Value<'a>)> {
        let of = self.columns.get_mut(at)?.as_mut()?;
        if of.fill.rows.get(of.next) != Some(&row) {
            return None;
        }
        let k = of.next;
        of.next += 1;
        let value = match &of.fill.values {
            Cells::Numbers(numbers) => Value::Number(numbers[k]),
            Cells::Codes(codes) => Value::Category(of.column.categories.get(codes[k] as usize)?),
            Cells::Left => return None,
        };
        Some((of.column, value))
    }

    /// The values for the rows from `first` to before `end` of a column, each with its row counted from `first`.
    #[cfg(feature = "columnar")]
    pub(super) fn within(&mut self, at: usize, first: usize, end: usize) -> Vec<(usize, Value<'a>)> {
        let mut found = Vec::new();
        loop {
            let row = self.columns.get(at).and_then(Option::as_ref);
            let Some(&row) = row.and_then(|of| of.fill.rows.get(of.next)).filter(|row| **row < end) else {
                return found;
            };
            let Some((_, value)) = self.next(at, row) else { return found };
            found.push((row - first, value));
        }
    }
}

impl Value<'_> {
    /// The value as text: with as many decimals as the column's other cells, rounded if they are whole, and in this decimal mark.
    pub(super) fn written(self, column: &ColumnSchema, decimal: char) -> String {
        let number = match self {
            Value::Number(number) => number,
            // Categories that are numbers are written as the other cells are: 1.0 beside 2.0.
            Value::Category(text) => match text.parse::<f64>() {
                Ok(number) if column.is_whole || column.decimals > 0 || column.digits > 0 => number,
                _ => return text.to_owned(),
            },
        };
        let number = if column.is_whole { number.round() } else { number };
        let text = match (column.digits, column.decimals) {
            (0, 0) => number.to_string(),
            (0, decimals) => format!("{number:.decimals$}"),
            (digits, _) => shortest(number, digits),
        };
        let is_zero = text.bytes().all(|byte| matches!(byte, b'-' | b'0' | b'.'));
        let text = if is_zero { text.trim_start_matches('-') } else { &text };
        text.replace('.', &decimal.to_string())
    }
}

/// A number with at most so many significant digits, with an exponent if that is shorter.
fn shortest(number: f64, digits: usize) -> String {
    // As many digits as tell the number from all others may be less.
    let exact = format!("{number:e}");
    let n_exact =
        exact.split('e').next().map_or(0, |mantissa| mantissa.bytes().filter(u8::is_ascii_digit).count());
    let rounded = format!("{number:.*e}", digits.saturating_sub(1));
    let scientific = if n_exact <= digits { exact } else { rounded };
    let plain = scientific.parse::<f64>().unwrap_or(number).to_string();
    if plain.len() <= scientific.len() { plain } else { scientific }
}
