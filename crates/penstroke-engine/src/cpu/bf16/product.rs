//! Products of blocks.

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
use super::amx::Tiles;
use super::halves::{Block, Direction, Halves};
use super::instructions::{Bf16Instructions, Kind};
use crate::cpu::panel::Row;

/// How a thread multiplies blocks.
pub(super) enum Multiplier {
    #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
    Amx(Tiles),
    #[cfg(target_arch = "x86_64")]
    Avx512,
    Plain,
}

impl Multiplier {
    pub(super) fn take(instructions: Bf16Instructions) -> Self {
        match instructions.kind() {
            #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
            Kind::Amx(amx) => Self::Amx(Tiles::take(amx)),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => Self::Avx512,
            Kind::Plain => Self::Plain,
        }
    }

    /// Writes to `out` the sum of the products of pairs of left and right sides, given in runs that are contiguous in
    /// memory.
    pub(super) fn multiply<'a>(
        &self,
        runs: impl DoubleEndedIterator<Item = (&'a [Halves], &'a [Halves])>,
        direction: Direction,
        out: &mut Block,
    ) {
        match self {
            #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
            Self::Amx(tiles) => tiles.clear(),
            _ => out.fill(Row::ZERO),
        }
        match direction {
            Direction::Forwards => runs.for_each(|(left, right)| self.add(left, right, direction, out)),
            Direction::Backwards => {
                runs.rev().for_each(|(left, right)| self.add(left, right, direction, out))
            }
        }
        #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
        if let Self::Amx(tiles) = self {
            tiles.store(out);
        }
    }

    #[inline(always)]
    fn add(&self, left: &[Halves], right: &[Halves], direction: Direction, out: &mut Block) {
        match self {
            #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
            Self::Amx(tiles) => tiles.add(left, right, direction),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: this kind exists only where the processor has AVX-512 with bf16.
            Self::Avx512 => unsafe { x86::add(left, right, out) },
            Self::Plain => {
                // The order matters only for the cache.
                let _ = direction;
                plain::add(left, right, out);
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{Block, Halves};
    use crate::cpu::panel::WIDTH;
    use std::arch::x86_64::*;

    /// Rows whose sums stay in registers, two vectors each.
    const ROWS: usize = 8;
    const LANES: usize = 16;

    /// Adds the products of pairs of blocks.
    #[target_feature(enable = "avx512f,avx512bf16")]
    pub(super) fn add(left: &[Halves], right: &[Halves], out: &mut Block) {
        for (group, out) in out.as_chunks_mut::<ROWS>().0.iter_mut().enumerate() {
            let mut sums = [[_mm512_setzero_ps(); 2]; ROWS];
            for (row, sums) in out.iter().zip(&mut sums) {
                for (half, sums) in row.0.as_chunks::<LANES>().0.iter().zip(sums) {
                    // SAFETY: the array has 16 floats.
                    *sums = unsafe { _mm512_loadu_ps(half.as_ptr()) };
                }
            }
            for (left, right) in left.iter().zip(right) {
                let (left, right) = (left.0.as_ptr().cast::<i32>(), right.0.as_ptr().cast::<i32>());
                for pair in 0..WIDTH / 2 {
                    // SAFETY: a right side has 32 words, one per column, for each of 16 pairs of terms.
                    let columns = [0, LANES].map(|from| unsafe {
                        bf16(_mm512_loadu_si512(right.add(pair * WIDTH + from).cast()))
                    });
                    for (row, sums) in sums.iter_mut().enumerate() {
                        // SAFETY: a left side has 32 rows of 16 pairs of terms, one word each.
                        let words = unsafe { *left.add((group * ROWS + row) * (WIDTH / 2) + pair) };
                        let element = bf16(_mm512_set1_epi32(words));
                        sums[0] = _mm512_dpbf16_ps(sums[0], element, columns[0]);
                        sums[1] = _mm512_dpbf16_ps(sums[1], element, columns[1]);
                    }
                }
            }
            for (row, sums) in out.iter_mut().zip(sums) {
                for (half, sums) in row.0.as_chunks_mut::<LANES>().0.iter_mut().zip(sums) {
                    // SAFETY: the array has 16 floats.
                    unsafe { _mm512_storeu_ps(half.as_mut_ptr(), sums) }
                }
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bf16")]
    fn bf16(words: __m512i) -> __m512bh {
        // SAFETY: both types are 64 bytes without invalid values.
        unsafe { std::mem::transmute(words) }
    }
}

mod plain {
    use super::super::convert::plain::{index, widen};
    use super::super::halves::Side;
    use super::{Block, Halves};
    use crate::cpu::panel::WIDTH;

    pub(super) fn add(left: &[Halves], right: &[Halves], out: &mut Block) {
        for (left, right) in left.iter().zip(right) {
            for (r, row) in out.iter_mut().enumerate() {
                for (c, sum) in row.0.iter_mut().enumerate() {
                    for term in 0..WIDTH {
                        *sum += widen(left.0[index(Side::Left, r, term)])
                            * widen(right.0[index(Side::Right, c, term)]);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::convert::plain::{index, round, widen};
    use super::super::halves::Side;
    use super::*;
    use crate::cpu::panel::WIDTH;
    use crate::philox::{Draws, Purpose};

    fn random(n: usize, seed: u64) -> Vec<Halves> {
        let mut draws = Draws::new(seed, Purpose::Generator(2)).at(0, 0).sequence();
        let mut halves = || std::array::from_fn(|_| round(draws.uniform() as f32 - 0.5));
        (0..n).map(|_| Halves(halves())).collect()
    }

    /// Every element of the sum of products in `f64`, and the sum of its terms' magnitudes.
    fn exact(left: &[Halves], right: &[Halves]) -> Vec<(f64, f64)> {
        let mut sums = vec![(0.0, 0.0); WIDTH * WIDTH];
        for (left, right) in left.iter().zip(right) {
            for (place, (sum, magnitude)) in sums.iter_mut().enumerate() {
                for term in 0..WIDTH {
                    let left = widen(left.0[index(Side::Left, place / WIDTH, term)]);
                    let right = widen(right.0[index(Side::Right, place % WIDTH, term)]);
                    let product = f64::from(left) * f64::from(right);
                    *sum += product;
                    *magnitude += product.abs();
                }
            }
        }
        sums
    }

    #[test]
    fn products_are_those_of_f64_up_to_the_rounding_of_f32_sums() {
        for n in [0, 1, 2, 9, 25] {
            let (left, right) = (random(n, 1), random(n, 2));
            let want = exact(&left, &right);
            for instructions in Bf16Instructions::all() {
                let multiplier = Multiplier::take(instructions);
                for direction in [Direction::of(0), Direction::of(1)] {
                    for length in [1, 2, 7, 25] {
                        let mut block = [Row([f32::NAN; WIDTH]); WIDTH];
                        let runs = left.chunks(length).zip(right.chunks(length));
                        multiplier.multiply(runs, direction, &mut block);
                        for (have, (want, magnitude)) in block.iter().flat_map(|row| row.0).zip(&want) {
                            // One rounding per term, each of a partial sum no larger than the sum of magnitudes.
                            let bound = (WIDTH * n) as f64 * f64::from(f32::EPSILON / 2.0) * magnitude;
                            let error = (f64::from(have) - want).abs();
                            assert!(error <= bound, "{instructions:?}, {n} steps in runs of {length}");
                        }
                    }
                }
            }
        }
    }
}
