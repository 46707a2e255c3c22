//! Losses of outputs against targets, and their gradients, on rows of panels.

use super::isa::kernel;
use super::math::{exp, sigmoid, softplus};
use super::panel::{Row, WIDTH};
use crate::network::Activation;

/// The targets for a block of outputs whose rows are units.
#[derive(Clone, Copy)]
pub(super) struct Compared<'a> {
    /// The clean values, or the targets.
    pub(super) expected: &'a [Row],
    /// The weight of each component; empty if all are equal.
    pub(super) weights: &'a [Row],
    /// The number of existing samples in a row.
    pub(super) n_here: usize,
    /// The number of samples in the step, by which losses are divided.
    pub(super) total: usize,
}

kernel! {
    /// Squared error of the output `y` against `x` with weights `w`: replaces `y` by its gradient by the
    /// pre-activation, `2 w (y − x) s'(y) / n`, and returns the sum of `w (y − x)²`.
    pub(super) fn squared(y: &mut [Row], target: Compared<'_>, activation: Activation) -> f64 {
        total(&squares(y, target, activation), target.n_here)
    }
}

kernel! {
    /// Like [`squared`], but adds the sum of each sample to `losses`.
    pub(super) fn squared_by_sample(
        y: &mut [Row],
        target: Compared<'_>,
        activation: Activation,
        losses: &mut [f64],
    ) {
        let sums = squares(y, target, activation);
        losses.iter_mut().zip(&sums[..target.n_here]).for_each(|(loss, &sum)| *loss += f64::from(sum));
    }
}

/// [`squared`], sample by sample.
#[inline(always)]
fn squares(y: &mut [Row], target: Compared<'_>, activation: Activation) -> [f32; WIDTH] {
    let scale = 2.0 / target.total as f32;
    let term = |y: f32, x: f32| (y - x) * (y - x);
    match activation {
        Activation::Sigmoid => compare(y, target, term, |y, x| scale * (y - x) * (y * (1.0 - y))),
        Activation::Tanh => compare(y, target, term, |y, x| scale * (y - x) * (1.0 - y * y)),
        Activation::Relu => compare(y, target, term, |y, x| if y > 0.0 { scale * (y - x) } else { 0.0 }),
        Activation::Linear | Activation::Softmax => compare(y, target, term, |y, x| scale * (y - x)),
    }
}

kernel! {
    /// Cross-entropy of the sigmoid of the pre-activation `a` against `x`: replaces `a` by its gradient, `w (sigmoid(a)
    /// − x) / n`, and returns the sum of `w (softplus(a) − a x)`.
    pub(super) fn cross_entropy(a: &mut [Row], target: Compared<'_>) -> f64 {
        let scale = 1.0 / target.total as f32;
        let sums = compare(a, target, |a, x| softplus(a) - a * x, |a, x| scale * (sigmoid(a) - x));
        total(&sums, target.n_here)
    }
}

/// Equal weights.
const EVEN: Row = Row([1.0; WIDTH]);

/// Sums `w·term` over the block's rows, one sum for each column, and replaces values by `w·gradient`, or 0 for missing samples.
/// Columns are summed in f32 and added in f64, so that rounding is that of some dozens of additions.
#[inline(always)]
fn compare(
    values: &mut [Row],
    target: Compared<'_>,
    term: impl Fn(f32, f32) -> f32,
    gradient: impl Fn(f32, f32) -> f32,
) -> [f32; WIDTH] {
    let Compared { expected, weights: counted, n_here, .. } = target;
    let mut sums = [0.0f32; WIDTH];
    for (r, (values, expected)) in values.iter_mut().zip(expected).enumerate() {
        let weights = counted.get(r).unwrap_or(&EVEN);
        for (s, sum) in sums.iter_mut().enumerate() {
            let (value, expected, weight) = (values.0[s], expected.0[s], weights.0[s]);
            values.0[s] = weight * gradient(value, expected);
            *sum += weight * term(value, expected);
        }
        values.0[n_here..].fill(0.0);
    }
    sums
}

/// The sum of the first `n` columns.
#[inline(always)]
fn total(sums: &[f32; WIDTH], n: usize) -> f64 {
    sums[..n].iter().map(|&sum| f64::from(sum)).sum()
}

kernel! {
    /// Softmax cross-entropy of the pre-activations `a` against rows of targets `t`, where a sample's weight `w` is
    /// that of its first row: replaces `a` by its gradient, `w (Σt p − t) / total`, and returns the sum of `w (Σt ln Σ
    /// e^a − t·a)`.
    pub(super) fn distribution(a: &mut [Row], target: Compared<'_>) -> f64 {
        let Compared { expected, weights, n_here, total } = target;
        let weights = weights.first().unwrap_or(&EVEN);
        let mut largest = [f32::MIN; WIDTH];
        for row in a.iter() {
            largest.iter_mut().zip(&row.0).for_each(|(largest, &a)| *largest = largest.max(a));
        }
        let (mut sums, mut masses, mut hits) = ([0.0f32; WIDTH], [0.0f32; WIDTH], [0.0f32; WIDTH]);
        for (a, t) in a.iter_mut().zip(expected) {
            for s in 0..WIDTH {
                let distance = a.0[s] - largest[s];
                hits[s] += t.0[s] * distance;
                masses[s] += t.0[s];
                a.0[s] = exp(distance);
                sums[s] += a.0[s];
            }
        }
        for (a, t) in a.iter_mut().zip(expected) {
            for s in 0..WIDTH {
                a.0[s] = weights.0[s] * (masses[s] * (a.0[s] / sums[s]) - t.0[s]) / total as f32;
            }
            a.0[n_here..].fill(0.0);
        }
        (0..n_here).map(|s| f64::from(weights.0[s] * (masses[s] * sums[s].ln() - hits[s]))).sum()
    }
}
