//! A grid of small pictures: filters, samples, or labelled rows of clean, corrupted and restored samples.

use super::grey_scale::{self, GreyScale, Largest};
use super::key::Key;
use super::lettering;
use super::picture::Picture;
use crate::{Error, Result};
use std::borrow::Cow;

/// The background between and around the tiles: distinct from mid grey, black and white, on light and dark pages.
pub(super) const BACKGROUND: u8 = 84;
/// Labels and titles on that background; contrast 6.4 : 1.
pub(super) const LETTERING: u8 = 240;

/// Tiles of equal shape on one grey scale, from left to right and from top to bottom.
///
/// ```
/// use penstroke::report::{Grid, GreyScale};
/// // Two tiles of 1×2 values, each pixel doubled, with one pixel of background around them.
/// let picture = Grid::new(&[0.0_f32, 1.0, 1.0, 0.0][..], 1, 2)?
///     .columns(2)
///     .gap(1)
///     .upscale(2)
///     .grey_scale(GreyScale::INTENSITY)
///     .draw()?;
/// assert_eq!((picture.width(), picture.height()), (1 + 4 + 1 + 4 + 1, 1 + 2 + 1));
/// # Ok::<(), penstroke::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Grid<'a> {
    tiles: Cow<'a, [f32]>,
    height: usize,
    width: usize,
    columns: usize,
    gap: usize,
    upscale: usize,
    grey_scale: GreyScale,
    title: String,
    row_labels: Vec<String>,
    column_labels: Vec<String>,
    outlined: Vec<usize>,
    density: usize,
    key: Option<String>,
}

/// The layout, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Layout {
    size: (usize, usize),
    first: (usize, usize),
    pitch: (usize, usize),
    letters: usize,
    title_y: usize,
    columns_y: usize,
    key: (usize, usize),
}

impl<'a> Grid<'a> {
    /// A grid of `tiles`, `(n, height·width)` in row-major order. By default it is nearly square, with a gap of 2 pixels, no
    /// upscaling, and [`GreyScale::INTENSITY`].
    ///
    /// # Errors
    /// If there is no tile, if the values are not a whole number of tiles, or if one is not finite.
    pub fn new(tiles: impl Into<Cow<'a, [f32]>>, height: usize, width: usize) -> Result<Self> {
        let tiles = tiles.into();
        let area = height.saturating_mul(width);
        if area == 0 || tiles.is_empty() || tiles.len() % area != 0 {
            return Err(Error::input(
                "grid",
                format!(
                    "{} values are not a whole number of tiles of {height}×{width}; at least one tile is needed",
                    tiles.len()
                ),
            ));
        }
        if let Some(at) = tiles.iter().position(|value| !value.is_finite()) {
            return Err(Error::input(
                "grid",
                format!(
                    "tile {}, value {} (from 0) is {}, which is not finite",
                    at / area,
                    at % area,
                    tiles[at]
                ),
            ));
        }
        let n = tiles.len() / area;
        Ok(Self {
            columns: (1..=n).find(|c| c * c >= n).unwrap_or(n),
            tiles,
            height,
            width,
            gap: 2,
            upscale: 1,
            grey_scale: GreyScale::INTENSITY,
            title: String::new(),
            row_labels: Vec::new(),
            column_labels: Vec::new(),
            outlined: Vec::new(),
            density: 1,
            key: None,
        })
    }

    /// Labelled rows with the same number of tiles, such as clean, corrupted and restored; each row is `(n, height·width)`.
    ///
    /// # Errors
    /// As [`Grid::new`], and if the rows differ in length.
    pub fn strip(rows: &[(&str, &[f32])], height: usize, width: usize) -> Result<Self> {
        let first = rows.first().map_or(0, |(_, tiles)| tiles.len());
        if let Some((label, tiles)) = rows.iter().find(|(_, tiles)| tiles.len() != first) {
            return Err(Error::input(
                "grid",
                format!(
                    "row \"{label}\" has {} values, the first row {first}; all rows must have the same length",
                    tiles.len()
                ),
            ));
        }
        let tiles: Vec<f32> = rows.iter().flat_map(|(_, tiles)| tiles.iter().copied()).collect();
        let grid = Self::new(tiles, height, width)?.row_labels(rows.iter().map(|(label, _)| *label));
        let columns = first / (height * width);
        Ok(grid.columns(columns))
    }

    /// Sets the number of tiles in a row, at least 1.
    #[must_use]
    pub fn columns(mut self, columns: usize) -> Self {
        self.columns = columns.max(1);
        self
    }

    /// Sets the gap between and around tiles, in pixels.
    #[must_use]
    pub fn gap(mut self, pixels: usize) -> Self {
        self.gap = pixels;
        self
    }

