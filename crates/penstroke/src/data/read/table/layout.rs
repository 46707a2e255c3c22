//! Which columns are values, and which one is the label.

use super::field::{is_missing, number};
use super::options::{Pick, TableOptions};
use crate::data::hold::{ColumnPlace, Columns};
use crate::data::read::labels::Labels;
use crate::error::Problem;
/// The positions of the selected columns, from 0.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    /// The columns that are values, in the order of the values.
    pub(super) features: Vec<Chosen>,
    pub(super) label: Option<usize>,
    /// The names of all columns, if the table has names.
    pub(super) names: Option<Vec<String>>,
    /// Number of fields per row.
    pub(super) n_fields: usize,
}

/// A column of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chosen {
    pub(super) at: usize,
    pub(super) one_hot: bool,
}

impl Layout {
    /// The layout of a table whose first row is `first`, from `options`, or from `learned` of an earlier table.
    pub(super) fn of(
        first: &[&str],
        options: &TableOptions,
        learned: Option<&Columns>,
    ) -> Result<Self, Problem> {
        let has_header = match options.header {
            Some(has_header) => has_header,
            None => by_name(options) || begins_with_names(first, options, learned)?,
        };
        if options.header.is_none() && !has_header && counts_columns(first) {
            return Err(Problem::from(
                "its first row counts columns from 0, as pandas writes columns without names",
            )
            .set("header", "yes")
            .set("header", "no"));
        }
        let names = has_header.then(|| first.iter().map(|&name| name.to_owned()).collect());
        Self::named(names, first.len(), &[], options, learned)
    }

    /// The layout of a table with known names, or none. Columns in `row_names` become values only if selected.
    pub(super) fn named(
        names: Option<Vec<String>>,
        n_fields: usize,
        row_names: &[String],
        options: &TableOptions,
        learned: Option<&Columns>,
    ) -> Result<Self, Problem> {
        let find = Find { names: names.as_deref(), n_fields, row_names };
        let (features, label) = match learned {
            Some(learned) => find.learned(learned, options)?,
            None => find.picked(options)?,
        };
        let label = label.filter(|_| options.labels != Labels::Ignored);
        Ok(Self { features, label, names, n_fields })
    }
}

fn by_name(options: &TableOptions) -> bool {
    options
        .columns
        .iter()
        .chain(&options.one_hot)
        .chain(&options.label)
        .any(|pick| matches!(pick, Pick::Name(_)))
}

/// Whether the fields are 0, 1, 2, …, perhaps after an empty field over row names.
fn counts_columns(first: &[&str]) -> bool {
    let first = first.strip_prefix(&[""]).unwrap_or(first);
    first.len() > 2 && first.iter().enumerate().all(|(k, field)| *field == k.to_string())
}

/// Whether a field of a numeric column is not a number, or names of an earlier table appear.
fn begins_with_names(
    first: &[&str],
    options: &TableOptions,
    learned: Option<&Columns>,
) -> Result<bool, Problem> {
    if let Some(learned) = learned {
        let names = learned.features.iter().map(|feature| feature.column.name.as_deref());
        let is_there = |name: Option<&str>| name.is_some_and(|name| first.contains(&name));
        // A number can be a value as well as a name.
        let is_word = |name: Option<&str>| name.is_some_and(|name| name.parse::<f32>().is_err());
        if names.clone().any(|name| is_word(name) && is_there(name)) || names.clone().all(is_there) {
            return Ok(true);
        }
    }
    let Layout { features, .. } = Layout::named(None, first.len(), &[], options, learned)?;
    let mut numbers = features.iter().filter(|chosen| !chosen.one_hot).map(|chosen| first[chosen.at]);
    Ok(numbers.any(|field| !is_missing(field) && number(field).is_none()))
}

/// Looks up columns.
struct Find<'a> {
    names: Option<&'a [String]>,
    n_fields: usize,
    row_names: &'a [String],
}

