//! The claims on digits, or on whatever pictures are in their place.

use super::draft::{Condition, Draft, Unit, above};
use crate::Result;
use crate::lecture::digits::{COMMON_MASKING, Digits, Model};
use crate::lecture::statistic::Statistic;

/// Minimum gain in Moran's I, unit by unit, of filters trained with noise over filters trained without.
const MORE_MORAN: f64 = 0.1;
/// Filters below this Moran's I count as noise-like: white noise has 0 on average, a smooth picture nearly 1.
const NOISE_LIKE: f64 = 0.3;

/// Why the models with these masking probabilities cannot decide a claim; the first of them.
fn brief(digits: &Digits, seeds: &[u64], masking: &[f64]) -> Option<String> {
    let models = seeds.iter().flat_map(|&seed| masking.iter().filter_map(move |&q| digits.masked(seed, q)));
    first_brief(models)
}

/// Why the models whose codes were chosen cannot decide a claim.
fn chosen_brief(digits: &Digits, seeds: &[u64]) -> Option<String> {
    first_brief(seeds.iter().filter_map(|&seed| digits.chosen(seed)))
}

fn first_brief<'a>(mut models: impl Iterator<Item = &'a Model>) -> Option<String> {
    models.find_map(|model| {
        let name = format!("the autoencoder of pictures ({}, seed {})", model.words(), model.seed);
        model.convergence.problem(&name)
    })
}

pub(super) fn rate(digits: &Digits) -> Draft<'static> {
    let rate = &digits.corruption_rate;
    let error = (rate.q * (1.0 - rate.q) / rate.n_components as f64).sqrt();
    Draft {
        id: "input-corrupted-at-rate",
        statement: format!("Masking sets each component to zero with probability q = {}.", rate.q),
        statistic: rate.measured,
        too_brief: None,
        conditions: vec![Condition {
            is_met: (rate.measured.value - rate.q).abs() <= 4.0 * error,
            failed: format!("the share is more than four standard errors, {:.1e} each, away from q", error),
        }],
        rule: "Share of components set to zero. The claim holds if it is within four standard errors of q.",
        unit: Unit { decimals: 5, name: " of the components" },
        seeds: 1,
    }
}

pub(super) fn target(digits: &Digits) -> Draft<'static> {
    let check = &digits.target;
    let error = (check.reported / check.against_clean - 1.0).abs();
    Draft {
        id: "target-is-clean",
        statement: "The loss compares the reconstruction with the clean input, not with the corrupted one."
            .into(),
        statistic: Statistic::exact(check.reported / check.against_clean),
        too_brief: None,
        // Rounding of f32 sums. Against the corrupted input the ratio differs by more, if by little where outputs begin at one half.
        conditions: vec![
            Condition {
                is_met: error < 1e-4,
                failed: "the loss differs from the objective against the clean input".into(),
            },
            Condition {
                is_met: (check.reported / check.against_corrupted - 1.0).abs() > 1e-4,
                failed: "the loss is also that against the corrupted input".into(),
            },
        ],
        rule: "Loss reported by a training step, divided by the objective computed directly against the clean input. The claim \
               holds if the ratio is within 0.0001 of 1, and the same ratio against the corrupted input is not.",
        unit: Unit { decimals: 6, name: " of the objective" },
        seeds: 1,
    }
}

/// The models of one seed without corruption and with masking probability `q`.
fn pair(digits: &Digits, seed: u64, q: f64) -> Option<(&Model, &Model)> {
    Some((digits.masked(seed, 0.0)?, digits.masked(seed, q)?))
}

pub(super) fn restored(digits: &Digits, seeds: &[u64]) -> Result<Draft<'static>> {
    let d = digits.test.n_visible();
    let (clean, corrupted) = (&digits.repaired.clean, &digits.repaired.corrupted);
    let n_corrupted = clean.iter().zip(corrupted).filter(|(x, c)| x != c).count();
    let copied: Vec<f64> = clean
        .chunks(d)
        .zip(corrupted.chunks(d))
        .map(|(x, c)| x.iter().zip(c).map(|(x, c)| f64::from(c - x).powi(2)).sum())
        .collect();
    let per_sample = n_corrupted as f64 / copied.len().max(1) as f64;
    let mut statistics = Vec::new();
    for &seed in seeds {
        let Some((plain, denoising)) = pair(digits, seed, COMMON_MASKING) else { continue };
        let total = |damage: &[f64]| damage.iter().sum::<f64>();
        let other = if total(&plain.damage) < total(&copied) { &plain.damage } else { &copied };
        let gains: Vec<f64> =
            other.iter().zip(&denoising.damage).map(|(other, own)| (other - own) / per_sample).collect();
        statistics.push(Statistic::mean(&gains)?);
    }
    let statistic = Statistic::over_seeds(&statistics)?;
    let unit = Unit { decimals: 4, name: " less squared error per pixel" };
    Ok(Draft {
        id: "corrupted-pixels-restored",
        statement:
            "A denoising autoencoder restores corrupted pixels better than one trained without noise, and \
                    better than copying them."
                .into(),
        statistic,
        too_brief: brief(digits, seeds, &[0.0, COMMON_MASKING]),
        conditions: vec![above(statistic, 0.0, unit)],
        rule: "Mean squared error per corrupted pixel (test pictures, q = 0.25): the better of the other two minus the \
               denoising autoencoder. The claim holds if the interval is above 0.",
        unit,
        seeds: seeds.len(),
    })
}

