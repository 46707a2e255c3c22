//! Ridge regression of several targets, whose inputs are often 0.
//!
//! With inputs `X`, `(n, p)`, whose first is the constant 1, and targets `Y`, `(n, q)`, the coefficients `(p, q)` are
//! `(XᵀX + λ diag(0, 1, …, 1))⁻¹ XᵀY`: the intercept is not penalised (Hoerl and Kennard, 1970). As λ → 0 they are those of least squares.

/// Penalties that are tried; numbers have variance 1, so that λ counts as that many rows.
pub(crate) const PENALTIES: [f64; 5] = [0.01, 1.0, 10.0, 100.0, 1000.0];

/// Sums of products over the rows seen so far.
#[derive(Clone, Debug)]
pub(crate) struct NormalEquations {
    p: usize,
    q: usize,
    /// `XᵀX`, `(p, p)`; only the lower triangle.
    gram: Vec<f64>,
    /// `XᵀY`, `(p, q)`.
    right: Vec<f64>,
}

impl NormalEquations {
    /// No rows yet, of `p` inputs with the constant, and `q` targets.
    pub(crate) fn new(p: usize, q: usize) -> Self {
        Self { p, q, gram: vec![0.0; p * p], right: vec![0.0; p * q] }
    }

    /// Adds a row: its inputs, beginning with the constant 1, and its targets. A row that counts `w` times has all multiplied by `√w`.
    pub(crate) fn add(&mut self, inputs: &[f64], targets: &[f64]) {
        for (i, &x) in inputs.iter().enumerate().filter(|(_, x)| **x != 0.0) {
            let gram = &mut self.gram[i * self.p..][..=i];
            gram.iter_mut().zip(inputs).for_each(|(sum, other)| *sum += x * other);
            let right = &mut self.right[i * self.q..][..self.q];
            right.iter_mut().zip(targets).for_each(|(sum, target)| *sum += x * target);
        }
    }

    /// The coefficients `(p, q)` under penalty `λ`; `None` if the matrix is not positive definite within rounding.
    pub(crate) fn solve(&self, penalty: f64) -> Option<Vec<f64>> {
        let (p, q) = (self.p, self.q);
        let mut factor = self.gram.clone();
        // Cholesky, row by row: A = L Lᵀ.
        for i in 0..p {
            let (above, row) = factor.split_at_mut(i * p);
            let row = &mut row[..=i];
            for j in 0..i {
                let other = &above[j * p..][..=j];
                row[j] = (row[j] - dot(&row[..j], &other[..j])) / other[j];
            }
            let pivot = row[i] + if i > 0 { penalty } else { 0.0 } - dot(&row[..i], &row[..i]);
            // Also refuses a number that is not finite.
            if !(pivot > 1e-13 * row[i] && pivot.is_finite()) {
                return None;
            }
            row[i] = pivot.sqrt();
        }
        let mut solution = self.right.clone();
        for i in 0..p {
            for j in 0..i {
                subtract(&mut solution, (i, j, q), factor[i * p + j]);
            }
            solution[i * q..][..q].iter_mut().for_each(|value| *value /= factor[i * p + i]);
        }
        for i in (0..p).rev() {
            for j in i + 1..p {
                subtract(&mut solution, (i, j, q), factor[j * p + i]);
            }
            solution[i * q..][..q].iter_mut().for_each(|value| *value /= factor[i * p + i]);
        }
        Some(solution)
    }
}

/// The inverse of a symmetric matrix `(p, p)`; `None` if it is not positive definite within rounding.
pub(crate) fn inverse(matrix: Vec<f64>, p: usize) -> Option<Vec<f64>> {
    let identity = (0..p * p).map(|at| if at / p == at % p { 1.0 } else { 0.0 }).collect();
    NormalEquations { p, q: p, gram: matrix, right: identity }.solve(0.0)
}

