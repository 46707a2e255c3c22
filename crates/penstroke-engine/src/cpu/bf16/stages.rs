//! The stages of a step, as in [`stages`](crate::cpu::stages), with products in bf16.
//!
//! A part of a job is one panel of units by up to [`PANELS`] panels of samples: the units' weights are rounded once, and
//! the samples come from the second-level cache. Parts are counted units first, so that a thread goes on with weights
//! that it has, and meets the same ones forwards, backwards and when it changes them.

use super::convert::{self, Side};
use super::grid::{Destination, Grid, Pass, RowsAre};
use super::product::{Direction, Multiplier};
use super::{Bf16, Bf16Instructions, Sides};
use crate::cpu::Cpu;
use crate::cpu::dropout::{self, Dropout, Presentation};
use crate::cpu::fill::{self, Filling, TILE, Tile};
use crate::cpu::kernels::{self, Classes, Compared, Mover, Moving};
use crate::cpu::level::InstructionSet;
use crate::cpu::network::{Activity, Columns, columns};
use crate::cpu::panel::{Row, WIDTH, floats, floats_mut, n_panels, transpose, whole};
use crate::cpu::penalties::WeightPenalty;
use crate::cpu::sparse::GROUP;
use crate::cpu::stages::{Compare, SparseGradient, samples_in};
use crate::cpu::team::Parts::{AcrossBlocks, AlongBlocks};
use crate::cpu::team::{Blocks, Pieces, Team};
use crate::heads::Loss;
use crate::network::Activation;

/// Rows of weights of a part when weights are changed, by [`GROUP`] panels of columns, so that what comes with the rows
/// from farther away than the second-level cache (batch 512) serves several.
const CHANGED: usize = 8 * WIDTH;

impl Bf16 {
    /// Gathers and corrupts the batch and rounds it.
    pub(in crate::cpu) fn fill(
        &mut self,
        level: InstructionSet,
        team: &mut Team,
        filling: Filling<'_>,
        (clean, emphasis): (&mut [Row], &mut [Row]),
    ) {
        const BLOCKS: usize = TILE / WIDTH;
        let instructions = self.instructions;
        let Filling { d, indices, .. } = filling;
        let n_panels = n_panels(indices.len());
        let Sides { side, by_units, by_samples } = &mut self.inputs[0];
        let side = *side;
        let pieces = (
            Blocks::<_, 1>::new(clean, d, TILE, AcrossBlocks),
            Blocks::<_, 1>::new(emphasis, d, TILE, AcrossBlocks),
            Blocks::<_, 1>::new(by_units, d.div_ceil(WIDTH), BLOCKS, AcrossBlocks),
            Blocks::<_, BLOCKS>::new(by_samples, n_panels, 1, AlongBlocks),
        );
        team.each(pieces, |part, _, ([clean], [emphasis], [by_units], by_samples)| {
            let (tile, panel) = (part / n_panels, part % n_panels);
            let mut blocks = [[Row::ZERO; WIDTH]; BLOCKS];
            let input = &mut blocks.as_flattened_mut()[..clean.len()];
            let into = Tile {
                clean,
                input,
                emphasis,
                by_unit: &mut [],
                by_sample: [(); BLOCKS].map(|()| &mut [][..]),
            };
            fill::fill(level, filling, panel * WIDTH, tile * TILE, into);
            for ((block, by_units), by_samples) in blocks.iter().zip(by_units).zip(by_samples) {
                convert::by_rows(instructions, side, block, by_units);
                convert::by_columns(instructions, side, block, &mut by_samples[0]);
            }
        });
    }
}

impl Bf16 {
    /// Rounds what layer `l` takes in.
    pub(in crate::cpu) fn round_input(
        &mut self,
        l: usize,
        team: &mut Team,
        from: (RowsAre, &[Row]),
        grid: Grid,
    ) {
        round(self.instructions, team, from, grid, &mut self.inputs[l]);
    }
}

/// Rounds a matrix of samples and units in panels.
fn round(
    instructions: Bf16Instructions,
    team: &mut Team,
    (rows_are, rows): (RowsAre, &[Row]),
    grid: Grid,
    to: &mut Sides,
) {
    let Sides { side, by_units, by_samples } = to;
    let side = *side;
    let pieces = (grid.parts(), grid.by_units(by_units), grid.by_samples(by_samples));
    team.each(pieces, |part, _, (_, by_units, [by_samples])| {
        let mut to = Destination::new(instructions, side, by_units, by_samples);
        for place in grid.places(part, rows_are) {
            let mut block = whole(&rows[place.first_row()..][..place.n_rows()]);
            place.clear_missing(&mut block);
            to.write(rows_are, &block);
        }
    });
}

