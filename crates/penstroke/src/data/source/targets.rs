//! The targets of a regression, from columns of the samples' table or from a file.

use super::columnar::Columnar;
use super::file::read;
use super::options::LoadOptions;
use super::parts::must_exist;
use crate::data::hold::Targets;
use crate::data::read::content::Content;
use crate::data::read::npy;
use crate::data::read::table::{self, Pick};
use crate::{Error, Result};
use std::path::{Path, PathBuf};

/// Where the targets of a regression are.
///
/// ```
/// use penstroke::data::TargetsIn;
/// assert_eq!(TargetsIn::parse("ages.npy")?, TargetsIn::File("ages.npy".into()));
/// assert_eq!(TargetsIn::parse("age,9")?, TargetsIn::Columns(vec!["age".parse()?, "9".parse()?]));
/// # Ok::<(), penstroke::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum TargetsIn {
    /// A file of their own: [`read_targets`].
    File(PathBuf),
    /// Columns of the table of the samples: [`TableOptions::targets`](crate::data::TableOptions::targets).
    Columns(Vec<Pick>),
}

impl TargetsIn {
    /// A file if there is one, or if the text has a folder or an extension of a file of targets; otherwise columns by names and
    /// numbers from 1, between commas.
    ///
    /// # Errors
    /// If a name is empty or a range of columns is impossible.
    pub fn parse(text: &str) -> Result<Self> {
        let path = Path::new(text);
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        let is_named_so = ["npy", "parquet", "arrow", "feather", "ipc"].contains(&extension);
        if path.exists() || is_named_so || table::is_text(path) || text.contains(std::path::is_separator) {
            return Ok(TargetsIn::File(path.to_owned()));
        }
        let picks = text.split(',').map(str::parse).collect::<Result<_>>();
        picks.map(TargetsIn::Columns).map_err(|error| match error {
            Error::Input { problem, .. } => Error::option("targets", problem),
            error => error,
        })
    }
}

/// Reads the targets of a regression, one row per sample: npy of shape `(n)` or `(n, k)`, or a table whose columns are all targets.
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("ages.csv");
/// std::fs::write(&path, "age\n31\n44.5\n27\n").unwrap();
/// let targets = penstroke::data::read_targets(&path)?;
/// assert_eq!((targets.n_samples(), targets.values()), (3, &[31.0, 44.5, 27.0][..]));
/// # Ok::<(), penstroke::Error>(())
/// ```
///
/// # Errors
/// As [`npy::read_targets`](crate::data::npy::read_targets) and [`load`](crate::data::load), and if the file is neither.
pub fn read_targets(path: impl AsRef<Path>) -> Result<Targets> {
    let path = path.as_ref();
    must_exist(path)?;
    let content = Content::open(path)?;
    if npy::is_npy(content.beginning()) {
        return npy::targets(content);
    }
    if Columnar::of(content.beginning()).is_none() && !table::is_text(path) {
        return Err(
            content.error("holds no targets that can be read; give .npy, .csv, .tsv, .parquet or .arrow")
        );
    }
    let data = read(path, &LoadOptions::default())?;
    Targets::new(&content.place(), data.to_floats(), data.n_visible())
}
