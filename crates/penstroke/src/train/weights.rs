//! The weights of samples in the loss.
//!
//! ```text
//! loss = Σ_i w_i ℓ_i / Σ_i w_i                    over all training samples; for validation over all validation samples
//! ```
//!
//! So a weight of `k` counts as `k` copies of a sample, and only the ratios of weights matter. A step of `B` samples lowers
//! `(1/B) Σ_i (w_i / w̄) ℓ_i`, where `w̄` is the mean weight of the training samples: its mean over all batches is the loss
//! above. Dividing by the sum over the batch instead, as scikit-learn's perceptrons do, would give samples less weight that
//! share a batch with heavy ones.

/// Weights divided by their mean, for each part by itself; weights of other samples are 0. `None` if that makes all of them 1.
pub(crate) fn normalised(weights: &[f32], parts: [&[u32]; 2]) -> Option<Vec<f32>> {
    let mut normal = vec![0.0; weights.len()];
    for part in parts {
        // Sums of equal numbers are exact, so equal weights become 1.
        let sum: f64 = part.iter().map(|&sample| f64::from(weights[sample as usize])).sum();
        let mean = sum / part.len() as f64;
        if mean > 0.0 {
            for &sample in part {
                normal[sample as usize] = (f64::from(weights[sample as usize]) / mean) as f32;
            }
        }
    }
    let all_alike = parts.into_iter().flatten().all(|&sample| normal[sample as usize] == 1.0);
    (!all_alike).then_some(normal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_has_a_mean_of_one_and_equal_weights_are_none() {
        let weights = [1.0, 3.0, 0.0, 8.0, 7.0];
        assert_eq!(normalised(&weights, [&[0, 1], &[2, 3]]), Some(vec![0.5, 1.5, 0.0, 2.0, 0.0]));
        for weight in [1.0, 0.1, 3e-30] {
            assert_eq!(normalised(&[weight; 1000], [&(0..700).collect::<Vec<_>>(), &[800]]), None);
        }
        assert_eq!(normalised(&[2.0, 2.0, 5.0], [&[0, 1], &[2]]), None);
        assert_eq!(normalised(&[0.0, 0.0], [&[0, 1], &[]]), Some(vec![0.0, 0.0]));
    }
}
