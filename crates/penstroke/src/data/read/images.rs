//! Photographs and other pictures: PNG and JPEG files, alone or in a folder, read as grey.
//!
//! Grey is `floor((299 R + 587 G + 114 B + 500) / 1000)`, the luma of ITU-R BT.601 rounded to whole numbers.

use super::jpeg;
use super::labels::{Labels, no_class, without_labels};
use crate::data::hold::{Dataset, ImageShape, Preparation, Scene, Values};
use crate::{Error, Result};
use image::error::{DecodingError, LimitError, LimitErrorKind};
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, Rgb, Rgba};
use rayon::prelude::*;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

/// What is read.
const READ: [&str; 3] = ["png", "jpg", "jpeg"];
/// Pictures that are not read; to skip them would lose data in silence.
const OTHER_PICTURES: [&str; 19] = [
    "avif", "bmp", "dds", "exr", "gif", "heic", "heif", "ico", "jp2", "jxl", "pbm", "pgm", "pnm", "ppm",
    "qoi", "tga", "tif", "tiff", "webp",
];
/// The most pixels along a side.
const MAX_SIDE: u32 = 1 << 15;
/// What may be allocated for one picture: 512 MiB.
const MAX_BYTES: u64 = 1 << 29;
/// How many bytes of a picture a byte of its file may stand for. Deflate makes at most 1032 of one, pixels of one bit eight times as
/// many; an even JPEG some thousand.
const MAX_RATIO: u64 = 10_000;

/// Reads the pictures of a folder, in the order of their names, or a single picture, as grey scenes of any size.
///
/// In a folder, files that are no pictures (`README.md`, `labels.csv`) and hidden files are passed over; pictures of
/// formats other than PNG and JPEG are an error. In a folder of class folders, the classes follow in the order of
/// their names. Grey is as this module says, divided by 255; a picture that a camera marked as rotated is turned upright.
///
/// # Errors
/// If there is no picture, or if one cannot be read, is larger than 32768 pixels along a side or 512 MiB, or is
/// transparent; the message names it.
pub fn load_scenes(path: impl AsRef<Path>) -> Result<Vec<Scene>> {
    let found = find(path.as_ref())?;
    Ok(decode(&found.paths)?.into_iter().map(Picture::into_scene).collect())
}

/// Reads pictures of one size as a data set of grey bytes, `(n, height · width)`.
///
/// The pictures of class folders (`folder/class/*.png`) are labelled 0, 1, … in the order of the folders' names, which are the
/// names of the classes.
///
/// # Errors
/// As [`load_scenes`], and if the pictures differ in size.
pub fn read(path: impl AsRef<Path>) -> Result<Dataset> {
    let place = path.as_ref().display().to_string();
    let Found { paths, labels, classes } = find(path.as_ref())?;
    let pictures = decode(&paths)?;
    let (height, width) = (pictures[0].height, pictures[0].width);
    let mut values = Vec::new();
    for (picture, path) in pictures.iter().zip(&paths) {
        if (picture.height, picture.width) != (height, width) {
            return Err(Error::input(
                path.display().to_string(),
                format!(
                    "is {}×{} pixels where {} is {height}×{width}; use pictures of one size, or patches of them",
                    picture.height,
                    picture.width,
                    paths[0].display()
                ),
            ));
        }
        values.extend_from_slice(&picture.values);
    }
    let data = Dataset::new(&place, Values::Bytes(values), height * width)?;
    let data = data.with_image(&place, ImageShape { height, width, channels: 1 })?;
    match labels {
        Some(labels) => {
            let classes = classes.iter().map(|name| name.to_string_lossy().into_owned()).collect();
            let preparation = Preparation { classes, ..Preparation::default() };
            Ok(data.with_labels(&place, labels)?.with_preparation(preparation))
        }
        None => Ok(data),
    }
}

/// The same with labels as a model numbers them whose classes are `known`, none if their names were not kept.
pub(in crate::data) fn read_like(path: &Path, known: &[String], labels: Labels) -> Result<Dataset> {
    let mut data = read(path)?;
    let (Some(own), false) = (data.labels(), known.is_empty()) else { return Ok(data) };
    let names = &data.preparation().classes;
    let number = |name: &String| known.iter().position(|known| known == name).map(|number| number as u32);
    let numbers: Vec<_> = names.iter().map(number).collect();
    let place = path.display().to_string();
    match numbers.iter().copied().collect::<Option<Vec<u32>>>() {
        _ if labels == Labels::Ignored => Ok(data.without_labels()),
        Some(numbers) => {
            let labels = own.iter().map(|&label| numbers[label as usize]).collect();
            let preparation = Preparation { classes: known.to_vec(), ..Preparation::default() };
            Ok(data.with_labels(&place, labels)?.with_preparation(preparation))
        }
        None => {
            let unknown =
                names.iter().zip(&numbers).find(|(_, number)| number.is_none()).map(|(name, _)| name);
            let problem = format!("the folder {:?} {}", unknown.map_or("", String::as_str), no_class(known));
            if labels == Labels::Needed {
                return Err(Error::input(place, problem));
            }
            data = data.without_labels();
            data.warn(without_labels(&Error::input(place, problem)));
            Ok(data)
        }
    }
}

