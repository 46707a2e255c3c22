//! Refines a start to the nearest Gabor function by Levenberg–Marquardt, with the linear parameters projected out.

use super::model::{Basis, Point, Shape, dot};
use std::f64::consts::TAU;

/// Number of steps from each start; then from the best result.
pub(super) const FIRST_STEPS: usize = 8;
pub(super) const LAST_STEPS: usize = 50;
/// The refinement ends once a step gains less R² than this.
const GAIN: f64 = 1e-5;

pub(super) struct Problem<'a> {
    /// The filter with its mean removed.
    pub(super) target: &'a [f64],
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) side: f64,
    pub(super) variation: f64,
}

impl Problem<'_> {
    /// The residual sum of squares and the shape that Levenberg–Marquardt reaches from `shape` within `max_steps`.
    pub(super) fn refine(&self, shape: Shape, max_steps: usize) -> (f64, Shape) {
        let mut state = self.state(shape);
        let mut damping = 1e-2;
        let mut columns = None;
        for _ in 0..max_steps {
            if state.error <= 1e-12 * self.variation {
                break;
            }
            let jacobian = columns.get_or_insert_with(|| state.jacobian(self.target));
            let mut normal: [[f64; 6]; 6] =
                std::array::from_fn(|i| std::array::from_fn(|j| dot(&jacobian[i], &jacobian[j])));
            for (i, row) in normal.iter_mut().enumerate() {
                // The floor fixes parameters without effect (such as the direction of a constant) in place.
                row[i] += damping * row[i] + 1e-9 * self.variation;
            }
            let step = solve(normal, std::array::from_fn(|i| dot(&jacobian[i], &state.residual)));
            let moved = self.state(Shape(std::array::from_fn(|i| state.shape.0[i] + step[i])));
            if moved.error < state.error {
                let gain = (state.error - moved.error) / self.variation;
                state = moved;
                columns = None;
                damping = (damping * 0.2).max(1e-9);
                if gain < GAIN {
                    break;
                }
            } else {
                damping *= 5.0;
                if damping > 1e6 {
                    break;
                }
            }
        }
        (state.error, state.shape)
    }

    pub(super) fn state(&self, shape: Shape) -> State {
        let shape = shape.clamped(self.height, self.width, self.side);
        let points = shape.points(self.height, self.width);
        let basis = Basis::new(&points);
        let mut residual = self.target.to_vec();
        basis.project_out(&mut residual);
        State { shape, points, basis, error: dot(&residual, &residual), residual }
    }
}

/// A shape and derived quantities.
pub(super) struct State {
    shape: Shape,
    points: Vec<Point>,
    basis: Basis,
    pub(super) residual: Vec<f64>,
    error: f64,
}

impl State {
    /// The model's derivatives by the six parameters at the best `A` and `B`, minus what `A` and `B` explain.
    pub(super) fn jacobian(&self, target: &[f64]) -> [Vec<f64>; 6] {
        let (a, b) = self.amplitudes(target);
        let [_, _, direction, frequency, across, along] = self.shape.0;
        let (sine, cosine) = libm::sincos(direction);
        let (narrow, long) = (libm::exp(-2.0 * across), libm::exp(-2.0 * along));
        let mut columns: [Vec<f64>; 6] = std::array::from_fn(|_| Vec::with_capacity(target.len()));
        for point in &self.points {
            let &Point { u, v, envelope, .. } = point;
            let wave = envelope * (a * point.cosine + b * point.sine);
            let turned = envelope * (b * point.cosine - a * point.sine);
            // Derivatives by u and by v; those of u by x₀, y₀ and θ are −cos θ, −sin θ and v, of v sin θ, −cos θ, −u.
            let by_u = -wave * u * narrow + turned * TAU * frequency;
            let by_v = -wave * v * long;
            let row = [
                -cosine * by_u + sine * by_v,
                -sine * by_u - cosine * by_v,
                v * by_u - u * by_v,
                turned * TAU * u,
                wave * u * u * narrow,
                wave * v * v * long,
            ];
            columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
        }
        columns.iter_mut().for_each(|column| self.basis.project_out(column));
        columns
    }

    /// `A` and `B` of the fit, which is the target minus the residual.
    fn amplitudes(&self, target: &[f64]) -> (f64, f64) {
        let fit: Vec<f64> = target.iter().zip(&self.residual).map(|(t, r)| t - r).collect();
        let cosine: Vec<f64> = self.points.iter().map(|point| point.envelope * point.cosine).collect();
        let sine: Vec<f64> = self.points.iter().map(|point| point.envelope * point.sine).collect();
        let ratio = |over: f64, under: f64| if under == 0.0 { 0.0 } else { over / under };
        // Triangular: the basis cosine is the raw cosine, the basis sine a mixture of both.
        let b = ratio(dot(&self.basis.sine, &fit), dot(&self.basis.sine, &sine));
        let rest = dot(&self.basis.cosine, &fit) - b * dot(&self.basis.cosine, &sine);
        (ratio(rest, dot(&self.basis.cosine, &cosine)), b)
    }
}

/// Solves a symmetric positive definite system of six by elimination; damping keeps the pivots above zero.
fn solve(mut matrix: [[f64; 6]; 6], mut right: [f64; 6]) -> [f64; 6] {
    for pivot in 0..6 {
        let head = matrix[pivot];
        for i in pivot + 1..6 {
            let factor = matrix[i][pivot] / head[pivot];
            matrix[i].iter_mut().zip(&head).for_each(|(m, h)| *m -= factor * h);
            right[i] -= factor * right[pivot];
        }
    }
    for i in (0..6).rev() {
        let known: f64 = (i + 1..6).map(|j| matrix[i][j] * right[j]).sum();
        right[i] = (right[i] - known) / matrix[i][i];
    }
    right
}
