//! What an engine trains: a chain of dense layers, a corruption of its input, a loss on its output.
//!
//! Layer `l` computes `a_l = s_l(W_l a_{l-1} + b_l)`, with `W_l` of shape `(outputs, inputs)`, from `a_{-1} = x̃`, the
//! corrupted input. A layer tied to an earlier one uses the transpose of that layer's matrix, which exists once, and
//! a bias of its own. A single denoising autoencoder is two such layers, a classifier is any number of them.
//!
//! ```
//! use penstroke_engine::{Activation, Loss, NetworkSpec, Noise};
//! let spec = NetworkSpec::autoencoder(784, 500, Activation::Sigmoid, Activation::Sigmoid)
//!     .tied()
//!     .with_corruption(vec![Noise::Masking { probability: 0.25 }]);
//! assert_eq!((spec.n_inputs(), spec.n_outputs()), (784, 784));
//! assert_eq!(spec.loss, Loss::Squared);
//! spec.check().unwrap();
//! ```

use crate::corruption::Noise;
use std::fmt;

/// A function applied to every component of a layer's pre-activation (softmax: to all of them together).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// `1 / (1 + e^−a)`.
    Sigmoid,
    /// `tanh a`.
    Tanh,
    /// `max(a, 0)`.
    Relu,
    /// `a`.
    Linear,
    /// `e^a_k / Σ_j e^a_j`, only on the last layer and with [`Loss::SoftmaxCrossEntropy`].
    Softmax,
}

/// What training lowers: summed over components, averaged over samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// `(1/n) Σ_i Σ_j (x̂_ij − x_ij)²` against the clean input, without a factor ½.
    Squared,
    /// `(1/n) Σ_i Σ_j max(a,0) − a·x + ln(1 + e^−|a|)` of the last pre-activation against the clean input, which
    /// must lie in `[0, 1]`. Needs a sigmoid on the last layer.
    CrossEntropy,
    /// `(1/n) Σ_i −ln softmax(a_i)[label_i]`. Needs softmax on the last layer, and labels, which may be
    /// [smoothed](NetworkSpec::label_smoothing).
    SoftmaxCrossEntropy,
    /// `(1/n) Σ_i Σ_j (ŷ_ij − t_ij)²` against targets `t` that come with the samples, any number of them; without a factor ½.
    /// Any activation but softmax on the last layer.
    SquaredTargets,
}

impl Loss {
    /// Whether the output is compared with the clean input, and so is as long.
    pub(crate) fn restores(self) -> bool {
        matches!(self, Self::Squared | Self::CrossEntropy)
    }
}

/// One dense layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerSpec {
    /// Length of its input.
    pub inputs: usize,
    /// Length of its output.
    pub outputs: usize,
    /// Applied to the pre-activation.
    pub activation: Activation,
    /// The earlier layer whose transposed matrix it uses, if it has none of its own.
    pub tied_to: Option<usize>,
    /// Probability in `0..1` that a unit's output is dropped while training, independently for every unit and presentation;
    /// survivors are divided by 1 less this probability, so that nothing changes afterwards (Srivastava et al., 2014).
    /// Not on the last layer.
    pub dropout: f64,
}

impl LayerSpec {
    /// A layer with weights of its own, without dropout.
    #[must_use]
    pub fn new(inputs: usize, outputs: usize, activation: Activation) -> Self {
        Self { inputs, outputs, activation, tied_to: None, dropout: 0.0 }
    }

    /// The same with the transposed weights of layer `tied_to`.
    #[must_use]
    pub fn tied(self, tied_to: usize) -> Self {
        Self { tied_to: Some(tied_to), ..self }
    }
}

/// What training lowers besides the loss, so that codes or weights stay simple; zeros add nothing.
///
/// The loss that an engine reports leaves penalties out, while training and while measuring, so that losses with and without
/// them can be compared. Contraction and sparsity are of the first layer, which must not be the last and has no dropout, at
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
    pub sparsity: Option<Sparsity>,
}

