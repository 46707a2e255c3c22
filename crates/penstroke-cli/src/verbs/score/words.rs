//! Cells as text: what a table has, and what was expected.

use penstroke::anomaly::{Expected, UnusualCell};
use penstroke::data::{Cells, ColumnSchema, TypedTable};

/// Significant digits of scores, and of numbers of columns that say nothing of decimals.
const DIGITS: usize = 6;

/// The name of a cell's column.
pub(super) fn column<'a>(table: &'a TypedTable, cell: &UnusualCell) -> &'a ColumnSchema {
    &table.schema().columns[cell.column]
}

/// The value of a cell in a row, equal to that in the table.
pub(super) fn value(table: &TypedTable, row: usize, cell: &UnusualCell) -> String {
    let column = column(table, cell);
    match &table.columns()[cell.column] {
        Cells::Numbers(numbers) => {
            let text = number(column, numbers[row]);
            if text.parse() == Ok(numbers[row]) { text } else { plain(numbers[row]) }
        }
        Cells::Codes(codes) => category(column, codes[row] as usize),
        Cells::Left => String::new(),
    }
}

/// What was expected of a cell: a number, or a category.
pub(super) fn expected(column: &ColumnSchema, expected: &Expected) -> String {
    match expected {
        Expected::Number { value, .. } => number(column, *value),
        Expected::Category { category: at, .. } => category(column, *at),
    }
}

/// What was expected of a cell, with the range or the probability.
pub(super) fn expected_with_range(column: &ColumnSchema, of: &Expected) -> String {
    match of {
        Expected::Number { range: [low, high], .. } => match [number(column, *low), number(column, *high)] {
            [low, high] if low == high => low,
            [low, high] => format!("{low} to {high}"),
        },
        Expected::Category { probability, .. } => {
            format!("{}, {:.0} %", expected(column, of), 100.0 * probability)
        }
    }
}

/// The name of a category.
pub(super) fn category(column: &ColumnSchema, code: usize) -> String {
    column.categories.get(code).cloned().unwrap_or_default()
}

/// A number of a column, with its decimals.
fn number(column: &ColumnSchema, value: f64) -> String {
    let text = match (column.is_whole, column.digits, column.decimals) {
        (true, ..) => plain(value.round()),
        (_, 0, 0) => rounded(value),
        (_, 0, decimals) => format!("{value:.decimals$}"),
        (_, digits, _) => plain(to_digits(value, digits)),
    };
    let is_zero = text.bytes().all(|byte| matches!(byte, b'-' | b'0' | b'.'));
    if is_zero { text.trim_start_matches('-').to_owned() } else { text }
}

/// A number with six significant digits.
pub(super) fn rounded(value: f64) -> String {
    plain(to_digits(value, DIGITS))
}

fn to_digits(value: f64, digits: usize) -> f64 {
    format!("{value:.*e}", digits.saturating_sub(1)).parse().unwrap_or(value)
}

/// All digits of a number, with an exponent if it is very large or small.
fn plain(value: f64) -> String {
    format!("{value:?}").trim_end_matches(".0").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use penstroke::data::{SchemaOptions, TypedTable};

    #[test]
    fn numbers_have_the_decimals_of_their_column_and_values_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        std::fs::write(&path, "money,n,power,c\n1.50,3,1.5e9,x\n0.25,12345678,2e-12,y\n-7.10,4,3e4,x\n")
            .unwrap();
        let table = TypedTable::read(&path, &SchemaOptions::default()).unwrap();
        let [money, n, power, c] = &table.schema().columns[..] else { panic!() };
        for (column, value, text) in [
            (money, 40.126, "40.13"),
            (money, -0.001, "0.00"),
            (n, 1_234_567.8, "1234568"),
            (power, 1.234e10, "12000000000"),
            (power, 2.34e-12, "2.3e-12"),
        ] {
            assert_eq!(number(column, value), text);
        }
        let both = Expected::Number { value: 2.0, range: [1.5, 3.25] };
        assert_eq!(expected_with_range(money, &both), "1.50 to 3.25");
        let one = Expected::Number { value: 2.0, range: [1.9, 2.1] };
        assert_eq!(expected_with_range(n, &one), "2");
        let category = Expected::Category { category: 1, probability: 0.838 };
        assert_eq!(expected_with_range(c, &category), "y, 84 %");
        assert_eq!([0.123_456_789, 1e-9, 1e20].map(rounded), ["0.123457", "1e-9", "1e20"]);

        std::fs::write(&path, "c,money,n,power\ny,1.505,3,1.55e9\n").unwrap();
        let like = TypedTable::read_like(&path, table.schema(), &SchemaOptions::default()).unwrap();
        let cell = |column| UnusualCell { column, score: 1.0, expected: both.clone() };
        let values: Vec<String> = (0..4).map(|at| super::value(&like, 0, &cell(at))).collect();
        assert_eq!(values, ["1.505", "3", "1550000000", "y"]);
    }
}
