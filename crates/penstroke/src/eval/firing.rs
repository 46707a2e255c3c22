//! What activates a unit: samples, classes, and the input of norm 1 that excites it most.
//!
//! Among inputs of norm 1, the pre-activation `W_i · x` of unit `i` is largest at its *filter* `x = W_i / ‖W_i‖`, where
//! it is `‖W_i‖` (Cauchy–Schwarz; the bias shifts all inputs alike). [`maximise`] checks this by a search that does not
//! use it.

use super::SampleMatrix;
use crate::error::counted;
use crate::{Error, Result};
use penstroke_engine::philox::{Draws, Purpose};
use rayon::prelude::*;

/// Units whose activations are read together: one cache line of a row.
const UNITS: usize = 16;

/// For each unit, the `k` samples with the largest activation: `h` lists of length `min(k, n)` in descending order,
/// ties by sample number. `codes` is `(n, h)`.
///
/// ```
/// use penstroke::eval::{SampleMatrix, firing};
/// let codes = SampleMatrix::new(&[0.1, 0.9, 0.5, 0.2, 0.3, 0.4], 2)?;
/// assert_eq!(firing::top_samples(codes, 2), [[1, 2], [0, 2]]);
/// # Ok::<(), penstroke::Error>(())
/// ```
pub fn top_samples(codes: SampleMatrix<'_>, k: usize) -> Vec<Vec<usize>> {
    let h = codes.n_components();
    let blocks: Vec<Vec<Vec<usize>>> = (0..h.div_ceil(UNITS))
        .into_par_iter()
        .map(|block| {
            let units = block * UNITS..h.min((block + 1) * UNITS);
            let mut best: Vec<Vec<(f32, usize)>> = vec![Vec::with_capacity(k + 1); units.len()];
            for sample in 0..codes.n_samples() {
                for (best, &activation) in best.iter_mut().zip(&codes.row(sample)[units.clone()]) {
                    insert(best, k, (activation, sample));
                }
            }
            best.into_iter().map(|best| best.into_iter().map(|(_, sample)| sample).collect()).collect()
        })
        .collect();
    blocks.concat()
}

/// Keeps the `k` largest in descending order; ties keep their order of arrival.
fn insert(best: &mut Vec<(f32, usize)>, k: usize, new: (f32, usize)) {
    if best.len() == k && best.last().is_none_or(|last| last.0 >= new.0) {
        return;
    }
    best.insert(best.partition_point(|old| old.0 >= new.0), new);
    best.truncate(k);
}

/// The mean activation of each unit over the samples of each class, row-major `(h, n_classes)`; NaN for a class
/// without samples, which has no mean. `codes` is `(n, h)`, `labels` `(n)`.
///
/// ```
/// use penstroke::eval::{SampleMatrix, firing};
/// // Three samples of one unit, two of class 0 and one of class 2.
/// let codes = SampleMatrix::new(&[0.25, 0.75, 1.0], 1)?;
/// let means = firing::class_means(codes, &[0, 0, 2], 3)?;
/// assert!(means[0] == 0.5 && means[1].is_nan() && means[2] == 1.0);
/// # Ok::<(), penstroke::Error>(())
/// ```
///
/// # Errors
/// If the numbers of labels and samples differ, or a label is not below `n_classes`.
pub fn class_means(codes: SampleMatrix<'_>, labels: &[u32], n_classes: usize) -> Result<Vec<f64>> {
    let (n, h) = (codes.n_samples(), codes.n_components());
    if labels.len() != n {
        return Err(Error::input(
            "class means",
            format!("{} for {}", counted(labels.len(), "label"), counted(n, "sample")),
        ));
    }
    if let Some(at) = labels.iter().position(|&label| label as usize >= n_classes) {
        let problem = format!("label {} of sample {at} (from 0) is not below {n_classes}", labels[at]);
        return Err(Error::input("class means", problem));
    }
    let mut counts = vec![0usize; n_classes];
    let mut sums = vec![0.0; n_classes * h];
    for (sample, &label) in labels.iter().enumerate() {
        counts[label as usize] += 1;
        let sums = &mut sums[label as usize * h..][..h];
        for (sum, &activation) in sums.iter_mut().zip(codes.row(sample)) {
            *sum += f64::from(activation);
        }
    }
    let mean = |unit: usize, class: usize| sums[class * h + unit] / counts[class] as f64;
    Ok((0..h)
        .flat_map(|unit| (0..n_classes).map(move |class| (unit, class)))
        .map(|(u, c)| mean(u, c))
        .collect())
}

