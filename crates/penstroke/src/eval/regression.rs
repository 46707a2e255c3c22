//! Errors of regression predictions.

use crate::data::Targets;
use crate::error::counted;
use crate::{Error, Result};
use serde::Serialize;

/// The errors of predictions, per target.
///
/// ```
/// use penstroke::{data::Targets, eval::RegressionScore};
/// let truth = Targets::new("truth", vec![1.0, 2.0, 3.0, 4.0], 1)?;
/// let score = RegressionScore::of(&[1.0, 2.0, 3.0, 6.0], &truth)?;
/// assert_eq!((score.rmse[0], score.r_squared[0]), (1.0, Some(1.0 - 4.0 / 5.0)));
/// # Ok::<(), penstroke::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RegressionScore {
    /// Number of samples compared.
    pub n: usize,
    /// Root mean squared error of each target, in the target's units.
    pub rmse: Vec<f64>,
    /// `R² = 1 − Σ (ŷ − t)² / Σ (t − t̄)²` of each target, at most 1; predicting the mean `t̄` of these samples gives
    /// 0. `None` for a target that has the same value in all samples.
    pub r_squared: Vec<Option<f64>>,
}

impl RegressionScore {
    /// Compares predictions, `(n, k)`, with the true targets of the same shape.
    ///
    /// # Errors
    /// If the shapes differ.
    pub fn of(predicted: &[f32], truth: &Targets) -> Result<Self> {
        let (n, k) = (truth.n_samples(), truth.n_targets());
        if predicted.len() != n * k {
            let problem = format!(
                "{} for {} of {}",
                counted(predicted.len(), "value"),
                counted(n, "sample"),
                counted(k, "target")
            );
            return Err(Error::input("predictions", problem));
        }
        let column = |values: &[f32], j: usize| -> Vec<f64> {
            values.iter().skip(j).step_by(k).map(|&value| f64::from(value)).collect()
        };
        let (mut rmse, mut r_squared) = (Vec::new(), Vec::new());
        for j in 0..k {
            let truth = column(truth.values(), j);
            let mean = truth.iter().sum::<f64>() / n as f64;
            let squares =
                |differences: &mut dyn Iterator<Item = f64>| differences.map(|d| d * d).sum::<f64>();
            let error = squares(&mut column(predicted, j).iter().zip(&truth).map(|(y, t)| y - t));
            let spread = squares(&mut truth.iter().map(|t| t - mean));
            rmse.push((error / n as f64).sqrt());
            let varies = truth.iter().any(|&value| value != truth[0]);
            r_squared.push(varies.then(|| 1.0 - error / spread));
        }
        Ok(Self { n, rmse, r_squared })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_scores_zero_and_the_truth_scores_one() {
        // The first target is predicted by the mean, the second exactly; the third never changes.
        let truth = Targets::new("t", vec![1.0, 5.0, 0.1, 3.0, 9.0, 0.1, 8.0, 4.0, 0.1], 3).unwrap();
        let score = RegressionScore::of(&[4.0, 5.0, 0.1, 4.0, 9.0, 0.1, 4.0, 4.0, 1.1], &truth).unwrap();
        assert_eq!((score.n, score.r_squared), (3, vec![Some(0.0), Some(1.0), None]));
        let deviation = ((9.0f64 + 1.0 + 16.0) / 3.0).sqrt();
        assert_eq!((score.rmse[0], score.rmse[1]), (deviation, 0.0));
        // √(1/3), in single precision.
        assert!((score.rmse[2] - (1.0f64 / 3.0).sqrt()).abs() < 1e-6);
        for n in [6, 10] {
            let message = RegressionScore::of(&vec![4.0; n], &truth).unwrap_err().to_string();
            assert_eq!(message, format!("predictions: {n} values for 3 samples of 3 targets"));
        }
    }
}
