//! Gathers a batch and corrupts it, by unit: samples become columns.
//!
//! The definition is [`corrupt_row`](crate::corrupt_row); this computes the same for eight samples and four components
//! at a time, so that a vector's lanes are samples and nothing has to be transposed after the random numbers. Along the
//! way it notes which components of the corrupted input are not zero, for [`sparse`](super::sparse).

#[cfg(target_arch = "x86_64")]
mod avx512;

use super::isa::kernel;
use super::math::{ln, sin_cos_turn};
use super::panel::{Row, WIDTH, floats_mut};
use super::transpose::transpose_body;
use super::vector::Vector;
use crate::corruption::{CorruptionDraws, Noise, exact_count, threshold};
use crate::objective::Emphasis;
use crate::philox::{LANES, SampleDraws};
use crate::rows::Rows;

/// Components in a tile.
pub(super) const TILE: usize = 64;
/// How many components later in a sample the ones lie that are asked for beforehand. Samples lie scattered in memory:
/// without this the processor waits a third of this module's time.
const AHEAD: usize = TILE + WIDTH;
/// Words of a Philox block.
const BLOCK: usize = 4;

/// Where the samples come from and what happens to them.
#[derive(Clone, Copy)]
pub(super) struct Filling<'a> {
    pub(super) rows: Rows<'a>,
    /// Components of a sample.
    pub(super) d: usize,
    /// The samples of the batch, as their random numbers know them.
    pub(super) indices: &'a [u32],
    /// Where they lie in `rows`.
    pub(super) places: &'a [u32],
    pub(super) corruption: &'a [Noise],
    pub(super) emphasis: Option<Emphasis>,
    pub(super) draws: CorruptionDraws,
    pub(super) epoch: u32,
    /// For every term and every sample of the batch: the key at which exact masking ends; see [`exact_cut`].
    pub(super) cuts: &'a [u64],
}

/// The piece of a batch that is one panel of samples and one tile of components.
pub(super) struct Tile<'a> {
    /// The clean values, `(TILE, 32)` or fewer rows at the end.
    pub(super) clean: &'a mut [Row],
    /// The corrupted ones.
    pub(super) input: &'a mut [Row],
    /// The emphasis of each component; empty when all count alike.
    pub(super) emphasis: &'a mut [Row],
    /// For every component, a bit for each of 32 samples whose corrupted value is not zero; empty if nobody asks.
    pub(super) by_unit: &'a mut [u32],
    /// For every sample, the same for each of 32 components, one list after another.
    pub(super) by_sample: [&'a mut [u32]; TILE / WIDTH],
}

kernel! {
    /// Fills the tile of components that begins at `from`, of samples `first .. first + 32`; returns how many
    /// components of the corrupted input are not zero, if that is asked for.
    pub(super) fn fill<V>(filling: Filling<'_>, first: usize, from: usize, tile: Tile<'_>) -> u32 {
        let Filling { rows, d, indices, places, corruption, emphasis, .. } = filling;
        let Tile { clean, input, emphasis: counted, by_unit, by_sample } = tile;
        let width = clean.len();
        let part = first..indices.len().min(first + WIDTH);
        let (indices, places) = (&indices[part.clone()], &places[part]);
        for (t, clean) in clean.chunks_mut(WIDTH).enumerate() {
            let start = |sample: u32| sample as usize * d + from + t * WIDTH;
            match rows {
                Rows::Bytes(bytes) => gather_bytes::<V>(bytes, places, start, clean),
                Rows::Floats(values) => gather_floats::<V>(values, places, start, clean),
            }
        }
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
            _ => false,
        };
        if !done {
            // Where all is zero these change nothing, and then need no random numbers.
            let stays = |noise: &Noise| match noise {
                Noise::Masking { .. } | Noise::MaskingExact { .. } | Noise::Dropout { .. } => true,
                Noise::Gaussian { .. } | Noise::SaltAndPepper { .. } => false,
            };
            let zero_stays = emphasis.is_none() && corruption.iter().all(stays);
            for (block, input) in input.chunks_mut(BLOCK).enumerate() {
                let counted = match emphasis {
                    None => &mut [][..],
                    Some(_) => &mut counted[block * BLOCK..][..input.len()],
                };
                for lane in (0..indices.len()).step_by(LANES) {
                    let place = (first, lane);
                    if zero_stays {
                        corrupt_block::<true>(filling, place, from + block * BLOCK, input, counted);
                    } else {
                        corrupt_block::<false>(filling, place, from + block * BLOCK, input, counted);
                    }
                }
            }
        }
        if by_unit.is_empty() {
            return 0;
        }
        let mut n_nonzero = 0;
        for (t, rows) in input.chunks(WIDTH).enumerate() {
            let mut bits = [0u32; WIDTH];
            for (bits, row) in bits.iter_mut().zip(rows) {
                for lane in (0..WIDTH).step_by(V::LANES) {
                    // SAFETY: the instructions are there, since this is a kernel; the lanes lie inside the row.
                    *bits |= unsafe { V::load(row.0[lane..lane + V::LANES].as_ptr()).nonzero() } << lane;
                }
                n_nonzero += bits.count_ones();
            }
            by_unit[t * WIDTH..width.min((t + 1) * WIDTH)].copy_from_slice(&bits[..rows.len()]);
            transpose_bits(&mut bits);
            by_sample[t].copy_from_slice(&bits);
        }
        n_nonzero
    }
}

