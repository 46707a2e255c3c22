//! The options that only the training of a classifier or regressor has.

use super::training::{TrainingArgs, training_texts};
use super::values::{number, parsed};
use crate::run::failure::Result;
use clap::Args;
use penstroke::{ClassWeight, SupervisedConfig};

#[derive(Args, Debug)]
pub(crate) struct SupervisedArgs {
    #[command(flatten)]
    pub(crate) training: TrainingArgs,
    /// Probability, in 0..1, that a hidden unit is dropped during training
    #[arg(long, value_name = "P", value_parser = number, help_heading = "Training")]
    dropout: Option<f64>,
    /// Greatest norm of a unit's incoming weights, above 0 [default: no limit]
    #[arg(long, value_name = "C", value_parser = number, help_heading = "Training")]
    max_norm: Option<f64>,
    /// Share of the target distribution, in 0..1, that is spread evenly over all classes
    #[arg(long, value_name = "E", value_parser = number, help_heading = "Training")]
    label_smoothing: Option<f64>,
    /// Weights of the classes in the loss and in the validation error: equal; balanced, so that all classes count alike; or a number
    /// of at least 0 for each class, in their order
    #[arg(long, value_name = "WEIGHTS", value_parser = parsed::<ClassWeight>(), help_heading = "Training")]
    class_weight: Option<ClassWeight>,
}

impl SupervisedArgs {
    /// Applies the given options.
    pub(crate) fn change(&self, config: &mut SupervisedConfig) -> Result<()> {
        self.training.change(&mut config.training, 0)?;
        config.dropout = self.dropout.unwrap_or(config.dropout);
        config.label_smoothing = self.label_smoothing.unwrap_or(config.label_smoothing);
        config.max_norm = self.max_norm.or(config.max_norm);
        if let Some(weights) = &self.class_weight {
            config.class_weight.clone_from(weights);
        }
        Ok(())
    }
}

/// The options' values as typed, by id.
pub(crate) fn texts(config: &SupervisedConfig) -> Vec<(&'static str, String)> {
    let mut texts = training_texts(&config.training);
    texts.push(("dropout", config.dropout.to_string()));
    texts.push(("label_smoothing", config.label_smoothing.to_string()));
    texts.push(("class_weight", config.class_weight.to_string()));
    texts
}
