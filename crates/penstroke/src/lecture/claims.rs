//! The lecture's twelve claims. Each has a statistic, its interval, and a rule that decides whether the claim holds.

use super::digits::{COMMON_MASKING, Digits, Model};
use super::scenes::{Kind, Scenes};
use super::statistic::Statistic;
use crate::Result;
use serde::Serialize;

/// A tested claim.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Claim {
    /// Identifier of the claim, the same in every run.
    pub id: &'static str,
    /// The claim, as a sentence.
    pub statement: String,
    /// Whether the claim holds, by `rule`.
    pub holds: bool,
    /// The measured statistic.
    pub statistic: f64,
    /// Its 95 % interval: over seeds if there are several, over samples or units otherwise.
    pub interval: (f64, f64),
    /// Number of seeds.
    pub seeds: usize,
    /// Definition of the statistic, and the condition for the claim to hold.
    pub rule: String,
    /// The statistic in words, with its unit.
    #[serde(skip)]
    pub shown: String,
    /// The interval in words.
    #[serde(skip)]
    pub shown_interval: String,
}

impl Claim {
    /// The statistic and its interval in words.
    pub(super) fn shown_with_interval(&self) -> String {
        if self.interval.0 < self.interval.1 {
            format!("{} (95 % interval {})", self.shown, self.shown_interval)
        } else {
            self.shown.clone()
        }
    }
}

/// Format of a statistic.
#[derive(Clone, Copy)]
struct Unit {
    decimals: usize,
    name: &'static str,
}

struct Draft<'a> {
    id: &'static str,
    statement: String,
    statistic: Statistic,
    holds: bool,
    rule: &'a str,
    unit: Unit,
    /// Number of seeds used.
    seeds: usize,
}

/// Minimum gain in Moran's I, unit by unit, of filters trained with noise over filters trained without.
const MORE_MORAN: f64 = 0.1;
/// Filters below this Moran's I count as noise-like: white noise has 0 on average, a smooth picture nearly 1.
const NOISE_LIKE: f64 = 0.3;
/// Maximum share of edges that still counts as no edges: one filter in ten.
const NO_EDGES: f64 = 0.1;
/// Minimum share of edges that counts as edges: half of the filters.
const EDGES: f64 = 0.5;

/// All claims, in the lecture's order.
pub(super) fn all(digits: &Digits, scenes: &Scenes) -> Result<Vec<Claim>> {
    let seeds = digits.seeds();
    let drafts = [
        rate(digits),
        target(digits),
        restored(digits, &seeds)?,
        features(digits, &seeds)?,
        beats_plain(digits, &seeds)?,
        maximises(digits),
        strokes(digits, &seeds)?,
        widens(digits, &seeds)?,
        edges(scenes),
        no_edges_by_decay(scenes),
        no_edges_by_pca(scenes),
        beats_linear(digits, scenes, &seeds)?,
    ];
    Ok(drafts.into_iter().map(finish).collect())
}

fn finish(draft: Draft<'_>) -> Claim {
    use crate::report::number;
    let Statistic { value, low, high } = draft.statistic;
    let Unit { decimals, name } = draft.unit;
    let shown = format!("{}{name}", number::fixed(value, decimals));
    let shown_interval = if low < high { number::interval(low, high, decimals) } else { "–".into() };
    Claim {
        id: draft.id,
        statement: draft.statement,
        holds: draft.holds,
        statistic: value,
        interval: (low, high),
        seeds: draft.seeds,
        rule: draft.rule.to_owned(),
        shown,
        shown_interval,
    }
}

fn rate(digits: &Digits) -> Draft<'static> {
    let rate = &digits.corruption_rate;
    let error = (rate.q * (1.0 - rate.q) / rate.n_components as f64).sqrt();
    Draft {
        id: "input-corrupted-at-rate",
        statement: format!("Masking sets each component to zero with probability q = {}.", rate.q),
        statistic: rate.measured,
        holds: (rate.measured.value - rate.q).abs() <= 4.0 * error,
        rule: "Share of components set to zero. The claim holds if it is within four standard errors of q.",
        unit: Unit { decimals: 5, name: "" },
        seeds: 1,
    }
}

fn target(digits: &Digits) -> Draft<'static> {
    let check = &digits.target;
    let error = (check.reported / check.against_clean - 1.0).abs();
    Draft {
        id: "target-is-clean",
        statement: "The loss compares the reconstruction with the clean input, not with the corrupted one."
            .into(),
        statistic: Statistic::exact(check.reported / check.against_clean),
        // Rounding of f32 sums; against the corrupted input the ratio is far from 1.
        holds: error < 1e-4 && (check.reported / check.against_corrupted - 1.0).abs() > 1e-2,
        rule: "Loss reported by a training step, divided by the objective computed directly against the clean input. The claim \
               holds if the ratio is within 0.0001 of 1, and the same ratio against the corrupted input is not.",
        unit: Unit { decimals: 6, name: "" },
        seeds: 1,
    }
}

