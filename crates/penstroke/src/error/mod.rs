//! Errors as data: the option or place, the problem, and the remedies.

mod place;
#[macro_use]
mod problem;

pub use place::{Column, Place, Row};
pub use problem::{FieldNames, Problem, Remedy, Words, counted};

use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The result of every fallible function of this library.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error as data: which option or place, what is wrong, and the remedies.
///
/// `Display` formats it on one line with field names for options; [`Error::message`] formats it for a front end such as
/// a command line, with that front end's names for options.
///
/// ```
/// use penstroke::{Error, error::Remedy};
/// let error = Error::option("momentum", "does not apply to Adam").set("optimizer", "sgd").leave_out("momentum");
/// assert_eq!(error.to_string(), "momentum: does not apply to Adam; set optimizer to sgd, or leave it out");
/// assert!(matches!(error, Error::Option { option: "momentum", remedies, .. } if remedies.len() == 2));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// An option whose value cannot be used.
    Option {
        /// The option's field name.
        option: &'static str,
        /// The layer it was given for, counted from 0, if each layer has its own value.
        layer: Option<usize>,
        /// What is wrong with it.
        problem: String,
        /// The remedies.
        remedies: Vec<Remedy>,
    },
    /// Data that cannot be used: a file's content, a source that lacks something, or data passed by the caller.
    Input {
        /// Where it is.
        place: Place,
        /// What is wrong with it.
        problem: String,
        /// The remedies.
        remedies: Vec<Remedy>,
    },
    /// The operating system refused to read or write.
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// A network that the engine cannot train.
    Spec(penstroke_engine::EngineError),
    /// A computation that gave infinite or NaN values, or could not be finished.
    Numerical {
        /// What happened.
        problem: String,
        /// The remedies.
        remedies: Vec<Remedy>,
    },
    /// More memory was needed than the system provides.
    Memory(String),
    /// The caller asked to stop before the work was done.
    Interrupted,
    /// A download that failed.
    Network {
        /// The address or data set.
        place: String,
        /// What happened, and the remedy.
        problem: String,
    },
}

impl Error {
    /// The error that an option, given by its field name, has an unusable value.
    pub fn option(option: &'static str, problem: impl Into<Problem>) -> Self {
        let Problem { text, remedies } = problem.into();
        Error::Option { option, layer: None, problem: text, remedies }
    }

    /// The error that data at `place` cannot be used.
    pub fn input(place: impl Into<Place>, problem: impl Into<Problem>) -> Self {
        let Problem { text, remedies } = problem.into();
        Error::Input { place: place.into(), problem: text, remedies }
    }

    /// The error that a computation failed.
    pub fn numerical(problem: impl Into<Problem>) -> Self {
        let Problem { text, remedies } = problem.into();
        Error::Numerical { problem: text, remedies }
    }

    /// Adds a remedy, if the error has remedies.
    #[must_use]
    pub fn or(mut self, remedy: Remedy) -> Self {
        if let Error::Option { remedies, .. }
        | Error::Input { remedies, .. }
        | Error::Numerical { remedies, .. } = &mut self
        {
            remedies.push(remedy);
        }
        self
    }

    with_remedies!();

    /// Records for which of several layers, counted from 0, the option was given.
    #[must_use]
    pub fn in_layer(mut self, k: usize) -> Self {
        if let Error::Option { layer, .. } = &mut self {
            *layer = Some(k);
        }
        self
    }

    /// Formats the message on one line in the words of a front end.
    pub fn message(&self, words: &dyn Words) -> String {
        match self {
            Error::Option { option, layer, problem, remedies } => {
                let layer = layer.map_or(String::new(), |k| format!("layer {}: ", k + 1));
                let problem = problem::message(Some(option), problem, remedies, words);
                format!("{layer}{}: {problem}", words.option(option))
            }
            Error::Input { place, problem, remedies } => {
                format!("{place}: {}", problem::message(None, problem, remedies, words))
            }
            Error::Io { path, source } => format!("{}: {}", path.display(), reason(source)),
            Error::Spec(error) => error.to_string(),
            Error::Numerical { problem, remedies } => problem::message(None, problem, remedies, words),
            Error::Memory(problem) => problem.clone(),
            Error::Interrupted => "interrupted".into(),
            Error::Network { place, problem } => format!("{place}: {problem}"),
        }
    }

    /// The error that the system refused to read or write `path`.
    pub fn io(path: impl AsRef<Path>, source: std::io::Error) -> Self {
        Error::Io { path: path.as_ref().to_owned(), source }
    }

    /// Checks that the system can provide memory for `n_floats` floats, so that a lack of memory is an error rather
    /// than an abort. A system that overcommits memory may still fail later.
    pub(crate) fn room(n_floats: usize, what: impl FnOnce() -> String) -> Result<()> {
        let mut probe = Vec::<f32>::new();
        let reserved = probe.try_reserve_exact(n_floats);
        // Otherwise the compiler may remove the unused allocation.
        std::hint::black_box(&probe);
        match reserved {
            Ok(()) => Ok(()),
            Err(_) => {
                let gib = n_floats as f64 * 4.0 / f64::from(1 << 30);
                Err(Error::Memory(format!("{} {gib:.1} GiB, more memory than the system gives", what())))
            }
        }
    }

