//! The stages of a step with bf16 products.
//!
//! A part of a job is one panel of units by up to [`PANELS`](super::grid::PANELS) panels of samples: the units' weights
//! are rounded once, and the samples come from the second-level cache. Parts are numbered units first, so a thread
//! keeps using weights that it has, the same ones in the forward pass, the backward pass and the update.

use super::fill;
use super::grid::{Destination, Grid};
use super::halves::{Direction, Halves, Side};
use super::instructions::Bf16Instructions;
use super::pass::{Panel, Pass};
use super::product::Multiplier;
use super::sides::Sides;
use crate::cpu::arithmetic::{Arithmetic, Change, Stage};
use crate::cpu::buffers::{Activity, Input};
use crate::cpu::fill::Filling;
use crate::cpu::gather;
use crate::cpu::isa::InstructionSet;
use crate::cpu::kernels;
use crate::cpu::panel::{Row, WIDTH, n_panels};
use crate::cpu::pieces::Pieces;
use crate::cpu::place::{Place, RowsAre};
use crate::cpu::skip::{self, SparseGradient};
use crate::cpu::sparse::GROUP;
use crate::cpu::team::Team;
use crate::cpu::transpose::transpose;
use crate::cpu::weights::{Columns, Matrix, columns};
use crate::network::Network;
use std::sync::Mutex;

/// Rows of weights per part in an update, for [`GROUP`] panels of columns, so that what must come from beyond the
/// second-level cache (batch 512) serves several panels.
const CHANGED: usize = 8 * WIDTH;

/// bf16 products, and the rounded copies of a batch.
pub(in crate::cpu) struct Bf16 {
    instructions: Bf16Instructions,
    /// One per thread.
    panels: Vec<Mutex<Panel>>,
    /// Number of passes over weights so far.
    n_passes: u64,
    /// The input of every layer; the first one is the corrupted input.
    inputs: Vec<Sides>,
    /// Gradients of the loss by every layer's pre-activation.
    deltas: Vec<Sides>,
    /// For each layer, the layers that use its matrix.
    uses: Vec<Vec<usize>>,
}

impl Bf16 {
    pub(in crate::cpu) fn new(instructions: Bf16Instructions, network: &Network, n_threads: usize) -> Self {
        let layers = 0..network.layers.len();
        let longest = network.layers.iter().map(|layer| n_panels(layer.inputs.max(layer.outputs))).max();
        let input = |l| match columns(network, l) {
            Columns::Outputs => Side::Left,
            Columns::Inputs => Side::Right,
        };
        let uses = |l| layers.clone().filter(|&t| network.owner(t) == l).collect();
        Self {
            instructions,
            panels: (0..n_threads).map(|_| Mutex::new(Panel::new(longest.unwrap_or(0)))).collect(),
            n_passes: 0,
            inputs: layers.clone().map(|l| Sides::new(input(l))).collect(),
            deltas: layers.clone().map(|l| Sides::new(input(l).other())).collect(),
            uses: layers.clone().map(uses).collect(),
        }
    }

    /// The bf16 gradient of one block of weights, over all uses of the matrix except that of a sparse input.
    fn multiply_gradient(
        &self,
        (multiplier, network): (&Multiplier, &Network),
        (l, skipped): (usize, bool),
        (row, column): (usize, usize),
        n_samples: usize,
        (direction, gradient): (Direction, &mut [Row; WIDTH]),
    ) {
        let uses = self.uses[l].iter().copied().filter(|&use_| !(skipped && use_ == 0));
        let runs = uses.map(|use_| {
            let (input, delta) = (&self.inputs[use_], &self.deltas[use_]);
            let (left, right) = match columns(network, use_) {
                Columns::Outputs => (input, delta),
                Columns::Inputs => (delta, input),
            };
            let left: &[Halves] = &left.by_samples[row * n_samples..][..n_samples];
            (left, &right.by_samples[column * n_samples..][..n_samples])
        });
        multiplier.multiply(runs, direction, gradient);
    }
}

impl Arithmetic for Bf16 {
    fn sparse_below(&self) -> f64 {
        self.instructions.sparse_below()
    }

    fn n_partials(&self, n: usize, outputs: usize) -> usize {
        (Grid { n, units: outputs }).parts().0.max(n_panels(n))
    }

