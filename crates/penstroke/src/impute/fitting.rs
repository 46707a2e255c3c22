//! Trains an imputer: the networks, and what the cells that they did not learn from tell of them.

use super::calibration;
use super::config::ImputerConfig;
use super::errors;
use super::imputer::Imputer;
use super::line::Line;
use super::network::train;
use super::spread::order;
use super::team;
use crate::data::TypedTable;
use crate::tabular::{Encoding, canonical};
use crate::train::Run;
use crate::{Error, Result};

impl Imputer {
    /// Trains on the observed cells of a table.
    ///
    /// # Errors
    /// If an option is out of range, the table has fewer than [`ImputerConfig::fewest_rows`] or no column to learn, or training fails.
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
        let networks =
            team::train_all(config, run, |k, run| train(config, &encoding, (&rows, &order), k, run))?;
        let (config, schema) = (config.clone(), table.schema().clone());
        let learned = rows.hash(encoding.n_inputs)?;
        let lines = vec![Line::IDENTITY; encoding.n_numbers];
        let mut imputer =
            Self { config, schema, encoding, order, networks, lines, errors: Vec::new(), learned };
        imputer.lines = calibration::learn(&imputer, &rows)?;
        imputer.errors = errors::measure(&imputer, &rows)?;
        Ok(imputer)
    }
}
