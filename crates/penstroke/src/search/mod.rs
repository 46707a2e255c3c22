//! Searches the configuration of a stack and of its fine-tuning, on validation samples alone.
//!
//! A [`Space`] lists values for the corruption, the width, the depth and the two learning rates; a [`Trial`] is one point of
//! it under one seed: a stack is trained greedily without labels, fine-tuned, and judged by the lowest error that an epoch
//! of fine-tuning reaches on the validation samples. Trials run side by side, one thread each, in an order that the space
//! decides. The result of a trial depends on nothing but the trial, so that a search that was interrupted and resumed has the
//! same table as one that was not.
//!
//! ```
//! use penstroke::data::{Part, strokes};
//! use penstroke::search::{Judge, Space, Table, Unwatched};
//! use penstroke::{Config, FineTuning};
//! let (train, valid) = (strokes::generate(0, Part::Train, 200)?, strokes::generate(0, Part::Test, 100)?);
//! let space = Space {
//!     corruption: vec!["none".parse()?, "masking:0.25".parse()?],
//!     hidden: vec![20],
//!     base: Config { epochs: 1, ..Config::default() },
//!     tuning: FineTuning { epochs: 2, ..FineTuning::default() },
//!     ..Space::default()
//! };
//! let judge = Judge { space: &space, train: &train, valid: &valid };
//! let mut outcomes = Vec::new();
//! judge.run(&[], 2, &Unwatched, &mut |outcome| Ok(outcomes.push(outcome)))?;
//! assert_eq!(Table::of(&outcomes)?.rows.len(), 2);
//! # Ok::<(), penstroke::Error>(())
//! ```

mod record;
mod table;

pub use record::Record;
pub use table::{Row, Table};

use crate::data::Dataset;
use crate::{Classifier, Config, Corruption, Error, Event, FineTuning, Flow, Result, Stack};
use penstroke_engine::philox::{Draws, Purpose};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// The most trials of a search.
const MAX_TRIALS: usize = 10_000;

/// What is tried: every combination of these values.
#[derive(Clone, Debug, PartialEq)]
pub struct Space {
    /// Damage to the input of every layer while it is trained.
    pub corruption: Vec<Corruption>,
    /// Units of every layer.
    pub hidden: Vec<usize>,
    /// How many layers.
    pub depth: Vec<usize>,
    /// Of the layers, without labels.
    pub learning_rate: Vec<f64>,
    /// Of fine-tuning.
    pub tuning_rate: Vec<f64>,
    /// How many seeds every combination is tried with, at least 1: 0, 1, … added to those of `base` and `tuning`.
    pub seeds: usize,
    /// Everything else about the layers.
    pub base: Config,
    /// Everything else about fine-tuning.
    pub tuning: FineTuning,
}

impl Default for Space {
    /// One layer of the usual size, and masking from 0 to 0.55.
    fn default() -> Self {
        let (base, tuning) = (Config::default(), FineTuning::default());
        let masking = |q| Corruption::new(vec![crate::corruption::Term::Masking(q)]).unwrap_or_default();
        Self {
            corruption: [Corruption::NONE].into_iter().chain([0.1, 0.25, 0.4, 0.55].map(masking)).collect(),
            hidden: vec![base.hidden],
            depth: vec![1],
            learning_rate: vec![base.learning_rate],
            tuning_rate: vec![tuning.learning_rate],
            seeds: 1,
            base,
            tuning,
        }
    }
}

/// One point of a space.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// See [`Space`].
    pub corruption: Corruption,
    /// Units of every layer.
    pub hidden: usize,
    /// Layers.
    pub depth: usize,
    /// Of the layers.
    pub learning_rate: f64,
    /// Of fine-tuning.
    pub tuning_rate: f64,
    /// Which of the seeds, from 0.
    pub seed: u64,
}

impl Trial {
    /// The same point under seed 0: what trials that differ in their seed alone have in common.
    #[must_use]
    pub fn point(&self) -> Self {
        Self { seed: 0, ..self.clone() }
    }
}

/// A trial and how it went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// What was tried.
    pub trial: Trial,
    /// Share of the validation samples that the best epoch of fine-tuning got wrong.
    pub valid_error: f64,
    /// That epoch, from 1.
    pub epoch: usize,
    /// What it cost, by the watch of the one who searched.
    pub seconds: f64,
}

