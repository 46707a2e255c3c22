//! What `penstroke impute` tells and writes beside the filled tables: errors by column, the page, the mask of filled cells.

use crate::run::failure::Result;
use crate::run::output::{OutputFile, are_same};
use crate::run::progress::{Verbosity, spinner};
use crate::run::shell::shell_word;
use penstroke::Error;
use penstroke::data::{Fill, TypedTable, npy};
use penstroke::error::counted;
use penstroke::impute::{CellError, ColumnError, ImputationReport, Imputer};
use penstroke::report::number::significant;
use std::path::{Path, PathBuf};

/// Most columns whose errors are told.
const MOST_TOLD: usize = 8;

/// Most characters of a column's name beside its errors.
const LONGEST: usize = 30;

/// A table, what filled it, and the fills of each imputation.
pub(super) struct Imputed {
    pub(super) table: TypedTable,
    /// `None` if there was nothing to fill.
    pub(super) imputer: Option<Imputer>,
    pub(super) imputations: Vec<Vec<Fill>>,
}

/// The files to write beside the filled tables.
pub(super) struct Beside {
    report: Option<OutputFile>,
    mask: Option<OutputFile>,
    footer: String,
}

impl Beside {
    /// Opens page and mask before the work; neither may be an input, the first of which is the table, or one of the other outputs.
    pub(super) fn open<'a>(
        [report, mask]: [Option<&'a Path>; 2],
        inputs: [Option<&Path>; 3],
        mut others: Vec<&'a Path>,
    ) -> Result<Self> {
        let mut files = Vec::new();
        for (path, extension) in [(report, "html"), (mask, "npy")] {
            let Some(path) = path else {
                files.push(None);
                continue;
            };
            if others.iter().any(|other| are_same(other, path)) {
                let problem = "is another output of this command; give another name";
                return Err(Error::input(path, problem).into());
            }
            others.push(path);
            files.push(Some(OutputFile::open_as(path, extension)?.apart_from(inputs)?));
        }
        let mask = files.pop().flatten();
        let version = env!("CARGO_PKG_VERSION");
        let table = shell_word(&inputs[0].unwrap_or(Path::new("")).to_string_lossy());
        Ok(Self {
            report: files.pop().flatten(),
            mask,
            footer: format!("penstroke {version}, impute {table}"),
        })
    }

    /// Writes them.
    pub(super) fn write(self, done: &Imputed, verbosity: Verbosity) -> Result<()> {
        let Imputed { table, imputer, imputations } = done;
        if let Some(mask) = self.mask {
            let n_columns = table.schema().columns.len();
            let mut filled = vec![false; table.n_rows() * n_columns];
            for fill in imputations.first().into_iter().flatten() {
                fill.rows.iter().for_each(|row| filled[row * n_columns + fill.column] = true);
            }
            mask.finish(|out| npy::write_bools(out, &filled, n_columns))?;
        }
        if let Some(file) = self.report {
            let writing = spinner(verbosity, "judging the imputation");
            let report =
                ImputationReport { table, imputer: imputer.as_ref(), imputations, footer: self.footer };
            let page = report.page()?;
            file.finish(|out| out.write_all(page.as_bytes()))?;
            drop(writing);
        }
        Ok(())
    }
}

/// The errors of the columns with gaps, those with most gaps first, in at most ten lines.
pub(super) fn told_errors(table: &TypedTable, errors: &[ColumnError]) -> Vec<String> {
    let n_missing = |error: &ColumnError| {
        let column = table.schema().columns.iter().find(|column| column.name == error.name);
        column.map_or(0, |column| column.n_missing)
    };
    let mut told: Vec<&ColumnError> = errors.iter().filter(|error| n_missing(error) > 0).collect();
    told.sort_by_key(|error| std::cmp::Reverse(n_missing(error)));
    if told.is_empty() {
        return Vec::new();
    }
    let n_more = told.len().saturating_sub(MOST_TOLD);
    told.truncate(MOST_TOLD);
    let longest = told.iter().map(|error| error.name.chars().count()).max().unwrap_or_default();
    let width = longest.clamp(15, LONGEST);
    let mut lines =
        vec![format!("{:<width$}  {:>9}  {:>9}  {:>9}", "held-out errors", "networks", "linear", "constant")];
    lines.extend(told.iter().map(|error| line(error, width)));
    if n_more > 0 {
        lines.push(format!("and {n_more} more columns"));
    }
    lines
}

