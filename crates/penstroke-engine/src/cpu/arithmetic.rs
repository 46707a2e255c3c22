//! The interface between the stages of a step and the format of the numbers in its products.
//!
//! A stage is written once, in [`step`](super::step), [`output`](super::output) and [`learn`](super::learn): it defines what happens to a block of a matrix once its product is known. An arithmetic defines how
//! a stage is cut into parts, how a block's product is computed, and in which forms its result is stored for the products
//! that read it later.

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
    /// Samples of the batch.
    pub(super) n: usize,
    pub(super) input: &'a Input,
    pub(super) layers: &'a mut [Activity],
}

impl Stage<'_> {
    /// The same stage for another use.
    pub(super) fn again(&mut self) -> Stage<'_> {
        let Self { isa, network, n, input, .. } = *self;
        Stage { isa, team: self.team, network, n, input, layers: self.layers }
    }
}

/// A block of a matrix of weights with its gradient. Moments that the optimizer does not keep are empty.
pub(super) struct Change<'a> {
    /// The panel of columns that the block belongs to.
    pub(super) panel: usize,
    pub(super) gradient: &'a mut [Row],
    pub(super) weights: &'a mut [Row],
    pub(super) first: &'a mut [Row],
    pub(super) second: &'a mut [Row],
    /// Where the gradient is kept; may be empty.
    pub(super) kept: &'a mut [Row],
}

/// A number format with its products, and the forms in which it keeps a batch.
pub(super) trait Arithmetic: Send {
    /// Share of components that are not zero below which zeros are skipped; 0 if they never are.
    fn sparse_below(&self) -> f64;

    /// Makes room for a batch of `n`; afterwards every buffer is exactly as long as the batch needs.
    fn fit(&mut self, network: &Network, n: usize, input: &mut Input, layers: &mut [Activity]);

    /// How many partial losses the last layer gives.
    fn n_partials(&self, n: usize, outputs: usize) -> usize;

    /// Gathers and corrupts the batch into the forms that the first layer reads.
    fn fill(&mut self, at: (InstructionSet, &mut Team, &Network), filling: Filling<'_>, input: &mut Input);

    /// A layer without a loss: `finish` turns the product of a block into the layer's output. `layer` is its number
    /// and whether the next one reads its output.
    fn forward(
        &mut self,
        stage: Stage<'_>,
        matrix: &Matrix,
        layer: (usize, bool),
        finish: impl Fn(&Place, &mut [Row]) + Sync,
    );

    /// The last layer, whose outputs each have a loss of their own: `finish` turns the product of a block, whose rows
    /// belong to units, into the gradient of the loss by it, and returns the loss.
    fn output(
        &mut self,
        stage: Stage<'_>,
        matrix: &Matrix,
        partial_losses: &mut [f64],
        finish: impl Fn(&Place, &mut [Row]) -> f64 + Sync,
    );

    /// The last layer by unit, for losses of many units at once, into [`Arithmetic::logits_mut`].
    fn logits(&mut self, stage: Stage<'_>, matrix: &Matrix, finish: impl Fn(&Place, &mut [Row]) + Sync);

    /// Where [`Arithmetic::logits`] writes; what follows turns them into gradients.
    fn logits_mut<'a>(&self, last: &'a mut Activity) -> (&'a mut [Row], &'a mut [f32]);

    /// Stores the gradients that logits became.
    fn keep_deltas(&mut self, stage: Stage<'_>);

    /// Backwards to layer `l` through the layer after it: `finish` turns the product of a block into the gradient by the
    /// pre-activation, given the layer's output.
    fn backward(
        &mut self,
        stage: Stage<'_>,
        matrix: &Matrix,
        l: usize,
        finish: impl Fn(&Place, &mut [Row], &[Row]) + Sync,
    );

    /// The gradient of layer `l`'s own matrix, all its uses summed: `finish` takes each block as soon as it is known.
    fn gradient(
        &mut self,
        stage: Stage<'_>,
        matrix: &mut Matrix,
        l: usize,
        finish: impl Fn(Change<'_>) + Sync,
    );
}
