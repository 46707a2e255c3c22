//! The training loop, the only one: whatever is trained is an engine's network.

use crate::data::Dataset;
use crate::{Corruption, Error, Event, Flow, Observer, Result, Schedule};
use penstroke_engine::philox::{Draws, Purpose};
use penstroke_engine::{Batch, Engine, State, Step};
use serde::{Deserialize, Serialize};

/// What to present, how often, and how fast to learn from it.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'a> {
    /// The samples, and labels if the loss wants them.
    pub data: &'a Dataset,
    /// Values to predict, a row for every sample of `data`, if the loss wants them.
    pub targets: Option<&'a [f32]>,
    /// Which of them are trained on.
    pub train: &'a [u32],
    /// Which are only measured on, after every epoch; may be none.
    pub valid: &'a [u32],
    /// How many epochs were begun before; they count on from there, so that no corruption comes twice.
    pub first_epoch: usize,
    /// How often each is presented.
    pub epochs: usize,
    /// Samples in a step, at least 1.
    pub batch: usize,
    /// η at its full size.
    pub learning_rate: f64,
    /// How η moves.
    pub schedule: Schedule,
    /// How the engine's corruption moves over these epochs; `None` leaves it as it is.
    pub corruption: Option<MovingCorruption<'a>>,
    /// Of the order of samples.
    pub seed: u64,
}

/// A corruption whose numbers change from epoch to epoch, of as many terms as the engine's.
#[derive(Clone, Copy, Debug)]
pub struct MovingCorruption<'a> {
    /// How it begins and ends.
    pub corruption: &'a Corruption,
    /// The least and the greatest value of the data, for salt and pepper.
    pub range: (f32, f32),
}

impl<'a> MovingCorruption<'a> {
    /// Nothing, if no number of it moves.
    #[must_use]
    pub fn of(corruption: &'a Corruption, range: (f32, f32)) -> Option<Self> {
        corruption.is_moving().then_some(Self { corruption, range })
    }

    fn set(self, engine: &mut dyn Engine, share: f64) {
        engine.set_corruption(&self.corruption.noises_at(self.range, share));
    }
}

/// How training went.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// Mean training loss of every finished epoch, each batch measured before its step.
    pub train_loss: Vec<f64>,
    /// Loss on the validation samples after it; empty without such samples.
    pub valid_loss: Vec<f64>,
    /// Share of the validation samples that a classifier got wrong after it; of a regressor, the mean squared error of its
    /// standardised predictions on them, so that 1 is about what their mean would do. Empty for other networks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub valid_error: Vec<f64>,
    /// The epoch of the latest training, from 1 among all finished ones, whose weights were kept; none if the last one's were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_epoch: Option<usize>,
    /// Epochs begun, one that was stopped included: training goes on with the next, so that no corruption comes twice.
    #[serde(default)]
    pub epochs_begun: usize,
    /// Whether an observer stopped it before the last epoch's end.
    pub stopped: bool,
}

impl History {
    /// Adds what went on from here.
    pub(crate) fn extend(&mut self, later: Self) {
        // Epochs are counted among those that were finished.
        let before = self.train_loss.len();
        self.best_epoch = later.best_epoch.map(|epoch| before + epoch);
        self.train_loss.extend(later.train_loss);
        self.valid_loss.extend(later.valid_loss);
        self.valid_error.extend(later.valid_error);
        self.epochs_begun += later.epochs_begun;
        self.stopped = later.stopped;
    }
}

/// Keeps the weights of the best epoch: that of the lowest error on the validation samples, of equals the one of the lowest
/// loss.
pub struct Choice<'a> {
    /// How wrong an engine is on the validation samples now; less is better.
    pub error: &'a dyn Fn(&mut dyn Engine) -> f64,
    /// After how many epochs without a better one training ends; none, and it goes on to the last.
    pub patience: Option<usize>,
}

/// Trains until the plan is done or the observer stops it.
///
/// Every epoch presents every sample once, in an order that seed and epoch decide, corrupted afresh. A corruption that moves is
/// as it begins in the first of these epochs and as it ends in the last; samples that are only measured on meet its end at once, so
/// that their losses can be compared.
///
/// # Errors
/// If a loss leaves the finite numbers, which a lower learning rate prevents. The last step of all is followed by no
/// loss if nothing is set aside: whoever takes the parameters checks them.
pub fn train(engine: &mut dyn Engine, plan: &Plan<'_>, observer: &mut dyn Observer) -> Result<History> {
    train_choosing(engine, plan, None, observer)
}

