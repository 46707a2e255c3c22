//! The first half of the lecture: models of digits.

use super::effort::Effort;
use super::statistic::Statistic;
use super::{LectureOptions, Watch, load};
use crate::data::{Dataset, split, subset_per_class};
use crate::eval::filters::{Filters, correlation_length, moran};
use crate::eval::interval::Paired;
use crate::eval::{LinearDenoiser, Probe, ProbeData, ProbeOptions, Repair, SampleMatrix, firing};
use crate::{Autoencoder, Config, Corruption, Result};
use penstroke_engine::philox::{Draws, Purpose};
use penstroke_engine::{CorruptionDraws, CorruptionUse, corrupt_row};
use serde::Serialize;

/// Hidden units of every model of digits.
const HIDDEN: usize = 500;
/// Penalties to choose from on validation digits.
const PENALTIES: [f64; 3] = [1e-2, 1e-3, 1e-4];
/// Penalties to choose from if labels are few.
const PENALTIES_FEW: [f64; 4] = [1.0, 1e-1, 1e-2, 1e-3];
/// Share of the training digits used to choose a penalty.
const VALID: f64 = 1.0 / 6.0;
/// The masking probability at which all models are compared.
pub(super) const COMMON_MASKING: f64 = 0.25;
/// Number of test digits for measuring repair.
const REPAIRED: usize = 2_000;
/// Number of units whose most exciting input is searched for: by random inputs, and by gradient ascent; and the number of
/// random inputs.
const SEARCHED: usize = 100;
const ASCENDED: usize = 5;
const RANDOM_INPUTS: usize = 2_000;

/// Everything measured on digits.
#[derive(Serialize)]
pub(super) struct Digits {
    pub(super) source: String,
    pub(super) n_train: usize,
    pub(super) n_test: usize,
    pub(super) corruption_rate: Rate,
    pub(super) target: TargetCheck,
    pub(super) raw: Probed,
    pub(super) models: Vec<Model>,
    pub(super) few_labels: Vec<FewLabels>,
    pub(super) maxima: Vec<Maxima>,
    /// Error of copying the corrupted digits. Models are compared on the same digits with the same masks.
    pub(super) copying_error: f64,
    #[serde(skip)]
    pub(super) train: Dataset,
    #[serde(skip)]
    pub(super) test: Dataset,
    #[serde(skip)]
    pub(super) repaired: Repaired,
}

/// The measured rate of the corruption.
#[derive(Serialize)]
pub(super) struct Rate {
    pub(super) q: f64,
    pub(super) n_components: usize,
    pub(super) measured: Statistic,
}

/// The loss of a training step from the initial weights, reported by the engine and computed directly.
#[derive(Serialize)]
pub(super) struct TargetCheck {
    pub(super) reported: f64,
    pub(super) against_clean: f64,
    pub(super) against_corrupted: f64,
}

/// The result of searching for the inputs that excite the units of one model most.
#[derive(Serialize)]
pub(super) struct Maxima {
    pub(super) seed: u64,
    /// Units tested through the model's encoder, with all filters among the inputs.
    pub(super) n_units: usize,
    /// Tested units that no input excited more than their own filter.
    pub(super) n_confirmed: usize,
    /// Number of random inputs of norm 1.
    pub(super) n_random: usize,
    /// Gradient ascent on some of the units' pre-activations.
    pub(super) ascents: Vec<firing::Maximum>,
}

/// The digits on which repair is shown and measured, clean and with the common masking; both `(n, d)`.
#[derive(Default)]
pub(super) struct Repaired {
    pub(super) clean: Vec<f32>,
    pub(super) corrupted: Vec<f32>,
}

/// A linear classifier and its test error.
#[derive(Clone, Serialize)]
pub(super) struct Probed {
    pub(super) test_error_percent: Statistic,
    pub(super) valid_error_percent: f64,
    pub(super) penalty: f64,
    pub(super) converged: bool,
    #[serde(skip)]
    pub(super) predictions: Vec<u32>,
    #[serde(skip)]
    pub(super) valid_errors: usize,
}

