//! The configuration of an encoder of tables.

use super::training::training_options;
use super::wire;
use super::{Corruption, Optimizer, Schedule, Training};
use crate::error::{Error, Result};
use penstroke_engine::{InstructionSet, Precision};
use serde::{Deserialize, Serialize};

/// The configuration of a [`TableEncoder`](crate::features::TableEncoder) and its training.
///
/// ```
/// use penstroke::config::TableEncoderConfig;
/// let config = TableEncoderConfig { hidden: vec![100, 100], ..Default::default() }.corruption("swap:0.1+mask:0..0.2".parse()?);
/// config.check()?;
/// let wrong = TableEncoderConfig { hidden: vec![], ..Default::default() }.check().unwrap_err();
/// assert_eq!(wrong.to_string(), "hidden: no layers; at least 1 is needed");
/// # Ok::<(), penstroke::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TableEncoderConfig {
    /// Units of each hidden layer, from the input upwards.
    pub hidden: Vec<usize>,
    /// Probability in `0..1` that a hidden unit is dropped in training.
    pub dropout: f64,
    /// Fewest rows that are learned from; a table with fewer is refused.
    #[serde(skip)]
    pub fewest_rows: usize,
    /// How it is trained. Each presentation of a row has a share of its cells replaced by those of other rows, `swap:q`, unless another
    /// corruption is set.
    #[serde(flatten, with = "wire::table_encoder")]
    pub training: Training,
}

impl Default for TableEncoderConfig {
    fn default() -> Self {
        Self {
            hidden: vec![256, 256, 256],
            dropout: 0.0,
            fewest_rows: 20,
            training: Training::table_encoder(),
        }
    }
}

training_options!(TableEncoderConfig);

impl TableEncoderConfig {
    /// Checks that every number is in range.
    ///
    /// # Errors
    /// The first problem, with the name of its option.
    pub fn check(&self) -> Result<()> {
        let refuse = |option: &'static str, problem: String| Err(Error::option(option, problem));
        if self.hidden.is_empty() {
            return refuse("hidden", "no layers; at least 1 is needed".into());
        }
        if self.hidden.contains(&0) {
            return refuse("hidden", "a layer of 0 units; at least 1 is needed".into());
        }
        if !(0.0..1.0).contains(&self.dropout) {
            return refuse("dropout", format!("{} is outside 0..1", self.dropout));
        }
        if self.training.corruption.is_none() {
            let problem = "none, so the network would only copy its input";
            return Err(Error::option("corruption", problem).set("corruption", "swap:0.15"));
        }
        self.training.check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_has_its_message() {
        type Row = (fn(&mut TableEncoderConfig), &'static str);
        let rows: [Row; 5] = [
            (|c| c.hidden = vec![8, 0], "hidden: a layer of 0 units; at least 1 is needed"),
            (|c| c.dropout = 1.0, "dropout: 1 is outside 0..1"),
            (
                |c| c.training.corruption = Corruption::NONE,
                "corruption: none, so the network would only copy its input; set corruption to swap:0.15",
            ),
            (|c| c.training.epochs = Some(0), "epochs: 0; at least 1 is needed"),
            (|c| c.training.learning_rate = 0.0, "learning_rate: 0 is not a finite number above 0"),
        ];
        for (change, message) in rows {
            let mut config = TableEncoderConfig::default();
            change(&mut config);
            assert_eq!(config.check().unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn it_is_read_back_with_its_own_defaults() {
        let config = TableEncoderConfig { dropout: 0.1, ..Default::default() }.epochs(3).seed(7);
        let text = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<TableEncoderConfig>(&text).unwrap(), config);
        assert_eq!(serde_json::from_str::<TableEncoderConfig>("{}").unwrap(), TableEncoderConfig::default());
    }
}
