//! A grid of small pictures: filters, samples, or labelled rows of clean, corrupted and restored samples.

use super::grey_scale::{self, GreyScale, Largest};
use super::lettering;
use super::picture::Picture;
use crate::{Error, Result};
use std::borrow::Cow;

/// The ground between and around the tiles: distinct from mid grey, black and white, on light and dark pages.
pub(super) const BACKGROUND: u8 = 84;
/// Labels and titles on that ground; contrast 6.4 : 1.
pub(super) const LETTERING: u8 = 240;

/// Tiles of equal shape on one grey scale, from left to right and from top to bottom.
///
/// ```
/// use penstroke::report::{Grid, GreyScale};
/// // Two tiles of 1×2 values, each pixel doubled, one pixel of ground around them.
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

    /// Number of tiles.
    #[must_use]
    pub fn n_tiles(&self) -> usize {
        self.tiles.len() / self.area()
    }

    /// The grey scale of this grid.
    #[must_use]
    pub fn rule(&self) -> GreyScale {
        self.grey_scale
    }

    /// Draws the grid.
    ///
    /// # Errors
    /// If the picture would be larger than a hundred million pixels.
    pub fn draw(&self) -> Result<Picture> {
        let layout = self.layout();
        let mut picture = Picture::filled("grid", layout.size.0, layout.size.1, BACKGROUND)?;
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
        (self.height.saturating_mul(self.upscale) / 5).clamp(11, 18)
    }

    /// The properties that must agree for tiles to be in the same places.
    pub(super) fn form(&self) -> [usize; 6] {
        [self.n_tiles(), self.height, self.width, self.columns, self.gap, self.upscale]
    }

    /// Draws the grid with its top left corner at `origin`; `shared` is the largest absolute value of the whole figure.
    pub(super) fn draw_at(&self, picture: &mut Picture, origin: (usize, usize), letters: usize, shared: f32) {
        let layout = self.layout_with(letters);
        let at = |x: usize, y: usize| (origin.0 + x, origin.1 + y);
        let (tile_width, tile_height) = (self.width * self.upscale, self.height * self.upscale);
        for (index, tile) in self.tiles.chunks_exact(self.area()).enumerate() {
            let corner = layout.tile(index / self.columns, index % self.columns);
            let largest = Largest { tile: grey_scale::largest(tile), shared };
            for (pixel, &value) in tile.iter().enumerate() {
                let (y, x) = (pixel / self.width * self.upscale, pixel % self.width * self.upscale);
                let level = self.grey_scale.level(value, largest);
                picture.fill(at(corner.0 + x, corner.1 + y), (self.upscale, self.upscale), level);
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
    }

    fn area(&self) -> usize {
        self.height * self.width
    }

    fn layout(&self) -> Layout {
        self.layout_with(self.letters())
    }

    /// Saturating, so that absurd sizes reach the check of the picture size.
    fn layout_with(&self, letters: usize) -> Layout {
        let (tile_width, tile_height) =
            (self.width.saturating_mul(self.upscale), self.height.saturating_mul(self.upscale));
        let widest =
            |labels: &[String]| labels.iter().map(|l| lettering::width(l, letters)).max().unwrap_or(0);
        let has_rows = !self.row_labels.is_empty();
        let has_columns = !self.column_labels.is_empty();
        let has_title = !self.title.is_empty();
        let space = letters * 4 / 5;

        let pitch_x = if has_columns {
            tile_width.saturating_add(self.gap).max(widest(&self.column_labels) + space)
        } else {
            tile_width.saturating_add(self.gap)
        };
        let pitch = (pitch_x, tile_height.saturating_add(self.gap));
        // The first column also leaves room for half of a label that is wider than its tile.
        let overhang = (pitch_x - tile_width - self.gap.min(pitch_x - tile_width)) / 2;
        let left = if has_rows { space + widest(&self.row_labels) + space } else { self.gap } + overhang;

        let line = letters + letters * 4 / 5;
        let title_y = space;
        let columns_y = title_y + if has_title { line } else { 0 };
        let top = match (has_title, has_columns) {
            (false, false) => self.gap,
            (_, false) => columns_y,
            (_, true) => columns_y + line,
        };
        let end = |first: usize, pitch: usize, tile: usize, n: usize| {
            first.saturating_add(pitch.saturating_mul(n - 1)).saturating_add(tile)
        };
        let n_rows = self.n_tiles().div_ceil(self.columns);
        let right = end(left, pitch.0, tile_width, self.columns).saturating_add(self.gap.max(overhang));
        let right = right.max(left + lettering::width(&self.title, letters) + space);
        let bottom = end(top, pitch.1, tile_height, n_rows).saturating_add(self.gap);
        // Labelled pictures get an even margin; unlabelled grids end with their gap.
        let labelled = has_rows || has_columns || has_title;
        let margin = if labelled { space.saturating_sub(self.gap) } else { 0 };
        let size = (right.saturating_add(margin), bottom.saturating_add(margin));
        let top_margin = if has_rows && !has_title && !has_columns { margin } else { 0 };
        Layout {
            size: (size.0, size.1 + top_margin),
            first: (left, top + top_margin),
            pitch,
            letters,
            title_y,
            columns_y,
        }
    }
}

impl Layout {
    /// The top left corner of the tile in a row and a column.
    fn tile(&self, row: usize, column: usize) -> (usize, usize) {
        (self.first.0 + column * self.pitch.0, self.first.1 + row * self.pitch.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tile_is_in_its_place() {
        // Five tiles of 2×3 in rows of three: tile t holds (t + 1)/10 everywhere but 0 in its last value.
        let tiles: Vec<f32> =
            (0..30).map(|i| if i % 6 == 5 { 0.0 } else { (i / 6 + 1) as f32 / 10.0 }).collect();
        let grid = Grid::new(&tiles[..], 2, 3).unwrap();
        let (gap, up) = (4, 5);
        let picture = grid.gap(gap).upscale(up).draw().unwrap();
        assert_eq!(picture.width(), 3 * 3 * up + 4 * gap);
        assert_eq!(picture.height(), 2 * 2 * up + 3 * gap);
        for y in 0..picture.height() {
            for x in 0..picture.width() {
                // The inverse computation: from the pixel to the tile.
                let (column, in_x) = (x / (3 * up + gap), x % (3 * up + gap));
                let (row, in_y) = (y / (2 * up + gap), y % (2 * up + gap));
                let tile = row * 3 + column;
                let expected = if in_x < gap || in_y < gap || tile >= 5 {
                    BACKGROUND
                } else if (in_y - gap) / up == 1 && (in_x - gap) / up == 2 {
                    0
                } else {
                    (255.0 * ((tile + 1) as f32 / 10.0)).round() as u8
                };
                assert_eq!(picture.level(x, y), Some(expected), "at ({x}, {y})");
            }
        }
    }

    #[test]
    fn labels_do_not_cover_tiles_and_stay_inside() {
        let tiles = [1.0_f32; 6 * 4];
        let bare = Grid::new(&tiles[..], 2, 2).unwrap().columns(3).upscale(20);
        let labelled = bare
            .clone()
            .title("a title that is longer than the tiles are wide")
            .row_labels(["clean", "q = 0.25"])
            .column_labels(["1", "a wide label", "3"]);
        let white = |picture: &Picture| {
            let levels = (0..picture.height()).flat_map(|y| (0..picture.width()).map(move |x| (x, y)));
            levels.filter(|&(x, y)| picture.level(x, y) == Some(255)).count()
        };
        let (bare, labelled) = (bare.draw().unwrap(), labelled.draw().unwrap());
        assert_eq!(white(&bare), 6 * 40 * 40);
        assert_eq!(white(&labelled), white(&bare));
        let edge = |x, y| labelled.level(x, y) == Some(BACKGROUND);
        let (w, h) = (labelled.width(), labelled.height());
        assert!((0..w).all(|x| edge(x, 0) && edge(x, h - 1)));
        assert!((0..h).all(|y| edge(0, y) && edge(w - 1, y)));
    }

    #[test]
    fn a_strip_keeps_its_rows() {
        let (clean, restored) = ([0.0_f32, 1.0, 1.0], [0.2_f32, 0.8, 1.0]);
        let grid = Grid::strip(&[("clean", &clean), ("restored", &restored)], 1, 1).unwrap();
        assert_eq!((grid.n_tiles(), grid.columns, grid.row_labels.len()), (6, 3, 2));
        assert_eq!(grid.tiles[3..], restored);
        let error = Grid::strip(&[("clean", &clean), ("short", &restored[..2])], 1, 1).unwrap_err();
        assert_eq!(
            error.to_string(),
            "grid: row \"short\" has 2 values, the first row 3; all rows must have the same length"
        );
        for (rows, side, n) in [(&[][..], 1, 0), (&[("clean", &clean[..])], 0, 3)] {
            assert_eq!(
                Grid::strip(rows, side, side).unwrap_err().to_string(),
                format!(
                    "grid: {n} values are not a whole number of tiles of {side}×{side}; at least one tile is needed"
                )
            );
        }
    }

    #[test]
    fn invalid_grids_are_refused() {
        let message = |values: &[f32], h, w| Grid::new(values, h, w).unwrap_err().to_string();
        assert!(message(&[], 2, 2).contains("0 values are not a whole number of tiles of 2×2"));
        assert!(message(&[0.0; 5], 2, 2).contains("5 values"));
        assert!(message(&[0.0; 5], usize::MAX, 2).contains("5 values"));
        assert!(message(&[0.0, 1.0, f32::NAN, 0.0], 1, 2).contains("tile 1, value 0 (from 0) is NaN"));
        let huge = Grid::new(&[0.0_f32][..], 1, 1).unwrap().upscale(usize::MAX).column_labels(["x"]);
        assert!(huge.draw().unwrap_err().to_string().contains("lower the upscaling"));
    }

    #[test]
    fn a_shared_divisor_keeps_strengths_apart() {
        let tiles = [1.0_f32, 0.5];
        let level = |scaling| {
            let picture = Grid::new(&tiles[..], 1, 1).unwrap().gap(0).grey_scale(scaling).draw().unwrap();
            picture.level(1, 0).unwrap()
        };
        assert_eq!(level(GreyScale::SYMMETRIC_PER_TILE), 255);
        // 127.5 + 127.5/2 = 191.25.
        assert_eq!(level(GreyScale::SYMMETRIC_SHARED), 191);
    }
}
