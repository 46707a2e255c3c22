//! Dense products of panels, which perform almost all operations of a step.
//!
//! `out[m][c] = Σ_k left(m, k)·right[k][c]`, for up to 32 columns `c` at a time. Each element is one chain of
//! multiply-adds in the order of `k`, whatever tile it is computed in. So results do not depend on how the work is
//! divided, and skipping a `k` with `left(m, k) = 0` changes nothing.

use super::isa::kernel;
use super::panel::{Row, WIDTH};
use super::vector::Vector;

/// The left side of a product, whose elements are broadcast to a vector one at a time.
#[derive(Clone, Copy)]
pub(super) enum Left<'a> {
    /// `left(m, k) = rows[(k/32)·panel + m][k % 32]`: rows of a matrix in panels of `panel` rows.
    Rows { rows: &'a [Row], panel: usize },
    /// `left(m, k) = rows[k][from + m]`: columns of one panel.
    Columns { rows: &'a [Row], from: usize },
}

impl Left<'_> {
    /// Panics unless there are `n_rows` rows and `n_terms` terms, at least one of each.
    #[inline(always)]
    pub(super) fn assert_holds(&self, n_rows: usize, n_terms: usize) {
        match *self {
            Left::Rows { rows, panel } => {
                assert!(rows.len() > (n_terms - 1) / WIDTH * panel + n_rows - 1, "rows of the left side");
            }
            Left::Columns { rows, from } => {
                assert!(rows.len() >= n_terms && from + n_rows <= WIDTH, "columns of the left side");
            }
        }
    }
}

/// Whether a product replaces the values of `out` or is added to them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Onto {
    /// Overwrites them.
    Nothing,
    /// Adds to them.
    Sum,
}

const AHEAD: usize = 12;
/// Floats between consecutive rows of a panel.
const STRIDE: usize = WIDTH;

kernel! {
    /// Writes `out.len()` rows of the product over as many terms as `right` has rows. Columns from `columns` on are
    /// then unspecified.
    ///
    /// # Panics
    /// If the left side has too few rows or terms.
    pub(super) fn product<V>(left: Left<'_>, right: &[Row], columns: usize, onto: Onto, out: &mut [Row]) {
        let (n_rows, n_terms) = (out.len(), right.len());
        assert!(columns <= WIDTH, "columns of one panel");
        if n_rows == 0 {
            return;
        }
        if n_terms == 0 {
            if onto == Onto::Nothing {
                out.fill(Row::ZERO);
            }
            return;
        }
        left.assert_holds(n_rows, n_terms);
        let n_groups = n_rows.div_ceil(V::ROWS);
        let mut done = 0;
        for group in 0..n_groups {
            let size = (n_rows - done).div_ceil(n_groups - group);
            let out = &mut out[done..done + size];
            let (right, onto) = (right.as_ptr().cast::<f32>(), onto);
            // SAFETY: by the assertions, every row from `done` on has an element for every term, and `right` has one
            // row per term.
            unsafe {
                match left {
                    Left::Rows { rows, panel } => {
                        let left = rows.as_ptr().cast::<f32>().add(done * STRIDE);
                        let sides = Sides { left, run: panel * STRIDE, right, n_terms, onto };
                        group_of_rows::<V, STRIDE, 1>(sides, columns, out);
                    }
                    Left::Columns { rows, from } => {
                        let left = rows.as_ptr().cast::<f32>().add(from + done);
                        let sides = Sides { left, run: WIDTH * STRIDE, right, n_terms, onto };
                        group_of_rows::<V, 1, STRIDE>(sides, columns, out);
                    }
                }
            }
            done += size;
        }
    }
}

/// Both sides of a tile's product: element `(m, k)` of the left side is at `left + (k/32)·run + m·ROW + (k%32)·TERM`,
/// row `k` of the right side at `right + k·32`.
#[derive(Clone, Copy)]
struct Sides {
    left: *const f32,
    run: usize,
    right: *const f32,
    n_terms: usize,
    onto: Onto,
}

