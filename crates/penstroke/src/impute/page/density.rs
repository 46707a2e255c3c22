//! Densities of numbers, smoothed.

/// Points of a curve.
const POINTS: usize = 96;

/// Most numbers that a curve is computed from.
const MOST: usize = 2000;

/// Where several sets of sorted numbers have nearly all their values: from the lowest 0.5 % quantile to the highest 99.5 % quantile.
pub(super) fn range(sets: &[&[f64]]) -> (f64, f64) {
    let ends =
        sets.iter().filter(|set| !set.is_empty()).map(|set| (quantile(set, 0.005), quantile(set, 0.995)));
    let (low, high) =
        ends.fold((f64::INFINITY, f64::NEG_INFINITY), |all, one| (all.0.min(one.0), all.1.max(one.1)));
    if low < high { (low, high) } else { (low - 0.5, low + 0.5) }
}

/// The density of sorted numbers by Gaussian kernels, of the width that Silverman (1986, equation 3.31) gives, over a range.
pub(super) fn density(sorted: &[f64], (low, high): (f64, f64)) -> Vec<(f64, f64)> {
    let n = sorted.len().min(MOST);
    if n == 0 {
        return Vec::new();
    }
    let taken: Vec<f64> = (0..n).map(|k| sorted[k * sorted.len() / n]).collect();
    let mean = taken.iter().map(|x| x / n as f64).sum::<f64>();
    let deviation = taken.iter().map(|x| (x - mean).powi(2) / n as f64).sum::<f64>().sqrt();
    let quartiles = (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 1.34;
    let spread = if quartiles > 0.0 { deviation.min(quartiles) } else { deviation };
    // Not narrower than the distance of two points, which would be drawn unevenly.
    let width = (0.9 * spread * (n as f64).powf(-0.2)).max((high - low) / POINTS as f64);
    let scale = 1.0 / (n as f64 * width * std::f64::consts::TAU.sqrt());
    let at = |k: usize| low + (high - low) * k as f64 / (POINTS - 1) as f64;
    let of = |x: f64| scale * taken.iter().map(|y| (-0.5 * ((x - y) / width).powi(2)).exp()).sum::<f64>();
    (0..POINTS).map(|k| (at(k), of(at(k)))).collect()
}

/// A quantile of sorted numbers, at least one.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    sorted[(share * (sorted.len() - 1) as f64).round() as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_density_has_area_1_and_the_shape_of_its_numbers() {
        let sorted: Vec<f64> = (0..1000).map(|i| f64::from(i) / 999.0).collect();
        let curve = density(&sorted, (-1.0, 2.0));
        let area: f64 = curve.iter().map(|point| point.1 * 3.0 / (POINTS - 1) as f64).sum();
        // Uniform on 0..=1: height 1, a little less within a kernel's width of the ends.
        assert!((area - 1.0).abs() < 1e-3, "{area}");
        let middle = curve.iter().filter(|point| (0.3..0.7).contains(&point.0));
        assert!(middle.clone().count() > 10 && middle.clone().all(|point| (point.1 - 1.0).abs() < 0.02));
        assert!(density(&[], (0.0, 1.0)).is_empty());
        assert_eq!(range(&[&[3.0, 3.0], &[]]), (2.5, 3.5));
    }
}
