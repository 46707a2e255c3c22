//! What goes to standard output, the results, and to standard error, the rest.

use crate::failure::{Failure, Result};
use crate::interrupt;
use penstroke::Error;
use penstroke::data::{npy, text};
use penstroke::files::Output;
use serde_json::Value;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A result: a line, or several.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(Failure::Stdout)
}

/// A result for programs.
pub(crate) fn print_json(value: &Value) -> Result<()> {
    print(&format!("{value:#}"))
}

/// A line for people. If nobody can read it, that is no reason to fail.
pub(crate) fn note(text: &str) {
    drop(writeln!(io::stderr().lock(), "{text}"));
}

/// A file to write, opened before the work whose result it takes.
#[derive(Debug)]
pub(crate) struct OutputFile {
    path: PathBuf,
    output: Output,
}

impl OutputFile {
    /// Opens a file of any name.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let output = Output::create(path)?;
        interrupt::remove_when_interrupted(&output);
        Ok(Self { path: path.to_owned(), output })
    }

    /// Opens a file whose name must end in `.extension`.
    pub(crate) fn open_as(path: &Path, extension: &str) -> Result<Self> {
        Self::open_as_one_of(path, &[extension])
    }

    /// Opens a file whose name must end in one of these.
    pub(crate) fn open_as_one_of(path: &Path, extensions: &[&str]) -> Result<Self> {
        if extensions.iter().any(|extension| is(path, extension)) {
            return Self::open(path);
        }
        let problem =
            format!("{0} is what is written; give a name that ends in .{0}", extensions.join(" or ."));
        Err(Error::input(path.display().to_string(), problem).into())
    }

    /// Whether its name ends so.
    pub(crate) fn is(&self, extension: &str) -> bool {
        is(&self.path, extension)
    }

    /// Writes it and puts it into its place.
    pub(crate) fn finish(mut self, write: impl FnOnce(&mut Output) -> io::Result<()>) -> Result<()> {
        write(&mut self.output).map_err(|error| Error::io(&self.path, error))?;
        Ok(self.output.commit()?)
    }

    /// Writes rows of values of these names as what its name says.
    pub(crate) fn finish_rows(self, values: &[f32], names: &[String]) -> Result<()> {
        match self.is("csv") {
            true => self.finish(|out| text::write(out, names, values)),
            false => {
                let d = names.len();
                self.finish(|out| npy::write(out, values, values.len() / d.max(1), d))
            }
        }
    }
}

/// The files that rows of numbers are written to.
pub(crate) const ROWS: [&str; 2] = ["npy", "csv"];

fn is(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found.eq_ignore_ascii_case(extension))
}
