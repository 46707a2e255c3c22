//! Linear regression by ordinary least squares, as analysed on each imputed copy of a table.

use crate::{Error, Result};

/// Coefficients with their squared standard errors.
///
/// ```
/// use penstroke::eval::LeastSquares;
/// // y = 1 + 2x, with residuals ±0.5.
/// let fit = LeastSquares::fit(&["x"], &[&[0.0, 0.0, 1.0, 1.0]], &[0.5, 1.5, 2.5, 3.5])?;
/// assert!((fit.coefficients[0] - 1.0).abs() < 1e-12 && (fit.coefficients[1] - 2.0).abs() < 1e-12);
/// // s² = 4·0.25 / (4 − 2), and the variance of the slope is s² / Σ (x − x̄)².
/// assert!((fit.variances[1] - 0.5).abs() < 1e-12);
/// # Ok::<(), penstroke::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct LeastSquares {
    /// The intercept, then a coefficient for each column.
    pub coefficients: Vec<f64>,
    /// Their squared standard errors, in the same order.
    pub variances: Vec<f64>,
    /// `n − p`, where `p` counts the intercept.
    pub degrees_of_freedom: f64,
}

/// A column of which less than this share is left once the columns before it are taken out is a combination of them.
const COLLINEAR: f64 = 1e-9;

impl LeastSquares {
    /// Fits `y`, `(n)`, by an intercept and `columns`, each `(n)`, with these names.
    ///
    /// # Errors
    /// If there are fewer rows than coefficients plus 1, lengths differ, or a column is constant or a combination of the columns before it.
    pub fn fit(names: &[&str], columns: &[&[f64]], y: &[f64]) -> Result<Self> {
        let (n, p) = (y.len(), columns.len() + 1);
        let refuse = |problem: String| Err(Error::input("least squares", problem));
        if let Some((name, column)) = names.iter().zip(columns).find(|(_, column)| column.len() != n) {
            return refuse(format!("{name} has {} values for {n} rows", column.len()));
        }
        if n <= p {
            return refuse(format!("{n} rows for {p} coefficients; at least {} are needed", p + 1));
        }
        let mut basis: Vec<Vec<f64>> = vec![vec![1.0 / (n as f64).sqrt(); n]];
        // X = Q R; column j of R.
        let mut r = vec![vec![(n as f64).sqrt()]];
        for (name, column) in names.iter().zip(columns) {
            let mut rest = column.to_vec();
            let mut of_basis = vec![0.0; basis.len()];
            // Twice, so that the basis stays orthogonal to rounding (Giraud et al., 2005).
            for _ in 0..2 {
                for (q, along) in basis.iter().zip(&mut of_basis) {
                    let projection = dot(q, &rest);
                    *along += projection;
                    rest.iter_mut().zip(q).for_each(|(rest, q)| *rest -= projection * q);
                }
            }
            let left = dot(&rest, &rest).sqrt();
            if left.is_nan() || left <= COLLINEAR * dot(column, column).sqrt() {
                return refuse(format!(
                    "{name} is constant or a combination of the columns before it; leave it out"
                ));
            }
            rest.iter_mut().for_each(|value| *value /= left);
            basis.push(rest);
            of_basis.push(left);
            r.push(of_basis);
        }
        let along: Vec<f64> = basis.iter().map(|q| dot(q, y)).collect();
        let coefficients = solve(&r, along.clone());
        let mut residuals = y.to_vec();
        for (q, along) in basis.iter().zip(&along) {
            residuals.iter_mut().zip(q).for_each(|(residual, q)| *residual -= along * q);
        }
        let degrees_of_freedom = (n - p) as f64;
        let noise = dot(&residuals, &residuals) / degrees_of_freedom;
        // (XᵀX)⁻¹ = R⁻¹ R⁻ᵀ, whose diagonal sums the squares of the rows of R⁻¹.
        let mut variances = vec![0.0; p];
        for j in 0..p {
            let unit = (0..p).map(|i| if i == j { 1.0 } else { 0.0 }).collect();
            let column = solve(&r, unit);
            variances.iter_mut().zip(column).for_each(|(sum, value)| *sum += noise * value * value);
        }
        Ok(Self { coefficients, variances, degrees_of_freedom })
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Solves `R x = right` from the last unknown to the first.
fn solve(r: &[Vec<f64>], mut right: Vec<f64>) -> Vec<f64> {
    for j in (0..r.len()).rev() {
        right[j] /= r[j][j];
        let known = right[j];
        right[..j].iter_mut().zip(&r[j]).for_each(|(right, r)| *right -= r * known);
    }
    right
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The coefficients and standard errors that NIST certifies for its data set Norris (Statistical Reference Datasets).
    #[test]
    fn certified_values_are_met() {
        let x = [
            0.2, 337.4, 118.2, 884.6, 10.1, 226.5, 666.3, 996.3, 448.6, 777.0, 558.2, 0.4, 0.6, 775.5, 666.9,
            338.0, 447.5, 11.6, 556.0, 228.1, 995.8, 887.6, 120.2, 0.3, 0.3, 556.8, 339.1, 887.2, 999.0,
            779.0, 11.1, 118.3, 229.2, 669.1, 448.9, 0.5,
        ];
        let y = [
            0.1, 338.8, 118.1, 888.0, 9.2, 228.1, 668.5, 998.5, 449.1, 778.9, 559.2, 0.3, 0.1, 778.1, 668.8,
            339.3, 448.9, 10.8, 557.7, 228.3, 998.0, 888.8, 119.6, 0.3, 0.6, 557.6, 339.3, 888.0, 998.5,
            778.9, 10.2, 117.6, 228.9, 668.4, 449.2, 0.2,
        ];
        let fit = LeastSquares::fit(&["x"], &[&x], &y).unwrap();
        let close = |value: f64, certified: f64| assert!((value / certified - 1.0).abs() < 1e-10, "{value}");
        close(fit.coefficients[0], -0.262_323_073_774_029);
        close(fit.coefficients[1], 1.002_116_818_020_45);
        close(fit.variances[0].sqrt(), 0.232_818_234_301_152);
        close(fit.variances[1].sqrt(), 0.429_796_848_199_937e-3);
        assert_eq!(fit.degrees_of_freedom, 34.0);
    }

    #[test]
    fn columns_that_tell_nothing_new_are_named() {
        let x = [1.0, 2.0, 4.0, 8.0, 16.0];
        let doubled = x.map(|x| 2.0 * x + 1.0);
        let y = [1.0, 0.0, 2.0, 5.0, 3.0];
        let message = |names: &[&str], columns: &[&[f64]]| {
            LeastSquares::fit(names, columns, &y).unwrap_err().to_string()
        };
        let nothing_new = "is constant or a combination of the columns before it; leave it out";
        assert_eq!(message(&["a", "b"], &[&x, &doubled]), format!("least squares: b {nothing_new}"));
        assert_eq!(message(&["c"], &[&[3.0; 5]]), format!("least squares: c {nothing_new}"));
        let few = "least squares: 5 rows for 5 coefficients; at least 6 are needed";
        assert_eq!(message(&["a"; 4], &[&x[..]; 4]), few);
        assert_eq!(message(&["a"], &[&x[..4]]), "least squares: a has 4 values for 5 rows");
    }
}
