//! What to train, with a default for everything, checked once before it is used.

use crate::names::{self, Named};
use crate::{Corruption, Error, Result, Schedule, Sparsity};
use penstroke_engine::{
    Activation, Emphasis, Initialization, Loss, Network, Objective, Optimizer, Penalties, Precision, Problem,
    Rule, SparsityPenalty,
};
use serde::{Deserialize, Serialize};

/// Which rule turns gradients into changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptimizerKind {
    /// Stochastic gradient descent, with [`Config::momentum`].
    Sgd,
    /// Adam with decoupled weight decay.
    Adam,
}

impl Named for OptimizerKind {
    const WHAT: &'static str = "optimizer";
    const ALL: &'static [(&'static str, Self)] =
        &[("sgd", OptimizerKind::Sgd), ("adam", OptimizerKind::Adam)];
}

/// One autoencoder and its training.
///
/// ```
/// use penstroke::Config;
/// let config = Config { hidden: 100, corruption: "gaussian:0.5".parse()?, ..Config::default() };
/// config.check()?;
/// let wrong = Config { hidden: 0, ..Config::default() }.check().unwrap_err();
/// assert_eq!(wrong.to_string(), "hidden: 0 units; at least 1 is needed");
/// # Ok::<(), penstroke::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `h`, the number of hidden units, at least 1.
    pub hidden: usize,
    /// Damage to the input while training.
    pub corruption: Corruption,
    /// What training lowers.
    #[serde(with = "names")]
    pub loss: Loss,
    /// Of the hidden units.
    #[serde(with = "names")]
    pub activation: Activation,
    /// Of the reconstruction; left open it is sigmoid for data within `0..=1` and linear otherwise.
    #[serde(with = "names::option")]
    pub decoder: Option<Activation>,
    /// Whether the decoder uses the transposed weights of the encoder.
    pub tied: bool,
    /// Weights α of corrupted and β of other components in the loss; left open, all count alike.
    pub emphasis: Option<(f64, f64)>,
    /// How the first weights are drawn.
    #[serde(with = "names")]
    pub initialization: Initialization,
    /// How often every sample is presented, at least 1.
    pub epochs: usize,
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
    /// λ of the weight decay, at least 0: SGD adds `λ W` to the gradient, Adam takes `η λ W` off the weights.
    pub weight_decay: f64,
    /// λ of `λ Σ |w|` over all weights, at least 0. Like the next two it is lowered besides the loss, and no part of the
    /// losses that are reported.
    pub l1: f64,
    /// λ of `λ ‖∂code/∂x̃‖²`, the mean over samples of the squared Frobenius norm, at least 0 (Rifai et al., 2011).
    pub contraction: f64,
    /// The wanted mean output of hidden units, which must be sigmoids; left open, none is wanted.
    pub sparsity: Option<Sparsity>,
    /// Share of the samples set aside to measure on, in `0..1`.
    pub valid: f64,
    /// Epochs without a lower loss after which training ends, at least 1: the loss of the samples set aside, of which then the
    /// weights of the best epoch are kept, or where there are none the training loss. None, and it goes on to the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patience: Option<usize>,
    /// How much lower a loss must be to count for [`patience`](Self::patience), at least 0.
    #[serde(skip_serializing_if = "is_zero")]
    pub tolerance: f64,
    /// Of everything random.
    pub seed: u64,
    /// What the products of a training are computed in; a trained model is applied in single precision.
    #[serde(with = "names")]
    pub precision: Precision,
    /// How many threads; 0 is one for every processor. The result does not depend on it, so models do not hold it.
    #[serde(skip)]
    pub threads: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            hidden: 500,
            corruption: Corruption::new(vec![crate::corruption::Term::Masking(0.25)]).unwrap_or_default(),
            loss: Loss::Squared,
            activation: Activation::Sigmoid,
            decoder: None,
            tied: true,
            emphasis: None,
            initialization: Initialization::GlorotSigmoid,
            epochs: 15,
            batch: 128,
            optimizer: OptimizerKind::Adam,
            momentum: 0.0,
            learning_rate: 0.002,
            schedule: Schedule::default(),
            weight_decay: 0.0,
            l1: 0.0,
            contraction: 0.0,
            sparsity: None,
            valid: 0.1,
            patience: None,
            tolerance: 0.0,
            seed: 0,
            precision: Precision::F32,
            threads: 0,
        }
    }
}

