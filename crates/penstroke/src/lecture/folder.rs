//! The output folder of the lecture.

use crate::error::{Error, Result};
use crate::files;
use std::path::{Path, PathBuf};

pub(super) const FIGURES: &str = "figures";
pub(super) const RESULTS: &str = "results.json";
pub(super) const REPORT: &str = "report.html";

/// A writable output folder, created before the long work and removed again if it stays empty.
#[derive(Debug)]
pub struct Folder {
    pub(super) path: PathBuf,
    /// The folders created by [`Folder::open`], outermost first.
    made: Vec<PathBuf>,
}

impl Folder {
    /// Creates the folder if it is missing, and checks that files can be created in it.
    ///
    /// # Errors
    /// If the folder cannot be created or written to.
    pub fn open(path: &Path) -> Result<Self> {
        if path.exists() && !path.is_dir() {
            let problem = "is a file; give a folder to write to";
            return Err(Error::input(path.display().to_string(), problem));
        }
        let figures = path.join(FIGURES);
        let missing =
            figures.ancestors().take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists());
        let mut made: Vec<PathBuf> = missing.map(Path::to_owned).collect();
        made.reverse();
        std::fs::create_dir_all(&figures).map_err(|error| Error::io(&figures, error))?;
        let folder = Self { path: path.to_owned(), made };
        for file in [figures.join("try"), path.join(RESULTS)] {
            files::Output::create(file)?;
        }
        Ok(folder)
    }

    /// The path of the report.
    pub fn report(&self) -> PathBuf {
        self.path.join(REPORT)
    }
}

impl Drop for Folder {
    /// Removes the created folders that are still empty.
    fn drop(&mut self) {
        for folder in self.made.iter().rev() {
            // A folder with content stays, and so do its parents.
            if std::fs::remove_dir(folder).is_err() {
                return;
            }
        }
    }
}
