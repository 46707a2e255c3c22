//! The configuration of an autoencoder.

use super::names::{self, Named};
use super::training::{check_weight, training_options};
use super::wire;
use super::{Corruption, Optimizer, Schedule, Sparsity, Training};
use crate::error::{Error, Result};
use penstroke_engine::{
    Activation, Emphasis, Initialization, InstructionSet, Loss, Network, Objective, Penalties, Precision,
    SparsityPenalty, Task,
};
use serde::{Deserialize, Serialize};

/// The reconstruction loss of an autoencoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reconstruction {
    /// `Σ (x − x̂)²`.
    Squared,
    /// `−Σ x ln x̂ + (1 − x) ln(1 − x̂)`, for values within `0..=1` and a sigmoid decoder.
    CrossEntropy,
}

impl Named for Reconstruction {
    const WHAT: &'static str = "loss";
    const ALL: &'static [(&'static str, Self)] =
        &[("squared", Reconstruction::Squared), ("cross-entropy", Reconstruction::CrossEntropy)];
}

impl From<Reconstruction> for Loss {
    fn from(reconstruction: Reconstruction) -> Self {
        match reconstruction {
            Reconstruction::Squared => Loss::Squared,
            Reconstruction::CrossEntropy => Loss::CrossEntropy,
        }
    }
}

/// The configuration of one autoencoder and its training.
///
/// ```
/// use penstroke::AutoencoderConfig;
/// let config = AutoencoderConfig { hidden: 100, ..Default::default() }.corruption("gaussian:0.5".parse()?);
/// config.check()?;
/// let wrong = AutoencoderConfig { hidden: 0, ..Default::default() }.check().unwrap_err();
/// assert_eq!(wrong.to_string(), "hidden: 0 units; at least 1 is needed");
/// # Ok::<(), penstroke::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AutoencoderConfig {
    /// `h`, the number of hidden units, at least 1.
    pub hidden: usize,
    /// The loss of the reconstruction.
    #[serde(with = "names")]
    pub loss: Reconstruction,
    /// Activation of the hidden units.
    #[serde(with = "names")]
    pub activation: Activation,
    /// Activation of the reconstruction. `None`: sigmoid for data within `0..=1`, otherwise linear.
    #[serde(with = "names::option")]
    pub decoder: Option<Activation>,
    /// Whether the decoder uses the transposed weights of the encoder.
    pub tied: bool,
    /// Weights of corrupted (α) and other components (β) in the loss; `None` weights all components equally.
    pub emphasis: Option<(f64, f64)>,
    /// Distribution of the initial weights.
    #[serde(with = "names")]
    pub initialization: Initialization,
    /// λ of the penalty `λ Σ |w|` over all weights, at least 0. Reported losses do not include penalties.
    pub l1: f64,
    /// λ of the penalty `λ ‖∂code/∂x̃‖²`, the mean over samples of the squared Frobenius norm, at least 0 (Rifai et al., 2011).
    pub contraction: f64,
    /// Target for the mean activation of the hidden units, which must be sigmoids.
    pub sparsity: Option<Sparsity>,
    /// How much lower a loss must be to count as an improvement for [`patience`](Training::patience), at least 0.
    #[serde(skip_serializing_if = "is_zero")]
    pub tolerance: f64,
    /// How it is trained.
    #[serde(flatten, with = "wire::autoencoder")]
    pub training: Training,
}

impl Default for AutoencoderConfig {
    fn default() -> Self {
        Self {
            hidden: 500,
            loss: Reconstruction::Squared,
            activation: Activation::Sigmoid,
            decoder: None,
            tied: true,
            emphasis: None,
            initialization: Initialization::GlorotSigmoid,
            l1: 0.0,
            contraction: 0.0,
            sparsity: None,
            tolerance: 0.0,
            training: Training::autoencoder(),
        }
    }
}

training_options!(AutoencoderConfig);

