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

use crate::{Error, Result, files};
use penstroke_engine::Network;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A folder with the checkpoints of a run.
#[derive(Debug)]
pub struct Checkpoints {
    folder: PathBuf,
    every: Duration,
    resumes: bool,
    /// The current training, counted from 1.
    training: usize,
    fingerprint: String,
    written: Instant,
}

impl Checkpoints {
    /// Starts a run. Creates the folder if it does not exist; `every` is the least time between two checkpoints.
    ///
    /// # Errors
    /// If the folder already holds checkpoints, or cannot be created.
    pub fn begin(folder: impl AsRef<Path>, every: Duration) -> Result<Self> {
        let checkpoints = Self::new(folder.as_ref(), every, false);
        fs::create_dir_all(&checkpoints.folder).map_err(|error| Error::io(&checkpoints.folder, error))?;
        if checkpoints.file(1).exists() {
            let error = Error::input(&checkpoints.folder, "holds checkpoints of an unfinished run");
            return Err(error.with("resume", "continue").hint("remove the folder"));
        }
        Ok(checkpoints)
    }

    /// Continues a run from its last checkpoint, or starts one if there is none.
    ///
    /// # Errors
    /// If the folder cannot be created.
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

    /// Whether a resumed run has a checkpoint to continue from.
    #[must_use]
    pub fn has_checkpoint(&self) -> bool {
        self.resumes && self.file(1).exists()
    }

    /// Removes the files, and the folder if it is empty then. Call it when the result of the run is saved.
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
        // Fails if there are other files, which stay.
        drop(fs::remove_dir(&self.folder));
        Ok(())
    }

    /// Removes files that a killed process did not finish.
    fn sweep(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        for entry in entries.flatten().filter(|entry| files::is_unfinished(&entry.file_name())) {
            drop(fs::remove_file(entry.path()));
        }
    }

    /// Begins the next training and returns its checkpoint, if there is one.
    pub(super) fn next_training(
        &mut self,
        network: &Network,
        fingerprint: String,
    ) -> Result<Option<Checkpoint>> {
        self.training += 1;
        self.fingerprint = fingerprint;
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

    /// Writes a checkpoint of the current training.
    pub(super) fn write(&mut self, checkpoint: &Checkpoint) -> Result<()> {
        let bytes = checkpoint.to_bytes(&self.fingerprint)?;
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
