//! Several grids side by side under headings, with the same tile positions and one grey scale.

use super::grid::{BACKGROUND, Grid, LETTERING};
use super::key::Key;
use super::lettering;
use super::picture::Picture;
use crate::{Error, Result};

/// Grids side by side for comparison, such as filters learned without noise, with q = 0.25 and with q = 0.5.
///
/// ```
/// use penstroke::report::{Grid, Montage, GreyScale};
/// let (plain, noisy) = ([0.1_f32, -0.4, 0.2, 0.0], [0.3_f32, 0.3, -0.9, 0.5]);
/// let grid = |w| Ok::<_, penstroke::Error>(Grid::new(w, 2, 2)?.grey_scale(GreyScale::SYMMETRIC_PER_TILE));
/// let png = Montage::new()
///     .panel("no noise", grid(&plain[..])?)
///     .panel("q = 0.5", grid(&noisy[..])?)
///     .draw()?
///     .to_png()?;
/// assert_eq!(&png[1..4], b"PNG");
/// # Ok::<(), penstroke::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Montage<'a> {
    panels: Vec<(String, Grid<'a>)>,
    density: usize,
    key: Option<String>,
}

impl<'a> Montage<'a> {
    /// A montage without panels.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a grid to the right, under its heading.
    #[must_use]
    pub fn panel(mut self, heading: impl Into<String>, grid: Grid<'a>) -> Self {
        self.panels.push((heading.into(), grid));
        self
    }

    /// As [`Grid::density`], for all panels; their own is not used.
    #[must_use]
    pub fn density(mut self, factor: usize) -> Self {
        self.density = factor;
        self
    }

    /// As [`Grid::key`], once below all panels.
    #[must_use]
    pub fn key(mut self, values: impl Into<String>) -> Self {
        self.key = Some(values.into());
        self
    }

