//! How matrices lie in memory: in panels of rows, each row 32 floats on a boundary of cache lines.
//!
//! A matrix `(p, q)` is `⌈q/32⌉` panels one after another, each of `p` rows with 32 of its columns; columns past `q`
//! are zero or never read. A product's right side is then one stream of memory, and its left side is read an
//! element at a time at constant distances, along rows or along columns ([`Left`](super::product::Left)).
//!
//! Samples meet units in two such forms, named after what a row belongs to: *by unit*, `(units, n)`, in panels of 32
//! samples, and *by sample*, `(n, units)`, in panels of 32 units. Weights `(rows, columns)` lie in panels of 32 columns.

/// Floats in a row of a panel: two vectors of AVX-512.
pub(super) const WIDTH: usize = 32;

/// One row of a panel.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C, align(64))]
pub(super) struct Row(pub(super) [f32; WIDTH]);

impl Row {
    pub(super) const ZERO: Self = Self([0.0; WIDTH]);
}

/// How many panels hold `columns` columns.
pub(super) fn n_panels(columns: usize) -> usize {
    columns.div_ceil(WIDTH)
}

/// The rows as plain floats.
pub(super) fn floats(rows: &[Row]) -> &[f32] {
    // SAFETY: a `Row` is an array of `WIDTH` floats without padding (its size, 128, is a multiple of its alignment).
    unsafe { std::slice::from_raw_parts(rows.as_ptr().cast(), rows.len() * WIDTH) }
}

/// The rows as plain floats to write.
pub(super) fn floats_mut(rows: &mut [Row]) -> &mut [f32] {
    // SAFETY: as in `floats`, and the rows are borrowed mutably as long.
    unsafe { std::slice::from_raw_parts_mut(rows.as_mut_ptr().cast(), rows.len() * WIDTH) }
}

/// Which way a row-major matrix is read into panels, or panels are written back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// As it is.
    Straight,
    /// Its transpose.
    Transposed,
}

/// A row-major matrix of `rows` rows (of the panels), or its transpose, as panels.
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

/// At most 32 rows, made up to a block by zeros.
pub(super) fn whole(rows: &[Row]) -> [Row; WIDTH] {
    let mut block = [Row::ZERO; WIDTH];
    block[..rows.len()].copy_from_slice(rows);
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_comes_back_from_its_panels() {
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
