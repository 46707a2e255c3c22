//! The configuration of a classifier or regressor.

use super::training::training_options;
use super::wire;
use super::{ClassWeight, Corruption, Optimizer, Schedule, Training};
use crate::error::{Error, Result};
use penstroke_engine::{InstructionSet, Precision};
use serde::{Deserialize, Serialize};

/// The training of a [classifier](crate::Classifier) or [regressor](crate::Regressor) through all layers.
///
/// ```
/// use penstroke::SupervisedConfig;
/// let config = SupervisedConfig { dropout: 0.5, ..Default::default() }.corruption("dropout:0.2".parse()?);
/// config.check()?;
/// let wrong = SupervisedConfig { dropout: 1.0, ..Default::default() }.check().unwrap_err();
/// assert_eq!(wrong.to_string(), "dropout: probability 1 is outside 0..1; 0.5 is usual");
/// # Ok::<(), penstroke::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SupervisedConfig {
    /// Probability, in `0..1`, that a hidden unit is dropped during training.
    pub dropout: f64,
    /// Maximum norm of a unit's incoming weights, above 0; `None` sets no limit.
    pub max_norm: Option<f64>,
    /// ε in `0..1`: the share of the target distribution spread evenly over all classes; 0 for a regressor.
    pub label_smoothing: f64,
    /// Weights of the classes in the loss and in the validation error; equal for a regressor. Not in files if equal.
    #[serde(skip_serializing_if = "is_equal")]
    pub class_weight: ClassWeight,
    /// The common training options. `dropout:q` is the usual corruption here; it rescales the surviving components.
    #[serde(flatten, with = "wire::supervised")]
    pub training: Training,
}

impl Default for SupervisedConfig {
    fn default() -> Self {
        Self {
            dropout: 0.0,
            max_norm: None,
            label_smoothing: 0.0,
            class_weight: ClassWeight::Equal,
            training: Training::supervised(),
        }
    }
}

fn is_equal(class_weight: &ClassWeight) -> bool {
    *class_weight == ClassWeight::Equal
}

training_options!(SupervisedConfig);

impl SupervisedConfig {
    /// Checks that every number is in range.
    ///
    /// # Errors
    /// The first problem, with the name of its option.
    pub fn check(&self) -> Result<()> {
        let refuse = |option: &'static str, problem: String| Err(Error::option(option, problem));
        if !(0.0..1.0).contains(&self.dropout) {
            let problem = format!("probability {} is outside 0..1; 0.5 is usual", self.dropout);
            return refuse("dropout", problem);
        }
        if let Some(norm) = self.max_norm.filter(|norm| !(norm.is_finite() && *norm > 0.0)) {
            return refuse("max_norm", format!("{norm} is not a finite number above 0; 3 is usual"));
        }
        if !(0.0..1.0).contains(&self.label_smoothing) {
            let problem = format!("share {} is outside 0..1; 0.1 is usual", self.label_smoothing);
            return refuse("label_smoothing", problem);
        }
        self.class_weight.check()?;
        self.training.check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_has_its_message() {
        type Row = (fn(&mut SupervisedConfig), &'static str);
        let rows: [Row; 9] = [
            (|c| c.training.epochs = Some(0), "epochs: 0; at least 1 is needed"),
            (|c| c.training.patience = Some(0), "patience: 0 epochs; at least 1 is needed"),
            (|c| c.training.batch = Some(0), "batch: 0 samples; at least 1 is needed"),
            (|c| c.training.learning_rate = 0.0, "learning_rate: 0 is not a finite number above 0"),
            (|c| c.dropout = -0.1, "dropout: probability -0.1 is outside 0..1; 0.5 is usual"),
            (|c| c.max_norm = Some(0.0), "max_norm: 0 is not a finite number above 0; 3 is usual"),
            (|c| c.label_smoothing = 1.0, "label_smoothing: share 1 is outside 0..1; 0.1 is usual"),
            (
                |c| c.class_weight = ClassWeight::Each(vec![1.0, -1.0]),
                "class_weight: -1 is not a finite number of at least 0",
            ),
            (|c| c.training.valid = 1.0, "valid: share 1 is outside 0..1; 0.1 is usual"),
        ];
        for (change, message) in rows {
            let mut config = SupervisedConfig::default();
            change(&mut config);
            assert_eq!(config.check().unwrap_err().to_string(), message);
        }
        SupervisedConfig::default().check().unwrap();
    }

    #[test]
    fn a_configuration_is_written_and_read_back() {
        let config = SupervisedConfig { max_norm: Some(3.0), ..Default::default() }
            .corruption("masking:0.1".parse().unwrap())
            .patience(Some(5));
        let text = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<SupervisedConfig>(&text).unwrap(), config);
        assert!(serde_json::from_str::<SupervisedConfig>(r#"{"drop_out": 0.3}"#).is_err());
        let few = serde_json::from_str::<SupervisedConfig>(r#"{"dropout": 0.3}"#).unwrap();
        assert_eq!(few, SupervisedConfig { dropout: 0.3, ..Default::default() });
        let json = serde_json::to_value(SupervisedConfig::default()).unwrap().to_string();
        // Model files of every version hold these bytes.
        assert_eq!(
            json,
            r#"{"batch":null,"corruption":"none","dropout":0.0,"epochs":null,"label_smoothing":0.0,"#
                .to_owned()
                + r#""learning_rate":0.001,"max_norm":null,"momentum":0.0,"optimizer":"adam","patience":null,"#
                + r#""precision":"f32","schedule":"linear","seed":0,"valid":0.1,"weight_decay":0.0}"#
        );
    }
}
