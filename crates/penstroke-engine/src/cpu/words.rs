//! Transposes 16×16 words of 32 bits in AVX-512 registers.

use super::panel::{Row, WIDTH, whole};
use std::arch::x86_64::*;

/// Words in a vector.
pub(super) const LANES: usize = 16;

/// Writes the transpose of `from`, at most 32 rows, to `to`, at most 32 rows; missing rows of `from` become zero
/// columns.
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn transpose_rows(from: &[Row], to: &mut [Row]) {
    let padded;
    let from: &[Row; WIDTH] = match from.try_into() {
        Ok(whole) => whole,
        Err(_) => {
            padded = whole(from);
            &padded
        }
    };
    for (top, from) in from.as_chunks::<LANES>().0.iter().enumerate() {
        for (left, to) in to.chunks_mut(LANES).take(WIDTH / LANES).enumerate() {
            // SAFETY: the array has 16 words.
            let rows = std::array::from_fn(|r| unsafe { _mm512_loadu_si512(half(&from[r].0, left)) });
            for (words, to) in transpose(rows).into_iter().zip(to) {
                let to = &mut to.0.as_chunks_mut::<LANES>().0[top];
                // SAFETY: the array has 16 words.
                unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), words) }
            }
        }
    }
}

/// The left or the right half of a row.
fn half(row: &[f32; WIDTH], which: usize) -> *const __m512i {
    row.as_chunks::<LANES>().0[which].as_ptr().cast()
}

/// Transposes 16×16 words: pairs of rows, then pairs of pairs within quarters of a vector, then the quarters.
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn transpose(rows: [__m512i; LANES]) -> [__m512i; LANES] {
    let mut pairs = rows;
    for k in 0..8 {
        pairs[2 * k] = _mm512_unpacklo_epi32(rows[2 * k], rows[2 * k + 1]);
        pairs[2 * k + 1] = _mm512_unpackhi_epi32(rows[2 * k], rows[2 * k + 1]);
    }
    // `fours[4 g + c]` holds, in quarter q, column 4 q + c of rows 4 g .. 4 g + 4.
    let mut fours = rows;
    for g in 0..4 {
        for c in 0..2 {
            let (a, b) = (pairs[4 * g + c], pairs[4 * g + 2 + c]);
            fours[4 * g + 2 * c] = _mm512_unpacklo_epi64(a, b);
            fours[4 * g + 2 * c + 1] = _mm512_unpackhi_epi64(a, b);
        }
    }
    let mut columns = rows;
    for c in 0..4 {
        let [r0, r1, r2, r3] = [fours[c], fours[4 + c], fours[8 + c], fours[12 + c]];
        // Quarters 0 and 1 of both, and 2 and 3 of both.
        let (low01, high01) = (_mm512_shuffle_i32x4::<0x44>(r0, r1), _mm512_shuffle_i32x4::<0xee>(r0, r1));
        let (low23, high23) = (_mm512_shuffle_i32x4::<0x44>(r2, r3), _mm512_shuffle_i32x4::<0xee>(r2, r3));
        columns[c] = _mm512_shuffle_i32x4::<0x88>(low01, low23);
        columns[4 + c] = _mm512_shuffle_i32x4::<0xdd>(low01, low23);
        columns[8 + c] = _mm512_shuffle_i32x4::<0x88>(high01, high23);
        columns[12 + c] = _mm512_shuffle_i32x4::<0xdd>(high01, high23);
    }
    columns
}
