//! Columnar files as sources.

use super::options::LoadOptions;
use crate::Result;
use crate::data::hold::Dataset;
use crate::data::read::content::Content;
use crate::data::read::table::Learned;
#[cfg(feature = "columnar")]
use crate::data::read::table::columnar;
use std::path::Path;

/// The three forms of columnar files.
#[derive(PartialEq)]
pub(super) enum Columnar {
    Parquet,
    ArrowFile,
    ArrowStream,
}

impl Columnar {
    /// The format of a file with these first bytes.
    pub(super) fn of(beginning: &[u8]) -> Option<Self> {
        match beginning {
            [b'P', b'A', b'R', b'1', ..] => Some(Columnar::Parquet),
            [b'A', b'R', b'R', b'O', b'W', b'1', ..] => Some(Columnar::ArrowFile),
            [0xff, 0xff, 0xff, 0xff, ..] => Some(Columnar::ArrowStream),
            _ => None,
        }
    }
}

/// Reads the file at `path`, or standard input.
#[cfg(feature = "columnar")]
pub(super) fn read_columnar(
    form: Columnar,
    path: Option<&Path>,
    content: Content,
    options: &LoadOptions,
) -> Result<Dataset> {
    let (table, like) = (&options.table, options.like.as_ref());
    match (form, path) {
        (Columnar::ArrowStream, _) => columnar::read_ipc_stream(content, table, like),
        (_, Some(_)) if content.is_compressed() => Err(content.error(COMPRESSED)),
        (Columnar::Parquet, Some(path)) => columnar::read_parquet(path, table, like),
        (Columnar::ArrowFile, Some(path)) => columnar::read_ipc_file(path, table, like),
        (_, None) => Err(content.error("is a Parquet or Arrow file, read from its end; give it by its name")),
    }
}

/// Passes on the rows of a Parquet file a few thousand at a time, and returns the rest of what it holds.
#[cfg(feature = "columnar")]
pub(super) fn spool_parquet(
    path: &Path,
    content: &Content,
    options: &LoadOptions,
    values: &mut dyn FnMut(&[f32]) -> Result<()>,
) -> Result<Learned> {
    match content.is_compressed() {
        true => Err(content.error(COMPRESSED)),
        false => columnar::spool_parquet(path, &options.table, options.like.as_ref(), values),
    }
}

#[cfg(feature = "columnar")]
const COMPRESSED: &str = "is compressed as a whole, and such a file is read from its end; unpack it first";

#[cfg(not(feature = "columnar"))]
pub(super) fn read_columnar(
    _: Columnar,
    _: Option<&Path>,
    content: Content,
    _: &LoadOptions,
) -> Result<Dataset> {
    Err(content.error(NO_COLUMNAR))
}

#[cfg(not(feature = "columnar"))]
pub(super) fn spool_parquet(
    _: &Path,
    content: &Content,
    _: &LoadOptions,
    _: &mut dyn FnMut(&[f32]) -> Result<()>,
) -> Result<Learned> {
    Err(content.error(NO_COLUMNAR))
}

#[cfg(not(feature = "columnar"))]
const NO_COLUMNAR: &str = "is a Parquet or Arrow file, which penstroke reads with its feature `columnar`";
