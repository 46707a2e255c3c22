//! Multiplications and additions that use only registers; no product can be faster.
//!
//! The engine does not read a clock; the caller of [`multiply_adds`] divides its result by the time it took.

use super::isa::{InstructionSet, Kind};
use std::hint::black_box;

/// Multiplies and adds in every lane of some vectors, `rounds` times, and returns the number of `f32` operations, two
/// per multiply-add. Runs on the calling thread, for 2 to 20 ns per round.
///
/// The vectors are independent of each other and more than the processor can have in flight (a latency of four cycles
/// in two units needs eight of them, in four units 16), so its arithmetic units are never idle.
///
/// ```
/// use penstroke_engine::{InstructionSet, multiply_adds};
/// let one_round = multiply_adds(InstructionSet::detect(), 1);
/// assert_eq!(multiply_adds(InstructionSet::detect(), 1000), 1000 * one_round);
/// ```
pub fn multiply_adds(instructions: InstructionSet, rounds: u32) -> u64 {
    let lanes = match instructions.kind() {
        // SAFETY: a set of this kind exists only where the processor has these instructions.
        #[cfg(target_arch = "x86_64")]
        Kind::Avx512 => unsafe { avx512(rounds) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Kind::Avx2 => unsafe { avx2(rounds) },
        // SAFETY: as above.
        #[cfg(target_arch = "aarch64")]
        Kind::Neon => unsafe { neon(rounds) },
        _ => portable(rounds),
    };
    2 * lanes as u64 * u64::from(rounds)
}

/// Compiles one loop over a number of vectors with a number of lanes. Every round replaces each vector by the last
/// argument, applied to it and two numbers that the compiler cannot know. Returns the number of lanes of all vectors.
macro_rules! registers {
    ($(#[$meta:meta])* $name:ident: $vectors:literal of $lanes:literal, $spread:path, |$sum:ident, $a:ident, $b:ident| $step:expr) => {
        $(#[$meta])*
        fn $name(rounds: u32) -> usize {
            // Equal initial sums would stay equal, and the compiler would compute them once.
            let mut sums = [$spread(0.0); $vectors];
            for (k, sum) in sums.iter_mut().enumerate() {
                *sum = $spread(black_box(k as f32));
            }
            let ($a, $b) = ($spread(black_box(0.5)), $spread(black_box(0.25)));
            for _ in 0..rounds {
                for sum in &mut sums {
                    let $sum = *sum;
                    *sum = $step;
                }
            }
            black_box(sums);
            $vectors * $lanes
        }
    };
}

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{_mm256_fmadd_ps, _mm256_set1_ps, _mm512_fmadd_ps, _mm512_set1_ps};

#[cfg(target_arch = "x86_64")]
registers!(
    #[target_feature(enable = "avx512f")]
    avx512: 24 of 16, _mm512_set1_ps, |sum, a, b| _mm512_fmadd_ps(a, b, sum)
);

#[cfg(target_arch = "x86_64")]
registers!(
    #[target_feature(enable = "avx2,fma")]
    avx2: 12 of 8, _mm256_set1_ps, |sum, a, b| _mm256_fmadd_ps(a, b, sum)
);

#[cfg(target_arch = "aarch64")]
use std::arch::aarch64::{vdupq_n_f32, vfmaq_f32};

#[cfg(target_arch = "aarch64")]
registers!(
    #[target_feature(enable = "neon")]
    neon: 24 of 4, vdupq_n_f32, |sum, a, b| vfmaq_f32(sum, a, b)
);

/// Every processor with vectors has four lanes.
type Four = [f32; 4];

fn four(value: f32) -> Four {
    [value; 4]
}

// The product must involve the sum: a product of the two numbers would be the same in every round and move out of the
// loop.
registers!(portable: 12 of 4, four, |sum, a, b| std::array::from_fn(|lane| sum[lane] * a[lane] + b[lane]));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_multiply_add_counts_as_two_operations_on_every_instruction_set() {
        for set in InstructionSet::all() {
            let in_a_round = match set.name() {
                "avx512" => 2 * 24 * 16,
                "avx2" => 2 * 12 * 8,
                "neon" => 2 * 24 * 4,
                _ => 2 * 12 * 4,
            };
            for rounds in [0, 1, 1000] {
                assert_eq!(multiply_adds(set, rounds), in_a_round * u64::from(rounds), "{}", set.name());
            }
        }
    }
}
