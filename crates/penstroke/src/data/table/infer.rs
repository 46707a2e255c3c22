//! Decides what a column holds from what was seen in it.
//!
//! The rules, in this order. A kind that is given comes first.
//!
//! | seen | kind |
//! | --- | --- |
//! | nothing but gaps | refused |
//! | dates in at least 90 % of the observed cells | refused |
//! | the row numbers from 0 or 1, in any order, without a name or named `Unnamed: 0` | ignore |
//! | numbers in at least 90 % of the observed cells, and text | refused |
//! | a word or two of text, and numbers with decimals or of more than 10 distinct values | refused |
//! | text that differs in every row | ignore |
//! | text, also beside numbers | categorical |
//! | whole numbers that differ in every row, under a name such as `id` or `customer_id` | ignore |
//! | whole numbers of which some begin with zeros, as codes do | categorical, or ignore if all differ |
//! | whole numbers of at most 10 distinct values, in at least 20 rows each | categorical |
//! | other numbers | numeric |
//!
//! A categorical column with two categories is binary.

use super::kind::ColumnKind;
use super::observe::Seen;
use crate::error::{Problem, counted};

/// Rows of each value by which whole numbers name categories.
const ROWS_OF_EACH: usize = 20;

/// Names of columns that count the rows.
const OF_COUNTS: [&str; 2] = ["", "Unnamed: 0"];

/// How a column is read.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Decided {
    pub(super) kind: ColumnKind,
    pub(super) how: How,
    pub(super) reason: String,
}

/// What becomes of the cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    Numbers,
    /// Categories are the texts of cells.
    Texts,
    /// Categories are numbers, however they are written.
    Values,
    Left,
}

/// A column that cannot be read, and the line or row of the cell.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) problem: Problem,
    pub(super) at: Option<usize>,
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self { problem, at: None }
    }
}

/// Decides how a column of this name is read; `asked` is the kind that is given.
pub(super) fn decide(name: &str, seen: &Seen, asked: Option<ColumnKind>) -> Result<Decided, Refusal> {
    let decided = |kind, how, reason: &str| Ok(Decided { kind, how, reason: reason.to_owned() });
    if let Some(kind) = asked.filter(|kind| kind.is_left()) {
        return decided(kind, How::Left, "as given");
    }
    if asked.is_none() && seen.is_row_name {
        return decided(ColumnKind::Ignore, How::Left, "names the rows");
    }
    if seen.n_observed() == 0 {
        let problem = Problem::from("holds only missing values");
        return Err(problem.set("types", format!("{name}=ignore")).into());
    }
    let categories = if seen.n_texts == 0 && !seen.has_leading_zeros { How::Values } else { How::Texts };
    let decided_by = |asked: ColumnKind, how| decided(asked, how, "as given");
    match asked {
        Some(kind @ (ColumnKind::Categorical | ColumnKind::Binary)) => decided_by(kind, categories),
        Some(ColumnKind::Label) if seen.n_texts > 0 || seen.are_few(1) => {
            decided_by(ColumnKind::Label, categories)
        }
        Some(kind) => {
            check_numbers(name, seen)?;
            if kind == ColumnKind::Ordinal && seen.has_fractions {
                let problem = Problem::from("holds numbers with decimals, and an order needs whole numbers");
                return Err(problem.set("types", format!("{name}=numeric")).into());
            }
            decided_by(kind, How::Numbers)
        }
        None => infer(name, seen, categories),
    }
}

