//! Ink on paper: a trajectory drawn with soft edges, scaled and centreed like MNIST's digits.

use super::pen::{Point, Trajectory};
use super::size::SIDE;

/// Pixels per side of the box that the ink of a digit fills.
const BOX: usize = 20;

/// The horizontal and the vertical coordinate.
const DIRECTIONS: [fn(&Point) -> f64; 2] = [|point| point.x, |point| point.y];

/// Draws `strokes` into `picture` (`SIDE · SIDE` bytes, all 0). Returns false, with nothing drawn, if the ink does not
/// fit.
///
/// The ink's bounding box is scaled to fit 20×20 with its aspect ratio kept, drawn, and moved by whole pixels so that
/// its centre of mass is within half a pixel of pixel (14, 14). If that would cut off ink, nothing is drawn. The edge
/// of the ink fades over `softness` pixels.
pub(super) fn draw(mut strokes: Trajectory, softness: f64, picture: &mut [u8]) -> bool {
    fit(&mut strokes);
    let mut depth = [f64::NEG_INFINITY; BOX * BOX];
    for stroke in &strokes {
        for pair in stroke.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            let (dx, dy) = (b.x - a.x, b.y - a.y);
            let per_square = 1.0 / (dx * dx + dy * dy).max(1e-12);
            let reach = a.radius.max(b.radius) + 0.5 * softness;
            let (left, right) = cells(a.x.min(b.x) - reach, a.x.max(b.x) + reach);
            let (top, bottom) = cells(a.y.min(b.y) - reach, a.y.max(b.y) + reach);
            for row in top..bottom {
                let y = row as f64 + 0.5 - a.y;
                for column in left..right {
                    let x = column as f64 + 0.5 - a.x;
                    let t = ((x * dx + y * dy) * per_square).clamp(0.0, 1.0);
                    let (off_x, off_y) = (x - t * dx, y - t * dy);
                    let radius = a.radius + t * (b.radius - a.radius);
                    let here = radius - (off_x * off_x + off_y * off_y).sqrt();
                    let cell = &mut depth[row * BOX + column];
                    *cell = cell.max(here);
                }
            }
        }
    }
    let ink = depth.map(|depth| ((0.5 + depth / softness).clamp(0.0, 1.0) * 255.0 + 0.5) as u8);
    centre(&ink, picture)
}

/// The range of pixels whose centres may lie between `low` and `high`.
fn cells(low: f64, high: f64) -> (usize, usize) {
    // The cast saturates at 0.
    ((low - 0.5).max(0.0) as usize, ((high + 0.5).max(0.0) as usize).min(BOX))
}

/// Scales and moves `strokes` so that their ink, radii included, fills the box in one direction and is centreed in the
/// other.
fn fit(strokes: &mut Trajectory) {
    let side = BOX as f64;
    // The ink's first and last coordinate when the trajectory is scaled; the radii do not scale.
    let ends = |strokes: &Trajectory, direction: fn(&Point) -> f64, scale: f64| {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for point in strokes.iter().flatten() {
            low = low.min(scale * direction(point) - point.radius);
            high = high.max(scale * direction(point) + point.radius);
        }
        (low, high)
    };
    // A trajectory smaller than this is a dot, and stays one.
    let dot = 1e-6;
    let length = DIRECTIONS.map(|direction| {
        let along = || strokes.iter().flatten().map(direction);
        (along().fold(f64::NEG_INFINITY, f64::max) - along().fold(f64::INFINITY, f64::min)).max(dot)
    });
    // The ink's extent is convex in the scale and never steeper than the trajectory's length, so these steps approach
    // the solution from below and never pass it. After eight, less than a hundredth of a pixel is left.
    let mut scale = 0.0;
    for _ in 0..8 {
        let step = [0, 1].map(|d| {
            let (low, high) = ends(strokes, DIRECTIONS[d], scale);
            (side - (high - low)) / length[d]
        });
        scale += step[0].min(step[1]);
    }
    let offset = DIRECTIONS.map(|direction| {
        let (low, high) = ends(strokes, direction, scale);
        0.5 * (side - high - low)
    });
    for point in strokes.iter_mut().flatten() {
        (point.x, point.y) = (scale * point.x + offset[0], scale * point.y + offset[1]);
    }
}

