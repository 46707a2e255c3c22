//! How the columns of a table became samples.

use super::narrowing::Exact;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Maximum number of categories of a one-hot column, and of classes of a label column.
pub const MAX_CATEGORIES: usize = 1000;

/// How the columns of a table became samples, so that another table can be read in the same way.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Columns {
    /// The columns of values, in the order of the values.
    pub features: Vec<Feature>,
    /// The label column, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<ColumnPlace>,
    /// The fields of a text table that are missing values, if other words than [`NA_VALUES`](crate::data::NA_VALUES).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub na_values: Option<Vec<String>>,
}

/// A column, by name if the table has names, otherwise by number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnPlace {
    /// The column's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The column's number, from 1.
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

/// A column of values: one value, a vector, or one value per category.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feature {
    /// The column.
    pub column: ColumnPlace,
    /// Number of values per row, at least 1.
    pub width: usize,
    /// The categories in the order of their values; `None` for numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub categories: Option<Vec<String>>,
    /// Replacements for missing values, one per value; `None` if missing values are errors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub means: Option<Vec<f32>>,
    /// The exact replacements where single precision would lose too much, by their index in `means`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub doubles: BTreeMap<usize, f64>,
}

impl Columns {
    /// Names of the values: those of the columns, with `=category` or `[index]` if a column has several.
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

    /// The column of the value at this index.
    pub(in crate::data) fn column_of(&self, value: usize) -> Option<&ColumnPlace> {
        let mut end = 0;
        let found = self.features.iter().find(|feature| {
            end += feature.width;
            value < end
        });
        found.map(|feature| &feature.column)
    }

    /// For each value, whether it belongs to a one-hot column.
    pub(in crate::data) fn is_one_hot(&self) -> Vec<bool> {
        let of = |feature: &Feature| vec![feature.categories.is_some(); feature.width];
        self.features.iter().flat_map(of).collect()
    }

    /// Replaces missing values, which are NaN.
    pub(in crate::data) fn fill(&self, exact: &mut Exact) {
        let mut first = 0;
        for Feature { width, means, doubles, .. } in &self.features {
            for (at, &mean) in means.iter().flatten().enumerate() {
                if let Some(column) = exact.columns.get_mut(&(first + at)) {
                    column.fill(doubles.get(&at).copied().unwrap_or(mean.into()));
                }
            }
            first += width;
        }
    }

    /// Checks that the columns give samples of `n_visible` values.
    pub(crate) fn check(&self, n_visible: usize) -> Result<()> {
        let refuse = |problem: String| Err(Error::input("columns", problem));
        let mut sum = 0usize;
        for Feature { column, width, categories, means, doubles } in &self.features {
            let fits = column.number >= 1
                && *width >= 1
                && categories.as_ref().is_none_or(|all| all.len() == *width && *width <= MAX_CATEGORIES)
                && means
                    .as_ref()
                    .is_none_or(|all| all.len() == *width && all.iter().all(|mean| mean.is_finite()))
                && doubles.iter().all(|(at, mean)| at < width && mean.is_finite());
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
