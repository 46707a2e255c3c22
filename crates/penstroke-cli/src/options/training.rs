//! The options of a configuration, as they are typed, and the library's defaults in their help.

use crate::options::shared::{self as args, count, emphasis, named, number};
use crate::run::failure::Result;
use clap::Args;
use clap::builder::TypedValueParser;
use penstroke::config::Named;
use penstroke::{
    Activation, AutoencoderConfig, Corruption, Error, Initialization, Optimizer, Precision, Reconstruction,
    Schedule, Sparsity,
};

/// What was said of the configuration.
#[derive(Args, Debug)]
pub(crate) struct TrainingArgs {
    /// Number of hidden units, at least 1
    #[arg(long, value_name = "N", value_parser = count, help_heading = "Model")]
    hidden: Option<usize>,
    /// Activation of the hidden units
    #[arg(long, value_delimiter = ',', value_name = "NAME", value_parser = named::<Activation>(), help_heading = "Model")]
    activation: Vec<Activation>,
    /// Activation of the reconstruction [default: sigmoid for data within 0..=1, else linear]
    #[arg(long, value_delimiter = ',', value_name = "NAME", value_parser = named::<Activation>(), help_heading = "Model")]
    decoder: Vec<Activation>,
    /// Give the decoder weights of its own [default: the encoder's, transposed]
    #[arg(long, help_heading = "Model")]
    untied: bool,
    /// How the first weights are drawn
    #[arg(long, value_name = "NAME", value_parser = named::<Initialization>(), help_heading = "Model")]
    initialization: Option<Initialization>,

    /// Damage to the input: none, masking:Q (zeros with probability Q), masking-exact:Q (a share Q of zeros),
    /// gaussian:S (noise of standard deviation S, in the data's units), salt-and-pepper:Q (extremes with probability Q),
    /// dropout:Q (as masking, with what is left divided by 1-Q); joined by + they apply one after another. 'masking:0.5->0.1' moves
    /// from the first epoch to the last, as any number may
    #[arg(long, value_delimiter = ',', value_name = "KIND:X", value_parser = args::corruption(), help_heading = "Training")]
    corruption: Vec<Corruption>,
    /// What training lowers
    #[arg(long, value_delimiter = ',', value_name = "NAME", value_parser = named::<Reconstruction>(), help_heading = "Training")]
    loss: Vec<Reconstruction>,
    /// Weights in the loss of corrupted and of other components, each at least 0 [default: all count alike]
    #[arg(long, value_name = "A,B", value_parser = emphasis, allow_hyphen_values = true, help_heading = "Training")]
    emphasis: Option<(f64, f64)>,
    /// How often every sample is presented, at least 1; 0 with --end-to-end, to leave out training layer by layer
    #[arg(long, value_delimiter = ',', value_name = "N", value_parser = count, help_heading = "Training")]
    epochs: Vec<usize>,
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
    #[arg(long, value_delimiter = ',', value_name = "X", value_parser = number, help_heading = "Training")]
    learning_rate: Vec<f64>,
    /// Course of the learning rate: constant, linear or cosine, each with :HOLD or :HOLD:WARM-UP, shares of all steps
    /// in 0..1; linear:0.6 falls over the last 40 %
    #[arg(long, value_delimiter = ',', value_name = "COURSE", value_parser = schedule(), help_heading = "Training")]
    schedule: Vec<Schedule>,
    /// Weight decay, at least 0: sgd adds it times the weights to the gradient, adam takes it times the learning rate
    /// off the weights
    #[arg(long, value_name = "X", value_parser = number, help_heading = "Training")]
    weight_decay: Option<f64>,
    /// Weight of the sum of all weights' magnitudes, at least 0. This and the next two are lowered besides the loss and are
    /// no part of the losses shown
    #[arg(long, value_name = "X", value_parser = number, help_heading = "Training")]
    l1: Option<f64>,
    /// Weight of the code's squared slope by the corrupted input, summed over hidden units and components, mean over
    /// samples; at least 0
    #[arg(long, value_name = "X", value_parser = number, help_heading = "Training")]
    contraction: Option<f64>,
    /// Wanted mean output of the hidden units, which must be sigmoids, between 0 and 1, and the weight of the divergence
    /// from it, at least 0: 0.05:0.1 [default: none is wanted]
    #[arg(long, value_name = "MEAN:X", value_parser = sparsity(), help_heading = "Training")]
    sparsity: Option<Sparsity>,
    /// Share of the samples set aside to measure on, in 0..1
    #[arg(long, value_name = "SHARE", value_parser = number, help_heading = "Training")]
    valid: Option<f64>,
    /// Epochs without a lower loss after which training ends, at least 1: the loss of the samples set aside, of which the
    /// weights of the best epoch are kept, or with --valid 0 the training loss [default: it goes on to the last]
    #[arg(long, value_name = "N", value_parser = count, help_heading = "Training")]
    patience: Option<usize>,
    /// How much lower a loss must be to count for --patience, at least 0
    #[arg(long, value_name = "X", value_parser = number, help_heading = "Training")]
    tolerance: Option<f64>,
    /// Seed of everything random: generators, split, first weights, order, corruption
    #[arg(long, value_name = "N", value_parser = args::seed, help_heading = "Training")]
    seed: Option<u64>,
    /// What products are computed in: bf16 is several times as fast where the processor has it (AMX or AVX-512 bf16), and
    /// learns as f32 does
    #[arg(long, value_name = "NAME", value_parser = named::<Precision>(), help_heading = "Training")]
    precision: Option<Precision>,
}

