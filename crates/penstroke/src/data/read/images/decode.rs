//! Decodes PNG and JPEG files to grey.

use super::jpeg;
use super::picture::Picture;
use crate::data::hold::Values;
use crate::{Error, Result};
use image::error::{DecodingError, LimitError, LimitErrorKind};
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};
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
    let channels = picture.color().channel_count().into();
    let has_alpha = picture.color().has_alpha();
    let values = match picture.as_flat_samples_u8() {
        Some(samples) => grey(samples.as_slice(), channels, has_alpha, u8::MAX).map(Values::Bytes),
        None => {
            // The types left have 16 bits, which f32 holds exactly.
            let samples = picture.to_rgba16().into_raw();
            let grey = grey(&samples, 4, true, u16::MAX);
            grey.map(|grey| Values::Floats(grey.into_iter().map(share_of_65535).collect()))
        }
    };
    match values {
        Some(values) => Ok(Picture { height, width, values }),
        None => Err(refuse("is transparent in places; put it on a background first".to_owned())),
    }
}

/// The intensity of a 16-bit value, rounded once.
fn share_of_65535(value: u16) -> f32 {
    (f64::from(value) / 65535.0) as f32
}

/// The grey values of pixels with 1 to 4 channels; `None` if a pixel is not opaque.
fn grey<T: Copy + PartialEq + Into<u32> + TryFrom<u32>>(
    samples: &[T],
    channels: usize,
    has_alpha: bool,
    opaque: T,
) -> Option<Vec<T>> {
    let colours = channels - usize::from(has_alpha);
    let pixel = |pixel: &[T]| match pixel {
        [.., alpha] if has_alpha && *alpha != opaque => None,
        [red, green, blue, ..] if colours == 3 => {
            let [red, green, blue] = [*red, *green, *blue].map(Into::<u32>::into);
            T::try_from((299 * red + 587 * green + 114 * blue + 500) / 1000).ok()
        }
        [grey, ..] => Some(*grey),
        [] => None,
    };
    samples.chunks_exact(channels.max(1)).map(pixel).collect()
}
