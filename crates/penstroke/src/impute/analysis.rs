//! The same analysis of several completed tables, pooled by Rubin's rules.

use crate::data::{Cells, TypedTable};
use crate::eval::{LeastSquares, Pooled};
use crate::{Error, Result};
use std::str::FromStr;

/// What is estimated on each completed table.
///
/// ```
/// use penstroke::impute::Analysis;
/// let regression: Analysis = "income ~ age + `years of school`".parse()?;
/// let terms = vec!["age".to_owned(), "years of school".to_owned()];
/// assert_eq!(regression, Analysis::Regression { outcome: "income".into(), terms });
/// # Ok::<(), penstroke::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Analysis {
    /// The mean of a column of numbers.
    Mean(String),
    /// The coefficients of a linear regression, by ordinary least squares with an intercept. A category becomes 0 or 1 for each of its
    /// values but the first.
    Regression {
        /// The column of numbers to explain.
        outcome: String,
        /// The columns that explain it.
        terms: Vec<String>,
    },
}

/// A pooled estimate and its name.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct PooledTerm {
    /// `(intercept)`, the name of a column, or `column = category`.
    pub name: String,
    /// The estimate over all tables.
    #[serde(flatten)]
    pub pooled: Pooled,
}

impl FromStr for Analysis {
    type Err = Error;

    /// Reads a formula such as `y ~ x1 + x2`. Names that hold `~`, `+` or blanks at an end are written in backquotes.
    fn from_str(text: &str) -> Result<Self> {
        let wrong = |problem: &str| Error::option("ols", format!("{text:?} {problem}, as y ~ x1 + x2"));
        let sides = split(text, '~');
        let [outcome, terms] = &sides[..] else {
            return Err(wrong("does not have one ~ between outcome and terms"));
        };
        let terms: Vec<String> = split(terms, '+').iter().map(|name| bare(name)).collect();
        let outcome = bare(outcome);
        if outcome.is_empty() || terms.iter().any(String::is_empty) {
            return Err(wrong("lacks a name"));
        }
        if terms.contains(&outcome) {
            return Err(wrong("explains a column by itself; write other columns"));
        }
        Ok(Self::Regression { outcome, terms })
    }
}

/// The parts of a formula between marks outside backquotes.
fn split(text: &str, mark: char) -> Vec<String> {
    let (mut parts, mut is_quoted) = (vec![String::new()], false);
    for c in text.chars() {
        is_quoted ^= c == '`';
        match parts.last_mut() {
            Some(part) if is_quoted || c != mark => part.push(c),
            _ => parts.push(String::new()),
        }
    }
    parts
}

fn bare(name: &str) -> String {
    let name = name.trim();
    name.strip_prefix('`').and_then(|name| name.strip_suffix('`')).unwrap_or(name).to_owned()
}

impl Analysis {
    /// Analyses each of several completed copies of a table, and pools the estimates.
    ///
    /// # Errors
    /// If there are fewer than two tables, a column is not there, holds categories where numbers are needed or still has missing cells,
    /// or the regression cannot be computed.
    pub fn pool(&self, tables: &[TypedTable]) -> Result<Vec<PooledTerm>> {
        let all: Vec<Estimates> = tables.iter().map(|table| self.of(table)).collect::<Result<_>>()?;
        let Some(first) = all.first() else {
            return Err(Error::input("pool", "no completed tables; at least 2 are needed"));
        };
        let n_rows = tables[0].n_rows();
        if let Some(table) = tables.iter().find(|table| table.n_rows() != n_rows) {
            let problem = format!("has {} rows, and the first table has {n_rows}", table.n_rows());
            return Err(Error::input(table.name(), problem));
        }
        if let Some((table, _)) = tables.iter().zip(&all).find(|(_, of)| of.names != first.names) {
            return Err(Error::input(table.name(), "has other categories than the first table"));
        }
        for (table, of) in tables.iter().zip(&all) {
            let is_finite = |at: &usize| of.values[*at].is_finite() && of.variances[*at].is_finite();
            if let Some(at) = (0..of.names.len()).find(|at| !is_finite(at)) {
                let problem =
                    format!("the estimate of {} is not finite, because numbers are too large", of.names[at]);
                return Err(Error::input(table.name(), problem).hint("divide the columns by a power of ten"));
            }
        }
        let pooled = |(at, name): (usize, &String)| {
            let of = |values: fn(&Estimates) -> &Vec<f64>| {
                all.iter().map(|each| values(each)[at]).collect::<Vec<_>>()
            };
            let pooled =
                Pooled::of(&of(|each| &each.values), &of(|each| &each.variances), first.degrees_of_freedom)?;
            Ok(PooledTerm { name: name.clone(), pooled })
        };
        first.names.iter().enumerate().map(pooled).collect()
    }

