//! Searches for the best configuration of a stack and its fine-tuning, using validation samples alone.
//!
//! A [`Space`] lists values for the corruption, the width, the depth and the two learning rates. A [`Trial`] is one point of
//! the space with one seed: a stack is trained greedily without labels, fine-tuned, and judged by the lowest validation error
//! of any epoch. Trials run in parallel, one thread each, in an order fixed by the space. The result of a trial depends only
//! on the trial, so an interrupted and resumed search gives the same table as an uninterrupted one.
//!
//! ```
//! use penstroke::data::{Part, strokes};
//! use penstroke::search::{Judge, Space, Ranking, Unwatched};
//! use penstroke::{AutoencoderConfig, SupervisedConfig};
//! let (train, valid) = (strokes::generate(0, Part::Train, 200)?, strokes::generate(0, Part::Test, 100)?);
//! let space = Space {
//!     corruption: vec!["none".parse()?, "masking:0.25".parse()?],
//!     hidden: vec![20],
//!     base: AutoencoderConfig::default().epochs(1),
//!     tuning: SupervisedConfig::default().epochs(2),
//!     ..Space::default()
//! };
//! let judge = Judge { space: &space, train: &train, valid: &valid };
//! let mut outcomes = Vec::new();
//! judge.run(&[], 2, &Unwatched, &mut |outcome| Ok(outcomes.push(outcome)))?;
//! assert_eq!(Ranking::of(&outcomes)?.rows.len(), 2);
//! # Ok::<(), penstroke::Error>(())
//! ```

mod record;
mod table;

pub use record::{Record, RecordFile};
pub use table::{Ranked, Ranking};

use crate::data::Dataset;
use crate::{
    AutoencoderConfig, Classifier, Corruption, Error, Event, Flow, Result, Run, Stack, SupervisedConfig,
};
use penstroke_engine::philox::{Draws, Purpose};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// Largest number of trials in a search.
const MAX_TRIALS: usize = 10_000;

/// The space of a search: all combinations of these values.
#[derive(Clone, Debug, PartialEq)]
pub struct Space {
    /// Corruption of the input of every layer during its training.
    pub corruption: Vec<Corruption>,
    /// Hidden units of every layer.
    pub hidden: Vec<usize>,
    /// Numbers of layers.
    pub depth: Vec<usize>,
    /// Learning rates of the layers, which train without labels.
    pub learning_rate: Vec<f64>,
    /// Learning rates of fine-tuning.
    pub tuning_rate: Vec<f64>,
    /// Number of seeds per combination, at least 1: 0, 1, … are added to the seeds of `base` and `tuning`.
    pub seeds: usize,
    /// All other options of the layers.
    pub base: AutoencoderConfig,
    /// All other options of fine-tuning.
    pub tuning: SupervisedConfig,
}

impl Default for Space {
    /// One layer of the default size, with masking from 0 to 0.55.
    fn default() -> Self {
        let (base, tuning) = (AutoencoderConfig::default(), SupervisedConfig::default());
        let masking = |q| Corruption::new(vec![crate::config::Term::Masking(q)]).unwrap_or_default();
        Self {
            corruption: [Corruption::NONE].into_iter().chain([0.1, 0.25, 0.4, 0.55].map(masking)).collect(),
            hidden: vec![base.hidden],
            depth: vec![1],
            learning_rate: vec![base.training.learning_rate],
            tuning_rate: vec![tuning.training.learning_rate],
            seeds: 1,
            base,
            tuning,
        }
    }
}

/// One point of a space, with one seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// See [`Space`].
    pub corruption: Corruption,
    /// Hidden units of every layer.
    pub hidden: usize,
    /// Number of layers.
    pub depth: usize,
    /// Learning rate of the layers.
    pub learning_rate: f64,
    /// Learning rate of fine-tuning.
    pub tuning_rate: f64,
    /// Number of the seed, from 0.
    pub seed: u64,
}

impl Trial {
    /// The same point with seed 0, shared by trials that differ only in their seed.
    pub fn point(&self) -> Self {
        Self { seed: 0, ..self.clone() }
    }
}

