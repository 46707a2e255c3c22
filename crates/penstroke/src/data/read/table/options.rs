//! Which columns of a table are what.

use crate::data::read::labels::Labels;
use crate::{Error, Result};
use std::fmt;
use std::str::FromStr;

/// How to read the columns of a table.
///
/// ```
/// use penstroke::data::TableOptions;
/// let options = TableOptions { label: Some("income".parse()?), one_hot: vec!["6-10".parse()?], ..Default::default() };
/// # Ok::<(), penstroke::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableOptions {
    /// Whether the first row names the columns. None: it does if a column is chosen by name, or a field of a column of
    /// numbers is none in that row.
    pub header: Option<bool>,
    /// What stands between fields. None: a tab in files that end in `.tsv` or `.tab`, a comma in others.
    pub delimiter: Option<u8>,
    /// The columns that are values; empty: all but the label.
    pub columns: Vec<Pick>,
    /// Columns of categories, each of which becomes a value that is 1 where the row has it and 0 elsewhere. They need not be
    /// among `columns`.
    pub one_hot: Vec<Pick>,
    /// The column of class names.
    pub label: Option<Pick>,
    /// What is done about missing values.
    pub missing: Missing,
    /// What labels are for.
    pub labels: Labels,
}

impl TableOptions {
    /// Whether every option has its default.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self { labels: self.labels, ..Self::default() }
    }
}

/// A column, or several: its name, its number from 1, or a range of numbers.
///
/// ```
/// use penstroke::data::Pick;
/// assert_eq!("education-num".parse::<Pick>()?, Pick::Name("education-num".into()));
/// assert_eq!("2-5".parse::<Pick>()?, Pick::Numbers(2, 5));
/// assert_eq!("7".parse::<Pick>()?, Pick::Numbers(7, 7));
/// # Ok::<(), penstroke::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pick {
    /// The column of this name, which is in the first row.
    Name(String),
    /// The columns from one number to another, both included, counted from 1.
    Numbers(usize, usize),
}

impl FromStr for Pick {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let text = text.trim();
        let number =
            |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten();
        let (first, last) = match text.split_once('-') {
            Some((first, last)) => (number(first), number(last)),
            None => (number(text), number(text)),
        };
        match (first, last) {
            _ if text.is_empty() => Err(Error::input("columns", "a name is empty; an example is age,2,5-7")),
            (Some(first), Some(last)) if first >= 1 && first <= last => Ok(Pick::Numbers(first, last)),
            (Some(_), Some(_)) => Err(Error::input(
                "columns",
                format!("{text} is not a column or range of columns; columns count from 1, as in 2-5"),
            )),
            _ => Ok(Pick::Name(text.to_owned())),
        }
    }
}

impl fmt::Display for Pick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pick::Name(name) => f.write_str(name),
            Pick::Numbers(first, last) if first == last => first.fmt(f),
            Pick::Numbers(first, last) => write!(f, "{first}-{last}"),
        }
    }
}

/// What is done about a value that is not there: nothing, `?`, `NA`, `nan` and the like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missing {
    /// It is an error that names the place.
    #[default]
    Refuse,
    /// The mean of the column takes its place; of a one-hot column the share of each category.
    Mean,
}

impl crate::config::Named for Missing {
    const WHAT: &'static str = "missing";
    const ALL: &'static [(&'static str, Self)] = &[("error", Missing::Refuse), ("mean", Missing::Mean)];
}
