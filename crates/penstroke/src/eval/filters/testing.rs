//! Pictures shared by the tests of several statistics.

use super::{Filter, Filters};
use penstroke_engine::philox::{Draws, Purpose};

/// The statistic of the picture with weight `weight(y, x)` at `(y, x)`.
pub(super) fn picture(
    height: usize,
    width: usize,
    weight: impl Fn(usize, usize) -> f64,
    statistic: impl Fn(Filter<'_>) -> f64,
) -> f64 {
    let weights: Vec<f32> = (0..height * width).map(|at| weight(at / width, at % width) as f32).collect();
    statistic(Filters::new(&weights, height, width).unwrap().get(0))
}

/// `n` independent standard normal weights.
pub(super) fn normal(n: usize, seed: u32) -> Vec<f32> {
    let mut draws = Draws::new(11, Purpose::Generator(1)).at(0, seed).sequence();
    (0..n)
        .map(|_| {
            let radius = (-2.0 * (1.0 - draws.uniform()).ln()).sqrt();
            (radius * (std::f64::consts::TAU * draws.uniform()).cos()) as f32
        })
        .collect()
}

/// The statistic of white noise.
pub(super) fn noise(height: usize, width: usize, seed: u32, statistic: impl Fn(Filter<'_>) -> f64) -> f64 {
    let weights = normal(height * width, seed);
    statistic(Filters::new(&weights, height, width).unwrap().get(0))
}

/// `exp(−r²/2s²)` about `(y, x)`.
pub(super) fn gaussian_spot(y: f64, x: f64, s: f64) -> impl Fn(usize, usize) -> f64 {
    move |py, px| (-((py as f64 - y).powi(2) + (px as f64 - x).powi(2)) / (2.0 * s * s)).exp()
}
