//! How a stage is cut into blocks, and where their results go.

use super::convert::{self, Block, Halves, Side};
use super::product::{Direction, Multiplier};
use super::{Bf16Instructions, Sides};
use crate::cpu::kernels::Bias;
use crate::cpu::network::Matrix;
use crate::cpu::panel::{Row, WIDTH, n_panels, whole};
use crate::cpu::stages::samples_in;
use crate::cpu::team::Parts::{AcrossBlocks, AlongBlocks};
use crate::cpu::team::{Blocks, Count};
use std::iter::once;
use std::slice::from_ref;
use std::sync::{Mutex, PoisonError};

/// Panels of samples of a part.
pub(super) const PANELS: usize = 4;

/// What the rows of a block belong to; its columns are the other.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::cpu) enum RowsAre {
    Units,
    Samples,
}

/// A matrix of samples and units, in blocks.
#[derive(Clone, Copy)]
pub(in crate::cpu) struct Grid {
    pub(in crate::cpu) n: usize,
    pub(in crate::cpu) units: usize,
}

/// One of the blocks.
#[derive(Clone, Copy)]
pub(super) struct Place {
    grid: Grid,
    pub(super) rows_are: RowsAre,
    /// Panel of units.
    pub(super) units: usize,
    /// Panel of samples.
    pub(super) samples: usize,
}

impl Grid {
    fn n_sample_panels(&self) -> usize {
        n_panels(self.n)
    }

    fn n_chunks(&self) -> usize {
        self.n_sample_panels().div_ceil(PANELS)
    }

    pub(super) fn parts(&self) -> Count {
        Count(n_panels(self.units) * self.n_chunks())
    }

    /// The blocks of a part, in order.
    pub(super) fn places(self, part: usize, rows_are: RowsAre) -> impl Iterator<Item = Place> {
        let (units, first) = (part / self.n_chunks(), part % self.n_chunks() * PANELS);
        let end = self.n_sample_panels().min(first + PANELS);
        (first..end).map(move |samples| Place { grid: self, rows_are, units, samples })
    }

    pub(super) fn by_units<'a>(&self, halves: &'a mut [Halves]) -> Blocks<'a, Halves, PANELS> {
        Blocks::new(halves, n_panels(self.units), 1, AcrossBlocks)
    }

    pub(super) fn by_samples<'a>(&self, halves: &'a mut [Halves]) -> Blocks<'a, Halves, 1> {
        Blocks::new(halves, self.n_sample_panels(), PANELS, AlongBlocks)
    }

    pub(super) fn rows_of_units<'a>(&self, rows: &'a mut [Row]) -> Blocks<'a, Row, PANELS> {
        Blocks::new(rows, self.units, WIDTH, AcrossBlocks)
    }

    pub(super) fn rows_of_samples<'a>(&self, rows: &'a mut [Row]) -> Blocks<'a, Row, 1> {
        Blocks::new(rows, self.n_sample_panels() * WIDTH, PANELS * WIDTH, AlongBlocks)
    }

    pub(super) fn sums<'a>(&self, sums: &'a mut [f32]) -> Blocks<'a, f32, PANELS> {
        Blocks::new(sums, self.units.next_multiple_of(WIDTH), WIDTH, AcrossBlocks)
    }
}

impl Place {
    fn n_units(&self) -> usize {
        (self.grid.units - self.units * WIDTH).min(WIDTH)
    }

    fn n_samples(&self) -> usize {
        samples_in(self.samples, self.grid.n)
    }

    /// How many of its rows there are.
    pub(super) fn n_rows(&self) -> usize {
        match self.rows_are {
            RowsAre::Units => self.n_units(),
            RowsAre::Samples => self.n_samples(),
        }
    }

    /// How many of its columns there are.
    pub(super) fn n_columns(&self) -> usize {
        match self.rows_are {
            RowsAre::Units => self.n_samples(),
            RowsAre::Samples => self.n_units(),
        }
    }