/// A trained model and its measurements.
#[derive(Serialize)]
pub(super) struct Model {
    pub(super) seed: u64,
    pub(super) corruption: Corruption,
    /// Masking probability; `None` for Gaussian noise.
    pub(super) masking: Option<f64>,
    pub(super) train_loss: Vec<f64>,
    /// Loss on test digits under the model's own corruption.
    pub(super) test_loss: f64,
    /// Expected loss of the best linear denoiser on the same digits; `None` without corruption.
    pub(super) linear_loss: Option<f64>,
    /// `test_loss` divided by `linear_loss`, with its interval over tenths of the test digits.
    pub(super) loss_ratio: Option<Statistic>,
    /// Mean squared error per corrupted component, under the common masking.
    pub(super) repair_error: f64,
    pub(super) probe: Probed,
    pub(super) moran: Statistic,
    pub(super) correlation_length: Statistic,
    #[serde(skip)]
    pub(super) morans: Vec<f64>,
    #[serde(skip)]
    pub(super) lengths: Vec<f64>,
    /// Squared error of each repaired digit, summed over its corrupted components.
    #[serde(skip)]
    pub(super) damage: Vec<f64>,
    #[serde(skip)]
    pub(super) model: Autoencoder,
}

impl Model {
    /// The model's corruption in words.
    pub(super) fn words(&self) -> String {
        match self.masking {
            Some(0.0) => "no noise".into(),
            Some(q) => format!("masking, q = {q}"),
            None => self.corruption.to_string().replace("gaussian:", "Gaussian, σ = "),
        }
    }
}

/// Classifiers trained on few labels.
#[derive(Serialize)]
pub(super) struct FewLabels {
    pub(super) n_labels: usize,
    pub(super) draws: usize,
    pub(super) features: String,
    pub(super) test_error_percent: Statistic,
}

impl Digits {
    /// The model with this seed and masking probability.
    pub(super) fn masked(&self, seed: u64, q: f64) -> Option<&Model> {
        self.models.iter().find(|m| m.seed == seed && m.masking == Some(q))
    }

    /// The denoising model of this seed whose code gives the fewest errors on validation digits.
    pub(super) fn chosen(&self, seed: u64) -> Option<&Model> {
        let denoising = self.models.iter().filter(|m| m.seed == seed && !m.corruption.is_none());
        denoising.min_by_key(|m| m.probe.valid_errors)
    }

    /// Seeds in order.
    pub(super) fn seeds(&self) -> Vec<u64> {
        let mut seeds: Vec<u64> = self.models.iter().map(|m| m.seed).collect();
        seeds.dedup();
        seeds
    }

    /// The test error of `other` minus that of the code of `model`, in percentage points.
    pub(super) fn gain(&self, other: &Probed, model: &Model) -> Result<Statistic> {
        let labels = self.test.labels().unwrap_or_default();
        let difference = Paired::of(&other.predictions, &model.probe.predictions, labels)?.difference();
        let interval = difference.interval;
        Ok(Statistic { value: difference.difference, low: interval.low, high: interval.high }.times(100.0))
    }
}

/// The number of steps that [`run`] announces.
pub(super) fn steps(options: &LectureOptions, effort: &Effort) -> usize {
    1 + options.seeds * (effort.masking.len() + 1) + 1
}

