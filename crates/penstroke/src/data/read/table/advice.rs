//! Finds out how a table of text that cannot be read could be: with which delimiter, decimal mark and separator of thousands.
//!
//! The beginning of the table is read again in every way, so the advice is known to work that far.

use super::field::Fields;
use super::options::{Missing, TableOptions};
use crate::Error;
use crate::data::read::labels::Labels;
use crate::error::Remedy;

/// Delimiters to try.
pub(in crate::data) const DELIMITERS: [u8; 5] = [b',', b';', b'\t', b'|', b' '];

/// Decimal marks and separators of thousands to try; of equally good ones, the first two are named.
pub(in crate::data) const MARKS: [(Option<char>, Option<char>); 8] = [
    (None, None),
    (None, Some(',')),
    (Some(','), None),
    (Some(','), Some('.')),
    (None, Some('\'')),
    (None, Some(' ')),
    (Some(','), Some(' ')),
    (Some(','), Some('\'')),
];

/// The error with the options that would make the samples of the table readable, if there are any. Each sample is tried in turn;
/// `options` has the delimiter that was used, and `n_columns` gives the number of columns of a readable sample.
pub(super) fn on_format(
    error: Error,
    samples: &[Vec<u8>],
    options: &TableOptions,
    n_columns: &dyn Fn(&[u8], &TableOptions) -> Option<usize>,
) -> Error {
    let ways = samples.iter().map(|sample| ways(sample, options, n_columns)).find(|ways| !ways.is_empty());
    match (error, ways) {
        (Error::Input { place, problem, .. }, Some(remedies)) => Error::Input { place, problem, remedies },
        (error, _) => error,
    }
}

/// The options to change, as few as possible.
fn ways(
    sample: &[u8],
    options: &TableOptions,
    n_columns: &dyn Fn(&[u8], &TableOptions) -> Option<usize>,
) -> Vec<Remedy> {
    let mut all: Vec<(Vec<Remedy>, TableOptions)> = Vec::new();
    for delimiter in DELIMITERS {
        for (decimal, thousands) in marks_for(delimiter) {
            let tried = TableOptions {
                delimiter: Some(delimiter),
                decimal,
                thousands,
                missing: Missing::Mean,
                labels: Labels::Ignored,
                ..options.clone()
            };
            all.push((changes(options, &tried), tried));
        }
    }
    all.sort_by_key(|(changes, _)| changes.len());
    let mut found: Vec<Vec<Remedy>> = Vec::new();
    for (changes, tried) in all {
        let is_worse = found.first().is_some_and(|first| first.len() < changes.len());
        if found.len() == 2 || is_worse {
            break;
        }
        // With a delimiter that it does not contain, every table has one column.
        let needed = if tried.delimiter == options.delimiter { 1 } else { 2 };
        if !changes.is_empty() && n_columns(sample, &tried).is_some_and(|n| n >= needed) {
            found.push(changes);
        }
    }
    found.into_iter().map(Remedy::all).collect()
}

/// The marks to try, the likely ones first.
fn marks_for(delimiter: u8) -> [(Option<char>, Option<char>); 8] {
    let mut marks = MARKS;
    if delimiter != b',' {
        // Where a comma is not the delimiter, it is more often the decimal mark.
        marks.swap(1, 2);
    }
    marks
}

/// The decimal mark and the separator of thousands to give so that a field is a number which it is not with `used`.
pub(in crate::data) fn other_marks(
    field: &str,
    used: (char, Option<char>),
    delimiter: char,
) -> Option<Remedy> {
    let set = |option, mark| Remedy::Set { option, value: in_words(mark) };
    let delimiter = u8::try_from(delimiter).unwrap_or(b',');
    marks_for(delimiter).into_iter().find_map(|(decimal, thousands)| {
        let decimal = decimal.unwrap_or('.');
        let is_number =
            Fields::new(None, decimal, thousands).number::<f64>(field).is_some_and(f64::is_finite);
        // A separator that is in use cannot be taken away, only replaced.
        if !is_number || (thousands.is_none() && used.1.is_some()) {
            return None;
        }
        let decimal = (decimal != used.0).then(|| set("decimal", decimal));
        let thousands = thousands.filter(|_| thousands != used.1).map(|mark| set("thousands", mark));
        let changes: Vec<Remedy> = decimal.into_iter().chain(thousands).collect();
        (!changes.is_empty()).then(|| Remedy::all(changes))
    })
}

/// What to change in `options` to get the marks of `tried`.
fn changes(options: &TableOptions, tried: &TableOptions) -> Vec<Remedy> {
    let mark = |option: &'static str, from: Option<char>, to: Option<char>| match to {
        _ if from == to => None,
        Some(mark) => Some(Remedy::Set { option, value: in_words(mark) }),
        None => Some(Remedy::LeaveOut { option }),
    };
    [
        mark("delimiter", options.delimiter.map(char::from), tried.delimiter.map(char::from)),
        mark("decimal", options.decimal.filter(|&mark| mark != '.'), tried.decimal),
        mark("thousands", options.thousands, tried.thousands),
    ]
    .into_iter()
    .flatten()
    .collect()
}

pub(in crate::data) fn in_words(mark: char) -> String {
    match mark {
        '\t' => "tab".into(),
        ' ' => "space".into(),
        mark => mark.to_string(),
    }
}
