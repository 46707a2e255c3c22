//! The memory layout of matrices: panels of rows, each row 32 floats aligned to cache lines.
//!
//! A matrix `(p, q)` is a sequence of `⌈q/32⌉` panels with `p` rows and 32 of its columns each; columns past `q` are
//! zero or never read. So the right side of a product is one stream of memory, and its left side is read element by
//! element at constant strides, along rows or columns ([`Left`](super::product::Left)).
//!
//! Matrices of samples and units use two such forms, named after what a row belongs to: *by unit*, `(units, n)`, in
//! panels of 32 samples, and *by sample*, `(n, units)`, in panels of 32 units. Weights `(rows, columns)` use panels of
//! 32 columns.

/// Floats per row of a panel: two AVX-512 vectors.
pub(super) const WIDTH: usize = 32;

/// One row of a panel.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C, align(64))]
pub(super) struct Row(pub(super) [f32; WIDTH]);

impl Row {
    pub(super) const ZERO: Self = Self([0.0; WIDTH]);
}

/// The number of panels for `columns` columns.
pub(super) fn n_panels(columns: usize) -> usize {
    columns.div_ceil(WIDTH)
}

/// The rows as plain floats.
pub(super) fn floats(rows: &[Row]) -> &[f32] {
    // SAFETY: a `Row` is an array of `WIDTH` floats without padding (its size, 128, is a multiple of its alignment).
    unsafe { std::slice::from_raw_parts(rows.as_ptr().cast(), rows.len() * WIDTH) }
}

/// The rows as plain mutable floats.
pub(super) fn floats_mut(rows: &mut [Row]) -> &mut [f32] {
    // SAFETY: as in `floats`; the rows are mutably borrowed for as long.
    unsafe { std::slice::from_raw_parts_mut(rows.as_mut_ptr().cast(), rows.len() * WIDTH) }
}

/// How a row-major matrix is converted to panels and back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Unchanged.
    Straight,
    /// Transposed.
    Transposed,
}

/// Converts a row-major matrix, or its transpose, to panels of `rows` rows.
pub(super) fn pack(matrix: &[f32], (rows, columns): (usize, usize), order: Order, panels: &mut [Row]) {
    assert_eq!((matrix.len(), panels.len()), (rows * columns, n_panels(columns) * rows), "shapes");
    for (p, panel) in panels.chunks_exact_mut(rows.max(1)).enumerate() {
        for (r, row) in panel.iter_mut().enumerate() {
            for (c, value) in row.0.iter_mut().enumerate() {
                let column = p * WIDTH + c;
                *value = match order {
                    _ if column >= columns => 0.0,
                    Order::Straight => matrix[r * columns + column],
                    Order::Transposed => matrix[column * rows + r],
                };
            }
        }
    }
}

/// The reverse of [`pack`].
pub(super) fn unpack(panels: &[Row], (rows, columns): (usize, usize), order: Order, matrix: &mut [f32]) {
    assert_eq!((matrix.len(), panels.len()), (rows * columns, n_panels(columns) * rows), "shapes");
    for (p, panel) in panels.chunks_exact(rows.max(1)).enumerate() {
        for (r, row) in panel.iter().enumerate() {
            for (c, &value) in row.0.iter().enumerate().take(columns - p * WIDTH) {
                let column = p * WIDTH + c;
                match order {
                    Order::Straight => matrix[r * columns + column] = value,
                    Order::Transposed => matrix[column * rows + r] = value,
                }
            }
        }
    }
}

/// A block of at most 32 rows, padded with zero rows.
pub(super) fn whole(rows: &[Row]) -> [Row; WIDTH] {
    let mut block = [Row::ZERO; WIDTH];
    block[..rows.len()].copy_from_slice(rows);
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packing_and_unpacking_a_matrix_restores_it() {
        for (rows, columns) in [(1, 1), (3, 32), (5, 33), (40, 7), (64, 65)] {
            let matrix: Vec<f32> = (0..rows * columns).map(|i| i as f32 + 1.0).collect();
            for order in [Order::Straight, Order::Transposed] {
                let mut panels = vec![Row([9.0; WIDTH]); n_panels(columns) * rows];
                pack(&matrix, (rows, columns), order, &mut panels);
                let element = |r: usize, c: usize| panels[c / WIDTH * rows + r].0[c % WIDTH];
                let (r, c) = (rows - 1, columns - 1);
                let expected = match order {
                    Order::Straight => matrix[r * columns + c / 2],
                    Order::Transposed => matrix[c / 2 * rows + r],
                };
                assert_eq!(element(r, c / 2), expected);
                assert!((columns..n_panels(columns) * WIDTH).all(|past| element(r, past) == 0.0));
                let mut back = vec![0.0; rows * columns];
                unpack(&panels, (rows, columns), order, &mut back);
                assert_eq!(back, matrix);
            }
        }
    }
}
