//! The loops over components: activations, losses, updates. Panels are unit-major, `(units, n)`.

use super::level::kernel;
use super::math::{exp, sigmoid, softplus, tanh};
use crate::spec::{Activation, NetworkSpec, Optimizer};

/// Lanes of a sum: as many partial sums run side by side, in an order that no thread count changes.
const LANES: usize = 16;

kernel! {
    /// `panel = s(panel + bias)`, with one bias a unit, that is, a row of `n`. Softmax is left as the sum.
    pub(super) fn bias_activate(panel: &mut [f32], n: usize, bias: &[f32], activation: Activation) {
        for (row, &bias) in panel.chunks_exact_mut(n).zip(bias) {
            match activation {
                Activation::Sigmoid => row.iter_mut().for_each(|a| *a = sigmoid(*a + bias)),
                Activation::Tanh => row.iter_mut().for_each(|a| *a = tanh(*a + bias)),
                Activation::Relu => row.iter_mut().for_each(|a| *a = (*a + bias).max(0.0)),
                Activation::Linear | Activation::Softmax => row.iter_mut().for_each(|a| *a += bias),
            }
        }
    }
}

kernel! {
    /// `delta ∘= s'`, the slope being written in the activation's output `y`.
    pub(super) fn times_slope(delta: &mut [f32], y: &[f32], activation: Activation) {
        let pairs = delta.iter_mut().zip(y);
        match activation {
            Activation::Sigmoid => pairs.for_each(|(d, &y)| *d *= y * (1.0 - y)),
            Activation::Tanh => pairs.for_each(|(d, &y)| *d *= 1.0 - y * y),
            Activation::Relu => pairs.for_each(|(d, &y)| *d = if y > 0.0 { *d } else { 0.0 }),
            Activation::Linear | Activation::Softmax => {}
        }
    }
}

kernel! {
    /// Squared error of `y` against `x`, each component counted `weights` times if there are weights: writes
    /// `2 w (y − x) / n` into `delta`, without the slope, and returns the sum of `w (y − x)²`.
    pub(super) fn squared(y: &[f32], x: &[f32], weights: Option<&[f32]>, n: usize, delta: &mut [f32]) -> f64 {
        let scale = 2.0 / n as f32;
        sum_of(y, x, weights, delta, |y, x| ((y - x) * (y - x), scale * (y - x)))
    }
}

kernel! {
    /// Cross-entropy of the pre-activation `a` against `x`: turns `a` into `sigmoid(a)`, writes
    /// `w (sigmoid(a) − x) / n` into `delta` and returns the sum of `w (softplus(a) − a x)`.
    pub(super) fn cross_entropy(
        a: &mut [f32],
        x: &[f32],
        weights: Option<&[f32]>,
        n: usize,
        delta: &mut [f32],
    ) -> f64 {
        let scale = 1.0 / n as f32;
        let loss = sum_of(a, x, weights, delta, |a, x| (softplus(a) - a * x, scale * (sigmoid(a) - x)));
        a.iter_mut().for_each(|a| *a = sigmoid(*a));
        loss
    }
}

/// Sums `w·term` over components and writes `w·gradient`; lanes of f32 over runs of 512, the runs in f64.
#[inline(always)]
fn sum_of(
    out: &[f32],
    x: &[f32],
    weights: Option<&[f32]>,
    delta: &mut [f32],
    both: impl Fn(f32, f32) -> (f32, f32),
) -> f64 {
    const RUN: usize = 512;
    let mut total = 0.0;
    for (run, ((out, x), delta)) in out.chunks(RUN).zip(x.chunks(RUN)).zip(delta.chunks_mut(RUN)).enumerate()
    {
        let mut lanes = [0.0f32; LANES];
        match weights {
            None => {
                let groups = out.chunks(LANES).zip(x.chunks(LANES)).zip(delta.chunks_mut(LANES));
                for ((out, x), delta) in groups {
                    for (((&out, &x), delta), lane) in out.iter().zip(x).zip(delta).zip(&mut lanes) {
                        let (term, gradient) = both(out, x);
                        *delta = gradient;
                        *lane += term;
                    }
                }
            }
            Some(weights) => {
                let weights = &weights[run * RUN..][..out.len()];
                for (k, &weight) in weights.iter().enumerate() {
                    let (term, gradient) = both(out[k], x[k]);
                    delta[k] = weight * gradient;
                    lanes[k % LANES] += weight * term;
                }
            }
        }
        total += lanes.iter().map(|&lane| f64::from(lane)).sum::<f64>();
    }
    total
}

