//! The stages of a step. Each is one job of the team; the module's parent says how they follow one another.
//!
//! A part of a job is a block of the output: up to 32 samples (one panel) by up to [`UNITS`] units, or one panel of units.

use super::Cpu;
use super::bf16::{Grid, RowsAre};
use super::dropout::{self, Dropout, Presentation};
use super::fill::{self, Filling, TILE, Tile};
use super::kernels::{self, Bias, Classes, Compared, Mover, Moving};
use super::level::InstructionSet;
use super::network::{Activity, Columns, Input, columns};
use super::panel::{Row, WIDTH, floats, floats_mut, transpose};
use super::penalties::WeightPenalty;
use super::product::{Left, Onto, product};
use super::sparse::{GROUP, TERMS, add_sparse};
use super::team::Parts::{AcrossBlocks, AlongBlocks};
use super::team::{Blocks, Pieces};
use crate::batch::{Answers, Batch};
use crate::corruption::{CorruptionDraws, CorruptionUse, Noise};
use crate::heads::{Loss, Target};
use crate::network::Activation;

/// Units of a part whose rows belong to units.
pub(super) const UNITS: usize = 64;
/// Panels of units that belong to a part whose rows belong to samples: what both read is read from memory once.
const PAIR: usize = UNITS / WIDTH;
/// Rows of weights of a part when weights are changed.
const CHANGED: usize = 28;
/// Samples of a part when exact masking is prepared.
pub(super) const CUT_SAMPLES: usize = 16;
/// Share of components that are not zero below which zeros are skipped.
pub(super) const SPARSE_BELOW: f64 = 0.45;

/// Whether the way out of the network ends in a loss.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Compare {
    WithNothing,
    WithTarget,
}

/// Samples of a batch of `n` that are in panel `panel`.
pub(super) fn samples_in(panel: usize, n: usize) -> usize {
    (n - panel * WIDTH).min(WIDTH)
}

impl Cpu {
    /// Notes the labels or targets of a batch, if the loss needs them.
    ///
    /// # Panics
    /// If they are missing, or a label is no class of the network.
    pub(super) fn take_answers(&mut self, batch: &Batch<'_>) {
        self.fit(batch.ids.len());
        match (self.problem.objective.heads[0].target, batch.answers_of(0)) {
            (Target::Labels, Answers::Labels(labels)) => self.take_labels(batch, labels),
            (Target::Values, Answers::Values(values)) => self.take_targets(batch, values),
            (Target::Input, Answers::Input) => {}
            (target, _) => panic!("the batch needs answers for {target:?}"),
        }
    }

    /// Gathers the targets into panels by unit, as the clean input lies; samples that are not there get zeros.
    fn take_targets(&mut self, batch: &Batch<'_>, targets: &[f32]) {
        let outputs = self.problem.network.n_outputs();
        let panels = self.input.targets.chunks_exact_mut(outputs);
        for (panel, indices) in panels.zip(batch.ids.chunks(WIDTH)) {
            panel.fill(Row::ZERO);
            for (s, &index) in indices.iter().enumerate() {
                let of_sample = &targets[index as usize * outputs..][..outputs];
                panel.iter_mut().zip(of_sample).for_each(|(row, &value)| row.0[s] = value);
            }
        }
    }

    fn take_labels(&mut self, batch: &Batch<'_>, labels: &[u32]) {
        for (out, &index) in self.input.labels.iter_mut().zip(batch.ids) {
            *out = labels[index as usize];
            assert!(
                (*out as usize) < self.problem.network.n_outputs(),
                "label {out} of {} classes",
                self.problem.network.n_outputs()
            );
        }
    }

