//! The options of an imputer.

use crate::tabular::Options;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// How an imputer is trained. The defaults serve tables of every size.
///
/// ```
/// use penstroke::impute::ImputerConfig;
/// let config = ImputerConfig { networks: 3, ..Default::default() };
/// config.check()?;
/// let wrong = ImputerConfig { hidden: vec![], ..Default::default() }.check().unwrap_err();
/// assert_eq!(wrong.to_string(), "hidden: no layers; at least 1 is needed");
/// # Ok::<(), penstroke::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ImputerConfig {
    /// Number of networks, at least 1. Single imputations average them.
    pub networks: usize,
    /// Whether each network learns from a bootstrap sample of the rows, which several imputations need. If not, network `k` of `K` leaves
    /// out one `K`th of the rows, and single imputations are more accurate.
    pub bootstrap: bool,
    /// Units of each hidden layer, from the input upwards.
    pub hidden: Vec<usize>,
    /// Range of the probability with which a presentation of a row loses each of its observed cells, within `0..=1`.
    pub mask: (f64, f64),
    /// Largest learning rate, above 0. It rises during the first tenth of the steps and then falls to 0 as a cosine.
    pub learning_rate: f64,
    /// Weight decay λ, at least 0: Adam subtracts `η λ W` from the weights.
    pub weight_decay: f64,
    /// Number of steps of each network, at least 1.
    pub steps: usize,
    /// Rows per step, at least 1.
    pub batch: usize,
    /// Probability in `0..1` that a hidden unit is dropped in training.
    pub dropout: f64,
    /// Whether imputed numbers stay between the smallest and the largest observed number of their column.
    pub bounded: bool,
    /// Seed of all random numbers.
    pub seed: u64,
    /// Fewest rows that are learned from; a table with fewer is refused.
    #[serde(skip)]
    pub fewest_rows: usize,
    /// Number of threads; 0 stands for one per processor. The result does not depend on it.
    #[serde(skip)]
    pub threads: usize,
}

impl Default for ImputerConfig {
    fn default() -> Self {
        Self {
            networks: 5,
            bootstrap: false,
            hidden: vec![256, 256],
            mask: (0.05, 0.6),
            learning_rate: 0.002,
            weight_decay: 0.01,
            steps: 4000,
            batch: 128,
            dropout: 0.0,
            bounded: true,
            seed: 0,
            fewest_rows: 20,
            threads: 0,
        }
    }
}

impl ImputerConfig {
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
        if !(0.0..1.0).contains(&self.dropout) {
            return Err(Error::option("dropout", format!("{} is outside 0..1", self.dropout)));
        }
        Ok(())
    }
}
