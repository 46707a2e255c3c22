//! What a search has found, the best first.

use super::{Outcome, Trial};
use crate::Result;
use crate::eval::interval::Mean;

/// A point of the space and its error over seeds.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Row {
    /// The point, under seed 0.
    pub point: Trial,
    /// Share of the validation samples that was wrong: mean over seeds, with a 95 % interval if there are several.
    pub valid_error: Mean,
    /// Of all its trials together.
    pub seconds: f64,
}

/// All points that were tried: those of most seeds first, each group by its mean error; of equals the shallower, then the
/// narrower, then the one of lower rates, then as they are written.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Table {
    /// The best first.
    pub rows: Vec<Row>,
}

impl Table {
    /// The table of some outcomes, which does not depend on their order.
    ///
    /// # Errors
    /// If there are none.
    pub fn of(outcomes: &[Outcome]) -> Result<Self> {
        let mut sorted: Vec<&Outcome> = outcomes.iter().collect();
        let key = |o: &Outcome| {
            let Trial { corruption, hidden, depth, learning_rate, tuning_rate, seed } = &o.trial;
            (*depth, *hidden, learning_rate.to_bits(), tuning_rate.to_bits(), corruption.to_string(), *seed)
        };
        // By point and seed first, so that sums are taken in one order.
        sorted.sort_by_cached_key(|outcome| key(outcome));
        let mut rows = Vec::new();
        for group in sorted.chunk_by(|a, b| a.trial.point() == b.trial.point()) {
            let errors: Vec<f64> = group.iter().map(|outcome| outcome.valid_error).collect();
            rows.push(Row {
                point: group[0].trial.point(),
                valid_error: Mean::of(&errors)?,
                seconds: group.iter().map(|outcome| outcome.seconds).sum(),
            });
        }
        // Stable: of equals the order above stays.
        // A point that one lucky seed has tried is not yet better than one that stood several.
        rows.sort_by(|a, b| {
            b.valid_error.n.cmp(&a.valid_error.n).then(a.valid_error.mean.total_cmp(&b.valid_error.mean))
        });
        if rows.is_empty() {
            return Err(crate::Error::numerical("search: no trial was finished"));
        }
        Ok(Self { rows })
    }

    /// The best.
    #[must_use]
    pub fn winner(&self) -> &Row {
        &self.rows[0]
    }

    /// The best row of every corruption, in the order in which they first appear in `order`.
    #[must_use]
    pub fn by_corruption<'a>(&'a self, order: &[crate::Corruption]) -> Vec<&'a Row> {
        order.iter().filter_map(|c| self.rows.iter().find(|row| row.point.corruption == *c)).collect()
    }
}
