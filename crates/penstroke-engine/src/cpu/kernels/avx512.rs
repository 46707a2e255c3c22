//! Sigmoid and tanh in AVX-512: a reciprocal and two multiply-adds take half the time of a division.

use crate::cpu::bias::Bias;
use crate::cpu::math::LEAST_SIGMOID;
use crate::cpu::panel::{Row, WIDTH};
use std::arch::x86_64::*;

const LANES: usize = 16;

/// `rows = K / (1 + e^−K(rows + bias)) − (K − 1)`: the sigmoid for `K` = 1, tanh for `K` = 2. The absolute error is
/// below `K`·2e-7.
#[target_feature(enable = "avx512f")]
pub(super) fn sigmoid<const K: usize>(rows: &mut [Row], bias: Bias<'_>) {
    for (r, row) in rows.iter_mut().enumerate() {
        for half in 0..WIDTH / LANES {
            // SAFETY: each array has 16 floats from this position on.
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

/// `e^−Ka = 2^k 2^f` with `|f| ≤ ½`, and the polynomial of degree 5 with the smallest relative error from `2^f`
/// (7.5e-8, by Remez exchange; its constant 1.000_000_07 is 1 in f32). One Newton step improves the reciprocal from 14
/// bits to 28.
#[inline]
#[target_feature(enable = "avx512f")]
fn of_vector<const K: usize>(a: __m512) -> __m512 {
    let scale = _mm512_set1_ps(-(K as f32) * std::f32::consts::LOG2_E);
    // Larger powers would overflow and make Newton's step 0·∞; smaller ones become 0. NaN stays NaN: for it, the
    // instruction returns its second operand.
    let power = _mm512_min_ps(_mm512_set1_ps(126.0), _mm512_mul_ps(a, scale));
    let whole = _mm512_roundscale_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(power);
    let rest = _mm512_sub_ps(power, whole);
    let mut sum = _mm512_set1_ps(0.001_327_647_2);
    for term in [0.009_675_541, 0.055_507_133, 0.240_221_2, 0.693_146_97, 1.0] {
        sum = _mm512_fmadd_ps(sum, rest, _mm512_set1_ps(term));
    }
    let below = _mm512_add_ps(_mm512_scalef_ps(sum, whole), _mm512_set1_ps(1.0));
    let near = _mm512_rcp14_ps(below);
    let y = _mm512_mul_ps(near, _mm512_fnmadd_ps(below, near, _mm512_set1_ps(2.0)));
    if K == 1 {
        // NaN stays.
        let kept = _mm512_cmp_ps_mask::<_CMP_NLT_UQ>(y, _mm512_set1_ps(LEAST_SIGMOID));
        return _mm512_maskz_mov_ps(kept, y);
    }
    _mm512_fmsub_ps(_mm512_set1_ps(K as f32), y, _mm512_set1_ps(K as f32 - 1.0))
}
