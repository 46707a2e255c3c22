//! One leaf: its size, outline and shade.

use penstroke_engine::philox::Sequence;
use std::f64::consts::TAU;

/// Maximum number of corners of a leaf.
const MAX_CORNERS: usize = 7;

/// Radii with density r⁻³ between two bounds.
pub(super) struct Sizes {
    /// 1/r² at the lower bound, and how far it falls up to the upper bound.
    at_min: f64,
    drop: f64,
}

impl Sizes {
    pub(super) fn new(min: f64, max: f64) -> Self {
        let at_min = 1.0 / (min * min);
        Self { at_min, drop: at_min - 1.0 / (max * max) }
    }

    /// Inverse transform sampling: 1/r² is uniform.
    pub(super) fn draw(&self, rng: &mut Sequence) -> f64 {
        1.0 / (self.at_min - self.drop * rng.uniform()).sqrt()
    }
}

/// A convex shape around its centre.
pub(super) struct Leaf {
    outline: Outline,
    /// Every point of the leaf is within this distance of its centre.
    pub(super) reach: f64,
}

enum Outline {
    /// `a x² + 2 b x y + c y² ≤ 1`.
    Ellipse { a: f64, b: f64, c: f64 },
    /// The first `n` corners, in order around the centre.
    Polygon { corners: [(f64, f64); MAX_CORNERS], n: usize },
}

impl Leaf {
    /// One leaf in three is an ellipse with an axis ratio of 0.4 to 1 and the area of a circle of `radius`; the others
    /// are polygons inscribed in such an ellipse.
    pub(super) fn new(radius: f64, rng: &mut Sequence) -> Self {
        let ratio = 0.4 + 0.6 * rng.uniform();
        let turn = TAU * rng.uniform();
        let (sin, cos) = (libm::sin(turn), libm::cos(turn));
        let (long, short) = (radius / ratio.sqrt(), radius * ratio.sqrt());
        if rng.below(3) == 0 {
            let (p, q) = (1.0 / (long * long), 1.0 / (short * short));
            let outline = Outline::Ellipse {
                a: p * cos * cos + q * sin * sin,
                b: (p - q) * cos * sin,
                c: p * sin * sin + q * cos * cos,
            };
            return Self { outline, reach: long };
        }
        let n = 3 + rng.below(MAX_CORNERS as u32 - 2) as usize;
        let mut corners = [(0.0, 0.0); MAX_CORNERS];
        for (i, corner) in corners[..n].iter_mut().enumerate() {
            let angle = TAU * (i as f64 + 0.7 * rng.uniform()) / n as f64;
            let (u, v) = (long * libm::cos(angle), short * libm::sin(angle));
            *corner = (cos * u - sin * v, sin * u + cos * v);
        }
        Self { outline: Outline::Polygon { corners, n }, reach: long }
    }

    /// The interval of x in which the line `y` crosses the leaf.
    pub(super) fn span(&self, y: f64) -> Option<(f64, f64)> {
        match &self.outline {
            Outline::Ellipse { a, b, c } => {
                let discriminant = b * b * y * y - a * (c * y * y - 1.0);
                let half = (discriminant > 0.0).then(|| discriminant.sqrt())?;
                Some(((-b * y - half) / a, (-b * y + half) / a))
            }
            Outline::Polygon { corners, n } => {
                let (mut left, mut right) = (f64::INFINITY, f64::NEG_INFINITY);
                let mut from = corners[n - 1];
                for &to in &corners[..*n] {
                    if (from.1 <= y) != (to.1 <= y) {
                        let x = from.0 + (to.0 - from.0) * ((y - from.1) / (to.1 - from.1));
                        (left, right) = (left.min(x), right.max(x));
                    }
                    from = to;
                }
                (left < right).then_some((left, right))
            }
        }
    }
}

/// The grey of a leaf: 0.5 ± 0.45, with middle greys the most frequent, as in photographs, plus a slope that changes it
/// by at most 0.05 from the centre to the edge.
pub(super) struct Shade {
    grey: f64,
    slope: (f64, f64),
}

impl Shade {
    pub(super) fn new(reach: f64, rng: &mut Sequence) -> Self {
        let even = 2.0 * rng.uniform() - 1.0;
        let grey = 0.5 + 0.45 * even * even.abs();
        // At most 0.05 / reach long, in any direction.
        let mut slope = || 0.05 / std::f64::consts::SQRT_2 * (2.0 * rng.uniform() - 1.0) / reach;
        Self { grey, slope: (slope(), slope()) }
    }

    pub(super) fn at(&self, x: f64, y: f64) -> f64 {
        self.grey + self.slope.0 * x + self.slope.1 * y
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use penstroke_engine::philox::{Draws, Purpose};

    #[test]
    fn radii_have_density_of_power_minus_3() {
        let (sizes, mut rng) =
            (Sizes::new(2.0, 50.0), Draws::new(1, Purpose::Generator(2)).at(0, 0).sequence());
        let n = 40_000;
        let radii: Vec<f64> = (0..n).map(|_| sizes.draw(&mut rng)).collect();
        assert!(radii.iter().all(|r| (2.0..=50.0001).contains(r)));
        for bound in [2.5, 4.0, 8.0, 20.0] {
            // P(R > r) = (r⁻² − 50⁻²) / (2⁻² − 50⁻²), within four standard errors.
            let exact = (1.0 / (bound * bound) - 0.0004) / (0.25 - 0.0004);
            let share = radii.iter().filter(|r| **r > bound).count() as f64 / f64::from(n);
            let error = (exact * (1.0 - exact) / f64::from(n)).sqrt();
            assert!((share - exact).abs() < 4.0 * error, "P(R > {bound}) = {exact}, measured {share}");
        }
    }

    #[test]
    fn an_ellipse_and_a_polygon_have_their_area() {
        let circle = Leaf { outline: Outline::Ellipse { a: 0.01, b: 0.0, c: 0.01 }, reach: 10.0 };
        let mut corners = [(0.0, 0.0); MAX_CORNERS];
        corners[..4].copy_from_slice(&[(10.0, 0.0), (0.0, 10.0), (-10.0, 0.0), (0.0, -10.0)]);
        let square = Leaf { outline: Outline::Polygon { corners, n: 4 }, reach: 10.0 };
        // Midpoint sums over lines 0.01 apart; the ends of the circle, where chords are steep, are the least accurate.
        for (leaf, area) in [(circle, 314.159), (square, 200.0)] {
            let lines = (-1000..1000).map(|i| (f64::from(i) + 0.5) * 0.01);
            let sum: f64 =
                lines.filter_map(|y| leaf.span(y)).map(|(left, right)| 0.01 * (right - left)).sum();
            assert!((sum - area).abs() < 0.01, "area {sum}, not {area}");
        }
    }
}
