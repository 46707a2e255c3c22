//! Letters in pictures, drawn with a round pen along lines and curves, smooth at any size.

use super::picture::Picture;

/// Half the width of the pen, in units of a tenth of the height of a capital letter.
const PEN: f32 = 0.6;
/// Room between two letters, and the width of a space, in the same units.
const BETWEEN: f32 = 2.6;
const SPACE: f32 = 3.6;

/// Letters and their strokes on a grid ten units high. Each point is a hexadecimal x and y, with y down from the top of
/// the capitals; capitals stand on `a`, small letters reach up to 4 and down to `d`. A stroke after `~` is the smooth
/// curve of that control polygon (closed if it ends at its first point); any other stroke is straight from point to
/// point.
const STROKES: &[(&str, &str)] = &[
    ("A", "0a306a 1757"),
    ("B", "0a00 ~003060653505 ~0535656a3a0a"),
    ("C", "~6260000a6a68"),
    ("D", "0a00 ~0030707a3a0a"),
    ("E", "50000a5a 0545"),
    ("F", "50000a 0545"),
    ("G", "~6360000a6a66 6646"),
    ("H", "000a 606a 0565"),
    ("Il", "000a"),
    ("J", "~40464a0a07"),
    ("K", "000a 6006 246a"),
    ("L", "000a5a"),
    ("M", "0a0046808a"),
    ("N", "0a006a60"),
    ("O", "~00707a0a00"),
    ("P", "0a00 ~003060653505"),
    ("Q", "~00707a0a00 477b"),
    ("R", "0a00 ~003060653505 356a"),
    ("S", "~62600005656a0a08"),
    ("T", "0060 303a"),
    ("U", "~00060a6a6660"),
    ("V", "003a60"),
    ("W", "002a528aa0"),
    ("X", "006a 600a"),
    ("Y", "003560 353a"),
    ("Z", "00600a6a"),
    ("aα", "~04545a0a04 545a"),
    ("b", "000a ~04545a0a04"),
    ("c", "~5554040a5a59"),
    ("d", "505a ~04545a0a04"),
    ("e", "0757 ~5754040a5a59"),
    ("f", "~4020232a 0444"),
    ("g", "~04545a0a04 ~545a5d0d0c"),
    ("h", "000a ~070454575a"),
    ("i", "040a 0101"),
    ("j", "~242a2d0d 2121"),
    ("k", "000a 4408 265a"),
    ("m", "040a ~070444474a ~474484878a"),
    ("n", "040a ~070454575a"),
    ("o", "~04545a0a04"),
    ("p", "040d ~04545a0a04"),
    ("q", "545d ~04545a0a04"),
    ("r", "040a ~07043444"),
    ("s", "~45440407474a0a09"),
    ("t", "~21282a4a 0444"),
    ("u", "~04070a5a5754 545a"),
    ("v", "042a44"),
    ("w", "042a456a84"),
    ("x", "044a 440a"),
    ("y", "042a 441d"),
    ("z", "04440a4a"),
    ("β", "0d03 ~0300505525 ~25555a0a09"),
    ("σ", "~04545a0a04 2464"),
    ("0", "~00606a0a00"),
    ("1", "03303a"),
    ("2", "~030060640a 0a6a"),
    ("3", "~0200606525 ~25656a0a08"),
    ("4", "5a500777"),
    ("5", "601005 ~0504646a0a08"),
    ("6", "~500107 ~04646a0a04"),
    ("7", "00602a"),
    ("8", "~0060650500 ~05656a0a05"),
    ("9", "~0060660600 ~63691a"),
    ("²", "~0100303204 0434"),
    (".", "0a0a"),
    (",", "1a0c"),
    (":", "0505 0a0a"),
    (";", "1515 1a0c"),
    ("·", "0606"),
    ("-", "0646"),
    ("–−", "0666"),
    ("+", "0666 3339"),
    ("±", "0464 3137 0a6a"),
    ("×", "0459 5409"),
    ("=", "0565 0868"),
    ("~", "~07145865"),
    ("<", "530659"),
    (">", "035609"),
    ("%", "~0030340400 ~66969a6a66 801a"),
    ("/", "500b"),
    ("(", "~2001092b"),
    (")", "~0021290b"),
    ("[", "20000b2b"),
    ("]", "00202b0b"),
    ("|", "000c"),
    ("_", "0b5b"),
    ("'’", "0002"),
    ("\"", "0002 2022"),
    ("!", "0006 0a0a"),
    ("?", "~020050542527 2a2a"),
    ("→", "0686 638669"),
];

/// A box for an unknown letter.
const UNKNOWN: &str = "00505a0a00";

/// The strokes of a letter, as in [`STROKES`].
fn strokes(letter: char) -> &'static str {
    STROKES.iter().find(|(letters, _)| letters.contains(letter)).map_or(UNKNOWN, |(_, strokes)| strokes)
}

type Point = (f32, f32);

/// The strokes of a letter as straight segments in its grid, and its width.
fn segments(letter: char) -> (Vec<(Point, Point)>, f32) {
    let mut out = Vec::new();
    let mut width: f32 = 0.0;
    for stroke in strokes(letter).split(' ') {
        let smooth = stroke.starts_with('~');
        let digits: Vec<f32> = stroke.chars().filter_map(|c| c.to_digit(16)).map(|v| v as f32).collect();
        let mut points: Vec<Point> = digits.chunks_exact(2).map(|p| (p[0], p[1])).collect();
        if smooth {
            // Three rounds leave corners of a few degrees, which are invisible in pixels.
            for _ in 0..3 {
                points = cut_corners(&points);
            }
        }
        width = points.iter().fold(width, |most, point| point.0.max(most));
        if let [point] = points[..] {
            out.push((point, point));
        }
        out.extend(points.windows(2).map(|pair| (pair[0], pair[1])));
    }
    (out, width)
}

