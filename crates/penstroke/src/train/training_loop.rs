//! The training loop. Every model is trained by this one.

use super::checkpoint::{Best, Checkpoint, Place, fingerprint};
use super::ending::{Cause, endings};
use super::event::{Event, Flow};
use super::measure::{Wanted, mean_loss};
use super::{History, Plan, Run};
use crate::data::{Enough, each_batch};
use crate::error::{Error, Result};
use penstroke_engine::philox::{Draws, Purpose};
use penstroke_engine::{Parameters, State, Step, Train};

/// How wrong an engine is; less is better.
pub type Measure<'a> = dyn Fn(&dyn Train) -> Result<f64> + 'a;

/// Keeps the weights of the best epoch: the one with the lowest error on the validation samples or, among equal errors, the lowest
/// loss. Without validation samples it keeps the last weights.
pub struct Choice<'a> {
    /// How wrong an engine is on the validation samples now; less is better. Without it the loss alone decides.
    pub error: Option<&'a Measure<'a>>,
    /// Training ends after this many epochs without improvement; `None` trains for all epochs.
    pub patience: Option<usize>,
    /// A loss must be lower by this much to count as an improvement, if the loss alone decides.
    pub tolerance: f64,
}

impl Choice<'_> {
    /// How many epochs passed since the last improvement.
    fn waited(&self, history: &History, best: Option<&Best>) -> usize {
        let finished = history.train_loss.len();
        if self.error.is_some() {
            return best.map_or(0, |best| finished - best.epoch);
        }
        let losses = if history.valid_loss.is_empty() { &history.train_loss } else { &history.valid_loss };
        let (mut lowest, mut waited) = (f64::INFINITY, 0);
        for &loss in losses {
            waited = if loss < lowest - self.tolerance { 0 } else { waited + 1 };
            lowest = lowest.min(loss);
        }
        waited
    }
}

/// Trains until the plan is done or an observer stops it.
///
/// Every epoch presents every sample once, in an order that follows from seed and epoch, with fresh corruption. A corruption that
/// changes during training has its first value in the first epoch and its last value in the last. Validation always uses the last
/// value, so that losses of different epochs can be compared.
///
/// # Errors
/// If a loss becomes infinite or NaN, with the probable cause and the way out; or if a checkpoint cannot be read. One that cannot be
/// written is an [`Event::Unwritten`], and training goes on. Without validation samples no loss is computed after the last step, so
/// the caller must check the parameters.
pub fn train(engine: &mut dyn Train, plan: &Plan<'_>, run: &mut Run<'_>) -> Result<History> {
    train_choosing(engine, plan, None, run)
}

/// Trains like [`train`]; with a choice, the engine ends with the weights of the best epoch.
///
/// # Errors
/// As [`train`].
pub fn train_choosing(
    engine: &mut dyn Train,
    plan: &Plan<'_>,
    choice: Option<&Choice<'_>>,
    run: &mut Run<'_>,
) -> Result<History> {
    let checkpoint = run.begin(engine.network(), || fingerprint(&*engine, plan))?;
    let mut training = TrainingLoop {
        engine,
        plan,
        choice,
        run,
        place: Place::default(),
        history: History::default(),
        best: None,
    };
    if let Some(Checkpoint { place, history, state, best, finished }) = checkpoint {
        training.engine.set_state(&state);
        if finished {
            // Observers that count trainings must count this one.
            let (epochs, samples) = (plan.epochs, plan.train.len());
            training.run.event(&Event::Begin { epochs, samples, presented: place.presented });
            return Ok(history);
        }
        (training.place, training.history, training.best) =
            (place, History { stopped: false, ..history }, best);
    }
    training.epochs()?;
    let TrainingLoop { engine, run, place, mut history, best, .. } = training;
    if let Some(best) = best {
        // The last epoch may have been the best.
        if best.epoch < history.train_loss.len() || history.epochs_begun > history.train_loss.len() {
            engine.set_state(&State { parameters: best.parameters, ..engine.state() });
        }
        history.best_epoch = Some(best.epoch);
    }
    if !history.stopped {
        for ending in endings(engine, plan, &history)? {
            run.event(&Event::Ending(ending));
        }
        let (history, state) = (history.clone(), || engine.state());
        run.write(|| Checkpoint { place, history, state: state(), best: None, finished: true });
    }
    Ok(history)
}

/// A training in progress.
struct TrainingLoop<'a, 'p, 'r> {
    engine: &'a mut dyn Train,
    plan: &'a Plan<'p>,
    choice: Option<&'a Choice<'a>>,
    run: &'a mut Run<'r>,
    place: Place,
    history: History,
    best: Option<Best>,
}

