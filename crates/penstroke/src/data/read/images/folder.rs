//! The pictures of a folder, and their classes.

use crate::data::read::walk::{any_below, files_below, list};
use crate::{Error, Result};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Extensions of pictures that are read.
const READ: [&str; 3] = ["png", "jpg", "jpeg"];

/// Extensions of pictures that are not read. Skipping them would silently lose data.
const OTHER_PICTURES: [&str; 19] = [
    "avif", "bmp", "dds", "exr", "gif", "heic", "heif", "ico", "jp2", "jxl", "pbm", "pgm", "pnm", "ppm",
    "qoi", "tga", "tif", "tiff", "webp",
];

/// Whether a file of this name is read as a picture.
pub(in crate::data) fn is_picture(path: &Path) -> bool {
    extension(path).is_some_and(|extension| READ.contains(&extension.as_str()))
}

/// The class folders in `folder`, sorted by name; empty if the pictures have no classes.
pub(in crate::data) fn class_names(folder: &Path) -> Result<Vec<OsString>> {
    Ok(find(folder)?.classes)
}

pub(super) struct Found {
    pub(super) paths: Vec<PathBuf>,
    pub(super) labels: Option<Vec<u32>>,
    pub(super) classes: Vec<OsString>,
    /// The first picture in a folder inside a class folder.
    pub(super) deeper: Option<PathBuf>,
}

/// Whether the folder holds pictures, at any depth.
pub(in crate::data) fn holds_pictures(folder: &Path) -> Result<bool> {
    any_below(folder, is_picture)
}

pub(super) fn find(path: &Path) -> Result<Found> {
    if !path.is_dir() {
        return Ok(Found { paths: vec![path.to_owned()], labels: None, classes: Vec::new(), deeper: None });
    }
    let place = path.display().to_string();
    let (files, folders) = list(path)?;
    let pictures = pictures(files)?;
    let (mut classes, mut members, mut deeper) = (Vec::new(), Vec::new(), None);
    for folder in &folders {
        let pictures = self::pictures(files_below(folder)?)?;
        if !pictures.is_empty() {
            classes.extend(folder.file_name().map(OsString::from));
            deeper = deeper.or_else(|| pictures.iter().find(|path| path.parent() != Some(folder)).cloned());
            members.push(pictures);
        }
    }
    match (pictures.is_empty(), members.is_empty()) {
        (false, true) => Ok(Found { paths: pictures, labels: None, classes, deeper }),
        (true, false) => {
            let labels = (0..).zip(&members).flat_map(|(label, paths)| vec![label; paths.len()]).collect();
            Ok(Found { paths: members.concat(), labels: Some(labels), classes, deeper })
        }
        (true, true) => Err(Error::input(place, NOTHING)),
        (false, false) => Err(Error::input(
            place,
            format!(
                "holds pictures ({}) beside folders of pictures ({}); give one or the other",
                pictures[0].display(),
                members[0][0].display()
            ),
        )),
    }
}

/// The error for a folder that holds nothing to read.
pub(in crate::data) const NOTHING: &str = "holds no PNG or JPEG pictures, class folders of them, Parquet or Arrow files, or files named like \
                       MNIST's";

/// The pictures among `files`.
fn pictures(mut files: Vec<PathBuf>) -> Result<Vec<PathBuf>> {
    let is_other = |path: &&PathBuf| {
        extension(path).is_some_and(|extension| OTHER_PICTURES.contains(&extension.as_str()))
    };
    if let Some(path) = files.iter().find(is_other) {
        return Err(Error::input(path, "is a picture in an unsupported format; convert it to PNG"));
    }
    files.retain(|path| is_picture(path));
    Ok(files)
}

fn extension(path: &Path) -> Option<String> {
    path.extension()?.to_str().map(str::to_ascii_lowercase)
}
