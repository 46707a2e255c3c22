//! The name of a source.

use crate::config::Named;
use crate::data::make::variations::Variation;
use crate::{Error, Result};
use std::ffi::OsStr;
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
/// // A file that has a built-in name is reached by a longer path; the built-in source is also `builtin:strokes`.
/// assert_eq!("./strokes".parse::<Source>()?.to_string(), "./strokes");
/// assert_eq!("builtin:strokes".parse::<Source>()?, Source::Strokes);
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
    /// A file or folder: IDX, plain or compressed; npy and npz; text tables, Parquet or Arrow IPC; a folder of Parquet or
    /// Arrow files, or a pattern such as `parts/*.parquet`, as one table; PNG or JPEG pictures; MNIST's four files.
    Path(PathBuf),
}

/// What precedes a built-in name that cannot mean a path.
const BUILT_IN: &str = "builtin:";

impl Source {
    /// The source that a user names. Unlike parsing, it looks for a file or folder that has a built-in name.
    ///
    /// ```
    /// use penstroke::data::Source;
    /// assert_eq!(Source::named("strokes")?, Source::Strokes);
    /// assert_eq!(Source::named("builtin:strokes")?, Source::Strokes);
    /// # Ok::<(), penstroke::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the name is empty, or a built-in name is also the name of a file or folder in the current folder.
    pub fn named(name: impl AsRef<OsStr>) -> Result<Self> {
        let Some(text) = name.as_ref().to_str() else { return Ok(Source::Path(name.as_ref().into())) };
        let source = text.parse()?;
        let is_name = !matches!(source, Source::Path(_) | Source::Stdin) && !text.starts_with(BUILT_IN);
        match is_name && Path::new(text).exists() {
            true => Err(Error::input(text, "is a file or folder here, and a built-in name")
                .hint(format!("give ./{text} for the path"))
                .hint(format!("{BUILT_IN}{text} for the built-in source"))),
            false => Ok(source),
        }
    }

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
        let built_in = text.strip_prefix(BUILT_IN);
        Ok(match built_in.unwrap_or(text) {
            "" if built_in.is_none() => {
                return Err(Error::input("source", format!("is empty; give {SOURCES}")));
            }
            "strokes" => Source::Strokes,
            "leaves" => Source::Leaves,
            "mnist" => Source::Mnist,
            "-" if built_in.is_none() => Source::Stdin,
            name => match (Variation::parse(name), built_in) {
                (Ok(variation), _) => Source::Variation(variation),
                (Err(_), None) => Source::Path(name.into()),
                (Err(_), Some(_)) => {
                    let variations = Variation::ALL.iter().map(|(name, _)| *name);
                    let names: Vec<_> =
                        ["strokes", "leaves", "mnist"].into_iter().chain(variations).collect();
                    let problem = format!("is not a built-in source; these are {}", names.join(", "));
                    return Err(Error::input(text, problem));
                }
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