/// The result of searching for the input of norm 1 with the largest pre-activation.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Maximum {
    /// `‖W_i‖`, the largest possible value.
    pub norm: f64,
    /// `W_i · x` at the filter `x = W_i / ‖W_i‖`.
    pub at_filter: f64,
    /// The largest `W_i · x` among the random inputs.
    pub best_random: f64,
    /// `W_i · x` at the end of projected gradient ascent from a random input.
    pub by_ascent: f64,
    /// Cosine between that end and the filter.
    pub cosine: f64,
}

impl Maximum {
    /// Whether the search confirms the filter: no input did better, and the ascent ended at the filter (within 1e-6).
    pub fn confirms(&self) -> bool {
        let slack = 1e-6 * self.norm;
        (self.at_filter - self.norm).abs() <= slack
            && self.best_random <= self.at_filter + slack
            && self.by_ascent <= self.at_filter + slack
            && self.cosine >= 1.0 - 1e-6
    }
}

/// Searches the unit sphere for the input that most excites a unit with weights `weights`, `(d)`: first `n_random`
/// uniform directions, then projected gradient ascent from another one. The search only evaluates pre-activations;
/// slopes are differences.
///
/// # Errors
/// If the weights are empty, not finite or all zero.
pub fn maximise(weights: &[f32], n_random: u32, seed: u64) -> Result<Maximum> {
    let weights: Vec<f64> = weights.iter().map(|&w| f64::from(w)).collect();
    let norm = length(&weights);
    if !(norm.is_finite() && norm > 0.0) {
        return Err(Error::input(
            "filter",
            "its weights are all zero or not finite: no input excites it most",
        ));
    }
    let pre_activation = |x: &[f64]| -> f64 { weights.iter().zip(x).map(|(w, x)| w * x).sum() };
    let filter: Vec<f64> = weights.iter().map(|w| w / norm).collect();
    let draws = Draws::new(seed, SEARCH);
    let mut best_random = f64::NEG_INFINITY;
    for sample in 0..n_random {
        best_random = best_random.max(pre_activation(&random_direction(draws, sample + 1, weights.len())));
    }

    let mut x = random_direction(draws, 0, weights.len());
    for _ in 0..ASCENT_STEPS {
        // A central difference: the slope is measured rather than taken from the formula under test.
        let slope: Vec<f64> = (0..x.len())
            .map(|j| {
                let (at, step) = (x[j], 1e-3);
                x[j] = at + step;
                let above = pre_activation(&x);
                x[j] = at - step;
                let below = pre_activation(&x);
                x[j] = at;
                (above - below) / (2.0 * step)
            })
            .collect();
        x.iter_mut().zip(&slope).for_each(|(x, slope)| *x += STEP / norm * slope);
        let length = length(&x);
        x.iter_mut().for_each(|x| *x /= length);
    }
    Ok(Maximum {
        norm,
        at_filter: pre_activation(&filter),
        best_random,
        by_ascent: pre_activation(&x),
        cosine: x.iter().zip(&filter).map(|(x, f)| x * f).sum(),
    })
}

/// Term 255, so that the random inputs share no number with any corruption that a caller evaluates, which has few
/// terms.
const SEARCH: Purpose = Purpose::Evaluation(255);
/// Each step at least halves the component of `x` orthogonal to the filter, once `x` is on the filter's side.
const ASCENT_STEPS: usize = 40;
/// Step of the ascent, in units of `1/‖W‖`.
const STEP: f64 = 1.0;

