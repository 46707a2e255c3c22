//! The name of a source.

use crate::config::Named;
use crate::data::make::variations::Variation;
use crate::{Error, Result};
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A description of sources for error messages.
pub(super) const SOURCES: &str = "a path, or a built-in name such as strokes, leaves or mnist";

/// A source of data: a built-in name or a path.
///
/// ```
/// use penstroke::data::Source;
/// let source: Source = "strokes".parse()?;
/// assert_eq!(source, Source::Strokes);
/// let source: Source = "photographs/forest".parse()?;
/// assert_eq!(source, Source::Path("photographs/forest".into()));
/// let source: Source = "mnist-rot".parse()?;
/// assert!(matches!(source, Source::Variation(_)));
/// // A file that has a built-in name is reached by a longer path.
/// assert_eq!("./strokes".parse::<Source>()?.to_string(), "./strokes");
/// # Ok::<(), penstroke::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Generated handwritten digits.
    Strokes,
    /// Generated scenes of dead leaves.
    Leaves,
    /// MNIST, from the data folder.
    Mnist,
    /// A variation of MNIST, or a set of shapes; most need MNIST or photographs in the data folder.
    Variation(Variation),
    /// npy, IDX, a text table or an Arrow stream on standard input, plain or compressed; it can be read only once.
    Stdin,
    /// A file or folder: IDX, plain or compressed; npy and npz; text tables, Parquet or Arrow IPC; PNG or JPEG
    /// pictures; MNIST's four files.
    Path(PathBuf),
}

impl Source {
    /// The path of the file or folder, if it is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Source::Path(path) => Some(path),
            _ => None,
        }
    }
}

impl FromStr for Source {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Ok(match text {
            "" => return Err(Error::input("source", format!("is empty; give {SOURCES}"))),
            "strokes" => Source::Strokes,
            "leaves" => Source::Leaves,
            "mnist" => Source::Mnist,
            "-" => Source::Stdin,
            name => match Variation::parse(name) {
                Ok(variation) => Source::Variation(variation),
                Err(_) => Source::Path(name.into()),
            },
        })
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Strokes => f.write_str("strokes"),
            Source::Leaves => f.write_str("leaves"),
            Source::Mnist => f.write_str("mnist"),
            Source::Stdin => f.write_str("-"),
            Source::Variation(variation) => variation.fmt(f),
            Source::Path(path) => match path.to_str().map(|name| (name, name.parse())) {
                Some((name, Ok(Source::Path(_)))) => f.write_str(name),
                Some((name, Ok(_))) => write!(f, "./{name}"),
                _ => path.display().fmt(f),
            },
        }
    }
}