    fn of(&self, table: &TypedTable) -> Result<Estimates> {
        match self {
            Analysis::Mean(name) => {
                let values = numbers(table, name)?;
                let n = values.len() as f64;
                if n < 2.0 {
                    return Err(Error::input(table.name(), "has fewer than 2 rows"));
                }
                let mean = values.iter().sum::<f64>() / n;
                let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
                Ok(Estimates {
                    names: vec![name.clone()],
                    values: vec![mean],
                    variances: vec![squares / (n - 1.0) / n],
                    degrees_of_freedom: n - 1.0,
                })
            }
            Analysis::Regression { outcome, terms } => {
                let outcome = numbers(table, outcome)?;
                let mut columns: Vec<(String, Vec<f64>)> = Vec::new();
                for term in terms {
                    columns.extend(design(table, term)?);
                }
                let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
                let values: Vec<&[f64]> = columns.iter().map(|(_, values)| values.as_slice()).collect();
                let fit = LeastSquares::fit(&names, &values, outcome)
                    .map_err(|error| Error::input(table.name(), error.to_string()))?;
                let names = ["(intercept)"].into_iter().chain(names).map(str::to_owned).collect();
                Ok(Estimates {
                    names,
                    values: fit.coefficients,
                    variances: fit.variances,
                    degrees_of_freedom: fit.degrees_of_freedom,
                })
            }
        }
    }
}

/// The estimates on one table.
struct Estimates {
    names: Vec<String>,
    values: Vec<f64>,
    variances: Vec<f64>,
    degrees_of_freedom: f64,
}

/// The cells of a column, all observed.
fn complete<'a>(table: &'a TypedTable, name: &str) -> Result<(usize, &'a Cells)> {
    let found = table.schema().columns.iter().position(|column| column.name == name);
    let Some(at) = found else {
        let names: Vec<&str> =
            table.schema().columns.iter().take(20).map(|column| column.name.as_str()).collect();
        return Err(Error::input(
            table.name(),
            format!("has no column {name:?}; it has {}", names.join(", ")),
        ));
    };
    let cells = &table.columns()[at];
    let n_missing = (0..table.n_rows()).filter(|&row| cells.is_missing(row)).count();
    if n_missing > 0 {
        let missing = crate::error::counted(n_missing, "missing cell");
        return Err(Error::input(table.name(), format!("column {name} has {missing}; impute it first")));
    }
    Ok((at, cells))
}

fn numbers<'a>(table: &'a TypedTable, name: &str) -> Result<&'a [f64]> {
    let (at, cells) = complete(table, name)?;
    match cells {
        Cells::Numbers(numbers) => Ok(numbers),
        _ => {
            let kind = table.schema().columns[at].kind;
            let problem = format!("column {name} is of kind {kind}; a column of numbers is needed");
            Err(Error::input(table.name(), problem).set("types", format!("{name}=numeric")))
        }
    }
}