/// Masks the components from `from` on of up to 32 samples, if there is a faster way than [`corrupt_block`]; else says
/// so.
#[inline(always)]
#[allow(unused_variables)] // There may be none on this processor.
fn mask<V: Vector>(
    filling: Filling<'_>,
    indices: &[u32],
    from: usize,
    threshold: u64,
    rows: &mut [Row],
) -> bool {
    #[cfg(target_arch = "x86_64")]
    if V::LANES == 16 {
        // SAFETY: only AVX-512 has so many lanes, and its vector is only used where the processor has it.
        unsafe { avx512::mask(filling.draws.term(0), filling.epoch, indices, from, threshold, rows) }
        return true;
    }
    false
}

/// Columns of `clean` are the samples' bytes from `start(sample)` on, divided by 255.
#[inline(always)]
fn gather_bytes<V: Vector>(bytes: &[u8], indices: &[u32], start: impl Fn(u32) -> usize, clean: &mut [Row]) {
    const SIDE: usize = 8;
    const LISTS: usize = WIDTH / SIDE;
    let width = clean.len();
    #[cfg(target_arch = "x86_64")]
    if V::LANES == 16 && width.is_multiple_of(4) && width <= bytes.len() {
        for &sample in indices {
            V::prefetch(bytes.as_ptr().wrapping_add(start(sample) + AHEAD).cast());
        }
        if let Some(distances) = avx512::distances(&start, indices, bytes.len() - width) {
            // SAFETY: only AVX-512 has so many lanes, and its vector is only used where the processor has it; `width`
            // bytes from every distance on lie in the slice.
            return unsafe { avx512::gather(bytes, &distances, indices.len(), clean) };
        }
    }
    for (group, indices) in indices.chunks(SIDE).enumerate() {
        // Each word is eight bytes of one sample, and after the transposition one byte of each of eight samples.
        let mut words = [[0u64; LISTS]; SIDE];
        for (words, &sample) in words.iter_mut().zip(indices) {
            let mut line = [0u8; WIDTH];
            let from = start(sample);
            V::prefetch(bytes.as_ptr().wrapping_add(from + AHEAD).cast());
            match bytes[from..].first_chunk() {
                // A copy of known length is one instruction.
                Some(whole) if width == WIDTH => line = *whole,
                _ => line[..width].copy_from_slice(&bytes[from..from + width]),
            }
            for (word, eight) in words.iter_mut().zip(line.as_chunks::<SIDE>().0) {
                *word = u64::from_le_bytes(*eight);
            }
        }
        transpose_bytes(&mut words);
        for (j, row) in clean.iter_mut().enumerate() {
            let eight = words[j % SIDE][j / SIDE].to_le_bytes();
            for (value, byte) in row.0[group * SIDE..(group + 1) * SIDE].iter_mut().zip(eight) {
                *value = unit_interval(byte);
            }
        }
    }
    clear_missing(indices.len().next_multiple_of(SIDE), clean);
}

/// 1/255 to 16 bits, and the rest of it.
const HIGH: f32 = 257.0 / 65_536.0;
const LOW: f32 = (1.0 / 255.0 - HIGH as f64) as f32;

/// `byte / 255`, rounded once: the sum of an exact product and a small one. (A division takes several times as long; a
/// test compares all 256.)
#[inline(always)]
fn unit_interval(byte: u8) -> f32 {
    let value = f32::from(byte);
    value * HIGH + value * LOW
}

/// Columns of `clean` are the samples' values from `start(sample)` on.
#[inline(always)]
fn gather_floats<V: Vector>(
    values: &[f32],
    indices: &[u32],
    start: impl Fn(u32) -> usize,
    clean: &mut [Row],
) {
    let mut lines = [Row::ZERO; WIDTH];
    for (line, &sample) in lines.iter_mut().zip(indices) {
        let from = start(sample);
        V::prefetch(values.as_ptr().wrapping_add(from + AHEAD));
        V::prefetch(values.as_ptr().wrapping_add(from + AHEAD + WIDTH / 2));
        line.0[..clean.len()].copy_from_slice(&values[from..from + clean.len()]);
    }
    transpose_body::<V>(&lines, clean);
}

