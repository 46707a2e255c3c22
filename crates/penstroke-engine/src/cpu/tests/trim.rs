//! Steps that leave out the samples with the largest losses.

use super::tasks::{
    answers, autoencoder, deep, denoiser, given, random_state, regressor, samples, trimmed, with_dropout,
};
use super::way::{BF16_TOLERANCE, TOLERANCE, Way, check_batch, close};
use crate::batch::Batch;
use crate::engine::Train;
use crate::heads::{Head, Loss, Target};
use crate::network::Activation;
use crate::objective::Penalties;
use crate::reference::Real;
use crate::rows::Rows;
use crate::task::Task;
use crate::{Reference, RoundedTerms};

/// Calls `act` with a batch of `n` samples, in reverse order, and the ids that the task keeps. Weights put losses into another order,
/// each a tenth above the one before, so rounding exchanges none. `n` has no factor 13.
fn with_batch(task: &Task, n: usize, act: impl Fn(Batch<'_>, &[u32])) {
    let data = samples(n, task.network.n_inputs());
    let answers = answers(n, task.network.n_outputs());
    let given = given(task, &answers);
    let ids: Vec<u32> = (0..n as u32).rev().collect();
    let batch = Batch::new(Rows::Floats(&data), &ids).with_answers(&given);
    let alone = Reference::<f64>::open(task, &random_state(task)).unwrap();
    let rank = |id: usize| id * 13 % n;
    let weight = |id: usize| {
        // Of one sample, none is left out.
        let loss = alone.training_pass(&Batch { ids: &[id as u32], total: 1, ..batch }, 9).loss;
        (1.1f64.powi(rank(id) as i32) / loss) as f32
    };
    let weights: Vec<f32> = (0..n).map(weight).collect();
    let n_kept = n - (task.objective.trim * n as f64) as usize;
    let kept: Vec<u32> = ids.iter().copied().filter(|&id| rank(id as usize) < n_kept).collect();
    act(Batch { weights: Some(&weights), ..batch }, &kept);
}

/// Tasks under squared errors of every kind.
fn tasks() -> Vec<Task> {
    let activations = [Activation::Sigmoid, Activation::Tanh, Activation::Relu, Activation::Linear];
    let mut heads = denoiser(50, 30);
    heads.network.layers[1].outputs = 70;
    heads.objective.heads = vec![
        Head::new(0..50, Loss::Denoising, Target::Input).weighing(0.4),
        Head::new(50..70, Loss::Squared, Target::Values),
    ];
    let mut penalised = denoiser(40, 20);
    penalised.objective.penalties = Penalties { l1: 1e-3, contraction: 0.05, sparsity: None };
    let others = [autoencoder(7, 3), autoencoder(255, 64), deep(), with_dropout(deep()), denoiser(65, 40)];
    let all = activations.map(regressor).into_iter().chain(others).chain([heads, penalised]);
    all.collect()
}

fn check_trimmed(task: Task, trim: f64, n: usize) {
    let task = trimmed(task, trim);
    for way in Way::all() {
        with_batch(&task, n, |batch, _| match way.bf16 {
            None => check_batch::<f64>(&task, &batch, way, TOLERANCE),
            Some(_) => {
                let dense = Way { sparse_below: Some(0.0), ..way };
                check_batch::<RoundedTerms>(&task, &batch, dense, BF16_TOLERANCE);
            }
        });
    }
}

#[test]
fn trimmed_steps_agree_with_the_reference() {
    for task in tasks() {
        for (trim, n) in [(0.1, 1), (0.1, 33), (0.5, 5), (0.3, 70), (0.99, 33)] {
            check_trimmed(task.clone(), trim, n);
        }
    }
}

/// Small enough for Miri.
#[test]
fn trimmed_small_shapes_agree_with_the_reference() {
    check_trimmed(denoiser(33, 4), 0.1, 33);
}

/// The step is that of the other samples alone, except that the number of all divides it.
#[test]
fn the_worst_samples_are_left_out() {
    for mut whole in tasks() {
        // Penalties take all samples.
        whole.objective.penalties = Penalties::default();
        for (trim, n) in [(0.05, 33), (0.5, 66)] {
            let task = trimmed(whole.clone(), trim);
            with_batch(&task, n, |batch, kept| {
                assert_eq!(kept.len(), if n == 33 { 32 } else { 33 });
                let others = Batch { ids: kept, ..batch };
                let of = |task: &Task, batch: &Batch<'_>| {
                    let engine = Reference::<f64>::open(task, &random_state(task)).unwrap();
                    engine.training_pass(batch, 9)
                };
                let (have, want) = (of(&task, &batch), of(&whole, &others));
                assert!((have.loss - want.loss).abs() < 1e-12 * want.loss, "{task:?}");
                for way in Way::all() {
                    let mut cpu = way.open(&task, &random_state(&task), 2);
                    let loss = cpu.gradients(&batch, 9);
                    let mut other = way.open(&whole, &random_state(&task), 2);
                    let want = other.gradients(&others, 9);
                    // The same terms in another order, and bf16 rounds none of them anew.
                    assert!((loss - want).abs() < TOLERANCE * want, "{way:?}: {loss} for {want}");
                    let [have, want] =
                        [&mut cpu, &mut other].map(|e| e.worker().weights().gradients(&task.network));
                    for (have, want) in have.layers.iter().zip(&want.map(Real::to_f64).layers) {
                        let name = format!("{way:?}: {task:?}");
                        close(&name, &have.weights, &want.weights, TOLERANCE);
                        close(&name, &have.bias, &want.bias, TOLERANCE);
                    }
                }
            });
        }
    }
}
