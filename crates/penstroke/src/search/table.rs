//! The results of a search, the best first.

use super::{Outcome, Trial};
use crate::Result;
use crate::eval::interval::Mean;

/// A point of the space and its error, averaged over seeds.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Ranked {
    /// The point, with seed 0.
    pub point: Trial,
    /// Validation error: mean over seeds, with a 95 % interval if there are several.
    pub valid_error: Mean,
    /// Seconds of all its trials together.
    pub seconds: f64,
}

/// All points tried. Points with the most seeds come first, then points with lower mean error; ties are broken by smaller
/// depth, width and learning rates, then by the text of the corruption.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Ranking {
    /// The best first.
    pub rows: Vec<Ranked>,
}

impl Ranking {
    /// The table of these outcomes; it does not depend on their order.
    ///
    /// # Errors
    /// If there are no outcomes.
    pub fn of(outcomes: &[Outcome]) -> Result<Self> {
        let mut sorted: Vec<&Outcome> = outcomes.iter().collect();
        let key = |o: &Outcome| {
            let Trial { corruption, hidden, depth, learning_rate, tuning_rate, seed } = &o.trial;
            (*depth, *hidden, learning_rate.to_bits(), tuning_rate.to_bits(), corruption.to_string(), *seed)
        };
        // Sorted by point and seed first, so that sums are always in the same order.
        sorted.sort_by_cached_key(|outcome| key(outcome));
        let mut rows = Vec::new();
        for group in sorted.chunk_by(|a, b| a.trial.point() == b.trial.point()) {
            let errors: Vec<f64> = group.iter().map(|outcome| outcome.valid_error).collect();
            rows.push(Ranked {
                point: group[0].trial.point(),
                valid_error: Mean::of(&errors)?,
                seconds: group.iter().map(|outcome| outcome.seconds).sum(),
            });
        }
        // A stable sort: ties keep the order above. A point with one lucky seed is not yet better than one with several.
        rows.sort_by(|a, b| {
            b.valid_error.n.cmp(&a.valid_error.n).then(a.valid_error.mean.total_cmp(&b.valid_error.mean))
        });
        if rows.is_empty() {
            return Err(crate::Error::numerical("search: no trial has finished"));
        }
        Ok(Self { rows })
    }

    /// The best row.
    pub fn winner(&self) -> &Ranked {
        &self.rows[0]
    }

    /// The best row for each corruption, in the order of `order`.
    pub fn by_corruption<'a>(&'a self, order: &[crate::Corruption]) -> Vec<&'a Ranked> {
        order.iter().filter_map(|c| self.rows.iter().find(|row| row.point.corruption == *c)).collect()
    }
}