/// Whether a file of this name is read as a picture.
pub(in crate::data) fn is_picture(path: &Path) -> bool {
    extension(path).is_some_and(|extension| READ.contains(&extension.as_str()))
}

/// The class folders of a folder, in the order of their names; none where the pictures have no classes.
pub(in crate::data) fn class_names(folder: &Path) -> Result<Vec<OsString>> {
    Ok(find(folder)?.classes)
}

struct Found {
    paths: Vec<PathBuf>,
    labels: Option<Vec<u32>>,
    classes: Vec<OsString>,
}

fn find(path: &Path) -> Result<Found> {
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

/// The pictures and the folders in `folder`, each in the order of their names.
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
            return Err(Error::input(
                path.display().to_string(),
                "is a picture of a format that is not read; convert it to PNG",
            ));
        }
    }
    pictures.sort();
    folders.sort();
    Ok((pictures, folders))
}

fn extension(path: &Path) -> Option<String> {
    path.extension()?.to_str().map(str::to_ascii_lowercase)
}

struct Picture {
    height: usize,
    width: usize,
    values: Vec<u8>,
}

impl Picture {
    fn into_scene(self) -> Scene {
        let values = self.values.iter().map(|&value| f32::from(value) / 255.0).collect();
        Scene { height: self.height, width: self.width, values }
    }
}

/// Decodes on all threads. Of several errors the first in the order of the paths is given, whichever came first.
fn decode(paths: &[PathBuf]) -> Result<Vec<Picture>> {
    let pictures: Vec<Result<Picture>> = paths.par_iter().map(|path| decode_one(path)).collect();
    pictures.into_iter().collect()
}

fn decode_one(path: &Path) -> Result<Picture> {
    let refuse = |problem: String| Error::input(path.display().to_string(), problem);
    let file = File::open(path).map_err(|source| Error::io(path, source))?;
    let mut content = Vec::new();
    file.take(MAX_BYTES).read_to_end(&mut content).map_err(|source| Error::io(path, source))?;
    let format = image::guess_format(&content).ok();
    let Some(format @ (ImageFormat::Png | ImageFormat::Jpeg)) = format else {
        return Err(refuse("is neither a PNG nor a JPEG picture, whatever its name".to_owned()));
    };
    if format == ImageFormat::Jpeg && !jpeg::is_complete(&content) {
        return Err(refuse("the picture is damaged: the file ends before it does".to_owned()));
    }
    let most = content.len() as u64 * MAX_RATIO;
    let mut reader = ImageReader::with_format(Cursor::new(content), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_BYTES);
    reader.limits(limits);
    let decoded = reader.into_decoder().and_then(|mut decoder| {
        // The limits of the decoder leave the picture itself out.
        if decoder.total_bytes() > MAX_BYTES {
            let error = LimitError::from_kind(LimitErrorKind::InsufficientMemory);
            return Err(ImageError::Limits(error));
        }
        if decoder.total_bytes() > most {
            let problem = "its header promises more pixels than so few bytes can hold";
            return Err(ImageError::Decoding(DecodingError::new(format.into(), problem)));
        }
        let orientation = decoder.orientation()?;
        let mut picture = DynamicImage::from_decoder(decoder)?;
        picture.apply_orientation(orientation);
        Ok(picture)
    });
    let picture = decoded.map_err(|source| match source {
        ImageError::Limits(_) => refuse(format!(
            "is larger than {MAX_SIDE} pixels along a side or {} MiB; scale it down",
            MAX_BYTES >> 20
        )),
        source => refuse(format!("the picture is damaged: {}", source.to_string().replace('\n', " "))),
    })?;
    let (height, width) = (picture.height() as usize, picture.width() as usize);
    let values = match picture {
        DynamicImage::ImageLuma8(grey) => grey.into_raw(),
        picture if picture.color().has_alpha() => {
            let pixels = picture.into_rgba8();
            if pixels.pixels().any(|pixel| pixel[3] < u8::MAX) {
                return Err(refuse("is transparent in places; put it on a background first".to_owned()));
            }
            pixels.pixels().map(|&Rgba([red, green, blue, _])| luma(red, green, blue)).collect()
        }
        picture => {
            let pixels = picture.into_rgb8();
            pixels.pixels().map(|&Rgb([red, green, blue])| luma(red, green, blue)).collect()
        }
    };
    Ok(Picture { height, width, values })
}

fn luma(red: u8, green: u8, blue: u8) -> u8 {
    ((299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue) + 500) / 1000) as u8
}

#[cfg(test)]
mod tests;