impl Find<'_> {
    fn picked(&self, options: &TableOptions) -> Result<(Vec<Chosen>, Option<usize>), Problem> {
        let label = match &options.label {
            None => None,
            Some(pick) => match self.pick(pick)?[..] {
                [at] => Some(at),
                _ => return Err(format!("label {pick} names several columns; name one").into()),
            },
        };
        let all = |picks: &[Pick]| -> Result<Vec<usize>, Problem> {
            Ok(picks.iter().map(|pick| self.pick(pick)).collect::<Result<Vec<_>, _>>()?.concat())
        };
        let one_hot = all(&options.one_hot)?;
        let chosen = all(&options.columns)?;
        let features: Vec<Chosen> = (0..self.n_fields)
            .map(|at| Chosen { at, one_hot: one_hot.contains(&at) })
            .filter(|&Chosen { at, one_hot }| {
                let is_label = label == Some(at);
                one_hot
                    || chosen.contains(&at)
                    || (options.columns.is_empty() && !is_label && !self.is_row_name(at))
            })
            .collect();
        if let Some(label) = label.filter(|&label| features.iter().any(|chosen| chosen.at == label)) {
            return Err(
                format!("column {} is both the label and a value; leave it out of one", label + 1).into()
            );
        }
        if features.is_empty() {
            return Err("no column is left for the values".into());
        }
        Ok((features, label))
    }

    /// Whether pandas wrote this column to hold row names.
    fn is_row_name(&self, at: usize) -> bool {
        self.names.is_some_and(|names| {
            names[at].starts_with("__index_level_") || self.row_names.contains(&names[at])
        })
    }

    fn pick(&self, pick: &Pick) -> Result<Vec<usize>, Problem> {
        match pick {
            Pick::Numbers(first, last) if *last <= self.n_fields => Ok((first - 1..*last).collect()),
            Pick::Numbers(..) => {
                Err(format!("has {} columns, so {pick} is out of range", self.n_fields).into())
            }
            Pick::Name(name) => self.name(name).map(|at| vec![at]),
        }
    }

    fn name(&self, name: &str) -> Result<usize, Problem> {
        let Some(names) = self.names else {
            return Err(format!("has no column names, so {name:?} is not found; give numbers from 1").into());
        };
        let mut found = (0..).zip(names).filter(|(_, known)| *known == name).map(|(at, _)| at);
        match (found.next(), found.next()) {
            (Some(at), None) => Ok(at),
            (Some(_), Some(_)) => Err(format!("two columns are named {name:?}; give a number").into()),
            (None, _) => Err(format!("has no column {name:?}; its columns are {}", listed(names)).into()),
        }
    }

    /// The columns of an earlier table, and its label column if present.
    fn learned(
        &self,
        learned: &Columns,
        options: &TableOptions,
    ) -> Result<(Vec<Chosen>, Option<usize>), Problem> {
        // If two columns share a name, it refers to the one in its old position.
        let stays = |column: &ColumnPlace| {
            column.number <= self.n_fields
                && self.names.is_some_and(|names| column.name.as_ref() == Some(&names[column.number - 1]))
        };
        let at = |column: &ColumnPlace| match &column.name {
            Some(_) if stays(column) => Ok(column.number - 1),
            Some(name) if self.names.is_some() => self.name(name),
            _ if column.number <= self.n_fields => Ok(column.number - 1),
            _ => Err(format!("has {} columns, the model needs {column}", self.n_fields).into()),
        };
        let mut features = Vec::new();
        for feature in &learned.features {
            features.push(Chosen { at: at(&feature.column)?, one_hot: feature.categories.is_some() });
        }
        let label = match &options.label {
            Some(pick) => self.pick(pick)?.first().copied(),
            None => learned.label.as_ref().and_then(|column| at(column).ok()),
        };
        Ok((features, label))
    }
}

/// The first few names, for a message.
fn listed(names: &[String]) -> String {
    let shown: Vec<_> = names.iter().take(20).map(String::as_str).collect();
    let more = if names.len() > shown.len() { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}
