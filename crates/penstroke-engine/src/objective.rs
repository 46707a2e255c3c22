//! The objective of a training: heads on the output, corruption of the input, and penalties.
//!
//! ```
//! use penstroke_engine::{Activation, Loss, Network, Noise, Objective};
//! let network = Network::autoencoder(784, 500, Activation::Sigmoid, Activation::Sigmoid).tied();
//! let objective = Objective::reconstruction(&network, Loss::Squared)
//!     .with_corruption(vec![Noise::Masking { probability: 0.25 }]);
//! objective.check(&network)?;
//! # Ok::<(), penstroke_engine::EngineError>(())
//! ```

use crate::corruption::Noise;
use crate::error::EngineError;
use crate::heads::{Head, Loss, Target};
use crate::network::{Activation, Network};

/// Terms added to the loss in training, so that codes or weights stay simple; zeros add nothing.
///
/// The loss that an engine reports leaves penalties out, in training and in measuring, so that losses with and without
/// them can be compared. Contraction and sparsity concern the first layer, which must not be the last and has no dropout, at
/// the corrupted input; where its matrix is used again, tied, that use is not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Penalties {
    /// λ of `λ Σ |w|` over weight matrices, each counted once; at least 0. Its slope at 0 is taken as 0.
    pub l1: f64,
    /// λ of `λ (1/n) Σ_i ‖∂code_i/∂x̃_i‖²`, the squared Frobenius norm of the first layer's Jacobian (Rifai et al., 2011);
    /// at least 0.
    pub contraction: f64,
    /// λ and ρ of `λ Σ_k KL(ρ ‖ ρ̂_k)`, where ρ̂_k is the batch's mean output of unit k of the first layer, a sigmoid. Below
    /// 1e-6 and above 1 − 1e-6 the mean counts as these, and the slope is the one there.
    pub sparsity: Option<SparsityPenalty>,
}

/// How far the mean output of a unit stays from 0 and 1 where [`SparsityPenalty`] divides by it.
pub(crate) const MEAN_MARGIN: f64 = 1e-6;

/// A target for the mean activation of hidden units (Lee et al., 2008; Ng, 2011).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SparsityPenalty {
    /// ρ, the wanted mean, in `0..1` without its ends.
    pub target: f64,
    /// λ, at least 0.
    pub weight: f64,
}

/// How much a component of the reconstruction counts: `corrupted` (α) where the corruption struck, `rest` (β)
/// elsewhere (Vincent et al. 2010, section 4.2). Full emphasis is α = 1, β = 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Emphasis {
    /// α, the weight of corrupted components; at least 0.
    pub corrupted: f64,
    /// β, the weight of the others; at least 0.
    pub rest: f64,
}

/// The objective of a training.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Objective {
    /// The heads, in the order of their units; each output unit belongs to one.
    pub heads: Vec<Head>,
    /// Applied to the input in training, in this order, afresh for every presentation of every sample.
    pub corruption: Vec<Noise>,
    /// Weights of corrupted and other components in the losses against the clean input; `None` counts all alike.
    pub emphasis: Option<Emphasis>,
    /// Terms added to the loss.
    pub penalties: Penalties,
    /// For each layer the probability in `0..1` that a unit's output is dropped in training, independently for every unit and
    /// presentation; survivors are divided by 1 less this probability, so that nothing changes afterwards (Srivastava et
    /// al., 2014). 0 for the last layer. Empty: nothing is dropped.
    pub dropout: Vec<f64>,
    /// Seed of corruption and dropout.
    pub seed: u64,
}

impl Objective {
    /// Heads without corruption, emphasis, penalties or dropout.
    #[must_use]
    pub fn new(heads: Vec<Head>) -> Self {
        Self { heads, ..Self::default() }
    }

    /// One head: all outputs are compared with `target`.
    #[must_use]
    pub fn single(network: &Network, loss: Loss, target: Target) -> Self {
        Self::new(vec![Head { units: 0..network.n_outputs(), loss, target }])
    }