/// The columns of the design that stand for a term.
fn design(table: &TypedTable, name: &str) -> Result<Vec<(String, Vec<f64>)>> {
    let (at, cells) = complete(table, name)?;
    let column = &table.schema().columns[at];
    match cells {
        Cells::Numbers(numbers) => Ok(vec![(name.to_owned(), numbers.clone())]),
        Cells::Codes(_) if column.categories.len() < 2 => Err(Error::input(
            table.name(),
            format!("column {name} holds one category, so it explains nothing; leave it out"),
        )),
        Cells::Codes(codes) => {
            let of = |(code, category): (usize, &String)| {
                let values = codes.iter().map(|&c| if c as usize == code { 1.0 } else { 0.0 }).collect();
                (format!("{name} = {category}"), values)
            };
            Ok(column.categories.iter().enumerate().skip(1).map(of).collect())
        }
        Cells::Left => {
            let problem = format!("column {name} is left out of the analysis, as {}", column.kind);
            Err(Error::input(table.name(), problem).set("types", format!("{name}=numeric")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{GivenColumn, MISSING, SchemaOptions};

    fn table(y: &[f64], x: &[f64], group: &[u32]) -> TypedTable {
        let names = ["y", "x", "group"].map(str::to_owned).to_vec();
        let groups = vec!["a".to_owned(), "b".to_owned()];
        let columns = vec![
            GivenColumn::Numbers(y.to_vec()),
            GivenColumn::Numbers(x.to_vec()),
            GivenColumn::Codes(group.to_vec(), groups),
        ];
        TypedTable::from_columns("done.csv", names, columns, &SchemaOptions::default()).unwrap()
    }

    const X: [f64; 6] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
    const GROUP: [u32; 6] = [0, 0, 1, 0, 1, 1];

    #[test]
    fn estimates_of_every_table_are_pooled() {
        let first = [1.0, 3.1, 7.9, 7.0, 12.1, 14.0];
        let tables = [table(&first, &X, &GROUP), table(&first.map(|y| y + 1.0), &X, &GROUP)];
        let mean = Analysis::Mean("y".into()).pool(&tables).unwrap();
        let average = first.iter().sum::<f64>() / 6.0;
        assert!((mean[0].pooled.estimate - (average + 0.5)).abs() < 1e-12);
        assert!((mean[0].pooled.between - 0.5).abs() < 1e-12);
        let terms = "y ~ x + group".parse::<Analysis>().unwrap().pool(&tables).unwrap();
        let names: Vec<&str> = terms.iter().map(|term| term.name.as_str()).collect();
        assert_eq!(names, ["(intercept)", "x", "group = b"]);
        // y is near 1 + 2x, and 3 more in group b.
        for (term, expected) in terms.iter().zip([1.5, 2.0, 3.0]) {
            assert!((term.pooled.estimate - expected).abs() < 0.2, "{}: {}", term.name, term.pooled.estimate);
        }
        // The tables differ by a constant, so only the intercept varies between them.
        assert!(terms[1].pooled.between < 1e-20 && (terms[0].pooled.between - 0.5).abs() < 1e-9);
    }

    #[test]
    fn what_cannot_be_analysed_is_named() {
        let y = [1.0, 2.0, f64::NAN, 4.0, 5.0, 6.5];
        let gaps = [table(&y, &X, &GROUP), table(&y, &X, &[0, 0, 1, 0, 1, MISSING])];
        let message = |formula: &str| {
            formula.parse::<Analysis>().and_then(|of| of.pool(&gaps)).unwrap_err().to_string()
        };
        assert_eq!(message("y ~ x"), "done.csv: column y has 1 missing cell; impute it first");
        assert_eq!(message("z ~ x"), "done.csv: has no column \"z\"; it has y, x, group");
        assert!(
            message("group ~ x")
                .starts_with("done.csv: column group is of kind binary; a column of numbers is needed")
        );
        assert_eq!(message("x ~"), "ols: \"x ~\" lacks a name, as y ~ x1 + x2");
        assert!(message("x").starts_with("ols: \"x\" does not have one ~ between outcome and terms"));
        let one = "x ~ y"
            .parse::<Analysis>()
            .unwrap()
            .pool(&[table(&X, &y.map(|y| y.max(0.0)), &GROUP)])
            .unwrap_err();
        let shorter = [table(&X, &X, &GROUP), table(&X[..5], &X[..5], &GROUP[..5])];
        let error = Analysis::Mean("y".into()).pool(&shorter).unwrap_err().to_string();
        assert_eq!(error, "done.csv: has 5 rows, and the first table has 6");
        assert_eq!(one.to_string(), "pool: 1 completed table; at least 2 are needed");
    }

    #[test]
    fn names_in_backquotes_may_hold_marks() {
        let parsed: Analysis = "`a~b` ~ `c + d`+e".parse().unwrap();
        let terms = vec!["c + d".to_owned(), "e".to_owned()];
        assert_eq!(parsed, Analysis::Regression { outcome: "a~b".into(), terms });
    }
}
