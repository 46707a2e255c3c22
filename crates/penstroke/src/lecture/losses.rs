//! Losses on tenths of the test samples, whose spread gives a ratio its interval.

use super::statistic::Statistic;
use crate::data::Dataset;
use crate::{Autoencoder, Result};

/// Splits the samples into ten runs of consecutive samples (fewer, if there are fewer samples).
pub(super) fn tenths(n: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    (0..10).map(move |k| k * n / 10..(k + 1) * n / 10).filter(|range| !range.is_empty())
}

/// A model's denoising loss on each tenth of the samples, and on all of them.
pub(super) fn losses(model: &Autoencoder, test: &Dataset) -> Result<(Vec<f64>, f64)> {
    let losses: Vec<f64> = tenths(test.n_samples())
        .zip(0..)
        .map(|(range, draw)| model.loss(&test.select(&range.collect::<Vec<_>>()), draw))
        .collect::<Result<_>>()?;
    let mean = losses.iter().sum::<f64>() / losses.len().max(1) as f64;
    Ok((losses, mean))
}

/// The ratio of two losses on the same tenths.
pub(super) fn ratio(losses: &[f64], linear: &[f64]) -> Result<Statistic> {
    Statistic::mean(&losses.iter().zip(linear).map(|(a, b)| a / b).collect::<Vec<_>>())
}
