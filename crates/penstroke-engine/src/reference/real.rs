//! The number types of the reference, and functions of one number or one sample.

use crate::network::Activation;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

/// `f32` or `f64`.
pub trait Real:
    Copy
    + Default
    + PartialOrd
    + Send
    + Sync
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
{
    /// The nearest value to `value`.
    fn from_f64(value: f64) -> Self;
    /// The same value in double precision.
    fn to_f64(self) -> f64;
    /// `e^self`.
    fn exp(self) -> Self;
    /// `ln(1 + self)`.
    fn ln_1p(self) -> Self;
    /// Hyperbolic tangent.
    fn tanh(self) -> Self;
    /// Square root.
    fn sqrt(self) -> Self;
    /// `self·other` as one term of a matrix product.
    fn term(self, other: Self) -> Self {
        self * other
    }
}

macro_rules! real {
    ($($float:ty),*) => {$(
        impl Real for $float {
            fn from_f64(value: f64) -> Self { value as $float }
            fn to_f64(self) -> f64 { f64::from(self) }
            fn exp(self) -> Self { self.exp() }
            fn ln_1p(self) -> Self { self.ln_1p() }
            fn tanh(self) -> Self { self.tanh() }
            fn sqrt(self) -> Self { self.sqrt() }
        }
    )*};
}
real!(f32, f64);

/// Softplus, `ln(1 + e^a)`, without overflow: `max(a, 0) + ln(1 + e^−|a|)`.
pub(super) fn softplus<T: Real>(a: T) -> T {
    let zero = T::default();
    let (positive, magnitude) = if a > zero { (a, a) } else { (zero, -a) };
    positive + (-magnitude).exp().ln_1p()
}

/// `s(a)` of one component; softmax is not a function of one component.
pub(super) fn activate<T: Real>(activation: Activation, a: T) -> T {
    let one = T::from_f64(1.0);
    match activation {
        Activation::Sigmoid => one / (one + (-a).exp()),
        Activation::Tanh => a.tanh(),
        Activation::Relu if a > T::default() => a,
        Activation::Relu => T::default(),
        Activation::Linear | Activation::Softmax => a,
    }
}

/// `s'(a)` as a function of the output `y = s(a)`.
pub(super) fn slope<T: Real>(activation: Activation, y: T) -> T {
    let one = T::from_f64(1.0);
    match activation {
        Activation::Sigmoid => y * (one - y),
        Activation::Tanh => one - y * y,
        Activation::Relu if y > T::default() => one,
        Activation::Relu => T::default(),
        Activation::Linear | Activation::Softmax => one,
    }
}

/// `s''(a)` as a function of the output `y = s(a)`.
pub(super) fn curvature<T: Real>(activation: Activation, y: T) -> T {
    let two = T::from_f64(2.0);
    match activation {
        Activation::Sigmoid => slope(activation, y) * (T::from_f64(1.0) - two * y),
        Activation::Tanh => -(two * y * slope(activation, y)),
        Activation::Relu | Activation::Linear | Activation::Softmax => T::default(),
    }
}

/// `e^a_k / Σ_j e^a_j` in place, shifted by the maximum so that nothing overflows.
pub(super) fn softmax<T: Real>(a: &mut [T]) {
    let largest = a.iter().fold(a[0], |m, &a| if a > m { a } else { m });
    let mut sum = T::default();
    for a in a.iter_mut() {
        *a = (*a - largest).exp();
        sum += *a;
    }
    for a in a {
        *a = *a / sum;
    }
}
