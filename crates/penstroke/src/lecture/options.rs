//! Options of the lecture, and the progress of a run.

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
    /// Number of threads; 0 means one per processor. Results do not depend on it.
    pub threads: usize,
    /// Folder that holds the named data sets.
    pub data_dir: PathBuf,
}

/// How thorough a run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// Few samples and short training, in well under a minute.
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
            threads: 0,
            data_dir: PathBuf::new(),
        }
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
        let model = Autoencoder::fit(config, data, &mut Run::new().observer(&mut observer))?;
        if stopped { Err(Error::Interrupted) } else { Ok(model) }
    }
}