/// How far the mean output of a unit stays from 0 and 1 where [`Sparsity`] divides by it.
pub(crate) const MEAN_MARGIN: f64 = 1e-6;

/// A target for the mean activation of hidden units (Lee et al., 2008; Ng, 2011).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sparsity {
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

/// How a gradient becomes a change of the weights. The learning rate is given with every step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Optimizer {
    /// `v ← μ v + g`, `w ← w − η v`. Weight decay λ adds `λ w` to the gradient of weight matrices.
    Sgd {
        /// μ in `0..1`; 0 is plain stochastic gradient descent.
        momentum: f64,
    },
    /// Adam (Kingma and Ba, 2015): bias-corrected moments, ε outside the root. Weight decay λ is decoupled
    /// (Loshchilov and Hutter, 2019): weight matrices lose `η λ w` a step.
    Adam {
        /// Decay of the first moment, in `0..1`.
        beta1: f64,
        /// Decay of the second moment, in `0..1`.
        beta2: f64,
        /// ε, above 0.
        epsilon: f64,
    },
}

impl Optimizer {
    /// Adam with the constants of its authors: 0.9, 0.999, 1e-8.
    pub const ADAM: Self = Self::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
}

/// Everything an engine needs to know of a network but its weights.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkSpec {
    /// From input to output.
    pub layers: Vec<LayerSpec>,
    /// What training lowers.
    pub loss: Loss,
    /// Applied to the input while training, in this order, afresh for every presentation of every sample.
    pub corruption: Vec<Noise>,
    /// Weights of corrupted and other components in the loss; `None` counts all alike.
    pub emphasis: Option<Emphasis>,
    /// How gradients change weights.
    pub optimizer: Optimizer,
    /// λ of the weight decay, on weight matrices only; at least 0.
    pub weight_decay: f64,
    /// What training lowers besides the loss.
    pub penalties: Penalties,
    /// The greatest Euclidean norm that a unit's incoming weights, a row of its layer's matrix, may have after a step; above 0.
    /// Longer ones are shortened to it (Srebro and Shraibman, 2005; Srivastava et al., 2014). A matrix that is tied to has
    /// the rows of its own layer.
    pub max_norm: Option<f64>,
    /// ε in `0..1` of [`Loss::SoftmaxCrossEntropy`]: of the `K` classes, the target is `1 − ε + ε/K` for the label and `ε/K`
    /// for each of the others (Szegedy et al., 2016). The loss, while training and while measuring, is that against this
    /// target, so that both can be compared; its least value is the target's entropy, not 0.
    pub label_smoothing: f64,
    /// Seed of the corruption.
    pub seed: u64,
}

impl NetworkSpec {
    /// An untied autoencoder of two layers, squared error, no corruption, Adam.
    #[must_use]
    pub fn autoencoder(visible: usize, hidden: usize, encoder: Activation, decoder: Activation) -> Self {
        let layers = vec![LayerSpec::new(visible, hidden, encoder), LayerSpec::new(hidden, visible, decoder)];
        Self::new(layers, Loss::Squared)
    }

    /// Any chain of layers under a loss, without corruption or penalties, Adam.
    #[must_use]
    pub fn new(layers: Vec<LayerSpec>, loss: Loss) -> Self {
        Self {
            layers,
            loss,
            corruption: Vec::new(),
            emphasis: None,
            optimizer: Optimizer::ADAM,
            weight_decay: 0.0,
            penalties: Penalties::default(),
            max_norm: None,
            label_smoothing: 0.0,
            seed: 0,
        }
    }

    /// The same with the last layer tied to the first.
    #[must_use]
    pub fn tied(mut self) -> Self {
        if let Some(last) = self.layers.last_mut() {
            last.tied_to = Some(0);
        }
        self
    }

    /// The same with another corruption.
    #[must_use]
    pub fn with_corruption(mut self, corruption: Vec<Noise>) -> Self {
        self.corruption = corruption;
        self
    }