    /// Gathers the batch and corrupts it with the numbers of an epoch, or leaves it clean.
    pub(super) fn fill(&mut self, batch: &Batch<'_>, corrupt: Option<(u32, CorruptionUse)>) {
        let n = batch.ids.len();
        self.fit(n);
        if batch.gathered {
            self.in_order.extend(self.in_order.len() as u32..n as u32);
        }
        let Self { problem, team, level, input, bf16, in_order, .. } = self;
        let (d, level) = (problem.network.n_inputs(), *level);
        let (epoch, use_) = corrupt.unwrap_or((0, CorruptionUse::Evaluation));
        let corruption = if corrupt.is_some() { &problem.objective.corruption[..] } else { &[] };
        let draws = CorruptionDraws { seed: problem.objective.seed, use_ };
        for (term, noise) in corruption.iter().enumerate() {
            if !matches!(noise, Noise::MaskingExact { .. }) {
                continue;
            }
            let cuts = &mut input.cuts[term * n..(term + 1) * n];
            let pieces = (Pieces::new(cuts, CUT_SAMPLES), Pieces::new(&mut input.keys, d));
            team.each(pieces, |part, _, (cuts, keys)| {
                for (k, cut) in cuts.iter_mut().enumerate() {
                    let sample = batch.ids[part * CUT_SAMPLES + k];
                    *cut = fill::exact_cut(noise, &draws.term(term as u8).at(epoch, sample), keys);
                }
            });
        }
        let emphasis = problem.objective.emphasis;
        let Batch { rows, ids: indices, .. } = *batch;
        let places = if batch.gathered { &in_order[..n] } else { indices };
        let filling =
            Filling { rows, d, indices, places, corruption, emphasis, draws, epoch, cuts: &input.cuts };
        if let Some(bf16) = bf16.as_mut().filter(|_| self.sparse_below == 0.0) {
            return bf16.fill(level, team, filling, (&mut input.clean, &mut input.emphasis));
        }
        let n_panels = n.div_ceil(WIDTH);
        let pieces = (
            Blocks::<_, 1>::new(&mut input.clean, d, TILE, AcrossBlocks),
            Blocks::<_, 1>::new(&mut input.by_unit, d, TILE, AcrossBlocks),
            Blocks::<_, 1>::new(&mut input.emphasis, d, TILE, AcrossBlocks),
            Blocks::<_, 1>::new(&mut input.nonzero_by_unit, d, TILE, AcrossBlocks),
            Blocks::<_, { TILE / WIDTH }>::new(
                &mut input.nonzero_by_sample,
                n_panels * WIDTH,
                WIDTH,
                AlongBlocks,
            ),
            Pieces::new(&mut input.nonzero, 1),
        );
        team.each(pieces, |part, _, ([clean], [input], [emphasis], [by_unit], by_sample, nonzero)| {
            let (tile, panel) = (part / n_panels, part % n_panels);
            let into = Tile { clean, input, emphasis, by_unit, by_sample };
            nonzero[0] = fill::fill(level, filling, panel * WIDTH, tile * TILE, into);
        });
        if !input.by_sample.is_empty() {
            let pieces = Blocks::<_, 1>::new(&mut input.by_sample, n_panels * WIDTH, WIDTH, AlongBlocks);
            let by_unit = &input.by_unit;
            team.each(pieces, |part, _, [to]| {
                let (units, panel) = (part / n_panels * WIDTH, part % n_panels);
                transpose(level, &by_unit[panel * d + units..panel * d + d.min(units + WIDTH)], to);
            });
        }
        if !self.is_sparse(n) {
            let Self { team, input, bf16: Some(bf16), .. } = self else { return };
            bf16.round_input(0, team, (RowsAre::Units, &input.by_unit), Grid { n, units: d });
        }
    }

    /// Runs the batch through the first `n_layers` layers; returns the loss if the last of all is compared. Units are
    /// dropped only when the batch is presented in training.
    pub(super) fn forward(
        &mut self,
        n: usize,
        n_layers: usize,
        compare: Compare,
        presentation: Option<Presentation<'_>>,
    ) -> f64 {
        if self.bf16.is_some() {
            return self.forward_bf16(n, n_layers, compare, presentation);
        }
        let last = self.problem.network.layers.len() - 1;
        for l in 0..n_layers {
            match columns(&self.problem.network, l) {
                Columns::Outputs if l == 0 && self.is_sparse(n) => {
                    self.encode_sparse(n, n_layers, presentation);
                }
                Columns::Outputs => self.forward_by_sample(n, l, n_layers, presentation),
                Columns::Inputs if l == last && compare == Compare::WithTarget => return self.compare(n),
                Columns::Inputs => self.forward_by_unit(n, l, presentation),
            }
        }
        0.0
    }