fn line(error: &ColumnError, width: usize) -> String {
    let percent = |accuracy: f64| format!("{:.1} %", 100.0 * (1.0 - accuracy));
    let number = |value: f64| significant(value, 3);
    let (values, unit) = match error.of {
        CellError::Number { rmse, rmse_linear, rmse_mean, .. } => {
            ([Some(rmse), rmse_linear, Some(rmse_mean)].map(|of| of.map(number)), "RMSE")
        }
        CellError::Category { accuracy, accuracy_linear, accuracy_mode, .. } => {
            ([Some(accuracy), accuracy_linear, Some(accuracy_mode)].map(|of| of.map(percent)), "wrong")
        }
    };
    let [networks, linear, constant] = values.map(|value| value.unwrap_or("–".into()));
    let verdict = error.verdict().map_or(String::new(), |verdict| format!("; {verdict}"));
    let name = shortened(&error.name);
    format!("{name:<width$}  {networks:>9}  {linear:>9}  {constant:>9}  {unit}{verdict}")
}

/// A name that leaves room for the numbers beside it.
fn shortened(name: &str) -> String {
    if name.chars().count() <= LONGEST {
        return name.to_owned();
    }
    name.chars().take(LONGEST - 1).chain(['…']).collect()
}

/// A warning about files that are named like these imputations but were written by an earlier run, which `pool` would take for more of them.
pub(super) fn told_stale(pattern: &Path, outs: &[PathBuf]) -> Option<String> {
    let name = pattern.file_name()?.to_str()?;
    let (before, after) = name.split_once("{}")?;
    let is_stale = |name: &String| {
        let number = name.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
        let is_number = number.is_some_and(|n| !n.is_empty() && n.bytes().all(|byte| byte.is_ascii_digit()));
        is_number && outs.iter().all(|out| out.file_name().is_none_or(|out| out != name.as_str()))
    };
    let folder = pattern.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let entries = std::fs::read_dir(folder).ok()?.flatten();
    let mut stale: Vec<String> =
        entries.filter_map(|entry| entry.file_name().into_string().ok()).filter(is_stale).collect();
    stale.sort();
    let first = stale.first()?;
    Some(match stale.len() {
        1 => format!("penstroke: {first} is not of this run; do not pool it with these imputations"),
        n => format!(
            "penstroke: {first} and {} are not of this run; do not pool them with these imputations",
            counted(n - 1, "other file")
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use penstroke::data::{GivenColumn, SchemaOptions};

    #[test]
    fn a_long_name_leaves_room_for_the_errors() {
        let long = "Household net disposable income after housing costs, 2019 euros".to_owned();
        let numbers = |n: usize| {
            GivenColumn::Numbers((0..30).map(|row| if row < n { f64::NAN } else { row as f64 }).collect())
        };
        let names = vec![long.clone(), "age".into()];
        let options = SchemaOptions::default();
        let table = TypedTable::from_columns("t", names, vec![numbers(2), numbers(1)], &options).unwrap();
        let of = CellError::Number { rmse: 1.0, rmse_linear: None, rmse_mean: 2.0, r_squared: None };
        let errors = [long, "age".into()].map(|name| ColumnError { name, n_cells: 9, is_better: true, of });
        let lines = told_errors(&table, &errors);
        assert_eq!(lines[1], "Household net disposable inco…       1.00          –       2.00  RMSE");
        assert_eq!(lines[0].find("networks"), lines[2].find("1.00").map(|at| at - 4));
    }
}
