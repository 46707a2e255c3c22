//! Rubin's rules: one estimate from the estimates on several imputed copies of a table.
//!
//! On each of `m` completed tables an analysis gives an estimate `q` and its squared standard error `u`. Then (Rubin, *Multiple
//! Imputation for Nonresponse in Surveys*, 1987, section 3.1):
//!
//! | quantity | formula |
//! | --- | --- |
//! | estimate | `q̄ = (1/m) Σ q` |
//! | variance within the tables | `W = (1/m) Σ u` |
//! | variance between the tables | `B = Σ (q − q̄)² / (m − 1)` |
//! | total variance | `T = W + (1 + 1/m) B` |
//! | relative increase of the variance | `r = (1 + 1/m) B / W` |
//! | share of the variance due to missing cells | `λ = (1 + 1/m) B / T` |
//! | degrees of freedom | `1/ν = λ²/(m − 1) + 1/ν'`, `ν' = (1 − λ) ν₀ (ν₀ + 1)/(ν₀ + 3)` |
//! | fraction of missing information | `(r + 2/(ν + 3)) / (r + 1)` |
//!
//! The degrees of freedom are those of Barnard and Rubin, "Small-sample degrees of freedom with multiple imputation", Biometrika 86
//! (1999), where `ν₀` are those of the analysis on a complete table.

use super::interval::{Interval, around, student_quantile};
use crate::error::counted;
use crate::{Error, Result};
use serde::Serialize;

/// A pooled estimate.
///
/// ```
/// use penstroke::eval::Pooled;
/// // Three tables, each with 20 degrees of freedom.
/// let pooled = Pooled::of(&[1.0, 2.0, 3.0], &[0.5, 0.5, 0.5], 20.0)?;
/// assert_eq!((pooled.estimate, pooled.within, pooled.between), (2.0, 0.5, 1.0));
/// assert!((pooled.total - (0.5 + 4.0 / 3.0)).abs() < 1e-12);
/// # Ok::<(), penstroke::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Pooled {
    /// `q̄`, the mean of the estimates.
    pub estimate: f64,
    /// `√T`.
    pub standard_error: f64,
    /// The 95 % interval, of Student's t with `degrees_of_freedom`.
    pub interval: Interval,
    /// `W`.
    pub within: f64,
    /// `B`.
    pub between: f64,
    /// `T`.
    pub total: f64,
    /// `ν`.
    pub degrees_of_freedom: f64,
    /// The fraction of missing information, in `0..=1`.
    pub fraction_missing: f64,
    /// `m`, the number of tables.
    pub n_tables: usize,
}

impl Pooled {
    /// Pools the `estimates` on several tables, with their squared standard errors `variances`; `complete` are the degrees of freedom
    /// of the analysis on a complete table, infinity if it has none.
    ///
    /// # Errors
    /// If there are fewer than two estimates, as many variances are not given, or a number is out of range.
    pub fn of(estimates: &[f64], variances: &[f64], complete: f64) -> Result<Self> {
        let refuse = |problem: String| Err(Error::input("pool", problem));
        let m = estimates.len();
        if m < 2 {
            return refuse(format!("{}; at least 2 are needed", counted(m, "completed table")));
        }
        if variances.len() != m {
            return refuse(format!("{} variances for {m} estimates", variances.len()));
        }
        if let Some(value) = estimates.iter().find(|value| !value.is_finite()) {
            return refuse(format!("the estimate {value} is not a finite number"));
        }
        if let Some(value) = variances.iter().find(|value| !(value.is_finite() && **value >= 0.0)) {
            return refuse(format!("the variance {value} is not a finite number of at least 0"));
        }
        if complete.is_nan() || complete <= 0.0 {
            return refuse(format!("{complete} degrees of freedom; they must be above 0"));
        }
        let n = m as f64;
        let estimate = estimates.iter().sum::<f64>() / n;
        let within = variances.iter().sum::<f64>() / n;
        let between = estimates.iter().map(|q| (q - estimate).powi(2)).sum::<f64>() / (n - 1.0);
        let of_missing = (1.0 + 1.0 / n) * between;
        let total = within + of_missing;
        let share = if total > 0.0 { of_missing / total } else { 0.0 };
        let degrees_of_freedom = degrees_of_freedom(share, n, complete);
        // (r + 2/(ν+3)) / (r+1), with r/(r+1) = λ and 1/(r+1) = 1 − λ.
        let fraction_missing = share + (1.0 - share) * 2.0 / (degrees_of_freedom + 3.0);
        let standard_error = total.sqrt();
        let interval = around(estimate, student_quantile(degrees_of_freedom) * standard_error);
        Ok(Self {
            estimate,
            standard_error,
            interval,
            within,
            between,
            total,
            degrees_of_freedom,
            fraction_missing,
            n_tables: m,
        })
    }
}

