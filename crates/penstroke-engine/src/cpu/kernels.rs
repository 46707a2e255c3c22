//! Loops over components: activations, softmax and updates, on rows of panels.

#[cfg(target_arch = "x86_64")]
mod avx512;

use super::bias::Bias;
use super::isa::kernel;
use super::math::{exp, sigmoid, tanh};
use super::panel::{Row, WIDTH, floats, floats_mut};
use crate::network::Activation;
use crate::optimizer::{Descent, Rule};

kernel! {
    /// `rows = s(rows + bias)`; for softmax, only the sum.
    pub(super) fn bias_activate<V>(rows: &mut [Row], bias: Bias<'_>, activation: Activation) {
        #[cfg(target_arch = "x86_64")]
        if V::LANES == 16 {
            match activation {
                // SAFETY: only AVX-512 has so many lanes, and its vector is used only where the processor has it.
                Activation::Sigmoid => return unsafe { avx512::sigmoid::<1>(rows, bias) },
                // SAFETY: as above.
                Activation::Tanh => return unsafe { avx512::sigmoid::<2>(rows, bias) },
                _ => {}
            }
        }
        match activation {
            Activation::Sigmoid => add_and(rows, bias, sigmoid),
            Activation::Tanh => add_and(rows, bias, tanh),
            Activation::Relu => add_and(rows, bias, |a| a.max(0.0)),
            Activation::Linear | Activation::Softmax => add_and(rows, bias, |a| a),
        }
    }
}

#[inline(always)]
fn add_and(rows: &mut [Row], bias: Bias<'_>, s: impl Fn(f32) -> f32) {
    // The compiler unrolls a loop over a row of known length, then vectorises the loop over rows with gathers and
    // scatters: ten times as slow.
    let width = std::hint::black_box(WIDTH);
    match bias {
        Bias::Down(bias) => {
            for (row, &bias) in rows.iter_mut().zip(bias) {
                row.0[..width].iter_mut().for_each(|a| *a = s(*a + bias));
            }
        }
        Bias::Along(bias) => {
            for row in rows {
                row.0[..width].iter_mut().zip(bias).for_each(|(a, &bias)| *a = s(*a + bias));
            }
        }
    }
}

kernel! {
    /// `delta ∘= s'`, with the slope as a function of the activation's output `y`.
    pub(super) fn times_slope(delta: &mut [Row], y: &[Row], activation: Activation) {
        match activation {
            Activation::Sigmoid => times(delta, y, |d, y| d * (y * (1.0 - y))),
            Activation::Tanh => times(delta, y, |d, y| d * (1.0 - y * y)),
            Activation::Relu => times(delta, y, |d, y| if y > 0.0 { d } else { 0.0 }),
            Activation::Linear | Activation::Softmax => {}
        }
    }
}

#[inline(always)]
fn times(delta: &mut [Row], y: &[Row], slope: impl Fn(f32, f32) -> f32) {
    floats_mut(delta).iter_mut().zip(floats(y)).for_each(|(d, &y)| *d = slope(*d, y));
}

kernel! {
    /// Writes the sum of every row to `sums`.
    pub(super) fn row_sums(rows: &[Row], sums: &mut [f32]) {
        const LANES: usize = 8;
        for (row, sum) in rows.iter().zip(sums) {
            let mut lanes = [0.0f32; LANES];
            for group in row.0.as_chunks::<LANES>().0 {
                for (lane, &value) in lanes.iter_mut().zip(group) {
                    *lane += value;
                }
            }
            *sum = lanes.iter().sum();
        }
    }
}

kernel! {
    /// Writes the sum of all rows to `sums`.
    pub(super) fn column_sums(rows: &[Row], sums: &mut [f32]) {
        let mut lanes = [0.0f32; WIDTH];
        for row in rows {
            for (lane, &value) in lanes.iter_mut().zip(&row.0) {
                *lane += value;
            }
        }
        sums.copy_from_slice(&lanes);
    }
}

/// The classes of some samples, one per column.
#[derive(Clone, Copy, Default)]
pub(super) struct Classes<'a> {
    pub(super) labels: &'a [u32],
    /// ε: the share of the target that is spread over all classes.
    pub(super) smoothing: f64,
}

