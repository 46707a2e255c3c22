//! A pen: smooth trajectories through knots, deformed as a hand would, and the width of their ink.

use super::forms::{FORMS, Form, Pose};
use penstroke_engine::philox::Sequence;

/// Typical values for a digit in any form, chosen so that the mean widths, slants and stroke widths match MNIST's
/// training set.
struct Hand {
    /// Width relative to the table of forms.
    wide: f64,
    /// Tangent of the slant to the right.
    slant: f64,
    /// Radius of the ink in pixels.
    pen: f64,
}

const fn hand(wide: f64, slant: f64, pen: f64) -> Hand {
    Hand { wide, slant, pen }
}

const HANDS: [Hand; 10] = [
    hand(1.13, 0.20, 1.34),
    hand(1.00, 0.22, 1.34),
    hand(1.24, 0.05, 1.26),
    hand(1.20, 0.08, 1.21),
    hand(1.08, 0.20, 1.17),
    hand(1.30, 0.12, 1.13),
    hand(1.15, 0.06, 1.20),
    hand(1.15, 0.04, 1.24),
    hand(1.12, 0.10, 1.12),
    hand(1.02, 0.14, 1.09),
];

/// Straight pieces between two knots: each is about one pixel long, so the corners between them are invisible.
const PIECES: usize = 5;

/// A point of the trajectory, with the radius of the ink there in pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) radius: f64,
}

/// The trajectory of a whole digit: one polyline per stroke.
pub(super) type Trajectory = Vec<Vec<Point>>;

/// A bell-shaped number with mean 0 and variance 1, within ±3.47: the sum of four uniform numbers. It needs no
/// logarithm and has no outliers that would make a digit unreadable.
pub(super) fn bell(rng: &mut Sequence) -> f64 {
    let sum: u64 = (0..4).map(|_| u64::from(rng.word())).sum();
    // Each word has variance 2⁶⁴/12.
    (sum as f64 / (1u64 << 32) as f64 - 2.0) * 1.732_050_807_568_877_2
}

/// Uniform in `[low, high)`.
fn between(rng: &mut Sequence, low: f64, high: f64) -> f64 {
    low + (high - low) * rng.uniform()
}

/// Writes one `digit` in a random form. The trajectory's size is arbitrary; its radii are in pixels.
pub(super) fn write(digit: usize, rng: &mut Sequence) -> Trajectory {
    let form = choose(FORMS[digit], rng);
    let knots = blend(form, rng);
    let mut strokes: Trajectory = knots.iter().map(|stroke| trim(spline(stroke), rng)).collect();
    deform(&mut strokes, digit, rng);
    press(&mut strokes, digit, rng);
    strokes
}