/// Samples that a last panel lacks are zero.
#[inline(always)]
fn clear_missing(n: usize, rows: &mut [Row]) {
    if n < WIDTH {
        rows.iter_mut().for_each(|row| row.0[n..].fill(0.0));
    }
}

/// Corrupts up to four components, from `component` on, of eight samples, from place `first + lane` of the batch on.
/// Where `ZERO_STAYS`, zero is left zero by the corruption, and nobody asks which components were struck.
#[inline(always)]
fn corrupt_block<const ZERO_STAYS: bool>(
    filling: Filling<'_>,
    (first, lane): (usize, usize),
    component: usize,
    rows: &mut [Row],
    counted: &mut [Row],
) {
    let Filling { indices, corruption, emphasis, draws, epoch, cuts, .. } = filling;
    if ZERO_STAYS {
        let mut bits = [0; LANES];
        for row in rows.iter() {
            bits.iter_mut().zip(&row.0[lane..]).for_each(|(bits, value)| *bits |= value.to_bits());
        }
        if bits.iter().fold(0, |all, bits| all | bits) == 0 {
            return;
        }
    }
    let mut values = [[0.0f32; LANES]; BLOCK];
    for (values, row) in values.iter_mut().zip(rows.iter()) {
        values.copy_from_slice(&row.0[lane..lane + LANES]);
    }
    let n_here = (indices.len() - first - lane).min(LANES);
    let places = first + lane..first + lane + n_here;
    let mut samples = [0u64; LANES];
    for (sample, &index) in samples.iter_mut().zip(&indices[places.clone()]) {
        *sample = u64::from(index);
    }
    let mut struck = [[false; LANES]; BLOCK];
    for (term, noise) in corruption.iter().enumerate() {
        let words = draws.term(term as u8).blocks(epoch, &samples, (component / BLOCK) as u32);
        let mut cut = [0u64; LANES];
        if matches!(noise, Noise::MaskingExact { .. }) {
            let cuts = &cuts[term * indices.len()..(term + 1) * indices.len()];
            cut[..n_here].copy_from_slice(&cuts[places.clone()]);
        }
        apply::<ZERO_STAYS>(noise, &words, component, &cut, &mut values, &mut struck);
    }
    for (values, row) in values.iter().zip(rows.iter_mut()) {
        for (s, (to, &value)) in row.0[lane..lane + LANES].iter_mut().zip(values).enumerate() {
            *to = if ZERO_STAYS || s < n_here { value } else { 0.0 };
        }
    }
    if let Some(Emphasis { corrupted, rest }) = emphasis {
        for (struck, row) in struck.iter().zip(counted) {
            for (to, &struck) in row.0[lane..lane + LANES].iter_mut().zip(struck) {
                *to = (if struck { corrupted } else { rest }) as f32;
            }
        }
    }
}

#[inline(always)]
fn apply<const ZERO_STAYS: bool>(
    noise: &Noise,
    words: &[[u64; LANES]; BLOCK],
    component: usize,
    cut: &[u64; LANES],
    values: &mut [[f32; LANES]; BLOCK],
    struck: &mut [[bool; LANES]; BLOCK],
) {
    const LOW: u64 = 0xffff_ffff;
    match *noise {
        Noise::Masking { probability } => {
            let threshold = threshold(probability);
            for j in 0..BLOCK {
                for s in 0..LANES {
                    let hit = (words[j][s] & LOW) < threshold;
                    values[j][s] = if hit { 0.0 } else { values[j][s] };
                    struck[j][s] |= hit & !ZERO_STAYS;
                }
            }
        }
        Noise::Dropout { probability } => {
            let (threshold, kept) = (threshold(probability), (1.0 - probability) as f32);
            for j in 0..BLOCK {
                for s in 0..LANES {
                    let hit = (words[j][s] & LOW) < threshold;
                    values[j][s] = if hit { 0.0 } else { values[j][s] / kept };
                    struck[j][s] |= hit & !ZERO_STAYS;
                }
            }
        }
        Noise::MaskingExact { .. } => {
            for j in 0..BLOCK {
                for s in 0..LANES {
                    let hit = key(words[j][s] as u32, component + j) < cut[s];
                    values[j][s] = if hit { 0.0 } else { values[j][s] };
                    struck[j][s] |= hit & !ZERO_STAYS;
                }
            }
        }
        Noise::Gaussian { deviation } => {
            let deviation = deviation as f32;
            for pair in 0..BLOCK / 2 {
                for s in 0..LANES {
                    let (u, v) = (words[2 * pair][s] as u32, words[2 * pair + 1][s] as u32);
                    // (u + 1) / 2³² in 0..=1; its rounding to f32 never reaches 0.
                    let share = (u as f32 + 1.0) * (1.0 / 4_294_967_296.0);
                    let radius = deviation * (-2.0 * ln(share)).max(0.0).sqrt();
                    let (sin, cos) = sin_cos_turn(v);
                    values[2 * pair][s] += radius * cos;
                    values[2 * pair + 1][s] += radius * sin;
                }
            }
            *struck = [[true; LANES]; BLOCK];
        }
        Noise::SaltAndPepper { probability, low, high } => {
            let threshold = threshold(probability);
            let (low, high) = (low as f32, high as f32);
            for j in 0..BLOCK {
                for s in 0..LANES {
                    let hit = (words[j][s] & LOW) < threshold;
                    let grain = if words[j][s] & 1 == 0 { low } else { high };
                    values[j][s] = if hit { grain } else { values[j][s] };
                    struck[j][s] |= hit & !ZERO_STAYS;
                }
            }
        }
    }
}

