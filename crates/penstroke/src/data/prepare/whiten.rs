//! Whitening of scenes, which flattens the spectrum of natural images.
//!
//! The amplitude of natural scenes falls as `1/f` with the spatial frequency `f`, in cycles per pixel. Multiplying it
//! by `f · exp(−(f/f0)⁴)` makes it flat up to about `f0` and suppresses the rest: noise, and the corners of the
//! frequency plane, which are sampled unevenly. From Olshausen and Field, "Sparse coding with an overcomplete basis
//! set: a strategy employed by V1?" (Vision Research, 1997), who use f0 = 200 cycles per picture of 512 pixels, about
//! 0.4.

use crate::data::hold::{Scene, check_cutoff};
use crate::{Error, Result};
#[cfg(feature = "images")]
use rayon::prelude::*;

/// The factor that whitening applies to the amplitude at `frequency`; both in cycles per pixel.
///
/// ```
/// use penstroke::data::patches::whitening_response;
/// assert_eq!(whitening_response(0.0, 0.4), 0.0);
/// assert_eq!(whitening_response(0.4, 0.4), 0.4 * (-1f64).exp());
/// ```
pub fn whitening_response(frequency: f64, cutoff: f64) -> f64 {
    frequency * libm::exp(-(frequency / cutoff).powi(4))
}

/// Whitens scenes of any size. The values have mean 0 and no unit.
///
/// The scene is treated as periodic, so pixels near an edge mix with those of the opposite edge.
///
/// # Errors
/// If `cutoff`, in cycles per pixel, is not above 0 and finite, or if a scene does not have one finite value per pixel.
pub fn whiten(scenes: &[Scene], cutoff: f64) -> Result<Vec<Scene>> {
    check_cutoff(cutoff)?;
    check(scenes)?;
    #[cfg(feature = "images")]
    return Ok(scenes
        .par_iter()
        .map(|scene| super::spectrum::filtered(scene, |frequency| whitening_response(frequency, cutoff)))
        .collect());
    #[cfg(not(feature = "images"))]
    Err(Error::option("whiten", "this build does not whiten scenes; build penstroke with the feature images")
        .leave_out("whiten"))
}

/// Checks that scenes have one finite value per pixel.
pub(super) fn check(scenes: &[Scene]) -> Result<()> {
    for (index, Scene { height, width, values }) in scenes.iter().enumerate() {
        let place = || format!("scene {index} (from 0)");
        if height.checked_mul(*width) != Some(values.len()) {
            return Err(Error::input(
                place(),
                format!("has {} values for {height}×{width} pixels; one a pixel is needed", values.len()),
            ));
        }
        if let Some(at) = values.iter().position(|value| !value.is_finite()) {
            let (y, x) = (at / width, at % width);
            return Err(Error::input(
                place(),
                format!("row {y}, column {x} (from 0) is {}; every value must be finite", values[at]),
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
#[cfg(feature = "images")]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    fn wave(height: usize, width: usize, (down, across): (usize, usize), amplitude: f64) -> Scene {
        let values = (0..height * width).map(|at| {
            let (y, x) = ((at / width) as f64, (at % width) as f64);
            let cycles = down as f64 * y / height as f64 + across as f64 * x / width as f64;
            (amplitude * (TAU * cycles + 0.3).cos()) as f32
        });
        Scene { height, width, values: values.collect() }
    }

    #[test]
    fn a_wave_keeps_its_phase_and_the_response_of_its_frequency() {
        // Powers of two, a prime, and odd sizes; frequencies below and above half of the size, zero and the highest.
        for (height, width, cycles) in [
            (64, 64, (3, 0)),
            (64, 64, (0, 9)),
            (31, 48, (5, 7)),
            (31, 48, (29, 7)),
            (45, 7, (11, 6)),
            (16, 12, (8, 6)),
            (1, 50, (0, 4)),
        ] {
            let n = |cycles: usize, size: usize| cycles.min(size - cycles) as f64 / size as f64;
            let frequency = n(cycles.0, height).hypot(n(cycles.1, width));
            for cutoff in [0.4, 0.2] {
                let gain = frequency * (-(frequency / cutoff).powi(4)).exp();
                let whitened = whiten(&[wave(height, width, cycles, 0.5)], cutoff).unwrap();
                let expected = wave(height, width, cycles, 0.5 * gain);
                assert_eq!((whitened[0].height, whitened[0].width), (height, width));
                for (value, expected) in whitened[0].values.iter().zip(&expected.values) {
                    // The wave itself is rounded to f32, by at most 2^-25.
                    assert!(
                        (value - expected).abs() < 4e-8,
                        "{height}×{width}, {cycles:?}: {value} {expected}"
                    );
                }
            }
        }
    }

    #[test]
    fn whitening_is_linear_and_ignores_constants() {
        let (a, b) = (wave(20, 30, (2, 3), 0.5), wave(20, 30, (7, 0), 0.25));
        let sum = a.values.iter().zip(&b.values).map(|(a, b)| a + b + 0.5).collect();
        let whitened = whiten(&[a, b, Scene { height: 20, width: 30, values: sum }], 0.4).unwrap();
        for ((a, b), sum) in whitened[0].values.iter().zip(&whitened[1].values).zip(&whitened[2].values) {
            assert!((a + b - sum).abs() < 2e-7, "{a} + {b} is not {sum}");
        }
    }

    #[test]
    fn scenes_without_a_finite_value_a_pixel_are_refused() {
        let message = |values: Vec<f32>| {
            let scene = Scene { height: 2, width: 2, values };
            whiten(&[wave(2, 2, (0, 0), 1.0), scene], 0.4).unwrap_err().to_string()
        };
        assert_eq!(
            message(vec![0.0; 3]),
            "scene 1 (from 0): has 3 values for 2×2 pixels; one a pixel is needed"
        );
        assert!(
            message(vec![0.0, 1.0, f32::NAN, 0.0])
                .starts_with("scene 1 (from 0): row 1, column 0 (from 0) is NaN")
        );
    }

    #[test]
    fn impossible_cutoffs_are_refused() {
        for cutoff in [0.0, -0.4, f64::NAN, f64::INFINITY] {
            let message = whiten(&[], cutoff).unwrap_err().to_string();
            let expected = format!("whiten: cut-off {cutoff} is not above 0; 0.4 cycles per pixel is usual");
            assert_eq!(message, expected);
        }
    }
}
