//! Dense linear algebra whose bits do not depend on the number of threads.
//!
//! Products over samples are divided into panels of [`PANEL`] rows, each multiplied by one thread; factorisations
//! (faer) run on one thread, which takes well under a second for the matrices used here (`d` up to about 1000).

use super::SampleMatrix;
use crate::{Error, Result};
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt;
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef, Par};
use rayon::prelude::*;

/// Rows per panel. Fixed, so that sums over panels do not depend on the machine. 512 rows of 784 single-precision
/// values fit in a second-level cache of 2 MiB.
pub(super) const PANEL: usize = 512;

/// The Cholesky factor of a symmetric positive definite matrix, `A = L Lᵀ`.
pub(super) struct Cholesky(Mat<f64>);

impl Cholesky {
    /// Factors `matrix`. Only the lower triangle is read.
    ///
    /// # Errors
    /// If the matrix is not positive definite within rounding; `place` names the computation.
    pub(super) fn new(place: &str, mut matrix: Mat<f64>) -> Result<Self> {
        let scratch = llt::factor::cholesky_in_place_scratch::<f64>(
            matrix.nrows(),
            Par::Seq,
            faer::Spec::<llt::factor::LltParams, f64>::default(),
        );
        llt::factor::cholesky_in_place(
            matrix.as_mut(),
            llt::factor::LltRegularization::default(),
            Par::Seq,
            MemStack::new(&mut MemBuffer::new(scratch)),
            faer::Spec::default(),
        )
        .map_err(|_| Error::numerical(format!("{place}: the matrix to invert is not positive definite")))?;
        Ok(Self(matrix))
    }

    /// Replaces `right` by `A⁻¹ right`.
    pub(super) fn solve(&self, right: MatMut<'_, f64>) {
        let scratch = llt::solve::solve_in_place_scratch::<f64>(self.0.nrows(), right.ncols(), Par::Seq);
        llt::solve::solve_in_place(
            self.0.as_ref(),
            right,
            Par::Seq,
            MemStack::new(&mut MemBuffer::new(scratch)),
        );
    }
}

/// Eigenvalues in ascending order, and eigenvectors as columns, of a symmetric matrix. Only the lower triangle is read.
///
/// # Errors
/// If the iteration does not converge, which finite input does not cause.
pub(super) fn symmetric_eigen(place: &str, matrix: MatRef<'_, f64>) -> Result<(Vec<f64>, Mat<f64>)> {
    let d = matrix.nrows();
    let mut values = faer::diag::Diag::<f64>::zeros(d);
    let mut vectors = Mat::<f64>::zeros(d, d);
    let scratch =
        self_adjoint_evd_scratch::<f64>(d, ComputeEigenvectors::Yes, Par::Seq, faer::Spec::default());
    self_adjoint_evd(
        matrix,
        values.as_mut(),
        Some(vectors.as_mut()),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        faer::Spec::default(),
    )
    .map_err(|_| Error::numerical(format!("{place}: the eigenvalues did not converge")))?;
    Ok((values.column_vector().iter().copied().collect(), vectors))
}

/// `left · right` on one thread.
pub(super) fn product(left: MatRef<'_, f64>, right: MatRef<'_, f64>) -> Mat<f64> {
    let mut out = Mat::zeros(left.nrows(), right.ncols());
    matmul(out.as_mut(), Accum::Replace, left, right, 1.0, Par::Seq);
    out
}

/// Passes each panel of `(samples − offset) · map` to `reduce`, in parallel, and returns the results in order.
///
/// `map` is `(d, m)`; `reduce` gets the index of the panel's first sample and the panel's rows, row-major `(rows, m)`.
pub(super) fn map_panels<R: Send>(
    samples: SampleMatrix<'_>,
    offset: &[f64],
    map: MatRef<'_, f64>,
    reduce: impl Fn(usize, &[f64]) -> R + Sync,
) -> Vec<R> {
    let (d, m) = (samples.n_components(), map.ncols());
    samples
        .values()
        .par_chunks(PANEL * d)
        .enumerate()
        .map_init(
            || (vec![0.0; PANEL * d], vec![0.0; PANEL * m]),
            |(centred, mapped), (panel, values)| {
                let rows = values.len() / d;
                let centred = &mut centred[..rows * d];
                for (out, row) in centred.chunks_exact_mut(d).zip(values.chunks_exact(d)) {
                    for ((out, &value), offset) in out.iter_mut().zip(row).zip(offset) {
                        *out = f64::from(value) - offset;
                    }
                }
                let mapped = &mut mapped[..rows * m];
                matmul(
                    MatMut::from_row_major_slice_mut(mapped, rows, m),
                    Accum::Replace,
                    MatRef::from_row_major_slice(centred, rows, d),
                    map,
                    1.0,
                    Par::Seq,
                );
                reduce(panel * PANEL, mapped)
            },
        )
        .collect()
}

/// `(samples − offset) · map + shift` as single-precision rows, `(n, m)`.
pub(super) fn map_rows(
    samples: SampleMatrix<'_>,
    offset: &[f64],
    map: MatRef<'_, f64>,
    shift: &[f64],
) -> Vec<f32> {
    let m = map.ncols();
    map_panels(samples, offset, map, |_, rows| {
        let shifted = rows.chunks_exact(m).flat_map(|row| row.iter().zip(shift));
        shifted.map(|(value, shift)| (value + shift) as f32).collect::<Vec<f32>>()
    })
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symmetric() -> Mat<f64> {
        Mat::from_fn(3, 3, |i, j| [[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]][i][j])
    }

    #[test]
    fn cholesky_solves_and_refuses_indefinite_matrices() {
        let mut right = Mat::from_fn(3, 1, |i, _| [1.0, -2.0, 3.0][i]);
        Cholesky::new("test", symmetric()).unwrap().solve(right.as_mut());
        let back = product(symmetric().as_ref(), right.as_ref());
        for (i, expected) in [1.0, -2.0, 3.0].into_iter().enumerate() {
            assert!((back[(i, 0)] - expected).abs() < 1e-14);
        }
        let indefinite = Mat::from_fn(2, 2, |i, j| if i == j { 1.0 } else { 2.0 });
        assert_eq!(
            Cholesky::new("test", indefinite).err().unwrap().to_string(),
            "test: the matrix to invert is not positive definite"
        );
    }

    #[test]
    fn eigenvalues_rise_and_rebuild_the_matrix() {
        let (values, vectors) = symmetric_eigen("test", symmetric().as_ref()).unwrap();
        assert!(values.is_sorted());
        let scaled = Mat::from_fn(3, 3, |i, j| vectors[(i, j)] * values[j]);
        let back = product(scaled.as_ref(), vectors.transpose());
        assert!((back - symmetric()).norm_max() < 1e-14);
    }

    #[test]
    fn rows_are_centred_mapped_and_shifted() {
        // Two panels and a remainder, so that a wrong order would show.
        let values: Vec<f32> = (0..2 * (2 * PANEL + 3)).map(|i| i as f32).collect();
        let samples = SampleMatrix::new(&values, 2).unwrap();
        let map = Mat::from_fn(2, 1, |i, _| [1.0, 10.0][i]);
        let out = map_rows(samples, &[1.0, 2.0], map.as_ref(), &[0.5]);
        for (row, out) in values.chunks_exact(2).zip(out) {
            assert_eq!(out, (row[0] - 1.0) + 10.0 * (row[1] - 2.0) + 0.5);
        }
    }
}
