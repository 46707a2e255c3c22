//! The peaks of a filter: its strongest inhibiting and its strongest exciting stroke.
//!
//! Each weight is averaged with its neighbours in a window of 3×3 (smaller at the border), so that a single noisy weight
//! does not decide; the peaks are the lowest and the highest average.

use super::filter::Filter;

/// The lowest and the highest average of 3×3 neighbouring weights. A highest one of the larger absolute value means that the unit's
/// strongest stroke excites it.
pub fn peaks(picture: Filter<'_>) -> (f64, f64) {
    let (height, width, weights) = (picture.height(), picture.width(), picture.weights());
    let (mut lowest, mut highest) = (f64::INFINITY, f64::NEG_INFINITY);
    for y in 0..height {
        let rows = y.saturating_sub(1)..(y + 2).min(height);
        for x in 0..width {
            let columns = x.saturating_sub(1)..(x + 2).min(width);
            let n = (rows.len() * columns.len()) as f64;
            let row =
                |y: usize| weights[y * width..][columns.clone()].iter().map(|&w| f64::from(w)).sum::<f64>();
            let mean = rows.clone().map(row).sum::<f64>() / n;
            (lowest, highest) = (lowest.min(mean), highest.max(mean));
        }
    }
    (lowest, highest)
}

#[cfg(test)]
mod tests {
    use super::super::filter::Filters;
    use super::*;

    fn of(weights: &[f32], height: usize, width: usize) -> (f64, f64) {
        peaks(Filters::new(weights, height, width).unwrap().get(0))
    }

    #[test]
    fn the_peaks_are_averages_of_neighbours() {
        let mut weights = [0.0; 36];
        // A stroke of three weights, and one weight that is stronger but alone.
        for at in [14, 15, 16] {
            weights[at] = 2.0;
        }
        weights[35] = -2.9;
        // In a corner the window has four weights.
        let corner = -f64::from(2.9f32) / 4.0;
        assert_eq!(of(&weights, 6, 6), (corner, 6.0 / 9.0));
        weights.iter_mut().for_each(|weight| *weight = -*weight);
        assert_eq!(of(&weights, 6, 6), (-6.0 / 9.0, -corner));
    }

    #[test]
    fn a_filter_of_one_row_or_of_zeros_has_peaks_too() {
        assert_eq!(of(&[1.0, 1.0, 4.0], 1, 3), (1.0, 2.5));
        assert_eq!(of(&[0.0; 4], 2, 2), (0.0, 0.0));
    }
}
