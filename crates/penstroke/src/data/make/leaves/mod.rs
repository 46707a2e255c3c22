//! Generated scenes with the statistics of natural images: dead leaves.
//!
//! Opaque shapes of random position, size, form and grey fall on one another until they cover the ground; the scene is
//! the view from above. Occlusion and scale-free sizes are what makes natural images special to an edge detector: the
//! power spectrum falls as about 1/f², and edge filters respond rarely and strongly, with histograms of high kurtosis.
//! From whitened patches of such scenes a denoising autoencoder learns edge filters.
//!
//! The radii have density r⁻³ between [`MIN_RADIUS`] and a third of the shorter side, so every octave of sizes covers
//! the same area. Leaves are slightly shaded ellipses and convex polygons of any orientation. They are drawn front to
//! back: each keeps only what is still uncovered, which gives the same distribution as letting leaves fall forever. The
//! scene is a torus: a leaf that leaves on one side enters on the other, so the border is like any other place and a
//! scene can be Fourier-transformed without a window. Edges are smooth: a pixel is the mean of 4×4 points.
//!
//! Scene `i` is a pure function of the seed, the size and `i`, with the same bits on every machine: the arithmetic is
//! IEEE double precision in a fixed order, with elementary functions from `libm` instead of the platform.
//!
//! Sources: Matheron, "Modèle séquentiel de partition aléatoire" (1968); Lee, Mumford and Huang, "Occlusion models for
//! natural images: a statistical study of a scale-invariant dead leaves model" (International Journal of Computer
//! Vision 41, 2001).
//!
//! ```
//! let scenes = penstroke::data::leaves::generate(0, 2, 64, 96)?;
//! assert_eq!((scenes.len(), scenes[1].height, scenes[1].width), (2, 64, 96));
//! assert!(scenes[1].values.iter().all(|grey| (0.0..=1.0).contains(grey)));
//! # Ok::<(), penstroke::Error>(())
//! ```

use crate::data::hold::Scene;
use crate::{Error, Result};
mod leaf;

use leaf::{Leaf, Shade, Sizes};
use penstroke_engine::philox::{Draws, Purpose, Sequence};
use rayon::prelude::*;

/// Radius of the smallest leaves in pixels.
///
/// A larger radius gives longer edges; a smaller one gives a flatter spectrum. Measured on 64 scenes of 256×256 between
/// 8 and 64 cycles, the exponent is 2.2 for 1.5 pixels, 2.3 for 1.75 and 2.7 for 3. Photographs have about 2.2.
pub const MIN_RADIUS: f64 = 1.75;

/// Points per pixel in each direction.
const POINTS: usize = 4;

/// Maximum number of pixels in all scenes together: 4 GiB of values.
const MAX_PIXELS: u64 = 1 << 30;

/// Generates `n` scenes of `height · width` intensities in 0..=1. The first `k` scenes do not depend on `n`.
///
/// # Errors
/// If `n`, `height` or `width` is 0, or if the scenes have more than 2³⁰ pixels in all.
pub fn generate(seed: u64, n: usize, height: usize, width: usize) -> Result<Vec<Scene>> {
    if n == 0 || height == 0 || width == 0 {
        let problem =
            format!("{n} scenes of {height}×{width} pixels hold nothing; request at least 1 of each");
        return Err(Error::input("leaves", problem));
    }
    // Checked before any allocation; below this limit no count of points or bytes can overflow.
    let pixels = height.checked_mul(width).and_then(|pixels| pixels.checked_mul(n));
    if pixels.is_none_or(|pixels| pixels as u64 > MAX_PIXELS) {
        let problem =
            format!("{n} scenes of {height}×{width} pixels are more than 2³⁰ pixels; request fewer");
        return Err(Error::input("leaves", problem));
    }
    let draws = Draws::new(seed, Purpose::Generator(2));
    let scene =
        |i: usize| Ground::new(height, width).covered(&mut draws.at((i >> 32) as u32, i as u32).sequence());
    Ok((0..n).into_par_iter().map(scene).collect())
}