    /// Draws each value as a square of `factor × factor` pixels; at least 1.
    #[must_use]
    pub fn upscale(mut self, factor: usize) -> Self {
        self.upscale = factor.max(1);
        self
    }

    /// Sets the grey scale of all tiles.
    #[must_use]
    pub fn grey_scale(mut self, grey_scale: GreyScale) -> Self {
        self.grey_scale = grey_scale;
        self
    }

    /// Adds a title above the grid.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Adds labels to the left of the rows, from the top.
    #[must_use]
    pub fn row_labels<S: Into<String>>(mut self, labels: impl IntoIterator<Item = S>) -> Self {
        self.row_labels = labels.into_iter().map(Into::into).collect();
        self
    }

    /// Adds labels above the columns, from the left. Columns move apart if a label is wider than a tile.
    #[must_use]
    pub fn column_labels<S: Into<String>>(mut self, labels: impl IntoIterator<Item = S>) -> Self {
        self.column_labels = labels.into_iter().map(Into::into).collect();
        self
    }

    /// Draws a light frame around these tiles, counted from 0, in the gap: two pixels wide, or less in a narrower gap.
    #[must_use]
    pub fn outline(mut self, tiles: impl IntoIterator<Item = usize>) -> Self {
        self.outlined.extend(tiles);
        self
    }

    /// Draws everything (values, gaps, letters) with `factor` times as many pixels a side, so that the picture is as sharp as
    /// a projector or a phone can show; a page shows it at the same size. 1 to 8; 1 by default.
    #[must_use]
    pub fn density(mut self, factor: usize) -> Self {
        self.density = factor.clamp(1, 8);
        self
    }

    /// Adds a key below the grid: a ramp of the grey scale with what its ends mean. `values` names the values in the
    /// singular: `weight` gives "negative weight" and "positive weight" under a symmetric rule, `intensity` gives
    /// "intensity 0" and "1".
    #[must_use]
    pub fn key(mut self, values: impl Into<String>) -> Self {
        self.key = Some(values.into());
        self
    }

    /// Number of tiles.
    pub fn n_tiles(&self) -> usize {
        self.tiles.len() / self.area()
    }

    /// The grey scale of this grid.
    pub fn rule(&self) -> GreyScale {
        self.grey_scale
    }

    /// Draws the grid.
    ///
    /// # Errors
    /// If the picture would be larger than a hundred million pixels.
    pub fn draw(&self) -> Result<Picture> {
        let layout = self.layout();
        let mut picture = Picture::dense("grid", layout.size, BACKGROUND, self.density)?;
        self.draw_at(&mut picture, (0, 0), layout.letters, self.largest());
        Ok(picture)
    }

    /// The largest absolute value of all tiles.
    pub(super) fn largest(&self) -> f32 {
        grey_scale::largest(&self.tiles)
    }

    /// The size of the grid with capitals of `letters` pixels.
    pub(super) fn size(&self, letters: usize) -> (usize, usize) {
        self.layout_with(letters).size
    }

    /// The height of capitals: a fifth of a tile, but at least a size that reads easily on a screen.
    pub(super) fn letters(&self) -> usize {
        (self.height.saturating_mul(self.upscale) / 5).clamp(11, 18).saturating_mul(self.density)
    }

    /// Pixels of a value's side and of a gap.
    fn pixels(&self) -> (usize, usize) {
        (self.upscale.saturating_mul(self.density), self.gap.saturating_mul(self.density))
    }

    /// The properties that determine the positions of tiles.
    pub(super) fn form(&self) -> [usize; 6] {
        [self.n_tiles(), self.height, self.width, self.columns, self.gap, self.upscale]
    }

