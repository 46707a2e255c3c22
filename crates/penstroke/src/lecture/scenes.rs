//! The second half of the lecture: natural scenes under Gaussian noise.

use super::effort::{Effort, epochs};
use super::gate::{Convergence, SCHEDULE, variance};
use super::losses::{losses, ratio, tenths};
use super::options::{LectureOptions, Watch};
use super::statistic::Statistic;
use crate::data::patches::{PatchOptions, cut};
use crate::data::{Dataset, LoadOptions, Part, Scene, has_part, load_scenes, split};
use crate::eval::filters::{FilterStatistics, Filters};
use crate::eval::{LinearDenoiser, Pca, SampleMatrix};
use crate::{Activation, Autoencoder, AutoencoderConfig, Corruption, Error, Result};
use serde::Serialize;

/// Share of the scenes reserved for test patches if the source has no test part.
const TEST_SHARE: f64 = 1.0 / 6.0;
/// Hidden units of every model of scenes.
const HIDDEN: usize = 200;
/// The lecture's noise: `x̃ = x + N(0, 1)` on patches of unit variance.
pub(super) const DEVIATION: f64 = 1.0;

/// Everything measured on scenes.
#[derive(Serialize)]
pub(super) struct Scenes {
    pub(super) source: String,
    pub(super) n_scenes: usize,
    pub(super) n_train: usize,
    pub(super) n_test: usize,
    pub(super) patch_side: usize,
    /// Expected loss of the best linear denoiser on the test patches.
    pub(super) linear_loss: f64,
    pub(super) models: Vec<SceneModel>,
    pub(super) pca: Shape,
    #[serde(skip)]
    pub(super) components: Vec<f32>,
    #[serde(skip)]
    pub(super) scenes: Vec<Scene>,
    #[serde(skip)]
    pub(super) test: Dataset,
}

/// What distinguishes the models.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    Plain,
    WeightDecay(f64),
    Denoising,
}

/// A trained model and the statistics of its filters.
#[derive(Serialize)]
pub(super) struct SceneModel {
    pub(super) seed: u64,
    pub(super) kind: Kind,
    pub(super) train_loss: Vec<f64>,
    /// Loss on test patches under the model's own corruption.
    pub(super) test_loss: f64,
    /// `test_loss` divided by the best linear denoiser's, with its interval over tenths of the patches; for denoising models.
    pub(super) loss_ratio: Option<Statistic>,
    pub(super) convergence: Convergence,
    pub(super) shape: Shape,
    #[serde(skip)]
    pub(super) model: Autoencoder,
}

/// Statistics of filters.
#[derive(Clone, Serialize)]
pub(super) struct Shape {
    pub(super) n_filters: usize,
    /// Number of localized, oriented edges; see `eval::filters::UnitStatistics::is_edge`.
    pub(super) n_edges: usize,
    /// Number of distinct filters, and of edges among them. Each group of near copies or negatives (|cosine| above 0.9)
    /// counts once, because tied units of opposite sign often share one filter.
    pub(super) n_distinct: usize,
    pub(super) n_distinct_edges: usize,
    pub(super) median_gabor_r2: f64,
    pub(super) median_concentration: f64,
    pub(super) median_kurtosis: f64,
    pub(super) mean_redundancy: f64,
}

impl Shape {
    fn measure(weights: &[f32], side: usize, test: SampleMatrix<'_>) -> Result<Self> {
        let statistics = FilterStatistics::measure(Filters::new(weights, side, side)?, Some(test))?;
        let distinct = distinct(weights, side * side);
        Ok(Self {
            n_distinct: distinct.len(),
            n_distinct_edges: distinct.iter().filter(|&&unit| statistics.units[unit].is_edge()).count(),
            n_filters: statistics.units.len(),
            n_edges: statistics.units.iter().filter(|unit| unit.is_edge()).count(),
            median_gabor_r2: statistics.median(|unit| unit.gabor.r_squared),
            median_concentration: statistics.median(|unit| unit.concentration),
            median_kurtosis: statistics.median(|unit| unit.kurtosis.unwrap_or(0.0)),
            mean_redundancy: statistics.mean(|unit| unit.redundancy),
        })
    }
}

/// The first filter of every group with |cosine| above 0.9.
fn distinct(weights: &[f32], d: usize) -> Vec<usize> {
    let cosine = |a: usize, b: usize| {
        let (a, b) = (&weights[a * d..(a + 1) * d], &weights[b * d..(b + 1) * d]);
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| f64::from(x * y)).sum::<f64>();
        dot(a, b) / (dot(a, a) * dot(b, b)).sqrt().max(f64::MIN_POSITIVE)
    };
    let mut kept: Vec<usize> = Vec::new();
    for unit in 0..weights.len() / d {
        if kept.iter().all(|&other| cosine(unit, other).abs() <= 0.9) {
            kept.push(unit);
        }
    }
    kept
}

impl Scenes {
    /// The models of one kind, one per seed.
    pub(super) fn of(&self, kind: Kind) -> Vec<&SceneModel> {
        self.models.iter().filter(|model| model.kind == kind).collect()
    }

    /// The weight decays tried, in ascending order.
    pub(super) fn decays(&self) -> Vec<f64> {
        let mut decays: Vec<f64> = Vec::new();
        for model in &self.models {
            if let Kind::WeightDecay(decay) = model.kind
                && !decays.contains(&decay)
            {
                decays.push(decay);
            }
        }
        decays
    }
}

/// The number of steps that [`run`] announces.
pub(super) fn steps(options: &LectureOptions, effort: &Effort) -> usize {
    1 + options.seeds * (effort.decays.len() + 2)
}

