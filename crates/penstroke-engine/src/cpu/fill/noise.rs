//! Corrupts eight samples and four components at a time.

use super::cells::corrupt_component;
use super::tile::Filling;
use crate::corruption::{Noise, exact_count};
use crate::cpu::math::{ln, sin_cos_turn};
use crate::cpu::panel::Row;
use crate::objective::Emphasis;
use crate::philox::{LANES, SampleDraws, threshold};

/// Components per Philox block.
pub(super) const BLOCK: usize = 4;

/// Corrupts up to four components, from `component` on, of eight samples, from position `first + lane` of the batch on.
/// With `ZERO_STAYS`, the corruption keeps zeros, and affected components are not recorded.
#[inline(always)]
pub(super) fn corrupt_block<const ZERO_STAYS: bool>(
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
        if noise.on_cells().is_some() {
            for (j, (values, struck)) in values.iter_mut().zip(&mut struck).enumerate() {
                corrupt_component(filling, term, (first, lane), component + j, (values, struck));
            }
            continue;
        }
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

/// Words for four components of eight samples, in the low halves.
type Words = [[u64; LANES]; BLOCK];
/// Values of four components of eight samples.
pub(super) type Values = [[f32; LANES]; BLOCK];

#[inline(always)]
fn apply<const ZERO_STAYS: bool>(
    noise: &Noise,
    words: &Words,
    component: usize,
    cut: &[u64; LANES],
    values: &mut Values,
    struck: &mut [[bool; LANES]; BLOCK],
) {
    const LOW: u64 = 0xffff_ffff;
    // Where a word is an event of probability q.
    let below = |q: f64| {
        let threshold = threshold(q);
        move |j: usize, s: usize| (words[j][s] & LOW) < threshold
    };
    match *noise {
        Noise::Masking { probability } => {
            strike::<ZERO_STAYS>(values, struck, below(probability), |_, _| 0.0, |x| x);
        }
        Noise::Dropout { probability } => {
            let kept = (1.0 - probability) as f32;
            strike::<ZERO_STAYS>(values, struck, below(probability), |_, _| 0.0, |x| x / kept);
        }
        Noise::MaskingExact { .. } => {
            let hit = |j: usize, s: usize| key(words[j][s] as u32, component + j) < cut[s];
            strike::<ZERO_STAYS>(values, struck, hit, |_, _| 0.0, |x| x);
        }
        Noise::SaltAndPepper { probability, low, high } => {
            let (low, high) = (low as f32, high as f32);
            let grain = |j: usize, s: usize| if words[j][s] & 1 == 0 { low } else { high };
            strike::<ZERO_STAYS>(values, struck, below(probability), grain, |x| x);
        }
        Noise::Gaussian { deviation } => {
            add_gaussian(words, deviation as f32, values);
            *struck = [[true; LANES]; BLOCK];
        }
        // These are applied with their fates.
        Noise::MaskCells { .. } | Noise::SwapCells { .. } | Noise::CopyMask => {}
        // They fill whole tiles.
        Noise::Levels { .. } => {}
    }
}

/// Replaces the selected values and transforms the others. Affected components are recorded, except with `ZERO_STAYS`,
/// where they are not needed.
#[inline(always)]
fn strike<const ZERO_STAYS: bool>(
    values: &mut Values,
    struck: &mut [[bool; LANES]; BLOCK],
    hit: impl Fn(usize, usize) -> bool,
    becomes: impl Fn(usize, usize) -> f32,
    stays: impl Fn(f32) -> f32,
) {
    for j in 0..BLOCK {
        for s in 0..LANES {
            let hit = hit(j, s);
            values[j][s] = if hit { becomes(j, s) } else { stays(values[j][s]) };
            struck[j][s] |= hit & !ZERO_STAYS;
        }
    }
}

/// The Box–Muller transform of each pair of words.
#[inline(always)]
pub(super) fn add_gaussian(words: &Words, deviation: f32, values: &mut Values) {
    for pair in 0..BLOCK / 2 {
        for s in 0..LANES {
            let (u, v) = (words[2 * pair][s] as u32, words[2 * pair + 1][s] as u32);
            // (u + 1) / 2³² in 0..=1; rounded to f32 it is never 0.
            let share = (u as f32 + 1.0) * (1.0 / 4_294_967_296.0);
            let radius = deviation * (-2.0 * ln(share)).max(0.0).sqrt();
            let (sin, cos) = sin_cos_turn(v);
            values[2 * pair][s] += radius * cos;
            values[2 * pair + 1][s] += radius * sin;
        }
    }
}

/// Orders the components of a sample by word, ties by position.
#[inline(always)]
fn key(word: u32, component: usize) -> u64 {
    u64::from(word) << 32 | component as u64
}

/// The key below which `noise` masks components of this sample; `exact_count` of them are below it. 0 for any noise but
/// exact masking. `keys` is scratch space of length d.
pub(in crate::cpu) fn exact_cut(noise: &Noise, draws: &SampleDraws, keys: &mut [u64]) -> u64 {
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