    /// Whether the caller requested something impossible, as opposed to a failure during the work.
    pub fn is_wrong_input(&self) -> bool {
        match self {
            Error::Option { .. } | Error::Input { .. } | Error::Spec(_) => true,
            // The caller chose the path but is not to blame for a full or broken disk.
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

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message(&FieldNames))
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Io { source, .. } => Some(source),
            Error::Spec(error) => Some(error),
            _ => None,
        }
    }
}

impl From<penstroke_engine::EngineError> for Error {
    fn from(error: penstroke_engine::EngineError) -> Self {
        match error {
            penstroke_engine::EngineError::NoCells { noise } => {
                let problem = format!(
                    "{noise} needs a table with cells of several kinds; use masking:0.3 for pictures and arrays"
                );
                Error::option("corruption", problem)
            }
            error => Error::Spec(error),
        }
    }
}

/// The system's error in plain words, with a remedy if there is one.
fn reason(source: &std::io::Error) -> String {
    match source.kind() {
        ErrorKind::NotFound => "no such file or folder".into(),
        ErrorKind::IsADirectory => "is a folder; a file is needed".into(),
        ErrorKind::NotADirectory => "its folder is a file, not a folder".into(),
        ErrorKind::AlreadyExists => "already exists and is not a folder; give another name".into(),
        ErrorKind::PermissionDenied => {
            "permission denied; check the permissions of the file and its folder".into()
        }
        ErrorKind::StorageFull => "the disk is full; free some space, or write to another disk".into(),
        ErrorKind::ReadOnlyFilesystem => "the disk is read-only; write to another".into(),
        _ => {
            let text = source.to_string();
            // The path is that of our temporary file, which the caller does not know.
            let named = text.split_once(" at path \"").map(|(text, _)| text.to_owned());
            named.unwrap_or(text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A front end with dashes that lacks the option `optimizer`.
    struct Dashes;

    impl Words for Dashes {
        fn option(&self, option: &str) -> String {
            format!("-{option}")
        }
        fn offers(&self, option: &str) -> bool {
            option != "optimizer"
        }
        fn set(&self, option: &str, value: &str) -> String {
            format!("use -{option} {value}")
        }
    }

    #[test]
    fn a_front_end_uses_its_own_words_and_options() {
        let error =
            Error::option("momentum", "does not apply to Adam").set("optimizer", "sgd").leave_out("momentum");
        let error = error.in_layer(1);
        assert_eq!(
            error.to_string(),
            "layer 2: momentum: does not apply to Adam; set optimizer to sgd, or leave it out"
        );
        assert_eq!(error.message(&Dashes), "layer 2: -momentum: does not apply to Adam; leave it out");
        let problem = Problem::from("needs samples set aside").set("valid", 0.1).leave_out("patience");
        assert_eq!(
            Error::numerical(problem.clone().lower("rate", 2)).message(&Dashes),
            "needs samples set aside; use -valid 0.1, leave -patience out, or try -rate below 2"
        );
        assert_eq!(
            problem.message(&Dashes),
            "needs samples set aside; use -valid 0.1, or leave -patience out"
        );
    }

    #[test]
    fn places_name_file_row_and_column() {
        let column = Column { number: 2, name: Some("b".into()) };
        let cell = |row, column| Place::Cell { table: "t.csv".into(), row, column }.to_string();
        assert_eq!(cell(Some(Row::Line(3)), Some(column.clone())), "t.csv: line 3, column 2 (b)");
        assert_eq!(cell(Some(Row::Number(3)), None), "t.csv: row 3 (from 1)");
        assert_eq!(cell(None, Some(column)), "t.csv: column 2 (b)");
        let error = Error::input(Path::new("f"), Problem::from("is damaged").hint("get it again"));
        assert_eq!(error.to_string(), "f: is damaged; get it again");
    }

    #[test]
    fn out_of_memory_errors_name_the_data() {
        Error::room(1 << 10, || unreachable!()).unwrap();
        let error = Error::room(1 << 60, || "codes of 9 samples need".into()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "codes of 9 samples need 4294967296.0 GiB, more memory than the system gives"
        );
        assert!(!error.is_wrong_input());
    }

    #[test]
    fn errors_of_the_system_name_a_way_out() {
        for (kind, expected) in [
            (ErrorKind::NotFound, "f: no such file or folder"),
            (ErrorKind::IsADirectory, "f: is a folder; a file is needed"),
            (ErrorKind::NotADirectory, "f: its folder is a file, not a folder"),
            (ErrorKind::AlreadyExists, "f: already exists and is not a folder; give another name"),
            (
                ErrorKind::PermissionDenied,
                "f: permission denied; check the permissions of the file and its folder",
            ),
            (ErrorKind::StorageFull, "f: the disk is full; free some space, or write to another disk"),
            (ErrorKind::ReadOnlyFilesystem, "f: the disk is read-only; write to another"),
        ] {
            assert_eq!(Error::io("f", kind.into()).to_string(), expected);
        }
        let raw = Error::io("f", std::io::Error::other("broken at path \"folder/.penstroke-x.tmp\""));
        assert_eq!(raw.to_string(), "f: broken");
    }

    #[test]
    fn unusable_paths_are_input_errors_and_disk_failures_are_not() {
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