/// A trial and its result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// The trial.
    pub trial: Trial,
    /// Validation error of the best epoch of fine-tuning, 0..=1.
    pub valid_error: f64,
    /// That epoch, from 1.
    pub epoch: usize,
    /// Seconds it took, by the caller's clock.
    pub seconds: f64,
}

impl Space {
    /// All trials in the order in which they run: all points with the first seed, then with the next. Points are in
    /// random order, so that an interrupted search has covered the whole space.
    ///
    /// # Errors
    /// If a list is empty or repeats a value, if a configuration is invalid, or if there are more than ten thousand trials.
    pub fn trials(&self) -> Result<Vec<Trial>> {
        fn check<T: PartialEq + std::fmt::Display>(option: &'static str, values: &[T]) -> Result<usize> {
            if values.is_empty() {
                return Err(Error::option(option, "has no values; at least one is needed"));
            }
            match values.iter().enumerate().find(|(k, value)| values[..*k].contains(value)) {
                None => Ok(values.len()),
                Some((_, value)) => Err(Error::option(option, format!("{value} is listed twice"))),
            }
        }
        let counts = [
            check("corruption", &self.corruption)?,
            check("hidden", &self.hidden)?,
            check("depth", &self.depth)?,
            check("learning_rate", &self.learning_rate)?,
            check("tuning_rate", &self.tuning_rate)?,
            self.seeds,
        ];
        let n = counts.iter().try_fold(1usize, |n, &count| n.checked_mul(count));
        match n {
            Some(1..=MAX_TRIALS) => {}
            Some(0) => return Err(Error::option("seeds", "0; at least 1 is needed")),
            _ => {
                return Err(Error::input(
                    "search",
                    format!("more than {MAX_TRIALS} trials; list fewer values"),
                ));
            }
        }
        if self.depth.contains(&0) {
            return Err(Error::option("depth", "0 layers; at least 1 is needed"));
        }
        let points = self.points();
        for point in &points {
            let (layers, tuning) = self.configs(point);
            layers[0].check()?;
            tuning.check()?;
        }
        let mut trials = Vec::new();
        for seed in 0..self.seeds as u64 {
            let mut points = points.clone();
            Draws::new(self.base.training.seed, Purpose::Resample)
                .at(0, seed as u32)
                .sequence()
                .shuffle(&mut points);
            trials.extend(points.into_iter().map(|point| Trial { seed, ..point }));
        }
        Ok(trials)
    }

    /// All combinations, with seed 0.
    fn points(&self) -> Vec<Trial> {
        let mut points = Vec::new();
        for corruption in &self.corruption {
            for (&hidden, &depth) in self.hidden.iter().flat_map(|h| self.depth.iter().map(move |d| (h, d))) {
                for &learning_rate in &self.learning_rate {
                    points.extend(self.tuning_rate.iter().map(|&tuning_rate| {
                        let corruption = corruption.clone();
                        Trial { corruption, hidden, depth, learning_rate, tuning_rate, seed: 0 }
                    }));
                }
            }
        }
        points
    }

    /// The configurations of a trial, for every layer and for fine-tuning. Each runs on one thread.
    pub fn configs(&self, trial: &Trial) -> (Vec<AutoencoderConfig>, SupervisedConfig) {
        // Validation happens later, with labels.
        let layer = AutoencoderConfig { hidden: trial.hidden, ..self.base.clone() }
            .corruption(trial.corruption.clone())
            .learning_rate(trial.learning_rate)
            .valid(0.0)
            .seed(self.base.training.seed.wrapping_add(trial.seed))
            .threads(1);
        let tuning = self
            .tuning
            .clone()
            .learning_rate(trial.tuning_rate)
            .seed(self.tuning.training.seed.wrapping_add(trial.seed))
            .threads(1);
        (vec![layer; trial.depth], tuning)
    }
}

/// Decides when a search ends, and provides the clock.
pub trait Watch: Sync {
    /// Whether another trial may start; called from every thread.
    fn may_start(&self) -> bool;
    /// Whether running trials continue; if not, they end without a result.
    fn may_continue(&self) -> bool;
    /// Seconds since a fixed time, for the record.
    fn seconds(&self) -> f64;
}

