//! The second half of the lecture: natural scenes under Gaussian noise.

use super::digits::{losses, ratio, tenths};
use super::effort::Effort;
use super::statistic::Statistic;
use super::{Options, Watch};
use crate::data::patches::{PatchOptions, cut};
use crate::data::{Dataset, LoadOptions, Part, Scene, load_scenes};
use crate::eval::filters::{FilterStatistics, Filters};
use crate::eval::{LinearDenoiser, Pca, Samples};
use crate::{Activation, Autoencoder, Config, Corruption, Result};
use serde::Serialize;

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
    /// The best linear denoiser's expected loss on the test patches.
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

/// What is different about a model.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    Plain,
    WeightDecay(f64),
    Denoising,
}

/// One trained model and what its filters look like in numbers.
#[derive(Serialize)]
pub(super) struct SceneModel {
    pub(super) seed: u64,
    pub(super) kind: Kind,
    pub(super) train_loss: Vec<f64>,
    /// On test patches, under the model's own corruption.
    pub(super) test_loss: f64,
    /// Over the best linear denoiser's, with its interval over tenths of the patches; for denoising models.
    pub(super) loss_ratio: Option<Statistic>,
    pub(super) shape: Shape,
    #[serde(skip)]
    pub(super) model: Autoencoder,
}

/// Filters in numbers.
#[derive(Clone, Serialize)]
pub(super) struct Shape {
    pub(super) n_filters: usize,
    /// Filters that are localized, oriented edges by the rule of the statistics' documentation.
    pub(super) n_edges: usize,
    pub(super) median_gabor_r2: f64,
    pub(super) median_concentration: f64,
    pub(super) median_kurtosis: f64,
    pub(super) mean_redundancy: f64,
}

impl Shape {
    fn measure(weights: &[f32], side: usize, test: Samples<'_>) -> Result<Self> {
        let statistics = FilterStatistics::measure(Filters::new(weights, side, side)?, Some(test))?;
        Ok(Self {
            n_filters: statistics.units.len(),
            n_edges: statistics.units.iter().filter(|unit| unit.is_edge()).count(),
            median_gabor_r2: statistics.median(|unit| unit.gabor.r_squared),
            median_concentration: statistics.median(|unit| unit.concentration),
            median_kurtosis: statistics.median(|unit| unit.kurtosis.unwrap_or(0.0)),
            mean_redundancy: statistics.mean(|unit| unit.redundancy),
        })
    }
}

impl Scenes {
    /// The models of one kind, a seed each.
    pub(super) fn of(&self, kind: Kind) -> Vec<&SceneModel> {
        self.models.iter().filter(|model| model.kind == kind).collect()
    }

    /// The decays that were tried, rising.
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
pub(super) fn steps(options: &Options, effort: &Effort) -> usize {
    2 + options.seeds * (effort.decays.len() + 2)
}

/// Trains and measures everything on scenes.
pub(super) fn run(options: &Options, effort: &Effort, watch: &mut Watch<'_>) -> Result<Scenes> {
    watch.step("scenes: reading, whitening, cutting patches")?;
    let load = LoadOptions {
        data_dir: options.data_dir.clone(),
        part: Part::Train,
        seed: options.seed,
        ..LoadOptions::default()
    };
    let scenes = load_scenes(&options.scenes, &load)?;
    let (n_train, n_test) = effort.patches;
    let patches = PatchOptions::default();
    let all = cut(&scenes, n_train + n_test, options.seed, &patches)?;
    let train = all.select(&(0..n_train).collect::<Vec<_>>());
    let test = all.select(&(n_train..n_train + n_test).collect::<Vec<_>>());
    let (train_values, test_values) = (train.to_floats(), test.to_floats());
    let d = train.n_visible();
    let (train_samples, test_samples) = (Samples::new(&train_values, d)?, Samples::new(&test_values, d)?);

    watch.step("scenes: PCA and the best linear denoiser")?;
    let pca = Pca::fit(train_samples, d)?;
    let denoiser = LinearDenoiser::for_gaussian(train_samples, DEVIATION)?;
    let linear: Vec<f64> = tenths(n_test)
        .map(|t| denoiser.expected_loss(Samples::new(&test_values[t.start * d..t.end * d], d)?))
        .collect::<Result<_>>()?;

    let mut kinds = vec![Kind::Plain];
    kinds.extend(effort.decays.iter().map(|&decay| Kind::WeightDecay(decay)));
    kinds.push(Kind::Denoising);
    let mut models = Vec::new();
    for seed in (0..options.seeds as u64).map(|k| options.seed + k) {
        for &kind in &kinds {
            watch.step(&format!("scenes: {}, seed {seed}", name(kind)))?;
            let presentations = match kind {
                Kind::Denoising => effort.denoising_presentations,
                _ => effort.other_presentations,
            };
            let config = Config {
                hidden: HIDDEN,
                activation: Activation::Relu,
                decoder: Some(Activation::Linear),
                corruption: match kind {
                    Kind::Denoising => format!("gaussian:{DEVIATION}").parse()?,
                    _ => Corruption::NONE,
                },
                weight_decay: if let Kind::WeightDecay(decay) = kind { decay } else { 0.0 },
                epochs: presentations.div_ceil(n_train),
                learning_rate: 0.003,
                schedule: "linear:0.6".parse()?,
                valid: 0.0,
                seed,
                threads: options.threads,
                ..Config::default()
            };
            let model = watch.fit(&config, &train)?;
            let (tenths, test_loss) = losses(&model, &test)?;
            models.push(SceneModel {
                seed,
                kind,
                train_loss: model.history().train_loss.clone(),
                test_loss,
                loss_ratio: (kind == Kind::Denoising).then(|| ratio(&tenths, &linear)).transpose()?,
                shape: Shape::measure(model.weights(), patches.side, test_samples)?,
                model,
            });
        }
    }
    Ok(Scenes {
        source: options.scenes.to_string(),
        n_scenes: scenes.len(),
        n_train,
        n_test,
        patch_side: patches.side,
        linear_loss: linear.iter().sum::<f64>() / linear.len().max(1) as f64,
        pca: Shape::measure(pca.components(), patches.side, test_samples)?,
        components: pca.components().to_vec(),
        models,
        scenes,
        test,
    })
}

/// A kind in words.
pub(super) fn name(kind: Kind) -> String {
    match kind {
        Kind::Plain => "autoencoder, no noise".into(),
        Kind::WeightDecay(decay) => format!("weight decay {decay}"),
        Kind::Denoising => format!("denoising, N(0, {DEVIATION})"),
    }
}
