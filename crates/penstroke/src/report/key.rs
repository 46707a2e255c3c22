//! The key of a picture: a ramp of its grey levels with what its ends mean.

use super::grey_scale::{GreyScale, Largest};
use super::lettering;
use super::picture::Picture;

/// Length of the ramp, in heights of a capital.
const RAMP: usize = 9;

/// A ramp from the lowest value to the highest, between its two labels.
#[derive(Clone, Debug)]
pub(super) struct Key {
    grey_scale: GreyScale,
    ends: [String; 2],
    letters: usize,
}

impl Key {
    /// The key for values of this name, with capitals of `letters` pixels.
    pub(super) fn new(grey_scale: GreyScale, values: &str, letters: usize) -> Self {
        Self { grey_scale, ends: grey_scale.ends(values), letters }
    }

    /// Width and height, in pixels.
    pub(super) fn size(&self) -> (usize, usize) {
        let [low, high] = [0, 1].map(|k| lettering::width(&self.ends[k], self.letters));
        (low + high + 2 * self.space() + RAMP * self.letters, 2 * self.space() + self.letters)
    }

    /// Draws the key with its top left corner at `(x, y)`.
    pub(super) fn draw(&self, picture: &mut Picture, (x, y): (usize, usize), level: u8) {
        let (letters, margin) = (self.letters, self.letters / 2);
        let line = y + self.space();
        lettering::draw(picture, &self.ends[0], (x, line), letters, level);
        let left = x + lettering::width(&self.ends[0], letters) + self.space();
        let width = RAMP * letters;
        let (low, high) = self.grey_scale.range();
        for column in 0..width {
            let value = low + (high - low) * column as f32 / (width - 1) as f32;
            let level = self.grey_scale.level(value, Largest { tile: 1.0, shared: 1.0 });
            picture.fill((left + column, line - margin / 2), (1, letters + margin / 2 * 2), level);
        }
        if low < 0.0 {
            // Black on mid grey has a contrast of 5 : 1.
            let zero = left + width / 2 - lettering::width("0", letters) / 2;
            lettering::draw(picture, "0", (zero, line), letters, 0);
        }
        lettering::draw(picture, &self.ends[1], (left + width + self.space(), line), letters, level);
    }

    fn space(&self) -> usize {
        self.letters * 4 / 5
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKGROUND: u8 = 84;

    /// The levels along the middle of the ramp, and the key.
    fn ramp(grey_scale: GreyScale, values: &str) -> Vec<u8> {
        let key = Key::new(grey_scale, values, 10);
        let (width, height) = key.size();
        let mut picture = Picture::filled("key", width, height, BACKGROUND).unwrap();
        key.draw(&mut picture, (0, 0), 240);
        let left = lettering::width(&key.ends[0], 10) + 8;
        // The row above the letters, inside the ramp.
        let row: Vec<u8> = (left..left + 90).map(|x| picture.level(x, 7).unwrap()).collect();
        assert_eq!(
            (picture.level(left - 1, 7), picture.level(left + 90, 7)),
            (Some(BACKGROUND), Some(BACKGROUND))
        );
        row
    }

    #[test]
    fn a_ramp_runs_from_the_lowest_value_to_the_highest() {
        let filters = ramp(GreyScale::SYMMETRIC_PER_TILE, "weight");
        assert_eq!((filters[0], filters[89]), (255, 0));
        assert!(filters.iter().rev().is_sorted());
        let light = ramp(GreyScale::INTENSITY, "intensity");
        assert_eq!((light[0], light[89]), (0, 255));
    }

    #[test]
    fn the_ends_are_named() {
        let ends = |scale: GreyScale, values| scale.ends(values);
        assert_eq!(ends(GreyScale::SYMMETRIC_SHARED, "weight"), ["negative weight", "positive weight"]);
        assert_eq!(ends(GreyScale::INTENSITY, "intensity"), ["intensity 0", "1"]);
    }
}