impl Space {
    /// Every trial, in the order in which they are made: all points with the first seed, then with the next; points in
    /// random order, so that a search cut short has seen all of the space.
    ///
    /// # Errors
    /// If a list is empty or holds a value twice, a configuration is wrong, or there are more than ten thousand trials.
    pub fn trials(&self) -> Result<Vec<Trial>> {
        fn check<T: PartialEq + std::fmt::Display>(option: &str, values: &[T]) -> Result<usize> {
            if values.is_empty() {
                return Err(Error::input(option, "has no values; at least one is needed"));
            }
            match values.iter().enumerate().find(|(k, value)| values[..*k].contains(value)) {
                None => Ok(values.len()),
                Some((_, value)) => Err(Error::input(option, format!("{value} is there twice"))),
            }
        }
        let counts = [
            check("corruption", &self.corruption)?,
            check("hidden", &self.hidden)?,
            check("depth", &self.depth)?,
            check("learning-rate", &self.learning_rate)?,
            check("tuning-rate", &self.tuning_rate)?,
            self.seeds,
        ];
        let n = counts.iter().try_fold(1usize, |n, &count| n.checked_mul(count));
        match n {
            Some(1..=MAX_TRIALS) => {}
            Some(0) => return Err(Error::input("seeds", "0; at least 1 is needed")),
            _ => {
                return Err(Error::input(
                    "search",
                    format!("more than {MAX_TRIALS} trials; list fewer values"),
                ));
            }
        }
        if self.depth.contains(&0) {
            return Err(Error::input("depth", "0 layers; at least 1 is needed"));
        }
        let mut points = Vec::new();
        for corruption in &self.corruption {
            for &hidden in &self.hidden {
                for &depth in &self.depth {
                    for &learning_rate in &self.learning_rate {
                        for &tuning_rate in &self.tuning_rate {
                            let corruption = corruption.clone();
                            points.push(Trial {
                                corruption,
                                hidden,
                                depth,
                                learning_rate,
                                tuning_rate,
                                seed: 0,
                            });
                        }
                    }
                }
            }
        }
        for point in &points {
            let (layers, tuning) = self.configs(point);
            layers[0].check()?;
            tuning.check()?;
        }
        let mut trials = Vec::new();
        for seed in 0..self.seeds as u64 {
            let mut points = points.clone();
            Draws::new(self.base.seed, Purpose::Resample).at(0, seed as u32).sequence().shuffle(&mut points);
            trials.extend(points.into_iter().map(|point| Trial { seed, ..point }));
        }
        Ok(trials)
    }

    /// The configurations of a trial: of every layer, and of fine-tuning. Each runs on one thread.
    #[must_use]
    pub fn configs(&self, trial: &Trial) -> (Vec<Config>, FineTuning) {
        let layer = Config {
            hidden: trial.hidden,
            corruption: trial.corruption.clone(),
            learning_rate: trial.learning_rate,
            // Judged by labels, later.
            valid: 0.0,
            seed: self.base.seed.wrapping_add(trial.seed),
            threads: 1,
            ..self.base.clone()
        };
        let tuning = FineTuning {
            learning_rate: trial.tuning_rate,
            seed: self.tuning.seed.wrapping_add(trial.seed),
            threads: 1,
            ..self.tuning.clone()
        };
        (vec![layer; trial.depth], tuning)
    }
}

/// Decides when a search ends, and tells it the time.
pub trait Watch: Sync {
    /// Whether another trial may begin; asked by every thread.
    fn may_begin(&self) -> bool;
    /// Whether the running trials go on; if not, they leave nothing.
    fn goes_on(&self) -> bool;
    /// Seconds since some moment, for the record.
    fn seconds(&self) -> f64;
}

/// Lets everything run, and has no clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn may_begin(&self) -> bool {
        true
    }
    fn goes_on(&self) -> bool {
        true
    }
    fn seconds(&self) -> f64 {
        0.0
    }
}

/// Samples to try a space on.
#[derive(Clone, Copy, Debug)]
pub struct Judge<'a> {
    /// What is tried.
    pub space: &'a Space,
    /// Labelled samples to learn from.
    pub train: &'a Dataset,
    /// Labelled samples to judge by.
    pub valid: &'a Dataset,
}

impl Judge<'_> {
    /// Makes the trials of which no outcome is in `done`, `n_threads` of them at a time, and hands every outcome to `keep`.
    ///
    /// # Errors
    /// If the space is wrong, or a trial fails for another reason than numbers that left the finite ones (which counts as
    /// having got everything wrong), or `keep` fails; the other trials are then given up.
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
                    while watch.may_begin() && !give_up.load(Ordering::Relaxed) {
                        let Some(trial) = trials.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
                        let goes_on = || watch.goes_on() && !give_up.load(Ordering::Relaxed);
                        let began = watch.seconds();
                        let outcome = self.outcome(trial, &goes_on).transpose();
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

    /// Makes one trial; nothing if it was not to go on.
    fn outcome(&self, trial: &Trial, goes_on: &dyn Fn() -> bool) -> Result<Option<Outcome>> {
        let (layers, tuning) = self.space.configs(trial);
        let mut observer = |_: &Event| if goes_on() { Flow::Continue } else { Flow::Stop };
        let tried = Stack::fit(&layers, self.train, &mut observer)
            .and_then(|stack| Classifier::fit(&stack, &tuning, self.train, Some(self.valid), &mut observer));
        let (valid_error, epoch) = match &tried {
            _ if !goes_on() => return Ok(None),
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
