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

use crate::cells::{self, Cell};
use crate::corruption::Noise;
use crate::error::EngineError;
use crate::heads::{Head, Loss, Target};
use crate::network::{Activation, Network};

/// Terms added to the loss in training to keep codes or weights simple; zeros add nothing.
///
/// The loss that an engine reports, in training and evaluation, leaves penalties out, so losses with and without them
/// compare. Contraction and sparsity apply to the first layer at the corrupted input; it must not be the last layer and
/// must not have dropout. A tied use of its matrix does not count.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Penalties {
    /// λ of `λ Σ |w|` over weight matrices, each counted once; at least 0. The slope at 0 is 0.
    pub l1: f64,
    /// λ of `λ (1/n) Σ_i ‖∂code_i/∂x̃_i‖²`, the squared Frobenius norm of the first layer's Jacobian (Rifai et al., 2011);
    /// at least 0.
    pub contraction: f64,
    /// λ and ρ of `λ Σ_k KL(ρ ‖ ρ̂_k)`, where ρ̂_k is the batch mean of unit k in the first layer, a sigmoid. The mean
    /// is clamped to 1e-6..=1 − 1e-6.
    pub sparsity: Option<SparsityPenalty>,
}

/// Clamp of a unit's mean output, because [`SparsityPenalty`] divides by it and by its complement.
pub(crate) const MEAN_MARGIN: f64 = 1e-6;

/// A target for the mean activation of hidden units (Lee et al., 2008; Ng, 2011).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SparsityPenalty {
    /// Target mean ρ, between 0 and 1.
    pub target: f64,
    /// λ, at least 0.
    pub weight: f64,
}

/// Weights of reconstruction components: `corrupted` (α) for corrupted components, `rest` (β) for the others (Vincent
/// et al. 2010, section 4.2). Full emphasis is α = 1, β = 0.
///
/// With [cells](Objective::cells), an output unit counts as corrupted if any component of its cell is, whatever the target of
/// its head, and units outside all cells count as `rest`. Without, emphasis is for heads that reconstruct the input.
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
    /// The heads, in the order of their units; each output unit belongs to exactly one.
    pub heads: Vec<Head>,
    /// The cells of a table, in ascending order of their inputs and of their units, without overlap; empty for other data. A
    /// component or unit need not belong to a cell.
    pub cells: Vec<Cell>,
    /// Noises applied to the input in training, in this order, anew for every presentation of a sample.
    pub corruption: Vec<Noise>,
    /// Weights of corrupted and other components in losses against the clean input, or of corrupted and other cells; `None`
    /// weights all equally.
    pub emphasis: Option<Emphasis>,
    /// Terms added to the loss.
    pub penalties: Penalties,
    /// For each layer, the probability in `0..1` that a unit's output is dropped in training, independently for every
    /// unit and presentation. Survivors are divided by 1 minus this probability, so the trained network needs no change
    /// (Srivastava et al., 2014). 0 for the last layer. Empty: no dropout.
    pub dropout: Vec<f64>,
    /// The share in `0..1` of a batch that is left out of a training step: of `n` samples, the `⌊trim·n⌋` whose losses before the
    /// step are largest, summed over all heads with their weights; of equal ones, the later. They add nothing to the loss and its
    /// gradients, which are still divided by [`Batch::total`](crate::Batch::total). Penalties take all samples alike, and
    /// evaluation leaves none out. Every head needs squared error or denoising. This is the iterative trimming of Shen and
    /// Sanghavi ("Learning with bad training data via iterative trimmed loss minimization", 2019), within each batch.
    pub trim: f64,
    /// Seed of corruption and dropout.
    pub seed: u64,
}

impl Objective {
    /// Heads without corruption, emphasis, penalties or dropout.
    pub fn new(heads: Vec<Head>) -> Self {
        Self { heads, ..Self::default() }
    }

    /// A single head that compares all outputs with `target`.
    pub fn single(network: &Network, loss: Loss, target: Target) -> Self {
        Self::new(vec![Head::new(0..network.n_outputs(), loss, target)])
    }

    /// The outputs reconstruct the clean input.
    pub fn reconstruction(network: &Network, loss: Loss) -> Self {
        Self::single(network, loss, Target::Input)
    }

