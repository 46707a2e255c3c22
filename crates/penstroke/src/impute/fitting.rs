//! Trains an imputer: the networks, and what the cells that they did not learn from tell of them.

use super::blend::Blend;
use super::calibration;
use super::config::ImputerConfig;
use super::errors;
use super::imputer::Imputer;
use super::network::train;
use super::spread::order;
use super::team;
use crate::data::{Schema, TypedTable};
use crate::tabular::{Code, Encoding, canonical, refuse_diverged};
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
        let networks = team::train_all(config, run, |k, run| {
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
    let columns = &encoding.columns;
    let n_missing: usize = columns.iter().map(|coded| schema.columns[coded.column].n_missing).sum();
    let n_observed = columns.len() as f64 - n_missing as f64 / schema.n_rows.max(1) as f64;
    let is_constant = |code: &Code| matches!(code, Code::Category { n: 1, .. });
    let n_constant = columns.iter().filter(|coded| is_constant(&coded.code)).count() as f64;
    0.5 * (config.mask.0 + config.mask.1) * (n_observed - n_constant).max(1e-9)
}
