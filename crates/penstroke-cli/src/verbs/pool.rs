//! `penstroke pool`: one estimate from several imputed tables.

use crate::options::schema::TypedArgs;
use crate::run::failure::Result;
use crate::run::{console, output};
use clap::{ArgGroup, Args};
use penstroke::Error;
use penstroke::data::TypedTable;
use penstroke::impute::{Analysis, PooledTerm};
use penstroke::report::number::significant;
use serde_json::json;
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

/// Analyse several imputed tables and pool the estimates
///
/// Computes a mean or a linear regression on every table, and combines the estimates by Rubin's rules: the standard errors and 95 %
/// intervals count how much the imputations differ. Degrees of freedom are those of Barnard and Rubin (1999).
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("analysis").required(true).args(["ols", "mean"]))]
#[command(after_help = "EXAMPLE\n  \
    penstroke impute survey.csv --imputations 20 --out 'done-{}.csv'\n  \
    penstroke pool done-*.csv --ols 'income ~ age + zone'")]
pub(crate) struct PoolArgs {
    /// The imputed tables, at least 2
    #[arg(required = true, value_name = "TABLE")]
    tables: Vec<PathBuf>,
    /// A linear regression, as 'y ~ x1 + x2'; a name with ~ or + in it is written in backquotes
    #[arg(long, value_name = "FORMULA")]
    ols: Option<String>,
    /// The mean of a column
    #[arg(long, value_name = "COLUMN")]
    mean: Option<String>,
    #[command(flatten)]
    reading: TypedArgs,
    /// Print the estimates as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: PoolArgs) -> Result<()> {
    let analysis = match (&args.ols, &args.mean) {
        (Some(formula), _) => formula.parse()?,
        (None, column) => Analysis::Mean(column.clone().unwrap_or_default()),
    };
    if args.tables.len() < 2 {
        let problem = "one table does not tell how uncertain its filled cells are; name at least 2";
        return Err(Error::input(&args.tables[0], problem).into());
    }
    refuse_mixed(&args.tables)?;
    let options = args.reading.options()?;
    let first = TypedTable::read(&args.tables[0], &options)?;
    let like = first.schema().clone();
    let mut tables = vec![first];
    for path in &args.tables[1..] {
        tables.push(TypedTable::read_like(path, &like, &options)?);
    }
    warn(&tables);
    let terms = analysis.pool(&tables)?;
    if args.json {
        return output::print_json(&json!({"n_tables": tables.len(), "terms": terms}));
    }
    output::print(&table(&terms))
}

/// Refuses files of different runs, as far as their names tell: `impute` counts from 1, with zeros before the number that depend on how many
/// imputations there are, so two files of one run never differ in these zeros alone.
fn refuse_mixed(tables: &[PathBuf]) -> Result<()> {
    let mut known: HashMap<String, &PathBuf> = HashMap::new();
    let mut files: HashSet<PathBuf> = HashSet::new();
    for path in tables {
        if !files.insert(output::real(path)) {
            let problem = "is named twice, and would count as two imputations";
            return Err(Error::input(path, problem).hint("name each file once").into());
        }
        let before = known.insert(without_zeros(&path.to_string_lossy()), path);
        if let Some(before) = before {
            let problem = format!("has the number of {}, so they are not of one run", before.display());
            return Err(Error::input(path, problem).hint("name the imputations of one run").into());
        }
    }
    Ok(())
}

/// A name without the zeros before its numbers.
fn without_zeros(name: &str) -> String {
    let (mut bare, mut is_in_number) = (String::new(), false);
    let mut rest = name.chars().peekable();
    while let Some(mark) = rest.next() {
        let is_before_digit = rest.peek().is_some_and(char::is_ascii_digit);
        if mark == '0' && !is_in_number && is_before_digit {
            continue;
        }
        is_in_number = mark.is_ascii_digit();
        bare.push(mark);
    }
    bare
}

/// Tells each warning about the tables once, with the first that has it.
fn warn(tables: &[TypedTable]) {
    let mut told: Vec<&str> = Vec::new();
    for table in tables {
        for warning in table.warnings() {
            if !told.contains(&warning.as_str()) {
                told.push(warning);
                console::note(&format!("penstroke: {}: {warning}", table.name()));
            }
        }
    }
}

/// The estimates, a line each.
fn table(terms: &[PooledTerm]) -> String {
    let width = terms.iter().map(|term| term.name.chars().count()).max().unwrap_or_default().max(4);
    let mut lines = vec![format!(
        "{:<width$}  {:>12}  {:>12}  {:>27}  {:>8}  {:>9}",
        "term", "estimate", "std. error", "95 % interval", "d.f.", "missing"
    )];
    for PooledTerm { name, pooled } in terms {
        let number = |value: f64| significant(value, 5);
        let interval = format!("{} to {}", number(pooled.interval.low), number(pooled.interval.high));
        lines.push(format!(
            "{name:<width$}  {:>12}  {:>12}  {interval:>27}  {:>8.1}  {:>7.1} %",
            number(pooled.estimate),
            number(pooled.standard_error),
            pooled.degrees_of_freedom,
            100.0 * pooled.fraction_missing
        ));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_before_numbers_are_left_out() {
        for (name, bare) in [
            ("d-01.csv", "d-1.csv"),
            ("d-10.csv", "d-10.csv"),
            ("d-100.csv", "d-100.csv"),
            ("d-000.csv", "d-0.csv"),
            ("2024-06/d-07", "2024-6/d-7"),
        ] {
            assert_eq!(without_zeros(name), bare);
        }
    }
}
