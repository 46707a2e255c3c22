//! Results: lines on standard output, and files.

use super::console::note;
use super::failure::{Failure, Result};
use super::interrupt;
use penstroke::Error;
use penstroke::data::{Float, npy, parquet, text};
use penstroke::eval::{ErrorRate, RegressionScore};
use penstroke::files::Output;
use penstroke::report::number::significant;
use serde_json::{Value, json};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Prints a result of one or more lines.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(Failure::Stdout)
}

/// Prints a result for programs.
pub(crate) fn print_json(value: &Value) -> Result<()> {
    print(&format!("{value:#}"))
}

/// The errors of a classifier, for programs.
pub(crate) fn errors(test: ErrorRate) -> Value {
    json!({"errors": test.errors, "n": test.n, "error": test.share(), "interval": test.interval()})
}

/// The errors of predictions, one line per target, each after a newline.
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

/// "; training loss 48.5000", or empty without epochs.
pub(crate) fn last_loss(name: &str, losses: &[f64]) -> String {
    losses.last().map_or(String::new(), |loss| format!("; {name} loss {loss:.4}"))
}

/// A file to write, opened before the work that produces its content.
#[derive(Debug)]
pub(crate) struct OutputFile {
    path: PathBuf,
    sink: Sink,
    /// The format, unless the name determines it.
    format: Option<String>,
}

#[derive(Debug)]
enum Sink {
    File(Output),
    Stdout,
}

impl OutputFile {
    /// Opens a file of any name.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let output = Output::create(path)?;
        interrupt::remove_when_interrupted(&output);
        Ok(Self { path: path.to_owned(), sink: Sink::File(output), format: None })
    }

    /// Opens a file of any name for this format.
    pub(crate) fn open_in_format(path: &Path, format: &str) -> Result<Self> {
        Ok(Self { format: Some(format.to_owned()), ..Self::open(path)? })
    }

    /// Standard output, in this format.
    pub(crate) fn stdout(format: &str) -> Self {
        Self { path: STDOUT.into(), sink: Sink::Stdout, format: Some(format.to_owned()) }
    }

    /// Opens a model's file. Standard output is refused because the options go to a second file beside the model.
    pub(crate) fn open_model(path: &Path) -> Result<Self> {
        match path == Path::new("-") {
            true => {
                let problem = "a model cannot be written to standard output";
                Err(Error::option("out", problem).hint("give a file name").into())
            }
            false => Self::open(path),
        }
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
        let problem = format!("the file name must end in .{}", extensions.join(" or ."));
        Err(Error::input(path, problem).into())
    }

    /// Whether the file has the format with this extension.
    pub(crate) fn is(&self, extension: &str) -> bool {
        match &self.format {
            Some(format) => format == extension,
            None => is(&self.path, extension),
        }
    }

    /// The path with `ending` appended; `None` for a device or standard output.
    pub(crate) fn beside_it(&self, ending: &str) -> Option<PathBuf> {
        match &self.sink {
            Sink::File(output) if output.beside().is_some() => Some(beside(&self.path, ending)),
            _ => None,
        }
    }

    /// The path, as typed.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// How to print the summary: to standard error if the file itself goes to standard output.
    pub(crate) fn summary(&self) -> PrintSummary {
        match self.sink {
            Sink::File(_) => print,
            Sink::Stdout => |text| {
                note(text);
                Ok(())
            },
        }
    }

    /// Refuses to overwrite one of the `inputs`.
    pub(crate) fn apart_from<'a>(self, inputs: impl IntoIterator<Item = Option<&'a Path>>) -> Result<Self> {
        let is_within = |folder: &Path| {
            folder.is_dir() && self.path.exists() && real(&self.path).starts_with(real(folder))
        };
        if inputs.into_iter().flatten().any(|input| are_same(&self.path, input) || is_within(input)) {
            let problem = "is an input of this command and would be overwritten; give another output name";
            return Err(Error::input(&self.path, problem).into());
        }
        Ok(self)
    }

    /// Writes the file and renames it into place.
    pub(crate) fn finish(self, write: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>) -> Result<()> {
        self.finish_with(|out, path| write(out).map_err(|error| Error::io(path, error)))
    }

    /// Like [`OutputFile::finish`], for work that can also fail otherwise.
    pub(crate) fn finish_with(
        self,
        write: impl FnOnce(&mut (dyn Write + Send), &Path) -> penstroke::Result<()>,
    ) -> Result<()> {
        let path = &self.path;
        match self.sink {
            Sink::File(mut output) => {
                write(&mut output, path)?;
                Ok(output.commit()?)
            }
            Sink::Stdout => {
                let mut out = BufWriter::new(io::stdout());
                let written =
                    write(&mut out, path).and_then(|()| out.flush().map_err(|error| Error::io(path, error)));
                written.map_err(|error| match error {
                    Error::Io { path: at, source } if at == *path => Failure::Stdout(source),
                    error => error.into(),
                })
            }
        }
    }

    /// Writes rows of values, with these column names, in the file's format.
    pub(crate) fn finish_rows<T: Float>(self, values: &[T], names: &[String]) -> Result<()> {
        if self.is("csv") {
            return self.finish(|out| text::write(out, names, values));
        }
        if self.is("parquet") {
            return self.finish(|out| parquet::write(out, names, values));
        }
        self.finish(|out| npy::write_rows(out, values, names.len()))
    }
}

/// The path with `ending` appended to its name.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Prints a line of the summary.
pub(crate) type PrintSummary = fn(&str) -> Result<()>;

/// Whether two paths name the same file, which need not exist yet.
pub(crate) fn are_same(one: &Path, other: &Path) -> bool {
    one == other || real(one) == real(other)
}

/// The path of a file without links and dots.
pub(crate) fn real(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    // A link may name a file that is still to be written.
    for _ in 0..40 {
        let Ok(next) = path.read_link() else { break };
        path = path.parent().unwrap_or(Path::new("")).join(next);
    }
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (folder.canonicalize(), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path,
    }
}

pub(crate) const STDOUT: &str = "standard output";

/// The formats for rows of numbers.
pub(crate) const ROWS: [&str; 3] = ["npy", "csv", "parquet"];

fn is(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found.eq_ignore_ascii_case(extension))
}
