//! What a column of a table holds.

use crate::config::Named;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What a column of a table holds, and so how it is treated.
///
/// ```
/// use penstroke::data::ColumnKind;
/// assert_eq!("ordinal".parse::<ColumnKind>()?, ColumnKind::Ordinal);
/// assert_eq!(ColumnKind::Label.to_string(), "label");
/// # Ok::<(), penstroke::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnKind {
    /// Numbers whose differences mean something.
    Numeric,
    /// One of several categories without an order.
    Categorical,
    /// One of two categories.
    Binary,
    /// Whole numbers that stand for an order, such as school grades; treated as numbers. Never inferred.
    Ordinal,
    /// Left out: nothing is learned from it.
    Ignore,
    /// Left out because it names the row. Never inferred.
    Id,
    /// What is to be predicted: categories if it has few, otherwise numbers. Never inferred.
    Label,
}

impl ColumnKind {
    /// Whether nothing is learned from such a column.
    pub fn is_left(self) -> bool {
        matches!(self, ColumnKind::Ignore | ColumnKind::Id)
    }
}

impl Named for ColumnKind {
    const WHAT: &'static str = "types";
    const ALL: &'static [(&'static str, Self)] = &[
        ("numeric", ColumnKind::Numeric),
        ("categorical", ColumnKind::Categorical),
        ("binary", ColumnKind::Binary),
        ("ordinal", ColumnKind::Ordinal),
        ("ignore", ColumnKind::Ignore),
        ("id", ColumnKind::Id),
        ("label", ColumnKind::Label),
    ];
}

impl fmt::Display for ColumnKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ColumnKind {
    type Err = crate::Error;

    fn from_str(text: &str) -> crate::Result<Self> {
        Named::parse(text)
    }
}