    fn fit(&mut self, network: &Network, n: usize, input: &mut Input, layers: &mut [Activity]) {
        for (l, (layer, activity)) in network.layers.iter().zip(&mut *layers).enumerate() {
            let by_sample = n_panels(layer.outputs) * n_panels(n) * WIDTH;
            let (y_by_unit, y_by_sample) = match columns(network, l) {
                Columns::Outputs => (0, by_sample),
                Columns::Inputs => (n_panels(n) * layer.outputs, 0),
            };
            activity.y_by_unit.resize(y_by_unit, Row::ZERO);
            activity.y_by_sample.resize(y_by_sample, Row::ZERO);
            activity.bias_sums.resize(n_panels(n) * layer.outputs.next_multiple_of(WIDTH), 0.0);
            let blocks = |units: usize| n_panels(units) * n_panels(n);
            self.inputs[l].fit(blocks(layer.inputs), blocks(layer.inputs));
            // The first layer has no layer before it.
            let by_units = if l > 0 { blocks(layer.outputs) } else { 0 };
            self.deltas[l].fit(by_units, blocks(layer.outputs));
        }
        if input.sparse_below > 0.0 {
            let by_sample = n_panels(network.layers[0].outputs) * n_panels(n) * WIDTH;
            layers[0].delta_by_sample.resize(by_sample, Row::ZERO);
            gather::fit(n, network.width(input.first_layer), input);
        }
    }

    fn fill(
        &mut self,
        (isa, team, network): (InstructionSet, &mut Team, &Network),
        filling: Filling<'_>,
        input: &mut Input,
    ) {
        if input.sparse_below == 0.0 {
            let sides = &mut self.inputs[input.first_layer];
            return fill::fill_rounded((isa, self.instructions), team, filling, input, sides);
        }
        gather::gather((isa, &mut *team, network), filling, input);
        if !input.is_sparse {
            let grid = Grid { n: filling.indices.len(), units: filling.d };
            let rows = (RowsAre::Units, &input.by_unit[..]);
            self.inputs[input.first_layer].round(self.instructions, team, rows, grid);
        }
    }

    fn forward(
        &mut self,
        mut stage: Stage<'_>,
        matrix: &Matrix,
        (l, handed_on): (usize, bool),
        finish: impl Fn(&Place, &mut [Row]) + Sync,
    ) {
        if l == 0 && stage.input.is_sparse {
            skip::encode(stage.again(), matrix, handed_on, finish);
            if handed_on {
                let y = (RowsAre::Samples, &stage.layers[0].y_by_sample[..]);
                let grid = Grid { n: stage.n, units: stage.network.layers[0].outputs };
                self.inputs[1].round(self.instructions, stage.team, y, grid);
            }
            return;
        }
        let Stage { team, network, n, layers, .. } = stage;
        let (instructions, layer) = (self.instructions, network.layers[l]);
        let (inputs, above) = self.inputs.split_at_mut(l + 1);
        self.n_passes += 1;
        let pass = Pass::new(self.n_passes, instructions, matrix, &inputs[l], layer.inputs);
        let grid = Grid { n, units: layer.outputs };
        let (side, by_units, by_samples) = match above.first_mut() {
            Some(next) if handed_on => (next.side, &mut next.by_units[..], &mut next.by_samples[..]),
            _ => (Side::Left, &mut [][..], &mut [][..]),
        };
        let Activity { y_by_unit, y_by_sample, .. } = &mut layers[l];
        let pieces = (
            grid.parts(),
            grid.by_units(by_units),
            grid.by_samples(by_samples),
            grid.rows_of_units(y_by_unit),
            grid.rows_of_samples(y_by_sample),
        );
        let panels = &self.panels;
        team.each(pieces, |part, worker, (_, by_units, [by_samples], y_by_unit, [y_by_sample])| {
            let mut to = Destination::new(instructions, side, by_units, by_samples);
            let (mut y_by_unit, mut y_by_sample) = (y_by_unit.into_iter(), y_by_sample.chunks_mut(WIDTH));
            pass.each_block(&panels[worker], grid.places(part, pass.rows_are()), |at, block| {
                let rows = &mut block[..at.n_rows()];
                finish(&at.place, rows);
                let y = match at.place.rows_are {
                    RowsAre::Units => y_by_unit.next(),
                    RowsAre::Samples => y_by_sample.next(),
                };
                if let Some(y) = y {
                    y[..rows.len()].copy_from_slice(rows);
                }
                at.clear_missing(block);
                to.write(at.place.rows_are, block);
            });
        });
    }

