//! What is told of the columns of a table: one line for each kind of warning, however many columns it is about.

use super::infer::shown;
use super::schema::{ColumnSchema, MOST_CATEGORIES, OTHER, called, shown_name};
use super::take::Taken;
use crate::error::counted;

/// Most columns that a line names.
const NAMED: usize = 3;
/// Share of missing cells above which a column is told.
const MANY_GAPS: f64 = 0.6;

/// Warnings about columns, by kind.
#[derive(Default)]
pub(super) struct Warnings {
    unseen: Vec<Told>,
    merged: Vec<Told>,
    constant: Vec<Told>,
    gaps: Vec<Told>,
}

/// A column that is told.
struct Told {
    /// The line if it is the only one.
    alone: String,
    /// What names it among others.
    among: String,
}

impl Warnings {
    /// A column holds categories that an earlier table lacks.
    pub(super) fn unseen(&mut self, name: &str, taken: &Taken) {
        let Taken::Codes(codes) = taken else { return };
        let (n @ 1.., Some(first)) = &codes.unseen else { return };
        let (n, first) = (*n, shown(first));
        let (cells, they) = match n {
            1 => ("1 cell holds a category".to_owned(), "it counts"),
            n => (format!("{n} cells hold categories"), "they count"),
        };
        let alone = format!(
            "{}: {cells} not seen in training, the first {first}; {they} as missing",
            shown_name(name)
        );
        let among = format!("{} ({}, the first {first})", called(name), counted(n, "cell"));
        self.unseen.push(Told { alone, among });
    }

    /// Rare categories of a column became one.
    pub(super) fn merged(&mut self, name: &str, n_merged: usize, n_kept: usize) {
        let alone = format!(
            "{}: the {n_merged} rarest categories are merged into one, {OTHER}; the {n_kept} most frequent are kept",
            shown_name(name)
        );
        self.merged.push(Told { alone, among: called(name) });
    }

    /// All observed cells of a column are the same.
    pub(super) fn constant(&mut self, name: &str) {
        self.constant.push(Told { alone: format!("{} is constant", shown_name(name)), among: called(name) });
    }

    /// Tells a column of which most cells are missing.
    pub(super) fn gaps(&mut self, column: &ColumnSchema, n_rows: usize) {
        let share = column.n_missing as f64 / n_rows.max(1) as f64;
        if share > MANY_GAPS && !column.kind.is_left() {
            let percent = format!("{:.0} %", 100.0 * share);
            let alone = format!("{}: {percent} of its cells are missing", shown_name(&column.name));
            self.gaps.push(Told { alone, among: format!("{} ({percent})", called(&column.name)) });
        }
    }

    /// A line for each kind.
    pub(super) fn lines(self) -> Vec<String> {
        let merged = format!(
            "have more than {MOST_CATEGORIES} categories; of each the {} most frequent are kept, and the others merged into one, {OTHER}",
            MOST_CATEGORIES - 1
        );
        let gaps = format!("have more than {:.0} % gaps", 100.0 * MANY_GAPS);
        let unseen = "hold categories not seen in training, which count as missing";
        [
            line(self.unseen, unseen),
            line(self.merged, &merged),
            line(self.constant, "are constant"),
            line(self.gaps, &gaps),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// The line about columns that all `are` so.
fn line(mut all: Vec<Told>, are: &str) -> Option<String> {
    if all.len() < 2 {
        return all.pop().map(|told| told.alone);
    }
    let named: Vec<&str> = all.iter().take(NAMED).map(|told| told.among.as_str()).collect();
    let more = match all.len().saturating_sub(NAMED) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    Some(format!("{} {are}: {}{more}", counted(all.len(), "column"), named.join(", ")))
}
