//! A matrix of samples and units in the forms that products read.

use super::grid::{Destination, Grid};
use super::halves::{Halves, Side};
use super::instructions::Bf16Instructions;
use crate::cpu::panel::{Row, whole};
use crate::cpu::place::RowsAre;
use crate::cpu::team::Team;

/// A rounded matrix of samples and units.
pub(super) struct Sides {
    pub(super) side: Side,
    /// With units as terms: `[panel of samples][panel of units]`.
    pub(super) by_units: Vec<Halves>,
    /// With samples as terms: `[panel of units][panel of samples]`.
    pub(super) by_samples: Vec<Halves>,
}

impl Sides {
    pub(super) fn new(side: Side) -> Self {
        Self { side, by_units: Vec::new(), by_samples: Vec::new() }
    }

    /// Rounds a matrix stored in panels.
    pub(super) fn round(
        &mut self,
        instructions: Bf16Instructions,
        team: &mut Team,
        (rows_are, rows): (RowsAre, &[Row]),
        grid: Grid,
    ) {
        let Self { side, by_units, by_samples } = self;
        let side = *side;
        let pieces = (grid.parts(), grid.by_units(by_units), grid.by_samples(by_samples));
        team.each(pieces, |part, _, (_, by_units, [by_samples])| {
            let mut to = Destination::new(instructions, side, by_units, by_samples);
            for place in grid.places(part, rows_are) {
                let mut block = whole(&rows[place.first_row()..][..place.n_rows()]);
                place.clear_missing(&mut block);
                to.write(rows_are, &block);
            }
        });
    }

    /// Makes room for this many blocks in either form.
    pub(super) fn fit(&mut self, by_units: usize, by_samples: usize) {
        self.by_units.resize(by_units, Halves::ZERO);
        self.by_samples.resize(by_samples, Halves::ZERO);
    }
}