/// One round of Chaikin's corner cutting, whose limit is the quadratic B-spline of the polygon (Chaikin 1974).
fn cut_corners(points: &[Point]) -> Vec<Point> {
    let toward = |a: Point, b: Point, share: f32| (a.0 + (b.0 - a.0) * share, a.1 + (b.1 - a.1) * share);
    let (Some(&first), Some(&last)) = (points.first(), points.last()) else { return Vec::new() };
    let closed = first == last;
    let mut out = Vec::with_capacity(2 * points.len());
    for (i, pair) in points.windows(2).enumerate() {
        let (start, end) = (!closed && i == 0, !closed && i + 2 == points.len());
        out.push(if start { pair[0] } else { toward(pair[0], pair[1], 0.25) });
        out.push(if end { pair[1] } else { toward(pair[0], pair[1], 0.75) });
    }
    if closed {
        out.extend(out.first().copied());
    }
    out
}

/// The width of `text`, in pixels, if its capitals are `size` pixels high.
pub(super) fn width(text: &str, size: usize) -> usize {
    let units: f32 = text.chars().map(advance).sum();
    ((units - BETWEEN).max(0.0) * size as f32 / 10.0 + 2.0 * PEN * size as f32 / 10.0).ceil() as usize
}

fn advance(letter: char) -> f32 {
    if letter == ' ' { SPACE } else { segments(letter).1 + BETWEEN }
}

/// Draws `text` with its left edge at `x` and the top of its capitals at `y`.
pub(super) fn draw(picture: &mut Picture, text: &str, (x, y): (usize, usize), size: usize, level: u8) {
    let unit = size as f32 / 10.0;
    let pen = (PEN * unit).max(0.5);
    // The pen's path runs half a pen inside the letter's box.
    let (mut left, top) = (x as f32 + pen, y as f32 + pen);
    let unit_y = (size as f32 - 2.0 * pen) / 10.0;
    for letter in text.chars() {
        if letter != ' ' {
            let (segments, width) = segments(letter);
            let place = |(px, py): Point| (left + px * unit, top + py * unit_y);
            let segments: Vec<_> = segments.into_iter().map(|(a, b)| (place(a), place(b))).collect();
            let reach = pen + 1.0;
            let right = (left + width * unit + reach).ceil() as i64;
            let bottom = (top + 13.0 * unit_y + reach).ceil() as i64;
            for py in (top - reach).floor() as i64..=bottom {
                for px in (left - reach).floor() as i64..=right {
                    let centre = (px as f32 + 0.5, py as f32 + 0.5);
                    let distance =
                        segments.iter().fold(f32::INFINITY, |least, &s| distance(centre, s).min(least));
                    let share = pen + 0.5 - distance;
                    if share > 0.0 {
                        picture.mix(px, py, level, share);
                    }
                }
            }
        }
        left += advance(letter) * unit;
    }
}

/// The distance from a point to a segment.
fn distance(p: Point, (a, b): (Point, Point)) -> f32 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let length = dx * dx + dy * dy;
    let t = if length > 0.0 { (((p.0 - a.0) * dx + (p.1 - a.1) * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
    (p.0 - a.0 - t * dx).hypot(p.1 - a.1 - t * dy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stroke_is_whole_points_of_the_grid() {
        for letter in (' '..='~').chain("αβσ²·–−±×’→�".chars()) {
            for stroke in strokes(letter).split(' ') {
                let digits = stroke.trim_start_matches('~');
                assert!(!digits.is_empty() && digits.len() % 2 == 0, "{letter}: {stroke}");
                assert!(digits.chars().all(|c| c.is_ascii_hexdigit()), "{letter}: {stroke}");
            }
        }
    }

    #[test]
    fn a_text_stays_in_its_box_and_leaves_ink_at_both_edges() {
        let text = "Hx 25 %W";
        let (w, size) = (width(text, 20), 20);
        let mut picture = Picture::filled("text", w + 10, size + 10, 0).unwrap();
        draw(&mut picture, text, (5, 5), size, 255);
        let inked = |x: usize| (0..size + 10).any(|y| picture.level(x, y).unwrap() > 0);
        assert!((0..5).all(|x| !inked(x)) && inked(5));
        assert!((w + 6..w + 10).all(|x| !inked(x)) && inked(w + 3));
        let rows: Vec<usize> =
            (0..size + 10).filter(|&y| (0..w + 10).any(|x| picture.level(x, y).unwrap() > 127)).collect();
        assert_eq!((rows[0], rows[rows.len() - 1]), (5, 5 + size - 1));
    }

    #[test]
    fn corner_cutting_of_a_square_stays_closed_and_touches_the_middles() {
        let mut points = vec![(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0), (0.0, 0.0)];
        for _ in 0..3 {
            points = cut_corners(&points);
        }
        assert_eq!(points.first(), points.last());
        assert!(points.iter().any(|&(x, y)| y == 0.0 && (x - 2.0).abs() <= 0.5));
    }
}