    fn output(
        &mut self,
        stage: Stage<'_>,
        matrix: &Matrix,
        partial_losses: &mut [f64],
        finish: impl Fn(&Place, &mut [Row]) -> f64 + Sync,
    ) {
        let Stage { isa, team, network, n, layers, .. } = stage;
        let l = network.layers.len() - 1;
        let (instructions, layer) = (self.instructions, network.layers[l]);
        self.n_passes += 1;
        let pass = Pass::new(self.n_passes, instructions, matrix, &self.inputs[l], layer.inputs);
        let grid = Grid { n, units: layer.outputs };
        let Sides { side, by_units, by_samples } = &mut self.deltas[l];
        let (side, panels) = (*side, &self.panels);
        let pieces = (
            grid.parts(),
            Pieces::new(partial_losses, 1),
            grid.by_units(by_units),
            grid.by_samples(by_samples),
            grid.sums(&mut layers[l].bias_sums),
        );
        team.each(pieces, |part, worker, (_, partial, by_units, [by_samples], mut bias_sums)| {
            let mut to = Destination::new(instructions, side, by_units, by_samples);
            let mut deltas = [Row::ZERO; WIDTH];
            pass.each_block(&panels[worker], grid.places(part, pass.rows_are()), |at, block| {
                partial[0] += finish(&at.place, &mut block[..at.n_rows()]);
                at.clear_missing(block);
                kernels::add(isa, block, &mut deltas);
                to.write(at.place.rows_are, block);
            });
            // The sum of the part goes to its first panel.
            bias_sums.iter_mut().for_each(|sums| sums.fill(0.0));
            kernels::row_sums(isa, &deltas, bias_sums[0]);
        });
    }

    fn logits(&mut self, stage: Stage<'_>, matrix: &Matrix, finish: impl Fn(&Place, &mut [Row]) + Sync) {
        let l = stage.network.layers.len() - 1;
        self.forward(stage, matrix, (l, false), finish);
    }