    /// Draws the montage. [`GreyScale::SYMMETRIC_SHARED`](super::GreyScale::SYMMETRIC_SHARED) divides all panels by one
    /// number.
    ///
    /// # Errors
    /// If there is no panel, if the panels differ in number or shape of tiles, in columns, gap, upscaling or grey scale, or
    /// if the picture would be larger than a hundred million pixels.
    pub fn draw(&self) -> Result<Picture> {
        let Some((first_heading, first)) = self.panels.first() else {
            return Err(Error::input("montage", "has no panels; add at least one"));
        };
        for (heading, grid) in &self.panels {
            if grid.form() != first.form() || grid.rule() != first.rule() {
                return Err(Error::input(
                    "montage",
                    format!(
                        "panels \"{first_heading}\" and \"{heading}\" differ in tiles, columns, gap, upscaling or grey scale; panels are compared tile by tile"
                    ),
                ));
            }
        }
        let density = self.density.clamp(1, 8);
        let panels: Vec<(&String, Grid<'_>)> =
            self.panels.iter().map(|(heading, grid)| (heading, grid.clone().density(density))).collect();
        let shared = panels.iter().fold(0.0, |most, (_, grid)| grid.largest().max(most));
        let letters = first.clone().density(density).letters().max(13 * density);
        let space = letters * 4 / 5;
        let between = 2 * letters;
        let sizes: Vec<_> = panels
            .iter()
            .map(|(heading, grid)| {
                let (width, height) = grid.size(letters);
                (width.max(lettering::width(heading, letters)), height)
            })
            .collect();
        let key = self.key.as_ref().map(|values| Key::new(first.rule(), values, letters));
        let key_size = key.as_ref().map_or((0, 0), Key::size);
        let top = space + letters + space;
        let width =
            sizes.iter().fold(2 * space + between * (sizes.len() - 1), |sum, s| sum.saturating_add(s.0));
        let below = sizes.iter().map(|s| s.1).max().unwrap_or(0).saturating_add(top);
        let height = below.saturating_add(key_size.1.max(space));
        let size = (width.max(key_size.0 + 2 * space), height);
        let mut picture = Picture::dense("montage", size, BACKGROUND, density)?;
        let mut left = space;
        for ((heading, grid), (width, _)) in panels.iter().zip(sizes) {
            grid.draw_at(&mut picture, (left, top), letters, shared);
            let x = left + width.saturating_sub(lettering::width(heading, letters)) / 2;
            lettering::draw(&mut picture, heading, (x, space), letters, LETTERING);
            left += width + between;
        }
        if let Some(key) = key {
            key.draw(&mut picture, (space, below), LETTERING);
        }
        Ok(picture)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::GreyScale;

    fn grid(tiles: &[f32], scaling: GreyScale) -> Grid<'_> {
        Grid::new(tiles, 1, 1).unwrap().columns(2).gap(3).upscale(20).grey_scale(scaling)
    }

    /// The levels along the first row of tiles without the background; runs count once.
    fn runs(picture: &Picture) -> Vec<u8> {
        let y = picture.height() - 15 - 3;
        let mut levels: Vec<u8> = (0..picture.width()).filter_map(|x| picture.level(x, y)).collect();
        levels.dedup();
        levels.retain(|&level| level != BACKGROUND);
        levels
    }

    #[test]
    fn panels_share_a_divisor_only_when_asked() {
        let (a, b) = ([1.0_f32, 0.5], [2.0_f32, -2.0]);
        let draw = |scaling| {
            Montage::new().panel("no noise", grid(&a, scaling)).panel("q = 0.25", grid(&b, scaling)).draw()
        };
        assert_eq!(runs(&draw(GreyScale::SYMMETRIC_PER_TILE).unwrap()), [0, 0, 0, 255]);
        // 127.5 − 127.5·(1/2, 1/4, 1, −1) = 63.75, 95.625, 0, 255.
        assert_eq!(runs(&draw(GreyScale::SYMMETRIC_SHARED).unwrap()), [64, 96, 0, 255]);
    }

    #[test]
    fn panels_that_cannot_be_compared_are_refused() {
        let a = [1.0_f32, 0.5];
        let other = grid(&a, GreyScale::SYMMETRIC_SHARED).gap(1);
        let error = Montage::new().panel("a", grid(&a, GreyScale::SYMMETRIC_SHARED)).panel("b", other).draw();
        assert_eq!(
            error.unwrap_err().to_string(),
            "montage: panels \"a\" and \"b\" differ in tiles, columns, gap, upscaling or grey scale; panels are compared tile \
             by tile"
        );
        assert_eq!(
            Montage::new().draw().unwrap_err().to_string(),
            "montage: has no panels; add at least one"
        );
    }

    #[test]
    fn a_denser_montage_is_larger_and_has_one_key() {
        let (a, b) = ([1.0_f32, 0.5], [2.0_f32, -2.0]);
        let scaling = GreyScale::SYMMETRIC_SHARED;
        let montage = || Montage::new().panel("a", grid(&a, scaling)).panel("b", grid(&b, scaling));
        let (plain, dense) = (montage().draw().unwrap(), montage().density(2).draw().unwrap());
        assert_eq!(dense.density(), 2);
        // Rounding to whole pixels differs by less than one for each text, gap and margin.
        assert!(dense.width().abs_diff(2 * plain.width()) < 12, "{} {}", dense.width(), plain.width());
        assert!(dense.height().abs_diff(2 * plain.height()) < 12);
        let keyed = montage().key("weight").draw().unwrap();
        assert!(keyed.height() > plain.height() && keyed.width() >= plain.width());
        // The tiles have one black value; the rest of the darkest levels are the ramp's.
        let black = |picture: &Picture, rows: std::ops::Range<usize>| {
            rows.flat_map(|y| (0..picture.width()).map(move |x| (x, y)))
                .filter(|&(x, y)| picture.level(x, y) == Some(0))
                .count()
        };
        assert_eq!(black(&plain, 0..plain.height()), 20 * 20);
        assert!(black(&keyed, plain.height() - 10..keyed.height()) > 10);
    }
}
