//! The output folder of the lecture.

use crate::error::{Error, Result};
use crate::files;
use std::path::{Path, PathBuf};

pub(super) const FIGURES: &str = "figures";
pub(super) const RESULTS: &str = "results.json";
const CHECKPOINTS: &str = "checkpoints";
pub(super) const REPORT: &str = "report.html";
const SLIDES: &str = "slides.html";

/// A writable output folder, created before the long work and removed again if it stays empty.
#[derive(Debug)]
pub struct Folder {
    pub(super) path: PathBuf,
    /// Where the models go, if they are kept.
    pub(super) models: Option<PathBuf>,
    /// The folders created by [`Folder::open`], parents before children.
    made: Vec<PathBuf>,
}

impl Folder {
    /// Creates the folder if it is missing, and checks that files can be created in it.
    ///
    /// # Errors
    /// If the folder cannot be created or written to.
    pub fn open(path: &Path) -> Result<Self> {
        refuse_file(path)?;
        let mut folder = Self { path: path.to_owned(), models: None, made: Vec::new() };
        for part in [FIGURES, CHECKPOINTS] {
            folder.make(&path.join(part))?;
        }
        for file in [path.join(FIGURES).join("try"), path.join(RESULTS)] {
            files::Output::create(file)?;
        }
        Ok(folder)
    }

    /// Keeps the trained models in a folder, too, which is created and checked like this one.
    ///
    /// # Errors
    /// If that folder cannot be created or written to.
    pub fn keep_models(&mut self, place: &Path) -> Result<()> {
        refuse_file(place)?;
        self.make(place)?;
        files::Output::create(place.join("try"))?;
        self.models = Some(place.to_owned());
        Ok(())
    }

    fn make(&mut self, folder: &Path) -> Result<()> {
        let missing = folder.ancestors().take_while(|part| !part.as_os_str().is_empty() && !part.exists());
        let first = self.made.len();
        self.made.extend(missing.map(Path::to_owned));
        self.made[first..].reverse();
        std::fs::create_dir_all(folder).map_err(|error| Error::io(folder, error))
    }

    /// The folder for the checkpoints of a run.
    pub fn checkpoints(&self) -> PathBuf {
        self.path.join(CHECKPOINTS)
    }

    /// The path of the slides.
    pub fn slides(&self) -> PathBuf {
        self.path.join(SLIDES)
    }

    /// The path of the report.
    pub fn report(&self) -> PathBuf {
        self.path.join(REPORT)
    }
}

fn refuse_file(path: &Path) -> Result<()> {
    if path.exists() && !path.is_dir() {
        return Err(Error::input(path, "is a file; give a folder to write to"));
    }
    Ok(())
}

impl Drop for Folder {
    /// Removes the created folders that are still empty.
    fn drop(&mut self) {
        for folder in self.made.iter().rev() {
            // A folder with content stays.
            drop(std::fs::remove_dir(folder));
        }
    }
}
