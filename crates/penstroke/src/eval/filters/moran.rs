//! Moran's I: whether neighbouring weights are alike.
//!
//! `I = (N/E) · Σ_{i~j} (w_i − m)(w_j − m) / Σ_i (w_i − m)²` over the `E` pairs of pixels that share an edge (rook
//! neighbours), where `m` is the mean of the `N` weights (Moran, "Notes on continuous stochastic phenomena", 1950).
//! Smooth filters approach 1, a checkerboard has −1, and independent weights have `−1/(N−1)` in expectation.

use super::filter::Filter;

/// Moran's I of one filter; 0 for a constant filter or a single pixel, which have no variation to correlate.
pub fn moran(picture: Filter<'_>) -> f64 {
    let (height, width) = (picture.height(), picture.width());
    let centred = picture.centred();
    let variation: f64 = centred.iter().map(|w| w * w).sum();
    let pairs = height * (width - 1) + width * (height - 1);
    if variation == 0.0 || pairs == 0 {
        return 0.0;
    }
    let mut products = 0.0;
    for (y, row) in centred.chunks_exact(width).enumerate() {
        products += row.windows(2).map(|pair| pair[0] * pair[1]).sum::<f64>();
        if let Some(below) = centred.get((y + 1) * width..(y + 2) * width) {
            products += row.iter().zip(below).map(|(a, b)| a * b).sum::<f64>();
        }
    }
    centred.len() as f64 / pairs as f64 * products / variation
}

#[cfg(test)]
mod tests {
    use super::super::testing::{noise, picture};
    use super::*;

    #[test]
    fn a_checkerboard_has_minus_one() {
        for (height, width) in [(12, 12), (4, 7), (2, 2)] {
            let value = picture(height, width, |y, x| if (x + y) % 2 == 0 { 1.0 } else { -1.0 }, moran);
            // An odd number of pixels has a mean that is not zero.
            let slack = if height * width % 2 == 0 { 1e-12 } else { 0.1 };
            assert!((value + 1.0).abs() < slack, "{value}");
        }
    }

    #[test]
    fn two_halves_have_the_share_of_like_neighbours() {
        // n×n, left half −1 and right half 1: all n(n−1) vertical pairs are equal, and all horizontal ones but n.
        for n in [4usize, 12, 28] {
            let value = picture(n, n, |_, x| if x < n / 2 { -3.0 } else { 5.0 }, moran);
            let pairs = (2 * n * (n - 1)) as f64;
            assert!((value - (pairs - 2.0 * n as f64) / pairs).abs() < 1e-12, "{value}");
        }
    }

    #[test]
    fn a_ramp_has_its_closed_form() {
        // One row of nine steps about zero: Σ u_i u_{i+1} = 40 and Σ u_i² = 60.
        let value = picture(1, 9, |_, x| 2.0 * x as f64 + 7.0, moran);
        assert!((value - 9.0 / 8.0 * 40.0 / 60.0).abs() < 1e-12);
    }

    #[test]
    fn independent_weights_have_minus_one_over_n_minus_one_on_average() {
        let (n, runs) = (5, 4000);
        let values: Vec<f64> = (0..runs).map(|run| noise(n, n, run, moran)).collect();
        let mean = values.iter().sum::<f64>() / f64::from(runs);
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / f64::from(runs - 1);
        let error = (variance / f64::from(runs)).sqrt();
        // Four standard errors; without the mean removed it would be 0, fifteen errors away.
        assert!((mean + 1.0 / 24.0).abs() < 4.0 * error && error < 0.003, "{mean} ± {error}");
    }

    #[test]
    fn a_constant_filter_has_zero() {
        assert_eq!(picture(3, 3, |_, _| 0.1, moran), 0.0);
        assert_eq!(picture(1, 1, |_, _| 5.0, moran), 0.0);
    }
}
