//! A training step over any arithmetic.
//!
//! A step is
//!
//! 1. fill: gather, corrupt, and record what is nonzero;
//! 2. for every layer: product, bias, activation; on the last layer, its heads' losses and gradients; if the code is
//!    penalised, its statistics;
//! 3. for every layer, backward: product, slope, sums for the bias;
//! 4. weight gradients, with the optimizer updating each block of weights as soon as its gradient is known;
//! 5. if norms are bounded: compute the norms of the weights and scale down the ones above the bound;
//!
//! with a barrier after each: five for an autoencoder of two layers.

use super::answers::take_answers;
use super::arithmetic::{Arithmetic, Stage};
use super::buffers::{Activity, Asked, Input};
use super::dropout::{self, Dropout, Presentation};
use super::fill::{self, Fates, Filling};
use super::gather;
use super::isa::InstructionSet;
use super::kernels::{self, Classes, Mover};
use super::learn;
use super::norms::bound_norms;
use super::output::{compare, compare_trimmed};
use super::panel::{Row, WIDTH};
use super::penalties::CodePenalty;
use super::pieces::Pieces;
use super::team::Team;
use super::transpose::transpose;
use super::trim::Trim;
use super::weights::{Columns, Weights, columns};
use crate::batch::Batch;
use crate::cells::Donors;
use crate::corruption::{CorruptionDraws, CorruptionUse, Noise};
use crate::engine::Step;
use crate::network::{Activation, Network};
use crate::rows::Rows;
use crate::task::Task;
use std::ops::Range;

/// Samples per chunk in [`Work::apply`] and [`Work::loss`].
pub(super) const CHUNK: usize = 256;

