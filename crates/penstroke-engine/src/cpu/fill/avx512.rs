//! The most common batch in AVX-512: bytes, with components masked independently. The plain loops, compiled for the
//! same instructions, take 2.5 times as long.

use crate::cpu::math::{BYTE_HIGH, BYTE_LOW};
use crate::cpu::panel::{Row, WIDTH};
use crate::philox::{Draws, MULTIPLIER, WEYL};
use std::arch::x86_64::*;

/// Samples in a vector of 64-bit words.
const SAMPLES: usize = 8;
/// Floats in a vector.
const LANES: usize = 16;
/// Components per Philox block, or per word of bytes.
const FOUR: usize = 4;

/// Byte offsets of `from` within each of the samples, as 32-bit numbers; `None` if some are too large.
pub(super) fn distances(
    start: impl Fn(u32) -> usize,
    indices: &[u32],
    largest: usize,
) -> Option<[i32; WIDTH]> {
    let mut distances = [0; WIDTH];
    for (to, &sample) in distances.iter_mut().zip(indices) {
        let from = start(sample);
        *to = i32::try_from(from).ok().filter(|_| from <= largest)?;
    }
    Some(distances)
}

/// Fills the columns of `clean` with the bytes at `distances`, divided by 255; columns from `n` on become zero. `clean`
/// has a multiple of four rows.
///
/// # Safety
/// `bytes` contains `clean.len()` bytes from each distance on.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
pub(super) unsafe fn gather(bytes: &[u8], distances: &[i32; WIDTH], n: usize, clean: &mut [Row]) {
    // As in `unit_interval`: 1/255 to 16 bits, and the remainder.
    let (high, low) = (_mm512_set1_ps(BYTE_HIGH), _mm512_set1_ps(BYTE_LOW));
    let byte = _mm512_set1_epi32(0xff);
    for half in 0..WIDTH / LANES {
        let there = u32::MAX.checked_shr((WIDTH - n) as u32).unwrap_or(0) >> (half * LANES);
        // SAFETY: there are sixteen distances from the half on.
        let distances = unsafe { _mm512_loadu_si512(distances.as_ptr().add(half * LANES).cast()) };
        for (four, rows) in clean.chunks_exact_mut(FOUR).enumerate() {
            // SAFETY: the caller guarantees that these bytes are in the slice; masked lanes read nothing.
            let words = unsafe {
                let from = bytes.as_ptr().add(four * FOUR).cast();
                _mm512_mask_i32gather_epi32::<1>(_mm512_setzero_si512(), there as u16, distances, from)
            };
            let bytes = [
                _mm512_and_si512(words, byte),
                _mm512_and_si512(_mm512_srli_epi32::<8>(words), byte),
                _mm512_and_si512(_mm512_srli_epi32::<16>(words), byte),
                _mm512_srli_epi32::<24>(words),
            ];
            for (row, bytes) in rows.iter_mut().zip(bytes) {
                let value = _mm512_cvtepi32_ps(bytes);
                let share = _mm512_add_ps(_mm512_mul_ps(value, high), _mm512_mul_ps(value, low));
                let to = &mut row.0.as_chunks_mut::<LANES>().0[half];
                // SAFETY: sixteen floats.
                unsafe { _mm512_storeu_ps(to.as_mut_ptr(), share) }
            }
        }
    }
}

