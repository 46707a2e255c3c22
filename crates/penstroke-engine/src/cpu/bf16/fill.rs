//! Gathers and corrupts a batch directly into bf16.

use super::convert;
use super::instructions::Bf16Instructions;
use super::sides::Sides;
use crate::cpu::buffers::Input;
use crate::cpu::fill::{self, Filling, TILE, Tile};
use crate::cpu::isa::InstructionSet;
use crate::cpu::panel::{Row, WIDTH, n_panels};
use crate::cpu::pieces::Blocks;
use crate::cpu::pieces::Parts::{AcrossBlocks, AlongBlocks};
use crate::cpu::team::Team;

/// Gathers, corrupts and rounds the batch into `sides`, without recording zeros.
pub(super) fn fill_rounded(
    (isa, instructions): (InstructionSet, Bf16Instructions),
    team: &mut Team,
    filling: Filling<'_>,
    input: &mut Input,
    sides: &mut Sides,
) {
    const BLOCKS: usize = TILE / WIDTH;
    let Filling { d, indices, .. } = filling;
    let n_panels = n_panels(indices.len());
    let Sides { side, by_units, by_samples } = sides;
    let side = *side;
    let pieces = (
        Blocks::<_, 1>::new(&mut input.clean, d, TILE, AcrossBlocks),
        Blocks::<_, 1>::new(&mut input.emphasis, d, TILE, AcrossBlocks),
        Blocks::<_, 1>::new(by_units, d.div_ceil(WIDTH), BLOCKS, AcrossBlocks),
        Blocks::<_, BLOCKS>::new(by_samples, n_panels, 1, AlongBlocks),
    );
    team.each(pieces, |part, _, ([clean], [emphasis], [by_units], by_samples)| {
        let (tile, panel) = (part / n_panels, part % n_panels);
        let mut blocks = [[Row::ZERO; WIDTH]; BLOCKS];
        let input = &mut blocks.as_flattened_mut()[..clean.len()];
        let by_sample = [(); BLOCKS].map(|()| &mut [][..]);
        let into = Tile { clean, input, emphasis, by_unit: &mut [], by_sample };
        fill::fill(isa, filling, panel * WIDTH, tile * TILE, into);
        for ((block, by_units), by_samples) in blocks.iter().zip(by_units).zip(by_samples) {
            convert::by_rows(instructions, side, block, by_units);
            convert::by_columns(instructions, side, block, &mut by_samples[0]);
        }
    });
}
