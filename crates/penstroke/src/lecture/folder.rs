//! The output folder of the lecture.
//!
//! A run replaces what an earlier one wrote. Figures of the earlier run that the new one does not have are removed: `results.json`
//! lists them. Slides are removed if the new run writes none: the head of the file tells that they are ours. Nothing else is touched.

use crate::error::{Error, Result};
use crate::files;
use crate::report::GENERATOR;
use serde::Deserialize;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

pub(super) const FIGURES: &str = "figures";
pub(super) const RESULTS: &str = "results.json";
const CHECKPOINTS: &str = "checkpoints";
const REPORT: &str = "report.html";
const SLIDES: &str = "slides.html";
/// The bytes at the beginning of a document that name the program which made it.
const HEAD: u64 = 1_000;

/// A writable output folder, created before the long work and removed again if it stays empty.
#[derive(Debug)]
pub struct Folder {
    pub(super) path: PathBuf,
    /// Where the models go, if they are kept.
    pub(super) models: Option<PathBuf>,
    /// Whether slides are written.
    pub(super) has_slides: bool,
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
        let mut folder = Self { path: path.to_owned(), models: None, has_slides: false, made: Vec::new() };
        for part in [FIGURES, CHECKPOINTS] {
            folder.make(&path.join(part))?;
        }
        for file in [path.join(FIGURES).join("try"), path.join(RESULTS), path.join(REPORT)] {
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

    /// Writes slides, too, and checks that their file can be written.
    ///
    /// # Errors
    /// If it cannot.
    pub fn add_slides(&mut self) -> Result<()> {
        files::Output::create(self.slides())?;
        self.has_slides = true;
        Ok(())
    }

    /// The files of an earlier run that a run with these figures does not replace.
    pub(super) fn outdated(&self, figures: &[(String, Vec<u8>)]) -> Vec<PathBuf> {
        let earlier = fs::read(self.path.join(RESULTS)).ok();
        let earlier = earlier.and_then(|json| serde_json::from_slice::<Earlier>(&json).ok());
        let mut names = earlier.unwrap_or_default().figures;
        // A name with a folder in it is not ours.
        names.retain(|name| {
            let is_figure = name.ends_with(".png") || name.ends_with(".svg");
            is_figure && Path::new(name).file_name() == Some(OsStr::new(name))
        });
        names.retain(|name| figures.iter().all(|(new, _)| new != name));
        let mut outdated: Vec<PathBuf> =
            names.iter().map(|name| self.path.join(FIGURES).join(name)).collect();
        if !self.has_slides && is_ours(&self.slides()) {
            outdated.push(self.slides());
        }
        outdated
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

/// What an earlier `results.json` tells about the folder.
#[derive(Default, Deserialize)]
struct Earlier {
    figures: Vec<String>,
}

/// Whether the program made this document.
fn is_ours(document: &Path) -> bool {
    let mut head = Vec::new();
    let read = File::open(document).and_then(|file| file.take(HEAD).read_to_end(&mut head));
    read.is_ok() && String::from_utf8_lossy(&head).contains(GENERATOR)
}

/// Removes a file, unless it is gone already.
pub(super) fn remove(file: &Path) -> Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io(file, error)),
        _ => Ok(()),
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
