//! The best linear denoiser, in closed form: the yardstick that a denoising autoencoder must beat.
//!
//! `x̂ = A x̃ + a` minimises the expected loss `E ‖x̂ − x‖²` (summed over components, averaged over the samples and
//! over the corruption) over all matrices `A`, `(d, d)`, and vectors `a`, `(d)`:
//!
//! * **Gaussian noise** of standard deviation σ, with the covariance `C` (divided by `n`) and the mean `m`:
//!   `A = C (C + σ²I)⁻¹`, `a = m − A m`, loss `σ² tr A`. This is the Wiener filter. In the basis of the principal
//!   components it shrinks each by `λ/(λ + σ²)`, which is how it is computed, so that `C` may be singular.
//! * **Masking** with probability q: with an added constant component of one for `a`, the second moments
//!   `S = (1/n) Σ x xᵀ` and the probability of survival `p_i = 1 − q` (1 for the added component):
//!   `[A a] = P Q⁻¹`, `P_ij = S_ij p_j`, `Q_ij = S_ij p_i p_j` off the diagonal and `S_ii p_i` on it, loss
//!   `tr S − tr([A a] Pᵀ)`. Chen, Weinberger, Sha and Bengio, "Marginalized denoising auto-encoders" (2014), give it
//!   without the exact treatment of the added component's row.
//!
//! A component that is always zero, or always masked, carries no information: its column of `A` is zero. The others are
//! scaled to `Q_ii = 1`, where `Q` is positive definite for 0 < q < 1 (its smallest eigenvalue is of the order of q). A
//! ridge of 1e-12 on that unit diagonal keeps it positive definite despite rounding and raises the loss by at most
//! 1e-12 of `Σ_ij A_ij² Q_jj`. At q = 0 the result is the identity.
//!
//! ```
//! use penstroke::eval::{LinearDenoiser, SampleMatrix};
//! // One component of variance 4 under noise of variance 1: shrink by 4/5, loss 4·1/5.
//! let denoiser = LinearDenoiser::for_gaussian(SampleMatrix::new(&[8.0, 12.0], 1)?, 1.0)?;
//! assert!((denoiser.loss() - 0.8).abs() < 1e-12);
//! assert!((denoiser.apply(SampleMatrix::new(&[15.0], 1)?)?[0] - 14.0).abs() < 1e-6);
//! # Ok::<(), penstroke::Error>(())
//! ```

use super::SampleMatrix;
use super::algebra::{Cholesky, map_panels, map_rows, product, symmetric_eigen};
use super::moments::moments;
use crate::{Error, Result};
use faer::Mat;

/// Added to the unit diagonal of the scaled masking problem.
const RIDGE: f64 = 1e-12;

/// The corruption for which a denoiser is optimal.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Corruption {
    /// Standard deviation.
    Gaussian(f64),
    /// Probability that a component becomes zero.
    Masking(f64),
}

/// The best linear denoiser `x̂ = A x̃ + a` for one corruption and the samples it was computed from.
#[derive(Clone, Debug)]
pub struct LinearDenoiser {
    corruption: Corruption,
    /// `Aᵀ`, `(d, d)`: maps rows.
    map: Mat<f64>,
    shift: Vec<f64>,
    loss: f64,
}

impl LinearDenoiser {
    /// The best linear denoiser for noise N(0, σ²) on every component.
    ///
    /// # Errors
    /// If `sigma` is negative or not finite.
    pub fn for_gaussian(samples: SampleMatrix<'_>, sigma: f64) -> Result<Self> {
        if !(sigma.is_finite() && sigma >= 0.0) {
            let problem = format!("standard deviation {sigma} is not finite and at least 0");
            return Err(Error::input("gaussian", problem));
        }
        let moments = moments(samples);
        let d = moments.mean.len();
        let (values, vectors) = symmetric_eigen("linear denoiser", moments.covariance.as_ref())?;
        let noise = sigma * sigma;
        let shrink: Vec<f64> = values
            .iter()
            // Without noise nothing shrinks, not even a direction of zero variance.
            .map(|&variance| if noise == 0.0 { 1.0 } else { variance.max(0.0) / (variance.max(0.0) + noise) })
            .collect();
        let scaled = Mat::from_fn(d, d, |i, j| vectors[(i, j)] * shrink[j]);
        // Symmetric, so it is its own transpose.
        let map = product(scaled.as_ref(), vectors.transpose());
        let shift = (0..d)
            .map(|j| moments.mean[j] - (0..d).map(|i| moments.mean[i] * map[(i, j)]).sum::<f64>())
            .collect();
        let loss = noise * shrink.iter().sum::<f64>();
        Ok(Self { corruption: Corruption::Gaussian(sigma), map, shift, loss })
    }

