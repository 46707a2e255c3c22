//! The first half of the lecture: models of digits.

mod checks;
mod classify;
mod model;
mod models;
mod read;

pub(super) use model::{COMMON_MASKING, Digits, Model, Probed, floats, masking};
pub(super) use read::read;

use super::effort::Effort;
use super::options::{LectureOptions, Watch};
use crate::data::{Dataset, Source};
use crate::eval::Repair;
use crate::{Corruption, Result};
use checks::{maxima, rate, target};
use classify::{Features, PENALTIES, few_labels, probe};
use model::Repaired;
use models::train_all;

/// Number of test digits for measuring repair.
const REPAIRED: usize = 2_000;

/// The number of steps that [`run`] announces.
pub(super) fn steps(options: &LectureOptions, effort: &Effort) -> usize {
    1 + options.seeds * (effort.masking.len() + 1) + 1
}

/// Trains and measures everything on digits.
pub(super) fn run(
    options: &LectureOptions,
    effort: &Effort,
    (train, test): (Dataset, Dataset),
    watch: &mut Watch<'_>,
) -> Result<Digits> {
    watch.step("digits: classifier on raw pixels")?;
    let raw =
        probe(&Features::of(&train, train.to_floats()), &Features::of(&test, test.to_floats()), &PENALTIES)?;

    let shown = test.select(&(0..REPAIRED.min(test.n_samples())).collect::<Vec<_>>());
    let masking = model::masking(COMMON_MASKING)?;
    let repaired =
        Repaired { clean: shown.to_floats(), corrupted: shown.corrupted(&masking, options.seed, 0)? };
    let copying_error =
        Repair::measure(&repaired.clean, &repaired.corrupted, &repaired.corrupted)?.copied.unwrap_or(0.0);

    let mut corruptions: Vec<Corruption> =
        effort.masking.iter().map(|&q| model::masking(q)).collect::<Result<_>>()?;
    corruptions.push("gaussian:1".parse()?);
    let models = train_all(options, effort, &corruptions, (&train, &test), &repaired, watch)?;
    let config = models[0].model.config().clone();
    let common = models.iter().filter(|model: &&Model| model.masking == Some(COMMON_MASKING));
    let maxima = common.map(|model| maxima(&model.model)).collect::<Result<_>>()?;
    let mut digits = Digits {
        source: options.digits.to_string(),
        are_digits: match options.digits {
            Source::Strokes | Source::Mnist => true,
            Source::Variation(variation) => variation.to_string().starts_with("mnist"),
            _ => false,
        },
        n_train: train.n_samples(),
        n_test: test.n_samples(),
        corruption_rate: rate(&masking, &test, options.seed),
        target: target(&config, &masking, &train)?,
        raw,
        maxima,
        chosen_codes: Vec::new(),
        few_labels: Vec::new(),
        models,
        copying_error,
        train: read::named(train, options),
        test: read::named(test, options),
        repaired,
    };
    watch.step("digits: classifiers with few labels")?;
    digits.few_labels = few_labels(&digits, effort)?;
    let chosen = digits.seeds().into_iter().filter_map(|seed| digits.chosen(seed));
    digits.chosen_codes = chosen.map(|model| model.corruption.to_string()).collect();
    Ok(digits)
}
