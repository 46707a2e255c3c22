//! Products of bf16 with sums in f32, for processors that have them: eight bits of mantissa, the range of f32.
//!
//! Weights, moments, activations, losses and biases stay what they are; only the two sides of every product are
//! rounded. A matrix of samples and units is rounded once, at the end of the stage that makes it, and written in the
//! forms that later products read ([`convert`]): twice, with units as the terms that are summed over (forwards and
//! backwards) and with samples (for the gradient). It is a left side on its way into a layer whose weights have outputs
//! along their columns, and on its way back into one that has inputs there; else a right one. Weights are rounded a panel
//! at a time when they are used: two rounded forms of them would have to be written in every step, and then neither they
//! nor the weights themselves stay in the second-level cache (at 784-500 and 128 samples the change of weights took 1.9
//! times as long).

mod convert;
mod grid;
mod instructions;
mod product;
mod stages;

use super::network::{Activity, Columns, columns};
use super::panel::{Row, WIDTH, n_panels};
use crate::network::Network;
pub(super) use convert::Halves;
use convert::Side;
use grid::Panel;
pub(super) use grid::{Grid, RowsAre};
pub(super) use instructions::Bf16Instructions;
#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
pub(super) use product::Direction;
use std::sync::Mutex;

/// How many parts a layer of `units` units has on `n` samples, or panels of samples if they are more.
pub(super) fn n_parts(n: usize, units: usize) -> usize {
    (Grid { n, units }).parts().0.max(n_panels(n))
}

/// What an engine keeps besides if its products are in bf16.
pub(super) struct Bf16 {
    pub(super) instructions: Bf16Instructions,
    /// One for every thread.
    panels: Vec<Mutex<Panel>>,
    /// How often weights were multiplied by something.
    n_passes: u64,
    /// What every layer takes in; the first is the corrupted input.
    inputs: Vec<Sides>,
    /// Gradients of the loss by every layer's pre-activation.
    deltas: Vec<Sides>,
    /// The layers that use each layer's matrix.
    uses: Vec<Vec<usize>>,
}

/// A matrix of samples and units, rounded.
struct Sides {
    side: Side,
    /// Terms are units: `[panel of samples][panel of units]`.
    by_units: Vec<Halves>,
    /// Terms are samples: `[panel of units][panel of samples]`.
    by_samples: Vec<Halves>,
}

impl Bf16 {
    pub(super) fn new(instructions: Bf16Instructions, network: &Network, n_threads: usize) -> Self {
        let layers = 0..network.layers.len();
        let longest = network.layers.iter().map(|layer| n_panels(layer.inputs.max(layer.outputs))).max();
        let panel = || Mutex::new(Panel::new(longest.unwrap_or(0)));
        let sides = |side: Side| Sides { side, by_units: Vec::new(), by_samples: Vec::new() };
        let (input, delta) = (
            |l| match columns(network, l) {
                Columns::Outputs => Side::Left,
                Columns::Inputs => Side::Right,
            },
            |l| match columns(network, l) {
                Columns::Outputs => Side::Right,
                Columns::Inputs => Side::Left,
            },
        );
        Self {
            instructions,
            panels: (0..n_threads).map(|_| panel()).collect(),
            n_passes: 0,
            inputs: layers.clone().map(|l| sides(input(l))).collect(),
            deltas: layers.clone().map(|l| sides(delta(l))).collect(),
            uses: layers
                .clone()
                .map(|l| layers.clone().filter(|&t| network.owner(t) == l).collect())
                .collect(),
        }
    }

    /// Makes room for a batch of `n`, here and in what is kept in `f32`.
    pub(super) fn fit(&mut self, network: &Network, n: usize, activities: &mut [Activity]) {
        for (l, (layer, activity)) in network.layers.iter().zip(activities).enumerate() {
            let (y_by_unit, y_by_sample) = match columns(network, l) {
                Columns::Outputs => (0, n_panels(layer.outputs) * n_panels(n) * WIDTH),
                Columns::Inputs => (n_panels(n) * layer.outputs, 0),
            };
            activity.y_by_unit.resize(y_by_unit, Row::ZERO);
            activity.y_by_sample.resize(y_by_sample, Row::ZERO);
            activity.bias_sums.resize(n_panels(n) * layer.outputs.next_multiple_of(WIDTH), 0.0);
            let blocks = |units: usize| n_panels(units) * n_panels(n);
            let Sides { by_units, by_samples, .. } = &mut self.inputs[l];
            by_units.resize(blocks(layer.inputs), Halves::ZERO);
            by_samples.resize(blocks(layer.inputs), Halves::ZERO);
            let Sides { by_units, by_samples, .. } = &mut self.deltas[l];
            // Nothing lies before the first layer.
            by_units.resize(if l > 0 { blocks(layer.outputs) } else { 0 }, Halves::ZERO);
            by_samples.resize(blocks(layer.outputs), Halves::ZERO);
        }
    }
}
