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
    #[error("{}: {}", path.display(), reason(source))]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A network that cannot be trained as it is described.
    #[error(transparent)]
    Spec(#[from] penstroke_engine::EngineError),
    /// A computation that left the finite numbers or could not be finished.
    #[error("{0}")]
    Numerical(String),
    /// More memory than the system gives.
    #[error("{0}")]
    Memory(String),
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

    /// Makes sure that the system gives memory for so many floats, so that an error says what needs it and nothing is aborted.
    /// What it promises beyond what it has, it may still not keep.
    pub(crate) fn room(n_floats: usize, what: impl FnOnce() -> String) -> Result<()> {
        let mut probe = Vec::<f32>::new();
        let reserved = probe.try_reserve_exact(n_floats);
        // Of memory that nobody looks at, a compiler may leave the asking out.
        std::hint::black_box(&probe);
        match reserved {
            Ok(()) => Ok(()),
            Err(_) => {
                let gib = n_floats as f64 * 4.0 / f64::from(1 << 30);
                Err(Error::Memory(format!("{} {gib:.1} GiB, more memory than the system gives", what())))
            }
        }
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

/// What the system said, with the way out where there is one.
fn reason(source: &std::io::Error) -> String {
    match source.kind() {
        ErrorKind::NotFound => "there is no such file or folder".into(),
        ErrorKind::IsADirectory => "is a folder, where a file is needed".into(),
        ErrorKind::NotADirectory => "lies in what is no folder".into(),
        ErrorKind::AlreadyExists => "is there already, and is no folder; give another name".into(),
        ErrorKind::PermissionDenied => {
            "the system does not permit it; see the rights of the file and its folder".into()
        }
        ErrorKind::StorageFull => "the disk is full; make room, or give a place on another".into(),
        ErrorKind::ReadOnlyFilesystem => "the disk can only be read; give a place on another".into(),
        _ => {
            let text = source.to_string();
            // A name that nobody gave: that of the unfinished file.
            let named = text.split_once(" at path \"").map(|(text, _)| text.to_owned());
            named.unwrap_or(text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_too_much_memory_is_said() {
        Error::room(1 << 10, || unreachable!()).unwrap();
        let error = Error::room(1 << 60, || "codes of 9 samples need".into()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "codes of 9 samples need 4294967296.0 GiB, more memory than the system gives"
        );
        assert!(!error.is_wrong_input());
    }

    #[test]
    fn what_the_system_says_is_told_with_a_way_out() {
        for (kind, expected) in [
            (ErrorKind::NotFound, "f: there is no such file or folder"),
            (ErrorKind::IsADirectory, "f: is a folder, where a file is needed"),
            (ErrorKind::NotADirectory, "f: lies in what is no folder"),
            (ErrorKind::AlreadyExists, "f: is there already, and is no folder; give another name"),
            (
                ErrorKind::PermissionDenied,
                "f: the system does not permit it; see the rights of the file and its folder",
            ),
            (ErrorKind::StorageFull, "f: the disk is full; make room, or give a place on another"),
            (ErrorKind::ReadOnlyFilesystem, "f: the disk can only be read; give a place on another"),
        ] {
            assert_eq!(Error::io("f", kind.into()).to_string(), expected);
        }
        let raw = Error::io("f", std::io::Error::other("broken at path \"folder/.penstroke-x.tmp\""));
        assert_eq!(raw.to_string(), "f: broken");
    }

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
