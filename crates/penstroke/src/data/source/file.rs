//! Reads files by their first bytes.

use super::columnar::{Columnar, read_columnar, read_columnar_stdin};
use super::elsewhere::{SPREADSHEET, is_spreadsheet};
use super::find::{Found, find};
use super::options::{LoadOptions, is_as_table};
use super::parts::no_test_part;
use crate::data::hold::{Dataset, Part};
use crate::data::read::content::Content;
use crate::data::read::labels::Labels;
use crate::data::read::table::TableOptions;
use crate::data::read::table::file::TableFile;
use crate::data::read::{idx, images, mnist, npy, npz, table};
use crate::{Error, Result};
use std::path::Path;

pub(super) fn read(path: &Path, options: &LoadOptions) -> Result<Dataset> {
    match find(path, options.part)? {
        Found::Mnist => {
            refuse_table(path.display().to_string(), options)?;
            mnist::read(path, options.part)
        }
        Found::Pictures(path) => {
            refuse_table(path.display().to_string(), options)?;
            images::read(path)
        }
        Found::Table(files) => read_columnar(path.display().to_string(), &files, options),
        Found::File(path, array) => read_file(&path, array, options),
    }
}

fn read_file(path: &Path, array: Option<String>, options: &LoadOptions) -> Result<Dataset> {
    let content = Content::open(path)?;
    if Columnar::of(content.beginning()).is_some() {
        return read_columnar(content.place(), &[TableFile::alone(path)], options);
    }
    match content.beginning() {
        start if is_spreadsheet(path, start) => Err(content.error(SPREADSHEET)),
        [b'P', b'K', 3 | 5, 4 | 6, ..] => {
            let table = TableOptions { label: None, ..options.table.clone() };
            refuse_table(content.place(), &LoadOptions { table, ..options.clone() })?;
            let label = options.table.label.as_ref().filter(|_| options.table.labels != Labels::Ignored);
            npz::read(path, array.as_deref(), label, options.part, options.like.as_ref())
        }
        _ if array.is_some() && !is_array(&content) => {
            Err(content.error("is not an npz file, so it has no named arrays"))
        }
        [b'F', b'E', b'A', b'1', ..] => {
            Err(content.error("is Feather version 1; write version 2, which is Arrow IPC"))
        }
        _ if is_array(&content) || table::is_text(path) || is_as_table(options) => {
            read_content(content, options)
        }
        _ => Err(content.error(FORMATS).with("columns", "read it as a table of text")),
    }
}

pub(super) fn read_stdin(options: &LoadOptions) -> Result<Dataset> {
    if options.part == Part::Test {
        return Err(no_test_part("-".into()));
    }
    let content = Content::stdin()?;
    if content.beginning().starts_with(b"PK\x03\x04") {
        return Err(content.error("is an npz file, which must be read from its end; give it by name"));
    }
    match Columnar::of(content.beginning()) {
        Some(form) => read_columnar_stdin(form, content, options),
        None => read_content(content, options),
    }
}

/// Reads npy and IDX, recognised by their first bytes, and everything else as a table.
fn read_content(content: Content, options: &LoadOptions) -> Result<Dataset> {
    if !is_array(&content) {
        return table::read(content, &options.table, options.like.as_ref());
    }
    refuse_table(content.place(), options)?;
    let content = content.keeping(options.like.as_ref());
    if npy::is_npy(content.beginning()) { npy::dataset(content) } else { idx::dataset(content) }
}

fn is_array(content: &Content) -> bool {
    npy::is_npy(content.beginning()) || idx::is_idx(content.beginning())
}

pub(super) fn refuse_table(place: String, options: &LoadOptions) -> Result<()> {
    let learned = options.like.as_ref().and_then(|like| like.columns.as_ref());
    let problem = match learned {
        Some(columns) => {
            let names = columns.features.iter().map(|feature| feature.column.to_string());
            let shown: Vec<_> = names.take(5).collect();
            let more = if columns.features.len() > shown.len() { ", …" } else { "" };
            format!("is not a table, but the model reads {}{more}; give a table", shown.join(", "))
        }
        None if !options.table.targets.is_empty() => {
            let names: Vec<_> = options.table.targets.iter().map(ToString::to_string).collect();
            format!("is not a table with columns of targets, and no file is named {}", names.join(","))
        }
        None if is_as_table(options) => {
            "is not a table; only tables such as CSV or Parquet files have columns".to_owned()
        }
        None => return Ok(()),
    };
    Err(Error::input(place, problem))
}

/// The error for files in other formats.
pub(super) const FORMATS: &str = "is not in a supported format: IDX, npy, npz, PNG, JPEG, Parquet, Arrow IPC, or a table of text named .csv or .tsv \
                       (all but npz, pictures and Parquet also compressed: .gz, .bz2, .xz, .zst)";
