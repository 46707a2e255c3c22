//! How the columns of a table became samples.

use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The most categories of a one-hot column, and the most classes of a label column.
pub const MAX_CATEGORIES: usize = 1000;

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
    pub(in crate::data) fn is_one_hot(&self) -> Vec<bool> {
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
                return refuse(format!("{column} is not a valid column"));
            }
            sum = sum.saturating_add(*width);
        }
        if sum != n_visible {
            return refuse(format!("give samples of {sum} values, not of {n_visible}"));
        }
        Ok(())
    }
}
