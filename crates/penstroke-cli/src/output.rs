//! What goes to standard output, the results, and to standard error, the rest.

use crate::failure::{Failure, Result};
use crate::interrupt;
use penstroke::Error;
use penstroke::data::{npy, parquet, text};
use penstroke::eval::RegressionScore;
use penstroke::files::Output;
use penstroke::report::number::significant;
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

/// The errors of predictions, a line for each target, each after a newline.
pub(crate) fn scores(score: &RegressionScore) -> String {
    let lines = score.rmse.iter().zip(&score.r_squared).enumerate().map(|(j, (rmse, r_squared))| {
        let r_squared = r_squared.map_or("undefined, all are equal".into(), |r| match r {
            -1e3..1e3 => format!("{r:.4}"),
            _ => format!("{r:.3e}"),
        });
        let (name, rmse) = (format!("target {}", j + 1), significant(*rmse, 4));
        format!("\n  {name:<17} RMSE {rmse}, R² {r_squared}")
    });
    lines.collect()
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

    /// The same, if it would not take the place of something that is read.
    pub(crate) fn apart_from<'a>(self, inputs: impl IntoIterator<Item = Option<&'a Path>>) -> Result<Self> {
        // What cannot be found is neither.
        let Ok(here) = self.path.canonicalize() else { return Ok(self) };
        let is_here = |input: &Path| input.canonicalize().is_ok_and(|input| input == here);
        if inputs.into_iter().flatten().any(is_here) {
            let problem = "is what the samples or targets are read from; give another name to write to";
            return Err(Error::input(self.path.display().to_string(), problem).into());
        }
        Ok(self)
    }

    /// Writes it and puts it into its place.
    pub(crate) fn finish(mut self, write: impl FnOnce(&mut Output) -> io::Result<()>) -> Result<()> {
        write(&mut self.output).map_err(|error| Error::io(&self.path, error))?;
        Ok(self.output.commit()?)
    }

    /// Writes rows of values of these names as what its name says.
    pub(crate) fn finish_rows(self, values: &[f32], names: &[String]) -> Result<()> {
        if self.is("csv") {
            return self.finish(|out| text::write(out, names, values));
        }
        if self.is("parquet") {
            return self.finish(|out| parquet::write(out, names, values));
        }
        let d = names.len();
        self.finish(|out| npy::write(out, values, values.len() / d.max(1), d))
    }
}

/// The files that rows of numbers are written to.
pub(crate) const ROWS: [&str; 3] = ["npy", "csv", "parquet"];

fn is(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found.eq_ignore_ascii_case(extension))
}
