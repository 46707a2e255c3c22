//! Matrix products, the one place that knows which crate computes them.

use gemmkit::{MatMut, MatRef, Parallelism, Workspace};

/// A matrix in somebody's slice: element `(i, j)` lies at `i·row_step + j·column_step`.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    data: &'a [f32],
    rows: usize,
    columns: usize,
    row_step: usize,
    column_step: usize,
}

impl<'a> View<'a> {
    /// Row-major, `(rows, columns)`.
    pub(crate) fn new(data: &'a [f32], rows: usize, columns: usize) -> Self {
        Self { data, rows, columns, row_step: columns, column_step: 1 }
    }

    pub(crate) fn n_rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn n_columns(&self) -> usize {
        self.columns
    }

    /// The transpose.
    pub(crate) fn t(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_step: self.column_step,
            column_step: self.row_step,
            ..self
        }
    }

    /// Rows `from .. from + count`.
    pub(crate) fn rows(self, from: usize, count: usize) -> Self {
        assert!(from + count <= self.rows, "rows {from}..{} of {}", from + count, self.rows);
        Self { data: &self.data[(from * self.row_step).min(self.data.len())..], rows: count, ..self }
    }

    fn as_ref(&self) -> MatRef<'a, f32> {
        MatRef::new(self.data, self.rows, self.columns, self.row_step as isize, self.column_step as isize)
    }
}

/// What becomes of the values that `out` holds already.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Onto {
    /// They are overwritten.
    Nothing,
    /// The product is added to them.
    Sum,
}

/// `out = a·b` or `out += a·b`, with `out` row-major `(a.rows, b.columns)`, on the calling thread. Sums over the inner
/// dimension run in an order that depends on the shapes alone.
pub(crate) fn multiply(workspace: &mut Workspace, a: View<'_>, b: View<'_>, onto: Onto, out: &mut [f32]) {
    assert_eq!(a.columns, b.rows, "inner dimensions");
    assert_eq!(out.len(), a.rows * b.columns, "room for the product");
    if out.is_empty() {
        return;
    }
    if a.columns == 0 {
        if onto == Onto::Nothing {
            out.fill(0.0);
        }
        return;
    }
    let beta = if onto == Onto::Sum { 1.0 } else { 0.0 };
    let out = MatMut::from_row_major(out, a.rows, b.columns);
    gemmkit::gemm_with(workspace, 1.0, a.as_ref(), b.as_ref(), beta, out, Parallelism::Serial);
}
