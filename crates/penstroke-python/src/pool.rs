//! Estimates on several completed tables, pooled by Rubin's rules.

use crate::errors::{Names, detached};
use crate::table::{Column, given};
use penstroke::data::{SchemaOptions, TypedTable};
use penstroke::eval::Pooled;
use penstroke::impute::Analysis;
use pyo3::prelude::*;

/// The estimate, its standard error, the degrees of freedom, the ends of the interval, the fraction of missing information, and the
/// variances within and between the tables.
type Numbers = (f64, f64, f64, f64, f64, f64, f64, f64);

fn numbers(pooled: &Pooled) -> Numbers {
    (
        pooled.estimate,
        pooled.standard_error,
        pooled.degrees_of_freedom,
        pooled.interval.low,
        pooled.interval.high,
        pooled.fraction_missing,
        pooled.within,
        pooled.between,
    )
}

/// A regression (`ols`) or the mean of a column on each of several tables, given as names and columns; the pooled estimates by name.
#[pyfunction]
pub(crate) fn pool_tables(
    py: Python<'_>,
    tables: Vec<(Vec<String>, Vec<Column<'_>>)>,
    ols: Option<&str>,
    mean: Option<&str>,
) -> PyResult<Vec<(String, Numbers)>> {
    let tables: Vec<_> =
        tables.into_iter().map(|(names, columns)| Ok((names, given(columns)?))).collect::<PyResult<_>>()?;
    detached(py, &Names::same(&["ols"]), || {
        let analysis = match (ols, mean) {
            (Some(formula), _) => formula.parse()?,
            (None, name) => Analysis::Mean(name.unwrap_or_default().to_owned()),
        };
        let typed = |(k, (names, columns))| {
            let name = format!("frames[{k}]");
            TypedTable::from_columns(&name, names, columns, &SchemaOptions::default())
        };
        let tables = tables.into_iter().enumerate().map(typed).collect::<penstroke::Result<Vec<_>>>()?;
        Ok(analysis.pool(&tables)?.into_iter().map(|term| (term.name, numbers(&term.pooled))).collect())
    })
}

/// One estimate of those on several tables, their squared standard errors, and the degrees of freedom on a complete table.
#[pyfunction]
pub(crate) fn pool_numbers(estimates: Vec<f64>, variances: Vec<f64>, complete: f64) -> PyResult<Numbers> {
    let pooled = Pooled::of(&estimates, &variances, complete);
    pooled.map(|pooled| numbers(&pooled)).map_err(|error| Names::default().exception(error))
}
