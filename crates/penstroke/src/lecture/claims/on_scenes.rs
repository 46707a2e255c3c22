//! The claims on natural scenes, and on the best linear denoiser of both.

use super::draft::{Draft, Unit, above, below};
use crate::Result;
use crate::lecture::digits::{COMMON_MASKING, Digits};
use crate::lecture::gate::Convergence;
use crate::lecture::scenes::{Kind, SceneModel, Scenes, name};
use crate::lecture::statistic::Statistic;

/// Maximum share of edges that still counts as no edges: one filter in ten.
const NO_EDGES: f64 = 0.1;
/// Minimum share of edges that counts as edges: half of the filters.
const EDGES: f64 = 0.5;
const SHARE: Unit = Unit { decimals: 3, name: " of the filters" };
const RATIO: Unit = Unit { decimals: 3, name: " of the linear denoiser's loss" };

/// Why the models of these kinds cannot decide a claim; the first of them.
fn brief(scenes: &Scenes, kinds: &[Kind]) -> Option<String> {
    let models = kinds.iter().flat_map(|&kind| scenes.of(kind));
    models.into_iter().find_map(|model| model.convergence.problem(&of_scenes(model)))
}

fn of_scenes(model: &SceneModel) -> String {
    format!("the autoencoder of scenes ({}, seed {})", name(model.kind), model.seed)
}

/// The share of edges among the distinct filters of all seeds.
fn edge_share(scenes: &Scenes, kind: Kind) -> Statistic {
    let shapes: Vec<_> = scenes.of(kind).into_iter().map(|model| &model.shape).collect();
    let (edges, all) = (shapes.iter().map(|s| s.n_distinct_edges), shapes.iter().map(|s| s.n_distinct));
    Statistic::share(edges.sum(), all.sum())
}

pub(super) fn edges(scenes: &Scenes) -> Draft<'static> {
    let statistic = edge_share(scenes, Kind::Denoising);
    Draft {
        id: "edges-emerge",
        statement: "Trained with Gaussian noise on scenes, hidden units become edge detectors.".into(),
        statistic,
        too_brief: brief(scenes, &[Kind::Denoising]),
        conditions: vec![above(statistic, EDGES, SHARE)],
        rule: "Share of localized, oriented edges among distinct filters. The claim holds if the interval is above one half.",
        unit: SHARE,
        seeds: scenes.of(Kind::Denoising).len(),
    }
}

pub(super) fn no_edges_by_decay(scenes: &Scenes) -> Draft<'static> {
    let shares = scenes.decays().into_iter().map(|decay| edge_share(scenes, Kind::WeightDecay(decay)));
    let most = shares.max_by(|a, b| a.value.total_cmp(&b.value)).unwrap_or(Statistic::exact(f64::NAN));
    Draft {
        id: "weight-decay-gives-no-edges",
        statement: "Weight decay instead of noise does not give edge detectors, at any strength tried."
            .into(),
        statistic: most,
        too_brief: brief(scenes, &scenes.decays().into_iter().map(Kind::WeightDecay).collect::<Vec<_>>()),
        conditions: vec![below(most, NO_EDGES, SHARE)],
        rule: "Largest share of edges among distinct filters, over all decays. The claim holds if the interval is below one tenth.",
        unit: SHARE,
        seeds: scenes.of(Kind::Denoising).len(),
    }
}

pub(super) fn no_edges_by_pca(scenes: &Scenes) -> Draft<'static> {
    let statistic = Statistic::share(scenes.pca.n_edges, scenes.pca.n_filters);
    Draft {
        id: "pca-gives-no-edges",
        statement: "The principal components of scenes are not edge detectors.".into(),
        statistic,
        too_brief: None,
        conditions: vec![below(statistic, NO_EDGES, SHARE)],
        rule: "Share of components that are localized, oriented edges. The claim holds if the interval is below one tenth.",
        unit: SHARE,
        seeds: 1,
    }
}

pub(super) fn beats_linear(digits: &Digits, scenes: &Scenes, seeds: &[u64]) -> Result<Draft<'static>> {
    let on_digits = seeds.iter().filter_map(|&seed| digits.masked(seed, COMMON_MASKING)?.loss_ratio);
    let on_digits = Statistic::over_seeds(&on_digits.collect::<Vec<_>>())?;
    let on_scenes = scenes.of(Kind::Denoising).into_iter().filter_map(|model| model.loss_ratio);
    let on_scenes = Statistic::over_seeds(&on_scenes.collect::<Vec<_>>())?;
    let statistic = if on_digits.high > on_scenes.high { on_digits } else { on_scenes };
    // That the models do better than the linear one is the claim here, not a condition of it.
    let falling = |convergence: &Convergence, name: String| {
        Convergence { beats_linear: None, ..convergence.clone() }.problem(&name)
    };
    let masked = seeds.iter().filter_map(|&seed| digits.masked(seed, COMMON_MASKING));
    let too_brief = masked
        .into_iter()
        .find_map(|model| {
            falling(
                &model.convergence,
                format!("the autoencoder of pictures ({}, seed {})", model.words(), model.seed),
            )
        })
        .or_else(|| {
            let models = scenes.of(Kind::Denoising).into_iter();
            models.into_iter().find_map(|model| falling(&model.convergence, of_scenes(model)))
        });
    Ok(Draft {
        id: "beats-linear-denoiser",
        statement: "The denoising autoencoder restores better than the best linear denoiser.".into(),
        statistic,
        too_brief,
        conditions: vec![below(statistic, 1.0, RATIO)],
        rule: "Test loss divided by the expected loss of the best linear denoiser; the larger ratio of pictures (q = 0.25) and \
               scenes (σ = 1). The claim holds if both intervals are below 1.",
        unit: RATIO,
        seeds: seeds.len(),
    })
}
