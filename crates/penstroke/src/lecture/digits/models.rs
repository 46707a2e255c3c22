//! The autoencoders of digits: trained and measured.

use super::classify::{Features, PENALTIES, probe};
use super::model::{Model, Repaired, floats};
use crate::Model as _;
use crate::config::Term;
use crate::data::Dataset;
use crate::eval::filters::{Filter, Filters, correlation_length, moran, peaks};
use crate::eval::{LinearDenoiser, Repair, SampleMatrix};
use crate::lecture::effort::{Effort, epochs};
use crate::lecture::gate::{Convergence, SCHEDULE, variance};
use crate::lecture::losses::{losses, ratio, tenths};
use crate::lecture::options::{LectureOptions, Watch};
use crate::lecture::statistic::Statistic;
use crate::{Autoencoder, AutoencoderConfig, Corruption, Result};

/// Hidden units of every model of digits.
const HIDDEN: usize = 500;

/// Learning rate.
const RATE: f64 = 0.01;
/// Learning rate under Gaussian noise, whose gradients are noisier: on 6000 strokes the loss ends at 26.2 with 0.01, at 20.8 with 0.003
/// and at 21.7 with 0.001.
const GAUSSIAN_RATE: f64 = 0.003;

fn is_gaussian(term: &Term) -> bool {
    matches!(term, Term::Gaussian(_))
}

/// Trains a model for every seed and corruption.
pub(super) fn train_all(
    options: &LectureOptions,
    effort: &Effort,
    corruptions: &[Corruption],
    (train, test): (&Dataset, &Dataset),
    repaired: &Repaired,
    watch: &mut Watch<'_>,
) -> Result<Vec<Model>> {
    let linear = linear_losses(corruptions, train, test)?;
    let variance = variance(&train.to_floats(), train.n_visible());
    let mut models = Vec::new();
    for seed in (0..options.seeds as u64).map(|k| options.seed.wrapping_add(k)) {
        for (corruption, linear) in corruptions.iter().zip(&linear) {
            watch.step(&format!("digits: {corruption}, seed {seed}"))?;
            let config = AutoencoderConfig { hidden: HIDDEN, ..Default::default() }
                .corruption(corruption.clone())
                .epochs(epochs(effort.digit_presentations, train.n_samples()))
                .batch(50)
                .learning_rate(if corruption.terms().iter().any(is_gaussian) { GAUSSIAN_RATE } else { RATE })
                .schedule(SCHEDULE.parse()?)
                .valid(0.0)
                .seed(seed)
                .threads(options.threads);
            let model = watch.fit(&config, train)?;
            models.push(measure(model, (train, variance), test, linear.as_deref(), repaired)?);
        }
    }
    Ok(models)
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
            [Term::Masking(q)] => LinearDenoiser::for_masking(samples, *q)?,
            [Term::Gaussian(sigma)] => LinearDenoiser::for_gaussian(samples, *sigma)?,
            _ => return Ok(None),
        };
        let tenths = tenths(test.len() / d)
            .map(|t| denoiser.expected_loss(SampleMatrix::new(&test[t.start * d..t.end * d], d)?));
        tenths.collect::<Result<_>>().map(Some)
    };
    corruptions.iter().map(of).collect()
}

fn measure(
    model: Autoencoder,
    (train, variance): (&Dataset, f64),
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
    let of = |statistic: fn(Filter<'_>) -> f64| -> Vec<f64> {
        (0..filters.n_filters()).map(|unit| statistic(filters.get(unit))).collect()
    };
    let (morans, lengths, strokes) = (of(moran), of(correlation_length), of(strongest));
    let n_excited = strokes.iter().filter(|&&peak| peak > 0.0).count();
    let corruption = model.config().training.corruption.clone();
    let loss_ratio = linear.map(|linear| ratio(&tenths, linear)).transpose()?;
    Ok(Model {
        seed: model.config().training.seed,
        masking: match corruption.terms() {
            [] => Some(0.0),
            [Term::Masking(q)] => Some(*q),
            _ => None,
        },
        corruption,
        convergence: Convergence::measure(&model.history().train_loss, variance, loss_ratio),
        train_loss: model.history().train_loss.clone(),
        test_loss,
        linear_loss: linear.map(|losses| losses.iter().sum::<f64>() / losses.len().max(1) as f64),
        loss_ratio,
        repair_error: Repair::measure(&repaired.clean, &repaired.corrupted, &restored)?
            .corrupted
            .unwrap_or(0.0),
        probe,
        moran: Statistic::mean(&morans)?,
        correlation_length: Statistic::mean(&lengths)?,
        positive_peaks: Statistic::share(n_excited, strokes.len()),
        morans,
        lengths,
        damage,
        model,
    })
}

/// The peak of the larger absolute value: positive if a unit's strongest stroke excites it, negative if it inhibits it.
fn strongest(filter: Filter<'_>) -> f64 {
    let (lowest, highest) = peaks(filter);
    if highest > -lowest { highest } else { lowest }
}