/// Masks components of up to 32 samples: sets each to zero if its word is below `threshold`. Rows are components,
/// starting at `component`, a multiple of four. Blocks of zeros draw no words.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
pub(super) fn mask(
    draws: Draws,
    epoch: u32,
    indices: &[u32],
    component: usize,
    threshold: u64,
    rows: &mut [Row],
) {
    let mut samples = [_mm512_setzero_si512(); WIDTH / SAMPLES];
    let mut padded = [0; WIDTH];
    padded[..indices.len()].copy_from_slice(indices);
    for (to, eight) in samples.iter_mut().zip(padded.as_chunks::<SAMPLES>().0) {
        // SAFETY: eight words of 32 bits.
        *to = _mm512_cvtepu32_epi64(unsafe { _mm256_loadu_si256(eight.as_ptr().cast()) });
    }
    for (four, rows) in rows.chunks_mut(FOUR).enumerate() {
        if rows.iter().all(|row| is_zero(row)) {
            continue;
        }
        let index = (component / FOUR + four) as u32;
        for (row, struck) in rows.iter_mut().zip(below(draws, epoch, &samples, index, threshold)) {
            for (half, values) in row.0.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
                let kept = !(struck >> (half * LANES)) as u16;
                // SAFETY: sixteen floats, read and written.
                unsafe {
                    let values = values.as_mut_ptr();
                    _mm512_storeu_ps(values, _mm512_maskz_loadu_ps(kept, values));
                }
            }
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn is_zero(row: &Row) -> bool {
    // SAFETY: 32 floats.
    unsafe {
        let (low, high) =
            (_mm512_loadu_si512(row.0.as_ptr().cast()), _mm512_loadu_si512(row.0[LANES..].as_ptr().cast()));
        let bits = _mm512_or_si512(low, high);
        _mm512_test_epi32_mask(bits, bits) == 0
    }
}

/// For each word of block `index`, a bitmask of the samples, out of 32, for which it is below `threshold`.
///
/// This is [`philox4x32`](crate::philox::philox4x32) with words in 64-bit lanes, because a product of two 32-bit words
/// is then one instruction, which ignores the high halves of its factors. Before the third round, most words are the
/// same for all samples.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn below(
    draws: Draws,
    epoch: u32,
    samples: &[__m512i; WIDTH / SAMPLES],
    index: u32,
    threshold: u64,
) -> [u32; FOUR] {
    let (mut key, purpose) = draws.key_and_purpose();
    let mut next_key = || {
        let now = key;
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
        now
    };
    let product = |factor: u32, word: u32| {
        let product = u64::from(factor) * u64::from(word);
        ((product >> 32) as u32, product as u32)
    };
    let all = |word: u32| _mm512_set1_epi64(i64::from(word));
    let factors = MULTIPLIER.map(all);
    // Round 1: only the first word of the result differs between samples.
    let [k0, k1] = next_key();
    let (left, right) = (product(MULTIPLIER[0], index), product(MULTIPLIER[1], epoch));
    let (first, c1, c2, c3) = (right.0 ^ k0, right.1, left.0 ^ purpose ^ k1, left.1);
    // Round 2: the last two.
    let [k0, k1] = next_key();
    let right = product(MULTIPLIER[1], c2);
    let (c0, c1, third) = (right.0 ^ c1 ^ k0, right.1, c3 ^ k1);
    // Round 3: all but the last.
    let [k0, k1] = next_key();
    let left = product(MULTIPLIER[0], c0);
    let (fourth, fifth, last) = (c1 ^ k0, left.0 ^ k1, left.1);
    let mut words = samples.map(|sample| {
        let left = _mm512_mul_epu32(factors[0], _mm512_xor_si512(sample, all(first)));
        let c2 = _mm512_xor_si512(_mm512_srli_epi64::<32>(left), all(third));
        let right = _mm512_mul_epu32(factors[1], c2);
        let c0 = _mm512_xor_si512(_mm512_srli_epi64::<32>(right), all(fourth));
        [c0, right, _mm512_xor_si512(left, all(fifth)), all(last)]
    });
    for _ in 3..10 {
        let [k0, k1] = next_key().map(all);
        for words in &mut words {
            const XOR: i32 = 0x96;
            let left = _mm512_mul_epu32(factors[0], words[0]);
            let right = _mm512_mul_epu32(factors[1], words[2]);
            *words = [
                _mm512_ternarylogic_epi64::<XOR>(_mm512_srli_epi64::<32>(right), words[1], k0),
                right,
                _mm512_ternarylogic_epi64::<XOR>(_mm512_srli_epi64::<32>(left), words[3], k1),
                left,
            ];
        }
    }
    hits(&words, threshold)
}

/// For each of four words, a bitmask of the samples for which it is below `threshold`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn hits(words: &[[__m512i; FOUR]; WIDTH / SAMPLES], threshold: u64) -> [u32; FOUR] {
    // The high halves hold remnants of multiplications.
    let (low, threshold) = (_mm512_set1_epi64(0xffff_ffff), _mm512_set1_epi64(threshold as i64));
    let mut bits = [0; FOUR];
    for (eight, words) in words.iter().enumerate() {
        for (bits, &word) in bits.iter_mut().zip(words) {
            let hit = _mm512_cmplt_epu64_mask(_mm512_and_si512(word, low), threshold);
            *bits |= u32::from(hit) << (eight * SAMPLES);
        }
    }
    bits
}
