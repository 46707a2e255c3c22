//! The options of fine-tuning, as they are typed, and the library's defaults in their help.

use crate::options::shared::{self as args, count, named, number};
use crate::options::training::{changed, schedule};
use clap::Args;
use penstroke::config::Named;
use penstroke::{Activation, Corruption, Optimizer, Precision, Schedule, SupervisedConfig};

/// What was said of the training.
#[derive(Args, Debug)]
pub(crate) struct FineTuningArgs {
    /// Activation of the hidden units of --layers [default: sigmoid]
    #[arg(long, value_name = "NAME", value_parser = named::<Activation>(), help_heading = "Model", requires = "layers")]
    pub(crate) activation: Option<Activation>,

    /// How often every sample is presented at most, at least 1
    #[arg(long, value_name = "N", value_parser = count, help_heading = "Training")]
    epochs: Option<usize>,
    /// End after so many epochs, at least 1, without a lower validation error [default: go on to the last]
    #[arg(long, value_name = "N", value_parser = count, help_heading = "Training")]
    patience: Option<usize>,
    /// Samples in a step, at least 1
    #[arg(long, value_name = "N", value_parser = count, help_heading = "Training")]
    batch: Option<usize>,
    /// Rule that changes the weights
    #[arg(long, value_name = "NAME", value_parser = named::<Optimizer>(), help_heading = "Training")]
    optimizer: Option<Optimizer>,
    /// Momentum of sgd, in 0..1; adam has its own
    #[arg(long, value_name = "X", value_parser = number, help_heading = "Training")]
    momentum: Option<f64>,
    /// Learning rate, above 0
    #[arg(long, value_name = "X", value_parser = number, help_heading = "Training")]
    learning_rate: Option<f64>,
    /// Course of the learning rate: constant, linear or cosine, each with :HOLD or :HOLD:WARM-UP, shares of all steps
    #[arg(long, value_name = "COURSE", value_parser = schedule(), help_heading = "Training")]
    schedule: Option<Schedule>,
    /// Weight decay, at least 0: sgd adds it times the weights to the gradient, adam takes it times the learning rate
    /// off the weights
    #[arg(long, value_name = "X", value_parser = number, help_heading = "Training")]
    weight_decay: Option<f64>,
    /// Damage to the input while training, as for penstroke fit; dropout:Q (zeros with probability Q, the rest divided by
    /// 1 - Q) is usual here
    #[arg(long, value_name = "KIND:X", value_parser = args::corruption(), help_heading = "Training")]
    corruption: Option<Corruption>,
    /// Probability, in 0..1, that a hidden unit is dropped while training
    #[arg(long, value_name = "P", value_parser = number, help_heading = "Training")]
    dropout: Option<f64>,
    /// Greatest norm of a unit's incoming weights, above 0 [default: none]
    #[arg(long, value_name = "C", value_parser = number, help_heading = "Training")]
    max_norm: Option<f64>,
    /// Share of the target, in 0..1, that all classes divide among themselves
    #[arg(long, value_name = "E", value_parser = number, help_heading = "Training")]
    label_smoothing: Option<f64>,
    /// Share of the samples with labels or targets set aside to choose the best epoch by, in 0..1; for classes, sources with
    /// a validation part use that
    #[arg(long, value_name = "SHARE", value_parser = number, help_heading = "Training")]
    valid: Option<f64>,
    /// Seed of everything random
    #[arg(long, value_name = "N", value_parser = args::seed, help_heading = "Training")]
    seed: Option<u64>,
    /// What products are computed in, f32 or bf16, where the processor has it
    #[arg(long, value_name = "NAME", value_parser = named::<Precision>(), help_heading = "Training")]
    precision: Option<Precision>,
}

impl FineTuningArgs {
    /// Changes what was said and leaves the rest.
    pub(crate) fn change(&self, config: &mut SupervisedConfig) -> penstroke::Result<()> {
        macro_rules! set {
            ($config:expr, $($name:ident),*) => {$(
                if let Some(value) = &self.$name {
                    $config.$name.clone_from(value);
                }
            )*};
        }
        set!(config, dropout, label_smoothing);
        set!(config.training, epochs, batch, learning_rate, schedule, weight_decay, corruption);
        set!(config.training, valid, seed, precision);
        config.training.optimizer = changed(config.training.optimizer, self.optimizer, self.momentum)?;
        config.training.patience = self.patience.or(config.training.patience);
        config.max_norm = self.max_norm.or(config.max_norm);
        Ok(())
    }
}

/// [`SupervisedConfig::default`] as it would be typed, by the ids of the options.
pub(crate) fn defaults() -> Vec<(&'static str, String)> {
    let config = SupervisedConfig::default();
    vec![
        ("epochs", config.training.epochs.to_string()),
        ("batch", config.training.batch.to_string()),
        ("optimizer", config.training.optimizer.name().to_owned()),
        ("momentum", "0".to_owned()),
        ("learning_rate", config.training.learning_rate.to_string()),
        ("schedule", config.training.schedule.to_string()),
        ("weight_decay", config.training.weight_decay.to_string()),
        ("corruption", config.training.corruption.to_string()),
        ("dropout", config.dropout.to_string()),
        ("label_smoothing", config.label_smoothing.to_string()),
        ("valid", config.training.valid.to_string()),
        ("seed", config.training.seed.to_string()),
        ("precision", config.training.precision.name().to_owned()),
    ]
}
