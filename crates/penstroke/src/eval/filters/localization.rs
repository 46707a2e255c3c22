//! Localization: whether a filter's weights are concentrated in one place.
//!
//! There are two measures of the squared weights `w²`. The *spread* is their root mean square distance from their
//! centroid in pixels, `√(Σ w² |p − c|² / Σ w²)`: 0 for a single pixel, `√((H²−1)/12 + (W²−1)/12)` for equal weights. A
//! weak background far from the centroid increases it a lot. The *concentration* does not have this problem: it is the
//! largest share of `Σ w²` inside a window of half the height and half the width (rounded up), 1 for a single pixel and
//! about ¼ for equal weights, as in gratings and noise that fill the picture.

use super::filter::Filter;

/// Root mean square distance of the squared weights from their centroid, in pixels; 0 for a filter of zeros.
pub fn spread(picture: Filter<'_>) -> f64 {
    let width = picture.width();
    let (mut sum, mut moments) = (0.0, [0.0; 4]);
    for (at, &weight) in picture.weights().iter().enumerate() {
        let (y, x) = ((at / width) as f64, (at % width) as f64);
        let square = f64::from(weight).powi(2);
        sum += square;
        for (moment, factor) in moments.iter_mut().zip([y, x, y * y, x * x]) {
            *moment += square * factor;
        }
    }
    if sum == 0.0 {
        return 0.0;
    }
    let [y, x, yy, xx] = moments.map(|moment| moment / sum);
    // Rounding can make a variance of zero negative.
    (yy - y * y + xx - x * x).max(0.0).sqrt()
}

/// The largest share of the squared weights in a window of `⌈H/2⌉ × ⌈W/2⌉` pixels, 0..=1; 0 for a filter of zeros.
pub fn concentration(picture: Filter<'_>) -> f64 {
    let (height, width) = (picture.height(), picture.width());
    let (window_height, window_width) = (height.div_ceil(2), width.div_ceil(2));
    // Sums over all pixels above and to the left, with a leading row and column of zeros.
    let mut sums = vec![0.0; (height + 1) * (width + 1)];
    let at = |y: usize, x: usize| y * (width + 1) + x;
    for (y, row) in picture.weights().chunks_exact(width).enumerate() {
        for (x, &weight) in row.iter().enumerate() {
            sums[at(y + 1, x + 1)] =
                f64::from(weight).powi(2) + sums[at(y, x + 1)] + sums[at(y + 1, x)] - sums[at(y, x)];
        }
    }
    let total = sums[at(height, width)];
    if total == 0.0 {
        return 0.0;
    }
    let mut best = 0.0f64;
    for y in 0..=height - window_height {
        for x in 0..=width - window_width {
            let (below, right) = (y + window_height, x + window_width);
            best =
                best.max(sums[at(below, right)] - sums[at(y, right)] - sums[at(below, x)] + sums[at(y, x)]);
        }
    }
    (best / total).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{gaussian_spot, picture};
    use super::*;

    #[test]
    fn one_pixel_has_no_spread_and_all_concentration() {
        let pixel = |y, x| if (y, x) == (2, 9) { -3.0 } else { 0.0 };
        assert_eq!(picture(8, 12, pixel, spread), 0.0);
        assert_eq!(picture(8, 12, pixel, concentration), 1.0);
    }

    #[test]
    fn equal_weights_have_the_closed_forms() {
        let value = picture(8, 12, |_, _| 0.5, spread);
        assert!((value - ((63.0 + 143.0) / 12.0f64).sqrt()).abs() < 1e-12);
        assert_eq!(picture(8, 12, |_, _| 0.5, concentration), 0.25);
        assert!((picture(5, 5, |_, _| 0.5, concentration) - 9.0 / 25.0).abs() < 1e-12);
    }

    #[test]
    fn a_gaussian_spot_has_its_closed_form() {
        // The square of a spot of deviation s has deviation s/√2 along each of two axes: s in all.
        let value = picture(40, 40, gaussian_spot(18.3, 21.0, 2.0), spread);
        assert!((value - 2.0).abs() < 1e-6, "{value}");
    }

    #[test]
    fn edges_are_distinguished_from_gratings() {
        let wave = |x: usize| (x as f64 * std::f64::consts::TAU / 6.0).sin();
        let spot = gaussian_spot(3.0, 8.0, 1.5);
        assert!(picture(12, 12, |_, x| wave(x), concentration) < 0.3);
        assert!(picture(12, 12, |y, x| wave(x) * spot(y, x), concentration) > 0.95);
    }

    #[test]
    fn zeros_have_neither_spread_nor_concentration() {
        assert_eq!(picture(3, 3, |_, _| 0.0, spread), 0.0);
        assert_eq!(picture(3, 3, |_, _| 0.0, concentration), 0.0);
    }
}
