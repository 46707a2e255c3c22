//! Checkpoints: a run that is killed at any moment continues from the last one, and ends with the same bytes as an unbroken run.
//!
//! A run is one training after another: one for an autoencoder, one for each layer of a stack. Every random number is a function
//! of seed, epoch and sample, so a checkpoint holds only the engine's state, the place in the epoch and the losses so far.
//! Trainings are numbered in the order of the run; each has a file in the folder, `1.safetensors`, `2.safetensors` and so on. The
//! file of a finished training keeps its result, and a resumed run skips that training. `docs/model-format.md` specifies the files.
//!
//! ```
//! use penstroke::checkpoint::Checkpoints;
//! use penstroke::data::{Part, strokes};
//! use penstroke::{Autoencoder, AutoencoderConfig, Event, Flow, Model, Run};
//! use std::time::Duration;
//!
//! # let temporary = tempfile::tempdir()?;
//! # let folder = temporary.path().join("run");
//! let every = Duration::from_secs(30);
//! let digits = strokes::generate(0, Part::Train, 200)?;
//! let config = AutoencoderConfig { hidden: 20, ..Default::default() }.epochs(3).batch(50);
//! let mut batches = 0;
//! let mut stop = |event: &Event| {
//!     batches += usize::from(matches!(event, Event::Batch { .. }));
//!     if batches == 3 { Flow::Stop } else { Flow::Continue }
//! };
//! let mut checkpoints = Checkpoints::begin(&folder, every)?;
//! Autoencoder::fit(&config, &digits, &mut Run::new().observer(&mut stop).checkpoints(&mut checkpoints))?;
//! drop(checkpoints);
//!
//! let mut checkpoints = Checkpoints::resume(&folder, every)?;
//! let model = Autoencoder::fit(&config, &digits, &mut Run::new().checkpoints(&mut checkpoints))?;
//! assert_eq!(model.to_bytes()?, Autoencoder::fit(&config, &digits, &mut Run::new())?.to_bytes()?);
//! checkpoints.remove()?;
//! assert!(!folder.exists());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod file;
mod fingerprint;

pub(crate) use file::{Best, Checkpoint, Place};
pub(crate) use fingerprint::fingerprint;
use fingerprint::of_command;

use crate::files::{FolderLock, write_atomic};
use crate::{Error, Result};
use penstroke_engine::Network;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A folder with the checkpoints of a run. While this value lives, no other run can use the folder.
#[derive(Debug)]
pub struct Checkpoints {
    folder: PathBuf,
    lock: FolderLock,
    every: Duration,
    resumes: bool,
    /// Whether the run began with checkpoints to continue from.
    continues: bool,
    /// The command that the trainings are part of, if their own fingerprints do not tell.
    command: String,
    /// The current training, counted from 1.
    training: usize,
    fingerprint: String,
    written: Instant,
    failure: Option<Error>,
    /// Whether the observers know that a checkpoint could not be written.
    is_told: bool,
}

impl Checkpoints {
    /// Starts a run. Creates the folder if it does not exist; `every` is the least time between two checkpoints.
    ///
    /// # Errors
    /// If the folder already holds checkpoints, is used by another run, or cannot be created or written to.
    pub fn begin(folder: impl AsRef<Path>, every: Duration) -> Result<Self> {
        let checkpoints = Self::new(folder.as_ref(), every, false)?;
        if checkpoints.continues {
            let error = Error::input(&checkpoints.folder, "holds checkpoints of an unfinished run");
            return Err(error.with("resume", "continue").hint("remove the folder"));
        }
        Ok(checkpoints)
    }

    /// Continues a run from its last checkpoint, or starts one if there is none.
    ///
    /// # Errors
    /// If the folder is used by another run, cannot be created or written to, or lacks some of a run's checkpoints.
    pub fn resume(folder: impl AsRef<Path>, every: Duration) -> Result<Self> {
        Self::new(folder.as_ref(), every, true)
    }

