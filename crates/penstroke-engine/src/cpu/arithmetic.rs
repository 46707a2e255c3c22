//! The interface between the stages of a step and the number format of their products.
//!
//! Each stage is written once, in [`step`](super::step), [`output`](super::output) and [`learn`](super::learn), and
//! defines what happens to a block of a matrix once its product is known. An arithmetic defines how a stage is divided
//! into parts, how a block's product is computed, and in which forms the result is stored for later products.

use super::buffers::{Activity, Input};
use super::fill::Filling;
use super::isa::InstructionSet;
use super::panel::Row;
use super::place::Place;
use super::team::Team;
use super::weights::Matrix;
use crate::network::Network;

/// The machine and the buffers that every stage works with.
pub(super) struct Stage<'a> {
    pub(super) isa: InstructionSet,
    pub(super) team: &'a mut Team,
    pub(super) network: &'a Network,
    /// Number of samples in the batch.
    pub(super) n: usize,
    pub(super) input: &'a Input,
    pub(super) layers: &'a mut [Activity],
}

impl Stage<'_> {
    /// Reborrows the stage.
    pub(super) fn again(&mut self) -> Stage<'_> {
        let Self { isa, network, n, input, .. } = *self;
        Stage { isa, team: self.team, network, n, input, layers: self.layers }
    }
}

/// A block of a weight matrix with its gradient. Moments that the optimizer does not keep are empty.
pub(super) struct Change<'a> {
    /// The panel of columns that contains the block.
    pub(super) panel: usize,
    pub(super) gradient: &'a mut [Row],
    pub(super) weights: &'a mut [Row],
    pub(super) first: &'a mut [Row],
    pub(super) second: &'a mut [Row],
    /// Storage for the gradient; may be empty.
    pub(super) kept: &'a mut [Row],
}

/// A number format with its products and its copies of a batch.
pub(super) trait Arithmetic: Send {
    /// The share of nonzero components below which zeros are skipped; 0 if they never are.
    fn sparse_below(&self) -> f64;

    /// Makes room for a batch of `n`; afterwards every buffer has exactly the length that the batch needs.
    fn fit(&mut self, network: &Network, n: usize, input: &mut Input, layers: &mut [Activity]);

    /// The number of partial losses from the last layer.
    fn n_partials(&self, n: usize, outputs: usize) -> usize;

    /// Gathers and corrupts the batch into the forms that the first layer reads.
    fn fill(&mut self, at: (InstructionSet, &mut Team, &Network), filling: Filling<'_>, input: &mut Input);

    /// A layer without a loss: `finish` turns the product of a block into the layer's output. `layer` is its index and
    /// whether the next layer reads its output.
    fn forward(
        &mut self,
        stage: Stage<'_>,
        matrix: &Matrix,
        layer: (usize, bool),
        finish: impl Fn(&Place, &mut [Row]) + Sync,
    );

    /// The last layer, if each output has a separate loss: `finish` turns the product of a block, whose rows are units,
    /// into the gradient of the loss and returns the loss.
    fn output(
        &mut self,
        stage: Stage<'_>,
        matrix: &Matrix,
        partial_losses: &mut [f64],
        finish: impl Fn(&Place, &mut [Row]) -> f64 + Sync,
    );

    /// The last layer by unit, for losses over several units, written to [`Arithmetic::logits_mut`].
    fn logits(&mut self, stage: Stage<'_>, matrix: &Matrix, finish: impl Fn(&Place, &mut [Row]) + Sync);

    /// The output of [`Arithmetic::logits`], which the caller turns into gradients.
    fn logits_mut<'a>(&self, last: &'a mut Activity) -> (&'a mut [Row], &'a mut [f32]);

    /// Stores the gradients computed from logits.
    fn keep_deltas(&mut self, stage: Stage<'_>);

    /// Propagates back to layer `l` through the next layer: `finish` turns the product of a block into the gradient by
    /// the pre-activation, given the layer's output.
    fn backward(
        &mut self,
        stage: Stage<'_>,
        matrix: &Matrix,
        l: usize,
        finish: impl Fn(&Place, &mut [Row], &[Row]) + Sync,
    );

    /// The gradient of layer `l`'s own matrix, summed over all uses: `finish` receives each block as soon as it is
    /// known.
    fn gradient(
        &mut self,
        stage: Stage<'_>,
        matrix: &mut Matrix,
        l: usize,
        finish: impl Fn(Change<'_>) + Sync,
    );
}
