//! How a training ended, if its user should know: the network does worse than always answering the mean, or it could have learned on.
//!
//! ```
//! use penstroke::train::{Cause, Ending};
//! let cause = Cause::LearningRate { rate: 0.5 };
//! let ending = Ending::WorseThanMean { loss: 80.0, mean_loss: 50.0, cause };
//! assert_eq!(
//!     ending.problem().to_string(),
//!     "the network does worse than always answering the mean: its loss is 80, that of the mean is 50; try learning_rate below 0.5"
//! );
//! ```

use super::measure::{MEASURED_AT_ONCE, Wanted, mean_loss};
use super::{History, Plan};
use crate::Result;
use crate::data::{Enough, each_batch};
use crate::error::{Problem, Remedy};
use penstroke_engine::{Activation, Head, Loss, Noise, Rule, Target, Task, Train};
use serde::{Deserialize, Serialize};

/// The loss was still falling if the last fifth of the epochs lowered it by more than this share per epoch.
pub const STILL_FALLING: f64 = 0.01;
/// A loss this much above that of the mean is worse; below it rounding and the choice of samples decide.
const MARGIN: f64 = 1.01;
/// With fewer samples chance decides, because their own mean is the best answer to them.
const FEWEST: usize = 20;
/// At most this many samples are measured, evenly chosen.
const MEASURED: usize = 4096;

/// What a finished training tells its user. A training that was stopped has none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Ending {
    /// Always answering the mean of the targets would do better: the mean sample for an autoencoder, the frequencies of
    /// the classes for a classifier.
    WorseThanMean {
        /// The network's loss on the validation samples, or on training samples if there are none.
        loss: f64,
        /// The loss of the mean on the same samples, uncorrupted.
        mean_loss: f64,
        /// The probable cause.
        cause: Cause,
    },
    /// More epochs would probably have lowered the loss: the last fifth of at least five epochs lowered it by more than
    /// [`STILL_FALLING`] per epoch. The validation loss counts, or the training loss without validation samples.
    StillFalling {
        /// The share by which an epoch lowered it, on average.
        share: f64,
    },
}

/// Why a training probably failed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Cause {
    /// The values are too large to learn from, or far outside the range of the decoder.
    Scale {
        /// The least value.
        low: f32,
        /// The largest value.
        high: f32,
        /// Whether a sigmoid is to restore them.
        sigmoid: bool,
    },
    /// The corruption hides the samples.
    Noise,
    /// A penalty outweighs the loss.
    Penalty {
        /// Which.
        kind: Penalty,
        /// Its weight.
        weight: f64,
    },
    /// The learning rate is too high.
    LearningRate {
        /// The rate.
        rate: f64,
    },
    /// The training loss is below that of the mean, the validation loss above it.
    ByHeart,
    /// There were too few steps.
    Steps,
}

/// The penalties on weights and codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Penalty {
    /// [`Training::weight_decay`](crate::Training::weight_decay)
    WeightDecay,
    /// [`AutoencoderConfig::l1`](crate::AutoencoderConfig::l1)
    L1,
    /// [`AutoencoderConfig::contraction`](crate::AutoencoderConfig::contraction)
    Contraction,
    /// [`AutoencoderConfig::sparsity`](crate::AutoencoderConfig::sparsity)
    Sparsity,
}

impl Ending {
    /// What to tell the user, with the way out.
    #[must_use]
    pub fn problem(&self) -> Problem {
        match self {
            Self::WorseThanMean { loss, mean_loss, cause } => cause.added_to(format!(
                "the network does worse than always answering the mean: its loss is {}, that of the mean is {}",
                rounded(*loss),
                rounded(*mean_loss)
            )),
            Self::StillFalling { share } => {
                let text =
                    format!("the loss was still falling at the end, by {:.1} % an epoch", 100.0 * share);
                Problem::from(text).with("epochs", "train longer")
            }
        }
    }
}