/// Reads the digits and checks that they are suitable.
pub(super) fn read(options: &LectureOptions, effort: &Effort) -> Result<(Dataset, Dataset)> {
    let (train, test) = load(options, effort.digits, effort.test_digits)?;
    check(options, &train, &test)?;
    Ok((train, test))
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
    let masking = masking(COMMON_MASKING)?;
    let repaired = Repaired { clean: shown.to_floats(), corrupted: masking.corrupt(&shown, options.seed, 0) };
    let copying_error =
        Repair::measure(&repaired.clean, &repaired.corrupted, &repaired.corrupted)?.copied.unwrap_or(0.0);

    let mut corruptions: Vec<Corruption> =
        effort.masking.iter().map(|&q| self::masking(q)).collect::<Result<_>>()?;
    corruptions.push("gaussian:1".parse()?);
    let linear = linear_losses(&corruptions, &train, &test)?;
    let mut models = Vec::new();
    for seed in (0..options.seeds as u64).map(|k| options.seed.wrapping_add(k)) {
        for (corruption, linear) in corruptions.iter().zip(&linear) {
            watch.step(&format!("digits: {corruption}, seed {seed}"))?;
            let config = Config {
                hidden: HIDDEN,
                corruption: corruption.clone(),
                epochs: effort.digit_epochs,
                batch: 50,
                learning_rate: 0.01,
                schedule: "linear".parse()?,
                valid: 0.0,
                seed,
                threads: options.threads,
                ..Config::default()
            };
            let model = watch.fit(&config, &train)?;
            models.push(measure(model, &train, &test, linear.as_deref(), &repaired)?);
        }
    }
    let config = models[0].model.config().clone();
    let common = models.iter().filter(|model: &&Model| model.masking == Some(COMMON_MASKING));
    let maxima = common.map(|model| maxima(&model.model)).collect::<Result<_>>()?;
    let mut digits = Digits {
        source: options.digits.to_string(),
        n_train: train.n_samples(),
        n_test: test.n_samples(),
        corruption_rate: rate(&masking, &test, options.seed),
        target: target(&config, &masking, &train)?,
        raw,
        maxima,
        few_labels: Vec::new(),
        models,
        copying_error,
        train,
        test,
        repaired,
    };
    watch.step("digits: classifiers with few labels")?;
    digits.few_labels = few_labels(&digits, effort)?;
    Ok(digits)
}

fn check(options: &LectureOptions, train: &Dataset, test: &Dataset) -> Result<()> {
    let wrong = |problem: &str| Err(crate::Error::input(options.digits.to_string(), problem));
    if train.labels().is_none() || test.labels().is_none() {
        return wrong("has no labels, but the lecture trains classifiers; use labelled digits");
    }
    if train.image().is_none_or(|image| image.channels != 1) || train.image() != test.image() {
        return wrong("does not hold grey pictures of one size, but the lecture draws them");
    }
    let (low, high) = train.range();
    if low < 0.0 || high > 1.0 {
        return wrong("has values outside 0..=1; the lecture needs intensities");
    }
    Ok(())
}

pub(super) fn masking(q: f64) -> Result<Corruption> {
    if q == 0.0 { Ok(Corruption::NONE) } else { format!("masking:{q}").parse() }
}

/// Features with their labels.
struct Features<'a> {
    values: Vec<f32>,
    labels: &'a [u32],
    n_classes: usize,
}

