//! A batch: the samples of one step and their targets.

use crate::rows::{BitRows, Rows};

/// The targets of one head, for the whole data set.
#[derive(Clone, Copy, Debug)]
pub enum Answers<'a> {
    /// The clean input.
    Input,
    /// One class for each sample of the data set.
    Labels(&'a [u32]),
    /// `(n, units of the head)` values for the samples of the data set.
    Values(&'a [f32]),
}

/// A selection of samples from a data set.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// The whole data set, `(n, d)`, or only the samples of the batch.
    pub rows: Rows<'a>,
    /// Whether `rows` and `observed` hold only the samples of the batch, in its order, because a reader gathered them
    /// from data that do not fit in memory. [Noises](crate::Noise) that take cells or masks from other rows then take them from
    /// the batch.
    pub gathered: bool,
    /// The indices of the samples in the data set. A sample's random numbers depend on its index, so its corruption
    /// does not depend on the batch.
    pub ids: &'a [u32],
    /// The targets of each head. If empty, every head reconstructs the clean input.
    pub answers: &'a [Answers<'a>],
    /// For each output unit of each sample, one bit: whether its target was observed. Unobserved targets do not count
    /// in the loss; a softmax head counts if its first unit is observed. `None`: all were observed.
    pub observed: Option<BitRows<'a>>,
    /// One finite number of at least 0 for each sample of the data set, by which its loss is multiplied. The sum is still
    /// divided by `total`, so weights with a mean of 1 leave the scale of losses as it is. Penalties take all samples
    /// alike. `None`: every weight is 1.
    pub weights: Option<&'a [f32]>,
    /// Number of samples in this step over all machines, by which losses and gradients are divided. On one machine, the
    /// length of `ids`.
    pub total: usize,
}

impl<'a> Batch<'a> {
    /// The samples `ids` of the data set `rows`, to be reconstructed, fully observed, on one machine.
    pub fn new(rows: Rows<'a>, ids: &'a [u32]) -> Self {
        Self { rows, gathered: false, ids, answers: &[], observed: None, weights: None, total: ids.len() }
    }

    /// The same batch with answers, one per head.
    #[must_use]
    pub fn with_answers(self, answers: &'a [Answers<'a>]) -> Self {
        Self { answers, ..self }
    }

    /// The targets of head `head`.
    ///
    /// # Panics
    /// If there are answers, but fewer than heads.
    pub(crate) fn answers_of(&self, head: usize) -> Answers<'a> {
        if self.answers.is_empty() { Answers::Input } else { self.answers[head] }
    }
}
