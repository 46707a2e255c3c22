//! Linear classifiers on pixels and codes.

use super::model::{COMMON_MASKING, Digits, FewLabels, Probed};
use crate::Model;
use crate::data::{Dataset, split, subset_per_class};
use crate::error::Result;
use crate::eval::{Probe, ProbeData, ProbeOptions, SampleMatrix};
use crate::lecture::effort::Effort;
use crate::lecture::statistic::Statistic;

/// Penalties to choose from on validation digits.
pub(super) const PENALTIES: [f64; 3] = [1e-2, 1e-3, 1e-4];
/// Penalties to choose from if labels are few.
const PENALTIES_FEW: [f64; 4] = [1.0, 1e-1, 1e-2, 1e-3];
/// Share of the training digits used to choose a penalty.
const VALID: f64 = 1.0 / 6.0;

/// Features with their labels.
pub(super) struct Features<'a> {
    pub(super) values: Vec<f32>,
    pub(super) labels: &'a [u32],
    pub(super) n_classes: usize,
}

impl<'a> Features<'a> {
    pub(super) fn of(data: &'a Dataset, values: Vec<f32>) -> Self {
        Self { values, labels: data.labels().unwrap_or_default(), n_classes: data.n_classes() }
    }

    fn width(&self) -> usize {
        self.values.len() / self.labels.len()
    }

    fn select(&self, indices: &[usize]) -> (Vec<f32>, Vec<u32>) {
        let d = self.width();
        let values = indices.iter().flat_map(|&i| &self.values[i * d..(i + 1) * d]).copied().collect();
        (values, indices.iter().map(|&i| self.labels[i]).collect())
    }
}

/// A linear classifier with its penalty chosen on validation samples.
pub(super) fn probe(train: &Features<'_>, test: &Features<'_>, penalties: &[f64]) -> Result<Probed> {
    let d = train.width();
    let n_classes = train.n_classes.max(test.n_classes);
    let split = split(train.labels.len(), VALID, 0)?;
    let (learned, valid) = (train.select(&split.train), train.select(&split.valid));
    let selection = Probe::select(
        ProbeData::new(SampleMatrix::new(&learned.0, d)?, &learned.1, n_classes)?,
        ProbeData::new(SampleMatrix::new(&valid.0, d)?, &valid.1, n_classes)?,
        penalties,
        // The bound is a worst case: the weights are much nearer.
        &ProbeOptions { tolerance: 0.1, ..ProbeOptions::default() },
    )?;
    let predictions = selection.probe.predict(SampleMatrix::new(&test.values, d)?)?;
    let errors = predictions.iter().zip(test.labels).filter(|(have, want)| have != want).count();
    let penalty = selection.probe.options().penalty;
    let tried = selection.path.iter().find(|tried| tried.penalty == penalty);
    let valid_errors = tried.map_or(usize::MAX, |tried| tried.error.errors);
    Ok(Probed {
        test_error_percent: Statistic::share(errors, predictions.len()).times(100.0),
        valid_error_percent: tried.map_or(100.0, |tried| 100.0 * tried.error.share()),
        penalty,
        converged: selection.probe.convergence().converged,
        predictions,
        valid_errors,
    })
}

/// Classifiers trained on 100 and 1000 labels: on raw pixels, on the code of the plain autoencoder, and on the code of the
/// common masking, which is fixed in advance because choosing among codes would use labels.
pub(super) fn few_labels(digits: &Digits, effort: &Effort) -> Result<Vec<FewLabels>> {
    let seeds = digits.seeds();
    let Some(&seed) = seeds.first() else { return Ok(Vec::new()) };
    let mut features = vec![("raw pixels".to_owned(), digits.train.to_floats(), digits.test.to_floats())];
    for model in [digits.masked(seed, 0.0), digits.masked(seed, COMMON_MASKING)].into_iter().flatten() {
        let name = format!("code, {}", model.words());
        features.push((name, model.model.encode(&digits.train)?, model.model.encode(&digits.test)?));
    }
    let labels = digits.train.labels().unwrap_or_default();
    let mut all = Vec::new();
    // Small classes may not have enough labels.
    let possible = |n: &usize| subset_per_class(labels, *n, seed, 0).is_ok();
    for n_labels in [100, 1000].into_iter().filter(possible) {
        for (name, train, test) in &features {
            let test = Features::of(&digits.test, test.clone());
            let train = Features::of(&digits.train, train.clone());
            let errors: Vec<f64> = (0..effort.label_draws as u32)
                .map(|draw| {
                    let (values, labels) = train.select(&subset_per_class(labels, n_labels, seed, draw)?);
                    let few = Features { values, labels: &labels, n_classes: train.n_classes };
                    Ok(probe(&few, &test, &PENALTIES_FEW)?.test_error_percent.value)
                })
                .collect::<Result<_>>()?;
            all.push(FewLabels {
                n_labels,
                draws: errors.len(),
                features: name.clone(),
                test_error_percent: Statistic::mean(&errors)?,
            });
        }
    }
    Ok(all)
}