impl AutoencoderConfig {
    /// Checks that every number is in range and that the options are compatible.
    ///
    /// # Errors
    /// The first problem, with the name of its option.
    pub fn check(&self) -> Result<()> {
        let refuse = |option: &'static str, problem: String| Err(Error::option(option, problem));
        if self.hidden == 0 {
            return refuse("hidden", "0 units; at least 1 is needed".into());
        }
        self.training.check()?;
        check_weight("l1", self.l1)?;
        check_weight("contraction", self.contraction)?;
        check_weight("tolerance", self.tolerance)?;
        if self.tolerance > 0.0 && self.training.patience.is_none() {
            return Err(Error::option("tolerance", "needs patience")
                .set("patience", 10)
                .leave_out("tolerance"));
        }
        if let Some(sparsity) = self.sparsity {
            sparsity.check()?;
            if self.activation != Activation::Sigmoid {
                let problem = "needs hidden units between 0 and 1";
                return Err(Error::option("sparsity", problem).set("activation", "sigmoid"));
            }
        }
        self.check_emphasis()?;
        let sigmoid = self.decoder.is_none_or(|decoder| decoder == Activation::Sigmoid);
        if self.loss == Reconstruction::CrossEntropy && !sigmoid {
            let problem = "cross-entropy needs a sigmoid decoder";
            return Err(Error::option("loss", problem).set("decoder", "sigmoid"));
        }
        for (option, activation) in [("activation", Some(self.activation)), ("decoder", self.decoder)] {
            if activation == Some(Activation::Softmax) {
                return refuse(option, "softmax is for classifiers, not for autoencoders".into());
            }
        }
        Ok(())
    }

    fn check_emphasis(&self) -> Result<()> {
        let Some((corrupted, rest)) = self.emphasis else { return Ok(()) };
        let usable = |weight: f64| weight.is_finite() && weight >= 0.0;
        if !usable(corrupted) || !usable(rest) {
            let problem = format!("weights {corrupted} and {rest} must be finite and at least 0");
            return Err(Error::option("emphasis", problem));
        }
        if corrupted + rest == 0.0 {
            return Err(Error::option("emphasis", "both weights are 0, so that nothing is learned"));
        }
        Ok(())
    }

    /// The training task for data of `visible` components within `range`.
    pub(crate) fn task(&self, visible: usize, range: (f32, f32)) -> Task {
        let decoder = self.decoder.unwrap_or(Activation::Linear);
        let network = Network::autoencoder(visible, self.hidden, self.activation, decoder);
        let network = if self.tied { network.tied() } else { network };
        let penalties = Penalties {
            l1: self.l1,
            contraction: self.contraction,
            sparsity: self.sparsity.map(|Sparsity { target, weight }| SparsityPenalty { target, weight }),
        };
        let objective = Objective {
            corruption: self.training.corruption.noises(range),
            emphasis: self.emphasis.map(|(corrupted, rest)| Emphasis { corrupted, rest }),
            penalties,
            seed: self.training.seed,
            ..Objective::reconstruction(&network, self.loss.into())
        };
        let rule = self.training.optimizer.into();
        let optimizer = penstroke_engine::Descent {
            weight_decay: self.training.weight_decay,
            ..penstroke_engine::Descent::new(rule)
        };
        Task { network, objective, optimizer }
    }
}

