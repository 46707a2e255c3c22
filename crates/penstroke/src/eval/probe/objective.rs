//! The probe's objective and its gradient, in panels of rows.
//!
//! With features `u = (x − mean) · scale` and a last component of one for the biases, the parameters are one matrix
//! `V`, row-major `(d+1, k)`, whose last row holds the biases:
//!
//! `f(V) = (1/n) Σ_i [ln Σ_c exp(a_ic) − a_i,y_i] + (penalty/2) Σ_{j<d} ‖V_j‖²`, `a = u V`,
//! `∇f = (1/n) uᵀ (softmax(a) − onehot(y)) + penalty · V` (no penalty on the biases).

use super::super::algebra::PANEL;
use super::data::ProbeData;
use faer::linalg::matmul::matmul;
use faer::traits::RealField;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

/// Panels computed before their gradients are summed; limits the memory.
const PANELS_AT_A_TIME: usize = 64;

/// The precision of the products: single in use, double to test the mathematics.
pub(super) trait Real: RealField + Copy {
    fn from_f64(value: f64) -> Self;
    fn to_f64(self) -> f64;
}

impl Real for f32 {
    fn from_f64(value: f64) -> Self {
        value as f32
    }
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
}

impl Real for f64 {
    fn from_f64(value: f64) -> Self {
        value
    }
    fn to_f64(self) -> f64 {
        self
    }
}

/// Centres the features and divides them by one number, so that their mean variance is one.
///
/// One number for all components: dividing each by its own deviation would amplify nearly constant components (a pixel
/// in a corner), which would then decide the class of single test samples.
#[derive(Clone, Debug)]
pub(super) struct Scaling {
    pub(super) mean: Vec<f64>,
    pub(super) scale: f64,
}

/// The function to minimise on all samples of `parts`.
pub(super) struct Objective<'a> {
    pub(super) parts: &'a [ProbeData<'a>],
    pub(super) scaling: &'a Scaling,
    pub(super) penalty: f64,
}

/// A panel's sum of losses and its gradient, `(d+1, k)`.
struct Share<T> {
    loss: f64,
    gradient: Vec<T>,
}

impl Objective<'_> {
    /// The value at `parameters`, `(d+1, k)`; writes the gradient, of the same shape.
    pub(super) fn evaluate<T: Real>(&self, parameters: &[f64], gradient: &mut [f64]) -> f64 {
        let (d, k) = (self.scaling.mean.len(), self.parts[0].n_classes);
        let narrow: Vec<T> = parameters.iter().map(|&p| T::from_f64(p)).collect();
        let weights = MatRef::from_row_major_slice(&narrow, d + 1, k);
        let panels: Vec<(&[f32], &[u32])> = self
            .parts
            .iter()
            .flat_map(|part| part.samples.values().chunks(PANEL * d).zip(part.labels.chunks(PANEL)))
            .collect();
        let n = self.parts.iter().map(|part| part.labels.len()).sum::<usize>() as f64;

        gradient.fill(0.0);
        let mut loss = 0.0;
        for group in panels.chunks(PANELS_AT_A_TIME) {
            let shares: Vec<Share<T>> = group
                .par_iter()
                .map_init(
                    || (vec![T::from_f64(0.0); PANEL * (d + 1)], vec![T::from_f64(0.0); PANEL * k]),
                    |(features, scores), (values, labels)| {
                        self.panel(values, labels, weights, features, scores)
                    },
                )
                .collect();
            for share in shares {
                loss += share.loss;
                for (sum, g) in gradient.iter_mut().zip(share.gradient) {
                    *sum += g.to_f64();
                }
            }
        }
        let mut value = loss / n;
        gradient.iter_mut().for_each(|g| *g /= n);
        for (g, v) in gradient.iter_mut().zip(&parameters[..d * k]) {
            *g += self.penalty * v;
            value += 0.5 * self.penalty * v * v;
        }
        value
    }

    fn panel<T: Real>(
        &self,
        values: &[f32],
        labels: &[u32],
        weights: MatRef<'_, T>,
        features: &mut [T],
        scores: &mut [T],
    ) -> Share<T> {
        let (rows, d, k) = (labels.len(), self.scaling.mean.len(), weights.ncols());
        let features = &mut features[..rows * (d + 1)];
        for (out, row) in features.chunks_exact_mut(d + 1).zip(values.chunks_exact(d)) {
            for ((out, &value), mean) in out.iter_mut().zip(row).zip(&self.scaling.mean) {
                *out = T::from_f64((f64::from(value) - mean) * self.scaling.scale);
            }
            out[d] = T::from_f64(1.0);
        }
        let scores = &mut scores[..rows * k];
        let features = MatRef::from_row_major_slice(features, rows, d + 1);
        let one = T::from_f64(1.0);
        matmul(
            MatMut::from_row_major_slice_mut(scores, rows, k),
            Accum::Replace,
            features,
            weights,
            one,
            Par::Seq,
        );
        let mut loss = 0.0;
        for (scores, &label) in scores.chunks_exact_mut(k).zip(labels) {
            loss += softmax_loss(scores, label as usize);
        }
        let mut gradient = vec![T::from_f64(0.0); (d + 1) * k];
        matmul(
            MatMut::from_row_major_slice_mut(&mut gradient, d + 1, k),
            Accum::Replace,
            features.transpose(),
            MatRef::from_row_major_slice(scores, rows, k),
            one,
            Par::Seq,
        );
        Share { loss, gradient }
    }
}