/// Runs every trial to its end, without a clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn may_start(&self) -> bool {
        true
    }
    fn may_continue(&self) -> bool {
        true
    }
    fn seconds(&self) -> f64 {
        0.0
    }
}

/// A space and the samples to judge its points by.
#[derive(Clone, Copy, Debug)]
pub struct Judge<'a> {
    /// The space.
    pub space: &'a Space,
    /// Labelled training samples.
    pub train: &'a Dataset,
    /// Labelled validation samples.
    pub valid: &'a Dataset,
}

impl Judge<'_> {
    /// Runs the trials that have no outcome in `done`, `n_threads` at a time, and passes every outcome to `keep`.
    ///
    /// A trial whose loss becomes infinite or NaN counts as an error of 1.
    ///
    /// # Errors
    /// If the space is invalid, if a trial fails, or if `keep` fails; the other trials are then abandoned.
    pub fn run(
        &self,
        done: &[Outcome],
        n_threads: usize,
        watch: &dyn Watch,
        keep: &mut dyn FnMut(Outcome) -> Result<()>,
    ) -> Result<()> {
        let mut trials = self.space.trials()?;
        trials.retain(|trial| !done.iter().any(|outcome| outcome.trial == *trial));
        let next = AtomicUsize::new(0);
        let give_up = std::sync::atomic::AtomicBool::new(false);
        let (tell, told) = mpsc::channel();
        std::thread::scope(|scope| {
            for _ in 0..n_threads.clamp(1, trials.len().max(1)) {
                let (tell, trials, next, give_up) = (tell.clone(), &trials, &next, &give_up);
                scope.spawn(move || {
                    while watch.may_start() && !give_up.load(Ordering::Relaxed) {
                        let Some(trial) = trials.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
                        let may_continue = || watch.may_continue() && !give_up.load(Ordering::Relaxed);
                        let began = watch.seconds();
                        let outcome = self.outcome(trial, &may_continue).transpose();
                        let outcome = outcome.map(|outcome| {
                            outcome.map(|outcome| Outcome { seconds: watch.seconds() - began, ..outcome })
                        });
                        if outcome.is_some_and(|outcome| tell.send(outcome).is_err()) {
                            break;
                        }
                    }
                });
            }
            drop(tell);
            let mut result = Ok(());
            for outcome in told {
                if result.is_ok() {
                    result = outcome.and_then(&mut *keep);
                    give_up.store(result.is_err(), Ordering::Relaxed);
                }
            }
            result
        })
    }

    /// Trains the classifier of a trial, for instance to test the winner; `None` if it had to stop.
    ///
    /// # Errors
    /// If training fails.
    pub fn classifier(&self, trial: &Trial, watch: &dyn Watch) -> Result<Option<Classifier>> {
        let classifier = self.trained(trial, &|| watch.may_continue())?;
        Ok(watch.may_continue().then_some(classifier))
    }

    fn trained(&self, trial: &Trial, may_continue: &dyn Fn() -> bool) -> Result<Classifier> {
        let (layers, tuning) = self.space.configs(trial);
        let mut observer = |_: &Event| if may_continue() { Flow::Continue } else { Flow::Stop };
        let mut run = Run::new().observer(&mut observer);
        let stack = Stack::fit(&layers, self.train, &mut run)?;
        Classifier::fit(&stack, &tuning, self.train, Some(self.valid), &mut run)
    }

    /// Runs one trial; `None` if it had to stop.
    fn outcome(&self, trial: &Trial, may_continue: &dyn Fn() -> bool) -> Result<Option<Outcome>> {
        let tried = self.trained(trial, may_continue);
        let (valid_error, epoch) = match &tried {
            _ if !may_continue() => return Ok(None),
            Ok(classifier) => {
                let history = classifier.history();
                let epoch = history.best_epoch.unwrap_or(1);
                (history.valid_error.get(epoch - 1).copied().unwrap_or(1.0), epoch)
            }
            Err(Error::Numerical { .. }) => (1.0, 1),
            Err(_) => return tried.map(|_| None),
        };
        Ok(Some(Outcome { trial: trial.clone(), valid_error, epoch, seconds: 0.0 }))
    }
}

#[cfg(test)]
mod tests;