/// Orders the components of a sample by their words, equal words by their place.
#[inline(always)]
fn key(word: u32, component: usize) -> u64 {
    u64::from(word) << 32 | component as u64
}

/// The key below which components of this sample are struck by `noise`: `exact_count` of them lie below it. 0 for
/// any noise but exact masking. `keys` is scratch of length d.
pub(super) fn exact_cut(noise: &Noise, draws: &SampleDraws, keys: &mut [u64]) -> u64 {
    let Noise::MaskingExact { fraction } = *noise else { return 0 };
    let count = exact_count(fraction, keys.len());
    for (block, four) in keys.chunks_mut(4).enumerate() {
        let words = draws.block(block as u32);
        for (k, slot) in four.iter_mut().enumerate() {
            *slot = key(words[k], 4 * block + k);
        }
    }
    if count < keys.len() { *keys.select_nth_unstable(count).1 } else { u64::MAX }
}

/// Transposes 8×8 bytes, as many blocks side by side as a word list is long: afterwards byte `s` of `words[j]` is what
/// byte `j` of `words[s]` was. (Swaps of ever larger off-diagonal blocks, Warren, Hacker's Delight, section 7-3.)
#[inline(always)]
fn transpose_bytes<const N: usize>(words: &mut [[u64; N]; 8]) {
    for (distance, mask) in
        [(1, 0x00ff_00ff_00ff_00ffu64), (2, 0x0000_ffff_0000_ffff), (4, 0x0000_0000_ffff_ffff)]
    {
        for low in (0..8).filter(|low| low & distance == 0) {
            let (above, below) = words.split_at_mut(low + distance);
            for (a, b) in above[low].iter_mut().zip(&mut below[0]) {
                let swap = ((*a >> (8 * distance)) ^ *b) & mask;
                *a ^= swap << (8 * distance);
                *b ^= swap;
            }
        }
    }
}

/// Transposes 32×32 bits in the same way: afterwards bit `j` of `bits[s]` is what bit `s` of `bits[j]` was.
#[inline(always)]
fn transpose_bits(bits: &mut [u32; WIDTH]) {
    for (distance, mask) in
        [(16, 0x0000_ffffu32), (8, 0x00ff_00ff), (4, 0x0f0f_0f0f), (2, 0x3333_3333), (1, 0x5555_5555)]
    {
        for low in (0..WIDTH).filter(|low| low & distance == 0) {
            let (a, b) = (bits[low], bits[low + distance]);
            let swap = ((a >> distance) ^ b) & mask;
            bits[low] = a ^ (swap << distance);
            bits[low + distance] = b ^ swap;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::isa::InstructionSet;

    /// What [`fill`] writes: clean and corrupted values, masks by unit and by sample, their count.
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
        for d in [1, 4, 7, 64, 66, 132] {
            let bytes: Vec<u8> =
                (0..40 * d).map(|i| if i % 7 < 3 { 0 } else { (i * 37 % 256) as u8 }).collect();
            let indices: Vec<u32> = (0..40).map(|i| (i * 23 + 5) % 40).collect();
            for (q, n) in [(0.0, 33), (0.25, 40), (0.25, 32), (0.9, 8), (1.0, 1)] {
                let masking = [Noise::Masking { probability: q }];
                let dropout = [Noise::Dropout { probability: q.min(0.95) }];
                for corruption in [&masking[..], &dropout, &[]] {
                    let filling = Filling {
                        rows: Rows::Bytes(&bytes),
                        d,
                        indices: &indices[..n],
                        places: &indices[..n],
                        corruption,
                        emphasis: None,
                        draws: CorruptionDraws { seed: 1 << 40 | 3, use_: crate::CorruptionUse::Training },
                        epoch: 7,
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
    fn bytes_become_the_nearest_float_of_their_share() {
        for byte in 0..=255u8 {
            assert_eq!(unit_interval(byte).to_bits(), (f32::from(byte) / 255.0).to_bits(), "{byte}");
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
