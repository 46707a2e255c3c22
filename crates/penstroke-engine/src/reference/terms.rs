//! What may be added to a network's training: dropout, penalties, a bound of the weights' norms.

use super::{Pass, Real, Reference, activate, slope};
use crate::corruption::threshold;
use crate::network::Activation;
use crate::objective::{MEAN_MARGIN, Penalties, SparsityPenalty};
use crate::parameters::Parameters;
use crate::philox::{Draws, Purpose};

/// Whose random numbers dropout uses; without one, nothing is dropped.
#[derive(Clone, Copy, Debug)]
pub(super) struct Presentation<'a> {
    pub(super) epoch: u32,
    /// The samples of the batch.
    pub(super) samples: &'a [u32],
}

/// `s''(a)` written in the output `y = s(a)`.
fn curvature<T: Real>(activation: Activation, y: T) -> T {
    let two = T::from_f64(2.0);
    match activation {
        Activation::Sigmoid => slope(activation, y) * (T::from_f64(1.0) - two * y),
        Activation::Tanh => -(two * y * slope(activation, y)),
        Activation::Relu | Activation::Linear | Activation::Softmax => T::default(),
    }
}

/// `ρ̂` of a unit that gave `sum` on `n` samples, kept off 0 and 1.
fn mean<T: Real>(sum: T, n: usize) -> T {
    T::from_f64((sum.to_f64() / n as f64).clamp(MEAN_MARGIN, 1.0 - MEAN_MARGIN))
}

impl<T: Real> Reference<T> {
    /// What the penalties add to the loss of a pass:
    /// `λ₁ Σ |w| + λ₂ (1/n) Σ_ni s'(a_ni)² ‖W_i‖² + λ₃ Σ_i KL(ρ ‖ ρ̂_i)`, the last two of the first layer.
    #[must_use]
    pub fn penalty(&self, pass: &Pass<T>) -> T {
        let Penalties { l1, contraction, sparsity } = self.problem.objective.penalties;
        let (real, layer) = (T::from_f64, self.problem.network.layers[0]);
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
        let inputs = self.problem.network.layers[0].inputs;
        let mut sum = T::default();
        self.parameters.layers[0].weights[i * inputs..][..inputs].iter().for_each(|&w| sum += w * w);
        sum
    }

    /// Adds the gradients of contraction and sparsity by the first pre-activation, `(n, h)`, to `delta`, and the one that
    /// the contraction has besides by `W`, `(2λ/n) W_i Σ_n s'(a_ni)²`, to `gradients`. Where the mean is kept off 0 or 1, the
    /// slope is the one there.
    pub(super) fn penalize_code(&self, pre: &[T], delta: &mut [T], gradients: &mut Parameters<T>) {
        let Penalties { contraction, sparsity, .. } = self.problem.objective.penalties;
        if contraction == 0.0 && sparsity.is_none() {
            return;
        }
        let (real, layer) = (T::from_f64, self.problem.network.layers[0]);
        let (h, n) = (layer.outputs, pre.len() / layer.outputs);
        let per_sample = real(n as f64);
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
    pub(super) fn penalize_weights(&self, gradients: &mut Parameters<T>) {
        let (zero, l1) = (T::default(), T::from_f64(self.problem.objective.penalties.l1));
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

    /// What the output of layer `l` is multiplied by, `(n, outputs)`: 0 for unit `j` of a sample with probability p, when
    /// word `j` of the layer's numbers for sample and epoch lies below `p·2³²`; else `1 / (1 − p)`. Nothing if there is
    /// nothing to drop.
    pub(super) fn factors(&self, l: usize, presentation: Option<Presentation<'_>>) -> Option<Vec<T>> {
        let layer = self.problem.network.layers[l];
        let dropout = self.problem.objective.dropout_of(l);
        let Presentation { epoch, samples } = presentation.filter(|_| dropout > 0.0)?;
        let draws = Draws::new(self.problem.objective.seed, Purpose::Dropout(l as u16));
        let kept = T::from_f64(1.0) / T::from_f64(1.0 - dropout);
        let of_sample = |&sample: &u32| {
            let words = (0..layer.outputs).map(move |j| draws.at(epoch, sample).word(j as u32));
            words.map(|word| if u64::from(word) < threshold(dropout) { T::default() } else { kept })
        };
        Some(samples.iter().flat_map(of_sample).collect())
    }

    /// `W_i ← W_i · c / ‖W_i‖` for every unit whose incoming weights are longer than `c`, in every matrix.
    pub(super) fn bound_norms(&mut self) {
        let Some(bound) = self.problem.optimizer.max_norm.map(T::from_f64) else { return };
        for (layer, shape) in self.parameters.layers.iter_mut().zip(&self.problem.network.layers) {
            for row in layer.weights.chunks_mut(shape.inputs) {
                let mut squares = T::default();
                row.iter().for_each(|&w| squares += w * w);
                let norm = squares.sqrt();
                if norm > bound {
                    row.iter_mut().for_each(|w| *w = *w * (bound / norm));
                }
            }
        }
    }
}
