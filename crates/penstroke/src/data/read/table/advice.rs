//! Finds out how a table of text that cannot be read could be: with which delimiter, decimal mark and separator of thousands.
//!
//! The beginning of the table is read again in every way, so the advice is known to work that far.

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
        let mut marks = MARKS;
        if delimiter != b',' {
            // Where a comma is not the delimiter, it is more often the decimal mark.
            marks.swap(1, 2);
        }
        for (decimal, thousands) in marks {
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