/// The models of one seed without corruption and with masking probability `q`.
fn pair(digits: &Digits, seed: u64, q: f64) -> Option<(&Model, &Model)> {
    Some((digits.masked(seed, 0.0)?, digits.masked(seed, q)?))
}

fn restored(digits: &Digits, seeds: &[u64]) -> Result<Draft<'static>> {
    let d = digits.test.n_visible();
    let (clean, corrupted) = (&digits.repaired.clean, &digits.repaired.corrupted);
    let struck = clean.iter().zip(corrupted).filter(|(x, c)| x != c).count();
    let copied: Vec<f64> = clean
        .chunks(d)
        .zip(corrupted.chunks(d))
        .map(|(x, c)| x.iter().zip(c).map(|(x, c)| f64::from(c - x).powi(2)).sum())
        .collect();
    let per_sample = struck as f64 / copied.len().max(1) as f64;
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
    Ok(Draft {
        id: "corrupted-pixels-restored",
        statement:
            "A denoising autoencoder restores corrupted pixels better than one trained without noise, and \
                    better than copying them."
                .into(),
        statistic,
        holds: statistic.low > 0.0,
        rule: "Mean squared error per corrupted pixel (test digits, q = 0.25): the better of the other two minus the \
               denoising autoencoder. The claim holds if the interval is above 0.",
        unit: Unit { decimals: 4, name: "" },
        seeds: seeds.len(),
    })
}

fn features(digits: &Digits, seeds: &[u64]) -> Result<Draft<'static>> {
    let gains = seeds.iter().filter_map(|&seed| Some(digits.gain(&digits.raw, digits.chosen(seed)?)));
    let statistic = Statistic::over_seeds_on_common_samples(&gains.collect::<Result<Vec<_>>>()?)?;
    Ok(Draft {
        id: "features-beat-pixels",
        statement: "A linear classifier makes fewer errors on the denoising code than on raw pixels.".into(),
        statistic,
        holds: statistic.low > 0.0,
        rule: "Test error on raw pixels minus test error on the code of the denoising model chosen on validation digits. \
               The claim holds if the interval is above 0.",
        unit: Unit { decimals: 2, name: " points" },
        seeds: seeds.len(),
    })
}

fn beats_plain(digits: &Digits, seeds: &[u64]) -> Result<Draft<'static>> {
    let gains = seeds
        .iter()
        .filter_map(|&seed| Some(digits.gain(&digits.masked(seed, 0.0)?.probe, digits.chosen(seed)?)));
    let statistic = Statistic::over_seeds_on_common_samples(&gains.collect::<Result<Vec<_>>>()?)?;
    Ok(Draft {
        id: "denoising-beats-plain",
        statement:
            "A linear classifier makes fewer errors on the denoising code than on the code of the plain autoencoder."
                .into(),
        statistic,
        holds: statistic.low > 0.0,
        rule: "Test error on the code of the plain autoencoder minus test error on the code of the denoising model chosen on \
               validation digits. The claim holds if the interval is above 0.",
        unit: Unit { decimals: 2, name: " points" },
        seeds: seeds.len(),
    })
}

fn maximises(digits: &Digits) -> Draft<'static> {
    let maxima = &digits.maxima;
    let confirmed: usize = maxima.iter().map(|m| m.n_confirmed).sum();
    let searched: usize = maxima.iter().map(|m| m.n_units).sum();
    let climbed = maxima.iter().flat_map(|m| &m.ascents).all(|ascent| ascent.confirms());
    Draft {
        id: "filter-maximises-unit",
        statement: "Among inputs of norm 1, Wᵢ / ‖Wᵢ‖ excites hidden unit i most.".into(),
        statistic: Statistic::share(confirmed, searched),
        holds: confirmed == searched && searched > 0 && climbed,
        rule: "Share of the tested units (q = 0.25) that respond to their own filter at least as strongly as to every random \
               input of norm 1 and every other unit's filter. The claim holds if all units do, and gradient ascent on \
               the pre-activation ends at the filter.",
        unit: Unit { decimals: 3, name: "" },
        seeds: maxima.len(),
    }
}

/// Mean difference between two models, unit by unit; units correspond by position.
fn paired_units(from: &[f64], to: &[f64]) -> Result<Statistic> {
    let differences: Vec<f64> = to.iter().zip(from).map(|(to, from)| to - from).collect();
    Statistic::mean(&differences)
}

