//! The products of a stage: weights are rounded one panel at a time, when used.

use super::convert;
use super::grid::GridPlace;
use super::halves::{Block, Direction, Halves, Side};
use super::instructions::Bf16Instructions;
use super::product::Multiplier;
use super::sides::Sides;
use crate::cpu::panel::{Row, WIDTH, n_panels, whole};
use crate::cpu::place::RowsAre;
use crate::cpu::weights::Matrix;
use std::iter::once;
use std::slice::from_ref;
use std::sync::{Mutex, PoisonError};

/// The products of weights with the activity of the previous or the next layer.
#[derive(Clone, Copy)]
pub(super) struct Pass<'a> {
    instructions: Bf16Instructions,
    matrix: &'a Matrix,
    activity: &'a [Halves],
    /// The side of the weights; the rows of the products belong to the left side.
    side: Side,
    /// Panels of units that are summed over.
    n_terms: usize,
    /// Identifies the pass.
    number: u64,
}

/// A panel of weights that a thread has rounded.
pub(super) struct Panel {
    /// The pass and the panel of units it holds.
    holds: Option<(u64, usize)>,
    blocks: Vec<Halves>,
}

impl Panel {
    pub(super) fn new(n_blocks: usize) -> Self {
        Self { holds: None, blocks: vec![Halves::ZERO; n_blocks] }
    }
}

impl<'a> Pass<'a> {
    /// Pass `number` through layer `l`: forward if `activity` is its input, backward if its deltas.
    pub(super) fn new(
        number: u64,
        instructions: Bf16Instructions,
        matrix: &'a Matrix,
        activity: &'a Sides,
        units: usize,
    ) -> Self {
        let side = activity.side.other();
        Self { instructions, matrix, activity: &activity.by_units, side, n_terms: n_panels(units), number }
    }

    pub(super) fn rows_are(&self) -> RowsAre {
        match self.side {
            Side::Left => RowsAre::Units,
            Side::Right => RowsAre::Samples,
        }
    }

    /// Computes the blocks at `places`, all in one panel of units, and calls `finish` with each.
    pub(super) fn each_block(
        &self,
        panel: &Mutex<Panel>,
        places: impl Iterator<Item = GridPlace>,
        mut finish: impl FnMut(&GridPlace, &mut Block),
    ) {
        // Each thread has its own panel, so the lock is free.
        let mut panel = panel.lock().unwrap_or_else(PoisonError::into_inner);
        let Panel { holds, blocks } = &mut *panel;
        let blocks = &mut blocks[..self.n_terms];
        let multiplier = Multiplier::take(self.instructions);
        let mut block = [Row::ZERO; WIDTH];
        for (number, place) in places.enumerate() {
            let activity = &self.activity[place.samples * self.n_terms..][..self.n_terms];
            let sides = |weights, activity| match self.side {
                Side::Left => (weights, activity),
                Side::Right => (activity, weights),
            };
            let wanted = Some((self.number, place.units));
            if *holds != wanted {
                *holds = wanted;
                // Each block of weights is used while in the first-level cache.
                let runs = blocks.iter_mut().zip(activity).enumerate().map(|(term, (weights, activity))| {
                    self.round(place.units, term, weights);
                    sides(from_ref(weights), from_ref(activity))
                });
                multiplier.multiply(runs, Direction::Forwards, &mut block);
            } else {
                multiplier.multiply(once(sides(blocks, activity)), Direction::of(number), &mut block);
            }
            finish(&place, &mut block);
        }
    }

    /// Rounds block `term` of a panel of units.
    fn round(&self, units: usize, term: usize, to: &mut Halves) {
        let n_rows = self.matrix.n_rows;
        let (row, column) = match self.side {
            Side::Left => (units, term),
            Side::Right => (term, units),
        };
        let rows = &self.matrix.weights[column * n_rows..][..n_rows];
        let rows = &rows[row * WIDTH..n_rows.min((row + 1) * WIDTH)];
        let padded;
        let block = match rows.try_into() {
            Ok(block) => block,
            Err(_) => {
                padded = whole(rows);
                &padded
            }
        };
        match self.side {
            Side::Left => convert::by_columns(self.instructions, Side::Left, block, to),
            Side::Right => convert::by_rows(self.instructions, Side::Right, block, to),
        }
    }
}