    fn new(folder: &Path, every: Duration, resumes: bool) -> Result<Self> {
        let lock = FolderLock::take(folder, "checkpoints")?;
        let numbers = numbers(folder)?;
        let missing = (1..).zip(&numbers).find(|(expected, found)| expected != *found);
        if let Some((missing, found)) = missing {
            let problem = format!(
                "holds {found}.safetensors but not {missing}.safetensors, so no run can continue from it"
            );
            return Err(Error::input(folder, problem)
                .hint("remove its checkpoints")
                .hint("name another folder"));
        }
        Ok(Self {
            folder: folder.to_owned(),
            lock,
            every,
            resumes,
            continues: !numbers.is_empty(),
            command: String::new(),
            training: 0,
            fingerprint: String::new(),
            written: Instant::now(),
            failure: None,
            is_told: false,
        })
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether a resumed run has a checkpoint to continue from.
    #[must_use]
    pub fn has_checkpoint(&self) -> bool {
        self.resumes && self.continues
    }

    /// Whether the folder holds no checkpoint: the run has not written any, or they cannot be read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        numbers(&self.folder).map_or(true, |numbers| numbers.is_empty())
    }

    /// Ties the trainings to a command, so that the first checkpoint of another one is refused even if its training is the same.
    #[cfg(feature = "lecture")]
    pub(crate) fn belong_to(&mut self, command: String) {
        self.command = command;
    }

    /// Why the last checkpoint could not be written; `None` if it was. Training goes on without it, and tries again when the next
    /// is due.
    #[must_use]
    pub fn failure(&self) -> Option<&Error> {
        self.failure.as_ref()
    }

    /// Removes the files, and the folder if it is empty then. Call it when the result of the run is saved.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn remove(self) -> Result<()> {
        // The last one first: after a kill the first ones are left, and the run continues from them.
        for number in numbers(&self.folder)?.into_iter().rev() {
            let file = self.file(number);
            match fs::remove_file(&file) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(Error::io(file, error)),
                _ => {}
            }
        }
        let Self { folder, lock, .. } = self;
        drop(lock);
        // Fails if there are other files, which stay.
        drop(fs::remove_dir(folder));
        Ok(())
    }

    /// Begins the next training and returns its checkpoint, if there is one.
    pub(super) fn next_training(
        &mut self,
        network: &Network,
        fingerprint: String,
    ) -> Result<Option<Checkpoint>> {
        self.training += 1;
        self.fingerprint =
            if self.command.is_empty() { fingerprint } else { of_command(&self.command, &fingerprint) };
        self.written = Instant::now();
        let path = self.file(self.training);
        if !self.resumes {
            return Ok(None);
        }
        match fs::read(&path) {
            Ok(bytes) => {
                Checkpoint::from_bytes(&path.display().to_string(), &bytes, network, &self.fingerprint)
                    .map(Some)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io(path, error)),
        }
    }

    /// Whether it is time for another checkpoint.
    pub(super) fn is_due(&self) -> bool {
        self.written.elapsed() >= self.every
    }

    /// Writes a checkpoint of the current training, and returns the error of a first failure for the observers.
    pub(super) fn write(&mut self, checkpoint: &Checkpoint) -> Option<String> {
        let bytes = checkpoint.to_bytes(&self.fingerprint);
        let path = self.file(self.training);
        let written = bytes.and_then(|bytes| write_atomic(path, |out| out.write_all(&bytes)));
        self.written = Instant::now();
        let failure = written.err();
        let told = failure.as_ref().filter(|_| !self.is_told).map(ToString::to_string);
        self.is_told |= failure.is_some();
        self.failure = failure;
        told
    }

    fn file(&self, training: usize) -> PathBuf {
        self.folder.join(format!("{training}.safetensors"))
    }
}

/// The numbers of the checkpoints in a folder, in rising order.
fn numbers(folder: &Path) -> Result<Vec<usize>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io(folder, error)),
    };
    // Checkpoints are never named `01`.
    let number = |name: &str| {
        let stem = name.strip_suffix(".safetensors")?;
        stem.parse().ok().filter(|number: &usize| number.to_string() == stem)
    };
    let names = entries.flatten().map(|entry| entry.file_name());
    let mut numbers: Vec<usize> = names.filter_map(|name| number(name.to_str()?)).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

#[cfg(test)]
mod tests;
