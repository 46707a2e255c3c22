//! How a stage is divided into blocks, and where their results go.

use super::convert;
use super::halves::{Block, Halves, Side};
use super::instructions::Bf16Instructions;
use crate::cpu::panel::{Row, WIDTH, n_panels};
use crate::cpu::pieces::Parts::{AcrossBlocks, AlongBlocks};
use crate::cpu::pieces::{Blocks, Count};
use crate::cpu::place::{Place, RowsAre, samples_in};

/// Panels of samples per part.
pub(super) const PANELS: usize = 4;

/// A matrix of samples and units, divided into blocks.
#[derive(Clone, Copy)]
pub(super) struct Grid {
    pub(super) n: usize,
    pub(super) units: usize,
}

/// A block, with the panels that contain it.
#[derive(Clone, Copy)]
pub(super) struct GridPlace {
    pub(super) place: Place,
    pub(super) grid: Grid,
    /// The panel of units.
    pub(super) units: usize,
    /// The panel of samples.
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
    pub(super) fn places(self, part: usize, rows_are: RowsAre) -> impl Iterator<Item = GridPlace> {
        let (units, first) = (part / self.n_chunks(), part % self.n_chunks() * PANELS);
        let end = self.n_sample_panels().min(first + PANELS);
        (first..end).map(move |samples| self.place(rows_are, units, samples))
    }

    fn place(self, rows_are: RowsAre, units: usize, samples: usize) -> GridPlace {
        let n_columns = match rows_are {
            RowsAre::Units => samples_in(samples, self.n),
            RowsAre::Samples => samples_in(units, self.units),
        };
        let place = Place { rows_are, unit: units * WIDTH, sample: samples * WIDTH, n_columns };
        GridPlace { place, grid: self, units, samples }
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

impl GridPlace {
    /// The number of its rows that belong to existing units or samples.
    pub(super) fn n_rows(&self) -> usize {
        match self.place.rows_are {
            RowsAre::Units => samples_in(self.units, self.grid.units),
            RowsAre::Samples => samples_in(self.samples, self.grid.n),
        }
    }

    /// The index of its first row in a matrix of whole panels.
    pub(super) fn first_row(&self) -> usize {
        match self.place.rows_are {
            RowsAre::Units => self.samples * self.grid.units + self.units * WIDTH,
            RowsAre::Samples => (self.units * self.grid.n_sample_panels() + self.samples) * WIDTH,
        }
    }

    /// Clears the rows and columns past the last sample or unit.
    pub(super) fn clear_missing(&self, block: &mut Block) {
        block[self.n_rows()..].fill(Row::ZERO);
        let n_columns = self.place.n_columns;
        if n_columns < WIDTH {
            block.iter_mut().for_each(|row| row.0[n_columns..].fill(0.0));
        }
    }
}

/// Writes the blocks of a part in order, in both forms.
pub(super) struct Destination<'a> {
    instructions: Bf16Instructions,
    side: Side,
    by_units: std::array::IntoIter<&'a mut [Halves], PANELS>,
    by_samples: std::slice::IterMut<'a, Halves>,
}

impl<'a> Destination<'a> {
    /// An empty list is not written.
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
