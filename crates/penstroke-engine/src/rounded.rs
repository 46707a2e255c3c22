//! The arithmetic of bf16: only the factors of products are rounded.

use crate::reference::Real;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

/// An `f64`, except that both factors of every term of a matrix product are rounded to `f32` and then to bf16, each
/// time to the nearest, ties to even.
///
/// [`Reference<RoundedTerms>`](crate::Reference) is the definition of [`Precision::Bf16`](crate::Precision::Bf16).
///
/// ```
/// use penstroke_engine::{RoundedTerms, reference::Real};
/// let third = RoundedTerms::from_f64(1.0 / 3.0);
/// assert_eq!((third * third).to_f64(), 1.0 / 9.0);
/// // Eight bits of mantissa: 171/512.
/// assert_eq!(third.term(third).to_f64(), (171.0 / 512.0) * (171.0 / 512.0));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct RoundedTerms(f64);

/// Rounds to the nearest bf16, as `f32`, ties to even; subnormal results become zero.
pub(crate) fn nearest_bf16(value: f32) -> f32 {
    let bits = value.to_bits();
    if value.is_nan() {
        // A quiet NaN rather than an infinity.
        return f32::from_bits((bits | 0x40_0000) & 0xffff_0000);
    }
    if value.is_subnormal() {
        return f32::from_bits(bits & 0x8000_0000);
    }
    f32::from_bits((bits + 0x7fff + (bits >> 16 & 1)) & 0xffff_0000)
}

impl Real for RoundedTerms {
    fn from_f64(value: f64) -> Self {
        Self(value)
    }
    fn to_f64(self) -> f64 {
        self.0
    }
    fn exp(self) -> Self {
        Self(self.0.exp())
    }
    fn ln_1p(self) -> Self {
        Self(self.0.ln_1p())
    }
    fn tanh(self) -> Self {
        Self(self.0.tanh())
    }
    fn sqrt(self) -> Self {
        Self(self.0.sqrt())
    }
    fn term(self, other: Self) -> Self {
        let rounded = |value: f64| f64::from(nearest_bf16(value as f32));
        Self(rounded(self.0) * rounded(other.0))
    }
}

macro_rules! as_f64 {
    ($($operation:ident $name:ident),*) => {$(
        impl $operation for RoundedTerms {
            type Output = Self;
            fn $name(self, other: Self) -> Self { Self($operation::$name(self.0, other.0)) }
        }
    )*};
}
as_f64!(Add add, Sub sub, Mul mul, Div div);

impl Neg for RoundedTerms {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl AddAssign for RoundedTerms {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

#[cfg(test)]
mod tests {
    use super::nearest_bf16;

    #[test]
    fn rounding_goes_to_the_nearest_and_ties_to_even() {
        for (value, rounded) in [
            (0x0000_0000, 0x0000),
            (0x8000_0000, 0x8000),
            (0x3f80_0000, 0x3f80),
            (0x3f80_7fff, 0x3f80),
            (0x3f80_8000, 0x3f80),
            (0x3f80_8001, 0x3f81),
            (0x3f81_8000, 0x3f82),
            // The largest float, infinity, the smallest normal float, the largest subnormal, NaN.
            (0x7f7f_ffff, 0x7f80),
            (0x7f80_0000, 0x7f80),
            (0x0080_0000, 0x0080),
            (0x807f_ffff, 0x8000),
            (0x7f80_0001u32, 0x7fc0u32),
        ] {
            assert_eq!(nearest_bf16(f32::from_bits(value)).to_bits(), rounded << 16, "{value:#x}");
        }
    }
}