pub(crate) fn schedule() -> impl TypedValueParser<Value = Schedule> {
    clap::builder::StringValueParser::new().try_map(|text| text.parse::<Schedule>())
}

fn sparsity() -> impl TypedValueParser<Value = Sparsity> {
    clap::builder::StringValueParser::new().try_map(|text| text.parse::<Sparsity>())
}

impl TrainingArgs {
    /// Whether the options that take a value for each layer have one for all or one for each.
    pub(crate) fn check_layers(&self, n_layers: usize) -> Result<()> {
        let counts = [
            ("activation", self.activation.len()),
            ("decoder", self.decoder.len()),
            ("corruption", self.corruption.len()),
            ("loss", self.loss.len()),
            ("epochs", self.epochs.len()),
            ("learning-rate", self.learning_rate.len()),
            ("schedule", self.schedule.len()),
        ];
        match counts.into_iter().find(|&(_, count)| count > 1 && count != n_layers) {
            None => Ok(()),
            Some((option, count)) => {
                let layers = if n_layers == 1 { "1 layer".into() } else { format!("{n_layers} layers") };
                let problem = format!("{count} values for {layers}; give one, or one for each");
                Err(Error::input(option, problem).into())
            }
        }
    }

    /// How often every sample is presented to each layer, if that was said.
    pub(crate) fn epochs(&self) -> &[usize] {
        &self.epochs
    }

    /// Changes what was said of layer `layer`, counted from 0, and leaves the rest.
    pub(crate) fn change(&self, config: &mut AutoencoderConfig, layer: usize) -> Result<()> {
        let of_layer = |count: usize| if count == 1 { 0 } else { layer };
        macro_rules! set_each {
            ($config:expr, $($name:ident),*) => {$(
                if let Some(value) = self.$name.get(of_layer(self.$name.len())) {
                    $config.$name.clone_from(value);
                }
            )*};
        }
        set_each!(config, activation, loss);
        set_each!(config.training, corruption, epochs, learning_rate, schedule);
        fn set<T: Clone>(place: &mut T, said: &Option<T>) {
            if let Some(said) = said {
                place.clone_from(said);
            }
        }
        set(&mut config.hidden, &self.hidden);
        set(&mut config.initialization, &self.initialization);
        set(&mut config.training.batch, &self.batch);
        set(&mut config.training.weight_decay, &self.weight_decay);
        set(&mut config.l1, &self.l1);
        set(&mut config.contraction, &self.contraction);
        set(&mut config.training.valid, &self.valid);
        set(&mut config.tolerance, &self.tolerance);
        set(&mut config.training.seed, &self.seed);
        set(&mut config.training.precision, &self.precision);
        config.decoder = self.decoder.get(of_layer(self.decoder.len())).copied().or(config.decoder);
        config.training.patience = self.patience.or(config.training.patience);
        config.emphasis = self.emphasis.or(config.emphasis);
        config.sparsity = self.sparsity.or(config.sparsity);
        config.tied &= !self.untied;
        config.training.optimizer = changed(config.training.optimizer, self.optimizer, self.momentum)?;
        Ok(())
    }
}

/// An optimizer with another rule, whose numbers are then the usual ones, or another momentum.
pub(crate) fn changed(
    now: Optimizer,
    rule: Option<Optimizer>,
    momentum: Option<f64>,
) -> penstroke::Result<Optimizer> {
    let optimizer = rule.filter(|rule| rule.name() != now.name()).unwrap_or(now);
    momentum.map_or(Ok(optimizer), |momentum| optimizer.set("momentum", momentum))
}

/// [`AutoencoderConfig::default`] as it would be typed, by the ids of the options.
pub(crate) fn defaults() -> Vec<(&'static str, String)> {
    let config = AutoencoderConfig::default();
    vec![
        ("hidden", config.hidden.to_string()),
        ("activation", config.activation.name().to_owned()),
        ("initialization", config.initialization.name().to_owned()),
        ("corruption", config.training.corruption.to_string()),
        ("loss", config.loss.name().to_owned()),
        ("epochs", config.training.epochs.to_string()),
        ("batch", config.training.batch.to_string()),
        ("optimizer", config.training.optimizer.name().to_owned()),
        ("momentum", "0".to_owned()),
        ("learning_rate", config.training.learning_rate.to_string()),
        ("schedule", config.training.schedule.to_string()),
        ("weight_decay", config.training.weight_decay.to_string()),
        ("l1", config.l1.to_string()),
        ("contraction", config.contraction.to_string()),
        ("valid", config.training.valid.to_string()),
        ("tolerance", config.tolerance.to_string()),
        ("seed", config.training.seed.to_string()),
        ("precision", config.training.precision.name().to_owned()),
    ]
}