/// Decides by the rules of the table above.
fn infer(name: &str, seen: &Seen, categories: How) -> Result<Decided, Refusal> {
    let decided = |kind, how, reason: &str| Ok(Decided { kind, how, reason: reason.to_owned() });
    if seen.are_dates() {
        return Err(refuse_dates(name, seen));
    }
    if OF_COUNTS.contains(&name) && seen.counts_rows() {
        return decided(ColumnKind::Ignore, How::Left, "counts the rows");
    }
    if (seen.n_texts > 0 && seen.n_numbers >= 9 * seen.n_texts) || seen.has_words_for_gaps() {
        check_numbers(name, seen)?;
    }
    if seen.are_distinct_texts() || (seen.has_leading_zeros && seen.are_distinct_whole()) {
        return decided(ColumnKind::Ignore, How::Left, "text that differs in every row");
    }
    if seen.n_texts > 0 {
        let reason = if seen.n_numbers > 0 { "text and numbers" } else { "text" };
        return decided(ColumnKind::Categorical, categories, reason);
    }
    if is_like_id(name) && seen.are_distinct_whole() {
        return decided(ColumnKind::Ignore, How::Left, "whole numbers that name the rows");
    }
    if seen.has_leading_zeros && !seen.has_fractions {
        return decided(ColumnKind::Categorical, categories, "codes with leading zeros");
    }
    if seen.are_few(ROWS_OF_EACH) {
        return decided(ColumnKind::Categorical, categories, "few whole numbers, each in many rows");
    }
    check_numbers(name, seen)?;
    let reason = if seen.has_fractions { "numbers" } else { "whole numbers" };
    decided(ColumnKind::Numeric, How::Numbers, reason)
}

/// Refuses texts and infinite numbers.
fn check_numbers(name: &str, seen: &Seen) -> Result<(), Refusal> {
    if let Some((text, at)) = &seen.first_text {
        let among = match seen.n_numbers {
            0 => String::new(),
            n => format!(", as {} of {} values are", n, seen.n_observed()),
        };
        let problem = Problem::from(format!("{} is not a number{among}", shown(text)))
            .with("na_values", "read it as missing")
            .set("types", format!("{name}=categorical"));
        return Err(Refusal { problem, at: Some(*at) });
    }
    if let Some((text, at)) = &seen.first_infinite {
        let problem = Problem::from(format!("{} is not a finite number", shown(text)))
            .with("na_values", "read it as missing")
            .set("types", format!("{name}=ignore"));
        return Err(Refusal { problem, at: Some(*at) });
    }
    Ok(())
}

/// Refuses a column of dates; if it holds something else too, the first date is named.
fn refuse_dates(name: &str, seen: &Seen) -> Refusal {
    let problem = dates(name);
    match &seen.first_date {
        Some((date, at)) if seen.n_dates < seen.n_observed() => {
            let text =
                format!("{} is a date, as {} of {} values are", shown(date), seen.n_dates, seen.n_observed());
            Refusal { problem: Problem { text, ..problem }, at: Some(*at) }
        }
        _ => problem.into(),
    }
}

/// The problem with a column of dates.
pub(super) fn dates(name: &str) -> Problem {
    Problem::from("holds dates")
        .hint("write them as numbers, such as days since the first")
        .set("types", format!("{name}=ignore"))
}

/// A value for messages, not too long.
pub(super) fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(40).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    format!("{shown:?}")
}

/// Whether a name is that of a column that names the rows.
fn is_like_id(name: &str) -> bool {
    let lower = name.to_lowercase();
    let ends = ["_id", "-id", " id", ".id"].iter().any(|end| lower.ends_with(end));
    let camel = name.strip_suffix("Id").or_else(|| name.strip_suffix("ID"));
    ["id", "uuid", "guid"].contains(&&*lower)
        || ends
        || camel.is_some_and(|stem| stem.ends_with(|c: char| c.is_lowercase()))
}

/// The kind of a column once its categories are known.
pub(super) fn settle(kind: ColumnKind, reason: &str, n_categories: usize) -> Result<ColumnKind, Problem> {
    match kind {
        ColumnKind::Categorical if n_categories == 2 && reason != "as given" => Ok(ColumnKind::Binary),
        ColumnKind::Binary if n_categories > 2 => Err(format!(
            "holds {}, so it is not binary",
            counted(n_categories, "category").replace("categorys", "categories")
        )
        .into()),
        kind => Ok(kind),
    }
}

#[cfg(test)]
mod tests {
    use super::is_like_id;

    #[test]
    fn names_of_ids_are_recognised() {
        for name in ["id", "ID", "Id", "uuid", "customer_id", "PassengerId", "CustomerID", "row id", "x.id"] {
            assert!(is_like_id(name), "{name}");
        }
        for name in ["humid", "paid", "Covid", "identity", "fluid", "age", "GRID"] {
            assert!(!is_like_id(name), "{name}");
        }
    }
}
