//! Orientation selectivity: whether a filter responds to one orientation more than to others.
//!
//! It is the length of the circular mean of doubled angles, `|Σ P(f) e^{2iθ(f)}| / Σ P(f)`, where `P(f)` is the power
//! spectrum of the weights with their mean removed and θ the direction of the frequency `f` (doubled, because θ and θ +
//! π are the same orientation): 1 for a grating, 0 for a spot or a ring. Frequencies of exactly half a cycle per pixel
//! are left out because their direction is ambiguous.

use super::filter::Filter;

/// The selectivity, 0..=1; 0 for a constant filter.
pub fn orientation_selectivity(picture: Filter<'_>) -> f64 {
    let (height, width) = (picture.height(), picture.width());
    let centred = picture.centred();
    // Rows first: `across[y][u]` is the transform of row y at u cycles per width, u from 0. The weights are real, so
    // frequencies −f repeat f.
    let horizontal = Waves::new(width);
    let vertical = Waves::new(height);
    let n_across = width.div_ceil(2);
    let across: Vec<(f64, f64)> = centred
        .chunks_exact(width)
        .flat_map(|row| (0..n_across).map(move |u| (row, u)))
        .map(|(row, u)| {
            row.iter().enumerate().fold((0.0, 0.0), |(re, im), (x, w)| {
                let (cosine, sine) = horizontal.at(u * x);
                (re + w * cosine, im - w * sine)
            })
        })
        .collect();
    let (mut sum, mut resultant) = (0.0, (0.0, 0.0));
    let n_down = height.div_ceil(2);
    for u in 0..n_across {
        // v from −(n_down − 1), written modulo the height.
        for v in (0..n_down).chain(height + 1 - n_down..height) {
            let signed = if v < n_down { v as f64 } else { v as f64 - height as f64 };
            // Half of the axis u = 0 is the conjugate of the other half.
            if u == 0 && signed <= 0.0 {
                continue;
            }
            let (mut re, mut im) = (0.0, 0.0);
            for y in 0..height {
                let ((a, b), (cosine, sine)) = (across[y * n_across + u], vertical.at(v * y));
                re += a * cosine + b * sine;
                im += b * cosine - a * sine;
            }
            let power = re * re + im * im;
            let (fx, fy) = (u as f64 / width as f64, signed / height as f64);
            // cos 2θ and sin 2θ without an angle.
            let square = fx * fx + fy * fy;
            sum += power;
            resultant.0 += power * (fx * fx - fy * fy) / square;
            resultant.1 += power * 2.0 * fx * fy / square;
        }
    }
    // For a constant filter, or one with only half a cycle per pixel, the rest is rounding.
    let scale: f64 = centred.iter().map(|w| w * w).sum::<f64>() * centred.len() as f64;
    if sum <= 1e-20 * scale || sum == 0.0 {
        return 0.0;
    }
    ((resultant.0 * resultant.0 + resultant.1 * resultant.1).sqrt() / sum).min(1.0)
}

/// `cos` and `sin` of `2πk/n`.
struct Waves(Vec<(f64, f64)>);

impl Waves {
    fn new(n: usize) -> Self {
        let angle = |k: usize| std::f64::consts::TAU * k as f64 / n as f64;
        Self((0..n).map(|k| (libm::cos(angle(k)), libm::sin(angle(k)))).collect())
    }

    fn at(&self, k: usize) -> (f64, f64) {
        self.0[k % self.0.len()]
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{gaussian_spot, picture};
    use super::*;
    use std::f64::consts::TAU;

    #[test]
    fn gratings_of_any_direction_have_one() {
        for (u, v) in [(1, 0), (0, 2), (3, 3), (2, -5), (5, 1)] {
            let grating = |y: usize, x: usize| {
                (TAU * (f64::from(u) * x as f64 / 12.0 + f64::from(v) * y as f64 / 14.0) + 0.4).cos() + 2.0
            };
            let value = picture(14, 12, grating, orientation_selectivity);
            assert!((value - 1.0).abs() < 1e-12, "({u}, {v}): {value}");
        }
    }

    #[test]
    fn spots_pixels_and_crossed_gratings_have_zero() {
        // Squares only, whose grid of frequencies is the same in both directions.
        for n in [11, 12] {
            let pixel = picture(n, n, |y, x| f64::from(u8::from((y, x) == (4, 7))), orientation_selectivity);
            assert!(pixel < 1e-12, "{pixel}");
            let spot = picture(n, n, gaussian_spot(5.5, 5.5, 1.2), orientation_selectivity);
            assert!(spot < 1e-3, "{spot}");
        }
        let plaid = |y: usize, x: usize| (TAU * x as f64 / 6.0).sin() + (TAU * y as f64 / 6.0).sin();
        assert!(picture(12, 12, plaid, orientation_selectivity) < 1e-12);
    }

    #[test]
    fn two_gratings_have_the_cosine_of_the_angle_between_them() {
        // Doubling the directions doubles the angle between them: the mean of two unit vectors has the length of its
        // cosine.
        let n = 26;
        let both = |y: usize, x: usize| {
            let (x, y) = (TAU * x as f64 / n as f64, TAU * y as f64 / n as f64);
            (7.0 * x).cos() + (4.0 * x + 7.0 * y).cos()
        };
        let angle = (7.0f64 / 4.0).atan();
        let value = picture(n, n, both, orientation_selectivity);
        assert!((value - angle.cos()).abs() < 1e-9, "{value} {}", angle.cos());
    }

    #[test]
    fn a_constant_filter_has_zero() {
        assert_eq!(picture(5, 6, |_, _| 0.3, orientation_selectivity), 0.0);
        assert_eq!(picture(1, 1, |_, _| 0.3, orientation_selectivity), 0.0);
    }
}
