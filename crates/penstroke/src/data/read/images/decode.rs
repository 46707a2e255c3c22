//! Decodes PNG and JPEG files to grey.

use super::jpeg;
use super::picture::Picture;
use crate::{Error, Result};
use image::error::{DecodingError, LimitError, LimitErrorKind};
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, Rgb, Rgba};
use rayon::prelude::*;
use std::fs::File;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

/// Maximum number of pixels per side.
const MAX_SIDE: u32 = 1 << 15;

/// Maximum allocation for one picture: 512 MiB.
const MAX_BYTES: u64 = 1 << 29;

/// Maximum number of pixel bytes per byte of the file. Deflate expands a byte to at most 1032, and one-bit pixels make
/// eight bytes of each; a uniform JPEG reaches about a thousand.
const MAX_RATIO: u64 = 10_000;

/// Decodes on all threads. If several files fail, the error is that of the first in the order of `paths`.
pub(super) fn decode(paths: &[PathBuf]) -> Result<Vec<Picture>> {
    let pictures: Vec<Result<Picture>> = paths.par_iter().map(|path| decode_one(path)).collect();
    pictures.into_iter().collect()
}

fn decode_one(path: &Path) -> Result<Picture> {
    let refuse = |problem: String| Error::input(path, problem);
    let file = File::open(path).map_err(|source| Error::io(path, source))?;
    let mut content = Vec::new();
    file.take(MAX_BYTES).read_to_end(&mut content).map_err(|source| Error::io(path, source))?;
    let format = image::guess_format(&content).ok();
    let Some(format @ (ImageFormat::Png | ImageFormat::Jpeg)) = format else {
        return Err(refuse("is not a PNG or JPEG picture, despite its name".to_owned()));
    };
    if format == ImageFormat::Jpeg && !jpeg::is_complete(&content) {
        return Err(refuse("the picture is damaged: the file ends too early".to_owned()));
    }
    let most = content.len() as u64 * MAX_RATIO;
    let mut reader = ImageReader::with_format(Cursor::new(content), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_BYTES);
    reader.limits(limits);
    let decoded = reader.into_decoder().and_then(|mut decoder| {
        // The decoder's own limits do not cover the picture itself.
        if decoder.total_bytes() > MAX_BYTES {
            let error = LimitError::from_kind(LimitErrorKind::InsufficientMemory);
            return Err(ImageError::Limits(error));
        }
        if decoder.total_bytes() > most {
            let problem = "its header claims more pixels than so few bytes can hold";
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
