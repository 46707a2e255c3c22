//! Filters a scene frequency by frequency.

use crate::data::hold::Scene;
use rustfft::num_complex::Complex;
use rustfft::{FftDirection, FftPlannerScalar};

/// Multiplies the amplitude of a scene at each frequency, in cycles per pixel, by `gain`.
pub(super) fn filtered(scene: &Scene, gain: impl Fn(f64) -> f64) -> Scene {
    let &Scene { height, width, .. } = scene;
    if scene.values.is_empty() {
        return scene.clone();
    }
    // The plain transform gives the same bits on every processor.
    let mut planner = FftPlannerScalar::new();
    let mut transform = |values: &mut [Complex<f64>], len: usize, direction: FftDirection| {
        planner.plan_fft(len, direction).process(values);
    };
    let mut rows: Vec<Complex<f64>> =
        scene.values.iter().map(|&value| Complex::new(f64::from(value), 0.0)).collect();
    let mut columns = vec![Complex::default(); rows.len()];
    transform(&mut rows, width, FftDirection::Forward);
    transpose(&rows, &mut columns, width);
    transform(&mut columns, height, FftDirection::Forward);
    // Now `columns` is the spectrum: one row per horizontal frequency, with the vertical frequencies along it.
    for (x, column) in columns.chunks_exact_mut(height).enumerate() {
        let across = frequency(x, width).powi(2);
        for (y, value) in column.iter_mut().enumerate() {
            let radius = (across + frequency(y, height).powi(2)).sqrt();
            // A forward and a backward transform together multiply by the number of pixels.
            *value *= gain(radius) / (height * width) as f64;
        }
    }
    transform(&mut columns, height, FftDirection::Inverse);
    transpose(&columns, &mut rows, height);
    transform(&mut rows, width, FftDirection::Inverse);
    Scene { height, width, values: rows.iter().map(|value| value.re as f32).collect() }
}

/// The frequency of component `index` of `n`, in cycles per pixel: −½ to ½, negative in the upper half.
fn frequency(index: usize, n: usize) -> f64 {
    let cycles = if 2 * index > n { index as f64 - n as f64 } else { index as f64 };
    cycles / n as f64
}

/// Transposes rows of `width` values, in squares that fit in the first-level cache on both sides.
fn transpose(rows: &[Complex<f64>], columns: &mut [Complex<f64>], width: usize) {
    const SQUARE: usize = 16;
    let height = rows.len() / width;
    for top in (0..height).step_by(SQUARE) {
        for left in (0..width).step_by(SQUARE) {
            for y in top..height.min(top + SQUARE) {
                for x in left..width.min(left + SQUARE) {
                    columns[x * height + y] = rows[y * width + x];
                }
            }
        }
    }
}
