//! Gabor fit: how much of a filter is one localized, oriented wave.
//!
//! The model has a wave of frequency `f` along the direction θ under a Gaussian envelope, and a constant:
//!
//! `g(x, y) = A·E cos 2πfu + B·E sin 2πfu + K`, `E = exp(−u²/2s² − v²/2t²)`,
//! `u = (x−x₀) cos θ + (y−y₀) sin θ`, `v = −(x−x₀) sin θ + (y−y₀) cos θ`.
//!
//! Everything is fitted by least squares. `A`, `B`, `K` are linear and solved for exactly at every step (variable
//! projection, Golub and Pereyra, 1973, with the Jacobian of Kaufman, 1975). The other six parameters start at the best
//! atoms of a coarse grid over centre, direction, frequency and width and are refined by Levenberg–Marquardt. `R² = 1 −
//! residual / variation` about the mean is 1 for a Gabor function, and always in 0..=1 because of the constant.

mod grid;
mod model;
mod refine;

use super::Filters;
use grid::{best_atoms, grid};
use model::Shape;
use rayon::prelude::*;
use refine::{FIRST_STEPS, LAST_STEPS, Problem};
use std::f64::consts::PI;

/// The Gabor function nearest to a filter.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct GaborFit {
    /// Share of the filter's variation about its mean that the function explains, 0..=1; 0 for a constant filter.
    pub r_squared: f64,
    /// Centre, in pixels from the centre of the leftmost pixel.
    pub x: f64,
    /// Centre, in pixels from the centre of the topmost pixel.
    pub y: f64,
    /// Direction in which the wave runs (across the stripes), in radians 0..π, from right towards down.
    pub direction: f64,
    /// Cycles per pixel, up to ½.
    pub frequency: f64,
    /// Standard deviation of the envelope along the wave, `s`, in pixels.
    pub across: f64,
    /// Standard deviation of the envelope along the stripes, `t`, in pixels.
    pub along: f64,
}

impl GaborFit {
    /// Cycles of the wave within two standard deviations of the envelope to either side: `4 f s`.
    pub fn cycles(&self) -> f64 {
        4.0 * self.frequency * self.across
    }

    /// The share of a `height × width` picture that the envelope covers, 0..=1: `(Σ E²)² / (N Σ E⁴)`, which is 1 for a
    /// flat envelope and `2πst/N` for one entirely inside the picture.
    pub fn coverage(&self, height: usize, width: usize) -> f64 {
        let shape =
            Shape([self.x, self.y, self.direction, self.frequency, self.across.ln(), self.along.ln()]);
        let (mut squares, mut fourths) = (0.0, 0.0);
        for point in shape.points(height, width) {
            let square = point.envelope.powi(2);
            squares += square;
            fourths += square * square;
        }
        if fourths == 0.0 { 0.0 } else { squares * squares / (fourths * (height * width) as f64) }
    }
}

