//! Single fields of a table.

use crate::data::hold::ColumnPlace;
use crate::error::{Column, Place, Row};

/// The remedy for a column that cannot be read.
pub(super) const LEAVE_OUT: &str = "leave the column out";

/// A position in the table `file`, for errors.
pub(super) fn cell(file: &str, row: Option<Row>, column: &ColumnPlace) -> Place {
    let column = Column { number: column.number, name: column.name.clone() };
    Place::Cell { table: file.to_owned(), row, column: Some(column) }
}

/// Words for a missing value; an empty field is missing too.
const MISSING: [&str; 9] = ["?", "NA", "N/A", "NaN", "nan", "NULL", "null", "None", "none"];

pub(super) fn is_missing(field: &str) -> bool {
    field.is_empty() || MISSING.contains(&field)
}

/// The number in a field; true and false are 1 and 0, as in columnar files.
pub(super) fn number(field: &str) -> Option<f32> {
    match field {
        "true" | "True" | "TRUE" => Some(1.0),
        "false" | "False" | "FALSE" => Some(0.0),
        _ => field.parse().ok(),
    }
}