    /// Whether so many components of the corrupted input are zero that it pays to skip them, where the first layer can.
    /// In single precision both ways give the same bits.
    pub(super) fn is_sparse(&self, n: usize) -> bool {
        if columns(&self.problem.network, 0) != Columns::Outputs {
            return false;
        }
        let nonzero: u64 = self.input.nonzero.iter().map(|&count| u64::from(count)).sum();
        (nonzero as f64) < self.sparse_below * (n * self.problem.network.n_inputs()) as f64
    }

    /// A layer whose outputs run along the panels of its weights. The output of the last of
    /// `n_layers` is not needed by unit.
    fn forward_by_sample(
        &mut self,
        n: usize,
        l: usize,
        n_layers: usize,
        presentation: Option<Presentation<'_>>,
    ) {
        let Self { problem, level, team, weights, input, layers, .. } = self;
        let (below, here) = layers.split_at_mut(l);
        let (layer, level) = (problem.network.layers[l], *level);
        let from = below.last().map_or(&input.by_unit, |below| &below.y_by_unit);
        let (matrix, bias) = (&weights.matrices[l], &weights.biases[l].values);
        let dropout = Dropout::new(problem, l, presentation);
        let n_panels = n.div_ceil(WIDTH);
        let Activity { y_by_sample, y_by_unit, .. } = &mut here[0];
        let y_by_unit = if l + 1 == n_layers { &mut [][..] } else { y_by_unit };
        let pieces = (
            Blocks::<_, PAIR>::new(y_by_sample, n_panels * WIDTH, WIDTH, AlongBlocks),
            Blocks::<_, 1>::new(y_by_unit, layer.outputs, UNITS, AcrossBlocks),
        );
        team.each(pieces, |part, _, (y, [by_unit])| {
            let (first, panel) = (part / n_panels * PAIR, part % n_panels);
            let rows = &from[panel * layer.inputs..(panel + 1) * layer.inputs];
            let mut by_unit = by_unit.chunks_mut(WIDTH);
            for (units, y) in (first..).zip(y).filter(|(_, y)| !y.is_empty()) {
                let y = &mut y[..samples_in(panel, n)];
                let right = &matrix.weights[units * layer.inputs..(units + 1) * layer.inputs];
                let n_columns = (layer.outputs - units * WIDTH).min(WIDTH);
                product(level, Left::Columns { rows, from: 0 }, right, n_columns, Onto::Nothing, y);
                kernels::bias_activate(level, y, bias_along(bias, units), layer.activation);
                if let Some(dropout) = dropout {
                    dropout::of_samples(level, y, dropout, panel * WIDTH, units * WIDTH);
                }
                transpose(level, y, by_unit.next().unwrap_or_default());
            }
        });
    }