/// Barnard and Rubin's degrees of freedom, or Rubin's of 1987 if the tables have no variance within; `share` is λ. Infinite if neither the tables nor the analysis bound them.
fn degrees_of_freedom(share: f64, m: f64, complete: f64) -> f64 {
    let of_analysis = if complete.is_finite() {
        let shrunk = (complete + 1.0) / (complete + 3.0) * complete * (1.0 - share);
        1.0 / shrunk
    } else {
        0.0
    };
    if share == 1.0 {
        // The tables have no variance of their own, and say nothing of its degrees of freedom.
        return m - 1.0;
    }
    1.0 / (share * share / (m - 1.0) + of_analysis)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Independently computed with the formulas of mice's `pool.scalar` (R 4, mice 3), rule "rubin1987", for
    /// Q = (1.2, 0.8, 1.0, 1.5), U = (0.04, 0.05, 0.045, 0.06), n = 30, k = 2, so ν₀ = 28.
    #[test]
    fn pooled_numbers_are_those_of_the_formulas() {
        let pooled = Pooled::of(&[1.2, 0.8, 1.0, 1.5], &[0.04, 0.05, 0.045, 0.06], 28.0).unwrap();
        let close =
            |value: f64, expected: f64| assert!((value - expected).abs() < 1e-9, "{value} {expected}");
        close(pooled.estimate, 1.125);
        close(pooled.within, 0.04875);
        close(pooled.between, 0.2675 / 3.0);
        close(pooled.total, 0.04875 + 1.25 * 0.2675 / 3.0);
        let share = 1.25 * 0.2675 / 3.0 / pooled.total;
        let old = 3.0 / (share * share);
        let observed = 29.0 / 31.0 * 28.0 * (1.0 - share);
        close(pooled.degrees_of_freedom, old * observed / (old + observed));
        let r = 1.25 * pooled.between / pooled.within;
        close(pooled.fraction_missing, (r + 2.0 / (pooled.degrees_of_freedom + 3.0)) / (r + 1.0));
        let half = student_quantile(pooled.degrees_of_freedom) * pooled.total.sqrt();
        close(pooled.interval.high - pooled.estimate, half);
    }

    #[test]
    fn tables_that_agree_add_no_variance() {
        let pooled = Pooled::of(&[2.0; 5], &[0.25; 5], 10.0).unwrap();
        assert_eq!((pooled.total, pooled.between), (0.25, 0.0));
        assert!((pooled.fraction_missing - 2.0 / (pooled.degrees_of_freedom + 3.0)).abs() < 1e-12);
        let constant = Pooled::of(&[1.0, 3.0], &[0.0, 0.0], 10.0).unwrap();
        assert_eq!((constant.degrees_of_freedom, constant.fraction_missing), (1.0, 1.0));
        assert!(constant.interval.low < -18.0, "{:?}", constant.interval);
        assert!((pooled.degrees_of_freedom - 11.0 / 13.0 * 10.0).abs() < 1e-12);
        let normal = Pooled::of(&[2.0; 5], &[0.25; 5], f64::INFINITY).unwrap();
        assert_eq!(normal.degrees_of_freedom, f64::INFINITY);
        assert!((normal.interval.high - (2.0 + 0.5 * 1.959_963_984_540_054)).abs() < 1e-9);
    }

    #[test]
    fn wrong_numbers_are_refused() {
        for (estimates, variances, complete, message) in [
            (&[1.0][..], &[1.0][..], 5.0, "pool: 1 completed table; at least 2 are needed"),
            (&[1.0, 2.0], &[1.0], 5.0, "pool: 1 variances for 2 estimates"),
            (&[1.0, f64::NAN], &[1.0, 1.0], 5.0, "pool: the estimate NaN is not a finite number"),
            (&[1.0, 2.0], &[1.0, -1.0], 5.0, "pool: the variance -1 is not a finite number of at least 0"),
            (&[1.0, 2.0], &[1.0, 1.0], 0.0, "pool: 0 degrees of freedom; they must be above 0"),
        ] {
            assert_eq!(Pooled::of(estimates, variances, complete).unwrap_err().to_string(), message);
        }
    }
}
