//! Kurtosis: whether a unit responds strongly to a few samples and hardly at all to most.
//!
//! The excess kurtosis of a filter's responses `r = W_i · x` over samples is `E[(r − E r)⁴] / (E[(r − E r)²])² − 3`,
//! with moments divided by `n`: 0 for normal responses, 3 for a Laplace distribution, −1.2 for a uniform one, and far
//! above 3 for filters that match the rare events that make up the data (Field, "What is the goal of sensory coding?",
//! 1994). It does not depend on the filter's norm.

use super::super::SampleMatrix;
use super::super::algebra::map_panels;
use super::super::moments::mean;
use crate::Result;
use faer::MatRef;

/// The excess kurtosis of each filter's responses to `samples`, `(h)`; 0 for constant responses. `filters` is
/// `(h, d)`, `samples` `(n, d)`.
///
/// # Errors
/// If the samples do not have as many components as the filters.
pub fn response_kurtosis(filters: SampleMatrix<'_>, samples: SampleMatrix<'_>) -> Result<Vec<f64>> {
    let (h, d) = (filters.n_samples(), filters.n_components());
    samples.check_components("response kurtosis", d)?;
    let wide: Vec<f64> = filters.values().iter().map(|&w| f64::from(w)).collect();
    let map = MatRef::from_row_major_slice(&wide, h, d).transpose();
    // Centring the samples also centres the responses, so one pass gives the central moments.
    let panels = map_panels(samples, &mean(samples), map, |_, responses| {
        let mut sums = vec![(0.0, 0.0); h];
        for row in responses.chunks_exact(h) {
            for ((second, fourth), response) in sums.iter_mut().zip(row) {
                let square = response * response;
                *second += square;
                *fourth += square * square;
            }
        }
        sums
    });
    let n = samples.n_samples() as f64;
    let kurtosis = |unit: usize| {
        let second = panels.iter().map(|sums| sums[unit].0).sum::<f64>() / n;
        let fourth = panels.iter().map(|sums| sums[unit].1).sum::<f64>() / n;
        if second > 0.0 { fourth / (second * second) - 3.0 } else { 0.0 }
    };
    Ok((0..h).map(kurtosis).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use penstroke_engine::philox::{Draws, Purpose};

    /// The kurtosis of equally spaced quantiles, which has no sampling noise.
    fn kurtosis_of(quantile: impl Fn(f64) -> f64) -> f64 {
        let n = 200_000;
        let values: Vec<f32> = (0..n).map(|i| quantile((i as f64 + 0.5) / n as f64) as f32 + 5.0).collect();
        response_kurtosis(SampleMatrix::new(&[-0.3], 1).unwrap(), SampleMatrix::new(&values, 1).unwrap())
            .unwrap()[0]
    }

    #[test]
    fn known_distributions_have_their_kurtosis() {
        let laplace = kurtosis_of(|u| if u < 0.5 { (2.0 * u).ln() } else { -(2.0 - 2.0 * u).ln() });
        // The tails beyond the last quantile are missing: (ln 2n)⁴/n of the fourth moment of 24.
        assert!((laplace - 3.0).abs() < 0.02, "{laplace}");
        let uniform = kurtosis_of(|u| u);
        assert!((uniform + 1.2).abs() < 1e-4, "{uniform}");
        let coin = kurtosis_of(|u| if u < 0.5 { -1.0 } else { 1.0 });
        assert!((coin + 2.0).abs() < 1e-6, "{coin}");
    }

    #[test]
    fn normal_samples_have_none_along_any_filter() {
        let (n, d) = (40_000, 3);
        let mut draws = Draws::new(1, Purpose::Generator(0)).at(0, 0).sequence();
        let values: Vec<f32> = (0..n * d)
            .map(|_| {
                let radius = (-2.0 * (1.0 - draws.uniform()).ln()).sqrt();
                (radius * (std::f64::consts::TAU * draws.uniform()).cos()) as f32
            })
            .collect();
        let filters = [1.0, 2.0, 3.0, -1.0, 0.5, 0.0];
        let samples = SampleMatrix::new(&values, d).unwrap();
        // The standard error is √(24/n) = 0.024; four of them.
        for kurtosis in response_kurtosis(SampleMatrix::new(&filters, d).unwrap(), samples).unwrap() {
            assert!(kurtosis.abs() < 0.1, "{kurtosis}");
        }
    }

    #[test]
    fn a_dead_filter_has_zero_and_shapes_must_match() {
        let samples = SampleMatrix::new(&[1.0, 2.0, 3.0, 4.0], 2).unwrap();
        assert_eq!(response_kurtosis(SampleMatrix::new(&[0.0, 0.0], 2).unwrap(), samples).unwrap(), [0.0]);
        assert!(response_kurtosis(SampleMatrix::new(&[0.0], 1).unwrap(), samples).is_err());
    }
}