    /// The first layer, skipping what is zero in the input.
    pub(super) fn encode_sparse(
        &mut self,
        n: usize,
        n_layers: usize,
        presentation: Option<Presentation<'_>>,
    ) {
        let Self { problem, level, team, weights, input, layers, .. } = self;
        let (layer, level, input) = (problem.network.layers[0], *level, &*input);
        let (matrix, bias) = (&weights.matrices[0], &weights.biases[0].values);
        let dropout = Dropout::new(problem, 0, presentation);
        let d = layer.inputs;
        let n_panels = n.div_ceil(WIDTH);
        let stride = n_panels * WIDTH;
        let Activity { y_by_sample, y_by_unit, .. } = &mut layers[0];
        let y_by_unit = if n_layers == 1 { &mut [][..] } else { y_by_unit };
        // Two panels of samples to a part, so that a block of weights that is in cache serves 64 of them.
        let n_pairs = n_panels.div_ceil(2);
        let pieces = (
            Blocks::<_, GROUP>::new(y_by_sample, stride, 2 * WIDTH, AlongBlocks),
            Blocks::<_, 2>::new(y_by_unit, layer.outputs, GROUP * WIDTH, AcrossBlocks),
        );
        team.each(pieces, |part, _, (mut y, mut by_unit)| {
            let (group, pair) = (part / n_pairs, part % n_pairs);
            let n_here = (n - pair * 2 * WIDTH).min(2 * WIDTH);
            for panel in y.iter_mut().filter(|panel| !panel.is_empty()) {
                panel[..n_here].fill(Row::ZERO);
            }
            for from in (0..d).step_by(TERMS) {
                let right: [&[Row]; GROUP] = std::array::from_fn(|p| {
                    let panel = matrix.weights.get((group * GROUP + p) * d..).unwrap_or_default();
                    panel.get(from..d.min(from + TERMS)).unwrap_or_default()
                });
                for first in (0..n_here).step_by(WIDTH) {
                    let samples = first..n_here.min(first + WIDTH);
                    let panel = pair * 2 + first / WIDTH;
                    let rows = &input.by_unit[panel * d + from..panel * d + d.min(from + TERMS)];
                    let masks = [from / WIDTH, from / WIDTH + 1].map(|tile| {
                        let masks = input.nonzero_by_sample.get(tile * stride..).unwrap_or_default();
                        masks.get(panel * WIDTH..(panel + 1) * WIDTH).unwrap_or_default()
                    });
                    let mut out = y.each_mut().map(|y| y.get_mut(samples.clone()).unwrap_or_default());
                    add_sparse(level, masks, Left::Columns { rows, from: 0 }, right, &mut out);
                }
            }
            for (p, y) in y.iter_mut().enumerate().filter(|(_, y)| !y.is_empty()) {
                let bias = bias_along(bias, group * GROUP + p);
                kernels::bias_activate(level, &mut y[..n_here], bias, layer.activation);
                if let Some(dropout) = dropout {
                    let (first, unit) = (pair * 2 * WIDTH, (group * GROUP + p) * WIDTH);
                    dropout::of_samples(level, &mut y[..n_here], dropout, first, unit);
                }
                for (k, by_unit) in by_unit.iter_mut().enumerate().filter(|(_, to)| !to.is_empty()) {
                    let units = p * WIDTH..by_unit.len().min((p + 1) * WIDTH);
                    transpose(level, &y[k * WIDTH..n_here.min((k + 1) * WIDTH)], &mut by_unit[units]);
                }
            }
        });
    }

    /// A layer whose inputs run along the panels of its weights, without a loss.
    fn forward_by_unit(&mut self, n: usize, l: usize, presentation: Option<Presentation<'_>>) {
        let Self { problem, level, team, weights, input, layers, .. } = self;
        let (below, here) = layers.split_at_mut(l);
        let (layer, level) = (problem.network.layers[l], *level);
        let from = below.last().map_or(&input.by_unit, |below| &below.y_by_unit);
        let (matrix, bias) = (&weights.matrices[problem.network.owner(l)], &weights.biases[l].values);
        let n_panels = n.div_ceil(WIDTH);
        let dropout = Dropout::new(problem, l, presentation);
        let Activity { y_by_unit, y_by_sample, .. } = &mut here[0];
        let pieces = (
            Blocks::<_, 1>::new(y_by_unit, layer.outputs, UNITS, AcrossBlocks),
            Blocks::<_, PAIR>::new(y_by_sample, n_panels * WIDTH, WIDTH, AlongBlocks),
        );
        team.each(pieces, |part, _, ([y], by_sample)| {
            let (first, panel) = (part / n_panels * UNITS, part % n_panels);
            let left = Left::Rows { rows: &matrix.weights[first..], panel: matrix.n_rows };
            let right = &from[panel * layer.inputs..(panel + 1) * layer.inputs];
            product(level, left, right, samples_in(panel, n), Onto::Nothing, y);
            let bias = Bias::Down(&bias[first..first + y.len()]);
            kernels::bias_activate(level, y, bias, layer.activation);
            if let Some(dropout) = dropout {
                dropout::of_units(level, y, dropout, panel * WIDTH, first);
            }
            transpose_blocks(level, y, by_sample);
        });
        if layer.activation == Activation::Softmax {
            team.each(Pieces::new(y_by_unit, layer.outputs), |_, _, y| {
                kernels::softmax(level, y, Classes::default());
            });
        }
    }

