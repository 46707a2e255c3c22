//! The parts of a source.

use super::columnar::is_columnar;
use super::elsewhere::nothing_there;
use super::name::Source;
use super::pattern::exists;
use crate::data::hold::{Part, no_valid_part};
use crate::data::read::mnist::{self, mnist_folder};
use crate::data::read::walk::list;
use crate::data::read::{images, npz};
use crate::{Error, Result};
use std::path::{Path, PathBuf};

/// Whether the source has a part that [`load`](crate::data::load) can load.
///
/// The data that a variation is made from may still be missing; loading reports that.
///
/// ```
/// use penstroke::data::{Part, Source, has_part};
/// assert!(has_part(&Source::Strokes, Part::Test, "".as_ref()));
/// assert!(!has_part(&Source::Strokes, Part::Valid, "".as_ref()));
/// assert!(has_part(&"convex".parse()?, Part::Valid, "".as_ref()));
/// # Ok::<(), penstroke::Error>(())
/// ```
pub fn has_part(source: &Source, part: Part, data_dir: &Path) -> bool {
    match source {
        Source::Variation(_) => true,
        Source::Strokes | Source::Leaves => part != Part::Valid,
        Source::Mnist => mnist_folder(data_dir).is_ok_and(|folder| mnist::has_part(folder, part)),
        Source::Stdin => part == Part::Train,
        Source::Path(path) if mnist::is_folder(path) => mnist::has_part(path, part),
        Source::Path(path) => match part {
            Part::Train => exists(path),
            Part::Valid => false,
            Part::Test => has_part_folders(path) || has_part_files(path) || npz::has_test(path),
        },
    }
}

/// Only variations have a validation part.
pub(super) fn refuse_valid(source: &Source, part: Part) -> Result<()> {
    match (source, part) {
        (Source::Variation(_), _) | (_, Part::Train | Part::Test) => Ok(()),
        (_, Part::Valid) => Err(no_valid_part(source.to_string())),
    }
}

/// The file or folder with `part` of the source at `path`.
pub(super) fn part_of_folder(path: &Path, part: Part) -> Result<PathBuf> {
    must_exist(path)?;
    let [train, test] = part_folders(path);
    if has_part_folders(path) {
        let are_pictures = images::holds_pictures(&train)? && images::holds_pictures(&test)?;
        if are_pictures && images::class_names(&train)? != images::class_names(&test)? {
            return Err(Error::input(
                path,
                "the folders train and test hold different class folders; labels need the same ones in both",
            ));
        }
        return Ok(match part {
            Part::Train | Part::Valid => train,
            Part::Test => test,
        });
    }
    match part {
        Part::Train | Part::Valid => Ok(path.to_owned()),
        Part::Test if has_part_files(path) || npz::has_test(path) => Ok(path.to_owned()),
        Part::Test => Err(no_test_part(path.display().to_string())),
    }
}

pub(super) fn must_exist(path: &Path) -> Result<()> {
    if path.exists() {
        return Ok(());
    }
    Err(Error::input(path, nothing_there(path)))
}

pub(super) fn no_test_part(place: String) -> Error {
    Error::input(place, "has no test part; leave that out, or give a source with one")
}

fn part_folders(path: &Path) -> [PathBuf; 2] {
    [path.join("train"), path.join("test")]
}

fn has_part_folders(path: &Path) -> bool {
    part_folders(path).iter().all(|folder| folder.is_dir())
}

/// Whether a folder holds a table in two parts: files named like `train-0.parquet` and `test-0.parquet`.
pub(super) fn has_part_files(path: &Path) -> bool {
    let files =
        if path.is_dir() { list(path).map(|(files, _)| files).unwrap_or_default() } else { Vec::new() };
    let has = |part| files.iter().any(|file| part_of_name(file) == Some(part) && is_columnar(file));
    has(Part::Train) && has(Part::Test)
}

/// The part that the first word of a file's name says.
pub(super) fn part_of_name(file: &Path) -> Option<Part> {
    let word = file.file_name()?.to_str()?.split(|c: char| !c.is_alphanumeric()).next()?;
    match word {
        "train" => Some(Part::Train),
        "test" => Some(Part::Test),
        _ => None,
    }
}
