//! exp, ln, tanh, sine and cosine in `f32`, written so that loops over them vectorise.
//!
//! They use only multiplication, addition, selection and integer operations on bits; no tables, no calls. The stated
//! bounds are the largest errors against `f64` that the tests below allow over the whole range.

/// `e^x` with a relative error below 3e-7; arguments outside −87.3..=88 are treated as the nearest end.
///
/// `e^x = 2^k e^r` with `|r| ≤ ln 2 / 2`, and the Taylor series of `e^r` to the seventh power (remainder 6e-9).
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // Adding 1.5·2²³ rounds to an integer, which is then in the low bits of the mantissa.
    const ROUND: f32 = 12_582_912.0;
    const LN_2_HIGH: f32 = 355.0 / 512.0;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let x = x.clamp(-87.3, 88.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let k = shifted - ROUND;
    let r = (x - k * LN_2_HIGH) - k * LN_2_LOW;
    let mut sum = 1.0 / 5040.0;
    for term in [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        sum = sum * r + term;
    }
    let power = (shifted.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(127)) << 23;
    sum * f32::from_bits(power)
}

/// `ln x` of a positive normal number, with an absolute error below `2e-7·max(1, |ln x|)`.
///
/// `x = 2^k m` with `m` in `√½..√2`, and `ln m = 2 artanh s` with `s = (m−1)/(m+1)`, to the ninth power.
#[inline(always)]
pub(crate) fn ln(x: f32) -> f32 {
    const SQRT_HALF: u32 = 0x3f35_04f3;
    let shifted = x.to_bits().wrapping_sub(SQRT_HALF);
    let k = (shifted as i32 >> 23) as f32;
    let m = f32::from_bits((shifted & 0x007f_ffff).wrapping_add(SQRT_HALF));
    let s = (m - 1.0) / (m + 1.0);
    let square = s * s;
    let mut sum = 1.0 / 9.0;
    for term in [1.0 / 7.0, 1.0 / 5.0, 1.0 / 3.0, 1.0] {
        sum = sum * square + term;
    }
    k * std::f32::consts::LN_2 + 2.0 * s * sum
}

/// Sigmoids below this are 0, as those within rounding of 1 are 1. Otherwise the slope of a saturated unit is so small that gradients
/// become denormal, and each operation on a denormal number takes a hundred cycles: with Gaussian noise on digits, whose border is
/// always 0, the last of 90 epochs of 784-500 ran at a quarter of the speed of the first.
pub(crate) const LEAST_SIGMOID: f32 = 1e-12;

/// `1 / (1 + e^−a)`, absolute error below 2e-7.
#[inline(always)]
pub(crate) fn sigmoid(a: f32) -> f32 {
    let y = 1.0 / (1.0 + exp(-a));
    if y < LEAST_SIGMOID { 0.0 } else { y }
}

/// Hyperbolic tangent, absolute error below 3e-7.
#[inline(always)]
pub(crate) fn tanh(a: f32) -> f32 {
    1.0 - 2.0 / (exp(2.0 * a) + 1.0)
}

/// `ln(1 + e^a)` as `max(a, 0) + ln(1 + e^−|a|)`, absolute error below `3e-7·max(1, a)`.
#[inline(always)]
pub(crate) fn softplus(a: f32) -> f32 {
    a.max(0.0) + ln(1.0 + exp(-a.abs()))
}