    /// The last layer with its loss; returns it. The output becomes the loss's gradient by the last pre-activation where
    /// it stands.
    fn compare(&mut self, n: usize) -> f64 {
        let l = self.problem.network.layers.len() - 1;
        let Self { problem, level, team, weights, input, layers, partial_losses, .. } = self;
        let (below, here) = layers.split_at_mut(l);
        let (layer, level) = (problem.network.layers[l], *level);
        let Input { by_unit, emphasis, labels, .. } = &*input;
        let expected = input.expected(problem.objective.heads[0].target);
        let from = below.last().map_or(by_unit, |below| &below.y_by_unit);
        let (matrix, bias) = (&weights.matrices[problem.network.owner(l)], &weights.biases[l].values);
        let n_panels = n.div_ceil(WIDTH);
        let padded = layer.outputs.next_multiple_of(WIDTH);
        let Activity { delta_by_unit, bias_sums, .. } = &mut here[0];
        partial_losses.fill(0.0);
        let pieces = (
            Blocks::<_, 1>::new(delta_by_unit, layer.outputs, UNITS, AcrossBlocks),
            Blocks::<_, 1>::new(bias_sums, padded, UNITS, AcrossBlocks),
            Pieces::new(partial_losses, 1),
        );
        team.each(pieces, |part, _, ([delta], [bias_sums], partial)| {
            let (first, panel) = (part / n_panels * UNITS, part % n_panels);
            let n_here = samples_in(panel, n);
            let left = Left::Rows { rows: &matrix.weights[first..], panel: matrix.n_rows };
            let right = &from[panel * layer.inputs..(panel + 1) * layer.inputs];
            product(level, left, right, n_here, Onto::Nothing, delta);
            let units = first..first + delta.len();
            let bias = Bias::Down(&bias[units.clone()]);
            let rows = panel * layer.outputs + units.start..panel * layer.outputs + units.end;
            let emphasis = emphasis.get(rows.clone()).unwrap_or_default();
            // Classes are not compared with it, and may be more than there are components.
            let expected = expected.get(rows).unwrap_or_default();
            let target = Compared { expected, emphasis, n_here, n };
            partial[0] = match problem.objective.heads[0].loss {
                Loss::Squared => {
                    kernels::bias_activate(level, delta, bias, layer.activation);
                    kernels::squared(level, delta, target, layer.activation)
                }
                Loss::CrossEntropy => {
                    // The loss wants the pre-activation.
                    kernels::bias_activate(level, delta, bias, Activation::Linear);
                    kernels::cross_entropy(level, delta, target)
                }
                Loss::SoftmaxCrossEntropy { .. } => {
                    kernels::bias_activate(level, delta, bias, Activation::Softmax);
                    return;
                }
            };
            kernels::row_sums(level, delta, bias_sums);
        });
        if let Loss::SoftmaxCrossEntropy { label_smoothing: smoothing } = problem.objective.heads[0].loss {
            let pieces = (
                Pieces::new(delta_by_unit, layer.outputs),
                Pieces::new(bias_sums, padded),
                Pieces::new(partial_losses, 1),
            );
            team.each(pieces, |panel, _, (delta, bias_sums, partial)| {
                let labels = &labels[panel * WIDTH..][..samples_in(panel, n)];
                let classes = Classes { labels, smoothing };
                partial[0] = kernels::softmax(level, delta, classes);
                kernels::label_deltas(level, delta, classes, n);
                kernels::row_sums(level, delta, bias_sums);
            });
        }
        partial_losses.iter().sum::<f64>() / n.max(1) as f64
    }

    /// Carries the last layer's gradient down to the first layer's pre-activation.
    pub(super) fn backward(&mut self, n: usize) {
        if self.bf16.is_some() {
            return self.backward_bf16(n);
        }
        for l in (0..self.problem.network.layers.len() - 1).rev() {
            match columns(&self.problem.network, l + 1) {
                Columns::Outputs => self.backward_by_unit(n, l),
                Columns::Inputs => self.backward_by_sample(n, l),
            }
        }
    }