    /// The same with another loss.
    #[must_use]
    pub fn with_loss(mut self, loss: Loss) -> Self {
        self.loss = loss;
        self
    }

    /// Length of the input, `d`; 0 without layers.
    #[must_use]
    pub fn n_inputs(&self) -> usize {
        self.layers.first().map_or(0, |layer| layer.inputs)
    }

    /// Length of the last layer's output; 0 without layers.
    #[must_use]
    pub fn n_outputs(&self) -> usize {
        self.layers.last().map_or(0, |layer| layer.outputs)
    }

    /// The layer that holds the matrix which `layer` uses.
    pub(crate) fn owner(&self, layer: usize) -> usize {
        self.layers[layer].tied_to.unwrap_or(layer)
    }

    fn check_penalties(&self) -> Result<(), SpecError> {
        let Penalties { l1, contraction, sparsity } = self.penalties;
        let weights =
            [("l1", l1), ("contraction", contraction), ("sparsity", sparsity.map_or(0.0, |s| s.weight))];
        for (penalty, value) in weights {
            if !(value.is_finite() && value >= 0.0) {
                return Err(SpecError::Penalty { penalty, value });
            }
        }
        if let Some(Sparsity { target: value, .. }) = sparsity {
            if !(value > 0.0 && value < 1.0) {
                return Err(SpecError::SparsityTarget { value });
            }
            if self.layers[0].activation != Activation::Sigmoid {
                return Err(SpecError::SparsityCode);
            }
        }
        let hidden = self.layers.len() > 1 && self.layers[0].dropout == 0.0;
        match (contraction > 0.0, sparsity) {
            (true, _) if !hidden => Err(SpecError::PenalizedCode { penalty: "contraction" }),
            (_, Some(_)) if !hidden => Err(SpecError::PenalizedCode { penalty: "sparsity" }),
            _ => Ok(()),
        }
    }

    /// Whether the network can be trained as it is described.
    ///
    /// # Errors
    /// The first mistake found.
    pub fn check(&self) -> Result<(), SpecError> {
        if self.layers.is_empty() {
            return Err(SpecError::NoLayers);
        }
        for (index, layer) in self.layers.iter().enumerate() {
            if layer.inputs == 0 || layer.outputs == 0 {
                return Err(SpecError::EmptyLayer { layer: index });
            }
            if index > 0 && self.layers[index - 1].outputs != layer.inputs {
                let outputs = self.layers[index - 1].outputs;
                return Err(SpecError::Chain { layer: index, inputs: layer.inputs, outputs });
            }
            if let Some(tied) = layer.tied_to {
                let fits = tied < index
                    && self.layers[tied].tied_to.is_none()
                    && self.layers[tied].inputs == layer.outputs
                    && self.layers[tied].outputs == layer.inputs;
                if !fits {
                    return Err(SpecError::Tie { layer: index, tied_to: tied });
                }
            }
            let last = index + 1 == self.layers.len();
            if !(0.0..1.0).contains(&layer.dropout) || (last && layer.dropout != 0.0) {
                return Err(SpecError::LayerDropout { layer: index, value: layer.dropout });
            }
            if layer.activation == Activation::Softmax && !(last && self.loss == Loss::SoftmaxCrossEntropy) {
                return Err(SpecError::Softmax { layer: index });
            }
        }
        let output = self.layers[self.layers.len() - 1].activation;
        match self.loss {
            Loss::CrossEntropy if output != Activation::Sigmoid => return Err(SpecError::CrossEntropy),
            Loss::SoftmaxCrossEntropy if output != Activation::Softmax => {
                return Err(SpecError::SoftmaxCrossEntropy);
            }
            loss if loss.restores() && self.n_inputs() != self.n_outputs() => {
                return Err(SpecError::Target { inputs: self.n_inputs(), outputs: self.n_outputs() });
            }
            _ => {}
        }
        if self.corruption.len() > 16 {
            return Err(SpecError::TooManyTerms { terms: self.corruption.len() });
        }
        for noise in &self.corruption {
            noise.check()?;
        }
        if let Some(Emphasis { corrupted, rest }) = self.emphasis {
            let usable = |weight: f64| weight.is_finite() && weight >= 0.0;
            if !usable(corrupted) || !usable(rest) || !self.loss.restores() {
                return Err(SpecError::Emphasis { corrupted, rest });
            }
        }
        let share = |value: f64| (0.0..1.0).contains(&value);
        let smoothed = self.label_smoothing != 0.0;
        if !share(self.label_smoothing) || (smoothed && self.loss != Loss::SoftmaxCrossEntropy) {
            return Err(SpecError::LabelSmoothing { value: self.label_smoothing });
        }
        if !(self.weight_decay.is_finite() && self.weight_decay >= 0.0) {
            return Err(SpecError::WeightDecay { value: self.weight_decay });
        }
        self.check_penalties()?;
        if let Some(value) = self.max_norm.filter(|bound| !(bound.is_finite() && *bound > 0.0)) {
            return Err(SpecError::MaxNorm { value });
        }
        let usable = match self.optimizer {
            Optimizer::Sgd { momentum } => share(momentum),
            Optimizer::Adam { beta1, beta2, epsilon } => {
                share(beta1) && share(beta2) && epsilon > 0.0 && epsilon.is_finite()
            }
        };
        if usable { Ok(()) } else { Err(SpecError::Optimizer { optimizer: self.optimizer }) }
    }
}

