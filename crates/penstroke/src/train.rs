//! The training loop, the only one: whatever is trained is an engine's network.

pub use crate::history::History;
pub use crate::plan::Plan;

use crate::checkpoint::{Best, Checkpoint, Fingerprint, Place};
use crate::data::{Enough, Gathered, Samples, each_batch};
use crate::{Error, Event, Flow, Observer, Result};
use penstroke_engine::philox::{Draws, Purpose};
use penstroke_engine::{Answers, Batch, State, Step, Target, Task, Train};

/// Samples whose loss is measured at a time.
pub(crate) const MEASURED_AT_ONCE: usize = 1024;

/// How wrong an engine is; less is better.
pub type Measure<'a> = dyn Fn(&dyn Train) -> Result<f64> + 'a;

/// Keeps the weights of the best epoch: that of the lowest error on the validation samples, of equals the one of the lowest
/// loss. Without such samples the last one's are kept.
pub struct Choice<'a> {
    /// How wrong an engine is on the validation samples now; less is better. None: the loss alone decides.
    pub error: Option<&'a Measure<'a>>,
    /// After how many epochs without a better one training ends; none, and it goes on to the last.
    pub patience: Option<usize>,
    /// By how much a loss must be lower to be better in this respect, where the loss alone decides.
    pub tolerance: f64,
}

impl Choice<'_> {
    /// How many of the latest epochs were no better.
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

/// Trains until the plan is done or the observer stops it.
///
/// Every epoch presents every sample once, in an order that seed and epoch decide, corrupted afresh. A corruption that moves is
/// as it begins in the first of these epochs and as it ends in the last; samples that are only measured on meet its end at once, so
/// that their losses can be compared.
///
/// # Errors
/// If a loss leaves the finite numbers, which a lower learning rate prevents. The last step of all is followed by no
/// loss if nothing is set aside: the caller checks the parameters. If a checkpoint cannot be read or written.
pub fn train(engine: &mut dyn Train, plan: &Plan<'_>, observer: &mut dyn Observer) -> Result<History> {
    train_choosing(engine, plan, None, observer)
}

/// The same, and the engine ends with the weights of the best epoch if there is a choice.
///
/// # Errors
/// As [`train`].
pub fn train_choosing(
    engine: &mut dyn Train,
    plan: &Plan<'_>,
    choice: Option<&Choice<'_>>,
    observer: &mut dyn Observer,
) -> Result<History> {
    let kept = kept_of(engine, plan, choice, observer)?;
    let mut run = Run {
        engine,
        plan,
        choice,
        observer,
        place: Place::default(),
        history: History::default(),
        best: None,
    };
    if let Some(Checkpoint { place, history, state, best, finished }) = kept {
        run.engine.set_state(&state);
        if finished {
            // Observers that count trainings count it too; nothing is left to stop.
            let (epochs, samples) = (plan.training.epochs, plan.train.len());
            run.observer.observe(&Event::Begin { epochs, samples, presented: place.presented });
            return Ok(history);
        }
        (run.place, run.history, run.best) = (place, History { stopped: false, ..history }, best);
    }
    run.epochs()?;
    let Run { engine, observer, place, mut history, best, .. } = run;
    if let Some(best) = best {
        // Only what came after it is undone.
        if best.epoch < history.train_loss.len() || history.epochs_begun > history.train_loss.len() {
            engine.set_state(&State { parameters: best.parameters, ..engine.state() });
        }
        history.best_epoch = Some(best.epoch);
    }
    if let Some(checkpoints) = observer.checkpoints().filter(|_| !history.stopped) {
        let state = engine.state();
        checkpoints.keep(&Checkpoint {
            place,
            history: history.clone(),
            state,
            best: None,
            finished: true,
        })?;
    }
    Ok(history)
}

/// What a checkpoint holds of this training, if the observer keeps some.
fn kept_of(
    engine: &dyn Train,
    plan: &Plan<'_>,
    choice: Option<&Choice<'_>>,
    observer: &mut dyn Observer,
) -> Result<Option<Checkpoint>> {
    let Some(checkpoints) = observer.checkpoints() else { return Ok(None) };
    let mut print = Fingerprint::of(engine.task(), &engine.state().parameters, plan)?;
    print.text(&format!("{:?}", choice.map(|choice| choice.patience)));
    if let Some(Choice { error: None, tolerance, .. }) = choice {
        print.text(&format!("{tolerance:?}"));
    }
    checkpoints.next_training(engine.network(), print.finish())
}

/// A training under way.
struct Run<'a, 'p> {
    engine: &'a mut dyn Train,
    plan: &'a Plan<'p>,
    choice: Option<&'a Choice<'a>>,
    observer: &'a mut dyn Observer,
    place: Place,
    history: History,
    best: Option<Best>,
}

