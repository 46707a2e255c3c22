//! How a run fails: one line on standard error and an exit code.

use super::{console, interrupt, words};
use penstroke::Error;
use std::io;
use std::process::ExitCode;

pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

/// Why a verb did not finish.
#[derive(Debug)]
pub(crate) enum Failure {
    /// An error from the library, or a similar one.
    Library(Error),
    /// A command line that cannot be parsed; one line.
    Usage(String),
    /// The work is done, but not everything is where it belongs: what happened, and where the result is.
    Incomplete(String),
    /// Ctrl-C or another signal, after everything worth saving was saved; the line tells how to continue.
    Interrupted(String),
    /// Standard output could not be written.
    Stdout(io::Error),
}

impl Failure {
    /// Prints the message and returns the exit code: 1 for a failure, 2 for wrong usage or input, 128 and
    /// the number of the signal, 130 for Ctrl-C, for an interruption. If a reader such as `head` closed the pipe, it wants no more: exit code 0 and no message.
    pub(crate) fn report(self) -> ExitCode {
        let (message, code) = match self {
            Failure::Library(Error::Interrupted) => ("interrupted".to_owned(), interrupt::exit_code()),
            Failure::Library(error) => (words::of_error(&error), if error.is_wrong_input() { 2 } else { 1 }),
            Failure::Usage(message) => (message, 2),
            Failure::Incomplete(message) => (message, 1),
            Failure::Interrupted(message) => (message, interrupt::exit_code()),
            Failure::Stdout(error) if error.kind() == io::ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
            Failure::Stdout(error) => (Error::io("standard output", error).to_string(), 1),
        };
        // File names may contain line breaks; the message stays one line.
        console::note(&format!("penstroke: {}", message.replace(['\n', '\r'], " ")));
        ExitCode::from(code)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Library(error)
    }
}
