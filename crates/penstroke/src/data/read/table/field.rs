//! Single fields of a table: what is missing, and what number a text stands for.

use super::options::TableOptions;
use crate::data::hold::{ColumnPlace, Columns};
use crate::error::{Column, Place, Row};
use std::borrow::Cow;
use std::str::FromStr;

/// The remedy for a column that cannot be read.
pub(super) const LEAVE_OUT: &str = "leave the column out";

/// A position in the table `file`, for errors.
pub(in crate::data) fn cell(file: &str, row: Option<Row>, column: &ColumnPlace) -> Place {
    let column = Column { number: column.number, name: column.name.clone() };
    Place::Cell { table: file.to_owned(), row, column: Some(column) }
}

/// Fields of a text table that count as missing unless other words are given: those of pandas, and the question mark of
/// many older tables.
///
/// An empty field is always missing.
pub const NA_VALUES: [&str; 19] = [
    "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "?",
    "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
];

/// How the fields of a text table are read.
pub(in crate::data) struct Fields {
    missing: Vec<String>,
    /// For each byte, whether a missing word begins with it.
    begins_missing: [bool; 256],
    decimal: char,
    thousands: Option<char>,
}

impl Fields {
    /// Reads fields by these options; a table that was `learned` earlier has its own words for what is missing.
    pub(super) fn of(options: &TableOptions, learned: Option<&Columns>) -> Self {
        let words = learned.map_or(&options.na_values, |learned| &learned.na_values);
        Self::new(words.as_deref(), options.decimal.unwrap_or('.'), options.thousands)
    }

    /// Reads fields with these words for what is missing, [`NA_VALUES`] if `None`, and these marks in numbers.
    pub(in crate::data) fn new(words: Option<&[String]>, decimal: char, thousands: Option<char>) -> Self {
        let missing = words.map_or_else(|| NA_VALUES.map(str::to_owned).to_vec(), <[String]>::to_vec);
        let mut begins_missing = [false; 256];
        for word in &missing {
            word.bytes().take(1).for_each(|first| begins_missing[usize::from(first)] = true);
        }
        Self { missing, begins_missing, decimal, thousands }
    }

    pub(in crate::data) fn is_missing(&self, field: &str) -> bool {
        match field.as_bytes().first() {
            None => true,
            Some(&first) => {
                self.begins_missing[usize::from(first)] && self.missing.iter().any(|word| word == field)
            }
        }
    }

    /// The number in a field; true and false are 1 and 0, as in columnar files.
    pub(in crate::data) fn number<T: FromStr + From<u8>>(&self, field: &str) -> Option<T> {
        match field {
            "true" | "True" | "TRUE" => Some(T::from(1)),
            "false" | "False" | "FALSE" => Some(T::from(0)),
            _ if self.decimal == '.' && self.thousands.is_none() => field.parse().ok(),
            _ => self.plain(field)?.parse().ok(),
        }
    }

    /// Digits behind the decimal mark of a number; 0 for one with an exponent.
    pub(in crate::data) fn decimals(&self, number: &str) -> usize {
        let behind = number.find(self.decimal).map_or("", |at| &number[at + self.decimal.len_utf8()..]);
        if behind.bytes().all(|byte| byte.is_ascii_digit()) { behind.len() } else { 0 }
    }

    /// The number with a point and without separators; `None` if they are in the wrong places.
    fn plain<'a>(&self, field: &'a str) -> Option<Cow<'a, str>> {
        let (whole, rest) = match field.find(self.decimal) {
            Some(at) => (&field[..at], Some(&field[at + self.decimal.len_utf8()..])),
            None => (field, None),
        };
        let whole = match self.thousands {
            Some(separator) => without_separators(whole, separator)?,
            None => Cow::Borrowed(whole),
        };
        // A point that is neither mark would otherwise be read as the decimal mark.
        if whole.contains('.') {
            return None;
        }
        Some(match rest {
            Some(rest) => Cow::Owned(format!("{whole}.{rest}")),
            None => whole,
        })
    }
}

/// A whole number without its separators. They stand before three digits, or as in India before two and then three.
fn without_separators(whole: &str, separator: char) -> Option<Cow<'_, str>> {
    let is_separator = |c: char| c == separator || (separator == ' ' && matches!(c, '\u{a0}' | '\u{202f}'));
    let digits = whole.trim_start_matches(['+', '-']);
    let groups: Vec<&str> = digits.split(is_separator).collect();
    let [first, middle @ .., last] = &groups[..] else { return Some(Cow::Borrowed(whole)) };
    let are_digits = groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_digit()));
    let fit = matches!(first.len(), 1..=3)
        && last.len() == 3
        && middle.iter().all(|group| matches!(group.len(), 2 | 3));
    (are_digits && fit).then(|| whole.chars().filter(|&c| !is_separator(c)).collect::<String>().into())
}