/// A partly covered scene. Coordinates are in points, [`POINTS`] per side of a pixel.
struct Ground {
    height: usize,
    width: usize,
    /// One bit per point, rows padded to whole words: 1 where no leaf has fallen yet.
    bare: Vec<u64>,
    words_per_row: usize,
    n_bare: usize,
    /// Sum of the points of each pixel.
    sums: Vec<f64>,
}

impl Ground {
    fn new(height: usize, width: usize) -> Self {
        let (rows, columns) = (height * POINTS, width * POINTS);
        let words_per_row = columns.div_ceil(64);
        Self {
            height,
            width,
            bare: vec![u64::MAX; rows * words_per_row],
            words_per_row,
            n_bare: rows * columns,
            sums: vec![0.0; height * width],
        }
    }

    /// Drops leaves until nothing is bare, and returns the scene.
    fn covered(mut self, rng: &mut Sequence) -> Scene {
        let points = POINTS as f64;
        let shorter = self.height.min(self.width) as f64;
        let sizes = Sizes::new(points * MIN_RADIUS, points * (shorter / 3.0).max(2.0 * MIN_RADIUS));
        let (rows, columns) = (self.height * POINTS, self.width * POINTS);
        while self.n_bare > 0 {
            let centre = (columns as f64 * rng.uniform(), rows as f64 * rng.uniform());
            let leaf = Leaf::new(sizes.draw(rng), rng);
            let shade = Shade::new(leaf.reach, rng);
            // Rows of the torus that the leaf reaches, each once.
            let first = (centre.1 - leaf.reach).ceil() as i64;
            let last = ((centre.1 + leaf.reach).floor() as i64).min(first + rows as i64 - 1);
            for row in first..=last {
                let dy = row as f64 - centre.1;
                if let Some((left, right)) = leaf.span(dy) {
                    let row = row.rem_euclid(rows as i64) as usize;
                    let span = ((centre.0 + left).ceil() as i64, (centre.0 + right).floor() as i64);
                    self.cover(row, span, |column| shade.at(column as f64 - centre.0, dy));
                }
            }
        }
        let scale = 1.0 / (POINTS * POINTS) as f64;
        let values = self.sums.iter().map(|sum| (sum * scale) as f32).collect();
        Scene { height: self.height, width: self.width, values }
    }

