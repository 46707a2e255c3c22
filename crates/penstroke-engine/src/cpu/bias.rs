//! The bias of a block.

use super::panel::WIDTH;

/// The bias of a block of a panel.
#[derive(Clone, Copy)]
pub(super) enum Bias<'a> {
    /// Rows are units: one bias per row.
    Down(&'a [f32]),
    /// Rows are samples: the same 32 biases along every row.
    Along(&'a [f32; WIDTH]),
}
