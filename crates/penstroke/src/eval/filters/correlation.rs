//! Correlation length: how wide the structure in a filter is, in pixels.
//!
//! The autocorrelation of the weights with their mean removed, `A(l) = Σ_p w_p w_{p+l} / Σ_p w_p²` (pixels outside the
//! filter count as zero), is averaged over all lags `l` of the same length `r = |l|`. The correlation length is the
//! smallest `r` at which this has fallen to one half, interpolated linearly between the lengths that occur on the pixel
//! grid (0, 1, √2, 2, √5, …). White noise has ½; a Gaussian spot of standard deviation `s` has the autocorrelation
//! `exp(−r²/4s²)` and therefore `2 s √ln 2`.

use super::filter::Filter;

/// The half width at half maximum of the radially averaged autocorrelation, in pixels; 0 for a constant filter.
pub fn correlation_length(picture: Filter<'_>) -> f64 {
    let (height, width) = (picture.height(), picture.width());
    let centred = picture.centred();
    let power: f64 = centred.iter().map(|w| w * w).sum();
    if power == 0.0 {
        return 0.0;
    }
    // Lags l and −l give the same value, so half of them suffice: down, or right in the same row.
    let mut lags: Vec<(usize, usize, bool)> = Vec::new();
    for down in 0..height {
        for across in 0..width {
            if down + across > 0 {
                lags.push((down, across, false));
            }
            if down > 0 && across > 0 {
                lags.push((down, across, true));
            }
        }
    }
    lags.sort_by_key(|&(down, across, _)| down * down + across * across);

    let (mut inner, mut inner_value) = (0.0, 1.0);
    for ring in lags.chunk_by(|a, b| a.0 * a.0 + a.1 * a.1 == b.0 * b.0 + b.1 * b.1) {
        let radius = ((ring[0].0.pow(2) + ring[0].1.pow(2)) as f64).sqrt();
        let sum: f64 =
            ring.iter().map(|&(down, across, left)| product(&centred, width, down, across, left)).sum();
        let value = sum / (ring.len() as f64 * power);
        if value <= 0.5 {
            return inner + (radius - inner) * (inner_value - 0.5) / (inner_value - value);
        }
        (inner, inner_value) = (radius, value);
    }
    inner
}

/// `Σ_p w_p w_{p+l}` for the lag of `down` rows and `across` columns, to the left or to the right.
fn product(weights: &[f64], width: usize, down: usize, across: usize, left: bool) -> f64 {
    let lower = &weights[down * width..];
    weights
        .chunks_exact(width)
        .zip(lower.chunks_exact(width))
        .map(|(upper, lower)| {
            let (from, to) = if left { (across, 0) } else { (0, across) };
            upper[from..].iter().zip(&lower[to..]).map(|(a, b)| a * b).sum::<f64>()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{gaussian_spot, noise, picture};
    use super::*;

    #[test]
    fn a_gaussian_spot_has_its_closed_form() {
        for s in [1.0, 1.5, 2.5] {
            let value = picture(48, 40, gaussian_spot(24.2, 19.7, s), correlation_length);
            // Removing the mean subtracts the share 4πs²/N from every lag, so half of the rest is (1 + share)/2 of the
            // peak.
            let share = 4.0 * std::f64::consts::PI * s * s / (48.0 * 40.0);
            let expected = 2.0 * s * (2.0 / (1.0 + share)).ln().sqrt();
            // The interpolation is linear between lengths of at most 0.6 pixels.
            assert!((value / expected - 1.0).abs() < 0.01, "{s}: {value} {expected}");
        }
    }

    #[test]
    fn noise_has_half_a_pixel_and_does_not_depend_on_the_scale() {
        let values: Vec<f64> = (0..200).map(|run| noise(28, 28, run, correlation_length)).collect();
        let mean = values.iter().sum::<f64>() / 200.0;
        assert!((mean - 0.5).abs() < 0.005, "{mean}");
        let spot = gaussian_spot(6.0, 6.0, 1.0);
        let bright = picture(12, 12, |y, x| 40.0 * spot(y, x) + 3.0, correlation_length);
        assert!((bright - picture(12, 12, spot, correlation_length)).abs() < 1e-6);
    }

    #[test]
    fn both_diagonals_count() {
        // Bands so wide that the correlation extends beyond the first diagonal lag.
        let falling = picture(15, 15, |y, x| f64::from(u8::from(x.abs_diff(y) <= 2)), correlation_length);
        let rising =
            picture(15, 15, |y, x| f64::from(u8::from((x + y).abs_diff(14) <= 2)), correlation_length);
        assert!((falling - rising).abs() < 1e-12, "{falling} {rising}");
        assert!(falling > 2f64.sqrt(), "{falling}");
    }

    #[test]
    fn a_constant_filter_has_zero() {
        assert_eq!(picture(3, 4, |_, _| 0.7, correlation_length), 0.0);
    }
}