/// The same, and the engine ends with the weights of the best epoch if there is a choice.
///
/// # Errors
/// As [`train`].
pub fn train_choosing(
    engine: &mut dyn Engine,
    plan: &Plan<'_>,
    choice: Option<&Choice<'_>>,
    observer: &mut dyn Observer,
) -> Result<History> {
    let mut history = History::default();
    let mut best: Option<Best> = None;
    epochs(engine, plan, choice, observer, (&mut history, &mut best))?;
    if let Some(best) = best {
        // Only what came after it is undone.
        if best.epoch < history.train_loss.len() || history.epochs_begun > history.train_loss.len() {
            engine.set_state(&best.state);
        }
        history.best_epoch = Some(best.epoch);
    }
    Ok(history)
}

/// The best epoch so far.
struct Best {
    /// From 1.
    epoch: usize,
    /// Error and loss.
    measure: (f64, f64),
    state: State,
}

fn epochs(
    engine: &mut dyn Engine,
    plan: &Plan<'_>,
    choice: Option<&Choice<'_>>,
    observer: &mut dyn Observer,
    (history, best): (&mut History, &mut Option<Best>),
) -> Result<()> {
    let batch_size = plan.batch.max(1);
    let steps_per_epoch = plan.train.len().div_ceil(batch_size) as u64;
    let steps = steps_per_epoch * plan.epochs as u64;
    let mut order = plan.train.to_vec();
    let (mut step, mut presented) = (0u64, 0u64);
    if observer.observe(&Event::Begin { epochs: plan.epochs, samples: order.len() }) == Flow::Stop {
        history.stopped = true;
        return Ok(());
    }
    for epoch in 0..plan.epochs {
        order.copy_from_slice(plan.train);
        history.epochs_begun = epoch + 1;
        let number = (plan.first_epoch + epoch) as u32;
        Draws::new(plan.seed, Purpose::Shuffle).at(number, 0).sequence().shuffle(&mut order);
        if let Some(moving) = plan.corruption {
            moving.set(engine, epoch as f64 / (plan.epochs - 1).max(1) as f64);
        }
        let (mut sum, mut seen, mut learning_rate) = (0.0, 0usize, plan.learning_rate);
        for indices in order.chunks(batch_size) {
            learning_rate = plan.learning_rate * plan.schedule.factor(step, steps);
            let loss = engine.train(&batch(plan, indices), Step { epoch: number, learning_rate });
            check_finite("loss", loss, epoch, plan)?;
            step += 1;
            sum += loss * indices.len() as f64;
            seen += indices.len();
            presented += indices.len() as u64;
            let event = Event::Batch { epoch: epoch + 1, presented, loss: sum / seen as f64 };
            if observer.observe(&event) == Flow::Stop {
                history.stopped = true;
                return Ok(());
            }
        }
        let train_loss = sum / seen.max(1) as f64;
        if let Some(moving) = plan.corruption {
            moving.set(engine, 1.0);
        }
        // Always the same damage, so that only the weights change from one epoch's figure to the next.
        let valid_loss = (!plan.valid.is_empty()).then(|| engine.loss(&batch(plan, plan.valid), 0));
        if let Some(loss) = valid_loss {
            check_finite("validation loss", loss, epoch, plan)?;
        }
        let valid_error = choice.filter(|_| !plan.valid.is_empty()).map(|choice| (choice.error)(engine));
        history.train_loss.push(train_loss);
        history.valid_loss.extend(valid_loss);
        history.valid_error.extend(valid_error);
        if let Some((error, loss)) = valid_error.zip(valid_loss)
            && best.as_ref().is_none_or(|best| (error, loss) < best.measure)
        {
            *best = Some(Best { epoch: epoch + 1, measure: (error, loss), state: engine.state() });
        }
        let event = Event::Epoch {
            epoch: epoch + 1,
            epochs: plan.epochs,
            train_loss,
            valid_loss,
            valid_error,
            learning_rate,
        };
        if observer.observe(&event) == Flow::Stop {
            history.stopped = epoch + 1 < plan.epochs;
            return Ok(());
        }
        let waited = best.as_ref().map_or(0, |best| epoch + 1 - best.epoch);
        if choice.and_then(|choice| choice.patience).is_some_and(|patience| waited >= patience.max(1)) {
            return Ok(());
        }
    }
    Ok(())
}

fn check_finite(what: &str, loss: f64, epoch: usize, plan: &Plan<'_>) -> Result<()> {
    if loss.is_finite() {
        return Ok(());
    }
    let (epoch, learning_rate) = (epoch + 1, plan.learning_rate);
    Err(Error::Numerical(format!(
        "training: the {what} became {loss} in epoch {epoch}; try a learning rate below {learning_rate}"
    )))
}

fn batch<'a>(plan: &Plan<'a>, indices: &'a [u32]) -> Batch<'a> {
    Batch { rows: plan.data.rows(), labels: plan.data.labels(), targets: plan.targets, indices }
}
