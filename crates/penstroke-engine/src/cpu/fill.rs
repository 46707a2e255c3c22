//! Gathers and corrupts a batch by unit: samples become columns.
//!
//! The definition is [`corrupt_row`](crate::corrupt_row). This computes the same for eight samples and four components
//! at a time, so that the lanes of a vector are samples and random numbers need no transposition. It also records which
//! components of the corrupted input are nonzero, for [`sparse`](super::sparse).

#[cfg(target_arch = "x86_64")]
mod avx512;
mod cells;
mod gather;
mod levels;
mod noise;
mod nonzero;
mod tile;

use super::isa::{InstructionSet, kernel};
use super::panel::{Row, WIDTH, floats_mut};
use super::vector::Vector;
use crate::corruption::Noise;
use crate::objective::Emphasis;
use crate::philox::{LANES, threshold};
use cells::corrupt_cells;
pub(super) use cells::decide;
use gather::gather_tile;
use levels::fill_levels;
pub(super) use noise::exact_cut;
use noise::{BLOCK, corrupt_block};
use nonzero::note_nonzero;
pub(super) use tile::{FateRow, Fates, Filling, TILE, Tile};

/// Fills the tile of components that begins at `from`, for samples `first .. first + 32`. Returns the number of nonzero
/// components in the corrupted input, if requested.
pub(super) fn fill(
    isa: InstructionSet,
    filling: Filling<'_>,
    first: usize,
    from: usize,
    tile: Tile<'_>,
) -> u32 {
    match *filling.corruption {
        [Noise::Levels { low, high }] => fill_levels(isa, filling, (low, high), (first, from), tile),
        _ => fill_others(isa, filling, first, from, tile),
    }
}

kernel! {
    /// [`fill`] under every corruption but levels.
    fn fill_others<V>(filling: Filling<'_>, first: usize, from: usize, tile: Tile<'_>) -> u32 {
        let Filling { indices, corruption, emphasis, .. } = filling;
        let Tile { clean, input, emphasis: counted, by_unit, by_sample } = tile;
        gather_tile::<V>(filling, first, from, clean);
        let indices = &indices[first..indices.len().min(first + WIDTH)];
        input.copy_from_slice(clean);
        if let Some(Emphasis { rest, .. }) = emphasis {
            counted.fill(Row([rest as f32; WIDTH]));
        }
        let done = match *corruption {
            [] => true,
            [Noise::Masking { probability }] if emphasis.is_none() => {
                mask::<V>(filling, indices, from, threshold(probability), input)
            }
            [Noise::Dropout { probability }] if emphasis.is_none() => {
                let done = mask::<V>(filling, indices, from, threshold(probability), input);
                if done {
                    let kept = (1.0 - probability) as f32;
                    floats_mut(input).iter_mut().for_each(|value| *value /= kept);
                }
                done
            }
            _ if corruption.iter().all(|noise| noise.on_cells().is_some()) => {
                corrupt_cells(filling, first / WIDTH, from, input);
                true
            }
            _ => false,
        };
        if !done {
            corrupt(filling, first, from, indices.len(), input, counted);
        }
        if by_unit.is_empty() {
            return 0;
        }
        note_nonzero::<V>(input, by_unit, by_sample)
    }
}

/// Corrupts the components from `from` on of `n` samples, block by block.
#[inline(always)]
fn corrupt(
    filling: Filling<'_>,
    first: usize,
    from: usize,
    n: usize,
    input: &mut [Row],
    counted: &mut [Row],
) {
    let Filling { corruption, emphasis, .. } = filling;
    // These noises leave zeros unchanged, so blocks of zeros need no random numbers.
    let stays = |noise: &Noise| match noise {
        Noise::Masking { .. } | Noise::MaskingExact { .. } | Noise::Dropout { .. } => true,
        Noise::MaskCells { .. } | Noise::CopyMask => true,
        Noise::Gaussian { .. } | Noise::SaltAndPepper { .. } | Noise::SwapCells { .. } => false,
        Noise::Levels { .. } => false,
    };
    let zero_stays = emphasis.is_none() && corruption.iter().all(stays);
    for (block, input) in input.chunks_mut(BLOCK).enumerate() {
        let counted = match emphasis {
            None => &mut [][..],
            Some(_) => &mut counted[block * BLOCK..][..input.len()],
        };
        for lane in (0..n).step_by(LANES) {
            let place = (first, lane);
            if zero_stays {
                corrupt_block::<true>(filling, place, from + block * BLOCK, input, counted);
            } else {
                corrupt_block::<false>(filling, place, from + block * BLOCK, input, counted);
            }
        }
    }
}