impl Cause {
    /// A problem with this cause.
    pub(super) fn added_to(self, problem: String) -> Problem {
        match self {
            Self::Scale { low, high, sigmoid } => {
                let found = Problem::from(format!("{problem}, because the values go from {low} to {high}"));
                match (low == 0.0 && (128.0..=255.0).contains(&high), sigmoid) {
                    (true, _) => found.set("scale", 255),
                    (_, true) => found.set("scale", "range").set("decoder", "linear"),
                    (_, false) => found.set("scale", "standard").set("scale", "range"),
                }
                .hint("scale the samples first")
            }
            Self::Noise => {
                Problem::from(format!("{problem}, because the noise is stronger than the samples"))
                    .with("corruption", "add less noise")
            }
            Self::Penalty { kind, weight } => {
                let option = kind.option();
                let what = option.replace('_', " ");
                let problem = format!("{problem}, because the penalty on the network is too strong ({what})");
                match kind {
                    // Its value has two parts.
                    Penalty::Sparsity => Problem::from(problem).with("sparsity", "give a lower weight"),
                    _ => Problem::from(problem).lower(option, weight),
                }
            }
            Self::LearningRate { rate } => Problem::from(problem).lower("learning_rate", rate),
            Self::ByHeart => Problem::from(format!(
                "{problem}; it has learned the training samples by heart, or there is nothing to learn"
            ))
            .hint("give more samples")
            .with("corruption", "add noise")
            .with("weight_decay", "bound the weights"),
            Self::Steps => {
                let few = Problem::from(format!("{problem}; it has learned too little"));
                few.with("epochs", "train longer")
                    .or(Remedy::Use { option: "batch", purpose: "take more steps an epoch".into() })
            }
        }
    }

    /// The probable cause of a failure, after these training losses.
    pub(super) fn of(task: &Task, plan: &Plan<'_>, losses: &[f64]) -> Self {
        let (low, high) = plan.data.range();
        let rate = plan.training.learning_rate;
        let restores = task.objective.heads.iter().any(|head| head.target == Target::Input);
        let output = task.network.layers.last().map(|layer| layer.activation);
        let sigmoid = restores && output == Some(Activation::Sigmoid) && (low < -0.5 || high > 1.5);
        // Beyond a thousand, codes saturate and steps overshoot.
        if sigmoid || low < -1000.0 || high > 1000.0 {
            return Self::Scale { low, high, sigmoid };
        }
        let spread = f64::from(high) - f64::from(low);
        let hides = |noise: &Noise| match *noise {
            Noise::Gaussian { deviation } => deviation > spread,
            Noise::Dropout { probability } => probability > 0.9,
            Noise::Levels { low, .. } => low > spread,
            _ => noise.level() > 0.95,
        };
        if task.objective.corruption.iter().any(hides) {
            return Self::Noise;
        }
        if let Some((kind, weight)) = strong_penalty(task) {
            return Self::Penalty { kind, weight };
        }
        let least = losses.iter().copied().fold(f64::INFINITY, f64::min);
        // Infinite and NaN losses have risen as well.
        let has_risen = losses.last().is_some_and(|last| !last.is_finite() || *last > 1.1 * least);
        // Ten times what is usual.
        let is_fast = match task.optimizer.rule {
            Rule::Adam { .. } => rate > 0.02,
            Rule::Sgd { .. } => rate > 0.5,
        };
        let n_steps = losses.len() * plan.train.len().div_ceil(plan.batch);
        match has_risen || is_fast || (n_steps > 2000 && falling(losses).is_none()) {
            true => Self::LearningRate { rate },
            false => Self::Steps,
        }
    }
}

impl Penalty {
    fn option(self) -> &'static str {
        match self {
            Self::WeightDecay => "weight_decay",
            Self::L1 => "l1",
            Self::Contraction => "contraction",
            Self::Sparsity => "sparsity",
        }
    }
}

/// A penalty far above what is usual.
fn strong_penalty(task: &Task) -> Option<(Penalty, f64)> {
    let penalties = task.objective.penalties;
    let sparsity = penalties.sparsity.map_or(0.0, |sparsity| sparsity.weight);
    let usual = [
        (Penalty::WeightDecay, task.optimizer.weight_decay, 0.01),
        (Penalty::L1, penalties.l1, 0.001),
        (Penalty::Contraction, penalties.contraction, 1.0),
        (Penalty::Sparsity, sparsity, 10.0),
    ];
    usual.into_iter().find(|(_, weight, most)| weight > most).map(|(kind, weight, _)| (kind, weight))
}

