//! Optimizers: the update rule, weight decay, and a bound on norms.

use crate::error::EngineError;

/// How a gradient becomes a change of the weights. Every step passes the learning rate η.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// `v ← μ v + g`, `w ← w − η v`. Weight decay λ adds `λ w` to the gradient of weight matrices.
    Sgd {
        /// μ in `0..1`; 0 is plain stochastic gradient descent.
        momentum: f64,
    },
    /// Adam (Kingma and Ba, 2015): bias-corrected moments, ε outside the root. Weight decay λ is decoupled
    /// (Loshchilov and Hutter, 2019): weight matrices lose `η λ w` per step.
    Adam {
        /// Decay of the first moment, in `0..1`.
        beta1: f64,
        /// Decay of the second moment, in `0..1`.
        beta2: f64,
        /// ε, above 0.
        epsilon: f64,
    },
}

impl Rule {
    /// Adam with the constants of its authors: 0.9, 0.999, 1e-8.
    pub const ADAM: Self = Self::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
    /// Plain stochastic gradient descent.
    pub const SGD: Self = Self::Sgd { momentum: 0.0 };

    /// The number of moments kept per weight.
    pub(crate) fn n_moments(self) -> usize {
        match self {
            Rule::Sgd { momentum: 0.0 } => 0,
            Rule::Sgd { .. } => 1,
            Rule::Adam { .. } => 2,
        }
    }
}

/// An optimizer: how weights move.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Descent {
    /// The update rule.
    pub rule: Rule,
    /// Weight decay λ, on weight matrices only; at least 0.
    pub weight_decay: f64,
    /// Maximum Euclidean norm, above 0, of a unit's incoming weights (a row of its layer's matrix) after a step. Longer
    /// rows are scaled down to it (Srebro and Shraibman, 2005; Srivastava et al., 2014). A shared matrix has the rows
    /// of the layer that stores it.
    pub max_norm: Option<f64>,
}

impl Default for Descent {
    /// [`Rule::ADAM`] without decay or bound.
    fn default() -> Self {
        Self::new(Rule::ADAM)
    }
}

impl Descent {
    /// A rule without weight decay or norm bound.
    pub fn new(rule: Rule) -> Self {
        Self { rule, weight_decay: 0.0, max_norm: None }
    }

    /// Checks that every number is in range.
    ///
    /// # Errors
    /// The first problem found.
    pub fn check(&self) -> Result<(), EngineError> {
        let share = |option: &'static str, value: f64| match (0.0..1.0).contains(&value) {
            true => Ok(()),
            false => Err(EngineError::Share { option, value }),
        };
        match self.rule {
            Rule::Sgd { momentum } => share("momentum", momentum)?,
            Rule::Adam { beta1, beta2, epsilon } => {
                share("beta1", beta1)?;
                share("beta2", beta2)?;
                if !(epsilon.is_finite() && epsilon > 0.0) {
                    return Err(EngineError::Epsilon { value: epsilon });
                }
            }
        }
        if !(self.weight_decay.is_finite() && self.weight_decay >= 0.0) {
            return Err(EngineError::WeightDecay { value: self.weight_decay });
        }
        match self.max_norm.filter(|bound| !(bound.is_finite() && *bound > 0.0)) {
            Some(value) => Err(EngineError::MaxNorm { value }),
            None => Ok(()),
        }
    }
}