impl TrainingLoop<'_, '_, '_> {
    /// Trains from the current place to the end.
    fn epochs(&mut self) -> Result<()> {
        let plan = self.plan;
        let presented = self.place.presented;
        let begin = Event::Begin { epochs: plan.epochs, samples: plan.train.len(), presented };
        if self.run.event(&begin) == Flow::Stop {
            self.history.stopped = true;
            self.write_if_due(Flow::Stop);
            return Ok(());
        }
        let mut order = plan.train.to_vec();
        for epoch in self.place.epoch..plan.epochs {
            order.copy_from_slice(plan.train);
            let number = (plan.first_epoch + epoch) as u32;
            Draws::new(plan.training.seed, Purpose::Shuffle).at(number, 0).sequence().shuffle(&mut order);
            if self.batches(epoch, &order)? == Flow::Stop {
                self.history.stopped = true;
                return Ok(());
            }
            if self.measure(epoch)? == Flow::Stop {
                self.history.stopped = epoch + 1 < plan.epochs;
                self.write_if_due(Flow::Stop);
                return Ok(());
            }
            if let Some(choice) = self.choice
                && let Some(patience) = choice.patience
                && choice.waited(&self.history, self.best.as_ref()) >= patience.max(1)
            {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Trains on the remaining batches of an epoch.
    fn batches(&mut self, epoch: usize, order: &[u32]) -> Result<Flow> {
        let plan = self.plan;
        self.history.epochs_begun = epoch + 1;
        plan.move_corruption(self.engine, epoch as f64 / (plan.epochs - 1).max(1) as f64);
        let done = (self.place.batches * plan.batch).min(order.len());
        let mut flow = Flow::Continue;
        let wanted = Wanted::of(plan);
        let answers = wanted.answers(self.engine.task());
        each_batch(plan.data, &order[done..], plan.batch, |samples| {
            let learning_rate = plan.rate(epoch, self.place.batches);
            let step = Step { epoch: (plan.first_epoch + epoch) as u32, learning_rate };
            let loss = self.engine.step(&wanted.batch(&answers, samples), step);
            if !loss.is_finite() {
                return Err(self.diverged("loss", loss, epoch));
            }
            let place = &mut self.place;
            place.batches += 1;
            place.sum += loss * samples.indices.len() as f64;
            place.seen += samples.indices.len();
            place.presented += samples.indices.len() as u64;
            let loss = place.sum / place.seen as f64;
            flow = self.run.event(&Event::Batch { epoch: epoch + 1, presented: place.presented, loss });
            flow = self.write_if_due(flow);
            Ok(if flow == Flow::Stop { Enough::Yes } else { Enough::No })
        })?;
        Ok(flow)
    }

    /// Ends an epoch: measures it and tells the observers.
    fn measure(&mut self, epoch: usize) -> Result<Flow> {
        let Self { engine, plan, choice, .. } = self;
        let train_loss = self.place.sum / self.place.seen.max(1) as f64;
        let noise = engine.task().objective.corruption.iter().map(|noise| noise.level()).collect();
        plan.move_corruption(*engine, 1.0);
        // The same corruption after every epoch, so that only the weights change between losses.
        let valid_loss = match plan.valid {
            [] => None,
            valid => Some(mean_loss(*engine, Wanted::of(plan), valid, 0)?),
        };
        if let Some(loss) = valid_loss.filter(|loss| !loss.is_finite()) {
            return Err(self.diverged("validation loss", loss, epoch));
        }
        let error = choice.and_then(|choice| choice.error).filter(|_| !plan.valid.is_empty());
        let valid_error = error.map(|error| error(*engine)).transpose()?;
        self.history.train_loss.push(train_loss);
        self.history.valid_loss.extend(valid_loss);
        self.history.valid_error.extend(valid_error);
        if let (Some(_), Some(loss)) = (choice, valid_loss) {
            let measure = (valid_error.unwrap_or_default(), loss);
            if self.best.as_ref().is_none_or(|best| measure < best.measure) {
                let parameters = engine.parameters();
                self.best = Some(Best { epoch: epoch + 1, measure, parameters });
            }
        }
        let learning_rate = plan.rate(epoch, self.place.batches.saturating_sub(1));
        self.place = Place { epoch: epoch + 1, presented: self.place.presented, ..Place::default() };
        let epochs = plan.epochs;
        let flow = self.run.event(&Event::Epoch {
            epoch: epoch + 1,
            epochs,
            train_loss,
            valid_loss,
            valid_error,
            learning_rate,
            noise,
        });
        Ok(flow.or(self.run.network(self.engine)))
    }

    /// The error that a loss became infinite or NaN.
    fn diverged(&self, what: &str, loss: f64, epoch: usize) -> Error {
        let losses = [&self.history.train_loss[..], &[loss]].concat();
        let cause = Cause::of(self.engine.task(), self.plan, &losses);
        Error::numerical(cause.added_to(format!("training: the {what} became {loss} in epoch {}", epoch + 1)))
    }

    /// Writes a checkpoint if it is time, or if the training stops.
    fn write_if_due(&mut self, flow: Flow) -> Flow {
        if !self.run.is_due(flow) {
            return flow;
        }
        let checkpoint = Checkpoint {
            place: self.place,
            history: self.history.clone(),
            state: self.engine.state(),
            best: self.best.clone(),
            finished: false,
        };
        flow.or(self.run.write(|| checkpoint))
    }
}

/// The parameters of a trained engine.
///
/// # Errors
/// If the last step made one of them infinite or NaN.
pub(crate) fn finite_parameters(engine: &dyn Train, plan: &Plan<'_>) -> Result<Parameters> {
    let parameters = engine.parameters();
    let finite = |values: &[f32]| values.iter().all(|value| value.is_finite());
    if !parameters.layers.iter().all(|layer| finite(&layer.weights) && finite(&layer.bias)) {
        let cause = Cause::of(engine.task(), plan, &[f64::NAN]);
        let problem = "training: a weight became infinite or NaN in the last step";
        return Err(Error::numerical(cause.added_to(problem.into())));
    }
    Ok(parameters)
}
