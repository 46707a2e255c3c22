//! Trains an imputer: the networks, and what the cells that they did not learn from tell of them.

use super::blend::Blend;
use super::calibration;
use super::config::ImputerConfig;
use super::errors;
use super::imputer::Imputer;
use super::network::train;
use super::spread::order;
use super::team;
use crate::data::TypedTable;
use crate::tabular::{Encoding, canonical};
use crate::train::{History, Run};
use crate::{Error, Result};

/// Most that a network may lose where always answering the mean loses 1. After a few steps, columns with rare large numbers make it lose
/// tens; a training that diverged loses far more.
const FAR: f64 = 1000.0;

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
        let networks = team::train_all(config, run, |k, run| {
            let trained = train(config, &encoding, (&rows, &order), k, run)?;
            refuse_diverged(table.name(), &trained.history)?;
            Ok(trained)
        })?;
        let (config, schema) = (config.clone(), table.schema().clone());
        let learned = rows.hash(encoding.n_inputs)?;
        let blends = vec![Blend::NETWORKS; encoding.n_numbers];
        let mut imputer =
            Self { config, schema, encoding, order, networks, blends, errors: Vec::new(), learned };
        imputer.blends = calibration::learn(&imputer, &rows)?;
        imputer.errors = errors::measure(&imputer, &rows)?;
        Ok(imputer)
    }
}

/// Refuses a network that does far worse than always answering the mean, on the rows that it learned from and on the others. A rare large
/// number can raise one of these losses above [`FAR`], but not both.
fn refuse_diverged(table: &str, history: &History) -> Result<()> {
    let kept = history.best_epoch.unwrap_or(history.train_loss.len());
    let of = |losses: &[f64]| kept.checked_sub(1).and_then(|at| losses.get(at).copied());
    let losses = [of(&history.train_loss), of(&history.valid_loss)];
    if losses.iter().flatten().all(|loss| !loss.is_finite() || *loss > FAR) && losses[0].is_some() {
        let loss = losses.iter().flatten().copied().fold(f64::INFINITY, f64::min);
        let shown = if loss < 1e6 { format!("{loss:.1}") } else { format!("{loss:.1e}") };
        let problem = format!(
            "{table}: the training diverged: its loss is {shown}, and always answering the mean has 1"
        );
        let hint = "use a smaller learning rate, or leave out columns with very large numbers";
        return Err(Error::numerical(problem).hint(hint));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_far_above_that_of_the_mean_is_refused() {
        let history = |train: &[f64], valid: &[f64], best_epoch: Option<usize>| History {
            train_loss: train.to_vec(),
            valid_loss: valid.to_vec(),
            best_epoch,
            ..History::default()
        };
        for (of, is_refused) in [
            (history(&[0.9, 1.02], &[1.1, 1.04], Some(2)), false),
            // One outlier, held out and not.
            (history(&[0.2], &[4000.0], Some(1)), false),
            (history(&[1500.0], &[0.1], Some(1)), false),
            // Few steps on columns with rare large numbers.
            (history(&[16.0], &[20.0], Some(1)), false),
            (history(&[1e12], &[], None), true),
            (history(&[2.0, 1e12], &[1e12, 1e11], Some(2)), true),
            (history(&[1e12, 0.5], &[1e12, 0.5], Some(2)), false),
            (history(&[f64::NAN], &[f64::INFINITY], Some(1)), true),
            (history(&[], &[], None), false),
        ] {
            assert_eq!(refuse_diverged("t", &of).is_err(), is_refused, "{of:?}");
        }
        let message = refuse_diverged("t.csv", &history(&[1e12], &[2e12], Some(1))).unwrap_err().to_string();
        assert_eq!(
            message,
            "t.csv: the training diverged: its loss is 1.0e12, and always answering the mean has 1; use a smaller learning rate, \
             or leave out columns with very large numbers"
        );
    }
}