/// The endings on an engine whose training has finished.
pub(super) fn endings(engine: &mut dyn Train, plan: &Plan<'_>, history: &History) -> Result<Vec<Ending>> {
    if plan.observed.is_some() {
        // With gaps, the error of each column is compared with its mean instead.
        return Ok(Vec::new());
    }
    let samples = if plan.valid.is_empty() { plan.train } else { plan.valid };
    let samples: Vec<u32> =
        samples.iter().copied().step_by(samples.len().div_ceil(MEASURED).max(1)).collect();
    // A classifier that is too sure of itself may have a high loss and few errors.
    let undecided = samples.len() < FEWEST || errs_less_than_the_commonest(engine.task(), plan, history);
    if let Some(mean_loss_of_mean) = loss_of_mean(engine.task(), plan, &samples)?.filter(|_| !undecided) {
        let loss = mean_loss(engine, Wanted::of(plan), &samples, 0)?;
        if loss > MARGIN * mean_loss_of_mean {
            let by_heart = history.train_loss.last().is_some_and(|last| *last < 0.9 * mean_loss_of_mean);
            let cause = match by_heart {
                true => Cause::ByHeart,
                false => Cause::of(engine.task(), plan, &history.train_loss),
            };
            return Ok(vec![Ending::WorseThanMean { loss, mean_loss: mean_loss_of_mean, cause }]);
        }
    }
    let losses = if history.valid_loss.is_empty() { &history.train_loss } else { &history.valid_loss };
    // If the weights of an earlier epoch were kept, later ones were no better.
    let kept = history.best_epoch.is_none_or(|best| best == losses.len());
    let falling = falling(losses).filter(|_| kept);
    Ok(falling.map(|share| Ending::StillFalling { share }).into_iter().collect())
}

/// Whether a classifier's validation errors are fewer than those of always answering the most frequent class.
fn errs_less_than_the_commonest(task: &Task, plan: &Plan<'_>, history: &History) -> bool {
    let classifies = task.objective.heads.iter().any(|head| head.target == Target::Labels);
    let (Some(labels), true) = (plan.data.labels(), classifies) else { return false };
    let mut counts = vec![0.0; plan.data.n_classes()];
    for &i in plan.valid {
        if let Some(&label) = labels.get(i as usize) {
            counts[label as usize] += plan.weight(i);
        }
    }
    let most = counts.iter().copied().fold(0.0, f64::max) / counts.iter().sum::<f64>();
    history.valid_error.iter().any(|&error| error < 1.0 - most)
}

/// The share by which each of the last fifth of the epochs lowered the loss, if that is more than [`STILL_FALLING`].
fn falling(losses: &[f64]) -> Option<f64> {
    let last = losses.len() / 5;
    let (before, end) = (losses.get(losses.len().checked_sub(last + 1)?)?, losses.last()?);
    let share = (before - end) / before.abs() / last.max(1) as f64;
    (last > 0 && share > STILL_FALLING).then_some(share)
}

/// The loss of always answering the mean of the targets; `None` if the targets never change.
fn loss_of_mean(task: &Task, plan: &Plan<'_>, samples: &[u32]) -> Result<Option<f64>> {
    let restores = task.objective.heads.iter().any(|head| head.target == Target::Input);
    let input = if restores { input_spread(plan, samples)? } else { Spread::default() };
    let emphasis = task.objective.emphasis.map_or(1.0, |weights| weights.corrupted.max(weights.rest));
    let by_cell = !task.objective.cells.is_empty();
    let mut values = plan.targets.unwrap_or_default();
    let mut of_head = |head: &Head| match head.target {
        Target::Input => input.of(head.units.clone()).loss(head.loss),
        Target::Values => {
            let width = head.units.len();
            let of_samples = values.split_off(..plan.data.n_samples() * width).unwrap_or_default();
            let mut spread = Spread::default();
            samples
                .iter()
                .for_each(|&i| spread.add(&of_samples[i as usize * width..][..width], plan.weight(i)));
            spread.loss(head.loss)
        }
        Target::Labels => {
            let labels = plan.data.labels().unwrap_or_default();
            let mut counts = vec![0.0; head.units.len()];
            samples.iter().for_each(|&i| counts[labels[i as usize] as usize] += plan.weight(i));
            entropy(&counts, head.loss)
        }
    };
    let weight =
        |head: &Head| head.weight * if by_cell || head.target == Target::Input { emphasis } else { 1.0 };
    let loss: f64 = task.objective.heads.iter().map(|head| weight(head) * of_head(head)).sum();
    Ok((loss > 0.0).then_some(loss))
}

