//! Filters as pictures of weights.

use super::super::samples::SampleMatrix;
use crate::error::{Error, Result};

/// `h` filters of `height × width` weights each, row-major `(h, height·width)`.
#[derive(Clone, Copy, Debug)]
pub struct Filters<'a> {
    rows: SampleMatrix<'a>,
    height: usize,
    width: usize,
}

impl<'a> Filters<'a> {
    /// Filters of `height × width` weights.
    ///
    /// ```
    /// use penstroke::eval::filters::{Filters, moran};
    /// let checkerboard = [1.0, -1.0, -1.0, 1.0];
    /// let filters = Filters::new(&checkerboard, 2, 2)?;
    /// assert_eq!(moran(filters.get(0)), -1.0);
    /// # Ok::<(), penstroke::Error>(())
    /// ```
    ///
    /// # Errors
    /// If there is no filter, if the weights are not a whole number of pictures, or if one is not finite.
    pub fn new(weights: &'a [f32], height: usize, width: usize) -> Result<Self> {
        let Some(d) = height.checked_mul(width) else {
            return Err(Error::input(
                "filters",
                format!("pictures of {height}×{width} weights are too large"),
            ));
        };
        Ok(Self { rows: SampleMatrix::new(weights, d)?, height, width })
    }

    /// Number of filters, `h`.
    pub fn n_filters(&self) -> usize {
        self.rows.n_samples()
    }

    /// Height of a filter, in weights.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Width of a filter, in weights.
    pub fn width(&self) -> usize {
        self.width
    }

    /// All filters as rows, `(h, height·width)`.
    pub fn rows(&self) -> SampleMatrix<'a> {
        self.rows
    }

    /// One filter.
    ///
    /// # Panics
    /// If there is no such filter.
    pub fn get(&self, unit: usize) -> Filter<'a> {
        Filter { weights: self.rows.row(unit), width: self.width }
    }
}

/// One filter as a picture.
#[derive(Clone, Copy, Debug)]
pub struct Filter<'a> {
    weights: &'a [f32],
    width: usize,
}

impl<'a> Filter<'a> {
    /// Weights in row-major order, `(height, width)`.
    pub fn weights(&self) -> &'a [f32] {
        self.weights
    }

    /// Height of a filter, in weights.
    pub fn height(&self) -> usize {
        self.weights.len() / self.width
    }

    /// Width of a filter, in weights.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The weights minus their mean; exactly zero for a constant filter.
    pub(super) fn centred(self) -> Vec<f64> {
        if self.weights.iter().all(|&w| w == self.weights[0]) {
            return vec![0.0; self.weights.len()];
        }
        let mean = self.weights.iter().map(|&w| f64::from(w)).sum::<f64>() / self.weights.len() as f64;
        self.weights.iter().map(|&w| f64::from(w) - mean).collect()
    }
}