fn strokes(digits: &Digits, seeds: &[u64]) -> Result<Draft<'static>> {
    let differences = seeds
        .iter()
        .filter_map(|&seed| pair(digits, seed, COMMON_MASKING))
        .map(|(plain, denoising)| paired_units(&plain.morans, &denoising.morans));
    let statistic = Statistic::over_seeds(&differences.collect::<Result<Vec<_>>>()?)?;
    let plain = seeds.iter().filter_map(|&seed| Some(digits.masked(seed, 0.0)?.moran.value));
    let noise_like = plain.fold(0.0, f64::max) < NOISE_LIKE;
    Ok(Draft {
        id: "strokes-emerge",
        statement: "Noise turns noise-like filters into pen strokes: neighbouring weights become alike."
            .into(),
        statistic,
        holds: statistic.low > MORE_MORAN && noise_like,
        rule: "Moran's I of neighbouring weights at q = 0.25 minus q = 0, unit by unit. The claim holds if the interval is above \
               0.1 and the mean without noise is below 0.3.",
        unit: Unit { decimals: 3, name: "" },
        seeds: seeds.len(),
    })
}

fn widens(digits: &Digits, seeds: &[u64]) -> Result<Draft<'static>> {
    let differences = seeds.iter().filter_map(|&seed| {
        let (narrow, wide) = (digits.masked(seed, 0.25)?, digits.masked(seed, 0.5)?);
        Some(paired_units(&narrow.lengths, &wide.lengths))
    });
    let statistic = Statistic::over_seeds(&differences.collect::<Result<Vec<_>>>()?)?;
    Ok(Draft {
        id: "noise-widens-filters",
        statement: "More noise gives wider filters.".into(),
        statistic,
        holds: statistic.low > 0.0,
        rule: "Correlation length of the filters at q = 0.5 minus q = 0.25, unit by unit. The claim holds if the interval is above 0.",
        unit: Unit { decimals: 3, name: " pixels" },
        seeds: seeds.len(),
    })
}

/// The share of edges among the distinct filters of all seeds.
fn edge_share(scenes: &Scenes, kind: Kind) -> Statistic {
    let shapes: Vec<_> = scenes.of(kind).into_iter().map(|model| &model.shape).collect();
    let (edges, all) = (shapes.iter().map(|s| s.n_distinct_edges), shapes.iter().map(|s| s.n_distinct));
    Statistic::share(edges.sum(), all.sum())
}

fn edges(scenes: &Scenes) -> Draft<'static> {
    let statistic = edge_share(scenes, Kind::Denoising);
    Draft {
        id: "edges-emerge",
        statement: "Trained with Gaussian noise on scenes, hidden units become edge detectors.".into(),
        statistic,
        holds: statistic.low > EDGES,
        rule: "Share of localized, oriented edges among distinct filters. The claim holds if the interval is above one half.",
        unit: Unit { decimals: 3, name: "" },
        seeds: scenes.of(Kind::Denoising).len(),
    }
}

fn no_edges_by_decay(scenes: &Scenes) -> Draft<'static> {
    let shares = scenes.decays().into_iter().map(|decay| edge_share(scenes, Kind::WeightDecay(decay)));
    let most = shares.max_by(|a, b| a.value.total_cmp(&b.value)).unwrap_or(Statistic::exact(f64::NAN));
    Draft {
        id: "weight-decay-gives-no-edges",
        statement: "Weight decay instead of noise does not give edge detectors, at any strength tried."
            .into(),
        statistic: most,
        holds: most.high < NO_EDGES,
        rule: "Largest share of edges among distinct filters, over all decays. The claim holds if the interval is below one tenth.",
        unit: Unit { decimals: 3, name: "" },
        seeds: scenes.of(Kind::Denoising).len(),
    }
}

fn no_edges_by_pca(scenes: &Scenes) -> Draft<'static> {
    let statistic = Statistic::share(scenes.pca.n_edges, scenes.pca.n_filters);
    Draft {
        id: "pca-gives-no-edges",
        statement: "The principal components of scenes are not edge detectors.".into(),
        statistic,
        holds: statistic.high < NO_EDGES,
        rule: "Share of components that are localized, oriented edges. The claim holds if the interval is below one tenth.",
        unit: Unit { decimals: 3, name: "" },
        seeds: 1,
    }
}

fn beats_linear(digits: &Digits, scenes: &Scenes, seeds: &[u64]) -> Result<Draft<'static>> {
    let on_digits = seeds.iter().filter_map(|&seed| digits.masked(seed, COMMON_MASKING)?.loss_ratio);
    let on_digits = Statistic::over_seeds(&on_digits.collect::<Vec<_>>())?;
    let on_scenes = scenes.of(Kind::Denoising).into_iter().filter_map(|model| model.loss_ratio);
    let on_scenes = Statistic::over_seeds(&on_scenes.collect::<Vec<_>>())?;
    let statistic = if on_digits.value > on_scenes.value { on_digits } else { on_scenes };
    Ok(Draft {
        id: "beats-linear-denoiser",
        statement: "The denoising autoencoder restores better than the best linear denoiser.".into(),
        statistic,
        holds: on_digits.high < 1.0 && on_scenes.high < 1.0,
        rule: "Test loss divided by the expected loss of the best linear denoiser; the larger ratio of digits (q = 0.25) and \
               scenes (σ = 1). The claim holds if both intervals are below 1.",
        unit: Unit { decimals: 3, name: "" },
        seeds: seeds.len(),
    })
}
