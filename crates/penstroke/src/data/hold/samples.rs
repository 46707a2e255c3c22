//! The trait for samples, in memory or in a file.

use super::narrowing::CloseColumn;
use super::preparation::Preparation;
use super::targets::Targets;
use super::values::{ImageShape, Values};
use crate::Result;
use penstroke_engine::Rows;
use std::fmt::Debug;

/// `n` samples of `d` finite values each that can be read in any order: a [`Dataset`](crate::data::Dataset) in memory,
/// or a [`Streamed`](super::Streamed) file.
pub trait Samples: Debug + Sync {
    /// Number of samples, `n`.
    fn n_samples(&self) -> usize;

    /// Number of components of a sample, `d`.
    fn n_visible(&self) -> usize;

    /// One label per sample, if they are labelled.
    fn labels(&self) -> Option<&[u32]> {
        None
    }

    /// By how much the loss of each sample is multiplied in training, at least 0, if samples have weights;
    /// [`Selection::with_weights`](super::Selection::with_weights) gives them.
    fn weights(&self) -> Option<&[f32]> {
        None
    }

    /// The targets of a regression, if their columns were chosen in a table.
    fn targets(&self) -> Option<&Targets> {
        None
    }

    /// Number of classes: the largest label plus one; 0 without labels.
    fn n_classes(&self) -> usize {
        self.labels().into_iter().flatten().max().map_or(0, |&label| label as usize + 1)
    }

    /// The shape of a picture, if rows are pictures.
    fn image(&self) -> Option<ImageShape> {
        None
    }

    /// How the samples were made from their source.
    fn preparation(&self) -> &Preparation;

    /// The minimum and maximum; always `(0, 1)` for bytes.
    fn range(&self) -> (f32, f32);

    /// The columns whose values are too close together for single precision. [`Samples::read_exact`] gives them exactly.
    fn close_columns(&self) -> &[CloseColumn] {
        &[]
    }

    /// All values, `(n, d)`, if they are in memory.
    fn in_memory(&self) -> Option<Rows<'_>> {
        None
    }

    /// Replaces the content of `out` by the samples at `indices`, in that order.
    ///
    /// # Errors
    /// If their file can no longer be read.
    fn read(&self, indices: &[u32], out: &mut Values) -> Result<()>;

    /// As [`Samples::read`], in double precision: close columns as in their source, other values as floats.
    ///
    /// # Errors
    /// If their file can no longer be read.
    fn read_exact(&self, indices: &[u32], out: &mut Vec<f64>) -> Result<()> {
        let mut values = Values::Floats(Vec::new());
        self.read(indices, &mut values)?;
        out.clear();
        out.extend(values.rows().to_floats().into_iter().map(f64::from));
        Ok(())
    }
}