    /// The outputs are classes; each sample has one.
    pub fn classification(network: &Network, label_smoothing: f64) -> Self {
        Self::single(network, Loss::SoftmaxCrossEntropy { label_smoothing }, Target::Labels)
    }

    /// The outputs predict values, under squared error.
    pub fn regression(network: &Network) -> Self {
        Self::single(network, Loss::Squared, Target::Values)
    }

    /// The same objective with this corruption.
    #[must_use]
    pub fn with_corruption(mut self, corruption: Vec<Noise>) -> Self {
        self.corruption = corruption;
        self
    }

    /// The dropout probability of the outputs of layer `l`.
    pub fn dropout_of(&self, l: usize) -> f64 {
        self.dropout.get(l).copied().unwrap_or_default()
    }

    /// The number of samples that a training step leaves out, of a batch of `n`.
    pub(crate) fn n_trimmed(&self, n: usize) -> usize {
        (self.trim * n as f64) as usize
    }

    /// The number of the cell that an output unit belongs to.
    pub(crate) fn cell_of(&self, unit: usize) -> Option<usize> {
        let cell = self.cells.partition_point(|cell| cell.units.end <= unit);
        self.cells.get(cell).is_some_and(|cell| cell.units.contains(&unit)).then_some(cell)
    }

    /// Whether the emphasis weighs heads of this target.
    pub(crate) fn emphasizes(&self, target: Target) -> bool {
        self.emphasis.is_some() && (target == Target::Input || !self.cells.is_empty())
    }

    /// Whether marks of single components decide about the emphasis, not fates of whole cells alone.
    pub(crate) fn marks_components(&self) -> bool {
        let whole = !self.cells.is_empty() && self.corruption.iter().all(|noise| noise.on_cells().is_some());
        self.emphasis.is_some() && !whole
    }

    /// Checks that the objective fits this network.
    ///
    /// # Errors
    /// The first problem found.
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
        cells::check(&self.cells, network.n_inputs(), network.n_outputs())?;
        if let Some(noise) =
            self.corruption.iter().find_map(Noise::on_cells).filter(|_| self.cells.is_empty())
        {
            return Err(EngineError::NoCells { noise });
        }
        if let Some(Emphasis { corrupted, rest }) = self.emphasis {
            let usable = |weight: f64| weight.is_finite() && weight >= 0.0;
            let restores =
                !self.cells.is_empty() || self.heads.iter().any(|head| head.target == Target::Input);
            if !usable(corrupted) || !usable(rest) || !restores {
                return Err(EngineError::Emphasis { corrupted, rest });
            }
        }
        self.check_levels(network)?;
        self.check_trim()?;
        self.check_dropout(network)?;
        self.check_penalties(network)
    }

    fn check_levels(&self, network: &Network) -> Result<(), EngineError> {
        let levels = self.corruption.iter().any(Noise::is_levels);
        if levels && self.corruption.len() > 1 {
            return Err(EngineError::LevelsAlone);
        }
        let output = network.layers.last().map(|layer| layer.activation);
        for head in &self.heads {
            let needs = match head.loss {
                Loss::Denoising if output != Some(Activation::Linear) => "a linear last layer",
                Loss::Denoising if head.target != Target::Input => "the clean input as its target",
                Loss::Denoising if !levels => "a corruption by levels",
                Loss::Denoising if head.units.end >= network.n_inputs() => {
                    "one output less than inputs, whose last is the level"
                }
                Loss::Denoising => continue,
                _ if levels && head.target == Target::Input => return Err(EngineError::LevelsLoss),
                _ => continue,
            };
            return Err(EngineError::Denoising { needs });
        }
        Ok(())
    }

    fn check_trim(&self) -> Result<(), EngineError> {
        if !(0.0..1.0).contains(&self.trim) {
            return Err(EngineError::Share { option: "trim", value: self.trim });
        }
        let squares = |head: &Head| matches!(head.loss, Loss::Squared | Loss::Denoising);
        if self.trim > 0.0 && !self.heads.iter().all(squares) { Err(EngineError::Trim) } else { Ok(()) }
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