impl<'a> Features<'a> {
    fn of(data: &'a Dataset, values: Vec<f32>) -> Self {
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
fn probe(train: &Features<'_>, test: &Features<'_>, penalties: &[f64]) -> Result<Probed> {
    let d = train.width();
    let n_classes = train.n_classes.max(test.n_classes);
    let split = split(train.labels.len(), VALID, 0)?;
    let (learned, valid) = (train.select(&split.train), train.select(&split.valid));
    let selection = Probe::select(
        ProbeData::new(SampleMatrix::new(&learned.0, d)?, &learned.1, n_classes)?,
        ProbeData::new(SampleMatrix::new(&valid.0, d)?, &valid.1, n_classes)?,
        penalties,
        &ProbeOptions { tolerance: 1e-3, ..ProbeOptions::default() },
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

/// Expected loss of the best linear denoiser on each tenth of the test digits, for every corruption.
fn linear_losses(
    corruptions: &[Corruption],
    train: &Dataset,
    test: &Dataset,
) -> Result<Vec<Option<Vec<f64>>>> {
    let (values, d) = (train.to_floats(), train.n_visible());
    let samples = SampleMatrix::new(&values, d)?;
    let test = test.to_floats();
    let of = |corruption: &Corruption| -> Result<Option<Vec<f64>>> {
        let denoiser = match corruption.terms() {
            [crate::corruption::Term::Masking(q)] => LinearDenoiser::for_masking(samples, *q)?,
            [crate::corruption::Term::Gaussian(sigma)] => LinearDenoiser::for_gaussian(samples, *sigma)?,
            _ => return Ok(None),
        };
        let tenths = tenths(test.len() / d)
            .map(|t| denoiser.expected_loss(SampleMatrix::new(&test[t.start * d..t.end * d], d)?));
        tenths.collect::<Result<_>>().map(Some)
    };
    corruptions.iter().map(of).collect()
}

/// Ten runs of consecutive samples that hold all (fewer, if there are fewer samples).
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

fn measure(
    model: Autoencoder,
    train: &Dataset,
    test: &Dataset,
    linear: Option<&[f64]>,
    repaired: &Repaired,
) -> Result<Model> {
    let d = test.n_visible();
    let probe = probe(
        &Features::of(train, model.encode(train)?),
        &Features::of(test, model.encode(test)?),
        &PENALTIES,
    )?;
    let (tenths, test_loss) = losses(&model, test)?;
    let restored = model.reconstruct(&floats(&repaired.corrupted, test)?)?;
    let damage = repaired.clean.chunks(d).zip(repaired.corrupted.chunks(d)).zip(restored.chunks(d));
    let damage = damage
        .map(|((clean, corrupted), restored)| {
            let struck = clean.iter().zip(corrupted).zip(restored).filter(|((x, c), _)| x != c);
            struck.map(|((x, _), r)| f64::from(r - x).powi(2)).sum()
        })
        .collect();
    let image = model.image().map_or((1, d), |image| (image.height, image.width));
    let filters = Filters::new(model.weights(), image.0, image.1)?;
    let of = |statistic: fn(crate::eval::filters::Filter<'_>) -> f64| -> Vec<f64> {
        (0..filters.n_filters()).map(|unit| statistic(filters.get(unit))).collect()
    };
    let (morans, lengths) = (of(moran), of(correlation_length));
    let corruption = model.config().corruption.clone();
    Ok(Model {
        seed: model.config().seed,
        masking: match corruption.terms() {
            [] => Some(0.0),
            [crate::corruption::Term::Masking(q)] => Some(*q),
            _ => None,
        },
        corruption,
        train_loss: model.history().train_loss.clone(),
        test_loss,
        linear_loss: linear.map(|losses| losses.iter().sum::<f64>() / losses.len().max(1) as f64),
        loss_ratio: linear.map(|linear| ratio(&tenths, linear)).transpose()?,
        repair_error: Repair::measure(&repaired.clean, &repaired.corrupted, &restored)?
            .corrupted
            .unwrap_or(0.0),
        probe,
        moran: Statistic::mean(&morans)?,
        correlation_length: Statistic::mean(&lengths)?,
        morans,
        lengths,
        damage,
        model,
    })
}

/// Values as samples of the same kind as `like`.
pub(super) fn floats(values: &[f32], like: &Dataset) -> Result<Dataset> {
    Dataset::new("values", crate::data::Values::Floats(values.to_vec()), like.n_visible())
}

/// Masks samples of ones and counts the zeros, so that every masked component is visible.
fn rate(masking: &Corruption, test: &Dataset, seed: u64) -> Rate {
    let n_components = test.n_samples() * test.n_visible();
    let ones = Dataset::new("ones", crate::data::Values::Bytes(vec![255; n_components]), test.n_visible());
    let struck = ones.map_or(0, |ones| masking.corrupt(&ones, seed, 1).iter().filter(|&&v| v == 0.0).count());
    Rate { q: COMMON_MASKING, n_components, measured: Statistic::share(struck, n_components) }
}

/// Takes one training step with some digits as its batch, and computes the loss directly from the initial weights and the
/// masks of training: against the clean and against the corrupted digits.
fn target(config: &Config, masking: &Corruption, train: &Dataset) -> Result<TargetCheck> {
    let few = train.select(&(0..500.min(train.n_samples())).collect::<Vec<_>>());
    let config = Config {
        corruption: masking.clone(),
        epochs: 1,
        batch: few.n_samples(),
        valid: 0.0,
        ..config.clone()
    };
    let (clean, mut corrupted) = (few.to_floats(), few.to_floats());
    let noises = masking.noises(few.range());
    let draws = CorruptionDraws { seed: config.seed, use_: CorruptionUse::Training };
    let mut struck = vec![false; few.n_visible()];
    for (row, sample) in corrupted.chunks_exact_mut(few.n_visible()).zip(0..) {
        corrupt_row(&noises, draws, (0, sample), row, &mut struck);
    }
    let restored = Autoencoder::initial(&config, &few)?.reconstruct(&floats(&corrupted, &few)?)?;
    let against = |target: &[f32]| {
        let sum: f64 = restored.iter().zip(target).map(|(r, x)| f64::from(r - x).powi(2)).sum();
        sum / few.n_samples() as f64
    };
    let trained = Autoencoder::fit(&config, &few, &mut crate::Silent)?;
    Ok(TargetCheck {
        reported: trained.history().train_loss.first().copied().unwrap_or(f64::NAN),
        against_clean: against(&clean),
        against_corrupted: against(&corrupted),
    })
}

/// Encodes the filters of the first units and random inputs of norm 1, and counts the units that respond most to their own
/// filter. Then searches the most exciting input of some units by gradient ascent.
fn maxima(model: &Autoencoder) -> Result<Maxima> {
    let (d, h) = (model.n_visible(), model.n_hidden());
    let n_units = SEARCHED.min(h);
    let mut inputs = model.filters()[..n_units * d].to_vec();
    let draws = Draws::new(model.config().seed, Purpose::Resample);
    for sample in 0..RANDOM_INPUTS as u32 {
        let mut sequence = draws.at(0, sample).sequence();
        // A sum of twelve uniform numbers is close enough to normal for a random direction.
        let row: Vec<f64> = (0..d).map(|_| (0..12).map(|_| sequence.uniform()).sum::<f64>() - 6.0).collect();
        let norm = row.iter().map(|v| v * v).sum::<f64>().sqrt();
        inputs.extend(row.iter().map(|v| (v / norm) as f32));
    }
    let inputs = Dataset::new("inputs", crate::data::Values::Floats(inputs), d)?;
    let codes = model.encode(&inputs)?;
    let most = |unit: usize| codes.chunks(h).map(|code| code[unit]).fold(f32::MIN, f32::max);
    let n_confirmed = (0..n_units).filter(|&unit| codes[unit * h + unit] >= most(unit)).count();
    let rows = model.weights().chunks(d).take(ASCENDED);
    let ascents = rows.map(|row| firing::maximise(row, 1_000, model.config().seed));
    Ok(Maxima {
        seed: model.config().seed,
        n_units,
        n_confirmed,
        n_random: RANDOM_INPUTS,
        ascents: ascents.collect::<Result<_>>()?,
    })
}

/// Classifiers trained on 100 and 1000 labels: on raw pixels, on the code of the plain autoencoder, and on the code of the
/// common masking, which is fixed in advance because choosing among codes would use labels.
fn few_labels(digits: &Digits, effort: &Effort) -> Result<Vec<FewLabels>> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{ImageShape, Values};

    #[test]
    fn unsuitable_digits_are_refused() {
        let rows = Dataset::new("x", Values::Floats(vec![0.0, 0.5, 1.0, 2.0]), 2).unwrap();
        let rows = rows.with_labels("x", vec![0, 1]).unwrap();
        let image = |channels| ImageShape { height: 1, width: 2 / channels, channels };
        let pictures = |channels| rows.clone().with_image("x", image(channels)).unwrap();
        let message = |train: &Dataset, test: &Dataset| {
            check(&LectureOptions::default(), train, test).unwrap_err().to_string()
        };
        let no_pictures = "strokes: does not hold grey pictures of one size, but the lecture draws them";
        for (train, test) in
            [(rows.clone(), rows.clone()), (pictures(2), pictures(2)), (pictures(1), rows.clone())]
        {
            assert_eq!(message(&train, &test), no_pictures);
        }
        assert_eq!(
            message(&pictures(1), &pictures(1)),
            "strokes: has values outside 0..=1; the lecture needs intensities"
        );
    }
}
