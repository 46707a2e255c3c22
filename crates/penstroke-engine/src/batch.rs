//! The samples of one step and their targets.

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

/// Some samples of a data set.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// The whole data set, `(n, d)`, or the samples of the batch alone.
    pub rows: Rows<'a>,
    /// Whether `rows` and `observed` hold the samples of the batch alone, in its order; data that do not fit into memory are
    /// gathered by their reader.
    pub gathered: bool,
    /// Which samples of the data set. The number also names the sample's random numbers, so that a sample meets the same
    /// corruption whatever batch it comes in.
    pub ids: &'a [u32],
    /// The targets of each head; empty: every head restores the clean input.
    pub answers: &'a [Answers<'a>],
    /// One bit for each output unit of each sample: whether its target was observed. Others do not count in the loss; a
    /// softmax head counts if its first unit does. `None`: all were observed.
    pub observed: Option<BitRows<'a>>,
    /// Samples that the step has on all machines together; losses and gradients are divided by it. On one machine the
    /// number of `ids`.
    pub total: usize,
}

impl<'a> Batch<'a> {
    /// The samples `ids` of the data set `rows`, to be restored, all of it observed, on one machine.
    #[must_use]
    pub fn new(rows: Rows<'a>, ids: &'a [u32]) -> Self {
        Self { rows, gathered: false, ids, answers: &[], observed: None, total: ids.len() }
    }

    /// The same batch with answers, one for each head.
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