impl Config {
    /// Whether every number is in its range and the parts go together.
    ///
    /// # Errors
    /// The first mistake, by the name of its option.
    pub fn check(&self) -> Result<()> {
        let refuse = |option: &str, problem: String| Err(Error::input(option, problem));
        if self.hidden == 0 {
            return refuse("hidden", "0 units; at least 1 is needed".into());
        }
        if self.epochs == 0 {
            return refuse("epochs", "0; at least 1 is needed".into());
        }
        if self.epochs > u32::MAX as usize {
            return refuse("epochs", format!("{} is more than {}", self.epochs, u32::MAX));
        }
        if self.batch == 0 {
            return refuse("batch", "0 samples; at least 1 is needed".into());
        }
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            return refuse("learning-rate", format!("{} is not a finite number above 0", self.learning_rate));
        }
        if !(0.0..1.0).contains(&self.momentum) {
            return refuse("momentum", format!("{} is outside 0..1", self.momentum));
        }
        if self.momentum > 0.0 && self.optimizer == OptimizerKind::Adam {
            return refuse("momentum", "Adam has its own; use --optimizer sgd or leave it out".into());
        }
        let weights =
            [("weight-decay", self.weight_decay), ("l1", self.l1), ("contraction", self.contraction)];
        for (option, weight) in weights {
            if !(weight >= 0.0 && weight.is_finite()) {
                return refuse(option, format!("{weight} is not a finite number of at least 0"));
            }
        }
        if let Some(sparsity) = self.sparsity {
            sparsity.check()?;
            if self.activation != Activation::Sigmoid {
                return refuse(
                    "sparsity",
                    "needs hidden units between 0 and 1; use --activation sigmoid".into(),
                );
            }
        }
        if !(0.0..1.0).contains(&self.valid) {
            return refuse("valid", format!("share {} is outside 0..1; 0.1 is usual", self.valid));
        }
        if self.patience == Some(0) {
            return refuse("patience", "0 epochs; at least 1 is needed".into());
        }
        if !(self.tolerance >= 0.0 && self.tolerance.is_finite()) {
            return refuse("tolerance", format!("{} is not a finite number of at least 0", self.tolerance));
        }
        if self.tolerance > 0.0 && self.patience.is_none() {
            return refuse("tolerance", "is for patience; give --patience 10, or leave it out".into());
        }
        if let Some((corrupted, rest)) = self.emphasis {
            let usable = |weight: f64| weight.is_finite() && weight >= 0.0;
            if !usable(corrupted) || !usable(rest) {
                let problem = format!("weights {corrupted} and {rest} must be finite and at least 0");
                return refuse("emphasis", problem);
            }
            if corrupted + rest == 0.0 {
                return refuse("emphasis", "both weights are 0, so that nothing is learned".into());
            }
        }
        if !Loss::ALL.iter().any(|(_, loss)| *loss == self.loss) {
            return refuse("loss", format!("{:?} is none of an autoencoder", self.loss));
        }
        if self.loss == Loss::CrossEntropy
            && self.decoder.is_some_and(|decoder| decoder != Activation::Sigmoid)
        {
            return refuse("loss", "cross-entropy needs --decoder sigmoid".into());
        }
        for (option, activation) in [("activation", Some(self.activation)), ("decoder", self.decoder)] {
            if activation == Some(Activation::Softmax) {
                return refuse(option, "softmax is for classifiers, not for autoencoders".into());
            }
        }
        Ok(())
    }

    /// What to train for data of `visible` components within `range`.
    pub(crate) fn problem(&self, visible: usize, range: (f32, f32)) -> Problem {
        let decoder = self.decoder.unwrap_or(Activation::Linear);
        let network = Network::autoencoder(visible, self.hidden, self.activation, decoder);
        let network = if self.tied { network.tied() } else { network };
        let penalties = Penalties {
            l1: self.l1,
            contraction: self.contraction,
            sparsity: self.sparsity.map(|Sparsity { target, weight }| SparsityPenalty { target, weight }),
        };
        let objective = Objective {
            corruption: self.corruption.noises(range),
            emphasis: self.emphasis.map(|(corrupted, rest)| Emphasis { corrupted, rest }),
            penalties,
            seed: self.seed,
            ..Objective::reconstruction(&network, self.loss)
        };
        let rule = match self.optimizer {
            OptimizerKind::Sgd => Rule::Sgd { momentum: self.momentum },
            OptimizerKind::Adam => Rule::ADAM,
        };
        let optimizer = Optimizer { weight_decay: self.weight_decay, ..Optimizer::new(rule) };
        Problem { network, objective, optimizer }
    }

    /// How many threads that is on this machine. More than four a processor would only wait for one another, so that is the most.
    #[must_use]
    pub fn n_threads(&self) -> usize {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        match self.threads {
            0 => processors,
            threads => threads.min(4 * processors),
        }
    }
}

