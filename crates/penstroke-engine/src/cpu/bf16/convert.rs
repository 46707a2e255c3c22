//! Rounds blocks of floats to bf16 in the layouts that products read.
//!
//! A block is 32 by 32. A left side stores the terms of each row consecutively, `[row][term]`; a right side stores
//! terms in pairs, `[pair of terms][column][2]`. As matrices of 32-bit words, the two are transposes of each other. So
//! a block of floats has four forms: a left or a right side, with the block's columns or its rows as terms.

use super::halves::{Block, Halves, Side};
use super::instructions::{Bf16Instructions, Kind};
use crate::cpu::panel::WIDTH;

/// The form whose terms are the block's columns.
pub(in crate::cpu) fn by_columns(instructions: Bf16Instructions, side: Side, block: &Block, to: &mut Halves) {
    match (instructions.kind(), side) {
        (Kind::Plain, _) => plain::write(side, |place, term| block[place].0[term], to),
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the other kinds exist only where the processor has AVX-512 with bf16.
        (_, Side::Left) => unsafe { x86::straight(block, to) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        (_, Side::Right) => unsafe { x86::paired_columns(block, to) },
    }
}

/// The form whose terms are the block's rows.
pub(in crate::cpu) fn by_rows(instructions: Bf16Instructions, side: Side, block: &Block, to: &mut Halves) {
    match (instructions.kind(), side) {
        (Kind::Plain, _) => plain::write(side, |place, term| block[term].0[place], to),
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the other kinds exist only where the processor has AVX-512 with bf16.
        (_, Side::Left) => unsafe { x86::transposed(block, to) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        (_, Side::Right) => unsafe { x86::paired_rows(block, to) },
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{Block, Halves};
    use crate::cpu::panel::WIDTH;
    use crate::cpu::words::{LANES, transpose};
    use std::arch::x86_64::*;

    /// `[row][column]`.
    #[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
    pub(super) fn straight(block: &Block, to: &mut Halves) {
        for row in 0..WIDTH {
            store(straight_row(block, row), to, row);
        }
    }

    /// `[pair of rows][column][2]`.
    #[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
    pub(super) fn paired_rows(block: &Block, to: &mut Halves) {
        for pair in 0..LANES {
            for half in 0..2 {
                store(row_pair(block, pair, half), to, 2 * pair + half);
            }
        }
    }

    /// `[pair of columns][row][2]`: the transpose of [`straight`] as a matrix of pairs.
    #[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
    pub(super) fn paired_columns(block: &Block, to: &mut Halves) {
        for half in 0..2 {
            let mut words = [_mm512_setzero_si512(); LANES];
            for (row, words) in words.iter_mut().enumerate() {
                *words = straight_row(block, half * LANES + row);
            }
            for (pair, words) in transpose(words).into_iter().enumerate() {
                store(words, to, 2 * pair + half);
            }
        }
    }

    /// `[column][row]`: the transpose of [`paired_rows`] as a matrix of pairs.
    #[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
    pub(super) fn transposed(block: &Block, to: &mut Halves) {
        for half in 0..2 {
            let mut words = [_mm512_setzero_si512(); LANES];
            for (pair, words) in words.iter_mut().enumerate() {
                *words = row_pair(block, pair, half);
            }
            for (column, words) in transpose(words).into_iter().enumerate() {
                store(words, to, half * LANES + column);
            }
        }
    }

    /// Loads 16 floats of a row.
    #[target_feature(enable = "avx512f")]
    fn load(block: &Block, row: usize, half: usize) -> __m512 {
        let floats = &block[row].0.as_chunks::<LANES>().0[half];
        // SAFETY: the array has 16 floats.
        unsafe { _mm512_loadu_ps(floats.as_ptr()) }
    }

    /// Stores vector number `place` of a block.
    #[target_feature(enable = "avx512f")]
    fn store(words: __m512i, to: &mut Halves, place: usize) {
        let halves = &mut to.0.as_chunks_mut::<WIDTH>().0[place];
        // SAFETY: the array has 32 halves of 16 bits.
        unsafe { _mm512_storeu_si512(halves.as_mut_ptr().cast(), words) }
    }

    /// Rounds sixteen floats of each argument, `low` first.
    #[target_feature(enable = "avx512f,avx512bf16")]
    fn round(low: __m512, high: __m512) -> __m512i {
        // SAFETY: both types are 64 bytes without invalid values.
        unsafe { std::mem::transmute(_mm512_cvtne2ps_pbh(high, low)) }
    }

    #[target_feature(enable = "avx512f,avx512bf16")]
    fn straight_row(block: &Block, row: usize) -> __m512i {
        round(load(block, row, 0), load(block, row, 1))
    }

    /// Columns `16·half ..` of two rows, interleaved.
    #[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
    fn row_pair(block: &Block, pair: usize, half: usize) -> __m512i {
        /// 0, 16, 1, 17, …
        const ALTERNATE: [u16; WIDTH] = {
            let mut places = [0; WIDTH];
            let mut k = 0;
            while k < WIDTH {
                places[k] = (k / 2 + LANES * (k % 2)) as u16;
                k += 1;
            }
            places
        };
        // SAFETY: the array has 32 halves of 16 bits.
        let alternate = unsafe { _mm512_loadu_si512(ALTERNATE.as_ptr().cast()) };
        _mm512_permutexvar_epi16(
            alternate,
            round(load(block, 2 * pair, half), load(block, 2 * pair + 1, half)),
        )
    }
}

pub(super) mod plain {
    //! The definition of the layouts, one element at a time.

    use super::{Halves, Side, WIDTH};
    use crate::rounded::nearest_bf16;

    /// The nearest bf16.
    pub(in crate::cpu) fn round(value: f32) -> u16 {
        (nearest_bf16(value).to_bits() >> 16) as u16
    }

    /// The value of a bf16.
    pub(in crate::cpu) fn widen(half: u16) -> f32 {
        f32::from_bits(u32::from(half) << 16)
    }

    /// The index of an element of a side in its block; `place` is a row of a left side or a column of a right side.
    pub(in crate::cpu) fn index(side: Side, place: usize, term: usize) -> usize {
        match side {
            Side::Left => place * WIDTH + term,
            Side::Right => term / 2 * (2 * WIDTH) + 2 * place + term % 2,
        }
    }

    pub(super) fn write(side: Side, element: impl Fn(usize, usize) -> f32, to: &mut Halves) {
        for place in 0..WIDTH {
            for term in 0..WIDTH {
                to.0[index(side, place, term)] = round(element(place, term));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::panel::Row;

    #[test]
    fn every_conversion_equals_the_plain_one() {
        let mut bits = 1u32;
        let mut block = [Row::ZERO; WIDTH];
        for _ in 0..200 {
            for value in block.iter_mut().flat_map(|row| &mut row.0) {
                // Floats of all exponents.
                bits = bits.wrapping_mul(0x915f_77f5).wrapping_add(0x9e37_79b9);
                *value = f32::from_bits(bits.rotate_left(9));
            }
            for instructions in Bf16Instructions::all() {
                for side in [Side::Left, Side::Right] {
                    let (mut have, mut want) = (Halves::ZERO, Halves::ZERO);
                    by_columns(instructions, side, &block, &mut have);
                    plain::write(side, |place, term| block[place].0[term], &mut want);
                    assert_eq!(have, want, "{instructions:?} {side:?} by columns");
                    by_rows(instructions, side, &block, &mut have);
                    plain::write(side, |place, term| block[term].0[place], &mut want);
                    assert_eq!(have, want, "{instructions:?} {side:?} by rows");
                }
            }
        }
    }
}