    /// To layer `l`, through a layer whose inputs run along the panels of its weights.
    fn backward_by_sample(&mut self, n: usize, l: usize) {
        let Self { problem, level, team, weights, layers, code_penalty, .. } = self;
        let code_penalty = &*code_penalty;
        let (here, above) = layers.split_at_mut(l + 1);
        let (units_above, layer, level) =
            (problem.network.layers[l + 1].outputs, problem.network.layers[l], *level);
        let delta_above = &above[0].delta_by_unit;
        let matrix = &weights.matrices[problem.network.owner(l + 1)];
        let n_panels = n.div_ceil(WIDTH);
        let stride = n_panels * WIDTH;
        let Activity { y_by_sample, delta_by_sample, delta_by_unit, bias_sums, .. } = &mut here[l];
        let y = &*y_by_sample;
        let pieces = (
            Blocks::<_, PAIR>::new(delta_by_sample, stride, WIDTH, AlongBlocks),
            Blocks::<_, 1>::new(delta_by_unit, layer.outputs, UNITS, AcrossBlocks),
            Blocks::<_, 1>::new(bias_sums, layer.outputs.next_multiple_of(WIDTH), UNITS, AcrossBlocks),
        );
        team.each(pieces, |part, _, (delta, [by_unit], [bias_sums])| {
            let (first, panel) = (part / n_panels * PAIR, part % n_panels);
            let rows = &delta_above[panel * units_above..(panel + 1) * units_above];
            let mut by_unit = by_unit.chunks_mut(WIDTH);
            let panels = (first..).zip(delta).zip(bias_sums.chunks_mut(WIDTH));
            for ((units, delta), bias_sums) in panels {
                let delta = &mut delta[..samples_in(panel, n)];
                let right = &matrix.weights[units * units_above..(units + 1) * units_above];
                let n_columns = (layer.outputs - units * WIDTH).min(WIDTH);
                product(level, Left::Columns { rows, from: 0 }, right, n_columns, Onto::Nothing, delta);
                let from = units * stride + panel * WIDTH;
                let y = &y[from..from + delta.len()];
                dropout::times_slope(level, delta, y, (layer.activation, problem.objective.dropout_of(l)));
                code_penalty.add_to_samples(level, (l, units), delta, y, layer.activation);
                kernels::column_sums(level, delta, bias_sums);
                transpose(level, delta, by_unit.next().unwrap_or_default());
            }
        });
    }

    /// To layer `l`, through a layer whose outputs run along the panels of its weights.
    fn backward_by_unit(&mut self, n: usize, l: usize) {
        let Self { problem, level, team, weights, layers, code_penalty, .. } = self;
        let code_penalty = &*code_penalty;
        let (here, above) = layers.split_at_mut(l + 1);
        let (units_above, layer, level) =
            (problem.network.layers[l + 1].outputs, problem.network.layers[l], *level);
        let delta_above = &above[0].delta_by_unit;
        let matrix = &weights.matrices[l + 1];
        let n_panels = n.div_ceil(WIDTH);
        let Activity { y_by_unit, delta_by_sample, delta_by_unit, bias_sums, .. } = &mut here[l];
        let y = &*y_by_unit;
        let pieces = (
            Blocks::<_, 1>::new(delta_by_unit, layer.outputs, UNITS, AcrossBlocks),
            Blocks::<_, PAIR>::new(delta_by_sample, n_panels * WIDTH, WIDTH, AlongBlocks),
            Blocks::<_, 1>::new(bias_sums, layer.outputs.next_multiple_of(WIDTH), UNITS, AcrossBlocks),
        );
        team.each(pieces, |part, _, ([delta], by_sample, [bias_sums])| {
            let (first, panel) = (part / n_panels * UNITS, part % n_panels);
            let left = Left::Rows { rows: &matrix.weights[first..], panel: matrix.n_rows };
            let right = &delta_above[panel * units_above..(panel + 1) * units_above];
            let n_here = samples_in(panel, n);
            product(level, left, right, n_here, Onto::Nothing, delta);
            delta.iter_mut().for_each(|row| row.0[n_here..].fill(0.0));
            let from = panel * layer.outputs + first;
            let y = &y[from..from + delta.len()];
            dropout::times_slope(level, delta, y, (layer.activation, problem.objective.dropout_of(l)));
            code_penalty.add_to_units(level, (l, first), delta, y, (layer.activation, n_here));
            kernels::row_sums(level, delta, bias_sums);
            transpose_blocks(level, delta, by_sample);
        });
    }