    /// The best linear denoiser for masking: each component is set to zero with probability `q`, independently.
    ///
    /// # Errors
    /// If `q` is outside 0..=1.
    pub fn for_masking(samples: SampleMatrix<'_>, q: f64) -> Result<Self> {
        if !(0.0..=1.0).contains(&q) {
            return Err(Error::input("masking", format!("probability {q} is outside 0..=1")));
        }
        let d = samples.n_components();
        let corruption = Corruption::Masking(q);
        if q == 0.0 {
            return Ok(Self { corruption, map: Mat::identity(d, d), shift: vec![0.0; d], loss: 0.0 });
        }
        let moments = moments(samples);
        let mean = |i: usize| if i == d { 1.0 } else { moments.mean[i] };
        // The constant component is the last; its covariance is zero and its mean is one.
        let second = |i: usize, j: usize| {
            let covariance = if i < d && j < d { moments.covariance[(i, j)] } else { 0.0 };
            covariance + mean(i) * mean(j)
        };
        let kept = |i: usize| if i == d { 1.0 } else { 1.0 - q };
        let useful: Vec<usize> = (0..=d).filter(|&i| second(i, i) * kept(i) > 0.0).collect();
        let scale: Vec<f64> = useful.iter().map(|&i| 1.0 / (second(i, i) * kept(i)).sqrt()).collect();
        let m = useful.len();
        let q_scaled = Mat::from_fn(m, m, |a, b| {
            let (i, j) = (useful[a], useful[b]);
            if a == b { 1.0 + RIDGE } else { second(i, j) * kept(i) * kept(j) * scale[a] * scale[b] }
        });
        // Columns are the outputs: solves Q [A a]ᵀ = Pᵀ.
        let p = Mat::from_fn(m, d, |a, j| second(j, useful[a]) * kept(useful[a]) * scale[a]);
        let mut solution = p.clone();
        Cholesky::new("linear denoiser", q_scaled)?.solve(solution.as_mut());
        let explained: f64 = (0..d)
            .map(|j| p.col(j).iter().zip(solution.col(j).iter()).map(|(p, s)| p * s).sum::<f64>())
            .sum();
        let loss = ((0..d).map(|j| second(j, j)).sum::<f64>() - explained).max(0.0);
        let mut map = Mat::zeros(d, d);
        let mut shift = vec![0.0; d];
        for (a, &i) in useful.iter().enumerate() {
            for j in 0..d {
                let entry = solution[(a, j)] * scale[a];
                if i == d { shift[j] = entry } else { map[(i, j)] = entry }
            }
        }
        Ok(Self { corruption, map, shift, loss })
    }

    /// The expected loss on the samples that it was computed from: summed over components, averaged over samples.
    pub fn loss(&self) -> f64 {
        self.loss
    }

    /// The matrix `A`, row-major `(d, d)`: row `j` computes component `j` of the reconstruction.
    pub fn weights(&self) -> Vec<f64> {
        (0..self.shift.len()).flat_map(|j| self.map.col(j).iter().copied()).collect()
    }

    /// The constant `a`, `(d)`.
    pub fn bias(&self) -> &[f64] {
        &self.shift
    }

    /// Denoises corrupted samples, `(n, d)`.
    ///
    /// # Errors
    /// If they do not have `d` components.
    pub fn apply(&self, corrupted: SampleMatrix<'_>) -> Result<Vec<f32>> {
        corrupted.check_components("linear denoiser", self.shift.len())?;
        Ok(map_rows(corrupted, &vec![0.0; self.shift.len()], self.map.as_ref(), &self.shift))
    }

    /// The expected loss on other clean samples under the same corruption, computed in closed form: the loss at the
    /// expected input, plus the contribution of the noise, `σ² ‖A‖²` or `q(1−q) Σ_ij A_ij² x_j²`.
    ///
    /// # Errors
    /// If they do not have `d` components.
    pub fn expected_loss(&self, clean: SampleMatrix<'_>) -> Result<f64> {
        let d = self.shift.len();
        clean.check_components("linear denoiser", d)?;
        let norms: Vec<f64> =
            (0..d).map(|i| (0..d).map(|j| self.map[(i, j)] * self.map[(i, j)]).sum()).collect();
        // The expected input is the clean one times `kept`; `spread` is the variance of a component's mask.
        let (kept, spread, constant) = match self.corruption {
            Corruption::Gaussian(sigma) => (1.0, 0.0, sigma * sigma * norms.iter().sum::<f64>()),
            Corruption::Masking(q) => (1.0 - q, q * (1.0 - q), 0.0),
        };
        let map = Mat::from_fn(d, d, |i, j| kept * self.map[(i, j)] - f64::from(u8::from(i == j)));
        let panels = map_panels(clean, &vec![0.0; d], map.as_ref(), |first, errors| {
            let mut sum = 0.0;
            for (row, errors) in errors.chunks_exact(d).enumerate() {
                let x = clean.row(first + row);
                sum += errors.iter().zip(&self.shift).map(|(e, a)| (e + a) * (e + a)).sum::<f64>();
                sum +=
                    spread * x.iter().zip(&norms).map(|(&x, norm)| f64::from(x).powi(2) * norm).sum::<f64>();
            }
            sum
        });
        Ok(panels.iter().sum::<f64>() / clean.n_samples() as f64 + constant)
    }
}

#[cfg(test)]
mod tests;
