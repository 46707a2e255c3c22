//! The options of a network and its training. `fit`, `finetune`, `search` and `bench` share them; the defaults in their help
//! come from the library's configurations.

use super::common::SeedArg;
use super::values::{count, emphasis, instructions, named, number, parsed};
use crate::run::failure::Result;
use clap::Args;
use penstroke::config::{MOST_EPOCHS, Named, Optimizer, STEPS, Training};
use penstroke::error::counted;
use penstroke::{
    Activation, AutoencoderConfig, Corruption, Error, Initialization, InstructionSet, Precision,
    Reconstruction, Schedule, Sparsity,
};

/// The activation of the hidden units.
#[derive(Args, Debug)]
pub(crate) struct ActivationArg {
    /// Activation of the hidden units
    #[arg(long, value_delimiter = ',', value_name = "NAME", value_parser = named::<Activation>(), help_heading = "Model")]
    pub(crate) activation: Vec<Activation>,
}

/// The network of one autoencoder.
#[derive(Args, Debug)]
pub(crate) struct ModelArgs {
    /// Number of hidden units, at least 1
    #[arg(long, value_name = "N", value_parser = count, help_heading = "Model")]
    hidden: Option<usize>,
    #[command(flatten)]
    activation: ActivationArg,
    /// Activation of the reconstruction [default: sigmoid for data within 0..=1, else linear]
    #[arg(long, value_delimiter = ',', value_name = "NAME", value_parser = named::<Activation>(), help_heading = "Model")]
    decoder: Vec<Activation>,
    /// Give the decoder its own weights [default: the transposed weights of the encoder]
    #[arg(long, help_heading = "Model")]
    untied: bool,
    /// Distribution of the initial weights
    #[arg(long, value_name = "NAME", value_parser = named::<Initialization>(), help_heading = "Model")]
    initialization: Option<Initialization>,
}

/// What one training step computes.
#[derive(Args, Debug)]
pub(crate) struct StepArgs {
    /// Corruption of the input: none; masking:Q, zeros with probability Q; masking-exact:Q, a share Q of zeros; gaussian:S, noise
    /// of standard deviation S in the data's units; salt-and-pepper:Q, the least or greatest value with probability Q; dropout:Q,
    /// like masking, with the rest divided by 1-Q. Terms joined by + apply one after another. 'masking:0.5->0.1' changes from the
    /// first epoch to the last
    #[arg(long, value_delimiter = ',', value_name = "KIND:X", value_parser = parsed::<Corruption>(), help_heading = "Training")]
    pub(crate) corruption: Vec<Corruption>,
    /// Samples per step, at least 1
    #[arg(long, value_name = "N", value_parser = count, help_heading = "Training")]
    batch: Option<usize>,
    /// Rule that updates the weights
    #[arg(long, value_name = "NAME", value_parser = named::<Optimizer>(), help_heading = "Training")]
    optimizer: Option<Optimizer>,
    /// Momentum of sgd, in 0..1
    #[arg(long, value_name = "X", value_parser = number, help_heading = "Training")]
    momentum: Option<f64>,
    /// Decay of the mean of gradients in adam, in 0..1
    #[arg(long, value_name = "X", value_parser = number, help_heading = "Training")]
    beta1: Option<f64>,
    /// Decay of the mean of squared gradients in adam, in 0..1
    #[arg(long, value_name = "X", value_parser = number, help_heading = "Training")]
    beta2: Option<f64>,
    /// Term in the denominator of adam, above 0
    #[arg(long, value_name = "X", value_parser = number, help_heading = "Training")]
    epsilon: Option<f64>,
    /// Learning rate, above 0
    #[arg(long, value_delimiter = ',', value_name = "X", value_parser = number, help_heading = "Training")]
    pub(crate) learning_rate: Vec<f64>,
    /// Weight decay, at least 0: sgd adds it times the weights to the gradient; adam subtracts it times the learning rate times
    /// the weights
    #[arg(long, value_name = "X", value_parser = number, help_heading = "Training")]
    weight_decay: Option<f64>,
    /// Arithmetic of the matrix products: bf16 is several times as fast on processors that have it (AMX or AVX-512 bf16), and
    /// learns as well as f32
    #[arg(long, value_name = "NAME", value_parser = named::<Precision>(), help_heading = "Training")]
    precision: Option<Precision>,
    /// Vector instructions: avx512, avx2, neon or portable, which need not be the processor's best; results differ by rounding
    /// [default: the best of this processor]
    #[arg(long, value_name = "NAME", value_parser = instructions(), help_heading = "Training")]
    pub(crate) instructions: Option<InstructionSet>,
    #[command(flatten)]
    seed: SeedArg,
}