/// Why a network cannot be trained.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[allow(missing_docs)] // The fields repeat the numbers of the message.
pub enum SpecError {
    NoLayers,
    EmptyLayer { layer: usize },
    Chain { layer: usize, inputs: usize, outputs: usize },
    Tie { layer: usize, tied_to: usize },
    Softmax { layer: usize },
    CrossEntropy,
    SoftmaxCrossEntropy,
    Target { inputs: usize, outputs: usize },
    LayerDropout { layer: usize, value: f64 },
    Probability { noise: &'static str, value: f64 },
    Dropout { value: f64 },
    Deviation { value: f64 },
    Range { low: f64, high: f64 },
    TooManyTerms { terms: usize },
    Emphasis { corrupted: f64, rest: f64 },
    LabelSmoothing { value: f64 },
    WeightDecay { value: f64 },
    MaxNorm { value: f64 },
    Penalty { penalty: &'static str, value: f64 },
    SparsityTarget { value: f64 },
    SparsityCode,
    PenalizedCode { penalty: &'static str },
    Optimizer { optimizer: Optimizer },
    Bf16 { instructions: &'static str },
}

impl std::error::Error for SpecError {}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLayers => write!(f, "layers: there are none; a network needs at least one"),
            Self::EmptyLayer { layer } => {
                write!(f, "layer {layer}: 0 units; every layer needs at least one on either side")
            }
            Self::Chain { layer, inputs, outputs } => write!(
                f,
                "layer {layer}: takes {inputs} values, but the layer before it gives {outputs}; make them equal"
            ),
            Self::Tie { layer, tied_to } => write!(
                f,
                "layer {layer}: cannot be tied to layer {tied_to}; it needs an earlier layer of its mirrored shape"
            ),
            Self::Softmax { layer } => write!(
                f,
                "layer {layer}: softmax stands only on the last layer, under the softmax cross-entropy"
            ),
            Self::CrossEntropy => {
                write!(f, "loss: cross-entropy needs a sigmoid on the last layer (decoder sigmoid)")
            }
            Self::SoftmaxCrossEntropy => {
                write!(f, "loss: softmax cross-entropy needs softmax on the last layer")
            }
            Self::Target { inputs, outputs } => write!(
                f,
                "layers: {inputs} inputs but {outputs} outputs; a reconstruction is as long as its input"
            ),
            Self::Probability { noise, value } => write!(f, "{noise}: probability {value} is outside 0..=1"),
            Self::Dropout { value } => {
                write!(f, "dropout: probability {value} is outside 0..1; survivors are divided by 1 less it")
            }
            Self::LayerDropout { layer, value } => write!(
                f,
                "layer {layer}: dropout {value} is outside 0..1, or on the last layer, which keeps all its units"
            ),
            Self::Deviation { value } => {
                write!(f, "gaussian: standard deviation {value} is not a finite number of at least 0")
            }
            Self::Range { low, high } => {
                write!(f, "salt-and-pepper: the range {low}..={high} is empty or not finite")
            }
            Self::TooManyTerms { terms } => write!(f, "corruption: {terms} terms, at most 16 are possible"),
            Self::Emphasis { corrupted, rest } => write!(
                f,
                "emphasis: weights {corrupted} and {rest} must be finite, at least 0, and on a reconstruction loss"
            ),
            Self::Penalty { penalty, value } => {
                write!(f, "{penalty}: weight {value} is not a finite number of at least 0")
            }
            Self::SparsityTarget { value } => {
                write!(f, "sparsity: target {value} is not between 0 and 1; 0.05 is usual")
            }
            Self::SparsityCode => {
                write!(f, "sparsity: needs a sigmoid on the first layer (activation sigmoid)")
            }
            Self::PenalizedCode { penalty } => {
                write!(f, "{penalty}: needs a first layer that is not the last and has no dropout")
            }
            Self::MaxNorm { value } => write!(f, "max norm: {value} is not a finite number above 0"),
            Self::LabelSmoothing { value } => write!(
                f,
                "label smoothing: {value} is outside 0..1, or not on the softmax cross-entropy; 0 leaves it out"
            ),
            Self::WeightDecay { value } => {
                write!(f, "weight decay: {value} is not a finite number of at least 0")
            }
            Self::Bf16 { instructions } => write!(
                f,
                "precision: bf16 needs a processor with AMX or AVX-512 bf16, and its instructions, not {instructions}; use f32"
            ),
            Self::Optimizer { optimizer } => write!(
                f,
                "optimizer: {optimizer:?} is out of range; momentum and betas lie in 0..1, epsilon above 0"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> NetworkSpec {
        NetworkSpec::autoencoder(4, 3, Activation::Sigmoid, Activation::Sigmoid).tied()
    }

    fn sparsity(target: f64, weight: f64) -> Option<Sparsity> {
        Some(Sparsity { target, weight })
    }

    fn classifier() -> Vec<LayerSpec> {
        vec![LayerSpec::new(4, 3, Activation::Sigmoid), LayerSpec::new(3, 2, Activation::Softmax)]
    }

    fn regressor() -> Vec<LayerSpec> {
        vec![LayerSpec::new(4, 3, Activation::Sigmoid), LayerSpec::new(3, 7, Activation::Linear)]
    }

    #[test]
    fn every_mistake_has_its_message() {
        let with = |change: fn(&mut NetworkSpec)| {
            let mut spec = base();
            change(&mut spec);
            spec.check().unwrap_err().to_string()
        };
        type Row = (fn(&mut NetworkSpec), &'static str);
        let rows: [Row; 31] = [
            (|s| s.layers.clear(), "layers: there are none"),
            (|s| s.layers[0].outputs = 0, "layer 0: 0 units"),
            (|s| s.layers[1].inputs = 5, "layer 1: takes 5 values, but the layer before it gives 3"),
            (|s| s.layers[1].tied_to = Some(1), "layer 1: cannot be tied to layer 1"),
            (|s| s.layers[1].activation = Activation::Softmax, "layer 1: softmax stands only on the last"),
            (
                |s| {
                    s.loss = Loss::CrossEntropy;
                    s.layers[1].activation = Activation::Linear;
                },
                "loss: cross-entropy needs a sigmoid",
            ),
            (|s| s.loss = Loss::SoftmaxCrossEntropy, "loss: softmax cross-entropy needs softmax"),
            (
                |s| {
                    s.layers[1].tied_to = None;
                    s.layers[1].outputs = 5;
                },
                "layers: 4 inputs but 5 outputs",
            ),
            (
                |s| s.corruption = vec![Noise::Masking { probability: 1.3 }],
                "masking: probability 1.3 is outside 0..=1",
            ),
            (
                |s| s.corruption = vec![Noise::Gaussian { deviation: f64::NAN }],
                "gaussian: standard deviation NaN",
            ),
            (
                |s| s.corruption = vec![Noise::SaltAndPepper { probability: 0.1, low: 1.0, high: 0.0 }],
                "salt-and-pepper: the range 1..=0",
            ),
            (
                |s| s.corruption = vec![Noise::Dropout { probability: 1.0 }],
                "dropout: probability 1 is outside 0..1; survivors",
            ),
            (|s| s.layers[0].dropout = 1.0, "layer 0: dropout 1 is outside 0..1"),
            (|s| s.layers[1].dropout = 0.1, "layer 1: dropout 0.1 is outside 0..1, or on the last layer"),
            (|s| s.emphasis = Some(Emphasis { corrupted: -1.0, rest: 0.0 }), "emphasis: weights -1 and 0"),
            (
                |s| {
                    (s.layers, s.loss) = (regressor(), Loss::SquaredTargets);
                    s.emphasis = Some(Emphasis { corrupted: 1.0, rest: 1.0 });
                },
                "emphasis: weights 1 and 1 must be finite, at least 0, and on a reconstruction loss",
            ),
            (
                |s| (s.layers, s.loss) = (classifier(), Loss::SquaredTargets),
                "layer 1: softmax stands only on the last layer, under the softmax",
            ),
            (
                |s| (s.layers, s.loss, s.label_smoothing) = (regressor(), Loss::SquaredTargets, 0.1),
                "label smoothing: 0.1 is outside 0..1, or not on the softmax",
            ),
            (|s| s.label_smoothing = 0.1, "label smoothing: 0.1 is outside 0..1, or not on the softmax"),
            (
                |s| (s.layers, s.loss, s.label_smoothing) = (classifier(), Loss::SoftmaxCrossEntropy, 1.0),
                "label smoothing: 1",
            ),
            (|s| s.weight_decay = -0.5, "weight decay: -0.5"),
            (|s| s.penalties.l1 = -1.0, "l1: weight -1 is not a finite number of at least 0"),
            (|s| s.penalties.contraction = f64::INFINITY, "contraction: weight inf is not"),
            (|s| s.penalties.sparsity = sparsity(0.1, -2.0), "sparsity: weight -2 is not"),
            (|s| s.penalties.sparsity = sparsity(1.0, 0.1), "sparsity: target 1 is not between 0 and 1"),
            (
                |s| {
                    s.layers[0].activation = Activation::Tanh;
                    s.penalties.sparsity = sparsity(0.1, 0.1);
                },
                "sparsity: needs a sigmoid on the first layer",
            ),
            (
                |s| (s.layers[0].dropout, s.penalties.sparsity) = (0.1, sparsity(0.1, 0.1)),
                "sparsity: needs a first layer that is not the last and has no dropout",
            ),
            (
                |s| {
                    s.layers = vec![LayerSpec::new(4, 4, Activation::Linear)];
                    s.penalties.contraction = 0.1;
                },
                "contraction: needs a first layer that is not the last",
            ),
            (|s| s.max_norm = Some(0.0), "max norm: 0 is not a finite number above 0"),
            (|s| s.optimizer = Optimizer::Sgd { momentum: 1.0 }, "optimizer: Sgd { momentum: 1.0 }"),
            (|s| s.corruption = vec![Noise::Gaussian { deviation: 1.0 }; 17], "corruption: 17 terms"),
        ];
        for (change, start) in rows {
            let message = with(change);
            assert!(message.starts_with(start), "{message:?} should start with {start:?}");
        }
        base().check().unwrap();
        NetworkSpec::new(regressor(), Loss::SquaredTargets).check().unwrap();
    }
}