    /// The outputs restore the clean input.
    #[must_use]
    pub fn reconstruction(network: &Network, loss: Loss) -> Self {
        Self::single(network, loss, Target::Input)
    }

    /// The outputs are classes, one for each sample.
    #[must_use]
    pub fn classification(network: &Network, label_smoothing: f64) -> Self {
        Self::single(network, Loss::SoftmaxCrossEntropy { label_smoothing }, Target::Labels)
    }

    /// The outputs predict values under the squared error.
    #[must_use]
    pub fn regression(network: &Network) -> Self {
        Self::single(network, Loss::Squared, Target::Values)
    }

    /// The same objective with another corruption.
    #[must_use]
    pub fn with_corruption(mut self, corruption: Vec<Noise>) -> Self {
        self.corruption = corruption;
        self
    }

    /// The probability that an output of layer `l` is dropped.
    #[must_use]
    pub fn dropout_of(&self, l: usize) -> f64 {
        self.dropout.get(l).copied().unwrap_or_default()
    }

    /// Whether the objective is possible with this network.
    ///
    /// # Errors
    /// The first mistake found.
    pub fn check(&self, network: &Network) -> Result<(), EngineError> {
        let mut end = 0;
        for head in &self.heads {
            if head.units.start != end || head.units.is_empty() {
                return Err(EngineError::Heads { outputs: network.n_outputs() });
            }
            end = head.units.end;
        }
        if end != network.n_outputs() {
            return Err(EngineError::Heads { outputs: network.n_outputs() });
        }
        self.heads.iter().try_for_each(|head| head.check(network))?;
        if self.corruption.len() > 16 {
            return Err(EngineError::TooManyTerms { terms: self.corruption.len() });
        }
        self.corruption.iter().try_for_each(Noise::check)?;
        if let Some(Emphasis { corrupted, rest }) = self.emphasis {
            let usable = |weight: f64| weight.is_finite() && weight >= 0.0;
            let restores = self.heads.iter().any(|head| head.target == Target::Input);
            if !usable(corrupted) || !usable(rest) || !restores {
                return Err(EngineError::Emphasis { corrupted, rest });
            }
        }
        self.check_dropout(network)?;
        self.check_penalties(network)
    }

    fn check_dropout(&self, network: &Network) -> Result<(), EngineError> {
        let layers = network.layers.len();
        if !self.dropout.is_empty() && self.dropout.len() != layers {
            return Err(EngineError::DropoutLength { values: self.dropout.len(), layers });
        }
        for (layer, &value) in self.dropout.iter().enumerate() {
            if !(0.0..1.0).contains(&value) || (layer + 1 == layers && value != 0.0) {
                return Err(EngineError::LayerDropout { layer, value });
            }
        }
        Ok(())
    }

    fn check_penalties(&self, network: &Network) -> Result<(), EngineError> {
        let Penalties { l1, contraction, sparsity } = self.penalties;
        let weights =
            [("l1", l1), ("contraction", contraction), ("sparsity", sparsity.map_or(0.0, |s| s.weight))];
        for (penalty, value) in weights {
            if !(value.is_finite() && value >= 0.0) {
                return Err(EngineError::Penalty { penalty, value });
            }
        }
        if let Some(SparsityPenalty { target: value, .. }) = sparsity {
            if !(value > 0.0 && value < 1.0) {
                return Err(EngineError::SparsityTarget { value });
            }
            if network.layers[0].activation != Activation::Sigmoid {
                return Err(EngineError::SparsityCode);
            }
        }
        let hidden = network.layers.len() > 1 && self.dropout_of(0) == 0.0;
        match (contraction > 0.0, sparsity) {
            (true, _) if !hidden => Err(EngineError::PenalizedCode { penalty: "contraction" }),
            (_, Some(_)) if !hidden => Err(EngineError::PenalizedCode { penalty: "sparsity" }),
            _ => Ok(()),
        }
    }
}