kernel! {
    /// The sum of every row of `n`, written over `sums`.
    pub(super) fn row_sums(panel: &[f32], n: usize, sums: &mut [f32]) {
        for (row, sum) in panel.chunks_exact(n).zip(sums) {
            let mut lanes = [0.0f32; LANES];
            for group in row.chunks(LANES) {
                for (lane, &value) in lanes.iter_mut().zip(group) {
                    *lane += value;
                }
            }
            *sum = lanes.iter().sum();
        }
    }
}

kernel! {
    /// Softmax cross-entropy of `a`, `(classes, n)` holding pre-activations: turns `a` into probabilities, writes
    /// `(p − 1[label]) / n` into `delta` and returns the sum of `−ln p_label`.
    pub(super) fn softmax_cross_entropy(a: &mut [f32], labels: &[u32], delta: &mut [f32]) -> f64 {
        let n = labels.len();
        let classes = a.len() / n;
        let mut total = 0.0;
        for (s, &label) in labels.iter().enumerate() {
            let mut largest = f32::MIN;
            for k in 0..classes {
                largest = largest.max(a[k * n + s]);
            }
            let hit = a[label as usize * n + s] - largest;
            let mut sum = 0.0;
            for k in 0..classes {
                let e = exp(a[k * n + s] - largest);
                a[k * n + s] = e;
                sum += e;
            }
            for k in 0..classes {
                let p = a[k * n + s] / sum;
                a[k * n + s] = p;
                delta[k * n + s] = (p - if k == label as usize { 1.0 } else { 0.0 }) / n as f32;
            }
            total += f64::from(sum.ln() - hit);
        }
        total
    }
}

kernel! {
    /// Softmax over the units of every sample, in place; `a` is `(units, n)`.
    pub(super) fn softmax(a: &mut [f32], n: usize) {
        for s in 0..n {
            let mut largest = f32::MIN;
            for row in a.chunks_exact(n) {
                largest = largest.max(row[s]);
            }
            let mut sum = 0.0;
            for row in a.chunks_exact_mut(n) {
                row[s] = exp(row[s] - largest);
                sum += row[s];
            }
            a.chunks_exact_mut(n).for_each(|row| row[s] /= sum);
        }
    }
}

/// One step of the optimizer with all that is common to its weights worked out.
#[derive(Clone, Copy)]
pub(super) enum Rule {
    /// `v ← μ v + g + λ w`, `w ← w − η v`.
    Sgd { rate: f32, momentum: f32 },
    /// `m ← m + (1−β₁)(g − m)`, `s ← s + (1−β₂)(g² − s)`, `w ← w − η (m·c₁ / (√(s·c₂) + ε) + λ w)`.
    Adam { rate: f32, gain1: f32, gain2: f32, correction1: f32, correction2: f32, epsilon: f32 },
}

impl Rule {
    /// For step number `step`, counted from 1.
    pub(super) fn new(spec: &NetworkSpec, step: u64, learning_rate: f64) -> Self {
        let rate = learning_rate as f32;
        match spec.optimizer {
            Optimizer::Sgd { momentum } => Rule::Sgd { rate, momentum: momentum as f32 },
            Optimizer::Adam { beta1, beta2, epsilon } => Rule::Adam {
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

/// Weights and what the optimizer remembers of them, of equal lengths.
pub(super) struct Moving<'a> {
    pub(super) weights: &'a mut [f32],
    pub(super) first: &'a mut [f32],
    pub(super) second: &'a mut [f32],
}

kernel! {
    /// Changes weights by their gradients; `decay` is 0 for biases.
    pub(super) fn update(rule: Rule, decay: f32, gradient: &[f32], moving: Moving<'_>) {
        let Moving { weights, first, second } = moving;
        match rule {
            Rule::Sgd { rate, momentum } => {
                for ((w, v), &g) in weights.iter_mut().zip(first).zip(gradient) {
                    *v = momentum * *v + g + decay * *w;
                    *w -= rate * *v;
                }
            }
            Rule::Adam { rate, gain1, gain2, correction1, correction2, epsilon } => {
                for (((w, m), s), &g) in weights.iter_mut().zip(first).zip(second).zip(gradient) {
                    *m += gain1 * (g - *m);
                    *s += gain2 * (g * g - *s);
                    let direction = *m * correction1 / ((*s * correction2).sqrt() + epsilon);
                    *w -= rate * (direction + decay * *w);
                }
            }
        }
    }
}
