//! Rectangles, tall or wide.
//!
//! Height and width are uniform, and redrawn if they are too similar to call the rectangle tall or wide; the top left
//! corner is uniform among the positions where the rectangle fits. This distribution is the same for tall and wide, so
//! the class can be given first and decides which of the two numbers is the height. An outline is one pixel wide. A
//! filled rectangle has sides of at least 10 pixels that differ by at least 5, and covers a quarter to three quarters
//! of the picture, as in the original.

use super::set::{PIXELS, SIDE};
use penstroke_engine::philox::Sequence;
use std::ops::RangeInclusive;

/// The label of a wide rectangle.
const WIDE: u32 = 1;

/// Limits on the sides and the area of a rectangle.
pub(super) struct Bounds {
    least_side: usize,
    least_difference: usize,
    area: RangeInclusive<usize>,
}

/// Outlines.
pub(super) const OUTLINES: Bounds = Bounds { least_side: 1, least_difference: 3, area: 0..=PIXELS };
/// Filled rectangles.
pub(super) const FILLED: Bounds =
    Bounds { least_side: 10, least_difference: 5, area: PIXELS / 4..=PIXELS * 3 / 4 };

/// The position and size of a rectangle in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rectangle {
    left: usize,
    top: usize,
    width: usize,
    height: usize,
}

impl Rectangle {
    /// Draws a rectangle of a class.
    pub(super) fn draw(bounds: &Bounds, label: u32, rng: &mut Sequence) -> Self {
        let mut side = || bounds.least_side + rng.below((SIDE - bounds.least_side + 1) as u32) as usize;
        let (shorter, longer) = loop {
            let (one, other) = (side(), side());
            if one.abs_diff(other) >= bounds.least_difference && bounds.area.contains(&(one * other)) {
                break (one.min(other), one.max(other));
            }
        };
        let (width, height) = if label == WIDE { (longer, shorter) } else { (shorter, longer) };
        let mut place = |side: usize| rng.below((SIDE - side + 1) as u32) as usize;
        Self { left: place(width), top: place(height), width, height }
    }

    fn contains(&self, x: usize, y: usize) -> bool {
        (self.left..self.left + self.width).contains(&x) && (self.top..self.top + self.height).contains(&y)
    }

    /// Draws the outline in white.
    pub(super) fn outline(&self, picture: &mut [u8]) {
        let (right, bottom) = (self.left + self.width - 1, self.top + self.height - 1);
        for (at, value) in picture.iter_mut().enumerate() {
            let (x, y) = (at % SIDE, at / SIDE);
            let on_edge = x == self.left || x == right || y == self.top || y == bottom;
            *value = if self.contains(x, y) && on_edge { u8::MAX } else { 0 };
        }
    }

    /// Copies the pixels of `inside` into the rectangle; the others stay.
    pub(super) fn fill(&self, inside: &[u8], picture: &mut [u8]) {
        for (at, (value, &inside)) in picture.iter_mut().zip(inside).enumerate() {
            if self.contains(at % SIDE, at / SIDE) {
                *value = inside;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::set::Factor;
    use super::*;
    use crate::data::Part;

    /// The bounding box of white pixels: left, top, width, height.
    fn bounding_box(picture: &[u8]) -> (usize, usize, usize, usize) {
        let white = || (0..PIXELS).filter(|&at| picture[at] == 255);
        let (left, right) =
            (white().map(|at| at % SIDE).min().unwrap(), white().map(|at| at % SIDE).max().unwrap());
        let (top, bottom) = (white().min().unwrap() / SIDE, white().max().unwrap() / SIDE);
        (left, top, right - left + 1, bottom - top + 1)
    }

    fn drawn(bounds: &Bounds, label: u32, sample: usize) -> Rectangle {
        Rectangle::draw(bounds, label, &mut Factor::Outline.of(Part::Train, sample))
    }

    #[test]
    fn outlines_are_closed_and_one_pixel_wide() {
        for sample in 0..500 {
            let mut picture = [7; PIXELS];
            let rectangle = drawn(&OUTLINES, (sample % 2) as u32, sample);
            rectangle.outline(&mut picture);
            let (left, top, width, height) = bounding_box(&picture);
            assert_eq!(rectangle, Rectangle { left, top, width, height });
            let n_white = picture.iter().filter(|&&value| value == 255).count();
            let (inner_width, inner_height) = (width.saturating_sub(2), height.saturating_sub(2));
            assert_eq!(n_white, width * height - inner_width * inner_height);
            assert_eq!(picture.iter().filter(|&&value| value == 0).count(), PIXELS - n_white);
        }
    }

    #[test]
    fn inside_and_outside_each_come_from_one_picture() {
        for sample in 0..500 {
            let rectangle = drawn(&FILLED, (sample % 2) as u32, sample);
            let mut picture = [1; PIXELS];
            rectangle.fill(&[255; PIXELS], &mut picture);
            let (left, top, width, height) = bounding_box(&picture);
            assert_eq!(rectangle, Rectangle { left, top, width, height });
            assert_eq!(picture.iter().filter(|&&value| value == 255).count(), width * height);
            assert!(width >= 10 && height >= 10 && width.abs_diff(height) >= 5);
            assert!((196..=588).contains(&(width * height)), "{width}×{height}");
        }
    }

    #[test]
    fn sides_and_positions_are_uniform() {
        // 28² − 28 − 2·(27 + 26) = 650 pairs of sides (w, h) differ by at least 3; half of them are wide.
        let mut counts = [[0u32; SIDE + 1]; SIDE + 1];
        let n = 65_000;
        let mut at_left = [0u32; 19];
        for sample in 0..n {
            let rectangle = drawn(&OUTLINES, 1, sample);
            counts[rectangle.height][rectangle.width] += 1;
            if rectangle.width == 10 {
                at_left[rectangle.left] += 1;
            }
        }
        let chi = |counts: &[u32]| -> f64 {
            let expected = f64::from(counts.iter().sum::<u32>()) / counts.len() as f64;
            counts.iter().map(|&c| (f64::from(c) - expected).powi(2) / expected).sum()
        };
        let wide = |(h, w): (usize, usize)| w >= h + 3;
        let pairs = (1..=SIDE).flat_map(|h| (1..=SIDE).map(move |w| (h, w)));
        let (wide, rest): (Vec<_>, Vec<_>) = pairs.partition(|&pair| wide(pair));
        assert_eq!(wide.len(), 325);
        assert!(rest.iter().all(|&(h, w)| counts[h][w] == 0));
        // Chi-square with 324 and 18 degrees of freedom: one sample in a thousand exceeds 408.6 and 42.3.
        let sizes = chi(&wide.iter().map(|&(h, w)| counts[h][w]).collect::<Vec<_>>());
        assert!(sizes < 408.6, "chi-square {sizes}");
        assert!(chi(&at_left) < 42.3, "{at_left:?}");
    }
}
