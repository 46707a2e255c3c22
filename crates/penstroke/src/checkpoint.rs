//! Checkpoints: a run that is killed at any moment goes on from the last one, and ends with the same bytes as an unbroken run.
//!
//! A run is one training after another: of an autoencoder one, of a stack one a layer. Everything random in it is a function of
//! seed, epoch and sample, so that the state of the engine, the place in the epoch and the losses until there are all that must
//! be kept. Trainings are numbered in the order in which the run comes to them; each has a file in the folder, `1.safetensors`
//! and so on, and one that is finished keeps its result there, so that a resumed run passes over it. Files are specified in
//! `docs/model-format.md`.
//!
//! An observer hands out the checkpoints of the training it watches, [`Observer::checkpoints`](crate::Observer::checkpoints):
//!
//! ```
//! use penstroke::checkpoint::Checkpoints;
//! use penstroke::data::{Part, strokes};
//! use penstroke::{Autoencoder, AutoencoderConfig, Event, Flow, Observer, Silent};
//! use std::time::Duration;
//!
//! struct Kept {
//!     checkpoints: Checkpoints,
//!     batches: usize,
//! }
//! impl Observer for Kept {
//!     fn observe(&mut self, event: &Event) -> Flow {
//!         self.batches += usize::from(matches!(event, Event::Batch { .. }));
//!         if self.batches == 3 { Flow::Stop } else { Flow::Continue }
//!     }
//!     fn checkpoints(&mut self) -> Option<&mut Checkpoints> {
//!         Some(&mut self.checkpoints)
//!     }
//! }
//!
//! # let temporary = tempfile::tempdir()?;
//! # let folder = temporary.path().join("run");
//! let every = Duration::from_secs(30);
//! let digits = strokes::generate(0, Part::Train, 200)?;
//! let config = AutoencoderConfig { hidden: 20, ..Default::default() }.epochs(3).batch(50);
//! let mut stopped = Kept { checkpoints: Checkpoints::begin(&folder, every)?, batches: 0 };
//! Autoencoder::fit(&config, &digits, &mut stopped)?;
//!
//! let mut resumed = Kept { checkpoints: Checkpoints::resume(&folder, every)?, batches: 100 };
//! let model = Autoencoder::fit(&config, &digits, &mut resumed)?;
//! assert_eq!(model.to_bytes()?, Autoencoder::fit(&config, &digits, &mut Silent)?.to_bytes()?);
//! resumed.checkpoints.remove()?;
//! assert!(!folder.exists());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod file;
mod fingerprint;

pub(crate) use file::{Best, Checkpoint, Place};
pub(crate) use fingerprint::Fingerprint;

use crate::{Error, Result, files};
use penstroke_engine::Network;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The folder of a run's checkpoints.
#[derive(Debug)]
pub struct Checkpoints {
    folder: PathBuf,
    every: Duration,
    resumes: bool,
    /// The running training, from 1.
    training: usize,
    fingerprint: String,
    written: Instant,
}

impl Checkpoints {
    /// Those of a run that begins. The folder is made if it does not exist; `every` is the least time between two checkpoints.
    ///
    /// # Errors
    /// If the folder holds checkpoints already, or cannot be made.
    pub fn begin(folder: impl AsRef<Path>, every: Duration) -> Result<Self> {
        let checkpoints = Self::new(folder.as_ref(), every, false);
        fs::create_dir_all(&checkpoints.folder).map_err(|error| Error::io(&checkpoints.folder, error))?;
        if checkpoints.file(1).exists() {
            let error = Error::input(&checkpoints.folder, "holds checkpoints of an unfinished run");
            return Err(error.with("resume", "continue").hint("remove the folder"));
        }
        Ok(checkpoints)
    }

    /// Those of a run that goes on from the last one; where there is none, it begins.
    ///
    /// # Errors
    /// If the folder cannot be made.
    pub fn resume(folder: impl AsRef<Path>, every: Duration) -> Result<Self> {
        let checkpoints = Self::new(folder.as_ref(), every, true);
        fs::create_dir_all(&checkpoints.folder).map_err(|error| Error::io(&checkpoints.folder, error))?;
        checkpoints.sweep();
        Ok(checkpoints)
    }

    fn new(folder: &Path, every: Duration, resumes: bool) -> Self {
        let fingerprint = String::new();
        Self { folder: folder.to_owned(), every, resumes, training: 0, fingerprint, written: Instant::now() }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether there is something that a resumed run goes on from.
    #[must_use]
    pub fn goes_on(&self) -> bool {
        self.resumes && self.file(1).exists()
    }

    /// Removes the files, and the folder if nothing else is in it. For when the run's result has been saved.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn remove(&self) -> Result<()> {
        let mut training = 1;
        loop {
            let file = self.file(training);
            match fs::remove_file(&file) {
                Ok(()) => training += 1,
                Err(error) if error.kind() == ErrorKind::NotFound => break,
                Err(error) => return Err(Error::io(file, error)),
            }
        }
        self.sweep();
        // What others have put there stays.
        drop(fs::remove_dir(&self.folder));
        Ok(())
    }

    /// Removes what a killed process had not finished writing.
    fn sweep(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        for entry in entries.flatten().filter(|entry| files::is_unfinished(&entry.file_name())) {
            drop(fs::remove_file(entry.path()));
        }
    }

    /// The next training begins; gives what was kept of it.
    pub(crate) fn next_training(&mut self, network: &Network, print: String) -> Result<Option<Checkpoint>> {
        self.training += 1;
        self.fingerprint = print;
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
    pub(crate) fn is_due(&self) -> bool {
        self.written.elapsed() >= self.every
    }

    /// Keeps a moment of the running training.
    pub(crate) fn keep(&mut self, moment: &Checkpoint) -> Result<()> {
        let bytes = moment.to_bytes(&self.fingerprint)?;
        files::write_atomic(self.file(self.training), |out| out.write_all(&bytes))?;
        self.written = Instant::now();
        Ok(())
    }

    fn file(&self, training: usize) -> PathBuf {
        self.folder.join(format!("{training}.safetensors"))
    }
}

#[cfg(test)]
mod tests;
