//! The last layer and its heads: losses and their gradients by the pre-activation.

use super::arithmetic::{Arithmetic, Stage};
use super::bias::Bias;
use super::buffers::Input;
use super::isa::InstructionSet;
use super::kernels::{self, Classes};
use super::losses::{self, Compared};
use super::panel::{Row, WIDTH};
use super::pieces::Pieces;
use super::place::{Place, samples_in};
use super::trim::{self, Trim};
use super::weights::Weights;
use crate::heads::{Head, Loss, Target};
use crate::network::Activation;
use crate::task::Task;
use std::ops::Range;

/// The heads of a batch.
#[derive(Clone, Copy)]
struct Heads<'a> {
    isa: InstructionSet,
    task: &'a Task,
    input: &'a Input,
    /// The last layer's bias.
    bias: &'a [f32],
    /// Number of samples in the batch, and in the step.
    n: usize,
    total: usize,
}

/// Runs the last layer and compares it with the targets; its deltas are then where [`Arithmetic::backward`] reads them.
/// Returns the loss.
pub(super) fn compare<A: Arithmetic>(
    arithmetic: &mut A,
    mut stage: Stage<'_>,
    (task, weights, total): (&Task, &Weights, usize),
    partial_losses: &mut [f64],
) -> f64 {
    let l = task.network.layers.len() - 1;
    let (isa, n, input) = (stage.isa, stage.n, stage.input);
    let heads = Heads { isa, task, input, bias: &weights.biases[l].values, n, total };
    let matrix = weights.of(&task.network, l);
    partial_losses.fill(0.0);
    if heads.each_unit_by_itself() {
        arithmetic.output(stage, matrix, partial_losses, |place, rows| heads.block(place, rows));
    } else {
        arithmetic.logits(stage.again(), matrix, |place, rows| {
            kernels::bias_activate(isa, rows, place.bias(heads.bias, rows.len()), Activation::Linear);
        });
        let outputs = task.network.n_outputs();
        let (rows, sums) = arithmetic.logits_mut(&mut stage.layers[l]);
        let pieces = (
            Pieces::new(rows, outputs),
            Pieces::new(sums, outputs.next_multiple_of(WIDTH)),
            Pieces::new(partial_losses, 1),
        );
        stage.team.each(pieces, |panel, _, (rows, sums, partial)| {
            partial[0] = heads.panel(panel, rows);
            kernels::row_sums(isa, rows, sums);
        });
        arithmetic.keep_deltas(stage);
    }
    partial_losses.iter().sum::<f64>() / total.max(1) as f64
}

/// [`compare`] without the `count` samples that have the largest losses.
pub(super) fn compare_trimmed<A: Arithmetic>(
    arithmetic: &mut A,
    mut stage: Stage<'_>,
    (task, weights, total): (&Task, &Weights, usize),
    (trim, count): (&mut Trim, usize),
) -> f64 {
    let l = task.network.layers.len() - 1;
    let (isa, n, input, layer) = (stage.isa, stage.n, stage.input, task.network.layers[l]);
    let heads = Heads { isa, task, input, bias: &weights.biases[l].values, n, total };
    arithmetic.logits(stage.again(), weights.of(&task.network, l), |place, rows| {
        kernels::bias_activate(isa, rows, place.bias(heads.bias, rows.len()), layer.activation);
    });
    let (rows, sums) = arithmetic.logits_mut(&mut stage.layers[l]);
    let pieces = (Pieces::new(&mut *rows, layer.outputs), Pieces::new(trim.losses(n), WIDTH));
    stage.team.each(pieces, |panel, _, (rows, losses)| heads.by_sample(panel, rows, losses));
    let loss = trim.choose(n, count);
    let left_out = &trim.left_out;
    let pieces = (Pieces::new(rows, layer.outputs), Pieces::new(sums, layer.outputs.next_multiple_of(WIDTH)));
    stage.team.each(pieces, |panel, _, (rows, sums)| {
        trim::clear(isa, rows, left_out[panel]);
        kernels::row_sums(isa, rows, sums);
    });
    arithmetic.keep_deltas(stage);
    loss / total.max(1) as f64
}

