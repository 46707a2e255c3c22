//! How a run ends when it does not end well: one line on stderr, and an exit code.

use crate::run::output;
use penstroke::Error;
use std::io;
use std::process::ExitCode;

pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

/// Why a verb did not finish.
#[derive(Debug)]
pub(crate) enum Failure {
    /// What the library refused or could not do.
    Library(Error),
    /// A command line that makes no sense; one line.
    Usage(String),
    /// Ctrl-C, when everything worth saving was saved; one line that says how to go on.
    Interrupted(String),
    /// Standard output could not be written.
    Stdout(io::Error),
}

impl Failure {
    /// Says what happened and gives the exit code: 1 failed, 2 wrong usage or input, 130 interrupted. A reader that
    /// closed the pipe, such as `head`, has what it wanted: 0 and not a word.
    pub(crate) fn report(self) -> ExitCode {
        let (message, code) = match self {
            Failure::Library(Error::Interrupted) => ("interrupted".to_owned(), 130),
            Failure::Library(error) => (error.to_string(), if error.is_wrong_input() { 2 } else { 1 }),
            Failure::Usage(message) => (message, 2),
            Failure::Interrupted(message) => (message, 130),
            Failure::Stdout(error) if error.kind() == io::ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
            Failure::Stdout(error) => (Error::io("standard output", error).to_string(), 1),
        };
        // A file's name may hold a line break; the message stays one line.
        output::note(&format!("penstroke: {}", message.replace(['\n', '\r'], " ")));
        ExitCode::from(code)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Library(error)
    }
}