/// A training engine without the type of its arithmetic; see [`Train`](crate::Train).
pub(super) trait Work: Send {
    fn step(&mut self, task: &Task, batch: &Batch<'_>, step: Step) -> f64;
    fn gradients(&mut self, task: &Task, batch: &Batch<'_>, epoch: u32) -> f64;
    fn update(&mut self, task: &Task, learning_rate: f64);
    fn loss(&mut self, task: &Task, batch: &Batch<'_>, epoch: u32) -> f64;
    fn apply(&mut self, task: &Task, rows: Rows<'_>, layers: Range<usize>, out: &mut [f32]);
    fn weights(&self) -> &Weights;
    fn weights_mut(&mut self) -> &mut Weights;
    /// Sets the share of nonzero components below which zeros are skipped.
    #[cfg(test)]
    fn set_sparse_below(&mut self, share: f64);
}

/// Weights, the buffers of a batch, and an arithmetic.
pub(super) struct Worker<A> {
    isa: InstructionSet,
    team: Team,
    weights: Weights,
    input: Input,
    layers: Vec<Activity>,
    partial_losses: Vec<f64>,
    trim: Trim,
    code_penalty: CodePenalty,
    /// If norms are bounded: the factor for each unit's weights, for one matrix at a time.
    shares: Vec<f32>,
    /// 0, 1, 2, … for contiguous samples.
    in_order: Vec<u32>,
    arithmetic: A,
}

impl<A: Arithmetic> Worker<A> {
    pub(super) fn new(task: &Task, weights: Weights, isa: InstructionSet, team: Team, arithmetic: A) -> Self {
        let Task { network, objective, .. } = task;
        let asked = objective.heads.iter().map(|_| Asked::default()).collect();
        Self {
            isa,
            team,
            weights,
            input: Input { asked, sparse_below: arithmetic.sparse_below(), ..Input::default() },
            layers: network.layers.iter().map(|_| Activity::default()).collect(),
            partial_losses: Vec::new(),
            trim: Trim::default(),
            code_penalty: CodePenalty::new(network, objective),
            shares: Vec::new(),
            in_order: (0..CHUNK as u32).collect(),
            arithmetic,
        }
    }

    /// The arithmetic, a stage over a batch of `n`, and the rest of the worker.
    fn stage<'a>(&'a mut self, network: &'a Network, n: usize) -> (&'a mut A, Stage<'a>, Parts<'a>) {
        let Self {
            isa, team, weights, input, layers, partial_losses, trim, code_penalty, arithmetic, ..
        } = self;
        let stage = Stage { isa: *isa, team, network, n, input, layers };
        (arithmetic, stage, Parts { weights, partial_losses, trim, code_penalty })
    }

    /// Makes room for a batch of `n` that begins with layer `first_layer`.
    fn fit(&mut self, task: &Task, n: usize, first_layer: usize) {
        let Task { network, objective, .. } = task;
        let Self { input, layers, arithmetic, .. } = self;
        input.first_layer = first_layer;
        let d = network.width(first_layer);
        let by_unit = n.div_ceil(WIDTH) * d;
        input.clean.resize(by_unit, Row::ZERO);
        input.emphasis.resize(if objective.marks_components() { by_unit } else { 0 }, Row::ZERO);
        if objective.corruption.iter().any(|noise| matches!(noise, Noise::MaskingExact { .. })) {
            input.cuts.resize(objective.corruption.len() * n, 0);
            input.keys.resize(d * n.div_ceil(gather::CUT_SAMPLES), 0);
        }
        arithmetic.fit(network, n, input, layers);
        self.partial_losses.resize(arithmetic.n_partials(n, network.n_outputs()), 0.0);
    }

    /// Gathers the batch, and corrupts it with the numbers of an epoch, and cells of donors, or leaves it clean.
    fn fill(
        &mut self,
        task: &Task,
        batch: &Batch<'_>,
        first_layer: usize,
        corrupt: Option<(u32, CorruptionUse, Donors<'_>)>,
    ) {
        let Task { network, objective, .. } = task;
        let n = batch.ids.len();
        self.fit(task, n, first_layer);
        if batch.gathered {
            self.in_order.extend(self.in_order.len() as u32..n as u32);
        }
        let (epoch, use_, donors) = corrupt.unwrap_or((0, CorruptionUse::Evaluation, Donors::NONE));
        let Self { isa, team, input, in_order, arithmetic, .. } = self;
        let (mut cuts, mut fates) = (std::mem::take(&mut input.cuts), std::mem::take(&mut input.fates));
        let filling = Filling {
            rows: batch.rows,
            d: network.width(first_layer),
            indices: batch.ids,
            places: if batch.gathered { &in_order[..n] } else { batch.ids },
            corruption: if corrupt.is_some() { &objective.corruption } else { &[] },
            emphasis: objective.emphasis.filter(|_| objective.marks_components()),
            draws: CorruptionDraws { seed: objective.seed, use_ },
            epoch,
            donors,
            fates: Fates::default(),
            cuts: &[],
        };
        gather::prepare_exact_masking(team, filling, &mut cuts, &mut input.keys);
        fill::decide(*isa, team, filling, &mut fates);
        let filling = Filling { fates: Fates::new(&fates, n, donors.cells.len()), cuts: &cuts, ..filling };
        arithmetic.fill((*isa, team, network), filling, input);
        (input.cuts, input.fates) = (cuts, fates);
    }

    /// Runs the batch through some layers, without losses. Units are dropped only with a training presentation.
    fn forward(
        &mut self,
        task: &Task,
        n: usize,
        layers: Range<usize>,
        (end, presentation): (usize, Option<Presentation<'_>>),
    ) {
        for l in layers {
            let (arithmetic, stage, parts) = self.stage(&task.network, n);
            let (isa, layer) = (stage.isa, task.network.layers[l]);
            let bias = &parts.weights.biases[l].values;
            let dropout = Dropout::new(&task.objective, l, presentation);
            let matrix = parts.weights.of(&task.network, l);
            arithmetic.forward(stage, matrix, (l, l + 1 < end), |place, rows| {
                kernels::bias_activate(isa, rows, place.bias(bias, rows.len()), layer.activation);
                if let Some(dropout) = dropout {
                    dropout::drop_units(isa, rows, dropout, place);
                }
            });
            if layer.activation == Activation::Softmax {
                let Self { team, layers, .. } = self;
                team.each(Pieces::new(&mut layers[l].y_by_unit, layer.outputs), |_, _, y| {
                    kernels::softmax(isa, y, Classes::default());
                });
            }
        }
    }

    /// Runs the filled batch through all layers, compares the output and returns the loss.
    fn measure(&mut self, task: &Task, batch: &Batch<'_>, presentation: Option<Presentation<'_>>) -> f64 {
        let (n, n_layers) = (batch.ids.len(), task.network.layers.len());
        take_answers(&mut self.team, task, batch, &mut self.input);
        self.forward(task, n, 0..n_layers - 1, (n_layers, presentation));
        let (arithmetic, stage, parts) = self.stage(&task.network, n);
        let compared = (task, &*parts.weights, batch.total);
        match presentation.map_or(0, |_| task.objective.n_trimmed(n)) {
            0 => compare(arithmetic, stage, compared, parts.partial_losses),
            count => compare_trimmed(arithmetic, stage, compared, (parts.trim, count)),
        }
    }

    /// Runs the batch forward, and back to the first layer's pre-activation; returns the loss.
    fn present(&mut self, task: &Task, batch: &Batch<'_>, epoch: u32) -> f64 {
        let donors = Donors::of(&task.objective.cells, batch);
        self.fill(task, batch, 0, Some((epoch, CorruptionUse::Training, donors)));
        let loss = self.measure(task, batch, Some(Presentation { epoch, samples: batch.ids }));
        let n = batch.ids.len();
        let (_, stage, parts) = self.stage(&task.network, n);
        let matrix = &parts.weights.matrices[0];
        parts.code_penalty.measure(stage, matrix, task.objective.penalties, batch.total);
        for l in (0..task.network.layers.len() - 1).rev() {
            let (arithmetic, stage, parts) = self.stage(&task.network, n);
            let (isa, activation) = (stage.isa, task.network.layers[l].activation);
            let dropout = task.objective.dropout_of(l);
            let matrix = parts.weights.of(&task.network, l + 1);
            let code_penalty = &*parts.code_penalty;
            arithmetic.backward(stage, matrix, l, |place, delta, y| {
                dropout::times_slope(isa, delta, y, (activation, dropout));
                code_penalty.add_to(isa, (l, place), (delta, y), activation);
            });
        }
        loss
    }

    /// Computes the gradients of the presented batch, and updates weights by them or stores them.
    fn learn(&mut self, task: &Task, (n, total): (usize, usize), mover: Option<Mover>) {
        let (arithmetic, stage, parts) = self.stage(&task.network, n);
        let changed = (task, &mut *parts.weights, &*parts.code_penalty);
        learn::matrices(arithmetic, stage, changed, (total, mover));
        learn::biases(&mut self.weights, &self.layers);
    }

    /// The optimizer's next step.
    fn next_mover(&mut self, task: &Task, learning_rate: f64) -> Mover {
        self.weights.steps += 1;
        Mover::new(&task.optimizer, self.weights.steps, learning_rate)
    }

    /// Finishes a step after the matrices have moved.
    fn end_step(&mut self, task: &Task, mover: Mover) {
        let Self { isa, team, weights, shares, .. } = self;
        learn::move_biases(*isa, weights, mover);
        if let Some(bound) = task.optimizer.max_norm {
            bound_norms((*isa, team, &task.network), weights, bound, shares);
        }
    }

    /// Writes the output of layer `end − 1`, row-major, for as many samples as fit into `out`.
    fn write_output(&mut self, network: &Network, layers: Range<usize>, out: &mut [f32]) {
        let Self { isa, team, input, layers: activities, .. } = self;
        let (isa, width) = (*isa, network.width(layers.end));
        let (by_sample, by_unit) = match layers.is_empty() {
            true => (&[][..], &input.clean),
            false => {
                let Activity { y_by_sample, y_by_unit, .. } = &activities[layers.end - 1];
                match columns(network, layers.end - 1) {
                    Columns::Outputs => (&y_by_sample[..], y_by_unit),
                    Columns::Inputs => (&[][..], y_by_unit),
                }
            }
        };
        let n_panels = out.len().div_ceil(WIDTH * width);
        team.each(Pieces::new(out, WIDTH * width), |panel, _, out| {
            for units in (0..width).step_by(WIDTH) {
                let count = (width - units).min(WIDTH);
                let mut block = [Row::ZERO; WIDTH];
                let rows = if by_sample.is_empty() {
                    transpose(isa, &by_unit[panel * width + units..][..count], &mut block);
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

/// The parts of a worker that are not in its [`Stage`].
struct Parts<'a> {
    weights: &'a mut Weights,
    partial_losses: &'a mut Vec<f64>,
    trim: &'a mut Trim,
    code_penalty: &'a mut CodePenalty,
}

impl<A: Arithmetic> Work for Worker<A> {
    fn step(&mut self, task: &Task, batch: &Batch<'_>, step: Step) -> f64 {
        if batch.ids.is_empty() {
            return 0.0;
        }
        let loss = self.present(task, batch, step.epoch);
        let mover = self.next_mover(task, step.learning_rate);
        self.learn(task, (batch.ids.len(), batch.total), Some(mover));
        self.end_step(task, mover);
        loss
    }

    fn gradients(&mut self, task: &Task, batch: &Batch<'_>, epoch: u32) -> f64 {
        self.weights.keep_gradients();
        if batch.ids.is_empty() {
            self.weights.visit_gradients(&mut |gradient| gradient.fill(0.0));
            return 0.0;
        }
        let loss = self.present(task, batch, epoch);
        self.learn(task, (batch.ids.len(), batch.total), None);
        loss
    }

    fn update(&mut self, task: &Task, learning_rate: f64) {
        self.weights.keep_gradients();
        let mover = self.next_mover(task, learning_rate);
        let decay = task.optimizer.weight_decay as f32;
        learn::move_matrices(self.isa, &mut self.team, (&mut self.weights, decay), mover);
        self.end_step(task, mover);
    }

    fn loss(&mut self, task: &Task, batch: &Batch<'_>, epoch: u32) -> f64 {
        let mut sum = 0.0;
        let donors = Donors::of(&task.objective.cells, batch);
        for (chunk, ids) in batch.ids.chunks(CHUNK).enumerate() {
            let first = if batch.gathered { chunk * CHUNK } else { 0 };
            let rows = batch.rows.from(first * task.network.n_inputs());
            let observed = batch.observed.map(|observed| observed.from(first));
            let batch = Batch { rows, ids, observed, total: ids.len(), ..*batch };
            let donors = Donors { row: first, ..donors };
            self.fill(task, &batch, 0, Some((epoch, CorruptionUse::Evaluation, donors)));
            sum += self.measure(task, &batch, None) * ids.len() as f64;
        }
        sum / batch.total.max(1) as f64
    }

    fn apply(&mut self, task: &Task, rows: Rows<'_>, layers: Range<usize>, out: &mut [f32]) {
        let (d, width) = (task.network.width(layers.start), task.network.width(layers.end));
        let samples = rows.len() / d;
        assert_eq!(
            (rows.len(), out.len()),
            (samples * d, samples * width),
            "whole rows, and room for every output"
        );
        let in_order = std::mem::take(&mut self.in_order);
        for (chunk, out) in out.chunks_mut(CHUNK * width).enumerate() {
            let ids = &in_order[..out.len() / width];
            self.fill(task, &Batch::new(rows.from(chunk * CHUNK * d), ids), layers.start, None);
            self.forward(task, ids.len(), layers.clone(), (layers.end, None));
            self.write_output(&task.network, layers.clone(), out);
        }
        self.in_order = in_order;
    }

    fn weights(&self) -> &Weights {
        &self.weights
    }

    fn weights_mut(&mut self) -> &mut Weights {
        &mut self.weights
    }

    #[cfg(test)]
    fn set_sparse_below(&mut self, share: f64) {
        self.input.sparse_below = share;
    }
}
