//! PNG and JPEG pictures, one file or a folder, read as grey.
//!
//! Grey is `floor((299 R + 587 G + 114 B + 500) / 1000)`, the luma of ITU-R BT.601 rounded to whole numbers of 8 or 16
//! bits. Pictures of 8 bits stay bytes; if one has 16 bits, all become floats.

#[cfg(feature = "images")]
mod decode;
mod folder;
#[cfg(feature = "images")]
mod jpeg;
mod picture;

use crate::data::hold::{Dataset, ImageShape, Preparation, Scene, Values};
use crate::{Error, Result};
#[cfg(feature = "images")]
use decode::decode;
use folder::{Found, find};
pub(in crate::data) use folder::{NOTHING, class_names, holds_pictures, is_picture};
use picture::Picture;
use std::path::Path;

/// Reads a single picture, or the pictures of a folder in the order of their names, as grey scenes of any size.
///
/// In a folder, hidden files and files that are not pictures (`README.md`, `labels.csv`) are skipped; pictures in
/// formats other than PNG and JPEG are an error. In a folder of class folders, classes follow in the order of their
/// names. Intensities are grey values divided by 255, or by 65535 if the picture has 16 bits. A picture that its camera marked as rotated is turned upright.
///
/// # Errors
/// If there is no picture, or if one cannot be read, is larger than 32768 pixels per side or 512 MiB, or is
/// transparent. The message names the picture.
pub fn load_scenes(path: impl AsRef<Path>) -> Result<Vec<Scene>> {
    let found = find(path.as_ref())?;
    Ok(decode(&found.paths)?.into_iter().map(Picture::into_scene).collect())
}

/// Reads pictures of one size as a data set of grey bytes, `(n, height · width)`, or of floats if a picture has 16 bits.
///
/// The pictures of class folders (`folder/class/*.png`) are labelled 0, 1, … in the order of the folders' names, which
/// become the names of the classes. A picture deeper down (`folder/class/a/b.png`) has the class of the first folder.
///
/// # Errors
/// As [`load_scenes`], and if the pictures differ in size.
pub fn read(path: impl AsRef<Path>) -> Result<Dataset> {
    let place = path.as_ref().display().to_string();
    let Found { paths, labels, classes, deeper } = find(path.as_ref())?;
    let pictures = decode(&paths)?;
    let (height, width) = (pictures[0].height, pictures[0].width);
    let mut values = Values::Bytes(Vec::new());
    for (picture, path) in pictures.iter().zip(&paths) {
        if (picture.height, picture.width) != (height, width) {
            return Err(Error::input(
                path,
                format!(
                    "is {}×{} pixels where {} is {height}×{width}; use pictures of one size, or patches of them",
                    picture.height,
                    picture.width,
                    paths[0].display()
                ),
            ));
        }
        values.append(&picture.values);
    }
    let data = Dataset::new(&place, values, height * width)?;
    let data = data.with_image(&place, ImageShape { height, width, channels: 1 })?;
    match labels {
        Some(labels) => {
            let classes = classes.iter().map(|name| name.to_string_lossy().into_owned()).collect();
            let preparation = Preparation { classes, ..Preparation::default() };
            let mut data = data.with_labels(&place, labels)?.with_preparation(preparation);
            if let Some(picture) = deeper {
                let picture = picture.display();
                data.warn(format!("{place}: some pictures lie deeper than class folders ({picture}); their class is the first folder"));
            }
            Ok(data)
        }
        None => Ok(data),
    }
}

/// Without decoders, every picture is an error.
#[cfg(not(feature = "images"))]
fn decode(paths: &[std::path::PathBuf]) -> Result<Vec<Picture>> {
    let problem = "this build reads no PNG or JPEG; build penstroke with the feature images";
    Err(Error::input(paths.first().map_or(Path::new("pictures"), |path| path), problem))
}

#[cfg(test)]
#[cfg(feature = "images")]
mod tests;
