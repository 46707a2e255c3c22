//! A batch gathered and corrupted into panels.

use super::buffers::Input;
use super::fill::{self, Filling, TILE, Tile};
use super::isa::InstructionSet;
use super::panel::{Row, WIDTH};
use super::pieces::Parts::{AcrossBlocks, AlongBlocks};
use super::pieces::{Blocks, Pieces};
use super::team::Team;
use super::weights::{Columns, columns};
use crate::corruption::Noise;
use crate::network::Network;

/// Samples per part when exact masking is prepared.
pub(super) const CUT_SAMPLES: usize = 16;

/// Makes room for what [`gather`] writes.
pub(super) fn fit(n: usize, d: usize, input: &mut Input) {
    let panels = n.div_ceil(WIDTH);
    input.by_unit.resize(panels * d, Row::ZERO);
    input.nonzero_by_unit.resize(panels * d, 0);
    input.nonzero_by_sample.resize(d.div_ceil(WIDTH) * panels * WIDTH, 0);
    input.nonzero.resize(panels * d.div_ceil(TILE), 0);
}

/// Fills the panels of the input by unit, counts nonzero values, and decides whether to skip zeros.
pub(super) fn gather(
    (isa, team, network): (InstructionSet, &mut Team, &Network),
    filling: Filling<'_>,
    input: &mut Input,
) {
    let (n, d) = (filling.indices.len(), filling.d);
    let n_panels = n.div_ceil(WIDTH);
    let pieces = (
        Blocks::<_, 1>::new(&mut input.clean, d, TILE, AcrossBlocks),
        Blocks::<_, 1>::new(&mut input.by_unit, d, TILE, AcrossBlocks),
        Blocks::<_, 1>::new(&mut input.emphasis, d, TILE, AcrossBlocks),
        Blocks::<_, 1>::new(&mut input.nonzero_by_unit, d, TILE, AcrossBlocks),
        Blocks::<_, { TILE / WIDTH }>::new(
            &mut input.nonzero_by_sample,
            n_panels * WIDTH,
            WIDTH,
            AlongBlocks,
        ),
        Pieces::new(&mut input.nonzero, 1),
    );
    team.each(pieces, |part, _, ([clean], [input], [emphasis], [by_unit], by_sample, nonzero)| {
        let (tile, panel) = (part / n_panels, part % n_panels);
        let into = Tile { clean, input, emphasis, by_unit, by_sample };
        nonzero[0] = fill::fill(isa, filling, panel * WIDTH, tile * TILE, into);
    });
    let nonzero: u64 = input.nonzero.iter().map(|&count| u64::from(count)).sum();
    let can = input.first_layer == 0 && columns(network, 0) == Columns::Outputs;
    input.is_sparse = can && (nonzero as f64) < input.sparse_below * (n * d) as f64;
}

/// For every term of exact masking and every sample, computes where the masking ends.
pub(super) fn prepare_exact_masking(
    team: &mut Team,
    filling: Filling<'_>,
    cuts: &mut [u64],
    keys: &mut [u64],
) {
    let Filling { d, indices, corruption, draws, epoch, .. } = filling;
    for (term, (noise, cuts)) in corruption.iter().zip(cuts.chunks_mut(indices.len().max(1))).enumerate() {
        if !matches!(noise, Noise::MaskingExact { .. }) {
            continue;
        }
        let pieces = (Pieces::new(cuts, CUT_SAMPLES), Pieces::new(&mut *keys, d));
        team.each(pieces, |part, _, (cuts, keys)| {
            for (k, cut) in cuts.iter_mut().enumerate() {
                let sample = indices[part * CUT_SAMPLES + k];
                *cut = fill::exact_cut(noise, &draws.term(term as u8).at(epoch, sample), keys);
            }
        });
    }
}
