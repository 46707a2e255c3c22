//! What goes to standard output, the results, and to standard error, the rest.

use crate::run::failure::{Failure, Result};
use crate::run::interrupt;
use clap::Args;
use clap::builder::PossibleValuesParser;
use penstroke::Error;
use penstroke::data::{npy, parquet, text};
use penstroke::eval::RegressionScore;
use penstroke::files::Output;
use penstroke::report::number::significant;
use serde_json::Value;
use std::io::{self, BufWriter, Write};
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
    sink: Sink,
    /// What is written, where the name does not say it.
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

    /// Opens a model's file, which is more than one stream can hold: what was meant is written beside it.
    pub(crate) fn open_model(path: &Path) -> Result<Self> {
        match path == Path::new("-") {
            true => {
                let problem = "a model is not written to standard output; give the name of a file";
                Err(Error::input("-", problem).into())
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
        let problem =
            format!("{0} is what is written; give a name that ends in .{0}", extensions.join(" or ."));
        Err(Error::input(path.display().to_string(), problem).into())
    }

    /// Whether this is written, by its name or what was said.
    pub(crate) fn is(&self, extension: &str) -> bool {
        match &self.format {
            Some(format) => format == extension,
            None => is(&self.path, extension),
        }
    }

    /// The file beside it whose name goes on so; none beside what is no file.
    pub(crate) fn beside_it(&self, ending: &str) -> Option<PathBuf> {
        match &self.sink {
            Sink::File(output) if output.beside().is_some() => Some(beside(&self.path, ending)),
            _ => None,
        }
    }

    /// Where what is told of it goes: to standard error if the file is standard output.
    pub(crate) fn teller(&self) -> Teller {
        match self.sink {
            Sink::File(_) => print,
            Sink::Stdout => |text| {
                note(text);
                Ok(())
            },
        }
    }

    /// The same, if it would not take the place of something that is read.
    pub(crate) fn apart_from<'a>(self, inputs: impl IntoIterator<Item = Option<&'a Path>>) -> Result<Self> {
        if inputs.into_iter().flatten().any(|input| are_same(&self.path, input)) {
            let problem = "is the name of what is read; give another name to write to";
            return Err(Error::input(self.path.display().to_string(), problem).into());
        }
        Ok(self)
    }

    /// Writes it and puts it into its place.
    pub(crate) fn finish(self, write: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>) -> Result<()> {
        self.finish_with(|out, path| write(out).map_err(|error| Error::io(path, error)))
    }

    /// The same for what can fail in more than writing.
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

/// The file beside another whose name goes on so.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// How a verb tells its result.
pub(crate) type Teller = fn(&str) -> Result<()>;

/// Where rows of numbers are written.
#[derive(Args, Debug)]
pub(crate) struct RowsFile {
    /// The file to write, .npy, .csv or .parquet; - is standard output, which then holds nothing else
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// What to write, npy, csv or parquet, whatever the name of the file [default: as the name ends; to standard output npy]
    #[arg(long, value_name = "FORMAT", value_parser = PossibleValuesParser::new(ROWS), hide_possible_values = true)]
    format: Option<String>,
    /// Print a summary as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

impl RowsFile {
    /// Its name for people.
    pub(crate) fn place(&self) -> String {
        if self.out == Path::new("-") { STDOUT.to_owned() } else { self.out.display().to_string() }
    }

    /// Opens it; it must be none of `inputs`.
    pub(crate) fn open<'a>(&self, inputs: impl IntoIterator<Item = Option<&'a Path>>) -> Result<OutputFile> {
        self.open_as(&ROWS, inputs)
    }

    /// The same where only these kinds of files, the first for standard output, can be written.
    pub(crate) fn open_as<'a>(
        &self,
        kinds: &[&str],
        inputs: impl IntoIterator<Item = Option<&'a Path>>,
    ) -> Result<OutputFile> {
        let Self { out, format, json } = self;
        if let Some(format) = format.as_deref().filter(|format| !kinds.contains(format)) {
            let problem = format!("{format} cannot be written so; {} is what is written", kinds.join(" or "));
            return Err(Error::input("format", problem).into());
        }
        if out == Path::new("-") {
            if *json {
                let problem = "the summary and the rows cannot both go to standard output; leave one out";
                return Err(Error::input("json", problem).into());
            }
            let format = Some(format.as_deref().unwrap_or(kinds[0]).to_owned());
            return Ok(OutputFile { path: STDOUT.into(), sink: Sink::Stdout, format });
        }
        let file = match format {
            Some(_) => OutputFile { format: format.clone(), ..OutputFile::open(out)? },
            None => OutputFile::open_as_one_of(out, kinds)?,
        };
        file.apart_from(inputs)
    }
}

/// Whether two names are those of one file.
pub(crate) fn are_same(one: &Path, other: &Path) -> bool {
    // What cannot be found is another one, if its name is.
    one == other || one.canonicalize().is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
}

const STDOUT: &str = "standard output";

/// The files that rows of numbers are written to.
pub(crate) const ROWS: [&str; 3] = ["npy", "csv", "parquet"];

fn is(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found.eq_ignore_ascii_case(extension))
}
