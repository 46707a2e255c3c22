//! How a classifier or regressor is trained, with a default for everything, checked once before it is used.

use crate::names;
use crate::tuned::Top;
use crate::{Corruption, Error, OptimizerKind, Result, Schedule};
use penstroke_engine::{Activation, Layer, Network, Objective, Optimizer, Precision, Problem, Rule};
use serde::{Deserialize, Serialize};

/// The training of a [classifier](crate::Classifier) or [regressor](crate::Regressor), all layers through.
///
/// ```
/// use penstroke::FineTuning;
/// let config = FineTuning { dropout: 0.5, corruption: "dropout:0.2".parse()?, ..FineTuning::default() };
/// config.check()?;
/// let wrong = FineTuning { dropout: 1.0, ..FineTuning::default() }.check().unwrap_err();
/// assert_eq!(wrong.to_string(), "dropout: probability 1 is outside 0..1; 0.5 is usual");
/// # Ok::<(), penstroke::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FineTuning {
    /// How often every sample is presented at most, at least 1.
    pub epochs: usize,
    /// Epochs without a lower validation error after which training ends, at least 1; none, and it goes on to the last. The
    /// weights of the best epoch are kept in any case.
    pub patience: Option<usize>,
    /// Samples in a step, at least 1.
    pub batch: usize,
    /// Which rule changes the weights.
    #[serde(with = "names")]
    pub optimizer: OptimizerKind,
    /// μ of SGD, in `0..1`; Adam has its own.
    pub momentum: f64,
    /// η, above 0.
    pub learning_rate: f64,
    /// How η moves.
    pub schedule: Schedule,
    /// λ of the weight decay, at least 0, as in [`Config`](crate::Config).
    pub weight_decay: f64,
    /// Damage to the input while training; `dropout:q` is the usual kind here, which rescales what it leaves.
    pub corruption: Corruption,
    /// Probability in `0..1` that a hidden unit is dropped while training.
    pub dropout: f64,
    /// The greatest norm of a unit's incoming weights, above 0; none, and there is no limit.
    pub max_norm: Option<f64>,
    /// ε in `0..1`: the share of the target that all classes divide among themselves; 0 for a regressor, which has none.
    pub label_smoothing: f64,
    /// Share of the samples with labels or targets set aside to choose the best epoch by, in `0..1`, where there is no validation part.
    pub valid: f64,
    /// Of everything random.
    pub seed: u64,
    /// What the products of a training are computed in.
    #[serde(with = "names")]
    pub precision: Precision,
    /// How many threads; 0 is one for every processor. The result does not depend on it, so models do not hold it.
    #[serde(skip)]
    pub threads: usize,
}

impl Default for FineTuning {
    fn default() -> Self {
        Self {
            epochs: 30,
            patience: None,
            batch: 128,
            optimizer: OptimizerKind::Adam,
            momentum: 0.0,
            learning_rate: 0.0005,
            schedule: Schedule { decay: crate::schedule::Decay::Linear, ..Schedule::default() },
            weight_decay: 0.0,
            corruption: Corruption::NONE,
            dropout: 0.0,
            max_norm: None,
            label_smoothing: 0.0,
            valid: 0.1,
            seed: 0,
            precision: Precision::F32,
            threads: 0,
        }
    }
}

