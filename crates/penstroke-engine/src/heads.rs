//! Heads: each compares a range of output units with a target under a loss.

use crate::error::EngineError;
use crate::network::{Activation, Network};
use std::ops::Range;

/// How outputs are compared with their target: summed over components, averaged over samples. The loss is computed from
/// the last pre-activation `a`, whose activation `y = s(a)` is the output.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Loss {
    /// `(1/n) Σ_i Σ_j (y_ij − t_ij)²`, without a factor ½. The last layer may have any activation but softmax.
    Squared,
    /// Bernoulli: `(1/n) Σ_i Σ_j max(a,0) − a·t + ln(1 + e^−|a|)`, with targets in `[0, 1]`. The last layer is a
    /// sigmoid, or linear if outputs are logits.
    CrossEntropy,
    /// `(1/n) Σ_i −Σ_k t_ik ln softmax(a_i)_k`, where the head's units are classes. The last layer is softmax with this
    /// head alone, or linear if outputs are logits.
    SoftmaxCrossEntropy {
        /// ε in `0..1` for [`Target::Labels`]: with `K` classes, the target is `1 − ε + ε/K` for the label and `ε/K`
        /// for every other class (Szegedy et al., 2016). Training and evaluation use the same smoothed target, so their
        /// losses compare; the minimum is the target's entropy, not 0.
        label_smoothing: f64,
    },
    /// The weighted squared error of what is restored under [levels of noise](crate::Noise::Levels):
    /// `(1/n) Σ_i (1+s_i²)/s_i² Σ_j (D_ij − x_ij)²`, where `s_i` is the sample's level and `D_ij` what the network
    /// [restores](crate::Level::restored) from the corrupted component with its output. It equals `(1/n) Σ_i Σ_j (y_ij − t_ij)²` for
    /// the output that is [wanted](crate::Level::wanted). The last layer is linear, and the last input component, the level, has
    /// no unit.
    Denoising,
}

/// What outputs are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The clean input: output unit `k` is compared with input component `k`.
    Input,
    /// One class per sample, counted from 0 within the head: [`Answers::Labels`](crate::Answers::Labels).
    Labels,
    /// One value per sample and unit of the head: [`Answers::Values`](crate::Answers::Values).
    Values,
}

/// A range of output units that is compared with one target by one loss.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// The output units.
    pub units: Range<usize>,
    /// How the units are compared with the target.
    pub loss: Loss,
    /// What they are compared with.
    pub target: Target,
    /// The number by which the head's loss and gradient are multiplied; finite and above 0, usually 1. With 1 / the loss of the
    /// best constant answer, all heads of a table count alike.
    pub weight: f64,
}

impl Head {
    /// A head of weight 1.
    pub fn new(units: Range<usize>, loss: Loss, target: Target) -> Self {
        Self { units, loss, target, weight: 1.0 }
    }

    /// The same head with this weight.
    #[must_use]
    pub fn weighing(self, weight: f64) -> Self {
        Self { weight, ..self }
    }

    pub(crate) fn check(&self, network: &Network) -> Result<(), EngineError> {
        // Rounded to f32, in which the engine works, it must be neither 0 nor infinite.
        if !(self.weight as f32).is_normal() || self.weight < 0.0 {
            return Err(EngineError::HeadWeight { value: self.weight });
        }
        let output = network.layers.last().map(|layer| layer.activation);
        let all = self.units == (0..network.n_outputs());
        match (self.loss, output) {
            (Loss::Squared | Loss::CrossEntropy | Loss::Denoising, Some(Activation::Softmax)) => {
                return Err(EngineError::SoftmaxOutput);
            }
            (Loss::CrossEntropy, Some(Activation::Tanh | Activation::Relu)) => {
                return Err(EngineError::CrossEntropy);
            }
            (Loss::SoftmaxCrossEntropy { label_smoothing }, output) => {
                let fits = match output {
                    Some(Activation::Softmax) => all,
                    other => other == Some(Activation::Linear),
                };
                if !fits {
                    return Err(EngineError::SoftmaxCrossEntropy);
                }
                let usable = match self.target {
                    Target::Labels => (0.0..1.0).contains(&label_smoothing),
                    Target::Input | Target::Values => label_smoothing == 0.0,
                };
                if !usable {
                    return Err(EngineError::LabelSmoothing { value: label_smoothing });
                }
            }
            _ => {}
        }
        if self.target == Target::Labels && !matches!(self.loss, Loss::SoftmaxCrossEntropy { .. }) {
            return Err(EngineError::Labels);
        }
        if self.target == Target::Input && self.units.end > network.n_inputs() {
            return Err(EngineError::Target { inputs: network.n_inputs(), outputs: self.units.end - 1 });
        }
        Ok(())
    }
}
