//! The targets of a regression: one row of values per sample.

use crate::error::counted;
use crate::{Error, Result};

/// `n` rows of `k` real values each, all finite; row `i` belongs to sample `i` of a data set.
#[derive(Clone, Debug, PartialEq)]
pub struct Targets {
    values: Vec<f32>,
    n_targets: usize,
}

impl Targets {
    /// Targets in row-major order, `(n, k)`. `place` names their source in error messages.
    ///
    /// ```
    /// use penstroke::data::Targets;
    /// let targets = Targets::new("ages", vec![31.0, 44.5, 27.0], 1)?;
    /// assert_eq!((targets.n_samples(), targets.n_targets()), (3, 1));
    /// let wrong = Targets::new("ages", vec![31.0, f32::NAN], 1).unwrap_err();
    /// assert!(wrong.to_string().starts_with("ages: row 1, column 0 (from 0) is NaN"));
    /// # Ok::<(), penstroke::Error>(())
    /// ```
    ///
    /// # Errors
    /// If there are none, if the values are not a whole number of rows, or if one is not finite.
    pub fn new(place: &str, values: Vec<f32>, n_targets: usize) -> Result<Self> {
        if values.is_empty() || n_targets == 0 {
            return Err(Error::input(place, "holds no targets"));
        }
        if !values.len().is_multiple_of(n_targets) {
            let problem =
                format!("{} cannot be divided into rows of {n_targets}", counted(values.len(), "value"));
            return Err(Error::input(place, problem));
        }
        if let Some(at) = values.iter().position(|value| !value.is_finite()) {
            let (row, column, value) = (at / n_targets, at % n_targets, values[at]);
            let problem =
                format!("row {row}, column {column} (from 0) is {value}; every target must be finite");
            return Err(Error::input(place, problem));
        }
        Ok(Self { values, n_targets })
    }

    /// Number of rows, `n`.
    pub fn n_samples(&self) -> usize {
        self.values.len() / self.n_targets
    }

    /// Number of values per row, `k`.
    pub fn n_targets(&self) -> usize {
        self.n_targets
    }

    /// All values, `(n, k)`.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The rows at `indices`, in that order.
    ///
    /// # Panics
    /// If an index is not below `n`.
    pub fn select(&self, indices: &[usize]) -> Self {
        let row = |&i: &usize| &self.values[i * self.n_targets..][..self.n_targets];
        Self { values: indices.iter().flat_map(row).copied().collect(), n_targets: self.n_targets }
    }

    /// Checks that there are `n_targets` values for each of `n_samples`; `place` names them in error messages.
    ///
    /// # Errors
    /// If the number of rows or of values per row differs.
    pub fn check_fits(&self, place: &str, n_samples: usize, n_targets: usize) -> Result<()> {
        if self.n_samples() != n_samples {
            let problem = format!(
                "{} for {}; give one row per sample, in their order",
                counted(self.n_samples(), "row"),
                counted(n_samples, "sample")
            );
            return Err(Error::input(place, problem));
        }
        if self.n_targets != n_targets {
            let problem =
                format!("{} per row, but the model predicts {n_targets}", counted(self.n_targets, "value"));
            return Err(Error::input(place, problem));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_targets_are_refused_with_their_place() {
        let message = |values, k| Targets::new("t.npy", values, k).unwrap_err().to_string();
        assert_eq!(message(vec![], 1), "t.npy: holds no targets");
        assert_eq!(message(vec![1.0], 0), "t.npy: holds no targets");
        assert_eq!(message(vec![1.0; 5], 2), "t.npy: 5 values cannot be divided into rows of 2");
        assert_eq!(
            message(vec![0.0, 1.0, 2.0, f32::INFINITY], 2),
            "t.npy: row 1, column 1 (from 0) is inf; every target must be finite"
        );
        let targets = Targets::new("t.npy", vec![0.0, 1.0, 2.0, 3.0], 2).unwrap();
        targets.check_fits("t.npy", 2, 2).unwrap();
        let misfit = |n, k| targets.check_fits("t.npy", n, k).unwrap_err().to_string();
        assert_eq!(misfit(3, 2), "t.npy: 2 rows for 3 samples; give one row per sample, in their order");
        assert_eq!(misfit(2, 1), "t.npy: 2 values per row, but the model predicts 1");
    }

    #[test]
    fn a_selection_keeps_rows_and_order() {
        let targets = Targets::new("t", vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0], 2).unwrap();
        assert_eq!(targets.select(&[2, 0]).values(), [4.0, 5.0, 0.0, 1.0]);
    }
}