/// Training and test patches, cut from different scenes.
pub(super) struct Patches {
    scenes: Vec<Scene>,
    train: Dataset,
    test: Dataset,
    side: usize,
}

/// Reads the scenes and cuts the patches. Test patches come from scenes that are not used for training, and have the same
/// scale.
pub(super) fn read(options: &LectureOptions, effort: &Effort) -> Result<Patches> {
    let load = |part| LoadOptions {
        data_dir: options.data_dir.clone(),
        part,
        seed: options.seed,
        ..LoadOptions::default()
    };
    let source = &options.scenes;
    let mut scenes = load_scenes(source, &load(Part::Train))?;
    let others = if has_part(source, Part::Test, &options.data_dir) {
        load_scenes(source, &load(Part::Test))?
    } else {
        let split =
            split(scenes.len(), TEST_SHARE, options.seed).ok().filter(|split| !split.valid.is_empty());
        let Some(split) = split else {
            let problem =
                "has only one scene; the lecture needs at least two, one for training and one for testing";
            return Err(Error::input(source.to_string(), problem));
        };
        let others = split.valid.iter().map(|&i| scenes[i].clone()).collect();
        scenes = split.train.iter().map(|&i| scenes[i].clone()).collect();
        others
    };
    let (n_train, n_test) = effort.patches;
    let options_of = PatchOptions::default();
    let train = cut(&scenes, n_train, options.seed, &options_of)?;
    let prepared = train.preparation().patches.clone();
    let test = cut(&others, n_test, options.seed.wrapping_add(1), &prepared.unwrap_or(options_of.clone()))?;
    Ok(Patches { scenes, train, test, side: options_of.side })
}

/// Trains and measures everything on scenes.
pub(super) fn run(
    options: &LectureOptions,
    effort: &Effort,
    patches: Patches,
    watch: &mut Watch<'_>,
) -> Result<Scenes> {
    let Patches { scenes, train, test, side } = patches;
    let (n_train, n_test) = (train.n_samples(), test.n_samples());
    let (train_values, test_values) = (train.to_floats(), test.to_floats());
    let d = train.n_visible();
    let (train_samples, test_samples) =
        (SampleMatrix::new(&train_values, d)?, SampleMatrix::new(&test_values, d)?);

    watch.step("scenes: PCA and the best linear denoiser")?;
    let pca = Pca::fit(train_samples, d)?;
    let denoiser = LinearDenoiser::for_gaussian(train_samples, DEVIATION)?;
    let linear: Vec<f64> = tenths(n_test)
        .map(|t| denoiser.expected_loss(SampleMatrix::new(&test_values[t.start * d..t.end * d], d)?))
        .collect::<Result<_>>()?;

    let variance = variance(&train_values, d);
    let mut kinds = vec![Kind::Plain];
    kinds.extend(effort.decays.iter().map(|&decay| Kind::WeightDecay(decay)));
    kinds.push(Kind::Denoising);
    let mut models = Vec::new();
    for seed in (0..options.seeds as u64).map(|k| options.seed.wrapping_add(k)) {
        for &kind in &kinds {
            watch.step(&format!("scenes: {}, seed {seed}", name(kind)))?;
            let config = config(options, effort, kind, seed, n_train)?;
            let model = watch.fit(&config, &train)?;
            let (tenths, test_loss) = losses(&model, &test)?;
            let train_loss = model.history().train_loss.clone();
            let loss_ratio = (kind == Kind::Denoising).then(|| ratio(&tenths, &linear)).transpose()?;
            models.push(SceneModel {
                seed,
                kind,
                convergence: Convergence::measure(&train_loss, variance, loss_ratio),
                train_loss,
                test_loss,
                loss_ratio,
                shape: Shape::measure(model.weights(), side, test_samples)?,
                model,
            });
        }
    }
    Ok(Scenes {
        source: options.scenes.to_string(),
        n_scenes: scenes.len(),
        n_train,
        n_test,
        patch_side: side,
        linear_loss: linear.iter().sum::<f64>() / linear.len().max(1) as f64,
        pca: Shape::measure(pca.components(), side, test_samples)?,
        components: pca.components().to_vec(),
        models,
        scenes,
        test,
    })
}

/// The configuration of a model.
fn config(
    options: &LectureOptions,
    effort: &Effort,
    kind: Kind,
    seed: u64,
    n_train: usize,
) -> Result<AutoencoderConfig> {
    Ok(AutoencoderConfig {
        hidden: HIDDEN,
        activation: Activation::Relu,
        decoder: Some(Activation::Linear),
        ..Default::default()
    }
    .corruption(match kind {
        Kind::Denoising => format!("gaussian:{DEVIATION}").parse()?,
        _ => Corruption::NONE,
    })
    .weight_decay(if let Kind::WeightDecay(decay) = kind { decay } else { 0.0 })
    .epochs(epochs(effort.presentations, n_train))
    .batch(64)
    .learning_rate(0.003)
    .schedule(SCHEDULE.parse()?)
    .valid(0.0)
    .seed(seed)
    .threads(options.threads))
}

/// A kind in words.
pub(super) fn name(kind: Kind) -> String {
    match kind {
        Kind::Plain => "autoencoder, no noise".into(),
        Kind::WeightDecay(decay) => format!("weight decay {decay}"),
        Kind::Denoising => format!("denoising, N(0, {DEVIATION})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_and_negatives_of_a_filter_count_once() {
        let weights = [1.0, 0.0, 0.0, -2.0, 0.1, 0.0, 0.0, 1.0, 0.0, 0.7, 0.7, 0.0];
        assert_eq!(distinct(&weights, 3), [0, 2, 3]);
    }
}