fn choose(forms: &'static [Form], rng: &mut Sequence) -> &'static Form {
    let mut rest = rng.below(100);
    for form in forms {
        if rest < form.weight {
            return form;
        }
        rest -= form.weight;
    }
    &forms[0]
}

/// Position of a knot, and its sharpness from 0 (smooth) to 1 (corner).
type BlendedKnot = (f64, f64, f64);

/// Mixes two random poses, or extrapolates a little beyond either, and displaces every knot and every stroke a little.
fn blend(form: &Form, rng: &mut Sequence) -> Vec<Vec<BlendedKnot>> {
    let pick = |rng: &mut Sequence| -> Pose { form.poses[rng.below(form.poses.len() as u32) as usize] };
    let (one, other) = (pick(rng), pick(rng));
    let share = between(rng, -0.3, 1.3);
    let carelessness = between(rng, 0.015, 0.085);
    let mut strokes = Vec::with_capacity(one.len());
    for (index, (a, b)) in one.iter().zip(other).enumerate() {
        let slip = if index == 0 { 0.0 } else { 0.04 };
        let (left, top) = (slip * bell(rng), slip * bell(rng));
        let mix = |a: f64, b: f64| a + share * (b - a);
        // Neighbouring knots are displaced alike, which keeps the stroke smooth.
        let (mut right, mut down) = (bell(rng), bell(rng));
        let knots = a.iter().zip(*b).map(|(a, b)| {
            right = 0.6 * right + 0.8 * bell(rng);
            down = 0.6 * down + 0.8 * bell(rng);
            let x = mix(f64::from(a.x), f64::from(b.x)) / 100.0 + left + carelessness * right;
            let y = mix(f64::from(a.y), f64::from(b.y)) / 100.0 + top + carelessness * down;
            let corner = mix(f64::from(u8::from(a.corner)), f64::from(u8::from(b.corner)));
            (x, y, corner.clamp(0.0, 1.0))
        });
        strokes.push(knots.collect());
    }
    strokes
}

/// A Catmull–Rom spline through `knots`. At a smooth knot the pen moves parallel to the line between the neighbouring
/// knots; at a corner it arrives along one side and leaves along the other.
fn spline(knots: &[BlendedKnot]) -> Vec<Point> {
    let side = |i: usize| (knots[i + 1].0 - knots[i].0, knots[i + 1].1 - knots[i].1);
    let last = knots.len() - 1;
    // The velocity at knot `i` on the side of `chord`.
    let velocity = |i: usize, chord: (f64, f64)| {
        if i == 0 || i == last {
            return chord;
        }
        let (before, behind) = (side(i - 1), side(i));
        let smooth = (0.5 * (before.0 + behind.0), 0.5 * (before.1 + behind.1));
        let corner = knots[i].2;
        (smooth.0 + corner * (chord.0 - smooth.0), smooth.1 + corner * (chord.1 - smooth.1))
    };
    let mut points = Vec::with_capacity(last * PIECES + 1);
    for i in 0..last {
        let (p, q, chord) = (knots[i], knots[i + 1], side(i));
        let (leave, arrive) = (velocity(i, chord), velocity(i + 1, chord));
        for piece in 0..PIECES {
            let t = piece as f64 / PIECES as f64;
            let (t2, t3) = (t * t, t * t * t);
            let (from, to) = (2.0 * t3 - 3.0 * t2 + 1.0, 3.0 * t2 - 2.0 * t3);
            let (leaving, arriving) = (t3 - 2.0 * t2 + t, t3 - t2);
            points.push(Point {
                x: from * p.0 + to * q.0 + leaving * leave.0 + arriving * arrive.0,
                y: from * p.1 + to * q.1 + leaving * leave.1 + arriving * arrive.1,
                radius: 0.0,
            });
        }
    }
    points.push(Point { x: knots[last].0, y: knots[last].1, radius: 0.0 });
    points
}

/// Cuts a little off both ends of a stroke.
fn trim(mut points: Vec<Point>, rng: &mut Sequence) -> Vec<Point> {
    let mut cut = |share: f64| (share * rng.uniform() * points.len() as f64) as usize;
    let (head, tail) = (cut(0.05), cut(0.08));
    points.truncate(points.len() - tail);
    points.drain(..head);
    points
}

/// Deforms the whole digit as a hand would: proportions of its parts, a smooth bend, slant, aspect ratio and rotation.
fn deform(strokes: &mut Trajectory, digit: usize, rng: &mut Sequence) {
    let lower_half = 0.28 * bell(rng).clamp(-2.0, 2.0);
    let taper = 0.25 * bell(rng);
    // Two waves per coordinate, each with about one period over the digit.
    let mut wave = || {
        let amplitude = 0.035 * bell(rng);
        (amplitude, between(rng, -5.0, 5.0), between(rng, -5.0, 5.0), between(rng, 0.0, 6.3))
    };
    let waves = [[wave(), wave()], [wave(), wave()]];
    let wobble = |waves: &[(f64, f64, f64, f64); 2], x: f64, y: f64| {
        let value = |&(amplitude, along_x, along_y, phase): &(f64, f64, f64, f64)| {
            amplitude * libm::sin(along_x * x + along_y * y + phase)
        };
        value(&waves[0]) + value(&waves[1])
    };
    let hand = &HANDS[digit];
    let wide = hand.wide * libm::exp(0.2 * bell(rng));
    let slant = hand.slant + 0.25 * bell(rng);
    let turn = 0.11 * bell(rng);
    let (sin, cos) = (libm::sin(turn), libm::cos(turn));
    for point in strokes.iter_mut().flatten() {
        let (x, y) = (point.x, point.y);
        let y = y + lower_half * y * (1.0 - y);
        let x = 0.3 + (x - 0.3) * (1.0 + taper * (y - 0.5));
        let (x, y) = (x + wobble(&waves[0], x, y), y + wobble(&waves[1], x, y));
        let x = wide * x - slant * y;
        (point.x, point.y) = (cos * x - sin * y, sin * x + cos * y);
    }
}

/// Sets the radius of the ink along the trajectory from the pen, the direction of its nib, and varying pressure.
fn press(strokes: &mut Trajectory, digit: usize, rng: &mut Sequence) {
    let pen = HANDS[digit].pen * libm::exp(0.26 * bell(rng));
    let nib = (0.12 * bell(rng), 0.12 * bell(rng));
    for stroke in strokes {
        let (swing, period, phase) = (0.12 * bell(rng), between(rng, 2.0, 9.0), between(rng, 0.0, 6.3));
        let count = stroke.len();
        for i in 0..count {
            let (a, b) = (stroke[i.saturating_sub(1)], stroke[(i + 1).min(count - 1)]);
            let (dx, dy) = (b.x - a.x, b.y - a.y);
            let square = (dx * dx + dy * dy).max(1e-12);
            // Cosine and sine of twice the direction: opposite directions of a nib are the same.
            let (double_cos, double_sin) = ((dx * dx - dy * dy) / square, 2.0 * dx * dy / square);
            let pressure = swing * libm::sin(phase + period * i as f64 / count as f64);
            let factor = 1.0 + nib.0 * double_cos + nib.1 * double_sin + pressure;
            stroke[i].radius = (pen * factor.clamp(0.5, 1.6)).clamp(0.55, 2.9);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use penstroke_engine::philox::{Draws, Purpose};

    fn rng(sample: u32) -> Sequence {
        Draws::new(5, Purpose::Generator(0)).at(0, sample).sequence()
    }

    #[test]
    fn bell_has_mean_0_and_variance_1() {
        let (mut rng, n) = (rng(0), 40_000);
        let values: Vec<f64> = (0..n).map(|_| bell(&mut rng)).collect();
        let mean = values.iter().sum::<f64>() / f64::from(n);
        let variance = values.iter().map(|v| v * v).sum::<f64>() / f64::from(n);
        // Four standard errors: 1/√n for the mean, √((kurtosis − 1)/n) with kurtosis 2.7 for the variance.
        assert!(mean.abs() < 4.0 / 200.0, "mean {mean}");
        assert!((variance - 1.0).abs() < 4.0 * 1.304 / 200.0, "variance {variance}");
        assert!(values.iter().all(|v| v.abs() < 3.47));
    }

    #[test]
    fn a_spline_passes_its_knots_smoothly_except_at_corners() {
        for (corner, turn) in [(0.0, false), (1.0, true)] {
            let knots = [(0.0, 0.0, 0.0), (1.0, 0.0, corner), (1.0, 1.0, 0.0)];
            let points = spline(&knots);
            assert_eq!(points.len(), 2 * PIECES + 1);
            for (i, knot) in knots.iter().enumerate() {
                let point = points[i * PIECES];
                assert_eq!((point.x, point.y), (knot.0, knot.1));
            }
            let (before, at, behind) = (points[PIECES - 1], points[PIECES], points[PIECES + 1]);
            let cosine = (at.x - before.x) * (behind.x - at.x) + (at.y - before.y) * (behind.y - at.y);
            assert_eq!(cosine < 1e-9, turn, "a right angle has cosine 0");
        }
    }

    #[test]
    fn every_digit_has_finite_strokes_of_positive_width() {
        for sample in 0..500 {
            let strokes = write(sample as usize % 10, &mut rng(sample));
            assert!(strokes.iter().all(|stroke| stroke.len() >= 2));
            for point in strokes.iter().flatten() {
                assert!(point.x.is_finite() && point.y.is_finite());
                assert!((0.55..=2.9).contains(&point.radius), "radius {}", point.radius);
            }
        }
    }
}