kernel! {
    /// In-place softmax over the rows: rows are classes, columns are samples. Returns the sum of `−Σ_k t_k ln p_k` over
    /// the samples of `classes`, computed from the pre-activations, with targets `t` as in [`label_deltas`] (0 without
    /// labels).
    pub(super) fn softmax(a: &mut [Row], classes: Classes<'_>) -> f64 {
        let Classes { labels, smoothing } = classes;
        let mut largest = [f32::MIN; WIDTH];
        for row in a.iter() {
            largest.iter_mut().zip(&row.0).for_each(|(largest, &a)| *largest = largest.max(a));
        }
        let mut hits = [0.0f32; WIDTH];
        for (s, &label) in labels.iter().enumerate() {
            hits[s] = a[label as usize].0[s] - largest[s];
        }
        if smoothing > 0.0 {
            let mut all = [0.0f32; WIDTH];
            for row in a.iter() {
                all.iter_mut().zip(row.0.iter().zip(&largest)).for_each(|(all, (a, largest))| *all += a - largest);
            }
            let (label, even) = ((1.0 - smoothing) as f32, (smoothing / a.len() as f64) as f32);
            hits.iter_mut().zip(&all).for_each(|(hit, all)| *hit = label * *hit + even * all);
        }
        let mut sums = [0.0f32; WIDTH];
        for row in a.iter_mut() {
            for s in 0..WIDTH {
                row.0[s] = exp(row.0[s] - largest[s]);
                sums[s] += row.0[s];
            }
        }
        for row in a {
            row.0.iter_mut().zip(&sums).for_each(|(a, &sum)| *a /= sum);
        }
        (0..labels.len()).map(|s| f64::from(sums[s].ln() - hits[s])).sum()
    }
}

kernel! {
    /// Turns probabilities into the gradient of softmax cross-entropy by the pre-activations, for a step of `total`
    /// samples: `(p − t) / total` with `t = (1 − ε) 1[label] + ε / K`, or 0 for missing samples.
    pub(super) fn label_deltas(p: &mut [Row], classes: Classes<'_>, total: usize) {
        let Classes { labels, smoothing } = classes;
        let even = smoothing / p.len() as f64;
        let (hit, miss) = ((1.0 - smoothing + even) as f32, even as f32);
        for (class, p) in p.iter_mut().enumerate() {
            for (p, &label) in p.0.iter_mut().zip(labels) {
                *p = (*p - if label as usize == class { hit } else { miss }) / total as f32;
            }
            p.0[labels.len()..].fill(0.0);
        }
    }
}

/// One optimizer step, with everything common to all weights computed.
#[derive(Clone, Copy)]
pub(super) enum Mover {
    /// `w ← w − η (g + λ w)`.
    Sgd { rate: f32 },
    /// `v ← μ v + g + λ w`, `w ← w − η v`.
    Momentum { rate: f32, momentum: f32 },
    /// `m ← m + (1−β₁)(g − m)`, `s ← s + (1−β₂)(g² − s)`, `w ← w − η (m·c₁ / (√(s·c₂) + ε) + λ w)`.
    Adam { rate: f32, gain1: f32, gain2: f32, correction1: f32, correction2: f32, epsilon: f32 },
}

impl Mover {
    /// The step number `step`, counted from 1.
    pub(super) fn new(optimizer: &Descent, step: u64, learning_rate: f64) -> Self {
        let rate = learning_rate as f32;
        match optimizer.rule {
            Rule::Sgd { momentum: 0.0 } => Mover::Sgd { rate },
            Rule::Sgd { momentum } => Mover::Momentum { rate, momentum: momentum as f32 },
            Rule::Adam { beta1, beta2, epsilon } => Mover::Adam {
                rate,
                gain1: (1.0 - beta1) as f32,
                gain2: (1.0 - beta2) as f32,
                correction1: (1.0 / (1.0 - beta1.powf(step as f64))) as f32,
                correction2: (1.0 / (1.0 - beta2.powf(step as f64))) as f32,
                epsilon: epsilon as f32,
            },
        }
    }
}

/// Zero for moments below 1e-32, which move no weight. The moments of a unit without gradient, saturated or dead, shrink until they
/// are denormal and stay so, because the smallest denormal number times 0.9 rounds to itself; each operation on them takes a
/// hundred cycles. On an Intel Xeon (family 6, AVX-512), the last epochs of 784-500 under Gaussian noise ran at a third of the
/// speed of the first.
#[inline(always)]
fn without_denormals(moment: f32) -> f32 {
    if moment.abs() < 1e-32 { 0.0 } else { moment }
}

/// Weights and moments of equal length; moments that the rule does not use are empty.
pub(super) struct Moving<'a> {
    pub(super) weights: &'a mut [f32],
    pub(super) first: &'a mut [f32],
    pub(super) second: &'a mut [f32],
}

