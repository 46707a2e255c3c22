//! Splits into training and validation parts, and subsets with few labels.

use crate::error::counted;
use crate::{Error, Result};
use penstroke_engine::philox::{Draws, Purpose};
use std::collections::BTreeMap;

/// Indices of samples in ascending order; the two parts are disjoint and together hold every sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// Samples to train on.
    pub train: Vec<usize>,
    /// Samples that training never sees.
    pub valid: Vec<usize>,
}

/// Sets aside a random `share` of `n` samples for validation.
///
/// A share of 0 sets nothing aside; any other share gives the nearest whole number of samples, at least one. The same
/// `seed` always gives the same split.
///
/// ```
/// let split = penstroke::data::split(60_000, 0.1, 0)?;
/// assert_eq!((split.train.len(), split.valid.len()), (54_000, 6_000));
/// # Ok::<(), penstroke::Error>(())
/// ```
///
/// # Errors
/// If `share` is outside 0..1, or if nothing is left to train on.
pub fn split(n: usize, share: f64, seed: u64) -> Result<Split> {
    if !(0.0..1.0).contains(&share) {
        return Err(Error::option("valid", format!("share {share} is outside 0..1; 0.1 is usual")));
    }
    let n_valid = match share {
        0.0 => 0,
        _ => ((n as f64 * share).round() as usize).max(1),
    };
    if n_valid >= n {
        return Err(Error::option(
            "valid",
            format!(
                "a share of {share} takes {n_valid} of {} and leaves none to train on",
                counted(n, "sample")
            ),
        ));
    }
    let mut train: Vec<usize> = (0..n).collect();
    Draws::new(seed, Purpose::Split).at(0, 0).sequence().shuffle(&mut train);
    let mut valid = train.split_off(n - n_valid);
    train.sort_unstable();
    valid.sort_unstable();
    Ok(Split { train, valid })
}

/// Draws `n` of `n_all` samples, each subset with equal probability; indices in ascending order.
pub(in crate::data) fn subset(n_all: usize, n: usize, seed: u64) -> Vec<usize> {
    let mut indices: Vec<usize> = (0..n_all).collect();
    Draws::new(seed, Purpose::Split).at(1, 0).sequence().shuffle(&mut indices);
    indices.truncate(n);
    indices.sort_unstable();
    indices
}

/// Draws `n_total` samples with equally many of every class, as far as possible; indices in ascending order.
///
/// If the number of classes does not divide `n_total`, the first classes in a random order get one more. `draw` numbers
/// independent subsets for one seed; for the same seed and draw, smaller subsets are nested in larger ones.
///
/// # Errors
/// If `n_total` is 0, or if a class has too few samples.
pub fn subset_per_class(labels: &[u32], n_total: usize, seed: u64, draw: u32) -> Result<Vec<usize>> {
    let mut members: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (index, &label) in labels.iter().enumerate() {
        members.entry(label).or_default().push(index);
    }
    if n_total == 0 || members.is_empty() {
        return Err(Error::input(
            "labels",
            format!("{n_total} of {} requested; at least one is needed", counted(labels.len(), "label")),
        ));
    }
    let draws = Draws::new(seed, Purpose::Resample);
    let mut classes: Vec<(u32, Vec<usize>)> = members.into_iter().collect();
    let n_classes = classes.len();
    // A row of random numbers beyond the labels that readers accept.
    draws.at(draw, u32::MAX).sequence().shuffle(&mut classes);
    let mut chosen = Vec::new();
    for (rank, (label, members)) in classes.iter_mut().enumerate() {
        let n_wanted = n_total / n_classes + usize::from(rank < n_total % n_classes);
        if n_wanted > members.len() {
            return Err(Error::input(
                "labels",
                format!(
                    "{n_total} labels are {n_wanted} of class {label}, which has {}; request fewer",
                    members.len()
                ),
            ));
        }
        draws.at(draw, *label).sequence().shuffle(members);
        chosen.extend_from_slice(&members[..n_wanted]);
    }
    chosen.sort_unstable();
    Ok(chosen)
}