    /// Covers the bare points of `row` within the columns of `span`, which may extend beyond the borders.
    fn cover(&mut self, row: usize, span: (i64, i64), grey: impl Fn(i64) -> f64) {
        let columns = (self.width * POINTS) as i64;
        let mut from = span.0;
        let end = span.1.min(span.0 + columns - 1) + 1;
        while from < end {
            let wraps = from.div_euclid(columns) * columns;
            let to = end.min(wraps + columns);
            let (low, high) = ((from - wraps) as usize, (to - wraps) as usize);
            for word in low / 64..high.div_ceil(64) {
                let start = word * 64;
                let mut mask = u64::MAX << (low.max(start) - start);
                if high < start + 64 {
                    mask &= (1 << (high - start)) - 1;
                }
                let bits = &mut self.bare[row * self.words_per_row + word];
                let mut seen = *bits & mask;
                *bits &= !mask;
                self.n_bare -= seen.count_ones() as usize;
                while seen != 0 {
                    let column = start + seen.trailing_zeros() as usize;
                    seen &= seen - 1;
                    self.sums[row / POINTS * self.width + column / POINTS] += grey(column as i64 + wraps);
                }
            }
            from = to;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};
    use std::f64::consts::TAU;

    /// Pixels per side of the scenes whose spectrum is measured.
    const SIDE: usize = 128;

    /// The discrete Fourier transform over rows, then over columns: row-major real and imaginary parts.
    fn transform(real: &[f64], imaginary: &[f64], direction: f64) -> (Vec<f64>, Vec<f64>) {
        let waves: Vec<(f64, f64)> = (0..SIDE)
            .map(|k| (TAU * k as f64 / SIDE as f64).sin_cos())
            .map(|(sin, cos)| (cos, direction * sin))
            .collect();
        let mut parts = (real.to_vec(), imaginary.to_vec());
        for (along, across) in [(1, SIDE), (SIDE, 1)] {
            let mut out = (vec![0.0; SIDE * SIDE], vec![0.0; SIDE * SIDE]);
            for line in 0..SIDE {
                for k in 0..SIDE {
                    let (mut re, mut im) = (0.0, 0.0);
                    for i in 0..SIDE {
                        let at = line * across + i * along;
                        let (cos, sin) = waves[k * i % SIDE];
                        re += parts.0[at] * cos - parts.1[at] * sin;
                        im += parts.0[at] * sin + parts.1[at] * cos;
                    }
                    out.0[line * across + k * along] = re;
                    out.1[line * across + k * along] = im;
                }
            }
            parts = out;
        }
        parts
    }

    /// Vertical and horizontal frequency, in cycles per scene, of the row-major coefficient `at`.
    fn frequency(at: usize) -> (f64, f64) {
        let signed = |k: usize| if k < SIDE / 2 { k as f64 } else { k as f64 - SIDE as f64 };
        (signed(at / SIDE), signed(at % SIDE))
    }

    fn spectra(n: usize) -> Vec<(Vec<f64>, Vec<f64>)> {
        let scenes = generate(11, n, SIDE, SIDE).unwrap();
        let spectrum = |scene: Scene| {
            let mean = scene.values.iter().map(|&v| f64::from(v)).sum::<f64>() / (SIDE * SIDE) as f64;
            let values: Vec<f64> = scene.values.iter().map(|&v| f64::from(v) - mean).collect();
            transform(&values, &vec![0.0; SIDE * SIDE], -1.0)
        };
        scenes.into_par_iter().map(spectrum).collect()
    }

    #[test]
    fn bits_are_the_same_on_every_machine() {
        let mut hash = Sha256::new();
        for scene in generate(0, 3, 48, 80).unwrap() {
            for value in scene.values {
                hash.update(value.to_le_bytes());
            }
        }
        let hash: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hash, "d07d81eb24bac48d322504dc629f2596efc2fb413a1f8408c413ccf8b1a547fe");
    }

    #[test]
    fn the_power_spectrum_is_that_of_natural_images() {
        let (mut power, mut counts) = ([0.0; SIDE], [0.0; SIDE]);
        // Power at mid frequencies by orientation, in eighths of a half turn; each frequency counts about equally.
        let (mut sectors, mut sector_counts) = ([0.0; 8], [0.0; 8]);
        for (re, im) in spectra(16) {
            for at in 0..SIDE * SIDE {
                let (down, across) = frequency(at);
                let radius = (down * down + across * across).sqrt();
                let value = re[at] * re[at] + im[at] * im[at];
                power[radius.round() as usize] += value;
                counts[radius.round() as usize] += 1.0;
                if (8.0..32.0).contains(&radius) {
                    let turn = down.atan2(across).rem_euclid(TAU / 2.0) / (TAU / 2.0);
                    let sector = (8.0 * turn + 0.5) as usize % 8;
                    sectors[sector] += value * radius * radius;
                    sector_counts[sector] += 1.0;
                }
            }
        }
        // Least squares of log power over log frequency, from 4 cycles per scene to 4 pixels per cycle.
        let points: Vec<(f64, f64)> =
            (4..=SIDE / 4).map(|f| ((f as f64).ln(), (power[f] / counts[f]).ln())).collect();
        let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / points.len() as f64;
        let (x, y) = (mean(|p| p.0), mean(|p| p.1));
        let covariance: f64 = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
        let alpha = -covariance / points.iter().map(|p| (p.0 - x) * (p.0 - x)).sum::<f64>();
        // Over 16 other groups of as many scenes, the mean is 2.26 with a standard deviation of 0.02.
        assert!((1.6..=2.4).contains(&alpha), "power falls as f^-{alpha}");
        // No orientation is preferred: in 16 other groups the worst sector was 6 % off.
        let sectors: Vec<f64> = sectors.iter().zip(sector_counts).map(|(sum, count)| sum / count).collect();
        let level = sectors.iter().sum::<f64>() / 8.0;
        assert!(
            sectors.iter().all(|sector| (sector / level - 1.0).abs() < 0.15),
            "{sectors:?} by orientation"
        );
    }

