//! How to interpret the columns of a table.

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
    /// Whether the first row names the columns. `None`: it does if a column is selected by name, or if the first row
    /// has a field in a numeric column that is not a number. Evenly spaced numbers over others (2019, 2020, 2021) are an
    /// error, because they can be either.
    pub header: Option<bool>,
    /// The field delimiter. `None`: a tab in files that end in `.tsv` or `.tab`, otherwise a comma.
    pub delimiter: Option<u8>,
    /// The columns of values; if empty, all but the label, the targets and columns of row names, which are the index of pandas
    /// and a first column without a name, or named `Unnamed: 0`, that counts the rows from 0 or 1.
    pub columns: Vec<Pick>,
    /// Categorical columns. Each category becomes a value that is 1 in rows of that category and 0 elsewhere. They need
    /// not be among `columns`.
    pub one_hot: Vec<Pick>,
    /// The column of class names.
    pub label: Option<Pick>,
    /// The columns of the [`Targets`](crate::data::Targets) of a regression, in the order of the file. They are not values.
    pub targets: Vec<Pick>,
    /// How to treat missing values.
    pub missing: Missing,
    /// Fields of a text table that count as missing, in place of [`NA_VALUES`](crate::data::NA_VALUES); an empty field
    /// always does. Parquet and Arrow files mark missing values themselves.
    pub na_values: Option<Vec<String>>,
    /// The decimal mark of a text table, a point or a comma. `None`: a point.
    pub decimal: Option<char>,
    /// The separator of thousands in a text table: a comma, a point, an apostrophe or a space. `None`: there is none.
    pub thousands: Option<char>,
    /// How to treat labels.
    pub labels: Labels,
}

impl TableOptions {
    /// Whether every option has its default.
    pub fn is_default(&self) -> bool {
        *self == Self { labels: self.labels, ..Self::default() }
    }

    /// Checks the marks in numbers.
    pub(in crate::data) fn check(&self) -> Result<()> {
        if self.decimal.is_some_and(|mark| !['.', ','].contains(&mark)) {
            return Err(Error::option("decimal", "is a point or a comma").set("decimal", ","));
        }
        let Some(thousands) = self.thousands else { return Ok(()) };
        if ![',', '.', '\'', ' '].contains(&thousands) {
            return Err(Error::option("thousands", "is a comma, a point, an apostrophe or a space")
                .leave_out("thousands"));
        }
        match (self.decimal, thousands) {
            (None, '.') => {
                Err(Error::option("thousands", "is a point, as is the decimal mark").set("decimal", ","))
            }
            (Some(mark), _) if mark == thousands => {
                Err(Error::option("thousands", "is the decimal mark too").leave_out("thousands"))
            }
            _ => Ok(()),
        }
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
    /// The column with this name in the first row.
    Name(String),
    /// The columns from the first number to the second, both included, counted from 1.
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

/// How to treat a missing value: an empty field, or one of [`NA_VALUES`](crate::data::NA_VALUES).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missing {
    /// A missing value is an error that names the place.
    #[default]
    Refuse,
    /// The column's mean replaces a missing value; in a one-hot column, the share of each category does.
    Mean,
}

impl crate::config::Named for Missing {
    const WHAT: &'static str = "missing";
    const ALL: &'static [(&'static str, Self)] = &[("error", Missing::Refuse), ("mean", Missing::Mean)];
}
