//! Which columns are values, and which one is the label.

use super::field::Fields;
use super::options::{Pick, TableOptions};
use crate::data::hold::{ColumnPlace, Columns};
use crate::data::read::labels::Labels;
use crate::error::{Problem, counted};

/// The positions of the selected columns, from 0.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    /// The columns that are values, in the order of the values.
    pub(super) features: Vec<Chosen>,
    pub(super) label: Option<usize>,
    /// The columns of targets, in the order of the file.
    pub(super) targets: Vec<usize>,
    /// The names of all columns, if the table has names.
    pub(super) names: Option<Vec<String>>,
    /// Number of fields per row.
    pub(super) n_fields: usize,
    /// Whether the first column of values is left out if it counts the rows.
    pub(super) may_count_rows: bool,
    /// Columns of row names, which are left out because they were not selected.
    pub(super) row_names: Vec<usize>,
    /// Whether the first row, taken for values, looks like names that are numbers.
    pub(super) is_evenly_stepped: bool,
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
        fields: &Fields,
        options: &TableOptions,
        learned: Option<&Columns>,
    ) -> Result<Self, Problem> {
        let has_header = match options.header {
            Some(has_header) => has_header,
            None => by_name(options) || begins_with_names(first, fields, options, learned)?,
        };
        let is_in_doubt = options.header.is_none() && !has_header;
        if is_in_doubt && counts_columns(first) {
            return Err(header_in_doubt(
                "its first row counts columns from 0, as pandas writes columns without names",
            ));
        }
        let names = has_header.then(|| first.iter().map(|&name| name.to_owned()).collect());
        let mut layout = Self::named(names, first.len(), &[], options, learned)?;
        let had_names = learned
            .is_none_or(|learned| learned.features.iter().any(|feature| feature.column.name.is_some()));
        layout.is_evenly_stepped =
            is_in_doubt && had_names && layout.is_evenly_stepped(|at| fields.number(first[at]));
        // Row names stand under an empty corner.
        match layout.is_evenly_stepped && first[0].is_empty() {
            true => Err(header_in_doubt(EVENLY_STEPPED)),
            false => Ok(layout),
        }
    }

    /// Whether the numbers of a row differ by the same step, which is not 0: 2019, 2020, 2021. A row of two always does, so it
    /// does not count.
    pub(super) fn is_evenly_stepped(&self, number: impl Fn(usize) -> Option<f64>) -> bool {
        are_evenly_stepped(
            self.features.iter().filter(|chosen| !chosen.one_hot).map(|chosen| number(chosen.at)),
        )
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
        let targets = find.targets(options)?;
        let (features, label) = match learned {
            Some(learned) => find.learned(learned, options)?,
            None => find.picked(options, &targets)?,
        };
        let is_used = |&at: &usize| label == Some(at) || features.iter().any(|chosen| chosen.at == at);
        if let Some(at) = targets.iter().find(|at| is_used(at)) {
            let other = if label == Some(*at) { "the label" } else { "a value" };
            return Err(format!("column {} is both a target and {other}; leave it out of one", at + 1).into());
        }
        let label = label.filter(|_| options.labels != Labels::Ignored);
        let chooses = learned.is_none() && options.columns.is_empty();
        let has_no_name = names.as_ref().is_some_and(|names| ["", "Unnamed: 0"].contains(&&*names[0]));
        let may_count_rows = chooses
            && has_no_name
            && features.len() > 1
            && features.first() == Some(&Chosen { at: 0, one_hot: false });
        let is_left_out = |&at: &usize| {
            find.is_row_name(at)
                && !targets.contains(&at)
                && label != Some(at)
                && features.iter().all(|chosen| chosen.at != at)
        };
        let row_names = (0..n_fields).filter(|_| chooses).filter(is_left_out).collect();
        Ok(Self {
            features,
            label,
            targets,
            n_fields,
            may_count_rows,
            row_names,
            is_evenly_stepped: false,
            names,
        })
    }
}

/// Whether the numbers of a row, of which the first may be missing, differ by the same step.
pub(in crate::data) fn are_evenly_stepped(mut numbers: impl Iterator<Item = Option<f64>>) -> bool {
    let mut next = || numbers.next().flatten();
    let Some((first, second)) = next().or_else(&mut next).zip(next()) else { return false };
    let (step, mut last, mut n) = (second - first, second, 2);
    for number in numbers {
        let Some(number) = number.filter(|number| (number - last - step).abs() <= 1e-6 * step.abs()) else {
            return false;
        };
        (last, n) = (number, n + 1);
    }
    n > 2 && step != 0.0
}

fn by_name(options: &TableOptions) -> bool {
    options
        .columns
        .iter()
        .chain(&options.one_hot)
        .chain(&options.label)
        .chain(&options.targets)
        .any(|pick| matches!(pick, Pick::Name(_)))
}

/// Why a first row of numbers may hold names.
pub(in crate::data) const EVENLY_STEPPED: &str = "the numbers of its first row are evenly spaced, as names such as years are, and those of \
                                         other rows are not";

/// The error for a first row that may hold names as well as values.
pub(in crate::data) fn header_in_doubt(problem: &str) -> Problem {
    Problem::from(problem).set("header", "yes").set("header", "no")
}

/// Whether the fields are 0, 1, 2, …, perhaps after an empty field over row names.
pub(in crate::data) fn counts_columns(first: &[&str]) -> bool {
    let first = first.strip_prefix(&[""]).unwrap_or(first);
    first.len() > 2 && first.iter().enumerate().all(|(k, field)| *field == k.to_string())
}

/// Whether a field of a numeric column is not a number, or names of an earlier table appear.
fn begins_with_names(
    first: &[&str],
    fields: &Fields,
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
    Ok(numbers.any(|field| !fields.is_missing(field) && fields.number::<f64>(field).is_none()))
}

/// Looks up columns.
struct Find<'a> {
    names: Option<&'a [String]>,
    n_fields: usize,
    row_names: &'a [String],
}

impl Find<'_> {
    fn targets(&self, options: &TableOptions) -> Result<Vec<usize>, Problem> {
        let mut targets = self.all(&options.targets)?;
        targets.sort_unstable();
        targets.dedup();
        Ok(targets)
    }

    fn all(&self, picks: &[Pick]) -> Result<Vec<usize>, Problem> {
        Ok(picks.iter().map(|pick| self.pick(pick)).collect::<Result<Vec<_>, _>>()?.concat())
    }

    fn picked(
        &self,
        options: &TableOptions,
        targets: &[usize],
    ) -> Result<(Vec<Chosen>, Option<usize>), Problem> {
        let label = match &options.label {
            None => None,
            Some(pick) => match self.pick(pick)?[..] {
                [at] => Some(at),
                _ => return Err(format!("label {pick} names several columns; name one").into()),
            },
        };
        let one_hot = self.all(&options.one_hot)?;
        let chosen = self.all(&options.columns)?;
        let features: Vec<Chosen> = (0..self.n_fields)
            .map(|at| Chosen { at, one_hot: one_hot.contains(&at) })
            .filter(|&Chosen { at, one_hot }| {
                let is_label = label == Some(at) || targets.contains(&at);
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
                Err(format!("has {}, so {pick} is out of range", counted(self.n_fields, "column")).into())
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
            _ => Err(format!("has {}, the model needs {column}", counted(self.n_fields, "column")).into()),
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