/// Masks the components from `from` on of up to 32 samples if there is a faster way than [`corrupt_block`]; returns
/// whether there is.
#[inline(always)]
#[allow(unused_variables)] // Unused on a processor without a faster way.
fn mask<V: Vector>(
    filling: Filling<'_>,
    indices: &[u32],
    from: usize,
    threshold: u64,
    rows: &mut [Row],
) -> bool {
    #[cfg(target_arch = "x86_64")]
    if V::LANES == 16 {
        // SAFETY: only AVX-512 has so many lanes, and its vector is used only where the processor has it.
        unsafe { avx512::mask(filling.draws.term(0), filling.epoch, indices, from, threshold, rows) }
        return true;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::gather::transpose_bytes;
    use super::nonzero::transpose_bits;
    use super::*;
    use crate::cells::Donors;
    use crate::corruption::CorruptionDraws;
    use crate::rows::Rows;

    /// The output of [`fill`]: clean and corrupted values, masks by unit and by sample, and their count.
    type Filled = (Vec<Row>, Vec<Row>, Vec<u32>, Vec<u32>, u32);

    fn filled(isa: InstructionSet, filling: Filling<'_>, first: usize, from: usize) -> Filled {
        let width = TILE.min(filling.d - from);
        let nine = Row([9.0; WIDTH]);
        let (mut clean, mut input) = (vec![nine; width], vec![nine; width]);
        let (mut by_unit, mut by_sample) = (vec![9; width], vec![9; TILE]);
        let (left, right) = by_sample.split_at_mut(WIDTH);
        let into = Tile {
            clean: &mut clean,
            input: &mut input,
            emphasis: &mut [],
            by_unit: &mut by_unit,
            by_sample: [left, right],
        };
        let n_nonzero = fill(isa, filling, first, from, into);
        (clean, input, by_unit, by_sample, n_nonzero)
    }

    #[test]
    fn every_instruction_set_fills_the_same_tile() {
        // Miri is slow.
        let widths: &[usize] = if cfg!(miri) { &[7, 66] } else { &[1, 4, 7, 64, 66, 132] };
        let corruptions = [(0.25, 33), (0.9, 8), (0.0, 33), (0.25, 40), (0.25, 32), (1.0, 1)];
        for &d in widths {
            let bytes: Vec<u8> =
                (0..40 * d).map(|i| if i % 7 < 3 { 0 } else { (i * 37 % 256) as u8 }).collect();
            let indices: Vec<u32> = (0..40).map(|i| (i * 23 + 5) % 40).collect();
            for &(q, n) in &corruptions[..if cfg!(miri) { 2 } else { corruptions.len() }] {
                let masking = [Noise::Masking { probability: q }];
                let dropout = [Noise::Dropout { probability: q.min(0.95) }];
                let levels = [Noise::Levels { low: 0.05, high: 5.0 }];
                for corruption in [&masking[..], &dropout, &levels, &[]] {
                    let filling = Filling {
                        rows: Rows::Bytes(&bytes),
                        d,
                        indices: &indices[..n],
                        places: &indices[..n],
                        corruption,
                        emphasis: None,
                        draws: CorruptionDraws { seed: 1 << 40 | 3, use_: crate::CorruptionUse::Training },
                        epoch: 7,
                        donors: Donors::NONE,
                        fates: Fates::default(),
                        cuts: &[],
                    };
                    for first in (0..n).step_by(WIDTH) {
                        for from in (0..d).step_by(TILE) {
                            let mut all = InstructionSet::all().map(|isa| filled(isa, filling, first, from));
                            let best = all.next().unwrap();
                            assert!(
                                all.all(|other| other == best),
                                "d = {d}, q = {q}, n = {n}, {first}, {from}"
                            );
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn transposed_bits_and_bytes_change_places() {
        let word = |i: usize| crate::philox::philox4x32([i as u32, 0, 0, 0], [1, 2]);
        let before: [u32; WIDTH] = std::array::from_fn(|i| word(i)[0]);
        let mut after = before;
        transpose_bits(&mut after);
        for (i, before) in before.iter().enumerate() {
            for (j, after) in after.iter().enumerate() {
                assert_eq!(before >> j & 1, after >> i & 1);
            }
        }
        let before: [[u64; 3]; 8] = std::array::from_fn(|i| {
            std::array::from_fn(|l| u64::from(word(i)[l]) << 32 | u64::from(word(i)[3]))
        });
        let mut after = before;
        transpose_bytes(&mut after);
        for (i, before) in before.iter().enumerate() {
            for l in 0..3 {
                for (j, after) in after.iter().enumerate() {
                    assert_eq!(before[l].to_le_bytes()[j], after[l].to_le_bytes()[i]);
                }
            }
        }
    }
}