kernel! {
    /// Updates weights by their gradients; `decay` is 0 for biases.
    pub(super) fn update(rule: Mover, decay: f32, gradient: &[f32], moving: Moving<'_>) {
        let Moving { weights, first, second } = moving;
        match rule {
            Mover::Sgd { rate } => {
                for (w, &g) in weights.iter_mut().zip(gradient) {
                    *w -= rate * (g + decay * *w);
                }
            }
            Mover::Momentum { rate, momentum } => {
                for ((w, v), &g) in weights.iter_mut().zip(first).zip(gradient) {
                    *v = without_denormals(momentum * *v + g + decay * *w);
                    *w -= rate * *v;
                }
            }
            Mover::Adam { rate, gain1, gain2, correction1, correction2, epsilon } => {
                for (((w, m), s), &g) in weights.iter_mut().zip(first).zip(second).zip(gradient) {
                    *m = without_denormals(*m + gain1 * (g - *m));
                    *s = without_denormals(*s + gain2 * (g * g - *s));
                    let direction = *m * correction1 / ((*s * correction2).sqrt() + epsilon);
                    *w -= rate * (direction + decay * *w);
                }
            }
        }
    }
}

kernel! {
    /// Adds rows to rows.
    pub(super) fn add(rows: &[Row], to: &mut [Row]) {
        floats_mut(to).iter_mut().zip(floats(rows)).for_each(|(to, value)| *to += value);
    }
}

#[cfg(test)]
mod tests {
    use super::super::isa::InstructionSet;
    use super::super::math::LEAST_SIGMOID;
    use super::*;

    fn of(isa: InstructionSet, a: f32, activation: Activation) -> f32 {
        let mut rows = [Row([a - 0.25; WIDTH]); 2];
        let (half, other) = rows.split_at_mut(1);
        bias_activate(isa, half, Bias::Along(&[0.25; WIDTH]), activation);
        bias_activate(isa, other, Bias::Down(&[0.25]), activation);
        assert_eq!(rows[0], rows[1]);
        assert!(rows[0].0.iter().all(|&y| y == rows[0].0[0]));
        rows[0].0[0]
    }

    #[test]
    fn sigmoid_and_tanh_keep_their_bounds_on_every_instruction_set() {
        for isa in InstructionSet::all() {
            for i in -50_000..=50_000 {
                let a = i as f32 * 2e-3;
                let x = f64::from((a - 0.25) + 0.25);
                // Adding the bias rounds the argument once more; the slope is at most a quarter.
                let bias = 0.25 * f64::from((a - 0.25).abs()) * f64::from(f32::EPSILON);
                let error = (f64::from(of(isa, a, Activation::Sigmoid)) - 1.0 / (1.0 + (-x).exp())).abs();
                assert!(error < 2e-7 + bias, "{isa:?}: sigmoid({a}): {error:e}");
                let error = (f64::from(of(isa, a, Activation::Tanh)) - x.tanh()).abs();
                assert!(error < 4e-7 + 4.0 * bias, "{isa:?}: tanh({a}): {error:e}");
            }
        }
    }

    #[test]
    fn saturated_units_and_idle_moments_are_zero_and_never_denormal() {
        for isa in InstructionSet::all() {
            for i in 0..1000 {
                let y = of(isa, -(i as f32) * 0.1, Activation::Sigmoid);
                assert!(y == 0.0 || y >= LEAST_SIGMOID, "{isa:?}: {y:e}");
            }
            assert_eq!(of(isa, -30.0, Activation::Sigmoid), 0.0, "{isa:?}");
            assert!(of(isa, -27.0, Activation::Sigmoid) > 0.0, "{isa:?}");
            let (mut weights, mut first, mut second) = ([0.5], [1e-3], [1e-3]);
            for step in 1..=100_000 {
                let moving = Moving { weights: &mut weights, first: &mut first, second: &mut second };
                update(
                    isa,
                    Mover::new(&Descent { rule: Rule::ADAM, ..Descent::default() }, step, 1e-3),
                    0.0,
                    &[0.0],
                    moving,
                );
            }
            assert_eq!((first, second), ([0.0], [0.0]), "{isa:?}");
        }
    }

    #[test]
    fn far_arguments_reach_the_limits() {
        for isa in InstructionSet::all() {
            for (a, low) in [(f32::MAX, 1.0), (1e4, 1.0), (88.0, 1.0), (-1e4, 0.0), (f32::MIN, 0.0)] {
                assert!((of(isa, a, Activation::Sigmoid) - low).abs() < 1e-30, "{isa:?}: {a}");
                assert!((of(isa, a, Activation::Tanh) - (2.0 * low - 1.0)).abs() < 1e-6, "{isa:?}: {a}");
            }
        }
    }
}
