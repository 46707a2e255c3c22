//! Rotates a picture around its centre.
//!
//! A pixel takes the value at the point it came from, interpolated bilinearly between the four pixels around that
//! point; outside the picture all is 0. Bilinear interpolation is a weighted mean: values stay within 0..=255, empty
//! paper stays 0, and edges get no dark or light seam, as they would from cubic interpolation. It softens strokes by at
//! most half a pixel, less than the pen's width of two to three. Taking the nearest pixel would leave strokes ragged,
//! the more so the nearer the angle is to 45°, which would reveal the angle to a model.
//!
//! The centre is that of the picture, the corner between its four middle pixels, where MNIST puts a digit's centre of
//! mass.

use super::set::SIDE;
use penstroke_engine::philox::Sequence;
use std::f64::consts::TAU;

/// Uniform in [0, 2π).
pub(super) fn angle(rng: &mut Sequence) -> f64 {
    TAU * rng.uniform()
}

/// Rotates `picture` counterclockwise by `angle`; both are `(28, 28)`.
pub(super) fn rotate(picture: &[u8], angle: f64, turned: &mut [u8]) {
    let (sin, cos) = (libm::sin(angle), libm::cos(angle));
    let centre = (SIDE - 1) as f64 / 2.0;
    for (at, value) in turned.iter_mut().enumerate() {
        let (x, y) = ((at % SIDE) as f64 - centre, (at / SIDE) as f64 - centre);
        // Rows run downward, so this undoes a counterclockwise rotation.
        let from = (centre + (x * cos - y * sin), centre + (x * sin + y * cos));
        *value = (interpolated(picture, from) + 0.5).floor() as u8;
    }
}

/// The value at a point between the centres of four pixels.
fn interpolated(picture: &[u8], (x, y): (f64, f64)) -> f64 {
    let (left, top) = (x.floor(), y.floor());
    let (right_share, low_share) = (x - left, y - top);
    let value = |x: f64, y: f64| {
        let inside = |at: f64| (0.0..SIDE as f64).contains(&at);
        if inside(x) && inside(y) { f64::from(picture[y as usize * SIDE + x as usize]) } else { 0.0 }
    };
    let row = |y: f64| (1.0 - right_share) * value(left, y) + right_share * value(left + 1.0, y);
    (1.0 - low_share) * row(top) + low_share * row(top + 1.0)
}

#[cfg(test)]
mod tests {
    use super::super::set::Factor;
    use super::super::set::PIXELS;
    use super::*;
    use crate::data::{Part, strokes};
    use penstroke_engine::Rows;
    use std::f64::consts::FRAC_PI_2;

    fn turned(picture: &[u8], angle: f64) -> Vec<u8> {
        let mut out = vec![1; PIXELS];
        rotate(picture, angle, &mut out);
        out
    }

    fn digits(n: usize) -> Vec<u8> {
        match strokes::generate(0, Part::Train, n).unwrap().rows() {
            Rows::Bytes(bytes) => bytes.to_vec(),
            Rows::Floats(_) => panic!("strokes are bytes"),
        }
    }

    #[test]
    fn no_turn_and_four_quarter_turns_change_no_byte() {
        // Pictures that reach the border as well, where half a pixel of error would show.
        let noise: Vec<u8> = (0..PIXELS as u32).map(|at| (at * at * 7 + at) as u8).collect();
        for picture in digits(20).chunks(PIXELS).chain([&noise[..]]) {
            assert_eq!(turned(picture, 0.0), picture);
            let quarter = turned(picture, FRAC_PI_2);
            assert_ne!(quarter, picture);
            let half = turned(&quarter, FRAC_PI_2);
            assert_eq!(half, turned(picture, 2.0 * FRAC_PI_2));
            assert_eq!(turned(&turned(&half, FRAC_PI_2), FRAC_PI_2), picture);
            assert_eq!(turned(&quarter, -FRAC_PI_2), picture);
        }
    }

    #[test]
    fn a_quarter_turn_is_counterclockwise() {
        let mut picture = vec![0; PIXELS];
        picture[3 * SIDE + 20] = 200;
        // The right becomes the top: (x, y) goes to (y, 27 - x).
        assert_eq!(turned(&picture, FRAC_PI_2).iter().position(|&v| v == 200), Some((27 - 20) * SIDE + 3));
    }

    #[test]
    fn ink_is_kept_whatever_the_angle() {
        for (number, digit) in digits(100).chunks(PIXELS).enumerate() {
            let mass = |picture: &[u8]| picture.iter().map(|&v| f64::from(v)).sum::<f64>();
            let after = turned(digit, number as f64);
            // The sampled points form a rotated grid; where strokes are wide, their sum differs little from that of the
            // pixels, by 1 % at most as measured. Digits reach at most 14 pixels from the centre, so none is cut off.
            let ratio = mass(&after) / mass(digit);
            assert!((ratio - 1.0).abs() < 0.03, "digit {number}: {ratio}");
        }
    }

    #[test]
    fn angles_are_uniform() {
        let n = 10_000;
        let mut angles: Vec<f64> =
            (0..n).map(|i| angle(&mut Factor::Angle.of(Part::Train, i)) / TAU).collect();
        assert!(angles.iter().all(|angle| (0.0..1.0).contains(angle)));
        angles.sort_by(f64::total_cmp);
        let apart = |(rank, angle): (usize, &f64)| {
            let (before, after) = (rank as f64 / n as f64, (rank + 1) as f64 / n as f64);
            (angle - before).abs().max((angle - after).abs())
        };
        let largest = angles.iter().enumerate().map(apart).fold(0.0, f64::max);
        // Kolmogorov–Smirnov: one uniform sample in a thousand exceeds 1.95/√n.
        assert!(largest < 1.95 / (n as f64).sqrt(), "distance {largest}");
    }
}