    #[test]
    fn whitened_scenes_have_rare_strong_edges() {
        let (mut square, mut fourth, mut n) = (0.0, 0.0, 0.0);
        for (mut re, mut im) in spectra(4) {
            for at in 0..SIDE * SIDE {
                let (down, across) = frequency(at);
                let f = (down * down + across * across).sqrt() / SIDE as f64;
                let gain = f * (-(f / 0.4).powi(4)).exp();
                re[at] *= gain;
                im[at] *= gain;
            }
            for value in transform(&re, &im, 1.0).0 {
                square += value * value;
                fourth += value * value * value * value;
                n += 1.0;
            }
        }
        let kurtosis = n * fourth / (square * square);
        // Gaussian noise of any spectrum has 3, with a standard error of √(24/65536) = 0.02; 64 groups of four scenes
        // had 4.6 to 6.2.
        assert!(kurtosis > 4.0, "kurtosis {kurtosis}");
    }

    #[test]
    fn greys_fill_the_range_and_no_pixel_stays_bare() {
        // A bare point would count as 0; a point counted twice could exceed 1.
        for (height, width) in [(64, 64), (1, 1), (1, 100), (33, 7), (17, 130)] {
            let scenes = generate(5, 4, height, width).unwrap();
            for scene in &scenes {
                assert_eq!((scene.height, scene.width, scene.values.len()), (height, width, height * width));
                assert!(scene.values.iter().all(|v| (0.0..=1.0).contains(v)));
            }
        }
        let values: Vec<f32> = generate(5, 8, 64, 64).unwrap().into_iter().flat_map(|s| s.values).collect();
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        // The greys of large leaves make the mean of 8 scenes vary by about 0.02.
        assert!((mean - 0.5).abs() < 0.08, "mean {mean}");
        assert!(values.iter().any(|&v| v < 0.1) && values.iter().any(|&v| v > 0.9));
    }

    #[test]
    fn every_point_is_covered_once() {
        let mut ground = Ground::new(2, 20);
        let columns = 20 * POINTS;
        // Beyond the right border, by more than a whole turn, and over covered ground.
        for (span, left) in [((70, 85), 2 * POINTS * columns - 16), ((-5, 400), 2 * POINTS * columns - 80)] {
            for _ in 0..2 {
                ground.cover(3, span, |_| 1.0);
                assert_eq!(ground.n_bare, left);
            }
        }
        assert_eq!(ground.sums[..20], [POINTS as f64; 20]);
        assert_eq!(ground.sums[20..], [0.0; 20]);
    }

    #[test]
    fn scenes_depend_on_seed_size_and_index_alone() {
        let all = generate(7, 4, 24, 40).unwrap();
        assert_eq!(generate(7, 2, 24, 40).unwrap(), all[..2]);
        assert_ne!(all[0], all[1]);
        assert_ne!(generate(8, 1, 24, 40).unwrap()[0], all[0]);
        for threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            assert_eq!(pool.install(|| generate(7, 4, 24, 40)).unwrap(), all);
        }
    }

    #[test]
    fn impossible_sizes_are_refused() {
        let (nothing, too_many) =
            ("hold nothing; request at least 1 of each", "are more than 2³⁰ pixels; request fewer");
        for (n, height, width, problem) in [
            (0, 8, 8, nothing),
            (1, 0, 8, nothing),
            (1, 8, 0, nothing),
            (1, 1 << 16, 1 << 16, too_many),
            (usize::MAX, 2, 2, too_many),
        ] {
            let message = generate(0, n, height, width).unwrap_err().to_string();
            assert_eq!(message, format!("leaves: {n} scenes of {height}×{width} pixels {problem}"));
        }
    }
}
