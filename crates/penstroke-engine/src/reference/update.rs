//! Updates weights by their gradients.

use super::real::Real;
use super::weights::Reference;
use crate::optimizer::{Descent, Rule};
use crate::parameters::{LayerParameters, Parameters};

impl<T: Real> Reference<T> {
    /// Updates weights and biases by their gradients.
    pub fn move_by(&mut self, gradients: &Parameters<T>, learning_rate: f64) {
        self.steps += 1;
        let rule = Change::new(&self.task.optimizer, self.steps, learning_rate);
        for l in 0..self.task.network.layers.len() {
            let of = |p: &mut Parameters<T>| std::mem::replace(&mut p.layers[l], empty());
            let (mut w, mut first, mut second) =
                (of(&mut self.parameters), of(&mut self.first), of(&mut self.second));
            let g = &gradients.layers[l];
            for k in 0..w.weights.len() {
                rule.apply(
                    &mut w.weights[k],
                    g.weights[k],
                    &mut first.weights[k],
                    &mut second.weights[k],
                    rule.decay,
                );
            }
            for k in 0..w.bias.len() {
                rule.apply(&mut w.bias[k], g.bias[k], &mut first.bias[k], &mut second.bias[k], 0.0);
            }
            self.parameters.layers[l] = w;
            self.first.layers[l] = first;
            self.second.layers[l] = second;
        }
        self.bound_norms();
    }

    /// `W_i ← W_i · c / ‖W_i‖` in every matrix, for each unit whose incoming weights have a norm above `c`.
    pub(super) fn bound_norms(&mut self) {
        let Some(bound) = self.task.optimizer.max_norm.map(T::from_f64) else { return };
        for (layer, shape) in self.parameters.layers.iter_mut().zip(&self.task.network.layers) {
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

fn empty<T>() -> LayerParameters<T> {
    LayerParameters { weights: Vec::new(), bias: Vec::new() }
}

/// One optimizer step, with everything common to all weights computed once, in `f64`.
struct Change {
    rule: Rule,
    rate: f64,
    decay: f64,
    /// Adam's bias corrections, `1 − β^t`.
    corrections: (f64, f64),
}

impl Change {
    fn new(optimizer: &Descent, step: u64, learning_rate: f64) -> Self {
        let corrections = match optimizer.rule {
            Rule::Sgd { .. } => (1.0, 1.0),
            Rule::Adam { beta1, beta2, .. } => (1.0 - beta1.powf(step as f64), 1.0 - beta2.powf(step as f64)),
        };
        let decay = optimizer.weight_decay;
        Self { rule: optimizer.rule, rate: learning_rate, decay, corrections }
    }

    fn apply<T: Real>(&self, w: &mut T, g: T, first: &mut T, second: &mut T, decay: f64) {
        let (real, rate, decay) = (T::from_f64, T::from_f64(self.rate), T::from_f64(decay));
        match self.rule {
            // Without momentum there is no velocity.
            Rule::Sgd { momentum: 0.0 } => *w = *w - rate * (g + decay * *w),
            Rule::Sgd { momentum } => {
                *first = real(momentum) * *first + g + decay * *w;
                *w = *w - rate * *first;
            }
            Rule::Adam { beta1, beta2, epsilon } => {
                let (beta1, beta2) = (real(beta1), real(beta2));
                let one = real(1.0);
                *first = beta1 * *first + (one - beta1) * g;
                *second = beta2 * *second + (one - beta2) * g * g;
                let mean = *first / real(self.corrections.0);
                let deviation = (*second / real(self.corrections.1)).sqrt();
                *w = *w - rate * (mean / (deviation + real(epsilon)) + decay * *w);
            }
        }
    }
}
