//! Tables: rows of named or numbered columns, of which some are values, one may be the label, and the rest is left out.
//!
//! ```text
//! age, workclass,  income          --one-hot workclass --label income
//! 39,  State-gov,  <=50K     →     x = (39, 0, 1)   label 0, of the class "<=50K"
//! 50,  Private,    >50K            x = (50, 1, 0)   label 1, of the class ">50K"
//! ```
//!
//! A column is of numbers unless it is named as one of categories, so that a slip of the pen in a number is an error with
//! its line and not a new category. Categories, class names and the means of what is missing are learned from the table
//! that a model is trained on, and kept in its [`Preparation`](super::Preparation).
//!
//! Tables of text are read by `text`; columnar files, which know the types of their columns, by `columnar`.
//!
//! Memory, of text: four bytes a value, and a value takes at least two bytes of the file; a vector that grows holds at most twice
//! what is in it. So reading takes at most four times the size of the (decompressed) text, and then what one-hot columns
//! spread to, which is limited by [`MAX_CATEGORIES`] a column.

#[cfg(feature = "columnar")]
pub(super) mod columnar;
mod gather;
mod layout;
mod text;

use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

pub(super) use gather::{Learned, no_class, without_labels};
pub(super) use text::{is_text, read};

/// The most categories of a one-hot column, and the most classes of a label column.
pub const MAX_CATEGORIES: usize = 1000;

/// What is read as a missing value, beside nothing at all.
const MISSING: [&str; 9] = ["?", "NA", "N/A", "NaN", "nan", "NULL", "null", "None", "none"];

fn is_missing(field: &str) -> bool {
    field.is_empty() || MISSING.contains(&field)
}

/// The number that a field is; true and false are 1 and 0, as in files that know types.
fn number(field: &str) -> Option<f32> {
    match field {
        "true" | "True" | "TRUE" => Some(1.0),
        "false" | "False" | "FALSE" => Some(0.0),
        _ => field.parse().ok(),
    }
}

/// Which columns of a table are what.
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
    /// Whether nothing was said that only a table has.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self { labels: self.labels, ..Self::default() }
    }
}

/// What is done about labels of classes that a model does not know, as another table may hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Labels {
    /// They are an error that names the place.
    #[default]
    Needed,
    /// The samples are without labels, with a warning that names the place.
    IfKnown,
    /// Labels are not looked at, and the samples are without.
    Ignored,
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
                format!("{text} is no column or range of them; they are counted from 1, an example is 2-5"),
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

impl crate::names::Named for Missing {
    const WHAT: &'static str = "missing";
    const ALL: &'static [(&'static str, Self)] = &[("error", Missing::Refuse), ("mean", Missing::Mean)];
}

/// How the columns of a table became samples, so that another table becomes samples in the same way.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Columns {
    /// The columns that are values, in the order of the values.
    pub features: Vec<Feature>,
    /// The column of labels, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<ColumnPlace>,
}

/// A column: by name where the table has names, else by number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnPlace {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its number, from 1.
    pub number: usize,
}

impl fmt::Display for ColumnPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "column {} ({name})", self.number),
            None => write!(f, "column {}", self.number),
        }
    }
}

/// A column that is one value, or several: a vector, or one for each category.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feature {
    /// Which column.
    pub column: ColumnPlace,
    /// How many values it gives, at least 1.
    pub width: usize,
    /// The categories in the order of their values; none for numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub categories: Option<Vec<String>>,
    /// What takes the place of missing values, one number a value; none if they are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub means: Option<Vec<f32>>,
}

impl Columns {
    /// Names of the values: those of the columns, with `=category` or `[index]` where a column gives several.
    #[must_use]
    pub fn value_names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for Feature { column, width, categories, .. } in &self.features {
            let name = column.name.clone().unwrap_or_else(|| format!("column_{}", column.number));
            match categories {
                Some(categories) => {
                    names.extend(categories.iter().map(|category| format!("{name}={category}")))
                }
                None if *width == 1 => names.push(name),
                None => names.extend((0..*width).map(|index| format!("{name}[{index}]"))),
            }
        }
        names
    }

    /// Which values are of one-hot columns.
    pub(super) fn is_one_hot(&self) -> Vec<bool> {
        let of = |feature: &Feature| vec![feature.categories.is_some(); feature.width];
        self.features.iter().flat_map(of).collect()
    }

    /// Whether they give samples of `n_visible` values.
    pub(crate) fn check(&self, n_visible: usize) -> Result<()> {
        let refuse = |problem: String| Err(Error::input("columns", problem));
        let mut sum = 0usize;
        for Feature { column, width, categories, means } in &self.features {
            let fits = column.number >= 1
                && *width >= 1
                && categories.as_ref().is_none_or(|all| all.len() == *width && *width <= MAX_CATEGORIES)
                && means
                    .as_ref()
                    .is_none_or(|all| all.len() == *width && all.iter().all(|mean| mean.is_finite()));
            if !fits {
                return refuse(format!("{column} makes no sense"));
            }
            sum = sum.saturating_add(*width);
        }
        if sum != n_visible {
            return refuse(format!("give samples of {sum} values, not of {n_visible}"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
