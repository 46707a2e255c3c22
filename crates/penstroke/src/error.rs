//! What can go wrong, with the place and the way out in every message.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The result of everything in this library that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong. Every message is one line that names the place and, where there is one, the way out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Input that cannot be used: a file's content, a source's name, a value out of its range.
    #[error("{place}: {problem}")]
    Input {
        /// The file, option or source at fault.
        place: String,
        /// What is wrong with it and what would be right.
        problem: String,
    },
    /// The operating system refused to read or write.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A network that cannot be trained as it is described.
    #[error(transparent)]
    Spec(#[from] penstroke_engine::SpecError),
    /// A computation that left the finite numbers or could not be finished.
    #[error("{0}")]
    Numerical(String),
    /// The caller asked to stop before the work was done.
    #[error("interrupted")]
    Interrupted,
    /// A download that failed.
    #[error("{place}: {problem}")]
    Network {
        /// What was to be fetched.
        place: String,
        /// What happened, and the way out.
        problem: String,
    },
}

impl Error {
    /// Input at `place` that cannot be used.
    pub fn input(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Error::Input { place: place.into(), problem: problem.into() }
    }

    /// The system's refusal at `path`.
    pub fn io(path: impl AsRef<Path>, source: std::io::Error) -> Self {
        Error::Io { path: path.as_ref().to_owned(), source }
    }

    /// Whether the caller asked for something impossible (exit code 2), rather than something failing on the way
    /// (exit code 1).
    #[must_use]
    pub fn is_wrong_input(&self) -> bool {
        match self {
            Error::Input { .. } | Error::Spec(_) => true,
            // The path is the caller's; a full disk or a broken one is not.
            Error::Io { source, .. } => matches!(
                source.kind(),
                ErrorKind::NotFound
                    | ErrorKind::IsADirectory
                    | ErrorKind::NotADirectory
                    | ErrorKind::AlreadyExists
                    | ErrorKind::PermissionDenied
                    | ErrorKind::ReadOnlyFilesystem
                    | ErrorKind::InvalidFilename
            ),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_cannot_be_used_is_wrong_input_and_a_failing_disk_is_not() {
        for (kind, wrong_input) in [
            (ErrorKind::NotFound, true),
            (ErrorKind::IsADirectory, true),
            (ErrorKind::NotADirectory, true),
            (ErrorKind::AlreadyExists, true),
            (ErrorKind::PermissionDenied, true),
            (ErrorKind::ReadOnlyFilesystem, true),
            (ErrorKind::InvalidFilename, true),
            (ErrorKind::StorageFull, false),
            (ErrorKind::Other, false),
        ] {
            assert_eq!(Error::io("file", kind.into()).is_wrong_input(), wrong_input, "{kind:?}");
        }
    }
}