impl Cpu {
    /// Runs the batch through the first `n_layers` layers; returns the loss if the last of all is compared.
    pub(in crate::cpu) fn forward_bf16(
        &mut self,
        n: usize,
        n_layers: usize,
        compare: Compare,
        presentation: Option<Presentation<'_>>,
    ) -> f64 {
        let last = self.problem.network.layers.len() - 1;
        for l in 0..n_layers {
            if l == last && compare == Compare::WithTarget {
                return self.compare_bf16(n);
            }
            if l == 0 && self.is_sparse(n) {
                self.encode_sparse(n, n_layers, presentation);
                let Self { problem, team, layers, bf16: Some(bf16), .. } = self else { return 0.0 };
                if n_layers > 1 {
                    let y = (RowsAre::Samples, &layers[0].y_by_sample[..]);
                    bf16.round_input(1, team, y, Grid { n, units: problem.network.layers[0].outputs });
                }
                continue;
            }
            self.layer_bf16(n, l, l + 1 < n_layers, presentation);
            if l == last && self.problem.network.layers[l].activation == Activation::Softmax {
                let Self { problem, level, team, layers, .. } = self;
                let level = *level;
                team.each(
                    Pieces::new(&mut layers[l].y_by_unit, problem.network.layers[l].outputs),
                    |_, _, y| {
                        kernels::softmax(level, y, Classes::default());
                    },
                );
            }
        }
        0.0
    }

    /// A layer without a loss, whose output the next one takes in if `handed_on`.
    fn layer_bf16(&mut self, n: usize, l: usize, handed_on: bool, presentation: Option<Presentation<'_>>) {
        let Self { problem, level, team, weights, layers, bf16: Some(bf16), .. } = self else { return };
        let (layer, level, instructions) = (problem.network.layers[l], *level, bf16.instructions);
        let bias = &weights.biases[l].values;
        let dropout = Dropout::new(problem, l, presentation);
        let (inputs, above) = bf16.inputs.split_at_mut(l + 1);
        let matrix = &weights.matrices[problem.network.owner(l)];
        bf16.n_passes += 1;
        let pass = Pass::new(bf16.n_passes, instructions, matrix, &inputs[l], layer.inputs);
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
        let panels = &bf16.panels;
        team.each(pieces, |part, worker, (_, by_units, [by_samples], y_by_unit, [y_by_sample])| {
            let mut to = Destination::new(instructions, side, by_units, by_samples);
            let (mut y_by_unit, mut y_by_sample) = (y_by_unit.into_iter(), y_by_sample.chunks_mut(WIDTH));
            pass.each_block(&panels[worker], grid.places(part, pass.rows_are()), |place, block| {
                let rows = &mut block[..place.n_rows()];
                kernels::bias_activate(level, rows, place.bias(bias), layer.activation);
                if let Some(dropout) = dropout {
                    let (first, unit) = (place.samples * WIDTH, place.units * WIDTH);
                    match place.rows_are {
                        RowsAre::Units => dropout::of_units(level, rows, dropout, first, unit),
                        RowsAre::Samples => dropout::of_samples(level, rows, dropout, first, unit),
                    }
                }
                let y = match place.rows_are {
                    RowsAre::Units => y_by_unit.next(),
                    RowsAre::Samples => y_by_sample.next(),
                };
                if let Some(y) = y {
                    y[..rows.len()].copy_from_slice(rows);
                }
                place.clear_missing(block);
                to.write(place.rows_are, block);
            });
        });
    }