    /// Weight gradients, and the optimizer's step while a block of them is in cache.
    pub(super) fn learn(&mut self, n: usize, learning_rate: f64) {
        self.weights.steps += 1;
        let rule = Mover::new(&self.problem.optimizer, self.weights.steps, learning_rate);
        if self.bf16.is_some() {
            self.learn_bf16(n, rule);
        } else {
            self.learn_weights(n, rule);
        }
        let Self { level, weights, layers, .. } = self;
        for (bias, layer) in weights.biases.iter_mut().zip(layers) {
            bias.gradient.fill(0.0);
            for sums in layer.bias_sums.chunks_exact(bias.gradient.len()) {
                bias.gradient.iter_mut().zip(sums).for_each(|(total, &sum)| *total += sum);
            }
            let moving =
                Moving { weights: &mut bias.values, first: &mut bias.first, second: &mut bias.second };
            kernels::update(*level, rule, 0.0, &bias.gradient, moving);
        }
        self.bound_norms();
    }

    fn learn_weights(&mut self, n: usize, rule: Mover) {
        let sparse = self.is_sparse(n);
        let Self { problem, level, team, weights, input, layers, code_penalty, .. } = self;
        let (problem, level, input, layers) = (&*problem, *level, &*input, &*layers);
        let n_panels = n.div_ceil(WIDTH);
        let stride = n_panels * WIDTH;
        let decay = problem.optimizer.weight_decay as f32;
        for (l, matrix) in weights.matrices.iter_mut().enumerate() {
            if problem.network.layers[l].tied_to.is_some() {
                continue;
            }
            let n_rows = matrix.n_rows;
            let n_blocks = n_rows.div_ceil(CHANGED);
            let pieces = (
                Blocks::<_, GROUP>::new(&mut matrix.weights, n_rows, CHANGED, AlongBlocks),
                Blocks::<_, GROUP>::new(&mut matrix.first, n_rows, CHANGED, AlongBlocks),
                Blocks::<_, GROUP>::new(&mut matrix.second, n_rows, CHANGED, AlongBlocks),
                Blocks::<_, GROUP>::new(&mut matrix.gradient, n_rows, CHANGED, AlongBlocks),
            );
            let n_columns = matrix.n_columns;
            let penalty = WeightPenalty::new(&problem.objective, l, code_penalty);
            team.each(pieces, |part, _, (weights, first, second, kept)| {
                let (group, from) = (part / n_blocks * GROUP, part % n_blocks * CHANGED);
                let count = weights[0].len();
                let mut gradient = [[Row::ZERO; CHANGED]; GROUP];
                let mut onto = Onto::Nothing;
                for t in (0..layers.len()).filter(|&t| problem.network.owner(t) == l) {
                    // The side that belongs to the matrix's rows lies by unit, the other by sample.
                    let (left, right) = match (columns(&problem.network, t), t) {
                        (Columns::Outputs, 0) => (&input.by_unit, &layers[t].delta_by_sample),
                        (Columns::Outputs, _) => (&layers[t - 1].y_by_unit, &layers[t].delta_by_sample),
                        (Columns::Inputs, 0) => (&layers[t].delta_by_unit, &input.by_sample),
                        (Columns::Inputs, _) => (&layers[t].delta_by_unit, &layers[t - 1].y_by_sample),
                    };
                    let right_of = |p: usize| right.get((group + p) * stride..).unwrap_or_default();
                    if t == 0 && sparse {
                        let mut p = 0;
                        let mut out = gradient.each_mut().map(|rows| {
                            p += 1;
                            &mut rows[..weights[p - 1].len()]
                        });
                        SparseGradient { level, input, layer: &layers[0], n, n_rows }
                            .add(from, group, &mut out);
                    } else {
                        for p in 0..GROUP {
                            if weights[p].is_empty() {
                                continue;
                            }
                            let left = Left::Rows { rows: &left[from..], panel: n_rows };
                            let n_columns = (n_columns - (group + p) * WIDTH).min(WIDTH);
                            product(
                                level,
                                left,
                                &right_of(p)[..n],
                                n_columns,
                                onto,
                                &mut gradient[p][..count],
                            );
                        }
                    }
                    onto = Onto::Sum;
                }
                for (p, ((weights, first), second)) in weights.into_iter().zip(first).zip(second).enumerate()
                {
                    let gradient = &mut gradient[p][..weights.len()];
                    if let Some(penalty) = penalty {
                        penalty.add(level, group + p, weights, gradient);
                    }
                    if !kept[p].is_empty() {
                        kept[p].copy_from_slice(gradient);
                    }
                    let moving = Moving {
                        weights: floats_mut(weights),
                        first: floats_mut(first),
                        second: floats_mut(second),
                    };
                    kernels::update(level, rule, decay, floats(gradient), moving);
                }
            });
        }
    }

