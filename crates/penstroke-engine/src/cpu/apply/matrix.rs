//! A layer's weights in place, and how a few at a time are packed into panels.

use crate::cpu::isa::{InstructionSet, kernel};
use crate::cpu::panel::{Order, Row, WIDTH};

/// Number of columns that [`Vector::columns`] returns.
pub(super) const QUAD: usize = 4;

/// Row-major weights, read as a matrix `(terms, outputs)`.
#[derive(Clone, Copy)]
pub(super) struct Matrix<'a> {
    pub(super) values: &'a [f32],
    pub(super) terms: usize,
    pub(super) outputs: usize,
    /// The layout of `values` relative to `(terms, outputs)`: transposed for a layer's own weights, straight for a tied
    /// layer.
    pub(super) order: Order,
}

impl Matrix<'_> {
    /// Packs the terms from `from` on, for the 32 outputs from `first` on, into `panel`, one term per row. Columns past
    /// the last output are unspecified.
    ///
    /// # Panics
    /// If the matrix has too few terms.
    pub(super) fn pack(self, isa: InstructionSet, first: usize, from: usize, panel: &mut [Row]) {
        match self.order {
            Order::Transposed => pack_transposed(isa, self, first, from, panel),
            Order::Straight => {
                let width = (self.outputs - first).min(WIDTH);
                for (k, to) in panel.iter_mut().enumerate() {
                    let start = (from + k) * self.outputs + first;
                    to.0[..width].copy_from_slice(&self.values[start..start + width]);
                }
            }
        }
    }
}

kernel! {
    fn pack_transposed<V>(matrix: Matrix<'_>, first: usize, from: usize, panel: &mut [Row]) {
        let terms = from..from + panel.len();
        let width = (matrix.outputs - first).min(WIDTH);
        let n_quads = panel.len() / QUAD;
        let row = |r: usize| &matrix.values[(first + r) * matrix.terms..][..matrix.terms][terms.clone()];
        for lane in (0..width).step_by(V::LANES) {
            let whole = lane + V::LANES <= width;
            let done = if whole { n_quads * QUAD } else { 0 };
            if whole {
                // Checks that every row of the vector exists.
                let (start, _) = (row(lane).as_ptr(), row(lane + V::LANES - 1));
                for (q, quad) in panel.as_chunks_mut::<QUAD>().0.iter_mut().enumerate() {
                    // SAFETY: a kernel runs only where its instructions exist. Every row has as many terms as the panel
                    // has rows; the lanes are inside a row of the panel.
                    unsafe {
                        let columns = V::columns(start.add(q * QUAD), matrix.terms);
                        for (to, column) in quad.iter_mut().zip(columns) {
                            column.store(to.0[lane..lane + V::LANES].as_mut_ptr());
                        }
                    }
                }
            }
            for r in lane..width.min(lane + V::LANES) {
                let row = row(r);
                panel[done..].iter_mut().zip(&row[done..]).for_each(|(to, &value)| to.0[r] = value);
            }
        }
    }
}