impl Run<'_, '_> {
    /// From the place on.
    fn epochs(&mut self) -> Result<()> {
        let plan = self.plan;
        let presented = self.place.presented;
        let begin = Event::Begin { epochs: plan.training.epochs, samples: plan.train.len(), presented };
        if self.observer.observe(&begin) == Flow::Stop {
            self.history.stopped = true;
            return self.keep(Flow::Stop);
        }
        let mut order = plan.train.to_vec();
        for epoch in self.place.epoch..plan.training.epochs {
            order.copy_from_slice(plan.train);
            let number = (plan.first_epoch + epoch) as u32;
            Draws::new(plan.training.seed, Purpose::Shuffle).at(number, 0).sequence().shuffle(&mut order);
            if self.batches(epoch, &order)? == Flow::Stop {
                self.history.stopped = true;
                return Ok(());
            }
            if self.measure(epoch)? == Flow::Stop {
                self.history.stopped = epoch + 1 < plan.training.epochs;
                return self.keep(Flow::Stop);
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

    /// The rest of an epoch.
    fn batches(&mut self, epoch: usize, order: &[u32]) -> Result<Flow> {
        let plan = self.plan;
        self.history.epochs_begun = epoch + 1;
        plan.move_corruption(self.engine, epoch as f64 / (plan.training.epochs - 1).max(1) as f64);
        let done = (self.place.batches * plan.batch()).min(order.len());
        let mut flow = Flow::Continue;
        let answers = answers(self.engine.task(), plan.data, plan.targets);
        each_batch(plan.data, &order[done..], plan.batch(), |samples| {
            let place = &mut self.place;
            let learning_rate = plan.rate(epoch, place.batches);
            let step = Step { epoch: (plan.first_epoch + epoch) as u32, learning_rate };
            let loss = self.engine.step(&batch(&answers, samples), step);
            check_finite("loss", loss, epoch, plan)?;
            place.batches += 1;
            place.sum += loss * samples.indices.len() as f64;
            place.seen += samples.indices.len();
            place.presented += samples.indices.len() as u64;
            let loss = place.sum / place.seen as f64;
            let event = Event::Batch { epoch: epoch + 1, presented: place.presented, loss };
            flow = self.observer.observe(&event);
            self.keep(flow)?;
            Ok(if flow == Flow::Stop { Enough::Yes } else { Enough::No })
        })?;
        Ok(flow)
    }

    /// The end of an epoch.
    fn measure(&mut self, epoch: usize) -> Result<Flow> {
        let Self { engine, plan, choice, .. } = self;
        let train_loss = self.place.sum / self.place.seen.max(1) as f64;
        let noise = engine.task().objective.corruption.iter().map(|noise| noise.level()).collect();
        plan.move_corruption(*engine, 1.0);
        // Always the same damage, so that only the weights change from one epoch's figure to the next.
        let valid_loss = match plan.valid {
            [] => None,
            valid => Some(mean_loss(*engine, plan.data, plan.targets, valid, 0)?),
        };
        if let Some(loss) = valid_loss {
            check_finite("validation loss", loss, epoch, plan)?;
        }
        let error = choice.and_then(|choice| choice.error).filter(|_| !plan.valid.is_empty());
        let valid_error = error.map(|error| error(*engine)).transpose()?;
        self.history.train_loss.push(train_loss);
        self.history.valid_loss.extend(valid_loss);
        self.history.valid_error.extend(valid_error);
        if let (Some(_), Some(loss)) = (choice, valid_loss) {
            let measure = (valid_error.unwrap_or_default(), loss);
            if self.best.as_ref().is_none_or(|best| measure < best.measure) {
                let parameters = engine.state().parameters;
                self.best = Some(Best { epoch: epoch + 1, measure, parameters });
            }
        }
        let learning_rate = plan.rate(epoch, self.place.batches.saturating_sub(1));
        self.place = Place { epoch: epoch + 1, presented: self.place.presented, ..Place::default() };
        let epochs = plan.training.epochs;
        let flow = self.observer.observe(&Event::Epoch {
            epoch: epoch + 1,
            epochs,
            train_loss,
            valid_loss,
            valid_error,
            learning_rate,
            noise,
        });
        self.observer.network(self.engine);
        Ok(flow)
    }

    /// Keeps this moment if it is time, or the last chance.
    fn keep(&mut self, flow: Flow) -> Result<()> {
        let Some(checkpoints) = self.observer.checkpoints() else { return Ok(()) };
        if flow == Flow::Continue && !checkpoints.is_due() {
            return Ok(());
        }
        checkpoints.keep(&Checkpoint {
            place: self.place,
            history: self.history.clone(),
            state: self.engine.state(),
            best: self.best.clone(),
            finished: false,
        })
    }
}

fn check_finite(what: &str, loss: f64, epoch: usize, plan: &Plan<'_>) -> Result<()> {
    if loss.is_finite() {
        return Ok(());
    }
    let (epoch, learning_rate) = (epoch + 1, plan.training.learning_rate);
    let problem = crate::error::Problem::from(format!("training: the {what} became {loss} in epoch {epoch}"));
    Err(Error::numerical(problem.lower("learning_rate", learning_rate)))
}

/// The mean loss of some samples, corrupted with the numbers of evaluation `draw`; a few at a time, since they may not fit
/// into memory.
pub(crate) fn mean_loss(
    engine: &mut dyn Train,
    data: &dyn Samples,
    targets: Option<&[f32]>,
    indices: &[u32],
    draw: u32,
) -> Result<f64> {
    let mut sum = 0.0;
    let answers = answers(engine.task(), data, targets);
    each_batch(data, indices, MEASURED_AT_ONCE, |samples| {
        sum += engine.loss(&batch(&answers, samples), draw) * samples.indices.len() as f64;
        Ok(Enough::No)
    })?;
    Ok(sum / indices.len().max(1) as f64)
}

/// What the outputs of each head are compared with.
fn answers<'a>(task: &Task, data: &'a dyn Samples, targets: Option<&'a [f32]>) -> Vec<Answers<'a>> {
    let answers = task.objective.heads.iter().map(|head| match head.target {
        Target::Input => Answers::Input,
        Target::Labels => Answers::Labels(data.labels().unwrap_or_default()),
        Target::Values => Answers::Values(targets.unwrap_or_default()),
    });
    answers.collect()
}

fn batch<'a>(answers: &'a [Answers<'a>], samples: Gathered<'a>) -> Batch<'a> {
    let Gathered { rows, alone, indices } = samples;
    Batch { gathered: alone, answers, ..Batch::new(rows, indices) }
}