impl Heads<'_> {
    /// Whether every head treats each unit separately.
    fn each_unit_by_itself(&self) -> bool {
        let is_softmax = |head: &Head| matches!(head.loss, Loss::SoftmaxCrossEntropy { .. });
        !self.task.objective.heads.iter().any(is_softmax)
    }

    /// Processes a block of products whose rows are units; returns the loss.
    fn block(&self, place: &Place, rows: &mut [Row]) -> f64 {
        let units = place.unit..place.unit + rows.len();
        let activation = self.task.network.layers[self.task.network.layers.len() - 1].activation;
        let mut loss = 0.0;
        for (h, head) in self.task.objective.heads.iter().enumerate() {
            let here = head.units.start.max(units.start)..head.units.end.min(units.end);
            if here.is_empty() {
                continue;
            }
            let rows = &mut rows[here.start - units.start..here.end - units.start];
            // Cross-entropy is computed from the pre-activation.
            let before = if head.loss == Loss::Squared { activation } else { Activation::Linear };
            kernels::bias_activate(self.isa, rows, Bias::Down(&self.bias[here.clone()]), before);
            loss += self.components((h, head), place.sample / WIDTH, here, rows);
        }
        loss
    }

    /// Processes all pre-activations of a panel of samples, from a linear layer or from softmax alone.
    fn panel(&self, panel: usize, rows: &mut [Row]) -> f64 {
        let mut loss = 0.0;
        for (h, head) in self.task.objective.heads.iter().enumerate() {
            let rows = &mut rows[head.units.clone()];
            loss += match head.loss {
                Loss::SoftmaxCrossEntropy { label_smoothing } => {
                    self.classes((h, head), panel, label_smoothing, rows)
                }
                Loss::Squared | Loss::CrossEntropy | Loss::Denoising => {
                    self.components((h, head), panel, head.units.clone(), rows)
                }
            };
        }
        loss
    }

    /// Processes all outputs of a panel of samples under squared losses; adds the loss of each sample to `losses`.
    fn by_sample(&self, panel: usize, rows: &mut [Row], losses: &mut [f64]) {
        let activation = self.task.network.layers[self.task.network.layers.len() - 1].activation;
        for (h, head) in self.task.objective.heads.iter().enumerate() {
            let compared = self.compared((h, head), panel, head.units.clone());
            losses::squared_by_sample(self.isa, &mut rows[head.units.clone()], compared, activation, losses);
        }
    }

    fn compared(&self, head: (usize, &Head), panel: usize, units: Range<usize>) -> Compared<'_> {
        let Task { network, objective, .. } = self.task;
        Compared {
            expected: self.input.expected(network, head, panel, units.clone()),
            weights: self.input.weights_of(objective, network, panel, units),
            n_here: samples_in(panel, self.n),
            total: self.total,
        }
    }

    /// Processes some units of a head with a separate loss per unit.
    fn components(&self, head: (usize, &Head), panel: usize, units: Range<usize>, rows: &mut [Row]) -> f64 {
        let compared = self.compared(head, panel, units);
        if head.1.loss == Loss::CrossEntropy {
            return losses::cross_entropy(self.isa, rows, compared);
        }
        let activation = self.task.network.layers[self.task.network.layers.len() - 1].activation;
        losses::squared(self.isa, rows, compared, activation)
    }

    /// Processes all units of a softmax head.
    fn classes(&self, (h, head): (usize, &Head), panel: usize, smoothing: f64, rows: &mut [Row]) -> f64 {
        let asked = &self.input.asked[h];
        if head.target == Target::Labels && asked.values.is_empty() {
            let labels = &asked.labels[panel * WIDTH..][..samples_in(panel, self.n)];
            let classes = Classes { labels, smoothing };
            let loss = kernels::softmax(self.isa, rows, classes);
            kernels::label_deltas(self.isa, rows, classes, self.total);
            return loss;
        }
        losses::distribution(self.isa, rows, self.compared((h, head), panel, head.units.clone()))
    }
}