pub(super) fn features(digits: &Digits, seeds: &[u64]) -> Result<Draft<'static>> {
    let gains = seeds.iter().filter_map(|&seed| Some(digits.gain(&digits.raw, digits.chosen(seed)?)));
    let statistic = Statistic::over_seeds_on_common_samples(&gains.collect::<Result<Vec<_>>>()?)?;
    let unit = Unit { decimals: 2, name: " percentage points" };
    Ok(Draft {
        id: "features-beat-pixels",
        statement: "A linear classifier makes fewer errors on the denoising code than on raw pixels.".into(),
        statistic,
        too_brief: chosen_brief(digits, seeds),
        conditions: vec![above(statistic, 0.0, unit)],
        rule: "Test error on raw pixels minus test error on the code of the denoising model chosen on validation pictures \
               (of those whose loss was no longer falling). The claim holds if the interval is above 0.",
        unit,
        seeds: seeds.len(),
    })
}

pub(super) fn beats_plain(digits: &Digits, seeds: &[u64]) -> Result<Draft<'static>> {
    let gains = seeds
        .iter()
        .filter_map(|&seed| Some(digits.gain(&digits.masked(seed, 0.0)?.probe, digits.chosen(seed)?)));
    let statistic = Statistic::over_seeds_on_common_samples(&gains.collect::<Result<Vec<_>>>()?)?;
    let unit = Unit { decimals: 2, name: " percentage points" };
    Ok(Draft {
        id: "denoising-beats-plain",
        statement:
            "A linear classifier makes fewer errors on the denoising code than on the code of the plain autoencoder."
                .into(),
        statistic,
        too_brief: brief(digits, seeds, &[0.0]).or_else(|| chosen_brief(digits, seeds)),
        conditions: vec![above(statistic, 0.0, unit)],
        rule: "Test error on the code of the plain autoencoder minus test error on the code of the denoising model chosen on \
               validation pictures. The claim holds if the interval is above 0.",
        unit,
        seeds: seeds.len(),
    })
}

pub(super) fn maximises(digits: &Digits) -> Draft<'static> {
    let maxima = &digits.maxima;
    let confirmed: usize = maxima.iter().map(|m| m.n_confirmed).sum();
    let searched: usize = maxima.iter().map(|m| m.n_units).sum();
    let climbed = maxima.iter().flat_map(|m| &m.ascents).all(|ascent| ascent.confirms());
    Draft {
        id: "filter-maximises-unit",
        statement: "Among inputs of norm 1, Wₖ / ‖Wₖ‖ excites hidden unit k most.".into(),
        statistic: Statistic::share(confirmed, searched),
        too_brief: None,
        conditions: vec![
            Condition {
                is_met: confirmed == searched && searched > 0,
                failed: format!(
                    "{} of {searched} units respond more strongly to another input",
                    searched - confirmed
                ),
            },
            Condition { is_met: climbed, failed: "gradient ascent ended at another input".into() },
        ],
        rule: "Share of the tested units (q = 0.25) that respond to their own filter at least as strongly as to every random \
               input of norm 1 and every other unit's filter. The claim holds if all units do, and gradient ascent on \
               the pre-activation ends at the filter.",
        unit: Unit { decimals: 3, name: " of the units" },
        seeds: maxima.len(),
    }
}

pub(super) fn strokes(digits: &Digits, seeds: &[u64]) -> Result<Draft<'static>> {
    let differences = seeds
        .iter()
        .filter_map(|&seed| pair(digits, seed, COMMON_MASKING))
        .map(|(plain, denoising)| paired_units(&plain.morans, &denoising.morans));
    let statistic = Statistic::over_seeds(&differences.collect::<Result<Vec<_>>>()?)?;
    let plain = seeds.iter().filter_map(|&seed| Some(digits.masked(seed, 0.0)?.moran.value));
    let plain = plain.fold(0.0, f64::max);
    let unit = Unit { decimals: 3, name: " more in Moran's I" };
    Ok(Draft {
        id: "strokes-emerge",
        statement: "Noise turns noise-like filters into strokes: neighbouring weights become alike.".into(),
        statistic,
        too_brief: brief(digits, seeds, &[0.0, COMMON_MASKING]),
        conditions: vec![
            above(statistic, MORE_MORAN, unit),
            Condition {
                is_met: plain < NOISE_LIKE,
                failed: format!("the mean Moran's I without noise, {plain:.3}, is not below {NOISE_LIKE}"),
            },
        ],
        rule: "Moran's I, the correlation of neighbouring weights, at q = 0.25 minus q = 0, unit by unit. It measures smooth strokes \
               against noise, not whether a stroke is one of a pen. The claim holds if the interval is above \
               0.1 and the mean without noise is below 0.3.",
        unit,
        seeds: seeds.len(),
    })
}

pub(super) fn widens(digits: &Digits, seeds: &[u64]) -> Result<Draft<'static>> {
    let differences = seeds.iter().filter_map(|&seed| {
        let (narrow, wide) = (digits.masked(seed, 0.25)?, digits.masked(seed, 0.5)?);
        Some(paired_units(&narrow.lengths, &wide.lengths))
    });
    let statistic = Statistic::over_seeds(&differences.collect::<Result<Vec<_>>>()?)?;
    let unit = Unit { decimals: 3, name: " pixels wider" };
    Ok(Draft {
        id: "noise-widens-filters",
        statement: "More noise gives wider filters.".into(),
        statistic,
        too_brief: brief(digits, seeds, &[COMMON_MASKING, 0.5]),
        conditions: vec![above(statistic, 0.0, unit)],
        rule: "Correlation length of the filters at q = 0.5 minus q = 0.25, unit by unit. The claim holds if the interval is above 0.",
        unit,
        seeds: seeds.len(),
    })
}

/// Mean difference between two models, unit by unit; units correspond by position.
fn paired_units(from: &[f64], to: &[f64]) -> Result<Statistic> {
    let differences: Vec<f64> = to.iter().zip(from).map(|(to, from)| to - from).collect();
    Statistic::mean(&differences)
}