    /// The last layer with its loss and the loss's gradient by the last pre-activation; returns the loss.
    fn compare_bf16(&mut self, n: usize) -> f64 {
        let l = self.problem.network.layers.len() - 1;
        if let Loss::SoftmaxCrossEntropy { label_smoothing } = self.problem.objective.heads[0].loss {
            return self.compare_labels_bf16(n, l, label_smoothing);
        }
        let Self { problem, level, team, weights, input, layers, partial_losses, bf16: Some(bf16), .. } =
            self
        else {
            return 0.0;
        };
        let head = &problem.objective.heads[0];
        let (layer, level, instructions, loss) =
            (problem.network.layers[l], *level, bf16.instructions, head.loss);
        let (expected, emphasis) = (input.expected(head.target), &input.emphasis);
        let bias = &weights.biases[l].values;
        let matrix = &weights.matrices[problem.network.owner(l)];
        bf16.n_passes += 1;
        let pass = Pass::new(bf16.n_passes, instructions, matrix, &bf16.inputs[l], layer.inputs);
        let grid = Grid { n, units: layer.outputs };
        let Sides { side, by_units, by_samples } = &mut bf16.deltas[l];
        let (side, panels) = (*side, &bf16.panels);
        partial_losses.fill(0.0);
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
            pass.each_block(&panels[worker], grid.places(part, pass.rows_are()), |place, block| {
                let rows = &mut block[..place.n_rows()];
                let first = place.samples * layer.outputs + place.units * WIDTH;
                let here = first..first + rows.len();
                let emphasis = emphasis.get(here.clone()).unwrap_or_default();
                let target = Compared { expected: &expected[here], emphasis, n_here: place.n_columns(), n };
                let bias = place.bias(bias);
                partial[0] += if loss == Loss::CrossEntropy {
                    // The loss wants the pre-activation.
                    kernels::bias_activate(level, rows, bias, Activation::Linear);
                    kernels::cross_entropy(level, rows, target)
                } else {
                    kernels::bias_activate(level, rows, bias, layer.activation);
                    kernels::squared(level, rows, target, layer.activation)
                };
                place.clear_missing(block);
                kernels::add(level, block, &mut deltas);
                to.write(place.rows_are, block);
            });
            // The part's sum stands in its first panel.
            bias_sums.iter_mut().for_each(|sums| sums.fill(0.0));
            kernels::row_sums(level, &deltas, bias_sums[0]);
        });
        partial_losses.iter().sum::<f64>() / n.max(1) as f64
    }

    /// The same for softmax, which needs all units of a sample at once.
    fn compare_labels_bf16(&mut self, n: usize, l: usize, smoothing: f64) -> f64 {
        self.layer_bf16(n, l, false, None);
        let Self { problem, level, team, input, layers, partial_losses, bf16: Some(bf16), .. } = self else {
            return 0.0;
        };
        let (layer, level, instructions) = (problem.network.layers[l], *level, bf16.instructions);
        let Activity { y_by_unit, bias_sums, .. } = &mut layers[l];
        let labels = &input.labels;
        partial_losses.fill(0.0);
        let pieces = (
            Pieces::new(y_by_unit, layer.outputs),
            Pieces::new(bias_sums, layer.outputs.next_multiple_of(WIDTH)),
            Pieces::new(partial_losses, 1),
        );
        team.each(pieces, |panel, _, (y, bias_sums, partial)| {
            let labels = &labels[panel * WIDTH..][..samples_in(panel, n)];
            let classes = Classes { labels, smoothing };
            partial[0] = kernels::softmax(level, y, classes);
            kernels::label_deltas(level, y, classes, n);
            kernels::row_sums(level, y, bias_sums);
        });
        let grid = Grid { n, units: layer.outputs };
        round(instructions, team, (RowsAre::Units, &layers[l].y_by_unit), grid, &mut bf16.deltas[l]);
        partial_losses.iter().sum::<f64>() / n.max(1) as f64
    }

    /// Carries the last layer's gradient down to the first layer's pre-activation.
    pub(in crate::cpu) fn backward_bf16(&mut self, n: usize) {
        for l in (0..self.problem.network.layers.len() - 1).rev() {
            self.backward_layer_bf16(n, l);
        }
    }

    /// To layer `l`, through the layer after it.
    fn backward_layer_bf16(&mut self, n: usize, l: usize) {
        // The gradient of a sparse input's weights asks for deltas in single precision.
        let sparse = l == 0 && self.is_sparse(n);
        let Self { problem, level, team, weights, layers, code_penalty, bf16: Some(bf16), .. } = self else {
            return;
        };
        let (layer, level, instructions) = (problem.network.layers[l], *level, bf16.instructions);
        let code_penalty = &*code_penalty;
        let (below, deltas) = bf16.deltas.split_at_mut(l + 1);
        let matrix = &weights.matrices[problem.network.owner(l + 1)];
        bf16.n_passes += 1;
        let pass =
            Pass::new(bf16.n_passes, instructions, matrix, &deltas[0], problem.network.layers[l + 1].outputs);
        let grid = Grid { n, units: layer.outputs };
        let Activity { y_by_unit, y_by_sample, delta_by_sample, bias_sums, .. } = &mut layers[l];
        let delta_by_sample = if sparse { &mut delta_by_sample[..] } else { &mut [] };
        let (y, rows_are) = match columns(&problem.network, l) {
            Columns::Outputs => (&*y_by_sample, RowsAre::Samples),
            Columns::Inputs => (&*y_by_unit, RowsAre::Units),
        };
        let turned = pass.rows_are() != rows_are;
        let Sides { side, by_units, by_samples } = &mut below[l];
        let (side, panels) = (*side, &bf16.panels);
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
            let mut bias_sums = bias_sums.into_iter();
            let mut delta_by_sample = delta_by_sample.chunks_mut(WIDTH);
            pass.each_block(&panels[worker], grid.places(part, rows_are), |place, block| {
                if turned {
                    let before = *block;
                    transpose(level, &before, block);
                }
                let rows = &mut block[..place.n_rows()];
                let first = place.first_row();
                let y = &y[first..first + rows.len()];
                dropout::times_slope(level, rows, y, (layer.activation, problem.objective.dropout_of(l)));
                // The rows of the first layer belong to samples.
                code_penalty.add_to_samples(level, (l, place.units), rows, y, layer.activation);
                place.clear_missing(block);
                let bias_sums = bias_sums.next().unwrap_or_default();
                match rows_are {
                    RowsAre::Units => kernels::row_sums(level, block, bias_sums),
                    RowsAre::Samples => kernels::column_sums(level, block, bias_sums),
                }
                if let Some(delta) = delta_by_sample.next() {
                    delta.copy_from_slice(block);
                }
                to.write(rows_are, block);
            });
        });
    }

    /// Weight gradients, and the optimizer's step for each block of weights as soon as its gradient is known.
    pub(in crate::cpu) fn learn_bf16(&mut self, n: usize, rule: Mover) {
        let sparse = self.is_sparse(n);
        let Self { problem, level, team, weights, input, layers, code_penalty, bf16: Some(bf16), .. } = self
        else {
            return;
        };
        let (level, decay) = (*level, problem.optimizer.weight_decay as f32);
        let (problem, bf16, input, layers) = (&*problem, &*bf16, &*input, &*layers);
        let n_samples = n_panels(n);
        for (l, matrix) in weights.matrices.iter_mut().enumerate() {
            if matrix.weights.is_empty() {
                continue;
            }
            let n_rows = matrix.n_rows;
            let n_parts = n_rows.div_ceil(CHANGED);
            // What is left to products of bf16.
            let sparse = sparse && l == 0;
            let penalty = WeightPenalty::new(&problem.objective, l, code_penalty);
            let uses = || bf16.uses[l].iter().copied().filter(|&use_| !(sparse && use_ == 0));
            let pieces = (
                Blocks::<_, GROUP>::new(&mut matrix.weights, n_rows, CHANGED, AlongBlocks),
                Blocks::<_, GROUP>::new(&mut matrix.first, n_rows, CHANGED, AlongBlocks),
                Blocks::<_, GROUP>::new(&mut matrix.second, n_rows, CHANGED, AlongBlocks),
                Blocks::<_, GROUP>::new(&mut matrix.gradient, n_rows, CHANGED, AlongBlocks),
            );
            team.each(pieces, |part, _, (mut weights, mut first, mut second, mut kept)| {
                let (column, from) = (part / n_parts * GROUP, part % n_parts * CHANGED);
                let multiplier = Multiplier::take(bf16.instructions);
                let mut gradients = [[Row::ZERO; WIDTH]; GROUP];
                let columns_here = weights.iter().take_while(|weights| !weights.is_empty()).count();
                let count = weights[0].len();
                for (k, row) in (0..count).step_by(WIDTH).enumerate() {
                    let rows = row..count.min(row + WIDTH);
                    let mut change = |c: usize, gradient: &mut [Row]| {
                        if let Some(penalty) = penalty {
                            penalty.add(level, column + c, &weights[c][rows.clone()], gradient);
                        }
                        if let Some(kept) = kept[c].get_mut(rows.clone()) {
                            kept.copy_from_slice(gradient);
                        }
                        let moving = Moving {
                            weights: floats_mut(&mut weights[c][rows.clone()]),
                            first: floats_mut(first[c].get_mut(rows.clone()).unwrap_or_default()),
                            second: floats_mut(second[c].get_mut(rows.clone()).unwrap_or_default()),
                        };
                        kernels::update(level, rule, decay, floats(gradient), moving);
                    };
                    for (c, gradient) in gradients.iter_mut().enumerate().take(columns_here) {
                        let runs = uses().map(|use_| {
                            let (input, delta) = (&bf16.inputs[use_], &bf16.deltas[use_]);
                            let (left, right) = match columns(&problem.network, use_) {
                                Columns::Outputs => (input, delta),
                                Columns::Inputs => (delta, input),
                            };
                            let left = &left.by_samples[(from / WIDTH + k) * n_samples..][..n_samples];
                            (left, &right.by_samples[(column + c) * n_samples..][..n_samples])
                        });
                        multiplier.multiply(runs, Direction::of(c), gradient);
                        if !sparse {
                            change(c, &mut gradient[..rows.len()]);
                        }
                    }
                    if sparse {
                        let mut out = gradients.each_mut().map(|gradient| &mut gradient[..rows.len()]);
                        out[columns_here..].fill_with(Default::default);
                        let skipping = SparseGradient { level, input, layer: &layers[0], n, n_rows };
                        skipping.add(from + row, column, &mut out);
                        for (c, gradient) in gradients.iter_mut().enumerate().take(columns_here) {
                            change(c, &mut gradient[..rows.len()]);
                        }
                    }
                }
            });
        }
    }
}
