//! What a path names: MNIST's files, pictures, the files of a table, or one file.

use super::columnar::Columnar;
use super::parts::{no_test_part, part_of_folder};
use crate::data::hold::Part;
use crate::data::read::table::file::TableFile;
use crate::data::read::walk::files_below;
use crate::data::read::{images, mnist, npz};
use crate::{Error, Result};
use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

/// What a path names.
#[derive(Debug)]
pub(super) enum Found {
    /// A folder with MNIST's file names.
    Mnist,
    /// A picture, or a folder of pictures.
    Pictures(PathBuf),
    /// The Parquet or Arrow files of one table.
    Table(Vec<TableFile>),
    /// A file of another kind, and the name of an array in it.
    File(PathBuf, Option<String>),
}

/// Finds `part` of the source at `path`.
pub(super) fn find(path: &Path, part: Part) -> Result<Found> {
    if mnist::is_folder(path) {
        return Ok(Found::Mnist);
    }
    if let Some(pattern) = pattern(path) {
        let files = matching(path, pattern)?;
        // Only folders have parts.
        part_of_folder(&files[0].path, part)?;
        return Ok(Found::Table(files));
    }
    let (file, array) = npz::split(path);
    if array.is_some() && part == Part::Test {
        return Err(no_test_part(path.display().to_string()));
    }
    let path = part_of_folder(&file, part)?;
    Ok(match path.is_dir() {
        true if images::holds_pictures(&path)? => Found::Pictures(path),
        true => Found::Table(table_below(&path)?),
        false if images::is_picture(&path) => Found::Pictures(path),
        false => Found::File(path, array),
    })
}

/// Whether the path names something that exists, of any part.
pub(super) fn exists(path: &Path) -> bool {
    match pattern(path) {
        Some(pattern) => glob::glob(pattern).is_ok_and(|mut paths| paths.next().is_some()),
        None => npz::split(path).0.exists(),
    }
}

/// The path as a pattern with `*`, `?` or `[a-z]`, unless a file has that name.
fn pattern(path: &Path) -> Option<&str> {
    path.to_str().filter(|text| text.contains(['*', '?', '[']) && !npz::split(path).0.exists())
}

/// The files of a table that match a pattern.
fn matching(path: &Path, pattern: &str) -> Result<Vec<TableFile>> {
    let options = glob::MatchOptions { require_literal_leading_dot: true, ..glob::MatchOptions::new() };
    let found = glob::glob_with(pattern, options)
        .map_err(|error| Error::input(path, format!("is not a valid pattern: {}", error.msg)))?;
    let is_plain = |component: &Component<'_>| {
        !component.as_os_str().to_str().is_some_and(|name| name.contains(['*', '?', '[']))
    };
    let root: PathBuf = path.components().take_while(is_plain).collect();
    let mut files = Vec::new();
    for found in found {
        let found = found.map_err(|error| {
            let path = error.path().to_owned();
            Error::io(path, error.into())
        })?;
        match found.is_dir() {
            true => files.extend(files_below(&found)?.into_iter().filter(|file| is_columnar(file))),
            false => files.push(found),
        }
    }
    files.sort();
    files.dedup();
    files.retain(|file| !is_aside(&root, file));
    if files.is_empty() {
        return Err(Error::input(path, "no file matches this pattern"));
    }
    match files.iter().find(|file| !is_columnar(file)) {
        None => Ok(files.into_iter().map(|file| TableFile::below(&root, file)).collect()),
        Some(file) => {
            let problem = format!(
                "matches {}, which is not a Parquet or Arrow file; only these are read as one table",
                file.display()
            );
            Err(Error::input(path, problem))
        }
    }
}

/// The files of the table in a folder, in the order of their paths.
fn table_below(folder: &Path) -> Result<Vec<TableFile>> {
    if folder.join("_delta_log").is_dir() {
        let problem =
            "is a Delta Lake table, whose files may hold deleted rows; write its rows as plain Parquet";
        return Err(Error::input(folder, problem));
    }
    let mut files = files_below(folder)?;
    files.retain(|file| !is_aside(folder, file));
    let (tables, others): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| is_columnar(file));
    let is_data = |file: &&PathBuf| extension(file).is_some_and(|name| DATA.contains(&&*name));
    match (tables.first(), others.iter().find(is_data)) {
        (Some(table), Some(other)) => {
            let problem = format!("holds {} beside {}; give one of them", other.display(), table.display());
            Err(Error::input(folder, problem))
        }
        (Some(_), None) => Ok(tables.into_iter().map(|file| TableFile::below(folder, file)).collect()),
        (None, Some(other)) => {
            let problem = format!(
                "holds {}; only Parquet and Arrow files are read as one table, so give one file",
                other.display()
            );
            Err(Error::input(folder, problem))
        }
        (None, None) => Err(Error::input(folder, images::NOTHING)),
    }
}

/// Extensions of columnar files.
const COLUMNAR: [&str; 7] = ["parquet", "parq", "pq", "arrow", "arrows", "feather", "ipc"];

/// Extensions of other files with samples.
const DATA: [&str; 7] = ["csv", "tsv", "tab", "gz", "npy", "npz", "orc"];

/// Whether a file below `root` lies beside the data: its name or that of its folder starts with an underscore, as in
/// `_SUCCESS`.
fn is_aside(root: &Path, file: &Path) -> bool {
    let inside = file.strip_prefix(root).unwrap_or(file);
    inside.components().any(|component| component.as_os_str().as_encoded_bytes().starts_with(b"_"))
}

/// Whether the file is Parquet or Arrow by its name, or by its first bytes if its name says nothing.
fn is_columnar(path: &Path) -> bool {
    match extension(path) {
        Some(extension) => COLUMNAR.contains(&extension.as_str()),
        None => {
            let mut beginning = [0; 8];
            let read = File::open(path).and_then(|mut file| file.read_exact(&mut beginning));
            read.is_ok() && Columnar::of(&beginning).is_some()
        }
    }
}

fn extension(path: &Path) -> Option<String> {
    path.extension()?.to_str().map(str::to_ascii_lowercase)
}
