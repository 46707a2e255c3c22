//! A batch, and the piece of it that is filled at once.

use crate::corruption::{CorruptionDraws, Noise};
use crate::cpu::panel::{Row, WIDTH};
use crate::objective::Emphasis;
use crate::rows::Rows;

/// Components in a tile.
pub(in crate::cpu) const TILE: usize = 64;

/// Where the samples come from and what happens to them.
#[derive(Clone, Copy)]
pub(in crate::cpu) struct Filling<'a> {
    pub(in crate::cpu) rows: Rows<'a>,
    /// Components of a sample.
    pub(in crate::cpu) d: usize,
    /// The samples of the batch, as their random numbers know them.
    pub(in crate::cpu) indices: &'a [u32],
    /// Where they lie in `rows`.
    pub(in crate::cpu) places: &'a [u32],
    pub(in crate::cpu) corruption: &'a [Noise],
    pub(in crate::cpu) emphasis: Option<Emphasis>,
    pub(in crate::cpu) draws: CorruptionDraws,
    pub(in crate::cpu) epoch: u32,
    /// For every term and every sample of the batch: the key at which exact masking ends; see [`exact_cut`].
    pub(in crate::cpu) cuts: &'a [u64],
}

/// The piece of a batch that is one panel of samples and one tile of components.
pub(in crate::cpu) struct Tile<'a> {
    /// The clean values, `(TILE, 32)` or fewer rows at the end.
    pub(in crate::cpu) clean: &'a mut [Row],
    /// The corrupted ones.
    pub(in crate::cpu) input: &'a mut [Row],
    /// The emphasis of each component; empty when all count alike.
    pub(in crate::cpu) emphasis: &'a mut [Row],
    /// For every component, a bit for each of 32 samples whose corrupted value is not zero; empty if not needed.
    pub(in crate::cpu) by_unit: &'a mut [u32],
    /// For every sample, the same for each of 32 components, one list after another.
    pub(in crate::cpu) by_sample: [&'a mut [u32]; TILE / WIDTH],
}
