//! Redundancy: whether units repeat each other.
//!
//! It is the largest `|cos|` between a unit's filter and any other: 0 for orthogonal filters, 1 for copies with either
//! sign.

use super::super::SampleMatrix;
use super::super::algebra::map_panels;
use faer::Mat;

/// The largest `|cos|` between each filter and any other, `(h)`; 0 for a zero filter or a single one. `filters` is `(h,
/// d)`.
pub fn redundancy(filters: SampleMatrix<'_>) -> Vec<f64> {
    let (h, d) = (filters.n_samples(), filters.n_components());
    let inverse_norms: Vec<f64> = (0..h)
        .map(|unit| filters.row(unit).iter().map(|&w| f64::from(w).powi(2)).sum::<f64>())
        .map(|square| if square > 0.0 { 1.0 / square.sqrt() } else { 0.0 })
        .collect();
    let units = Mat::from_fn(d, h, |i, unit| f64::from(filters.row(unit)[i]) * inverse_norms[unit]);
    map_panels(filters, &vec![0.0; d], units.as_ref(), |first, products| {
        let rows = products.chunks_exact(h).zip(first..);
        rows.map(|(products, unit)| {
            let others = products.iter().enumerate().filter(|&(other, _)| other != unit);
            let largest = others.fold(0.0f64, |largest, (_, product)| largest.max(product.abs()));
            (largest * inverse_norms[unit]).min(1.0)
        })
        .collect::<Vec<f64>>()
    })
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(filters: &[f32], d: usize, expected: &[f64]) {
        for (found, expected) in redundancy(SampleMatrix::new(filters, d).unwrap()).iter().zip(expected) {
            assert!((found - expected).abs() < 1e-7, "{found} {expected}");
        }
    }

    #[test]
    fn orthogonal_filters_have_zero_and_copies_have_one() {
        check(&[1.0, 0.0, 0.0, 2.0], 2, &[0.0, 0.0]);
        check(&[1.0, 2.0, -3.0, -6.0, 2.0, -1.0], 2, &[1.0, 1.0, 0.0]);
        // cos 45°: the middle filter is halfway between the other two.
        check(&[1.0, 0.0, 1.0, 1.0, 0.0, 5.0], 2, &[0.5f64.sqrt(); 3]);
    }

    #[test]
    fn a_dead_filter_and_a_single_one_have_zero() {
        check(&[0.0, 0.0, 1.0, 1.0], 2, &[0.0, 0.0]);
        check(&[1.0, 1.0], 2, &[0.0]);
    }
}