/// So that files without it are those of versions that did not know it.
fn is_zero(value: &f64) -> bool {
    *value == 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_has_its_message() {
        type Row = (fn(&mut Config), &'static str);
        let rows: [Row; 23] = [
            (|c| c.hidden = 0, "hidden: 0 units; at least 1 is needed"),
            (|c| c.epochs = 0, "epochs: 0; at least 1 is needed"),
            (|c| c.epochs = 1 << 32, "epochs: 4294967296 is more than 4294967295"),
            (
                |c| c.activation = Activation::Softmax,
                "activation: softmax is for classifiers, not for autoencoders",
            ),
            (
                |c| c.decoder = Some(Activation::Softmax),
                "decoder: softmax is for classifiers, not for autoencoders",
            ),
            (|c| c.batch = 0, "batch: 0 samples; at least 1 is needed"),
            (|c| c.learning_rate = -0.1, "learning-rate: -0.1 is not a finite number above 0"),
            (|c| c.learning_rate = f64::NAN, "learning-rate: NaN is not a finite number above 0"),
            (|c| c.momentum = 1.0, "momentum: 1 is outside 0..1"),
            (|c| c.momentum = 0.9, "momentum: Adam has its own; use --optimizer sgd or leave it out"),
            (|c| c.weight_decay = -1.0, "weight-decay: -1 is not a finite number of at least 0"),
            (|c| c.l1 = -1.0, "l1: -1 is not a finite number of at least 0"),
            (|c| c.contraction = f64::NAN, "contraction: NaN is not a finite number of at least 0"),
            (
                |c| c.sparsity = Some(Sparsity { target: 1.0, weight: 1.0 }),
                "sparsity: target 1 is not between 0 and 1; 0.05 is usual",
            ),
            (
                |c| {
                    c.sparsity = Some(Sparsity { target: 0.1, weight: 1.0 });
                    c.activation = Activation::Tanh;
                },
                "sparsity: needs hidden units between 0 and 1; use --activation sigmoid",
            ),
            (|c| c.valid = 1.0, "valid: share 1 is outside 0..1; 0.1 is usual"),
            (|c| c.patience = Some(0), "patience: 0 epochs; at least 1 is needed"),
            (
                |c| (c.patience, c.tolerance) = (Some(1), -0.5),
                "tolerance: -0.5 is not a finite number of at least 0",
            ),
            (|c| c.tolerance = 0.5, "tolerance: is for patience; give --patience 10, or leave it out"),
            (|c| c.emphasis = Some((1.0, -1.0)), "emphasis: weights 1 and -1 must be finite and at least 0"),
            (|c| c.emphasis = Some((0.0, 0.0)), "emphasis: both weights are 0, so that nothing is learned"),
            (
                |c| c.loss = Loss::SoftmaxCrossEntropy { label_smoothing: 0.0 },
                "loss: SoftmaxCrossEntropy { label_smoothing: 0.0 } is none of an autoencoder",
            ),
            (
                |c| (c.loss, c.decoder) = (Loss::CrossEntropy, Some(Activation::Linear)),
                "loss: cross-entropy needs --decoder sigmoid",
            ),
        ];
        for (change, message) in rows {
            let mut config = Config::default();
            change(&mut config);
            assert_eq!(config.check().unwrap_err().to_string(), message);
        }
        Config::default().check().unwrap();
    }

    #[test]
    fn a_configuration_is_written_and_read_back() {
        let config = Config {
            corruption: "masking:0.1+gaussian:2->0.5".parse().unwrap(),
            decoder: Some(Activation::Relu),
            emphasis: Some((1.0, 0.5)),
            schedule: "cosine:0.5".parse().unwrap(),
            l1: 1e-5,
            contraction: 0.25,
            sparsity: Some("0.05:0.5".parse().unwrap()),
            patience: Some(3),
            tolerance: 0.25,
            seed: u64::MAX,
            ..Config::default()
        };
        let text = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<Config>(&text).unwrap(), config);
        assert!(serde_json::from_str::<Config>(r#"{"hiden": 3}"#).is_err());
        assert_eq!(serde_json::from_str::<Config>(r#"{"hidden": 3}"#).unwrap().hidden, 3);
    }
}
