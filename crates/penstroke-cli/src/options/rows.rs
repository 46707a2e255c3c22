//! Where rows of numbers are written.

use crate::run::failure::Result;
use crate::run::output::{OutputFile, ROWS, STDOUT};
use clap::Args;
use clap::builder::PossibleValuesParser;
use penstroke::Error;
use std::path::{Path, PathBuf};

/// The output of `encode`, `reconstruct` and `predict`.
#[derive(Args, Debug)]
pub(crate) struct RowsArgs {
    /// The file to write, .npy, .csv or .parquet; - writes to standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Format of the output: npy, csv or parquet [default: by the file name; npy for standard output]
    #[arg(long, value_name = "FORMAT", value_parser = PossibleValuesParser::new(ROWS), hide_possible_values = true)]
    format: Option<String>,
    /// Print a summary as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

impl RowsArgs {
    /// The file's name in messages.
    pub(crate) fn place(&self) -> String {
        if self.out == Path::new("-") { STDOUT.to_owned() } else { self.out.display().to_string() }
    }

    /// Opens the file; it must not be one of `inputs`.
    pub(crate) fn open<'a>(&self, inputs: impl IntoIterator<Item = Option<&'a Path>>) -> Result<OutputFile> {
        self.open_as(&ROWS, inputs)
    }

    /// Like [`RowsArgs::open`] if only these formats can be written; the first is that of standard output.
    pub(crate) fn open_as<'a>(
        &self,
        formats: &[&str],
        inputs: impl IntoIterator<Item = Option<&'a Path>>,
    ) -> Result<OutputFile> {
        let format = self.format.as_deref();
        if let Some(format) = format.filter(|format| !formats.contains(format)) {
            let problem = format!("{format} cannot be streamed");
            return Err(Error::option("format", problem)
                .set("format", formats[0])
                .leave_out("stream")
                .into());
        }
        if self.out == Path::new("-") {
            if self.json {
                let problem = "the summary and the rows cannot both go to standard output";
                return Err(Error::option("json", problem).leave_out("json").hint("write to a file").into());
            }
            return Ok(OutputFile::stdout(format.unwrap_or(formats[0])));
        }
        let file = match format {
            Some(format) => OutputFile::open_in_format(&self.out, format)?,
            None => OutputFile::open_as_one_of(&self.out, formats)?,
        };
        file.apart_from(inputs)
    }
}
