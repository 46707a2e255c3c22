//! What a path names: MNIST's files, pictures, the files of a table, or one file.

use super::columnar::is_columnar;
use super::parts::{has_part_files, no_test_part, part_of_folder, part_of_name};
use super::pattern::{matching, pattern, root};
use crate::data::hold::Part;
use crate::data::read::table::file::TableFile;
use crate::data::read::walk::files_below;
use crate::data::read::{images, mnist, npz};
use crate::{Error, Result};
use std::path::{Path, PathBuf};

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
        let files = table_matching(path, pattern)?;
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
        true => Found::Table(table_below(&path, part)?),
        false if images::is_picture(&path) => Found::Pictures(path),
        false => Found::File(path, array),
    })
}

/// The files of a table that match a pattern.
fn table_matching(path: &Path, pattern: &str) -> Result<Vec<TableFile>> {
    let (root, mut files) = (root(path), Vec::new());
    for found in matching(path, pattern)? {
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

/// The files of the table in a folder, in the order of their paths; if their names have parts, those of `part`.
fn table_below(folder: &Path, part: Part) -> Result<Vec<TableFile>> {
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
        (Some(_), None) => {
            let in_parts = has_part_files(folder);
            if let Some(file) = tables.iter().find(|file| in_parts && part_of_name(file).is_none()) {
                let problem = format!("holds {} beside files of a training and a test part", file.display());
                return Err(Error::input(folder, problem)
                    .hint("move it to another folder")
                    .hint("give a pattern such as 'train*'"));
            }
            let is_wanted = |file: &PathBuf| !in_parts || part_of_name(file) == Some(part);
            let files = tables.into_iter().filter(is_wanted);
            Ok(files.map(|file| TableFile::below(folder, file)).collect())
        }
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

/// Extensions of other files with samples.
const DATA: [&str; 11] = ["csv", "tsv", "tab", "txt", "gz", "bz2", "xz", "zst", "npy", "npz", "orc"];

/// Whether a file below `root` lies beside the data: its name or that of its folder starts with an underscore, as in
/// `_SUCCESS`.
fn is_aside(root: &Path, file: &Path) -> bool {
    let inside = file.strip_prefix(root).unwrap_or(file);
    inside.components().any(|component| component.as_os_str().as_encoded_bytes().starts_with(b"_"))
}

fn extension(path: &Path) -> Option<String> {
    path.extension()?.to_str().map(str::to_ascii_lowercase)
}