/// Computes a group of at most `V::ROWS` rows, in all columns.
///
/// # Safety
/// The processor has the instructions of `V`, and both sides are as large as `out` requires.
#[inline(always)]
unsafe fn group_of_rows<V: Vector, const ROW: usize, const TERM: usize>(
    sides: Sides,
    columns: usize,
    out: &mut [Row],
) {
    let size = out.len();
    for from in (0..columns).step_by(2 * V::LANES) {
        // SAFETY: `from` is inside a row, and a strip of whole vectors does not leave it, because WIDTH is a multiple.
        unsafe {
            let out = out.as_mut_ptr().cast::<f32>().add(from);
            let sides = Sides { right: sides.right.add(from), ..sides };
            if columns - from > V::LANES {
                rows_of_strip::<V, ROW, TERM, 2>(size, sides, out);
            } else {
                rows_of_strip::<V, ROW, TERM, 1>(size, sides, out);
            }
        }
    }
}

/// Selects the tile that is compiled for this number of rows.
///
/// # Safety
/// As for [`tile`], with `size` in `1..=V::ROWS`.
#[inline(always)]
unsafe fn rows_of_strip<V: Vector, const ROW: usize, const TERM: usize, const VECTORS: usize>(
    size: usize,
    sides: Sides,
    out: *mut f32,
) {
    macro_rules! choose {
        ($($rows:literal)*) => {
            match size {
                $(
                    // SAFETY: guaranteed by the caller for this size.
                    $rows if $rows <= V::ROWS => unsafe { tile::<V, ROW, TERM, VECTORS, $rows>(sides, out) },
                )*
                _ => unreachable!("a tile of {size} rows"),
            }
        };
    }
    choose!(1 2 3 4 5 6 7 8 9 10 11 12 13 14);
}

/// Computes `ROWS` rows and `VECTORS` vectors of the product, kept in registers from the first term to the last.
///
/// # Safety
/// The processor has the instructions of `V`; `sides` holds that many rows, vectors and terms, `out` that many rows.
#[expect(clippy::needless_range_loop, reason = "indices of registers, in step with addresses")]
#[inline(always)]
unsafe fn tile<V: Vector, const ROW: usize, const TERM: usize, const VECTORS: usize, const ROWS: usize>(
    sides: Sides,
    out: *mut f32,
) {
    let Sides { mut left, run, mut right, n_terms, onto } = sides;
    // SAFETY: the caller guarantees every address: rows below ROWS, terms below n_terms, vectors below VECTORS.
    unsafe {
        let mut sums = [[V::splat(0.0); VECTORS]; ROWS];
        if onto == Onto::Sum {
            for m in 0..ROWS {
                for v in 0..VECTORS {
                    sums[m][v] = V::load(out.add(m * STRIDE + v * V::LANES));
                }
            }
        }
        let mut rest = n_terms;
        while rest > 0 {
            let now = rest.min(WIDTH);
            if TERM == 1 && rest > WIDTH {
                for m in 0..ROWS {
                    V::prefetch(left.wrapping_add(run + m * ROW));
                    V::prefetch(left.wrapping_add(run + m * ROW + STRIDE / 2));
                }
            }
            for k in 0..now {
                let mut columns = [V::splat(0.0); VECTORS];
                for v in 0..VECTORS {
                    columns[v] = V::load(right.add(v * V::LANES));
                }
                for m in 0..ROWS {
                    let element = V::splat(*left.add(k * TERM + m * ROW));
                    for v in 0..VECTORS {
                        sums[m][v] = sums[m][v].add_product(element, columns[v]);
                    }
                }
                V::prefetch(right.wrapping_add(AHEAD * STRIDE));
                V::prefetch(right.wrapping_add(AHEAD * STRIDE + STRIDE / 2));
                if TERM > 1 {
                    V::prefetch(left.wrapping_add((k + AHEAD) * TERM));
                }
                right = right.wrapping_add(STRIDE);
            }
            rest -= now;
            left = left.wrapping_add(run);
        }
        for m in 0..ROWS {
            for v in 0..VECTORS {
                sums[m][v].store(out.add(m * STRIDE + v * V::LANES));
            }
        }
    }
}
