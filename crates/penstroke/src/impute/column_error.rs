//! The error of imputed cells of a column, beside those of simpler answers.

use serde::{Deserialize, Serialize};

/// The error of imputed cells of one column, on held-out cells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnError {
    /// The column's name.
    pub name: String,
    /// Number of held-out cells.
    pub n_cells: usize,
    /// Whether the networks are better than always answering the mean (squared error) or the frequencies (cross-entropy), by more than
    /// 1.96 standard errors.
    pub is_better: bool,
    /// The errors of the networks, of the best linear predictor and of a constant answer.
    #[serde(flatten)]
    pub of: CellError,
}

/// Errors on the same cells: of the networks blended with regressions, as cells are filled; of the best linear predictor, and of a constant answer.
///
/// The linear predictor is a ridge regression on the other columns, with the best of five penalties for these very cells; `None` if
/// it has more than 512 inputs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum CellError {
    /// Root mean squared errors, in the column's units.
    Number {
        /// Of the blended mean.
        rmse: f64,
        /// Of the best linear predictor.
        rmse_linear: Option<f64>,
        /// Of always answering the column's mean.
        rmse_mean: f64,
        /// `1 − (rmse / rmse_mean)²`; `None` if all cells equal the mean.
        r_squared: Option<f64>,
    },
    /// Shares of right answers, and cross-entropies in nats.
    Category {
        /// Of the category with the largest mean probability.
        accuracy: f64,
        /// Of the best linear predictor.
        accuracy_linear: Option<f64>,
        /// Of always answering the most frequent category.
        accuracy_mode: f64,
        /// Of the probabilities from which categories are drawn.
        cross_entropy: f64,
        /// Of always answering the column's frequencies.
        cross_entropy_frequencies: f64,
    },
}

impl ColumnError {
    /// What speaks against filled cells of this column, in a few words; `None` if nothing does.
    pub fn verdict(&self) -> Option<&'static str> {
        match self.of {
            // A constant answer that is always right leaves nothing to be better at.
            _ if self.of.relative().is_none() => None,
            CellError::Number { .. } if !self.is_better => Some("not clearly better than the mean"),
            CellError::Category { .. } if !self.is_better => Some("not clearly better than the frequencies"),
            CellError::Category { accuracy, accuracy_mode, .. } if accuracy <= accuracy_mode => {
                Some("right no more often than the most frequent")
            }
            _ => None,
        }
    }
}

impl CellError {
    /// The networks' error divided by that of a constant answer: root mean squared errors, or shares of wrong answers. `None` if the
    /// constant makes no error.
    pub fn relative(&self) -> Option<f64> {
        match *self {
            CellError::Number { rmse, rmse_mean, .. } => ratio(rmse, rmse_mean),
            CellError::Category { accuracy, accuracy_mode, .. } => ratio(1.0 - accuracy, 1.0 - accuracy_mode),
        }
    }

    /// The same for the best linear predictor.
    pub fn relative_linear(&self) -> Option<f64> {
        match *self {
            CellError::Number { rmse_linear, rmse_mean, .. } => ratio(rmse_linear?, rmse_mean),
            CellError::Category { accuracy_linear, accuracy_mode, .. } => {
                ratio(1.0 - accuracy_linear?, 1.0 - accuracy_mode)
            }
        }
    }
}

fn ratio(error: f64, of_constant: f64) -> Option<f64> {
    (of_constant > 0.0).then_some(error / of_constant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_whose_constant_is_always_right_has_no_verdict() {
        let verdict = |rmse, rmse_mean| {
            let of = CellError::Number { rmse, rmse_linear: None, rmse_mean, r_squared: None };
            ColumnError { name: "x".into(), n_cells: 9, is_better: false, of }.verdict()
        };
        assert_eq!(verdict(0.9, 1.0), Some("not clearly better than the mean"));
        assert_eq!(verdict(0.0, 0.0), None);
    }
}
