//! The formats in which a table is written.

use crate::{Error, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::{self, Write};
use std::path::Path;

/// A format, and the path of the file.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(feature = "columnar"), allow(dead_code, reason = "only text is written"))]
pub(super) enum Form<'a> {
    Text(&'a Path),
    Parquet(&'a Path),
    ArrowFile(&'a Path),
    ArrowStream(&'a Path),
}

impl<'a> Form<'a> {
    /// The format that the extension of a path names. One that names none is text if `is_text`, else Parquet.
    pub(super) fn of(path: &'a Path, is_text: bool) -> Result<Self> {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        let form = match extension.to_ascii_lowercase().as_str() {
            "parquet" | "parq" | "pq" => Form::Parquet(path),
            "arrow" | "feather" | "ipc" => Form::ArrowFile(path),
            "arrows" => Form::ArrowStream(path),
            "bz2" | "xz" | "zst" | "zstd" => {
                let problem = "a table is written plain or compressed with gzip (.gz)";
                return Err(Error::input(path, problem));
            }
            "xlsx" | "xls" | "ods" => {
                return Err(Error::input(path, "spreadsheets are not written; name it .csv"));
            }
            "" if !is_text => Form::Parquet(path),
            _ => Form::Text(path),
        };
        // Every cell stays as it is only in its own kind of format.
        match (form, is_text) {
            (Form::Text(_), true) => Ok(form),
            (Form::Text(_), false) => {
                Err(Error::input(path, "a Parquet or Arrow table is not written as text; name it .parquet"))
            }
            (_, true) => Err(Error::input(path, "a table of text is written as text; name it .csv")),
            (_, false) if cfg!(feature = "columnar") => Ok(form),
            _ => Err(Error::input(path, "only text is written; name it .csv")),
        }
    }
}

/// Passes on text, compressed if the path says so.
pub(super) fn with_text(
    (path, out): (&Path, &mut dyn Write),
    write: impl FnOnce(&mut dyn Write) -> Result<()>,
) -> Result<()> {
    if path.extension().is_none_or(|extension| extension != "gz") {
        return write(out);
    }
    let mut packed = GzEncoder::new(out, Compression::default());
    write(&mut packed)?;
    packed.finish().map(drop).map_err(|error| Error::io(path, error))
}

/// The error that the system gave for a file.
pub(super) fn refused(path: &Path) -> impl Fn(io::Error) -> Error + '_ {
    move |error| Error::io(path, error)
}
