//! Gathers a batch and corrupts it, unit-major: samples become columns.
//!
//! The definition is [`corrupt_row`](crate::corrupt_row); this computes the same for [`TILE`] components of a sample at
//! a time, so that the counters of their Philox blocks run in vector lanes.

use super::level::kernel;
use super::math::{ln, sin_cos_turn};
use crate::corruption::{CorruptionDraws, Noise, exact_count, threshold};
use crate::engine::Batch;
use crate::philox::SampleDraws;
use crate::spec::{Emphasis, NetworkSpec};

/// Components in a tile: 16 Philox blocks.
pub(super) const TILE: usize = 64;
const BLOCKS: usize = TILE / 4;

/// Where the samples come from and what happens to them.
#[derive(Clone, Copy)]
pub(super) struct Filling<'a> {
    pub(super) batch: &'a Batch<'a>,
    pub(super) spec: &'a NetworkSpec,
    pub(super) draws: CorruptionDraws,
    pub(super) epoch: u32,
    /// For every term and every sample of the batch: the key at which exact masking ends; see [`exact_cut`].
    pub(super) cuts: &'a [u64],
}

/// The pieces of the batch that belong to one tile of components; each is `(TILE, n)`, or shorter at the end.
pub(super) struct Tile<'a> {
    pub(super) clean: &'a mut [f32],
    pub(super) input: &'a mut [f32],
    /// The emphasis of each component; empty when all count alike.
    pub(super) emphasis: &'a mut [f32],
}

kernel! {
    /// Fills the tile of components that begins at `from`.
    pub(super) fn fill(filling: Filling<'_>, from: usize, tile: Tile<'_>) {
        let Filling { batch, spec, draws, epoch, cuts } = filling;
        let (n, d) = (batch.indices.len(), spec.n_inputs());
        let width = TILE.min(d - from);
        for (s, &sample) in batch.indices.iter().enumerate() {
            let mut row = [0.0f32; TILE];
            batch.rows.copy_to(sample as usize * d + from, &mut row[..width]);
            for (j, &value) in row[..width].iter().enumerate() {
                tile.clean[j * n + s] = value;
            }
            let mut struck = [false; TILE];
            for (term, noise) in spec.corruption.iter().enumerate() {
                let words = words(&draws.term(term as u8).at(epoch, sample), from);
                let cut = cuts.get(term * n + s).copied().unwrap_or(0);
                apply(noise, &words, from, cut, &mut row, &mut struck);
            }
            for (j, &value) in row[..width].iter().enumerate() {
                tile.input[j * n + s] = value;
            }
            if let Some(Emphasis { corrupted, rest }) = spec.emphasis {
                for (j, &struck) in struck[..width].iter().enumerate() {
                    tile.emphasis[j * n + s] = (if struck { corrupted } else { rest }) as f32;
                }
            }
        }
    }
}

/// The words of components `from .. from + TILE` of one sample; `from` is a multiple of [`TILE`].
#[inline(always)]
fn words(draws: &SampleDraws, from: usize) -> [u32; TILE] {
    let mut words = [0; TILE];
    for block in 0..BLOCKS {
        let four = draws.block((from / 4 + block) as u32);
        words[4 * block..4 * block + 4].copy_from_slice(&four);
    }
    words
}

#[inline(always)]
fn apply(
    noise: &Noise,
    words: &[u32; TILE],
    from: usize,
    cut: u64,
    row: &mut [f32; TILE],
    struck: &mut [bool; TILE],
) {
    match *noise {
        Noise::Masking { probability } => {
            let threshold = threshold(probability);
            for j in 0..TILE {
                let hit = u64::from(words[j]) < threshold;
                row[j] = if hit { 0.0 } else { row[j] };
                struck[j] |= hit;
            }
        }
        Noise::MaskingExact { .. } => {
            for j in 0..TILE {
                let hit = key(words[j], from + j) < cut;
                row[j] = if hit { 0.0 } else { row[j] };
                struck[j] |= hit;
            }
        }
        Noise::Gaussian { deviation } => {
            let deviation = deviation as f32;
            for pair in 0..TILE / 2 {
                let (u, v) = (words[2 * pair], words[2 * pair + 1]);
                // (u + 1) / 2³² in 0..=1; its rounding to f32 never reaches 0.
                let share = (u as f32 + 1.0) * (1.0 / 4_294_967_296.0);
                let radius = deviation * (-2.0 * ln(share)).max(0.0).sqrt();
                let (sin, cos) = sin_cos_turn(v);
                row[2 * pair] += radius * cos;
                row[2 * pair + 1] += radius * sin;
            }
            *struck = [true; TILE];
        }
        Noise::SaltAndPepper { probability, low, high } => {
            let threshold = threshold(probability);
            let (low, high) = (low as f32, high as f32);
            for j in 0..TILE {
                let hit = u64::from(words[j]) < threshold;
                let grain = if words[j] & 1 == 0 { low } else { high };
                row[j] = if hit { grain } else { row[j] };
                struck[j] |= hit;
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