/// Used to omit an option from files if it has its default, because older versions do not know it.
fn is_zero(value: &f64) -> bool {
    *value == 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_has_its_message() {
        type Row = (fn(&mut AutoencoderConfig), &'static str);
        let rows: [Row; 23] = [
            (|c| c.hidden = 0, "hidden: 0 units; at least 1 is needed"),
            (|c| c.training.epochs = Some(0), "epochs: 0; at least 1 is needed"),
            (|c| c.training.epochs = Some(1 << 32), "epochs: 4294967296 is more than 4294967295"),
            (
                |c| c.activation = Activation::Softmax,
                "activation: softmax is for classifiers, not for autoencoders",
            ),
            (
                |c| c.decoder = Some(Activation::Softmax),
                "decoder: softmax is for classifiers, not for autoencoders",
            ),
            (|c| c.training.batch = Some(0), "batch: 0 samples; at least 1 is needed"),
            (|c| c.training.learning_rate = -0.1, "learning_rate: -0.1 is not a finite number above 0"),
            (|c| c.training.learning_rate = f64::NAN, "learning_rate: NaN is not a finite number above 0"),
            (|c| c.training.optimizer = Optimizer::Sgd { momentum: 1.0 }, "momentum: 1 is outside 0..1"),
            (
                |c| c.training.optimizer = Optimizer::Adam { beta1: 0.9, beta2: 1.0, epsilon: 1e-8 },
                "beta2: 1 is outside 0..1",
            ),
            (
                |c| c.training.optimizer = Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 0.0 },
                "epsilon: 0 is not a finite number above 0",
            ),
            (|c| c.training.weight_decay = -1.0, "weight_decay: -1 is not a finite number of at least 0"),
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
                "sparsity: needs hidden units between 0 and 1; set activation to sigmoid",
            ),
            (|c| c.training.valid = 1.0, "valid: share 1 is outside 0..1; 0.1 is usual"),
            (|c| c.training.patience = Some(0), "patience: 0 epochs; at least 1 is needed"),
            (
                |c| (c.training.patience, c.tolerance) = (Some(1), -0.5),
                "tolerance: -0.5 is not a finite number of at least 0",
            ),
            (|c| c.tolerance = 0.5, "tolerance: needs patience; set patience to 10, or leave it out"),
            (|c| c.emphasis = Some((1.0, -1.0)), "emphasis: weights 1 and -1 must be finite and at least 0"),
            (|c| c.emphasis = Some((0.0, 0.0)), "emphasis: both weights are 0, so that nothing is learned"),
            (
                |c| (c.loss, c.decoder) = (Reconstruction::CrossEntropy, Some(Activation::Linear)),
                "loss: cross-entropy needs a sigmoid decoder; set decoder to sigmoid",
            ),
        ];
        for (change, message) in rows {
            let mut config = AutoencoderConfig::default();
            change(&mut config);
            assert_eq!(config.check().unwrap_err().to_string(), message);
        }
        AutoencoderConfig::default().check().unwrap();
    }

    #[test]
    fn a_configuration_is_written_and_read_back() {
        let config = AutoencoderConfig {
            decoder: Some(Activation::Relu),
            emphasis: Some((1.0, 0.5)),
            l1: 1e-5,
            contraction: 0.25,
            sparsity: Some("0.05:0.5".parse().unwrap()),
            tolerance: 0.25,
            ..Default::default()
        }
        .corruption("masking:0.1+gaussian:2->0.5".parse().unwrap())
        .schedule("cosine:0.5".parse().unwrap())
        .patience(Some(3))
        .seed(u64::MAX);
        let text = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<AutoencoderConfig>(&text).unwrap(), config);
        assert!(serde_json::from_str::<AutoencoderConfig>(r#"{"hiden": 3}"#).is_err());
        assert_eq!(serde_json::from_str::<AutoencoderConfig>(r#"{"hidden": 3}"#).unwrap().hidden, 3);
    }

    #[test]
    fn the_json_of_the_defaults_is_as_documented() {
        let json = serde_json::to_value(AutoencoderConfig::default()).unwrap().to_string();
        assert_eq!(
            json,
            r#"{"activation":"sigmoid","batch":null,"contraction":0.0,"corruption":"masking:0.25","decoder":null,"#.to_owned()
                + r#""emphasis":null,"epochs":null,"hidden":500,"initialization":"glorot-sigmoid","l1":0.0,"#
                + r#""learning_rate":0.005,"loss":"squared","momentum":0.0,"optimizer":"adam","precision":"f32","#
                + r#""schedule":"linear","seed":0,"sparsity":null,"tied":true,"valid":0.1,"weight_decay":0.0}"#
        );
    }

    #[test]
    fn optimizer_parameters_are_written_unless_they_are_defaults() {
        let optimizer = Optimizer::Adam { beta1: 0.9, beta2: 0.99, epsilon: 1e-8 };
        let json = serde_json::to_value(AutoencoderConfig::default().optimizer(optimizer)).unwrap();
        assert_eq!((&json["beta2"], json.get("beta1"), &json["momentum"]), (&0.99.into(), None, &0.0.into()));
        assert_eq!(serde_json::from_value::<AutoencoderConfig>(json).unwrap().training.optimizer, optimizer);
        let read =
            |text| serde_json::from_str::<AutoencoderConfig>(text).map(|config| config.training.optimizer);
        let sgd = read(r#"{"optimizer": "sgd", "momentum": 0.5}"#).unwrap();
        assert_eq!(sgd, Optimizer::Sgd { momentum: 0.5 });
        assert!(
            read(r#"{"momentum": 0.5}"#)
                .unwrap_err()
                .to_string()
                .starts_with("momentum: does not apply to Adam")
        );
        assert!(
            read(r#"{"optimizer": "sgd", "beta1": 0.5}"#).unwrap_err().to_string().starts_with("beta1: ")
        );
    }
}
