//! Samples as they lie in memory: bytes stay bytes until a batch needs them.

use std::ops::Range;

/// Samples in row-major order, `n·d` values.
#[derive(Clone, Copy, Debug)]
pub enum Rows<'a> {
    /// Intensities of 0..=255, read as `value / 255`.
    Bytes(&'a [u8]),
    /// Values as they are.
    Floats(&'a [f32]),
}

impl Rows<'_> {
    /// How many values there are, `n·d`.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Rows::Bytes(values) => values.len(),
            Rows::Floats(values) => values.len(),
        }
    }

    /// Whether there are no values.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The values of a range.
    ///
    /// # Panics
    /// If there are fewer values.
    #[must_use]
    pub fn range(self, range: Range<usize>) -> Self {
        match self {
            Rows::Bytes(values) => Rows::Bytes(&values[range]),
            Rows::Floats(values) => Rows::Floats(&values[range]),
        }
    }

    /// The values from number `start` on.
    ///
    /// # Panics
    /// If there are fewer values.
    #[must_use]
    pub fn from(self, start: usize) -> Self {
        self.range(start..self.len())
    }

    /// As floats.
    #[must_use]
    pub fn to_floats(&self) -> Vec<f32> {
        let mut out = vec![0.0; self.len()];
        self.copy_to(0, &mut out);
        out
    }

    /// Writes the `out.len()` values that begin at `start`.
    ///
    /// # Panics
    /// If the rows hold fewer values than that.
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

/// One bit for each of `width` columns of each row. Bit `j` of a row is bit `j % 8` of its byte `j / 8`.
#[derive(Clone, Copy, Debug)]
pub struct BitRows<'a> {
    bytes: &'a [u8],
    width: usize,
}

impl<'a> BitRows<'a> {
    /// Rows of `width` bits, each in `width.div_ceil(8)` bytes.
    ///
    /// # Panics
    /// If `bytes` are not whole rows.
    #[must_use]
    pub fn new(bytes: &'a [u8], width: usize) -> Self {
        let stride = width.div_ceil(8);
        assert!(stride == 0 || bytes.len().is_multiple_of(stride), "whole rows of {width} bits");
        Self { bytes, width }
    }

    /// Bits of a row.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Bit `column` of row `row`.
    ///
    /// # Panics
    /// If there are fewer rows or columns.
    #[inline]
    #[must_use]
    pub fn get(&self, row: usize, column: usize) -> bool {
        assert!(column < self.width, "column {column} of {}", self.width);
        self.bytes[row * self.width.div_ceil(8) + column / 8] >> (column % 8) & 1 == 1
    }

    /// The rows from number `row` on.
    ///
    /// # Panics
    /// If there are fewer rows.
    #[must_use]
    pub fn from(self, row: usize) -> Self {
        Self { bytes: &self.bytes[row * self.width.div_ceil(8)..], ..self }
    }
}
