//! Mean and covariance of samples in double precision.
//!
//! `mean = (1/n) Σ x`, `C = (1/n) Σ (x − mean)(x − mean)ᵀ`. With division by `n`, `tr C` is the mean squared distance
//! of these samples from their mean. Two passes, so that a large mean costs no digits.

use super::SampleMatrix;
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par};
use rayon::prelude::*;

/// Rows centred at a time; the buffer holds `ROWS · d` doubles.
const ROWS: usize = 2048;
/// Columns of the covariance per task. Fixed, because tiles determine the rounding.
const COLUMNS: usize = 64;

/// Mean and covariance of `n` samples.
pub(super) struct Moments {
    /// `(d)`.
    pub(super) mean: Vec<f64>,
    /// `(d, d)`, exactly symmetric, divided by `n`.
    pub(super) covariance: Mat<f64>,
}

/// The mean, `(d)`.
pub(super) fn mean(samples: SampleMatrix<'_>) -> Vec<f64> {
    let d = samples.n_components();
    let panels: Vec<Vec<f64>> = samples
        .values()
        .par_chunks(ROWS * d)
        .map(|rows| {
            let mut sum = vec![0.0; d];
            for row in rows.chunks_exact(d) {
                for (sum, &value) in sum.iter_mut().zip(row) {
                    *sum += f64::from(value);
                }
            }
            sum
        })
        .collect();
    let mut mean = vec![0.0; d];
    for panel in &panels {
        for (mean, sum) in mean.iter_mut().zip(panel) {
            *mean += sum;
        }
    }
    let n = samples.n_samples() as f64;
    mean.iter_mut().for_each(|mean| *mean /= n);
    mean
}

/// Mean and covariance.
pub(super) fn moments(samples: SampleMatrix<'_>) -> Moments {
    let (n, d) = (samples.n_samples() as f64, samples.n_components());
    let mean = mean(samples);
    // Tile `t` holds rows `t·COLUMNS..` of the columns `t·COLUMNS..(t+1)·COLUMNS`: the lower triangle.
    let mut tiles: Vec<Mat<f64>> =
        (0..d).step_by(COLUMNS).map(|first| Mat::zeros(d - first, COLUMNS.min(d - first))).collect();
    let mut centred = vec![0.0; ROWS.min(samples.n_samples()) * d];
    for values in samples.values().chunks(ROWS * d) {
        let centred = &mut centred[..values.len()];
        centred.par_chunks_mut(64 * d).zip(values.par_chunks(64 * d)).for_each(|(out, values)| {
            for (out, row) in out.chunks_exact_mut(d).zip(values.chunks_exact(d)) {
                for ((out, &value), mean) in out.iter_mut().zip(row).zip(&mean) {
                    *out = f64::from(value) - mean;
                }
            }
        });
        let rows = MatRef::from_row_major_slice(centred, values.len() / d, d);
        tiles.par_iter_mut().enumerate().for_each(|(tile, sum)| {
            let first = tile * COLUMNS;
            let left = rows.subcols(first, d - first).transpose();
            let right = rows.subcols(first, sum.ncols());
            matmul(sum.as_mut(), Accum::Add, left, right, 1.0 / n, Par::Seq);
        });
    }
    let covariance = Mat::from_fn(d, d, |i, j| {
        let (row, column) = (i.max(j), i.min(j));
        let tile = column / COLUMNS;
        tiles[tile][(row - tile * COLUMNS, column - tile * COLUMNS)]
    });
    Moments { mean, covariance }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_agree_with_plain_loops_past_one_tile_and_one_panel() {
        let (n, d) = (ROWS + 5, COLUMNS + 3);
        let values: Vec<f32> =
            (0..n * d).map(|i| ((i * 7919 % 1009) as f32 / 100.0) + (i % d) as f32).collect();
        let moments = moments(SampleMatrix::new(&values, d).unwrap());
        for (i, j) in [(0, 0), (d - 1, 0), (0, d - 1), (d - 1, d - 1), (COLUMNS, COLUMNS - 1)] {
            let mean = |c: usize| (0..n).map(|r| f64::from(values[r * d + c])).sum::<f64>() / n as f64;
            let (mi, mj) = (mean(i), mean(j));
            let plain = (0..n)
                .map(|r| (f64::from(values[r * d + i]) - mi) * (f64::from(values[r * d + j]) - mj))
                .sum::<f64>()
                / n as f64;
            assert!((moments.mean[i] - mi).abs() < 1e-11);
            assert!((moments.covariance[(i, j)] - plain).abs() < 1e-10, "({i}, {j})");
        }
    }
}