/// A whole training.
#[derive(Args, Debug)]
pub(crate) struct TrainingArgs {
    /// How many times every sample is presented, at least 1
    #[arg(long, value_delimiter = ',', value_name = "N", value_parser = count, help_heading = "Training")]
    pub(crate) epochs: Vec<usize>,
    #[command(flatten)]
    pub(crate) step: StepArgs,
    /// Schedule of the learning rate: constant, linear or cosine, each with :HOLD or :HOLD:WARM-UP, shares of all steps in 0..1;
    /// linear:0.6 falls over the last 40 %
    #[arg(long, value_delimiter = ',', value_name = "COURSE", value_parser = parsed::<Schedule>(), help_heading = "Training")]
    schedule: Vec<Schedule>,
    /// Share of the samples set aside for validation, in 0..1; a source with a validation part uses that for classes
    #[arg(long, value_name = "SHARE", value_parser = number, help_heading = "Training")]
    pub(crate) valid: Option<f64>,
    /// Stop after this many epochs, at least 1, without a lower validation loss or error, and keep the weights of the best epoch;
    /// fit with --valid 0 goes by the training loss [default: train for all epochs]
    #[arg(long, value_name = "N", value_parser = count, help_heading = "Training")]
    patience: Option<usize>,
}

/// What an autoencoder minimises.
#[derive(Args, Debug)]
pub(crate) struct ReconstructionArgs {
    /// Loss of the reconstruction
    #[arg(long, value_delimiter = ',', value_name = "NAME", value_parser = named::<Reconstruction>(), help_heading = "Training")]
    loss: Vec<Reconstruction>,
    /// Weights in the loss of corrupted and of other components, each at least 0 [default: equal]
    #[arg(long, value_name = "A,B", value_parser = emphasis, allow_hyphen_values = true, help_heading = "Training")]
    emphasis: Option<(f64, f64)>,
    /// Weight of the penalty on the sum of absolute weights, at least 0. The losses shown do not include this and the next two
    /// penalties
    #[arg(long, value_name = "X", value_parser = number, help_heading = "Training")]
    l1: Option<f64>,
    /// Weight of the contractive penalty, at least 0: the squared slope of the code by the corrupted input, summed over hidden
    /// units and components, averaged over samples
    #[arg(long, value_name = "X", value_parser = number, help_heading = "Training")]
    contraction: Option<f64>,
    /// Target for the mean activation of the hidden units, which must be sigmoids, between 0 and 1, and the weight of the
    /// divergence from it, at least 0: 0.05:0.1 [default: none]
    #[arg(long, value_name = "MEAN:X", value_parser = parsed::<Sparsity>(), help_heading = "Training")]
    sparsity: Option<Sparsity>,
    /// Least improvement of the loss that counts for --patience, at least 0
    #[arg(long, value_name = "X", value_parser = number, help_heading = "Training")]
    tolerance: Option<f64>,
}

/// Sets a field if its option was given.
fn set<T: Clone>(field: &mut T, given: &Option<T>) {
    if let Some(given) = given {
        field.clone_from(given);
    }
}

/// Sets a field from an option with one value for all layers or one per layer, counted from 0.
fn set_of<T: Clone>(field: &mut T, given: &[T], layer: usize) {
    if let Some(given) = given.get(if given.len() == 1 { 0 } else { layer }) {
        field.clone_from(given);
    }
}

