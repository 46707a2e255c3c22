//! Principal component analysis: the directions of largest variance.
//!
//! The components are the eigenvectors of the covariance `S = 1/(n−1) Σ (x − mean)(x − mean)ᵀ`, in descending order of
//! eigenvalue; the eigenvalue is the variance of the samples along its component. The sign of a component is arbitrary;
//! here its entry of largest magnitude (the first, if tied) is positive.
//!
//! ```
//! use penstroke::eval::{Pca, SampleMatrix};
//! let samples = [1.0, 1.0, -1.0, -1.0, 3.0, 3.0, -3.0, -3.0];
//! let pca = Pca::fit(SampleMatrix::new(&samples, 2)?, 1)?;
//! let half = 0.5f32.sqrt();
//! assert!(pca.components().iter().all(|c| (c - half).abs() < 1e-6));
//! assert!((pca.explained_variance()[0] - 40.0 / 3.0).abs() < 1e-12);
//! # Ok::<(), penstroke::Error>(())
//! ```

use super::SampleMatrix;
use super::algebra::{map_rows, symmetric_eigen};
use super::moments::moments;
use crate::error::counted;
use crate::{Error, Result};
use faer::{Mat, MatRef};

/// Mean, components and variances of samples of `d` components.
#[derive(Clone, Debug)]
pub struct Pca {
    mean: Vec<f64>,
    /// `(d, k)`: components as columns.
    directions: Mat<f64>,
    components: Vec<f32>,
    explained_variance: Vec<f64>,
    total_variance: f64,
}

impl Pca {
    /// The first `n_components` components of `samples`.
    ///
    /// # Errors
    /// If there is only one sample, or `n_components` is not in `1..=min(n, d)`.
    pub fn fit(samples: SampleMatrix<'_>, n_components: usize) -> Result<Self> {
        let (n, d) = (samples.n_samples(), samples.n_components());
        if n < 2 {
            return Err(Error::input("pca", "one sample has no variance; at least two are needed"));
        }
        if n_components == 0 || n_components > n.min(d) {
            let problem =
                format!("{} requested; 1..={} are available", counted(n_components, "component"), n.min(d));
            return Err(Error::input("pca", problem));
        }
        let moments = moments(samples);
        // The moments are divided by n.
        let unbiased = n as f64 / (n - 1) as f64;
        let (values, vectors) = symmetric_eigen("pca", moments.covariance.as_ref())?;
        let mut directions = Mat::zeros(d, n_components);
        let mut explained_variance = Vec::with_capacity(n_components);
        for k in 0..n_components {
            let from = d - 1 - k;
            let mut largest = 0.0f64;
            for &entry in vectors.col(from).iter() {
                if entry.abs() > largest.abs() {
                    largest = entry;
                }
            }
            for i in 0..d {
                directions[(i, k)] = vectors[(i, from)] * largest.signum();
            }
            // Rounding can make a variance of zero negative.
            explained_variance.push((values[from] * unbiased).max(0.0));
        }
        let total_variance = (0..d).map(|i| moments.covariance[(i, i)]).sum::<f64>() * unbiased;
        let components = (0..n_components)
            .flat_map(|k| (0..d).map(move |i| (i, k)))
            .map(|at| directions[at] as f32)
            .collect();
        Ok(Self { mean: moments.mean, directions, components, explained_variance, total_variance })
    }

    /// The mean, `(d)`.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// The components as rows of unit norm, `(k, d)`, by descending variance.
    pub fn components(&self) -> &[f32] {
        &self.components
    }

    /// The variance of the samples along each component, `(k)`, in the samples' unit squared.
    pub fn explained_variance(&self) -> &[f64] {
        &self.explained_variance
    }

    /// Each component's share of the total variance, `(k)`; zeros if there is no variance.
    pub fn explained_variance_ratio(&self) -> Vec<f64> {
        let total = if self.total_variance > 0.0 { self.total_variance } else { 1.0 };
        self.explained_variance.iter().map(|variance| variance / total).collect()
    }

    /// The coordinates along the components, `(n, k)`.
    ///
    /// # Errors
    /// If the samples do not have `d` components.
    pub fn transform(&self, samples: SampleMatrix<'_>) -> Result<Vec<f32>> {
        samples.check_components("pca", self.mean.len())?;
        let zeros = vec![0.0; self.explained_variance.len()];
        Ok(map_rows(samples, &self.mean, self.directions.as_ref(), &zeros))
    }