    /// Where its rows begin in a matrix of all of them, in panels.
    pub(super) fn first_row(&self) -> usize {
        match self.rows_are {
            RowsAre::Units => self.samples * self.grid.units + self.units * WIDTH,
            RowsAre::Samples => (self.units * self.grid.n_sample_panels() + self.samples) * WIDTH,
        }
    }

    /// Its part of the layer's bias.
    pub(super) fn bias<'a>(&self, bias: &'a [f32]) -> Bias<'a> {
        let bias = &bias.as_chunks::<WIDTH>().0[self.units];
        match self.rows_are {
            RowsAre::Units => Bias::Down(bias),
            RowsAre::Samples => Bias::Along(bias),
        }
    }

    /// Clears what lies beyond the last sample or unit.
    pub(super) fn clear_missing(&self, block: &mut Block) {
        block[self.n_rows()..].fill(Row::ZERO);
        let n_columns = self.n_columns();
        if n_columns < WIDTH {
            block.iter_mut().for_each(|row| row.0[n_columns..].fill(0.0));
        }
    }
}

/// Where the blocks of a part go, one after another.
pub(super) struct Destination<'a> {
    instructions: Bf16Instructions,
    side: Side,
    by_units: std::array::IntoIter<&'a mut [Halves], PANELS>,
    by_samples: std::slice::IterMut<'a, Halves>,
}

impl<'a> Destination<'a> {
    /// Lists may be empty, if nobody wants them.
    pub(super) fn new(
        instructions: Bf16Instructions,
        side: Side,
        by_units: [&'a mut [Halves]; PANELS],
        by_samples: &'a mut [Halves],
    ) -> Self {
        Self { instructions, side, by_units: by_units.into_iter(), by_samples: by_samples.iter_mut() }
    }

    /// Rounds the next block.
    pub(super) fn write(&mut self, rows_are: RowsAre, block: &Block) {
        let by_units = self.by_units.next().and_then(|one| one.first_mut());
        let by_samples = self.by_samples.next();
        let (by_columns, by_rows) = match rows_are {
            RowsAre::Units => (by_samples, by_units),
            RowsAre::Samples => (by_units, by_samples),
        };
        if let Some(to) = by_columns {
            convert::by_columns(self.instructions, self.side, block, to);
        }
        if let Some(to) = by_rows {
            convert::by_rows(self.instructions, self.side, block, to);
        }
    }
}

/// The products of weights with what comes from the layer before, or after.
#[derive(Clone, Copy)]
pub(super) struct Pass<'a> {
    instructions: Bf16Instructions,
    matrix: &'a Matrix,
    activity: &'a [Halves],
    /// Of the weights; the rows of the products belong to the left side.
    side: Side,
    /// Panels of units that are summed over.
    n_terms: usize,
    /// Tells passes apart.
    number: u64,
}

/// A panel of weights that a thread has rounded.
pub(super) struct Panel {
    /// The pass and the panel of units.
    holds: Option<(u64, usize)>,
    blocks: Vec<Halves>,
}

impl Panel {
    pub(super) fn new(n_blocks: usize) -> Self {
        Self { holds: None, blocks: vec![Halves::ZERO; n_blocks] }
    }
}

impl<'a> Pass<'a> {
    /// The pass number `number` through layer `l`, forwards if `activity` is its input, backwards if its deltas.
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

    /// Computes the blocks at `places`, all of one panel of units, and calls `finish` with each.
    pub(super) fn each_block(
        &self,
        panel: &Mutex<Panel>,
        places: impl Iterator<Item = Place>,
        mut finish: impl FnMut(&Place, &mut Block),
    ) {
        // A thread's own; nobody else asks for it, so the lock is free.
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
                // Each block of weights is used while it is in the first-level cache.
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

    /// Rounds block number `term` of a panel of units.
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
