//! A batch to gather, and the piece of it that is filled at once.

use crate::cells::{Donors, Fate};
use crate::corruption::{CorruptionDraws, Noise};
use crate::cpu::panel::{Row, WIDTH};
use crate::objective::Emphasis;
use crate::rows::Rows;

/// Components per tile.
pub(in crate::cpu) const TILE: usize = 64;

/// The fates of one cell in the samples of a panel.
pub(in crate::cpu) type FateRow = [Fate; WIDTH];

/// For every term, panel of samples and cell, the fates; empty if no term is a noise on cells. Those of other terms are
/// undefined.
#[derive(Clone, Copy, Default)]
pub(in crate::cpu) struct Fates<'a> {
    rows: &'a [FateRow],
    n_panels: usize,
    n_cells: usize,
}

impl<'a> Fates<'a> {
    pub(in crate::cpu) fn new(rows: &'a [FateRow], n_samples: usize, n_cells: usize) -> Self {
        Self { rows, n_panels: n_samples.div_ceil(WIDTH), n_cells }
    }

    /// The fates of all cells under one term, in a panel of samples.
    pub(in crate::cpu) fn of(self, term: usize, panel: usize) -> &'a [FateRow] {
        &self.rows[(term * self.n_panels + panel) * self.n_cells..][..self.n_cells]
    }
}

/// Where the samples come from, and how they are corrupted.
#[derive(Clone, Copy)]
pub(in crate::cpu) struct Filling<'a> {
    pub(in crate::cpu) rows: Rows<'a>,
    /// Components per sample.
    pub(in crate::cpu) d: usize,
    /// The samples' indices for random numbers.
    pub(in crate::cpu) indices: &'a [u32],
    /// Their positions in `rows`.
    pub(in crate::cpu) places: &'a [u32],
    pub(in crate::cpu) corruption: &'a [Noise],
    pub(in crate::cpu) emphasis: Option<Emphasis>,
    pub(in crate::cpu) draws: CorruptionDraws,
    pub(in crate::cpu) epoch: u32,
    /// The rows that noises on cells take cells from.
    pub(in crate::cpu) donors: Donors<'a>,
    /// What these noises do; see [`decide`](super::decide).
    pub(in crate::cpu) fates: Fates<'a>,
    /// For every term and every sample of the batch, the key at which exact masking ends; see [`exact_cut`].
    pub(in crate::cpu) cuts: &'a [u64],
}

/// One panel of samples and one tile of components.
pub(in crate::cpu) struct Tile<'a> {
    /// The clean values, `(TILE, 32)`, or fewer rows at the end; under levels of noise, the outputs that are wanted.
    pub(in crate::cpu) clean: &'a mut [Row],
    /// The corrupted values.
    pub(in crate::cpu) input: &'a mut [Row],
    /// The weight of each component; empty if all are equal.
    pub(in crate::cpu) emphasis: &'a mut [Row],
    /// For every component, a bitmask of the 32 samples whose corrupted value is nonzero; empty if not needed.
    pub(in crate::cpu) by_unit: &'a mut [u32],
    /// For every sample, the same for 32 components at a time, one list after another.
    pub(in crate::cpu) by_sample: [&'a mut [u32]; TILE / WIDTH],
}