/// Sine and cosine of `2π·turn/2³²`, absolute error below 2e-7. The range of a word is one turn, so reduction to within
/// an eighth of a turn of the nearest quarter is exact.
#[inline(always)]
pub(crate) fn sin_cos_turn(turn: u32) -> (f32, f32) {
    const STEP: f32 = (std::f64::consts::TAU / 4_294_967_296.0) as f32;
    let quarter = turn.wrapping_add(1 << 29) >> 30;
    let angle = turn.wrapping_sub(quarter << 30) as i32 as f32 * STEP;
    let square = angle * angle;
    let sin = angle
        * (1.0
            + square * (-1.0 / 6.0 + square * (1.0 / 120.0 + square * (-1.0 / 5040.0 + square / 362_880.0))));
    let cos =
        1.0 + square * (-0.5 + square * (1.0 / 24.0 + square * (-1.0 / 720.0 + square * (1.0 / 40_320.0))));
    let (s, c) = if quarter & 1 == 0 { (sin, cos) } else { (cos, sin) };
    let sign = |negative: bool| if negative { -1.0 } else { 1.0 };
    (s * sign(quarter & 2 != 0), c * sign((quarter ^ (quarter >> 1)) & 1 != 0))
}

/// 1/255 to 16 bits, and the remainder.
pub(super) const BYTE_HIGH: f32 = 257.0 / 65_536.0;
pub(super) const BYTE_LOW: f32 = (1.0 / 255.0 - BYTE_HIGH as f64) as f32;

/// `byte / 255`, rounded once: the sum of an exact product and a small one. (A division takes several times as long; a
/// test compares all 256 values.)
#[inline(always)]
pub(super) fn unit_interval(byte: u8) -> f32 {
    let value = f32::from(byte);
    value * BYTE_HIGH + value * BYTE_LOW
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(from: f64, to: f64) -> impl Iterator<Item = f32> {
        let n = 400_000;
        (0..=n).map(move |i| (from + (to - from) * f64::from(i) / f64::from(n)) as f32)
    }

    fn largest(values: impl Iterator<Item = f64>) -> f64 {
        values.fold(0.0, f64::max)
    }

    #[test]
    fn stated_errors_hold() {
        let x64 = f64::from;
        assert!(largest(grid(-87.0, 88.0).map(|x| (x64(exp(x)) / x64(x).exp() - 1.0).abs())) < 3e-7);
        let wide = grid(-87.0, 88.0).map(|x| x64(x).exp() as f32);
        assert!(largest(wide.map(|x| (x64(ln(x)) - x64(x).ln()).abs() / x64(x).ln().abs().max(1.0))) < 2e-7);
        let near = grid(1.0, 2.0).map(|x| (x64(ln(x)) - x64(x).ln()).abs());
        assert!(largest(near) < 2e-7);
        let error = grid(-100.0, 100.0).map(|x| (x64(sigmoid(x)) - 1.0 / (1.0 + (-x64(x)).exp())).abs());
        assert!(largest(error) < 2e-7);
        assert!(largest(grid(-50.0, 50.0).map(|x| (x64(tanh(x)) - x64(x).tanh()).abs())) < 3e-7);
        let soft = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
        let error = grid(-100.0, 100.0).map(|x| (x64(softplus(x)) - soft(x64(x))).abs() / x64(x).max(1.0));
        assert!(largest(error) < 3e-7);
        let turns = (0..400_000u32).map(|i| i.wrapping_mul(0x9e37_79b9));
        let error = turns.map(|turn| {
            let angle = std::f64::consts::TAU * f64::from(turn) / 4_294_967_296.0;
            let (s, c) = sin_cos_turn(turn);
            (x64(s) - angle.sin()).abs().max((x64(c) - angle.cos()).abs())
        });
        assert!(largest(error) < 2e-7);
    }

    #[test]
    fn far_arguments_stay_finite() {
        for x in [f32::MIN, -1e4, -88.0, 88.0, 89.0, 1e4, f32::MAX] {
            assert!(
                exp(x).is_finite()
                    && sigmoid(x).is_finite()
                    && tanh(x).is_finite()
                    && softplus(x).is_finite()
            );
        }
        assert_eq!((tanh(1e9), tanh(-1e9)), (1.0, -1.0));
        assert_eq!(sigmoid(1e9), 1.0);
    }

    #[test]
    fn bytes_become_the_nearest_float_of_their_share() {
        for byte in 0..=255u8 {
            assert_eq!(unit_interval(byte).to_bits(), (f32::from(byte) / 255.0).to_bits(), "{byte}");
        }
    }
}
