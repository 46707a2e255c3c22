//! Penalties on weights and on the first layer's code.

use super::pass::Pass;
use super::real::{Real, activate, curvature, slope};
use super::weights::Reference;
use crate::objective::{MEAN_MARGIN, Penalties, SparsityPenalty};
use crate::parameters::Parameters;

/// `ρ̂` of a unit whose outputs add up to `sum` over `n` samples, clamped away from 0 and 1.
fn mean<T: Real>(sum: T, n: usize) -> T {
    T::from_f64((sum.to_f64() / n as f64).clamp(MEAN_MARGIN, 1.0 - MEAN_MARGIN))
}

impl<T: Real> Reference<T> {
    /// The sum of all penalties of a pass:
    /// `λ₁ Σ |w| + λ₂ (1/n) Σ_ni s'(a_ni)² ‖W_i‖² + λ₃ Σ_i KL(ρ ‖ ρ̂_i)`, the last two of the first layer.
    pub fn penalty(&self, pass: &Pass<T>) -> T {
        let Penalties { l1, contraction, sparsity } = self.task.objective.penalties;
        let (real, layer) = (T::from_f64, self.task.network.layers[0]);
        let mut penalty = T::default();
        for &w in self.parameters.layers.iter().flat_map(|layer| &layer.weights) {
            penalty += real(l1) * if w < T::default() { -w } else { w };
        }
        let n = pass.pre_activations[0].len() / layer.outputs;
        for i in 0..layer.outputs {
            let (mut sum, mut slopes) = (T::default(), T::default());
            for a in pass.pre_activations[0].iter().skip(i).step_by(layer.outputs) {
                let y = activate(layer.activation, *a);
                sum += y;
                slopes += slope(layer.activation, y) * slope(layer.activation, y);
            }
            penalty += real(contraction) / real(n as f64) * slopes * self.squared_norm(i);
            if let Some(SparsityPenalty { target, weight }) = sparsity {
                let mean = mean(sum, n).to_f64();
                let divergence =
                    target * (target / mean).ln() + (1.0 - target) * ((1.0 - target) / (1.0 - mean)).ln();
                penalty += real(weight * divergence);
            }
        }
        penalty
    }

    /// `‖W_i‖²` of the first layer.
    fn squared_norm(&self, i: usize) -> T {
        let inputs = self.task.network.layers[0].inputs;
        let mut sum = T::default();
        self.parameters.layers[0].weights[i * inputs..][..inputs].iter().for_each(|&w| sum += w * w);
        sum
    }

    /// Adds the gradients of contraction and sparsity by the first pre-activation, `(n, h)`, to `delta`, and the
    /// contraction's direct gradient by `W`, `(2λ/n) W_i Σ_n s'(a_ni)²`, to `gradients`. Where the mean is clamped, the
    /// slope is that at the clamp.
    pub(super) fn penalize_code(
        &self,
        pre: &[T],
        total: usize,
        delta: &mut [T],
        gradients: &mut Parameters<T>,
    ) {
        let Penalties { contraction, sparsity, .. } = self.task.objective.penalties;
        if contraction == 0.0 && sparsity.is_none() {
            return;
        }
        let (real, layer) = (T::from_f64, self.task.network.layers[0]);
        let (h, n) = (layer.outputs, pre.len() / layer.outputs);
        let per_sample = real(total as f64);
        for i in 0..h {
            let outputs = || pre.iter().skip(i).step_by(h).map(|&a| activate(layer.activation, a));
            let (mut sum, mut slopes) = (T::default(), T::default());
            for y in outputs() {
                sum += y;
                slopes += slope(layer.activation, y) * slope(layer.activation, y);
            }
            let by_output = match sparsity {
                None => T::default(),
                Some(SparsityPenalty { target, weight }) => {
                    let mean = mean(sum, n);
                    let by_mean = real(1.0 - target) / (real(1.0) - mean) - real(target) / mean;
                    real(weight) * by_mean / per_sample
                }
            };
            let scale = real(2.0 * contraction) / per_sample;
            let bend = scale * self.squared_norm(i);
            for (s, y) in outputs().enumerate() {
                let slope = slope(layer.activation, y);
                delta[s * h + i] += slope * (by_output + bend * curvature(layer.activation, y));
            }
            let row = i * layer.inputs..(i + 1) * layer.inputs;
            let weights = &self.parameters.layers[0].weights[row.clone()];
            for (gradient, &w) in gradients.layers[0].weights[row].iter_mut().zip(weights) {
                *gradient += scale * slopes * w;
            }
        }
    }

    /// Adds `λ sign(w)`, where the sign of 0 is 0.
    pub(super) fn penalize_weights(&self, share: f64, gradients: &mut Parameters<T>) {
        let (zero, l1) = (T::default(), T::from_f64(share * self.task.objective.penalties.l1));
        for (gradients, layer) in gradients.layers.iter_mut().zip(&self.parameters.layers) {
            for (gradient, &w) in gradients.weights.iter_mut().zip(&layer.weights) {
                *gradient += match () {
                    () if w > zero => l1,
                    () if w < zero => -l1,
                    () => zero,
                };
            }
        }
    }
}