/// The entropy of the frequencies of labels, smoothed as the loss smooths them.
fn entropy(counts: &[f64], loss: Loss) -> f64 {
    let smoothing = match loss {
        Loss::SoftmaxCrossEntropy { label_smoothing } => label_smoothing,
        _ => 0.0,
    };
    let (n, k) = (counts.iter().sum::<f64>(), counts.len() as f64);
    counts.iter().map(|count| minus_x_ln_x((1.0 - smoothing) * count / n + smoothing / k)).sum()
}

fn minus_x_ln_x(x: f64) -> f64 {
    if x > 0.0 { -x * x.ln() } else { 0.0 }
}

fn input_spread(plan: &Plan<'_>, samples: &[u32]) -> Result<Spread> {
    let d = plan.data.n_visible();
    let (mut spread, mut row) = (Spread::default(), vec![0.0; d]);
    each_batch(plan.data, samples, MEASURED_AT_ONCE, |batch| {
        for (k, &index) in batch.indices.iter().enumerate() {
            let at = if batch.alone { k } else { index as usize };
            batch.rows.copy_to(at * d, &mut row);
            spread.add(&row, plan.weight(index));
        }
        Ok(Enough::No)
    })?;
    Ok(spread)
}

/// Sums of weighted values and squares for each component, less the first row so that large offsets do not cancel.
#[derive(Clone, Debug, Default)]
struct Spread {
    n: f64,
    first: Vec<f64>,
    sum: Vec<f64>,
    squares: Vec<f64>,
}

impl Spread {
    fn add(&mut self, row: &[f32], weight: f64) {
        if self.first.is_empty() {
            self.first = row.iter().map(|&x| f64::from(x)).collect();
            (self.sum, self.squares) = (vec![0.0; row.len()], vec![0.0; row.len()]);
        }
        self.n += weight;
        for (((x, first), sum), squares) in
            row.iter().zip(&self.first).zip(&mut self.sum).zip(&mut self.squares)
        {
            let x = f64::from(*x) - first;
            *sum += weight * x;
            *squares += weight * x * x;
        }
    }

    /// Some of the components.
    fn of(&self, units: std::ops::Range<usize>) -> Self {
        let some = |values: &[f64]| values.get(units.clone()).unwrap_or_default().to_vec();
        Self { n: self.n, first: some(&self.first), sum: some(&self.sum), squares: some(&self.squares) }
    }

    /// The loss of always answering the mean.
    fn loss(&self, loss: Loss) -> f64 {
        let sums = self.first.iter().zip(&self.sum).zip(&self.squares);
        let each = sums.map(|((first, sum), squares)| {
            let shift = sum / self.n;
            match loss {
                Loss::CrossEntropy => minus_x_ln_x(first + shift) + minus_x_ln_x(1.0 - first - shift),
                _ => squares / self.n - shift * shift,
            }
        });
        each.sum()
    }
}

/// Four digits.
fn rounded(value: f64) -> String {
    if value != 0.0 && !(1e-3..1e6).contains(&value.abs()) {
        return format!("{value:.3e}");
    }
    let decimals = (3 - value.abs().max(1e-3).log10().floor() as i32).clamp(0, 6) as usize;
    let text = format!("{value:.decimals$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

#[cfg(test)]
#[path = "ending_tests.rs"]
mod tests;