/// Uniform on the unit sphere: normal components (Box and Muller, 1958), scaled.
fn random_direction(draws: Draws, sample: u32, d: usize) -> Vec<f64> {
    let mut sequence = draws.at(0, sample).sequence();
    let mut x: Vec<f64> = (0..d)
        .map(|_| {
            let radius = libm::sqrt(-2.0 * libm::log(1.0 - sequence.uniform()));
            radius * libm::cos(std::f64::consts::TAU * sequence.uniform())
        })
        .collect();
    let length = length(&x).max(f64::MIN_POSITIVE);
    x.iter_mut().for_each(|x| *x /= length);
    x
}

fn length(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn top_samples_agree_with_sorting_and_keep_the_first_of_equals() {
        let (n, h, k) = (50, UNITS + 3, 7);
        let codes: Vec<f32> = (0..n * h).map(|i| (i * 31 % 17) as f32).collect();
        let top = top_samples(SampleMatrix::new(&codes, h).unwrap(), k);
        for (unit, top) in top.iter().enumerate() {
            let mut order: Vec<usize> = (0..n).collect();
            order.sort_by(|&a, &b| codes[b * h + unit].total_cmp(&codes[a * h + unit]));
            assert_eq!(top, &order[..k]);
        }
        let few = top_samples(SampleMatrix::new(&[1.0, 2.0], 1).unwrap(), 5);
        assert_eq!(few, [[1, 0]]);
        assert_eq!(top_samples(SampleMatrix::new(&[1.0, 2.0], 1).unwrap(), 0), [[0usize; 0]]);
    }

    #[test]
    fn class_means_are_means_over_the_class() {
        let codes = [1.0, 10.0, 3.0, 30.0, 5.0, 50.0];
        let means = class_means(SampleMatrix::new(&codes, 2).unwrap(), &[2, 0, 2], 3).unwrap();
        let known: Vec<Option<f64>> =
            means.iter().map(|&mean| Some(mean).filter(|mean| !mean.is_nan())).collect();
        assert_eq!(known, [Some(3.0), None, Some(3.0), Some(30.0), None, Some(30.0)]);
        assert_eq!(serde_json::to_string(&means).unwrap(), "[3.0,null,3.0,30.0,null,30.0]");
        let message = |labels: &[u32]| {
            class_means(SampleMatrix::new(&codes, 2).unwrap(), labels, 3).unwrap_err().to_string()
        };
        assert_eq!(message(&[2, 0, 3]), "class means: label 3 of sample 2 (from 0) is not below 3");
        assert_eq!(message(&[2, 0]), "class means: 2 labels for 3 samples");
    }

    #[test]
    fn a_unit_responds_most_to_its_filter() {
        for seed in 0..5 {
            let weights: Vec<f32> = (0..40).map(|i| ((i * 7 + seed as usize) % 11) as f32 - 5.0).collect();
            let found = maximise(&weights, 1000, seed).unwrap();
            assert!(found.confirms(), "{found:?}");
            // The largest of 1000 cosines in 40 dimensions is about 3.2/√40, and never close to one.
            let cosine = found.best_random / found.norm;
            assert!(cosine > 0.3 && cosine < 0.75, "{cosine}");
        }
        assert_eq!(maximise(&[3.0, 4.0], 1, 0).unwrap().norm, 5.0);
    }

    #[test]
    fn a_better_input_would_be_noticed() {
        let honest = maximise(&[1.0, 2.0], 10, 0).unwrap();
        assert!(!Maximum { best_random: honest.norm * 1.01, ..honest }.confirms());
        assert!(!Maximum { cosine: 0.9, ..honest }.confirms());
        assert!(!Maximum { at_filter: 0.5, ..honest }.confirms());
    }

    #[test]
    fn a_dead_unit_has_no_maximum() {
        for weights in [&[0.0; 3][..], &[f32::NAN], &[]] {
            assert_eq!(
                maximise(weights, 1, 0).unwrap_err().to_string(),
                "filter: its weights are all zero or not finite: no input excites it most"
            );
        }
    }
}
