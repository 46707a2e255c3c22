//! Gradients of weights and biases, and updates by them.

use super::arithmetic::{Arithmetic, Change, Stage};
use super::buffers::Activity;
use super::isa::InstructionSet;
use super::kernels::{self, Mover, Moving};
use super::panel::{floats, floats_mut};
use super::penalties::{CodePenalty, WeightPenalty};
use super::sparse::GROUP;
use super::team::Team;
use super::weights::{BiasOf, Weights};
use crate::task::Task;

/// Rows of weights per part when stored gradients are applied.
const ROWS: usize = 64;

/// Computes the gradient of every matrix. Each block of weights is updated as soon as its gradient is known, or the
/// gradient is stored.
pub(super) fn matrices<A: Arithmetic>(
    arithmetic: &mut A,
    mut stage: Stage<'_>,
    (task, weights, code): (&Task, &mut Weights, &CodePenalty),
    (total, mover): (usize, Option<Mover>),
) {
    let isa = stage.isa;
    let decay = task.optimizer.weight_decay as f32;
    let share = stage.n as f64 / total.max(1) as f64;
    for (l, matrix) in weights.matrices.iter_mut().enumerate() {
        if task.network.layers[l].tied_to.is_some() {
            continue;
        }
        let penalty = WeightPenalty::new(task.objective.penalties, l, code, share);
        arithmetic.gradient(stage.again(), matrix, l, |change| {
            let Change { panel, gradient, weights, first, second, kept } = change;
            if let Some(penalty) = penalty {
                penalty.add(isa, panel, weights, gradient);
            }
            match mover {
                None => kept.copy_from_slice(gradient),
                Some(mover) => {
                    let [weights, first, second] = [weights, first, second].map(floats_mut);
                    kernels::update(isa, mover, decay, floats(gradient), Moving { weights, first, second });
                }
            }
        });
    }
}

/// Computes the gradient of every bias from the sums of the last backward pass.
pub(super) fn biases(weights: &mut Weights, layers: &[Activity]) {
    for (bias, layer) in weights.biases.iter_mut().zip(layers) {
        bias.gradient.fill(0.0);
        for sums in layer.bias_sums.chunks_exact(bias.gradient.len()) {
            bias.gradient.iter_mut().zip(sums).for_each(|(total, &sum)| *total += sum);
        }
    }
}

/// Updates the biases by their gradients.
pub(super) fn move_biases(isa: InstructionSet, weights: &mut Weights, mover: Mover) {
    for BiasOf { values, first, second, gradient } in &mut weights.biases {
        kernels::update(isa, mover, 0.0, gradient, Moving { weights: values, first, second });
    }
}

/// Updates all matrices by their stored gradients.
pub(super) fn move_matrices(
    isa: InstructionSet,
    team: &mut Team,
    (weights, decay): (&mut Weights, f32),
    mover: Mover,
) {
    for matrix in weights.matrices.iter_mut().filter(|matrix| !matrix.weights.is_empty()) {
        team.each(matrix.blocks::<GROUP>(ROWS), |_, _, (weights, first, second, gradient)| {
            for (((weights, first), second), gradient) in
                weights.into_iter().zip(first).zip(second).zip(gradient)
            {
                let [weights, first, second] = [weights, first, second].map(floats_mut);
                kernels::update(isa, mover, decay, floats(gradient), Moving { weights, first, second });
            }
        });
    }
}
