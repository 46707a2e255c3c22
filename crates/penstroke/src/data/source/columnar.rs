//! Columnar files as sources.

use super::options::LoadOptions;
#[cfg(not(feature = "columnar"))]
use crate::Error;
use crate::Result;
use crate::data::hold::{Dataset, ImageShape};
use crate::data::read::content::Content;
use crate::data::read::table::Learned;
#[cfg(feature = "columnar")]
use crate::data::read::table::columnar::{self, After, Batches, Followed, Sink};
use crate::data::read::table::file::TableFile;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The three forms of columnar files.
#[derive(PartialEq)]
pub(in crate::data) enum Columnar {
    Parquet,
    ArrowFile,
    ArrowStream,
}

impl Columnar {
    /// The format of a file with these first bytes.
    pub(in crate::data) fn of(beginning: &[u8]) -> Option<Self> {
        match beginning {
            [b'P', b'A', b'R', b'1', ..] => Some(Columnar::Parquet),
            [b'A', b'R', b'R', b'O', b'W', b'1', ..] => Some(Columnar::ArrowFile),
            [0xff, 0xff, 0xff, 0xff, ..] => Some(Columnar::ArrowStream),
            _ => None,
        }
    }
}

/// Extensions of columnar files.
const COLUMNAR: [&str; 7] = ["parquet", "parq", "pq", "arrow", "arrows", "feather", "ipc"];

/// Whether the file is Parquet or Arrow by its name, or by its first bytes if its name says nothing.
pub(super) fn is_columnar(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase);
    match extension {
        Some(extension) => COLUMNAR.contains(&extension.as_str()),
        None => {
            let mut beginning = [0; 8];
            let read = File::open(path).and_then(|mut file| file.read_exact(&mut beginning));
            read.is_ok() && Columnar::of(&beginning).is_some()
        }
    }
}

/// Reads the table of `files`, which messages call `table`.
#[cfg(feature = "columnar")]
pub(super) fn read_columnar(table: String, files: &[TableFile], options: &LoadOptions) -> Result<Dataset> {
    let mut batches = Batches::new(table, files, &options.table, options.like.as_ref())?;
    files.iter().try_for_each(|file| add_columnar(file, &mut batches))?;
    batches.finish()
}

/// Reads a table from standard input.
#[cfg(feature = "columnar")]
pub(super) fn read_columnar_stdin(
    form: Columnar,
    content: Content,
    options: &LoadOptions,
) -> Result<Dataset> {
    if form != Columnar::ArrowStream {
        return Err(content.error("is a Parquet or Arrow file, read from its end; give it by its name"));
    }
    let mut batches = Batches::new(content.place(), &[], &options.table, options.like.as_ref())?;
    let file = TableFile::alone(content.path());
    columnar::add_ipc_stream(content, &file, &mut batches)?;
    batches.finish()
}

/// Passes on the rows of the table of `files` a few thousand at a time, and returns the rest of what it holds.
#[cfg(feature = "columnar")]
pub(super) fn spool_columnar(
    table: String,
    files: &[TableFile],
    options: &LoadOptions,
    values: &mut dyn FnMut(&[f32]) -> Result<()>,
) -> Result<(Learned, Option<ImageShape>)> {
    let mut batches = Batches::new(table, files, &options.table, options.like.as_ref())?;
    let after: &mut After<'_> = &mut |batches| values(&batches.take_rows()?);
    let mut followed = Followed { batches: &mut batches, after };
    files.iter().try_for_each(|file| add_columnar(file, &mut followed))?;
    batches.learned()
}

/// Adds the rows of a file.
#[cfg(feature = "columnar")]
pub(in crate::data) fn add_columnar(file: &TableFile, sink: &mut dyn Sink) -> Result<()> {
    let content = Content::open(&file.path)?;
    match Columnar::of(content.beginning()) {
        Some(Columnar::ArrowStream) => columnar::add_ipc_stream(content, file, sink),
        _ if content.is_compressed() => {
            Err(content
                .error("is compressed as a whole, and such a file is read from its end; unpack it first"))
        }
        Some(Columnar::ArrowFile) => columnar::add_ipc_file(file, sink),
        Some(Columnar::Parquet) => columnar::add_parquet(file, sink),
        None => Err(content.error("is not a Parquet or Arrow file, despite its name")),
    }
}

#[cfg(not(feature = "columnar"))]
pub(super) fn read_columnar(table: String, _: &[TableFile], _: &LoadOptions) -> Result<Dataset> {
    Err(Error::input(table, NO_COLUMNAR))
}

#[cfg(not(feature = "columnar"))]
pub(super) fn read_columnar_stdin(_: Columnar, content: Content, _: &LoadOptions) -> Result<Dataset> {
    Err(content.error(NO_COLUMNAR))
}

#[cfg(not(feature = "columnar"))]
pub(super) fn spool_columnar(
    table: String,
    _: &[TableFile],
    _: &LoadOptions,
    _: &mut dyn FnMut(&[f32]) -> Result<()>,
) -> Result<(Learned, Option<ImageShape>)> {
    Err(Error::input(table, NO_COLUMNAR))
}

#[cfg(not(feature = "columnar"))]
pub(in crate::data) const NO_COLUMNAR: &str =
    "is a Parquet or Arrow file, which penstroke reads with its feature `columnar`";