/// The nearest Gabor function of every filter, `(h)`, in parallel over filters.
pub fn gabor_fits(filters: Filters<'_>) -> Vec<GaborFit> {
    let (height, width) = (filters.height(), filters.width());
    let side = height.max(width) as f64;
    let atoms = grid(height, width);
    let starts = best_atoms(filters, &atoms);
    (0..filters.n_filters())
        .into_par_iter()
        .map(|unit| {
            let centred = filters.get(unit).centred();
            let variation: f64 = centred.iter().map(|w| w * w).sum();
            if variation == 0.0 || height * width < 2 {
                return GaborFit::default();
            }
            let problem = Problem { target: &centred, height, width, side, variation };
            // A few steps show which start is the most promising.
            let mut best = (f64::INFINITY, atoms[0].shape);
            for &start in &starts[unit] {
                let tried = problem.refine(atoms[start].shape, FIRST_STEPS);
                if tried.0 < best.0 {
                    best = tried;
                }
            }
            let best = problem.refine(best.1, LAST_STEPS);
            let (residual, Shape([x, y, direction, frequency, across, along])) = best;
            GaborFit {
                r_squared: (1.0 - residual / variation).clamp(0.0, 1.0),
                x,
                y,
                direction: direction.rem_euclid(PI),
                frequency,
                across: across.exp(),
                along: along.exp(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::normal;
    use super::model::{Point, centre, dot};
    use super::*;
    use std::f64::consts::TAU;

    fn gabor(fit: &GaborFit, phase: f64, height: usize, width: usize) -> Vec<f32> {
        let shape = Shape([fit.x, fit.y, fit.direction, fit.frequency, fit.across.ln(), fit.along.ln()]);
        let wave = |p: &Point| p.envelope * (phase.cos() * p.cosine - phase.sin() * p.sine);
        shape.points(height, width).iter().map(|p| (0.3 * wave(p) + 0.02) as f32).collect()
    }

    fn fit(weights: &[f32], height: usize, width: usize) -> GaborFit {
        gabor_fits(Filters::new(weights, height, width).unwrap())[0]
    }

    #[test]
    fn gabor_functions_are_found_with_their_parameters() {
        let truths = [
            // x, y, direction, frequency, across, along
            [5.2, 6.1, 0.3, 0.2, 1.8, 2.5],
            [3.0, 8.5, 1.9, 0.13, 2.0, 2.0],
            [7.7, 4.4, 2.8, 0.31, 1.5, 3.0],
            [6.0, 6.0, 1.0, 0.25, 2.5, 1.6],
        ];
        for (height, width) in [(12, 12), (14, 11)] {
            for [x, y, direction, frequency, across, along] in truths {
                let truth = GaborFit { r_squared: 1.0, x, y, direction, frequency, across, along };
                for phase in [0.0, 1.0, 2.5] {
                    let found = fit(&gabor(&truth, phase, height, width), height, width);
                    assert!(found.r_squared > 0.999, "{found:?} {truth:?}");
                    for (a, b) in [
                        (found.x, x),
                        (found.y, y),
                        (found.direction, direction),
                        (found.frequency, frequency),
                        (found.across, across),
                        (found.along, along),
                    ] {
                        // The search ends once a step gains less than 1e-5 of R².
                        assert!((a - b).abs() < 0.05, "{found:?} {truth:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_share_of_noise_lowers_r_squared_by_that_share() {
        let truth = GaborFit {
            r_squared: 1.0,
            x: 5.0,
            y: 6.0,
            direction: 0.7,
            frequency: 0.2,
            across: 2.0,
            along: 2.0,
        };
        let (n, noise) = (144.0, normal(144, 3));
        let wave = gabor(&truth, 0.5, 12, 12);
        let deviation = |v: &[f32]| {
            let mean = v.iter().sum::<f32>() / n;
            (v.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / n).sqrt()
        };
        let scale = deviation(&wave) / deviation(&noise);
        let mixed: Vec<f32> = wave.iter().zip(&noise).map(|(w, z)| w + scale * z).collect();
        // Half is wave; nine parameters explain 9/144 of the rest, and wave and noise correlate by chance (1/√144).
        let r_squared = fit(&mixed, 12, 12).r_squared;
        assert!((r_squared - 0.53).abs() < 0.1, "{r_squared}");
    }

    #[test]
    fn noise_has_little_and_a_constant_filter_none() {
        let weights = normal(40 * 144, 1);
        let fits = gabor_fits(Filters::new(&weights, 12, 12).unwrap());
        let largest = fits.iter().map(|fit| fit.r_squared).fold(0.0, f64::max);
        assert!(largest < 0.3 && largest > 0.05, "{largest}");
        assert_eq!(fit(&[0.1; 144], 12, 12), GaborFit::default());
        assert_eq!(fit(&[0.1], 1, 1), GaborFit::default());
        for (height, width) in [(1, 9), (2, 2), (3, 1)] {
            let weights = normal(height * width, 5);
            let r_squared = fit(&weights, height, width).r_squared;
            assert!((0.0..=1.0).contains(&r_squared), "{height}×{width}: {r_squared}");
        }
    }

    #[test]
    fn the_jacobian_is_the_central_difference_of_the_projected_model() {
        let truth = GaborFit {
            r_squared: 1.0,
            x: 5.0,
            y: 6.0,
            direction: 0.7,
            frequency: 0.2,
            across: 2.0,
            along: 2.5,
        };
        let mut target: Vec<f64> = gabor(&truth, 0.5, 12, 12).into_iter().map(f64::from).collect();
        centre(&mut target);
        let problem =
            Problem { target: &target, height: 12, width: 12, side: 12.0, variation: dot(&target, &target) };
        let shape = Shape([5.0, 6.0, 0.7, 0.2, 2f64.ln(), 2.5f64.ln()]);
        let jacobian = problem.state(shape).jacobian(&target);
        for (parameter, column) in jacobian.iter().enumerate() {
            let residual = |step: f64| {
                let mut moved = shape;
                moved.0[parameter] += step;
                problem.state(moved).residual
            };
            // Where the residual vanishes, Kaufman's Jacobian is exact: the residual falls as the model moves.
            for ((above, below), column) in residual(1e-4).iter().zip(&residual(-1e-4)).zip(column) {
                let difference = (above - below) / 2e-4;
                assert!((difference + column).abs() < 1e-5, "{parameter}: {difference} {column}");
            }
        }
    }

    #[test]
    fn coverage_is_the_area_of_the_envelope() {
        let inside = GaborFit {
            r_squared: 1.0,
            x: 19.5,
            y: 20.0,
            direction: 0.4,
            frequency: 0.2,
            across: 2.0,
            along: 3.0,
        };
        assert!((inside.coverage(40, 40) - TAU * 2.0 * 3.0 / 1600.0).abs() < 1e-4);
        assert!((inside.cycles() - 1.6).abs() < 1e-12);
        let everywhere = GaborFit { across: 1e6, along: 1e6, ..inside };
        assert!((everywhere.coverage(12, 12) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn the_bits_do_not_depend_on_the_number_of_threads() {
        let weights = normal(20 * 64, 2);
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| gabor_fits(Filters::new(&weights, 8, 8).unwrap()))
        };
        let one = run(1);
        for threads in [2, 3, 7] {
            assert_eq!(run(threads), one, "{threads} threads");
        }
    }
}
