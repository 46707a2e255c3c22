//! The position of a block in a matrix of samples and units.

use super::bias::Bias;
use super::panel::WIDTH;

/// Whether the rows of a block are units and its columns samples, or vice versa.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowsAre {
    Units,
    Samples,
}

/// The position of a block in a matrix of samples and units. Its columns are one panel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) rows_are: RowsAre,
    /// The first unit, a multiple of 32.
    pub(super) unit: usize,
    /// The batch position of the first sample, a multiple of 32.
    pub(super) sample: usize,
    /// The number of columns that belong to existing units or samples.
    pub(super) n_columns: usize,
}

impl Place {
    /// The layer's bias for the block's first `n_rows` rows.
    pub(super) fn bias<'a>(&self, bias: &'a [f32], n_rows: usize) -> Bias<'a> {
        match self.rows_are {
            RowsAre::Units => Bias::Down(&bias[self.unit..self.unit + n_rows]),
            RowsAre::Samples => Bias::Along(&bias.as_chunks::<WIDTH>().0[self.unit / WIDTH]),
        }
    }
}

/// The number of samples in panel `panel`, in a batch of `n`.
pub(super) fn samples_in(panel: usize, n: usize) -> usize {
    (n - panel * WIDTH).min(WIDTH)
}
