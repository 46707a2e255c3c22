//! What follows a product, on the rows of its block, where it is not as in [`kernels`].
//!
//! Sigmoid and tanh are written out here because a reciprocal and two
//! multiply-adds take half the time of a division, which next to products of this speed is felt.

use super::instructions::Bf16Instructions;
use crate::cpu::kernels::{self, Bias};
use crate::cpu::level::{InstructionSet, kernel};
use crate::cpu::panel::{Row, floats, floats_mut};
use crate::spec::Activation;

/// `rows = s(rows + bias)`; softmax is left as the sum.
pub(super) fn bias_activate(
    instructions: Bf16Instructions,
    level: InstructionSet,
    rows: &mut [Row],
    bias: Bias<'_>,
    activation: Activation,
) {
    #[cfg(target_arch = "x86_64")]
    if instructions.have_avx512() {
        match activation {
            // SAFETY: the instructions are there.
            Activation::Sigmoid => return unsafe { x86::sigmoid::<1>(rows, bias) },
            // SAFETY: as above.
            Activation::Tanh => return unsafe { x86::sigmoid::<2>(rows, bias) },
            _ => {}
        }
    }
    let _ = instructions;
    kernels::bias_activate(level, rows, bias, activation);
}

kernel! {
    /// Adds rows to rows.
    pub(super) fn add(rows: &[Row], to: &mut [Row]) {
        floats_mut(to).iter_mut().zip(floats(rows)).for_each(|(to, value)| *to += value);
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{Bias, Row};
    use crate::cpu::panel::WIDTH;
    use std::arch::x86_64::*;

    const LANES: usize = 16;

    /// `rows = K / (1 + e^−K(rows + bias)) − (K − 1)`: the sigmoid for `K` = 1, and for 2 the hyperbolic tangent. The
    /// absolute error is below `K`·2e-7.
    #[target_feature(enable = "avx512f")]
    pub(super) fn sigmoid<const K: usize>(rows: &mut [Row], bias: Bias<'_>) {
        for (r, row) in rows.iter_mut().enumerate() {
            for half in 0..WIDTH / LANES {
                // SAFETY: each array has 16 floats from the place that is read or written.
                unsafe {
                    let bias = match bias {
                        Bias::Down(bias) => _mm512_set1_ps(bias[r]),
                        Bias::Along(bias) => _mm512_loadu_ps(bias[half * LANES..][..LANES].as_ptr()),
                    };
                    let row = row.0[half * LANES..][..LANES].as_mut_ptr();
                    let a = _mm512_add_ps(_mm512_loadu_ps(row), bias);
                    _mm512_storeu_ps(row, of_vector::<K>(a));
                }
            }
        }
    }

    /// `e^−Ka = 2^k 2^f` with `|f| ≤ ½`, and the polynomial of degree 5 that is nearest to `2^f`, relative to it (error
    /// 7.5e-8, by Remez exchange; its constant 1.000_000_07 is 1 in f32). One step of Newton's method makes the
    /// reciprocal's 14 bits 28.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn of_vector<const K: usize>(a: __m512) -> __m512 {
        let scale = _mm512_set1_ps(-(K as f32) * std::f32::consts::LOG2_E);
        // Larger powers would overflow and make Newton's step 0·∞; smaller ones become 0.
        let power = _mm512_min_ps(_mm512_mul_ps(a, scale), _mm512_set1_ps(126.0));
        let whole = _mm512_roundscale_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(power);
        let rest = _mm512_sub_ps(power, whole);
        let mut sum = _mm512_set1_ps(0.001_327_647_2);
        for term in [0.009_675_541, 0.055_507_133, 0.240_221_2, 0.693_146_97, 1.0] {
            sum = _mm512_fmadd_ps(sum, rest, _mm512_set1_ps(term));
        }
        let below = _mm512_add_ps(_mm512_scalef_ps(sum, whole), _mm512_set1_ps(1.0));
        let near = _mm512_rcp14_ps(below);
        let y = _mm512_mul_ps(near, _mm512_fnmadd_ps(below, near, _mm512_set1_ps(2.0)));
        if K == 1 { y } else { _mm512_fmsub_ps(_mm512_set1_ps(K as f32), y, _mm512_set1_ps(K as f32 - 1.0)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::panel::WIDTH;

    fn of(a: f32, activation: Activation) -> f32 {
        let instructions = Bf16Instructions::all().next().unwrap();
        let mut rows = [Row([a - 0.25; WIDTH]); 2];
        let (half, other) = rows.split_at_mut(1);
        let level = InstructionSet::detect();
        bias_activate(instructions, level, half, Bias::Along(&[0.25; WIDTH]), activation);
        bias_activate(instructions, level, other, Bias::Down(&[0.25]), activation);
        assert_eq!(rows[0], rows[1]);
        assert!(rows[0].0.iter().all(|&y| y == rows[0].0[0]));
        rows[0].0[0]
    }

    #[test]
    fn stated_errors_hold() {
        for i in -200_000..=200_000 {
            let a = (i as f32 * 5e-4) - 0.25 + 0.25;
            let x = f64::from(a - 0.25 + 0.25);
            let error = (f64::from(of(a, Activation::Sigmoid)) - 1.0 / (1.0 + (-x).exp())).abs();
            // Adding the bias rounds the argument, whose slope is at most a quarter, once more.
            let bias = 0.25 * f64::from((a - 0.25).abs()) * f64::from(f32::EPSILON);
            assert!(error < 2e-7 + bias, "sigmoid({a}): {error:e}");
            let error = (f64::from(of(a, Activation::Tanh)) - x.tanh()).abs();
            assert!(error < 4e-7 + 4.0 * bias, "tanh({a}): {error:e}");
        }
    }

    #[test]
    fn far_arguments_reach_the_limits() {
        for (a, low) in [(f32::MAX, 1.0), (1e4, 1.0), (88.0, 1.0), (-1e4, 0.0), (f32::MIN, 0.0)] {
            assert!((of(a, Activation::Sigmoid) - low).abs() < 1e-30, "{a}");
            assert!((of(a, Activation::Tanh) - (2.0 * low - 1.0)).abs() < 1e-6, "{a}");
        }
    }
}