    /// The samples, `(n, d)`, with the given coordinates, `(n, k)`.
    ///
    /// # Errors
    /// If a row does not have `k` coordinates.
    pub fn inverse_transform(&self, coordinates: SampleMatrix<'_>) -> Result<Vec<f32>> {
        let k = self.explained_variance.len();
        coordinates.check_components("pca", k)?;
        let back: MatRef<'_, f64> = self.directions.transpose();
        Ok(map_rows(coordinates, &vec![0.0; k], back, &self.mean))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use penstroke_engine::philox::{Draws, Purpose};

    /// `±a_i u_i` about a mean, whose covariance is `Σ 2 a_i² u_i u_iᵀ / (2·3 − 1)`.
    const DIRECTIONS: [[f64; 3]; 3] = [[0.6, 0.8, 0.0], [-0.8, 0.6, 0.0], [0.0, 0.0, 1.0]];
    const SIZES: [f64; 3] = [1.0, 3.0, 2.0];
    const MEAN: [f64; 3] = [10.0, -20.0, 5.0];

    fn crosses() -> Vec<f32> {
        let mut values = Vec::new();
        for (direction, size) in DIRECTIONS.iter().zip(SIZES) {
            for sign in [1.0, -1.0] {
                values.extend((0..3).map(|j| (MEAN[j] + sign * size * direction[j]) as f32));
            }
        }
        values
    }

    #[test]
    fn a_known_covariance_gives_its_axes_and_variances_over_n_minus_one() {
        let values = crosses();
        let pca = Pca::fit(SampleMatrix::new(&values, 3).unwrap(), 3).unwrap();
        // By descending variance: axes 1, 2, 0. Single-precision values near 20 have rounding errors of 2e-6.
        for (k, axis) in [1, 2, 0].into_iter().enumerate() {
            let variance = 2.0 * SIZES[axis] * SIZES[axis] / 5.0;
            assert!((pca.explained_variance()[k] - variance).abs() < 1e-5);
            let sign = if axis == 1 { -1.0 } else { 1.0 };
            for (&entry, direction) in pca.components()[k * 3..].iter().zip(DIRECTIONS[axis]) {
                assert!((f64::from(entry) - sign * direction).abs() < 1e-5, "component {k}");
            }
        }
        for (mean, expected) in pca.mean().iter().zip(MEAN) {
            assert!((mean - expected).abs() < 1e-6);
        }
    }

    #[test]
    fn all_components_together_hold_the_variance_and_restore_the_samples() {
        let (n, d) = (700, 9);
        let mut draws = Draws::new(2, Purpose::Generator(0)).at(0, 0).sequence();
        let values: Vec<f32> = (0..n * d).map(|i| (draws.uniform() * (1 + i % d) as f64) as f32).collect();
        let samples = SampleMatrix::new(&values, d).unwrap();
        let pca = Pca::fit(samples, d).unwrap();
        assert!((pca.explained_variance_ratio().iter().sum::<f64>() - 1.0).abs() < 1e-12);
        let plain: f64 = (0..d)
            .map(|j| {
                let column = || values.iter().skip(j).step_by(d).map(|&v| f64::from(v));
                let mean = column().sum::<f64>() / n as f64;
                column().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1) as f64
            })
            .sum();
        assert!((pca.explained_variance().iter().sum::<f64>() / plain - 1.0).abs() < 1e-12);

        let codes = pca.transform(samples).unwrap();
        let codes = SampleMatrix::new(&codes, d).unwrap();
        // The coordinates are uncorrelated and have the reported variances.
        let check = Pca::fit(codes, d).unwrap();
        for (a, b) in check.explained_variance().iter().zip(pca.explained_variance()) {
            assert!((a / b - 1.0).abs() < 1e-5);
        }
        let back = pca.inverse_transform(codes).unwrap();
        assert!(back.iter().zip(&values).all(|(a, b)| (a - b).abs() < 1e-5));
    }

    #[test]
    fn dropping_components_loses_exactly_their_variance() {
        let values = crosses();
        let samples = SampleMatrix::new(&values, 3).unwrap();
        let pca = Pca::fit(samples, 2).unwrap();
        let codes = pca.transform(samples).unwrap();
        let back = pca.inverse_transform(SampleMatrix::new(&codes, 2).unwrap()).unwrap();
        let lost: f64 = back.iter().zip(&values).map(|(a, b)| f64::from(a - b).powi(2)).sum();
        assert!((lost - 2.0 * SIZES[0] * SIZES[0]).abs() < 1e-4, "{lost}");
    }

    #[test]
    fn the_bits_do_not_depend_on_the_number_of_threads() {
        // Several panels of rows and several tiles of the covariance.
        let (n, d) = (5000, 150);
        let mut draws = Draws::new(3, Purpose::Generator(0)).at(0, 0).sequence();
        let values: Vec<f32> = (0..n * d).map(|_| draws.uniform() as f32).collect();
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let pca = Pca::fit(SampleMatrix::new(&values, d).unwrap(), 7).unwrap();
                let codes = pca.transform(SampleMatrix::new(&values, d).unwrap()).unwrap();
                (pca.explained_variance, pca.components, codes)
            })
        };
        let one = run(1);
        for threads in [2, 3, 7] {
            assert!(run(threads) == one, "{threads} threads");
        }
    }

    #[test]
    fn constant_data_have_no_variance_and_nothing_is_nan() {
        let pca = Pca::fit(SampleMatrix::new(&[3.0; 8], 2).unwrap(), 2).unwrap();
        assert_eq!(pca.explained_variance(), [0.0, 0.0]);
        assert_eq!(pca.explained_variance_ratio(), [0.0, 0.0]);
        assert!(pca.components().iter().all(|c| c.is_finite()));
    }

    #[test]
    fn impossible_requests_are_refused() {
        let samples = SampleMatrix::new(&[0.0, 1.0, 2.0, 3.0], 2).unwrap();
        let refused = |samples, k| Pca::fit(samples, k).unwrap_err().to_string();
        assert_eq!(refused(samples, 0), "pca: 0 components requested; 1..=2 are available");
        assert_eq!(refused(samples, 3), "pca: 3 components requested; 1..=2 are available");
        let one = SampleMatrix::new(&[1.0, 2.0], 2).unwrap();
        assert_eq!(refused(one, 1), "pca: one sample has no variance; at least two are needed");
        let pca = Pca::fit(samples, 1).unwrap();
        assert_eq!(
            pca.transform(SampleMatrix::new(&[1.0], 1).unwrap()).unwrap_err().to_string(),
            "pca: samples have 1 component instead of 2"
        );
        assert_eq!(
            pca.inverse_transform(samples).unwrap_err().to_string(),
            "pca: samples have 2 components instead of 1"
        );
    }
}
