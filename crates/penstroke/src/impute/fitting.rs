//! Trains an imputer: the networks, and what the cells that they did not learn from tell of them.

use super::blend::Blend;
use super::calibration;
use super::config::ImputerConfig;
use super::errors;
use super::imputer::Imputer;
use super::network::train;
use super::spread::order;
use crate::data::{Schema, TypedTable};
use crate::tabular::{Code, Encoding, Team, canonical, refuse_diverged};
use crate::train::Run;
use crate::{Error, Result};

impl Imputer {
    /// Trains on the observed cells of a table.
    ///
    /// # Errors
    /// If an option is out of range, the table has fewer than [`ImputerConfig::fewest_rows`] or no column to learn, or training fails or
    /// ends far worse than always answering the mean.
    pub fn fit(config: &ImputerConfig, table: &TypedTable, run: &mut Run<'_>) -> Result<Self> {
        config.check()?;
        let (n, fewest) = (table.n_rows(), config.fewest_rows);
        if n < fewest {
            let problem = format!("has {n} rows; at least {fewest} are needed to learn from");
            return Err(Error::input(table.name(), problem));
        }
        let encoding = Encoding::learn(table, |_| true);
        if encoding.columns.is_empty() {
            return Err(Error::input(table.name(), "has no column to learn: all are left out"));
        }
        let (rows, _) = canonical(&encoding, table)?;
        let order = order(&encoding, &rows);
        let lost_by_constant = lost_by_constant(config, &encoding, table.schema());
        let rows_each = config.steps * config.batch;
        let team = Team { networks: config.networks, rows_each, threads: config.threads };
        let networks = team.train(run, |k, run| {
            let trained = train(config, &encoding, (&rows, &order), k, run)?;
            refuse_diverged(table.name(), &trained.history, lost_by_constant)?;
            Ok(trained)
        })?;
        let (config, schema) = (config.clone(), table.schema().clone());
        let learned = rows.hash(encoding.n_inputs)?;
        let blends = vec![Blend::NETWORKS; encoding.columns.len()];
        let mut imputer =
            Self { config, schema, encoding, order, networks, blends, errors: Vec::new(), learned };
        imputer.blends = calibration::learn(&imputer, &rows)?;
        imputer.errors = errors::measure(&imputer, &rows)?;
        Ok(imputer)
    }
}

/// What a row loses on average if its masked cells are always answered by a constant: 1 for each but those of constant columns.
pub(super) fn lost_by_constant(config: &ImputerConfig, encoding: &Encoding, schema: &Schema) -> f64 {
    let varied = encoding.columns.iter().filter(|coded| !matches!(coded.code, Code::Category { n: 1, .. }));
    let share_missing = |column: usize| schema.columns[column].n_missing as f64 / schema.n_rows.max(1) as f64;
    let n_observed: f64 = varied.map(|coded| 1.0 - share_missing(coded.column)).sum();
    // Something, where all columns are constant.
    0.5 * (config.mask.0 + config.mask.1) * n_observed.max(0.01)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{GivenColumn, MISSING, SchemaOptions};

    #[test]
    fn constant_columns_cost_a_constant_answer_nothing() {
        let codes = |all: &dyn Fn(usize) -> u32, n: usize| {
            GivenColumn::Codes((0..40).map(all).collect(), (0..n).map(|k| format!("c{k}")).collect())
        };
        // Half of the varied cells are observed, and a tenth of the constant ones.
        let varied = codes(&|row| if row % 4 < 2 { MISSING } else { row as u32 % 2 }, 2);
        let constant = codes(&|row| if row % 10 > 0 { MISSING } else { 0 }, 1);
        let names = vec!["varied".into(), "constant".into()];
        let table =
            TypedTable::from_columns("t", names, vec![varied, constant], &SchemaOptions::default()).unwrap();
        let config = ImputerConfig { mask: (0.2, 0.6), ..ImputerConfig::default() };
        let lost =
            |table: &TypedTable| lost_by_constant(&config, &Encoding::learn(table, |_| true), table.schema());
        assert!((lost(&table) - 0.4 * 0.5).abs() < 1e-12, "{}", lost(&table));
    }
}