    /// The output of the last of `n_layers` layers, row-major, for as many samples as `out` has room for.
    pub(super) fn write_output(&mut self, n_layers: usize, out: &mut [f32]) {
        let Self { problem, level, team, input, layers, .. } = self;
        let level = *level;
        let (width, by_sample, by_unit) = match n_layers.checked_sub(1) {
            None => (problem.network.n_inputs(), &[][..], &input.clean),
            Some(l) => {
                let by_sample = match columns(&problem.network, l) {
                    Columns::Outputs => &layers[l].y_by_sample[..],
                    Columns::Inputs => &[],
                };
                (problem.network.layers[l].outputs, by_sample, &layers[l].y_by_unit)
            }
        };
        let n_panels = out.len().div_ceil(WIDTH * width);
        team.each(Pieces::new(out, WIDTH * width), |panel, _, out| {
            for units in (0..width).step_by(WIDTH) {
                let count = (width - units).min(WIDTH);
                let mut block = [Row::ZERO; WIDTH];
                let rows = if by_sample.is_empty() {
                    transpose(level, &by_unit[panel * width + units..][..count], &mut block);
                    &block
                } else {
                    &by_sample[(units / WIDTH * n_panels + panel) * WIDTH..][..WIDTH]
                };
                for (out, row) in out.chunks_exact_mut(width).zip(rows) {
                    out[units..units + count].copy_from_slice(&row.0[..count]);
                }
            }
        });
    }
}

/// The gradient of the first layer's weights, skipping what is zero in the input.
#[derive(Clone, Copy)]
pub(super) struct SparseGradient<'a> {
    pub(super) level: InstructionSet,
    pub(super) input: &'a Input,
    /// The first layer.
    pub(super) layer: &'a Activity,
    /// Samples of the batch.
    pub(super) n: usize,
    /// Rows of the weights' panels.
    pub(super) n_rows: usize,
}

impl SparseGradient<'_> {
    /// Adds to `out` the gradient by some rows, from `row` on, of some panels, from `panel` on.
    pub(super) fn add(self, row: usize, panel: usize, out: &mut [&mut [Row]; GROUP]) {
        let Self { level, input, layer, n, n_rows } = self;
        let n_panels = n.div_ceil(WIDTH);
        let count = out[0].len();
        for pair in (0..n_panels).step_by(2) {
            let here = pair * WIDTH..n.min((pair + 2) * WIDTH);
            let right: [&[Row]; GROUP] = std::array::from_fn(|p| {
                let right = layer.delta_by_sample.get((panel + p) * n_panels * WIDTH..).unwrap_or_default();
                right.get(here.clone()).unwrap_or_default()
            });
            let masks = [pair, pair + 1].map(|panel| {
                let masks = input.nonzero_by_unit.get(panel * n_rows..).unwrap_or_default();
                masks.get(row..row + count).unwrap_or_default()
            });
            let left = Left::Rows { rows: &input.by_unit[pair * n_rows + row..], panel: n_rows };
            add_sparse(level, masks, left, right, out);
        }
    }
}

/// The biases of a panel of units.
fn bias_along(bias: &[f32], panel: usize) -> Bias<'_> {
    Bias::Along(&bias.as_chunks::<WIDTH>().0[panel])
}

/// Transposes a stack of blocks, each of 32 rows, if anybody wants it.
fn transpose_blocks(level: InstructionSet, rows: &[Row], to: [&mut [Row]; PAIR]) {
    for (rows, to) in rows.chunks(WIDTH).zip(to) {
        transpose(level, rows, to);
    }
}