/// Numbers of samples as the engine takes them.
pub(crate) fn indices(samples: &[usize]) -> Result<Vec<u32>> {
    let convert = |&sample| u32::try_from(sample);
    samples.iter().map(convert).collect::<Result<_, _>>().map_err(|_| {
        Error::input("data", format!("more than {} samples do not fit into one data set", u32::MAX))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_disjoint_and_together_all() {
        for (n, share, n_valid) in [(100, 0.1, 10), (7, 0.5, 4), (3, 0.001, 1), (10, 0.0, 0)] {
            let Split { train, valid } = split(n, share, 5).unwrap();
            assert_eq!(valid.len(), n_valid, "{share} of {n}");
            assert!(train.is_sorted() && valid.is_sorted());
            let mut all = [train, valid].concat();
            all.sort_unstable();
            assert!(all.into_iter().eq(0..n));
        }
    }

    #[test]
    fn the_seed_decides_the_split() {
        assert_eq!(split(1000, 0.3, 5).unwrap(), split(1000, 0.3, 5).unwrap());
        assert_ne!(split(1000, 0.3, 5).unwrap(), split(1000, 0.3, 6).unwrap());
    }

    #[test]
    fn every_sample_is_set_aside_equally_often() {
        let (n, n_seeds) = (20, 4000);
        let mut counts = vec![0u32; n];
        for seed in 0..n_seeds {
            for index in split(n, 0.25, seed).unwrap().valid {
                counts[index] += 1;
            }
        }
        // Draws without replacement: the squared deviations, each divided by its variance p(1-p)·seeds, add up to
        // chi-square with n-1 degrees of freedom times n/(n-1); with 19 degrees, one seed in a thousand exceeds 43.8.
        let expected = 0.25 * n_seeds as f64;
        let chi: f64 = counts.iter().map(|&c| (f64::from(c) - expected).powi(2) / (expected * 0.75)).sum();
        assert!(chi * 19.0 / 20.0 < 43.8, "chi-square {chi}");
    }

    #[test]
    fn impossible_shares_are_refused() {
        let message = |n, share| {
            let error = split(n, share, 0).unwrap_err();
            assert!(error.is_wrong_input());
            error.to_string()
        };
        for share in [-0.1, 1.0, 1.5, f64::NAN, f64::INFINITY] {
            assert_eq!(message(10, share), format!("valid: share {share} is outside 0..1; 0.1 is usual"));
        }
        assert_eq!(
            message(10, 0.99),
            "valid: a share of 0.99 takes 10 of 10 samples and leaves none to train on"
        );
        assert!(message(1, 0.1).contains("leaves none to train on"));
        assert!(message(0, 0.0).contains("leaves none to train on"));
    }

    fn counts(labels: &[u32], chosen: &[usize]) -> BTreeMap<u32, usize> {
        let mut counts = BTreeMap::new();
        for &index in chosen {
            *counts.entry(labels[index]).or_default() += 1;
        }
        counts
    }

    #[test]
    fn few_labels_hold_every_class_equally_often() {
        let labels: Vec<u32> = (0..1000).map(|i| i * i % 7).collect();
        let classes = counts(&labels, &(0..1000).collect::<Vec<_>>());
        assert_eq!(classes.keys().copied().collect::<Vec<_>>(), [0, 1, 2, 4], "squares modulo 7");
        for n in [1, 4, 100, 103] {
            let chosen = subset_per_class(&labels, n, 1, 0).unwrap();
            assert_eq!(chosen.len(), n);
            assert!(chosen.is_sorted_by(|a, b| a < b), "without repetition");
            for (&label, &count) in &counts(&labels, &chosen) {
                assert!(count == n / 4 || count == n / 4 + 1, "{count} of class {label} in {n}");
            }
        }
    }

    #[test]
    fn draws_differ_and_smaller_subsets_are_nested() {
        let labels: Vec<u32> = (0..1000).map(|i| i % 10).collect();
        let draw = |n, draw| subset_per_class(&labels, n, 1, draw).unwrap();
        assert_eq!(draw(100, 0), draw(100, 0));
        assert_ne!(draw(100, 0), draw(100, 1));
        let (small, large) = (draw(33, 2), draw(107, 2));
        assert!(small.iter().all(|index| large.contains(index)));
    }

    #[test]
    fn too_many_labels_are_refused() {
        let message = |labels: &[u32], n| subset_per_class(labels, n, 0, 0).unwrap_err().to_string();
        assert_eq!(
            message(&[0, 0, 0, 1], 4),
            "labels: 4 labels are 2 of class 1, which has 1; request fewer"
        );
        let needed = "labels requested; at least one is needed";
        assert_eq!(message(&[0, 1], 0), format!("labels: 0 of 2 {needed}"));
        assert_eq!(message(&[], 5), format!("labels: 5 of 0 {needed}"));
    }
}