/// Takes `by` times row `j` of `(p, q)` values from row `i`.
fn subtract(values: &mut [f64], (i, j, q): (usize, usize, usize), by: f64) {
    for k in 0..q {
        values[i * q + k] -= by * values[j * q + k];
    }
}

/// Eight sums at a time, because one sum waits for each of its additions.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (a_blocks, b_blocks) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f64 = a_blocks.remainder().iter().zip(b_blocks.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a_blocks.zip(b_blocks) {
        (0..8).for_each(|k| sums[k] += a[k] * b[k]);
    }
    sums.iter().sum::<f64>() + rest
}

/// What coefficients `(p, q)` answer for a row of inputs, added to `answers`.
pub(crate) fn answer(coefficients: &[f64], inputs: &[f64], answers: &mut [f64]) {
    let q = answers.len();
    for (i, &x) in inputs.iter().enumerate().filter(|(_, x)| **x != 0.0) {
        answers.iter_mut().zip(&coefficients[i * q..]).for_each(|(sum, by)| *sum += x * by);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::LeastSquares;
    use penstroke_engine::philox::{Draws, Purpose};

    #[test]
    fn without_penalty_it_is_least_squares() {
        let mut draws = Draws::new(1, Purpose::Resample).at(0, 0).sequence();
        let columns: Vec<Vec<f64>> =
            (0..11).map(|_| (0..80).map(|_| draws.uniform() - 0.3).collect()).collect();
        let y: Vec<f64> =
            (0..80).map(|row| 2.0 + columns[0][row] - 3.0 * columns[10][row] + draws.uniform()).collect();
        let mut equations = NormalEquations::new(12, 2);
        for row in 0..80 {
            let mut inputs = vec![1.0];
            inputs.extend(columns.iter().map(|column| column[row]));
            equations.add(&inputs, &[y[row], -2.0 * y[row]]);
        }
        let solution = equations.solve(0.0).unwrap();
        let names = ["x"; 11];
        let fit =
            LeastSquares::fit(&names, &columns.iter().map(Vec::as_slice).collect::<Vec<_>>(), &y).unwrap();
        for (j, expected) in fit.coefficients.iter().enumerate() {
            assert!((solution[2 * j] - expected).abs() < 1e-9, "{j}: {} {expected}", solution[2 * j]);
            assert!((solution[2 * j + 1] + 2.0 * expected).abs() < 1e-9);
        }
    }

    #[test]
    fn an_inverse_is_one_and_an_indefinite_matrix_has_none() {
        let matrix = vec![4.0, 1.0, 0.5, 1.0, 3.0, -1.0, 0.5, -1.0, 2.0];
        let inverse = inverse(matrix.clone(), 3).unwrap();
        for at in 0..9 {
            let product: f64 = (0..3).map(|k| matrix[at / 3 * 3 + k] * inverse[k * 3 + at % 3]).sum();
            assert!((product - f64::from(u8::from(at / 3 == at % 3))).abs() < 1e-14, "{at}: {product}");
        }
        assert!(super::inverse(vec![1.0, 2.0, 2.0, 1.0], 2).is_none());
    }

    #[test]
    fn a_penalty_shrinks_all_but_the_intercept() {
        // One centred input of sum of squares 10, y = 5 + 3x: slope 3·10/(10 + λ).
        let mut equations = NormalEquations::new(2, 1);
        for x in [-2.0, -1.0, 0.0, 1.0, 2.0] {
            equations.add(&[1.0, x], &[5.0 + 3.0 * x]);
        }
        let solution = equations.solve(20.0).unwrap();
        assert!((solution[0] - 5.0).abs() < 1e-12 && (solution[1] - 1.0).abs() < 1e-12, "{solution:?}");
        // A column twice has no unique coefficients without a penalty.
        let mut twice = NormalEquations::new(3, 1);
        [-1.0, 1.0].iter().for_each(|&x| twice.add(&[1.0, x, x], &[x]));
        assert!(twice.solve(0.0).is_none() && twice.solve(0.1).is_some());
    }
}
