//! Samples in memory. Bytes stay bytes until a batch needs floats.

use std::ops::Range;

/// Samples in row-major order, `n·d` values.
#[derive(Clone, Copy, Debug)]
pub enum Rows<'a> {
    /// Intensities of 0..=255, read as `value / 255`.
    Bytes(&'a [u8]),
    /// Values used unchanged.
    Floats(&'a [f32]),
}

impl Rows<'_> {
    /// The number of values, `n·d`.
    pub fn len(&self) -> usize {
        match self {
            Rows::Bytes(values) => values.len(),
            Rows::Floats(values) => values.len(),
        }
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The values in a range.
    ///
    /// # Panics
    /// If `range` exceeds the length.
    #[must_use]
    pub fn range(self, range: Range<usize>) -> Self {
        match self {
            Rows::Bytes(values) => Rows::Bytes(&values[range]),
            Rows::Floats(values) => Rows::Floats(&values[range]),
        }
    }

    /// The values from index `start` on.
    ///
    /// # Panics
    /// If `start` exceeds the length.
    #[must_use]
    pub fn from(self, start: usize) -> Self {
        self.range(start..self.len())
    }

    /// Converts all values to floats.
    pub fn to_floats(&self) -> Vec<f32> {
        let mut out = vec![0.0; self.len()];
        self.copy_to(0, &mut out);
        out
    }

    /// Copies `out.len()` values from index `start` on.
    ///
    /// # Panics
    /// If there are fewer values.
    #[inline]
    pub fn copy_to(&self, start: usize, out: &mut [f32]) {
        match self {
            Rows::Bytes(values) => {
                let values = &values[start..start + out.len()];
                for (out, &value) in out.iter_mut().zip(values) {
                    *out = f32::from(value) / 255.0;
                }
            }
            Rows::Floats(values) => out.copy_from_slice(&values[start..start + out.len()]),
        }
    }
}

/// One bit per row and column. Bit `j` of a row is bit `j % 8` of its byte `j / 8`.
#[derive(Clone, Copy, Debug)]
pub struct BitRows<'a> {
    bytes: &'a [u8],
    width: usize,
}

impl<'a> BitRows<'a> {
    /// Rows of `width` bits, each in `width.div_ceil(8)` bytes.
    ///
    /// # Panics
    /// If `bytes` is not a whole number of rows.
    pub fn new(bytes: &'a [u8], width: usize) -> Self {
        let stride = width.div_ceil(8);
        assert!(stride == 0 || bytes.len().is_multiple_of(stride), "whole rows of {width} bits");
        Self { bytes, width }
    }

    /// Number of bits per row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Returns bit `column` of row `row`.
    ///
    /// # Panics
    /// If `row` or `column` is out of range.
    #[inline]
    pub fn get(&self, row: usize, column: usize) -> bool {
        assert!(column < self.width, "column {column} of {}", self.width);
        self.bytes[row * self.width.div_ceil(8) + column / 8] >> (column % 8) & 1 == 1
    }

    /// The byte that holds bit `column` of row `row`.
    pub(crate) fn byte(&self, row: usize, column: usize) -> *const u8 {
        self.bytes.as_ptr().wrapping_add(row * self.width.div_ceil(8) + column / 8)
    }

    /// The rows from index `row` on.
    ///
    /// # Panics
    /// If `row` exceeds the number of rows.
    #[must_use]
    pub fn from(self, row: usize) -> Self {
        Self { bytes: &self.bytes[row * self.width.div_ceil(8)..], ..self }
    }
}
