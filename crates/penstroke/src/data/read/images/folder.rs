//! The pictures of a folder, and their classes.

use crate::{Error, Result};
use std::ffi::OsString;
use std::fs;
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
}

pub(super) fn find(path: &Path) -> Result<Found> {
    if !path.is_dir() {
        return Ok(Found { paths: vec![path.to_owned()], labels: None, classes: Vec::new() });
    }
    let place = path.display().to_string();
    let (pictures, folders) = list(path)?;
    let (mut classes, mut members) = (Vec::new(), Vec::new());
    for folder in &folders {
        let (pictures, _) = list(folder)?;
        if !pictures.is_empty() {
            classes.extend(folder.file_name().map(OsString::from));
            members.push(pictures);
        }
    }
    match (pictures.is_empty(), members.is_empty()) {
        (false, true) => Ok(Found { paths: pictures, labels: None, classes }),
        (true, false) => {
            let labels = (0..).zip(&members).flat_map(|(label, paths)| vec![label; paths.len()]).collect();
            Ok(Found { paths: members.concat(), labels: Some(labels), classes })
        }
        (true, true) => Err(Error::input(
            place,
            "holds no PNG or JPEG pictures, class folders of them, or files named like MNIST's",
        )),
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

/// The pictures and the folders in `folder`, each sorted by name.
fn list(folder: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    let (mut pictures, mut folders) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(folder).map_err(|source| Error::io(folder, source))? {
        let entry = entry.map_err(|source| Error::io(folder, source))?;
        let path = entry.path();
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if path.is_dir() {
            folders.push(path);
        } else if is_picture(&path) {
            pictures.push(path);
        } else if let Some(extension) = extension(&path)
            && OTHER_PICTURES.contains(&extension.as_str())
        {
            return Err(Error::input(&path, "is a picture in an unsupported format; convert it to PNG"));
        }
    }
    pictures.sort();
    folders.sort();
    Ok((pictures, folders))
}

fn extension(path: &Path) -> Option<String> {
    path.extension()?.to_str().map(str::to_ascii_lowercase)
}
