//! The Gabor model: a shape, its pixels, and the space of waves it spans.

use std::f64::consts::TAU;

/// Minimum standard deviation of the envelope, in pixels; a narrower one would fall between the pixels.
const MIN_WIDTH: f64 = 0.5;
/// `x₀, y₀, θ, f, ln s, ln t`.
#[derive(Clone, Copy)]
pub(super) struct Shape(pub(super) [f64; 6]);

/// A pixel in the frame of the wave.
pub(super) struct Point {
    pub(super) u: f64,
    pub(super) v: f64,
    pub(super) envelope: f64,
    pub(super) cosine: f64,
    pub(super) sine: f64,
}

impl Shape {
    /// All pixels of a `height × width` picture, row-major.
    pub(super) fn points(&self, height: usize, width: usize) -> Vec<Point> {
        let [x0, y0, direction, frequency, across, along] = self.0;
        let (sine, cosine) = libm::sincos(direction);
        let (narrow, long) = (-0.5 * libm::exp(-2.0 * across), -0.5 * libm::exp(-2.0 * along));
        (0..height * width)
            .map(|at| {
                let (x, y) = ((at % width) as f64 - x0, (at / width) as f64 - y0);
                let (u, v) = (x * cosine + y * sine, y * cosine - x * sine);
                let (sine, cosine) = libm::sincos(TAU * frequency * u);
                Point { u, v, envelope: libm::exp(narrow * u * u + long * v * v), cosine, sine }
            })
            .collect()
    }

    /// Clamps the parameters to their valid range.
    pub(super) fn clamped(mut self, height: usize, width: usize, side: f64) -> Self {
        let [x, y, _, frequency, across, along] = &mut self.0;
        *x = x.clamp(-0.5, width as f64 - 0.5);
        *y = y.clamp(-0.5, height as f64 - 0.5);
        *frequency = frequency.clamp(0.25 / side, 0.5);
        for width in [across, along] {
            *width = width.clamp(MIN_WIDTH.ln(), (2.0 * side).ln());
        }
        self
    }
}

/// The wave's two phases under the envelope, orthonormal to each other and orthogonal to the constant.
pub(super) struct Basis {
    pub(super) cosine: Vec<f64>,
    pub(super) sine: Vec<f64>,
}

impl Basis {
    pub(super) fn new(points: &[Point]) -> Self {
        let mut basis = Self {
            cosine: points.iter().map(|point| point.envelope * point.cosine).collect(),
            sine: points.iter().map(|point| point.envelope * point.sine).collect(),
        };
        centre(&mut basis.cosine);
        centre(&mut basis.sine);
        normalise(&mut basis.cosine);
        let share = dot(&basis.cosine, &basis.sine);
        basis.sine.iter_mut().zip(&basis.cosine).for_each(|(s, c)| *s -= share * c);
        normalise(&mut basis.sine);
        basis
    }

    /// Subtracts from `vector` its projection on the constant, the cosine and the sine.
    pub(super) fn project_out(&self, vector: &mut [f64]) {
        centre(vector);
        for column in [&self.cosine, &self.sine] {
            let share = dot(column, vector);
            vector.iter_mut().zip(column).for_each(|(v, c)| *v -= share * c);
        }
    }
}

pub(super) fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(l, r)| l * r).sum()
}

pub(super) fn centre(vector: &mut [f64]) {
    let mean = vector.iter().sum::<f64>() / vector.len() as f64;
    vector.iter_mut().for_each(|v| *v -= mean);
}

/// Scales to norm 1; pure rounding error becomes zero.
fn normalise(vector: &mut [f64]) {
    let square = dot(vector, vector);
    let factor = if square > 1e-24 { 1.0 / square.sqrt() } else { 0.0 };
    vector.iter_mut().for_each(|v| *v *= factor);
}
