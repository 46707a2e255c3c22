//! How weights move: the rule that turns a gradient into a change, weight decay, and a bound of norms.

use crate::error::EngineError;

/// How a gradient becomes a change of the weights. The learning rate η is given with every step.
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

    /// How many moments the rule keeps for every weight.
    pub(crate) fn n_moments(self) -> usize {
        match self {
            Rule::Sgd { momentum: 0.0 } => 0,
            Rule::Sgd { .. } => 1,
            Rule::Adam { .. } => 2,
        }
    }
}

/// How weights move.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Descent {
    /// How a gradient becomes a change.
    pub rule: Rule,
    /// λ of the weight decay, on weight matrices only; at least 0.
    pub weight_decay: f64,
    /// The greatest Euclidean norm that a unit's incoming weights, a row of its layer's matrix, may have after a step;
    /// above 0. Longer rows are shortened to it (Srebro and Shraibman, 2005; Srivastava et al., 2014). A matrix that is
    /// tied to has the rows of its own layer.
    pub max_norm: Option<f64>,
}

impl Default for Descent {
    /// [`Rule::ADAM`] without decay or bound.
    fn default() -> Self {
        Self::new(Rule::ADAM)
    }
}

impl Descent {
    /// A rule without weight decay and without a bound of norms.
    #[must_use]
    pub fn new(rule: Rule) -> Self {
        Self { rule, weight_decay: 0.0, max_norm: None }
    }

    /// Whether every number is in its range.
    ///
    /// # Errors
    /// The first mistake found.
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
