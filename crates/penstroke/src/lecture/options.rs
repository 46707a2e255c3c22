//! Options of the lecture, and the progress of a run.

use crate::checkpoint::Checkpoints;
use crate::data::{Dataset, Source};
use crate::{Autoencoder, AutoencoderConfig, Error, Event, Flow, Result, Run};
use std::path::PathBuf;

/// Options of the lecture.
#[derive(Clone, Debug)]
pub struct LectureOptions {
    /// Source of labelled grey pictures with values in `0..=1`.
    pub digits: Source,
    /// Source of the pictures from which patches are cut.
    pub scenes: Source,
    /// Number of times that every model is trained, with seeds `seed .. seed + seeds`; at least 1.
    pub seeds: usize,
    /// The first seed.
    pub seed: u64,
    /// How thorough the run is.
    pub pace: Pace,
    /// How many times as long as usual every model is trained; at least 1.
    pub longer: usize,
    /// Number of threads; 0 means one per processor. Results do not depend on it.
    pub threads: usize,
    /// Folder that holds the named data sets.
    pub data_dir: PathBuf,
    /// Names of the classes of the digits, in the order of their labels; `None` takes the names that the source has, or else the
    /// labels. The models do not depend on them.
    pub class_names: Option<Vec<String>>,
    /// The command that the page and `results.json` name, if there is one.
    pub command: Option<String>,
    /// The command that trains longer, for the page to name if a claim is not decided.
    pub longer_command: Option<String>,
}

/// How thorough a run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// Few samples, in about a minute.
    Quick,
    /// Generated sources in a few minutes, other sources in full.
    #[default]
    Normal,
}

impl Default for LectureOptions {
    fn default() -> Self {
        Self {
            digits: Source::Strokes,
            scenes: Source::Leaves,
            seeds: 1,
            seed: 0,
            pace: Pace::Normal,
            longer: 1,
            threads: 0,
            data_dir: PathBuf::new(),
            class_names: None,
            command: None,
            longer_command: None,
        }
    }
}

impl LectureOptions {
    /// What decides which models are trained, apart from the content of the sources.
    pub(super) fn trainings(&self) -> String {
        let Self { digits, scenes, seeds, seed, pace, longer, .. } = self;
        let Self { threads: _, data_dir: _, class_names: _, command: _, longer_command: _, .. } = self;
        format!("lecture {digits:?} {scenes:?} {seeds} {seed} {pace:?} {longer}")
    }
}

/// Progress of a run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum LectureProgress<'a> {
    /// A step begins.
    Step {
        /// Description of the step.
        name: &'a str,
        /// Number of the step, from 1.
        number: usize,
        /// Total number of steps.
        of: usize,
    },
    /// An event in the training of this step.
    Training(&'a Event),
}

/// Reports progress to the observer, and stops the run when the observer asks for it.
pub(super) struct Watch<'a> {
    pub(super) observer: &'a mut dyn FnMut(&LectureProgress<'_>) -> Flow,
    pub(super) number: usize,
    pub(super) of: usize,
    pub(super) checkpoints: Option<&'a mut Checkpoints>,
}

impl Watch<'_> {
    pub(super) fn step(&mut self, name: &str) -> Result<()> {
        self.number += 1;
        let step = LectureProgress::Step { name, number: self.number, of: self.of };
        if (self.observer)(&step) == Flow::Stop { Err(Error::Interrupted) } else { Ok(()) }
    }

    pub(super) fn fit(&mut self, config: &AutoencoderConfig, data: &Dataset) -> Result<Autoencoder> {
        let mut stopped = false;
        let mut observer = |event: &Event| {
            let flow = (self.observer)(&LectureProgress::Training(event));
            stopped |= flow == Flow::Stop;
            flow
        };
        let mut run = Run::new().observer(&mut observer);
        if let Some(checkpoints) = self.checkpoints.as_deref_mut() {
            run = run.checkpoints(checkpoints);
        }
        let model = Autoencoder::fit(config, data, &mut run)?;
        if stopped { Err(Error::Interrupted) } else { Ok(model) }
    }
}