/// Returns `ln Σ exp(a_c) − a_label` and replaces the scores by `softmax(a) − onehot(label)`. The largest score is
/// subtracted first, so no exponential overflows and the sum is at least one.
fn softmax_loss<T: Real>(scores: &mut [T], label: usize) -> f64 {
    let largest = scores.iter().fold(f64::NEG_INFINITY, |largest, score| largest.max(score.to_f64()));
    let at_label = scores[label].to_f64();
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        // Not `f64::exp`: the system's is forty times slower after a product that used AVX-512 (120 ms instead of 3 ms
        // for 600,000, Xeon of 2023), because the product leaves the upper halves of the registers dirty.
        let exponential = libm::exp(score.to_f64() - largest);
        sum += exponential;
        *score = T::from_f64(exponential);
    }
    for (class, score) in scores.iter_mut().enumerate() {
        *score = T::from_f64(score.to_f64() / sum - f64::from(class == label));
    }
    sum.ln() + largest - at_label
}

#[cfg(test)]
mod tests {
    use super::super::super::SampleMatrix;
    use super::*;
    use penstroke_engine::philox::{Draws, Purpose};

    #[test]
    fn the_gradient_is_the_central_difference() {
        let (n, d, k) = (2 * PANEL + 11, 4, 3);
        let mut draws = Draws::new(1, Purpose::Generator(0)).at(0, 0).sequence();
        let values: Vec<f32> = (0..n * d).map(|_| (draws.uniform() * 3.0) as f32).collect();
        let labels: Vec<u32> = (0..n).map(|_| draws.below(k)).collect();
        let parts = [ProbeData::new(SampleMatrix::new(&values, d).unwrap(), &labels, k as usize).unwrap()];
        let scaling = Scaling { mean: vec![1.4, 1.5, 1.6, 1.5], scale: 1.3 };
        let objective = Objective { parts: &parts, scaling: &scaling, penalty: 0.1 };
        let parameters: Vec<f64> = (0..(d + 1) * k as usize).map(|_| draws.uniform() * 4.0 - 2.0).collect();
        let mut gradient = vec![0.0; parameters.len()];
        objective.evaluate::<f64>(&parameters, &mut gradient);
        let mut single = gradient.clone();
        objective.evaluate::<f32>(&parameters, &mut single);
        for at in 0..parameters.len() {
            let value = |step: f64| {
                let mut moved = parameters.clone();
                moved[at] += step;
                objective.evaluate::<f64>(&moved, &mut vec![0.0; parameters.len()])
            };
            // The third derivative is of order one: this step has an error of 1e-10, and rounding adds as much again.
            let difference = (value(1e-5) - value(-1e-5)) / 2e-5;
            assert!((difference - gradient[at]).abs() < 1e-9, "{at}: {difference} {}", gradient[at]);
            // Single precision: 2⁻²⁴ times the size of the terms.
            assert!((single[at] - gradient[at]).abs() < 1e-6);
        }
    }

    #[test]
    fn softmax_survives_scores_of_any_size() {
        let mut scores = [1e30f32, -1e30, 0.0];
        assert_eq!(softmax_loss(&mut scores, 0), 0.0);
        assert_eq!(scores, [0.0, 0.0, 0.0]);
        let mut equal = [7.0f64; 4];
        assert!((softmax_loss(&mut equal, 1) - 4f64.ln()).abs() < 1e-15);
        assert_eq!(equal, [0.25, -0.75, 0.25, 0.25]);
    }
}
