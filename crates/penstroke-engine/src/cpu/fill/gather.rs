//! Gathers samples, which are scattered in memory, into columns.

#[cfg(target_arch = "x86_64")]
use super::avx512;
use super::tile::{Filling, TILE};
use crate::cpu::math::unit_interval;
use crate::cpu::panel::{Row, WIDTH};
use crate::cpu::transpose::transpose_body;
use crate::cpu::vector::Vector;
use crate::rows::Rows;

/// Prefetch distance within a sample, in components. Samples are scattered in memory: without prefetching, the
/// processor waits for a third of this module's time.
const AHEAD: usize = TILE + WIDTH;

/// Gathers the clean components from `from` on of samples `first .. first + 32`.
#[inline(always)]
pub(super) fn gather_tile<V: Vector>(filling: Filling<'_>, first: usize, from: usize, clean: &mut [Row]) {
    let Filling { rows, d, indices, places, .. } = filling;
    let places = &places[first..indices.len().min(first + WIDTH)];
    for (t, clean) in clean.chunks_mut(WIDTH).enumerate() {
        let start = |sample: u32| sample as usize * d + from + t * WIDTH;
        match rows {
            Rows::Bytes(bytes) => gather_bytes::<V>(bytes, places, start, clean),
            Rows::Floats(values) => gather_floats::<V>(values, places, start, clean),
        }
    }
}

/// Fills the columns of `clean` with the samples' bytes from `start(sample)` on, divided by 255.
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
            // SAFETY: only AVX-512 has so many lanes, and its vector is used only where the processor has it; the slice
            // contains `width` bytes from every distance on.
            return unsafe { avx512::gather(bytes, &distances, indices.len(), clean) };
        }
    }
    for (group, indices) in indices.chunks(SIDE).enumerate() {
        // Each word is eight bytes of one sample and becomes, by transposition, one byte of each of eight samples.
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

/// Fills the columns of `clean` with the samples' values from `start(sample)` on.
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

/// Missing samples of the last panel are zero.
#[inline(always)]
fn clear_missing(n: usize, rows: &mut [Row]) {
    if n < WIDTH {
        rows.iter_mut().for_each(|row| row.0[n..].fill(0.0));
    }
}

/// Transposes 8×8 bytes, in as many blocks side by side as a word list is long: byte `j` of `words[s]` becomes byte `s`
/// of `words[j]`. (Swaps of ever larger off-diagonal blocks; Warren, Hacker's Delight, section 7-3.)
#[inline(always)]
pub(super) fn transpose_bytes<const N: usize>(words: &mut [[u64; N]; 8]) {
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
