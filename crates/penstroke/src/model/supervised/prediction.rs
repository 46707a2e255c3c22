//! What the last layer of a supervised network predicts.

use crate::config::{ClassWeight, SupervisedConfig};
use crate::model::file::Tensor;
use crate::model::interface::ModelOutput;
use crate::{Error, Result};
use penstroke_engine::{Activation, Network, Objective};
use std::fmt;

/// What a supervised network predicts: [classes](ClassPrediction) or [values](ValuePrediction). There are no others.
pub trait Prediction: Clone + fmt::Debug + PartialEq + Send + Sync + 'static {
    /// The kind of model, as model files name it.
    const KIND: &'static str;

    /// Number of output units.
    fn n_outputs(&self) -> usize;

    /// What the output units give.
    fn output(&self) -> ModelOutput;

    /// The activation of the output units.
    fn activation(&self) -> Activation;

    /// What training lowers.
    fn objective(&self, network: &Network, config: &SupervisedConfig) -> Objective;

    /// Checks a configuration.
    ///
    /// # Errors
    /// The first mistake, with the name of its option.
    fn check(config: &SupervisedConfig) -> Result<()>;

    /// The tensors of the model file besides weights and biases.
    fn tensors(&self) -> Vec<Tensor<'_>>;
}

/// One of several classes, by a softmax layer that lowers `−ln p[label]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClassPrediction {
    pub(super) n_classes: usize,
}

impl Prediction for ClassPrediction {
    const KIND: &'static str = "classifier";

    fn n_outputs(&self) -> usize {
        self.n_classes
    }

    fn output(&self) -> ModelOutput {
        ModelOutput::Classes(self.n_classes)
    }

    fn activation(&self) -> Activation {
        Activation::Softmax
    }

    fn objective(&self, network: &Network, config: &SupervisedConfig) -> Objective {
        Objective::classification(network, config.label_smoothing)
    }

    fn check(config: &SupervisedConfig) -> Result<()> {
        config.check()
    }

    fn tensors(&self) -> Vec<Tensor<'_>> {
        Vec::new()
    }
}

/// Real values, by a linear layer that lowers the squared error of standardised targets.
#[derive(Clone, Debug, PartialEq)]
pub struct ValuePrediction {
    /// The mean of each target.
    pub(super) mean: Vec<f32>,
    /// The standard deviation of each target, above 0.
    pub(super) deviation: Vec<f32>,
}

impl ValuePrediction {
    /// The mean of each target in the first training, in its units.
    #[must_use]
    pub fn mean(&self) -> &[f32] {
        &self.mean
    }

    /// The standard deviation of each target in the first training, in its units.
    #[must_use]
    pub fn deviation(&self) -> &[f32] {
        &self.deviation
    }
}

impl Prediction for ValuePrediction {
    const KIND: &'static str = "regressor";

    fn n_outputs(&self) -> usize {
        self.mean.len()
    }

    fn output(&self) -> ModelOutput {
        ModelOutput::Values(self.mean.len())
    }

    fn activation(&self) -> Activation {
        Activation::Linear
    }

    fn objective(&self, network: &Network, _: &SupervisedConfig) -> Objective {
        Objective::regression(network)
    }

    /// Label smoothing and weights of classes are options for classes only.
    fn check(config: &SupervisedConfig) -> Result<()> {
        config.check()?;
        let refuse = |option: &'static str, value: String| {
            let problem = format!("{value} is for classes, real values have none");
            Err(Error::option(option, problem).leave_out(option))
        };
        if config.label_smoothing != 0.0 {
            return refuse("label_smoothing", config.label_smoothing.to_string());
        }
        match &config.class_weight {
            ClassWeight::Equal => Ok(()),
            weights => refuse("class_weight", weights.to_string()),
        }
    }

    fn tensors(&self) -> Vec<Tensor<'_>> {
        let tensor = |name: &str, values| (format!("targets.{name}"), vec![self.mean.len()], values);
        vec![tensor("mean", self.mean.as_slice()), tensor("deviation", self.deviation.as_slice())]
    }
}