/// Refuses options that have neither one value for all layers nor one per layer.
pub(crate) fn check_lists(lists: &[(&'static str, usize)], n_layers: usize) -> Result<()> {
    match lists.iter().find(|&&(_, n)| n > 1 && n != n_layers) {
        None => Ok(()),
        Some(&(option, n)) => {
            let error =
                Error::option(option, format!("{} for {}", counted(n, "value"), counted(n_layers, "layer")));
            Err(error.hint("give one value").hint("one for each layer").into())
        }
    }
}

impl ModelArgs {
    pub(crate) fn change(&self, config: &mut AutoencoderConfig, layer: usize) {
        set(&mut config.hidden, &self.hidden);
        set_of(&mut config.activation, &self.activation.activation, layer);
        let decoder: Vec<_> = self.decoder.iter().copied().map(Some).collect();
        set_of(&mut config.decoder, &decoder, layer);
        set(&mut config.initialization, &self.initialization);
        config.tied &= !self.untied;
    }

    pub(crate) fn lists(&self) -> [(&'static str, usize); 2] {
        [("activation", self.activation.activation.len()), ("decoder", self.decoder.len())]
    }
}

impl StepArgs {
    /// Applies the given options.
    pub(crate) fn change(&self, training: &mut Training, layer: usize) -> Result<()> {
        set_of(&mut training.corruption, &self.corruption, layer);
        set_of(&mut training.learning_rate, &self.learning_rate, layer);
        training.batch = self.batch.or(training.batch);
        set(&mut training.weight_decay, &self.weight_decay);
        set(&mut training.precision, &self.precision);
        set(&mut training.instructions, &self.instructions);
        set(&mut training.seed, &self.seed.seed);
        // The parameters of a model's optimizer are kept unless another rule was given.
        if let Some(rule) = self.optimizer.filter(|rule| rule.name() != training.optimizer.name()) {
            training.optimizer = rule;
        }
        training.optimizer = training.optimizer.set_given([
            ("momentum", self.momentum),
            ("beta1", self.beta1),
            ("beta2", self.beta2),
            ("epsilon", self.epsilon),
        ])?;
        Ok(())
    }
}

impl TrainingArgs {
    /// Applies the given options for this layer, counted from 0.
    pub(crate) fn change(&self, training: &mut Training, layer: usize) -> Result<()> {
        self.step.change(training, layer)?;
        let epochs: Vec<_> = self.epochs.iter().copied().map(Some).collect();
        set_of(&mut training.epochs, &epochs, layer);
        set_of(&mut training.schedule, &self.schedule, layer);
        set(&mut training.valid, &self.valid);
        training.patience = self.patience.or(training.patience);
        Ok(())
    }

    pub(crate) fn lists(&self) -> [(&'static str, usize); 4] {
        [
            ("corruption", self.step.corruption.len()),
            ("epochs", self.epochs.len()),
            ("learning_rate", self.step.learning_rate.len()),
            ("schedule", self.schedule.len()),
        ]
    }
}

impl ReconstructionArgs {
    /// Applies the given options for this layer, counted from 0.
    pub(crate) fn change(&self, config: &mut AutoencoderConfig, layer: usize) {
        set_of(&mut config.loss, &self.loss, layer);
        set(&mut config.l1, &self.l1);
        set(&mut config.contraction, &self.contraction);
        set(&mut config.tolerance, &self.tolerance);
        config.emphasis = self.emphasis.or(config.emphasis);
        config.sparsity = self.sparsity.or(config.sparsity);
    }

    pub(crate) fn lists(&self) -> [(&'static str, usize); 1] {
        [("loss", self.loss.len())]
    }
}

/// The values of an autoencoder's options as typed, by id.
pub(crate) fn texts(config: &AutoencoderConfig) -> Vec<(&'static str, String)> {
    let mut texts = vec![
        ("hidden", config.hidden.to_string()),
        ("activation", config.activation.name().to_owned()),
        ("initialization", config.initialization.name().to_owned()),
        ("loss", config.loss.name().to_owned()),
        ("l1", config.l1.to_string()),
        ("contraction", config.contraction.to_string()),
        ("tolerance", config.tolerance.to_string()),
    ];
    texts.extend(training_texts(&config.training));
    texts
}

/// The defaults that follow from the number of samples, by id.
pub(crate) fn rules() -> [(&'static str, String); 2] {
    [
        ("epochs", format!("as many as give {STEPS} steps, at most {MOST_EPOCHS}")),
        ("batch", "32; 64 from 5000 samples on, 128 from 20000 on".to_owned()),
    ]
}

/// The values of a training's options as typed, by id. Numbers that follow from the number of samples are left out.
pub(crate) fn training_texts(training: &Training) -> Vec<(&'static str, String)> {
    let mut texts = vec![
        ("corruption", training.corruption.to_string()),
        ("optimizer", training.optimizer.name().to_owned()),
        ("learning_rate", training.learning_rate.to_string()),
        ("schedule", training.schedule.to_string()),
        ("weight_decay", training.weight_decay.to_string()),
        ("valid", training.valid.to_string()),
        ("seed", training.seed.to_string()),
        ("precision", training.precision.name().to_owned()),
    ];
    let numbers = [("epochs", training.epochs), ("batch", training.batch)];
    texts.extend(numbers.into_iter().filter_map(|(id, number)| Some((id, number?.to_string()))));
    texts
}