    fn logits_mut<'a>(&self, last: &'a mut Activity) -> (&'a mut [Row], &'a mut [f32]) {
        (&mut last.y_by_unit, &mut last.bias_sums)
    }

    fn keep_deltas(&mut self, stage: Stage<'_>) {
        let Stage { team, network, n, layers, .. } = stage;
        let l = network.layers.len() - 1;
        let grid = Grid { n, units: network.layers[l].outputs };
        self.deltas[l].round(self.instructions, team, (RowsAre::Units, &layers[l].y_by_unit), grid);
    }

    fn backward(
        &mut self,
        stage: Stage<'_>,
        matrix: &Matrix,
        l: usize,
        finish: impl Fn(&Place, &mut [Row], &[Row]) + Sync,
    ) {
        let Stage { isa, team, network, n, input, layers } = stage;
        // A sparse input's weight gradients are computed from single-precision deltas.
        let sparse = l == 0 && input.is_sparse;
        let instructions = self.instructions;
        let (below, deltas) = self.deltas.split_at_mut(l + 1);
        self.n_passes += 1;
        let pass = Pass::new(self.n_passes, instructions, matrix, &deltas[0], network.layers[l + 1].outputs);
        let grid = Grid { n, units: network.layers[l].outputs };
        let Activity { y_by_unit, y_by_sample, delta_by_sample, bias_sums, .. } = &mut layers[l];
        let delta_by_sample = if sparse { &mut delta_by_sample[..] } else { &mut [] };
        let (y, rows_are) = match columns(network, l) {
            Columns::Outputs => (&*y_by_sample, RowsAre::Samples),
            Columns::Inputs => (&*y_by_unit, RowsAre::Units),
        };
        let turned = pass.rows_are() != rows_are;
        let Sides { side, by_units, by_samples } = &mut below[l];
        let (side, panels) = (*side, &self.panels);
        let by_samples = if sparse { &mut [][..] } else { by_samples };
        let pieces = (
            grid.parts(),
            grid.by_units(by_units),
            grid.by_samples(by_samples),
            grid.sums(bias_sums),
            grid.rows_of_samples(delta_by_sample),
        );
        team.each(pieces, |part, worker, (_, by_units, [by_samples], bias_sums, [delta_by_sample])| {
            let mut to = Destination::new(instructions, side, by_units, by_samples);
            let (mut bias_sums, mut kept) = (bias_sums.into_iter(), delta_by_sample.chunks_mut(WIDTH));
            pass.each_block(&panels[worker], grid.places(part, rows_are), |at, block| {
                if turned {
                    let before = *block;
                    transpose(isa, &before, block);
                }
                let rows = &mut block[..at.n_rows()];
                finish(&at.place, rows, &y[at.first_row()..][..rows.len()]);
                at.clear_missing(block);
                sum(isa, rows_are, block, bias_sums.next().unwrap_or_default());
                if let Some(delta) = kept.next() {
                    delta.copy_from_slice(block);
                }
                to.write(rows_are, block);
            });
        });
    }

    fn gradient(
        &mut self,
        stage: Stage<'_>,
        matrix: &mut Matrix,
        l: usize,
        finish: impl Fn(Change<'_>) + Sync,
    ) {
        let Stage { isa, team, network, n, input, layers } = stage;
        let (this, layers) = (&*self, &*layers);
        let n_samples = n_panels(n);
        let n_rows = matrix.n_rows;
        let n_parts = n_rows.div_ceil(CHANGED);
        // A sparse input is left to single precision.
        let sparse = l == 0 && input.is_sparse;
        let skipping = SparseGradient { isa, input, deltas: &layers[0].delta_by_sample, n, n_rows };
        let pieces = matrix.blocks::<GROUP>(CHANGED);
        team.each(pieces, |part, _, mut blocks| {
            let (panel, from) = (part / n_parts * GROUP, part % n_parts * CHANGED);
            let multiplier = Multiplier::take(this.instructions);
            let mut gradients = [[Row::ZERO; WIDTH]; GROUP];
            let n_here = blocks.0.iter().take_while(|weights| !weights.is_empty()).count();
            let count = blocks.0[0].len();
            for row in (0..count).step_by(WIDTH) {
                let rows = row..count.min(row + WIDTH);
                for (c, gradient) in gradients.iter_mut().enumerate().take(n_here) {
                    let at = ((from + row) / WIDTH, panel + c);
                    let to = (Direction::of(c), &mut *gradient);
                    this.multiply_gradient((&multiplier, network), (l, sparse), at, n_samples, to);
                    if !sparse {
                        finish(change((c, panel + c), &rows, &mut blocks, gradient));
                    }
                }
                if sparse {
                    let mut out = gradients.each_mut().map(|gradient| &mut gradient[..rows.len()]);
                    out[n_here..].fill_with(Default::default);
                    skipping.add(from + row, panel, &mut out);
                    for (c, gradient) in gradients.iter_mut().enumerate().take(n_here) {
                        finish(change((c, panel + c), &rows, &mut blocks, gradient));
                    }
                }
            }
        });
    }
}

/// Weights, moments and stored gradients of a part, panel by panel.
type Blocks4<'a> =
    ([&'a mut [Row]; GROUP], [&'a mut [Row]; GROUP], [&'a mut [Row]; GROUP], [&'a mut [Row]; GROUP]);

/// Some rows of panel `c` of a part.
fn change<'a>(
    (c, panel): (usize, usize),
    rows: &std::ops::Range<usize>,
    (weights, first, second, kept): &'a mut Blocks4<'_>,
    gradient: &'a mut [Row; WIDTH],
) -> Change<'a> {
    let of = |all: &'a mut [Row]| all.get_mut(rows.clone()).unwrap_or_default();
    Change {
        panel,
        gradient: &mut gradient[..rows.len()],
        weights: of(weights[c]),
        first: of(first[c]),
        second: of(second[c]),
        kept: of(kept[c]),
    }
}

/// Sums a block over samples, for each of its units.
fn sum(isa: InstructionSet, rows_are: RowsAre, block: &[Row], sums: &mut [f32]) {
    match rows_are {
        RowsAre::Units => kernels::row_sums(isa, block, sums),
        RowsAre::Samples => kernels::column_sums(isa, block, sums),
    }
}