/// Copies the ink into the picture with its centre of mass nearest to pixel (14, 14); false if it does not fit.
fn centre(ink: &[u8; BOX * BOX], picture: &mut [u8]) -> bool {
    // Mass, first moment and last inked pixel, horizontally and vertically.
    let (mut mass, mut moment, mut first, mut last) = (0, [0, 0], [BOX, BOX], [0, 0]);
    for (i, &value) in ink.iter().enumerate().filter(|(_, value)| **value > 0) {
        mass += usize::from(value);
        for (d, at) in [i % BOX, i / BOX].into_iter().enumerate() {
            moment[d] += usize::from(value) * at;
            first[d] = at.min(first[d]);
            last[d] = at.max(last[d]);
        }
    }
    if mass == 0 {
        return false;
    }
    // The target of the first inked pixel: as far from pixel 14 as it is from the rounded mean.
    let mut start = [0, 0];
    for d in 0..2 {
        let mean = (2 * moment[d] + mass) / (2 * mass);
        match (first[d] + SIDE / 2).checked_sub(mean) {
            Some(at) if at + last[d] - first[d] < SIDE => start[d] = at,
            _ => return false,
        }
    }
    for (i, &value) in ink.iter().enumerate().filter(|(_, value)| **value > 0) {
        let (column, row) = (i % BOX - first[0] + start[0], i / BOX - first[1] + start[1]);
        picture[row * SIDE + column] = value;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(from: (f64, f64), to: (f64, f64), radius: f64) -> Trajectory {
        vec![[from, to].map(|(x, y)| Point { x, y, radius }).to_vec()]
    }

    fn drawn(strokes: Trajectory) -> Vec<u8> {
        let mut picture = vec![0; SIDE * SIDE];
        assert!(draw(strokes, 1.0, &mut picture));
        picture
    }

    #[test]
    fn an_upright_line_is_a_bar_of_its_width_and_twenty_pixels() {
        let picture = drawn(line((3.0, -7.0), (3.0, 1.0), 1.0));
        // Rows 4 to 23 and, by symmetry, columns 13 and 14 or their neighbours; the rounded ends are a little shorter.
        let rows: Vec<usize> =
            (0..SIDE).filter(|r| picture[r * SIDE..][..SIDE].iter().any(|&v| v > 0)).collect();
        assert_eq!((rows[0], rows.len()), (4, 20));
        for row in 6..22 {
            let mass: u32 = picture[row * SIDE..][..SIDE].iter().map(|&v| u32::from(v)).sum();
            assert_eq!(mass, 2 * 255, "row {row}");
        }
    }

    #[test]
    fn a_line_of_any_size_and_place_gives_the_same_ink() {
        let small = drawn(line((0.0, 0.0), (0.5, 0.75), 1.5));
        assert_eq!(small, drawn(line((64.0, 32.0), (128.0, 128.0), 1.5)));
    }

    #[test]
    fn ink_that_cannot_be_centred_is_not_drawn() {
        // A blot with a thin tail upward: its centre of mass is less than 6 pixels above its lower end.
        let mut strokes = line((0.0, 0.0), (0.0, 9.0), 0.6);
        strokes.extend(line((-2.0, 9.0), (2.0, 9.0), 2.5));
        let mut picture = vec![0; SIDE * SIDE];
        assert!(!draw(strokes, 1.0, &mut picture));
        assert!(picture.iter().all(|&value| value == 0));
    }

    #[test]
    fn a_dot_is_drawn_round() {
        let picture = drawn(line((0.0, 0.0), (0.0, 0.0), 2.0));
        let area: f64 = picture.iter().map(|&v| f64::from(v) / 255.0).sum();
        // π r² = 12.57; a linear edge of one pixel is accurate within a few percent.
        assert!((area - 12.57).abs() < 0.5, "area {area}");
    }
}
