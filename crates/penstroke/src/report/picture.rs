//! A grey picture with 8-bit levels, and its PNG file.

use crate::{Error, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};

/// Maximum number of pixels, so that a mistyped upscaling is an error rather than running out of memory.
const MOST_PIXELS: u64 = 100_000_000;

/// A grey picture, row-major from the top left; 0 is black, 255 is white.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    width: u32,
    height: u32,
    density: u32,
    levels: Vec<u8>,
}

impl Picture {
    /// A picture filled with one level. `place` names the origin in the error message.
    pub(super) fn filled(place: &str, width: usize, height: usize, level: u8) -> Result<Self> {
        let pixels = (width as u64).saturating_mul(height as u64);
        let (Ok(w), Ok(h)) = (u32::try_from(width), u32::try_from(height)) else {
            return Err(too_large(place, width, height));
        };
        if pixels == 0 {
            return Err(Error::input(place, format!("a picture of {width}×{height} pixels is empty")));
        }
        if pixels > MOST_PIXELS {
            return Err(too_large(place, width, height));
        }
        Ok(Self { width: w, height: h, density: 1, levels: vec![level; width * height] })
    }

    /// A picture to be shown with `density` pixels a side in each pixel of a page; its size becomes a multiple of that.
    pub(super) fn dense(
        place: &str,
        (width, height): (usize, usize),
        level: u8,
        density: usize,
    ) -> Result<Self> {
        let density = density.max(1);
        let whole = |pixels: usize| pixels.checked_next_multiple_of(density).unwrap_or(usize::MAX);
        let picture = Self::filled(place, whole(width), whole(height), level)?;
        Ok(Self { density: u32::try_from(density).unwrap_or(1), ..picture })
    }

    /// Width in pixels.
    pub fn width(&self) -> usize {
        self.width as usize
    }

    /// Height in pixels.
    pub fn height(&self) -> usize {
        self.height as usize
    }

    /// Pixels of the picture in each pixel of a page and side: a page shows it `width() / density()` pixels wide.
    pub fn density(&self) -> usize {
        self.density as usize
    }

    /// The level at column `x` and row `y` from the top left; `None` outside the picture.
    pub fn level(&self, x: usize, y: usize) -> Option<u8> {
        (x < self.width()).then(|| self.levels.get(y * self.width() + x).copied()).flatten()
    }

    /// Mixes `level` into a pixel: `share` 0 keeps the pixel, 1 replaces it. Pixels outside are ignored.
    pub(super) fn mix(&mut self, x: i64, y: i64, level: u8, share: f32) {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return };
        if x >= self.width() || y >= self.height() {
            return;
        }
        let at = y * self.width() + x;
        let old = f32::from(self.levels[at]);
        self.levels[at] = (old + (f32::from(level) - old) * share.clamp(0.0, 1.0)).round() as u8;
    }

    /// Fills the rectangle of `width·height` pixels whose top left corner is `(x, y)`.
    pub(super) fn fill(&mut self, (x, y): (usize, usize), (width, height): (usize, usize), level: u8) {
        let (right, bottom) = ((x + width).min(self.width()), (y + height).min(self.height()));
        for row in y..bottom {
            let start = row * self.width();
            self.levels[start + x.min(right)..start + right].fill(level);
        }
    }

    /// The picture as a PNG file: grey, 8 bit.
    ///
    /// # Errors
    /// If the encoder refuses the picture.
    pub fn to_png(&self) -> Result<Vec<u8>> {
        let mut png = Vec::new();
        PngEncoder::new_with_quality(&mut png, CompressionType::Best, FilterType::Adaptive)
            .write_image(&self.levels, self.width, self.height, ExtendedColorType::L8)
            .map_err(|error| Error::numerical(format!("PNG picture: {error}")))?;
        Ok(png)
    }

    /// The PNG file as a `data:` URL.
    pub(super) fn data_uri(&self) -> Result<String> {
        Ok(format!("data:image/png;base64,{}", STANDARD.encode(self.to_png()?)))
    }
}

fn too_large(place: &str, width: usize, height: usize) -> Error {
    Error::input(
        place,
        format!(
            "a picture of {width}×{height} pixels exceeds {MOST_PIXELS} pixels; lower the upscaling or show fewer tiles"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_png_decodes_back_to_the_same_levels() {
        let mut picture = Picture::filled("p", 5, 3, 90).unwrap();
        picture.fill((1, 1), (3, 9), 200);
        picture.mix(4, 0, 255, 1.0);
        let decoded = image::load_from_memory(&picture.to_png().unwrap()).unwrap();
        assert_eq!(decoded.color(), image::ColorType::L8);
        let grey = decoded.into_luma8();
        assert_eq!(grey.dimensions(), (5, 3));
        assert_eq!(grey.into_raw(), [90, 90, 90, 90, 255, 90, 200, 200, 200, 90, 90, 200, 200, 200, 90]);
    }

    #[test]
    fn pixels_outside_are_ignored() {
        let mut picture = Picture::filled("p", 2, 2, 7).unwrap();
        picture.mix(-1, 0, 255, 1.0);
        picture.mix(2, 0, 255, 1.0);
        picture.fill((5, 5), (2, 2), 255);
        assert_eq!((picture.level(0, 0), picture.level(1, 1)), (Some(7), Some(7)));
        assert_eq!((picture.level(2, 0), picture.level(0, 2)), (None, None));
    }

    #[test]
    fn impossible_sizes_are_errors() {
        let message = |w, h| Picture::filled("grid", w, h, 0).unwrap_err().to_string();
        assert!(message(0, 4).starts_with("grid: a picture of 0×4 pixels is empty"));
        assert!(message(1 << 20, 1 << 20).contains("lower the upscaling"));
        assert!(message(usize::MAX, usize::MAX).contains("lower the upscaling"));
    }
}