impl FineTuning {
    /// Whether every number is in its range and the parts go together.
    ///
    /// # Errors
    /// The first mistake, by the name of its option.
    pub fn check(&self) -> Result<()> {
        let refuse = |option: &str, problem: String| Err(Error::input(option, problem));
        if self.patience == Some(0) {
            return refuse("patience", "0 epochs; at least 1 is needed".into());
        }
        if !(0.0..1.0).contains(&self.dropout) {
            let problem = format!("probability {} is outside 0..1; 0.5 is usual", self.dropout);
            return refuse("dropout", problem);
        }
        if let Some(norm) = self.max_norm.filter(|norm| !(norm.is_finite() && *norm > 0.0)) {
            return refuse("max-norm", format!("{norm} is not a finite number above 0; 3 is usual"));
        }
        if !(0.0..1.0).contains(&self.label_smoothing) {
            let problem = format!("share {} is outside 0..1; 0.1 is usual", self.label_smoothing);
            return refuse("label-smoothing", problem);
        }
        // What it has in common with an autoencoder's training has the same ranges and messages.
        let Self { epochs, batch, optimizer, momentum, learning_rate, weight_decay, valid, .. } = *self;
        let common = crate::Config {
            epochs,
            batch,
            optimizer,
            momentum,
            learning_rate,
            weight_decay,
            valid,
            ..Default::default()
        };
        common.check()
    }

    /// What to train: `hidden` layers under `top`; `range` is that of the data.
    pub(crate) fn problem(&self, hidden: &[Layer], top: Top, range: (f32, f32)) -> Problem {
        let mut layers = hidden.to_vec();
        let below = layers.last().map_or(0, |layer| layer.outputs);
        let mut dropout = vec![self.dropout; layers.len()];
        dropout.push(0.0);
        let activation = match top {
            Top::Classes(_) => Activation::Softmax,
            Top::Values(_) => Activation::Linear,
        };
        layers.push(Layer::new(below, top.n_outputs(), activation));
        let network = Network::new(layers);
        let objective = match top {
            Top::Classes(_) => Objective::classification(&network, self.label_smoothing),
            Top::Values(_) => Objective::regression(&network),
        };
        let objective =
            Objective { corruption: self.corruption.noises(range), dropout, seed: self.seed, ..objective };
        let rule = match self.optimizer {
            OptimizerKind::Sgd => Rule::Sgd { momentum: self.momentum },
            OptimizerKind::Adam => Rule::ADAM,
        };
        let optimizer = Optimizer { rule, weight_decay: self.weight_decay, max_norm: self.max_norm };
        Problem { network, objective, optimizer }
    }

    /// How many threads that is on this machine.
    #[must_use]
    pub fn n_threads(&self) -> usize {
        crate::Config { threads: self.threads, ..Default::default() }.n_threads()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_has_its_message() {
        type Row = (fn(&mut FineTuning), &'static str);
        let rows: [Row; 9] = [
            (|c| c.epochs = 0, "epochs: 0; at least 1 is needed"),
            (|c| c.patience = Some(0), "patience: 0 epochs; at least 1 is needed"),
            (|c| c.batch = 0, "batch: 0 samples; at least 1 is needed"),
            (|c| c.learning_rate = 0.0, "learning-rate: 0 is not a finite number above 0"),
            (|c| c.dropout = -0.1, "dropout: probability -0.1 is outside 0..1; 0.5 is usual"),
            (|c| c.max_norm = Some(0.0), "max-norm: 0 is not a finite number above 0; 3 is usual"),
            (|c| c.label_smoothing = 1.0, "label-smoothing: share 1 is outside 0..1; 0.1 is usual"),
            (|c| c.momentum = 0.9, "momentum: Adam has its own; use --optimizer sgd or leave it out"),
            (|c| c.valid = 1.0, "valid: share 1 is outside 0..1; 0.1 is usual"),
        ];
        for (change, message) in rows {
            let mut config = FineTuning::default();
            change(&mut config);
            assert_eq!(config.check().unwrap_err().to_string(), message);
        }
        FineTuning::default().check().unwrap();
    }

    #[test]
    fn a_configuration_is_written_and_read_back() {
        let config = FineTuning {
            corruption: "masking:0.1".parse().unwrap(),
            max_norm: Some(3.0),
            patience: Some(5),
            ..FineTuning::default()
        };
        let text = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<FineTuning>(&text).unwrap(), config);
        assert!(serde_json::from_str::<FineTuning>(r#"{"drop_out": 0.3}"#).is_err());
    }
}