    /// Draws the grid with its top left corner at `origin`; `shared` is the largest absolute value of the whole figure.
    pub(super) fn draw_at(&self, picture: &mut Picture, origin: (usize, usize), letters: usize, shared: f32) {
        let layout = self.layout_with(letters);
        let at = |x: usize, y: usize| (origin.0 + x, origin.1 + y);
        let (side, gap) = self.pixels();
        let (tile_width, tile_height) = (self.width * side, self.height * side);
        for &index in self.outlined.iter().filter(|&&index| index < self.n_tiles()) {
            let corner = layout.tile(index / self.columns, index % self.columns);
            let frame = gap.min(2 * self.density);
            let size = (tile_width + 2 * frame, tile_height + 2 * frame);
            picture.fill(at(corner.0.saturating_sub(frame), corner.1.saturating_sub(frame)), size, 255);
        }
        for (index, tile) in self.tiles.chunks_exact(self.area()).enumerate() {
            let corner = layout.tile(index / self.columns, index % self.columns);
            let largest = Largest { tile: grey_scale::largest(tile), shared };
            for (pixel, &value) in tile.iter().enumerate() {
                let (y, x) = (pixel / self.width * side, pixel % self.width * side);
                let level = self.grey_scale.level(value, largest);
                picture.fill(at(corner.0 + x, corner.1 + y), (side, side), level);
            }
        }
        let n_rows = self.n_tiles().div_ceil(self.columns);
        for (row, label) in self.row_labels.iter().enumerate().take(n_rows) {
            let (left, top) = layout.tile(row, 0);
            let x = left.saturating_sub(letters * 4 / 5 + lettering::width(label, letters));
            let y = top + tile_height.saturating_sub(letters) / 2;
            lettering::draw(picture, label, at(x, y), letters, LETTERING);
        }
        for (column, label) in self.column_labels.iter().enumerate().take(self.columns) {
            let middle = layout.tile(0, column).0 + tile_width / 2;
            let x = middle.saturating_sub(lettering::width(label, letters) / 2);
            lettering::draw(picture, label, at(x, layout.columns_y), letters, LETTERING);
        }
        lettering::draw(picture, &self.title, at(layout.first.0, layout.title_y), letters, LETTERING);
        if let Some(values) = &self.key {
            Key::new(self.grey_scale, values, letters).draw(
                picture,
                at(layout.key.0, layout.key.1),
                LETTERING,
            );
        }
    }

    fn area(&self) -> usize {
        self.height * self.width
    }

    fn layout(&self) -> Layout {
        self.layout_with(self.letters())
    }

    /// Saturates, so that absurd sizes reach the check of the picture size.
    fn layout_with(&self, letters: usize) -> Layout {
        let (side, gap) = self.pixels();
        let (tile_width, tile_height) = (self.width.saturating_mul(side), self.height.saturating_mul(side));
        let widest =
            |labels: &[String]| labels.iter().map(|l| lettering::width(l, letters)).max().unwrap_or(0);
        let has_rows = !self.row_labels.is_empty();
        let has_columns = !self.column_labels.is_empty();
        let has_title = !self.title.is_empty();
        let has_letters = has_rows || has_columns || has_title || self.key.is_some();
        let space = letters * 4 / 5;

        let pitch_x = if has_columns {
            tile_width.saturating_add(gap).max(widest(&self.column_labels) + space)
        } else {
            tile_width.saturating_add(gap)
        };
        let pitch = (pitch_x, tile_height.saturating_add(gap));
        // The first column also leaves room for half of a label that is wider than its tile.
        let overhang = (pitch_x - tile_width - gap.min(pitch_x - tile_width)) / 2;
        let left = match (has_rows, has_letters) {
            (true, _) => space + widest(&self.row_labels) + space,
            (false, true) => space.max(gap),
            (false, false) => gap,
        } + overhang;

        let line = letters + letters * 4 / 5;
        let title_y = space;
        let columns_y = title_y + if has_title { line } else { 0 };
        let top = match (has_title, has_columns) {
            (false, false) => gap,
            (_, false) => columns_y,
            (_, true) => columns_y + line,
        };
        let end = |first: usize, pitch: usize, tile: usize, n: usize| {
            first.saturating_add(pitch.saturating_mul(n - 1)).saturating_add(tile)
        };
        let n_rows = self.n_tiles().div_ceil(self.columns);
        let right = end(left, pitch.0, tile_width, self.columns).saturating_add(gap.max(overhang));
        let right = right.max(left + lettering::width(&self.title, letters) + gap);
        let bottom = end(top, pitch.1, tile_height, n_rows).saturating_add(gap);
        // Pictures with letters get an even margin; others end with their gap.
        let margin = if has_letters { space.saturating_sub(gap) } else { 0 };
        let top_margin = if has_title || has_columns { 0 } else { margin };
        let below = bottom.saturating_add(margin).saturating_add(top_margin);
        let key =
            self.key.as_ref().map_or((0, 0), |values| Key::new(self.grey_scale, values, letters).size());
        // A key below the tiles begins with them, unless it is wider than the rest of the picture.
        let key_x = if left + key.0 < right { left } else { space };
        let right = if key.0 > 0 { right.max(key_x + key.0 + gap) } else { right };
        Layout {
            size: (right.saturating_add(margin), below.saturating_add(key.1)),
            first: (left, top + top_margin),
            pitch,
            letters,
            title_y,
            columns_y,
            key: (key_x, below),
        }
    }
}

impl Layout {
    /// The top left corner of the tile in a row and column.
    fn tile(&self, row: usize, column: usize) -> (usize, usize) {
        (self.first.0 + column * self.pitch.0, self.first.1 + row * self.pitch.1)
    }
}

#[cfg(test)]
mod tests;
