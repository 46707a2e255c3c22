//! The options of a detector.

use crate::tabular::Options;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// How a detector is trained. The defaults serve tables of every size.
///
/// ```
/// use penstroke::anomaly::DetectorConfig;
/// let config = DetectorConfig { networks: 2, ..Default::default() };
/// config.check()?;
/// let wrong = DetectorConfig { trim: 1.5, ..Default::default() }.check().unwrap_err();
/// assert_eq!(wrong.to_string(), "trim: 1.5 is outside 0..1");
/// # Ok::<(), penstroke::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DetectorConfig {
    /// Number of networks of each kind, at least 1. Their errors are averaged.
    pub networks: usize,
    /// Units of each hidden layer, from the input upwards.
    pub hidden: Vec<usize>,
    /// The lowest and the highest standard deviation of the noise in training; each column has deviation 1.
    pub levels: (f64, f64),
    /// The part of each batch, in `0..1`, that is left out of a step because the network restores it worst. Anomalies among the rows
    /// that are learned are then not learned; 0 if all these rows are known to be normal.
    pub trim: f64,
    /// Range of the probability with which the local networks lose each cell of a row, within `0..=1`.
    pub mask: (f64, f64),
    /// Number of steps of each network, at least 1. Unless `trim` is 0, a table of few rows takes fewer, so that no row is learned from
    /// more than 200 times.
    pub steps: usize,
    /// Rows per step, at least 1.
    pub batch: usize,
    /// Largest learning rate, above 0. It rises during the first tenth of the steps and then falls to 0 as a cosine.
    pub learning_rate: f64,
    /// Weight decay λ, at least 0: Adam subtracts `η λ W` from the weights.
    pub weight_decay: f64,
    /// Seed of all random numbers.
    pub seed: u64,
    /// Fewest rows that are learned from; a table with fewer is refused.
    #[serde(skip)]
    pub fewest_rows: usize,
    /// Number of threads; 0 stands for one per processor. The result does not depend on it.
    #[serde(skip)]
    pub threads: usize,
}

impl Default for DetectorConfig {
    fn default() -> Self {
        Self {
            networks: 4,
            hidden: vec![128, 128, 128],
            levels: (0.08, 8.0),
            trim: 0.1,
            mask: (0.05, 0.6),
            steps: 2000,
            batch: 128,
            learning_rate: 0.001,
            weight_decay: 1e-4,
            seed: 0,
            fewest_rows: 20,
            threads: 0,
        }
    }
}

impl DetectorConfig {
    /// Whether anomalies may be among the learned rows, so that no local network may predict a row that it learned.
    pub(super) fn in_folds(&self) -> bool {
        self.trim > 0.0
    }

    /// Checks that every number is in range.
    ///
    /// # Errors
    /// The first problem, with the name of its option.
    pub fn check(&self) -> Result<()> {
        Options {
            networks: self.networks,
            hidden: &self.hidden,
            mask: self.mask,
            steps: self.steps,
            batch: self.batch,
            learning_rate: self.learning_rate,
            weight_decay: self.weight_decay,
        }
        .check()?;
        let (low, high) = self.levels;
        if !(low > 0.0 && low <= high && high.is_finite()) {
            let problem = format!("{low}..{high} is not a range of numbers above 0");
            return Err(Error::option("levels", problem));
        }
        if !(0.0..1.0).contains(&self.trim) {
            return Err(Error::option("trim", format!("{} is outside 0..1", self.trim)));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_has_its_message() {
        let with = |change: fn(&mut DetectorConfig)| {
            let mut config = DetectorConfig::default();
            change(&mut config);
            config.check().unwrap_err().to_string()
        };
        type Case = (fn(&mut DetectorConfig), &'static str);
        let cases: [Case; 10] = [
            (|c| c.networks = 0, "networks: 0; at least 1 is needed"),
            (|c| c.steps = 0, "steps: 0; at least 1 is needed"),
            (|c| c.batch = 0, "batch: 0; at least 1 is needed"),
            (|c| c.hidden.clear(), "hidden: no layers; at least 1 is needed"),
            (|c| c.hidden[1] = 0, "hidden: a layer of 0 units; at least 1 is needed"),
            (|c| c.levels = (0.0, 8.0), "levels: 0..8 is not a range of numbers above 0"),
            (|c| c.trim = 1.0, "trim: 1 is outside 0..1"),
            (|c| c.mask = (0.5, 0.1), "mask: 0.5..0.1 is not a range within 0..=1"),
            (|c| c.learning_rate = f64::NAN, "learning_rate: NaN is not a finite number above 0"),
            (|c| c.weight_decay = -1.0, "weight_decay: -1 is not a finite number of at least 0"),
        ];
        for (change, message) in cases {
            assert_eq!(with(change), message);
        }
        DetectorConfig::default().check().unwrap();
    }
}
