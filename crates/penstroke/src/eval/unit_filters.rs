//! The inputs that excite units most.

/// The filter of each unit, `W_i / ‖W_i‖`: rows of weights of `d` inputs, each divided by its norm. A row of zeros stays.
///
/// ```
/// use penstroke::eval::unit_filters;
/// assert_eq!(unit_filters(&[3.0, 4.0, 0.0, 0.0], 2), [0.6, 0.8, 0.0, 0.0]);
/// ```
pub fn unit_filters(weights: &[f32], d: usize) -> Vec<f32> {
    let mut filters = weights.to_vec();
    for filter in filters.chunks_exact_mut(d.max(1)) {
        let norm = filter.iter().map(|&w| f64::from(w).powi(2)).sum::<f64>().sqrt();
        if norm > 0.0 {
            filter.iter_mut().for_each(|w| *w = (f64::from(*w) / norm) as f32);
        }
    }
    filters
}
