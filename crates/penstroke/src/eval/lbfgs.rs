//! Minimises a smooth convex function: L-BFGS with a preconditioner.
//!
//! The two-loop recursion of Nocedal, "Updating quasi-Newton matrices with limited storage" (1980), with `γ M⁻¹` as the
//! initial inverse Hessian, where `M` is the caller's guess of the Hessian and `γ = sᵀy / yᵀM⁻¹y` its scale. The step
//! length satisfies the Wolfe conditions, with the decrease also accepted in the approximate form of Hager and Zhang
//! (2005): near the optimum, differences of the value drown in rounding while slopes are still accurate.

use std::collections::VecDeque;

/// Number of stored pairs of steps and gradient changes.
const MEMORY: usize = 20;
/// A step must achieve at least this share of the decrease that the slope predicts.
const DECREASE: f64 = 1e-4;
/// A step must leave at most this share of the slope.
const CURVATURE: f64 = 0.9;
/// Relative increase of a value that rounding alone explains; the function uses single-precision products.
const ROUNDING: f64 = 1e-6;
/// Step lengths tried before the line search gives up.
const MAX_STEPS: usize = 30;

/// A minimisation in progress. It may go on with a more precise function; what is known of the curvature stays.
pub(super) struct Minimisation {
    /// Where it is.
    pub(super) x: Vec<f64>,
    /// Steps taken.
    pub(super) iterations: usize,
    /// Values and gradients computed.
    pub(super) evaluations: usize,
    pairs: VecDeque<Pair>,
}

impl Minimisation {
    /// Begins at `x`.
    pub(super) fn at(x: Vec<f64>) -> Self {
        Self { x, iterations: 0, evaluations: 0, pairs: VecDeque::with_capacity(MEMORY + 1) }
    }

    /// Moves towards the minimum of `function`, which writes its gradient and returns its value, and returns the norm of
    /// the last gradient. It ends when `target`, a function of the place, is at least that norm, when `max_iterations`
    /// are taken in all, or when rounding hides every descent. `precondition` replaces a vector `v` by `M⁻¹ v`.
    pub(super) fn run(
        &mut self,
        mut function: impl FnMut(&[f64], &mut [f64]) -> f64,
        precondition: impl Fn(&mut [f64]),
        target: impl Fn(&[f64]) -> f64,
        max_iterations: usize,
    ) -> f64 {
        let Self { x, iterations, evaluations, pairs } = self;
        let mut gradient = vec![0.0; x.len()];
        let mut value = function(x, &mut gradient);
        *evaluations += 1;
        while norm(&gradient) > target(x) && *iterations < max_iterations {
            let direction = direction(&gradient, pairs, &precondition);
            let start = Point { value, slope: dot(&gradient, &direction) };
            let mut line = |step: f64| {
                *evaluations += 1;
                let at: Vec<f64> = x.iter().zip(&direction).map(|(x, d)| x + step * d).collect();
                let mut gradient = vec![0.0; at.len()];
                let value = function(&at, &mut gradient);
                (Point { value, slope: dot(&gradient, &direction) }, at, gradient)
            };
            let Some((next_value, next, next_gradient)) = search(start, &mut line) else { break };
            let step = difference(&next, x);
            let change = difference(&next_gradient, &gradient);
            (*x, value, gradient) = (next, next_value, next_gradient);
            // A pair without curvature would turn the next direction uphill.
            let curvature = dot(&step, &change);
            if curvature > f64::EPSILON * norm(&step) * norm(&change) {
                pairs.push_back(Pair { step, change, curvature });
                if pairs.len() > MEMORY {
                    pairs.pop_front();
                }
            }
            *iterations += 1;
        }
        norm(&gradient)
    }
}

struct Pair {
    step: Vec<f64>,
    change: Vec<f64>,
    curvature: f64,
}

fn direction(gradient: &[f64], pairs: &VecDeque<Pair>, precondition: &impl Fn(&mut [f64])) -> Vec<f64> {
    let mut q: Vec<f64> = gradient.iter().map(|g| -g).collect();
    let mut shares = Vec::with_capacity(pairs.len());
    for pair in pairs.iter().rev() {
        let share = dot(&pair.step, &q) / pair.curvature;
        add(&mut q, -share, &pair.change);
        shares.push(share);
    }
    precondition(&mut q);
    if let Some(last) = pairs.back() {
        let mut scaled = last.change.clone();
        precondition(&mut scaled);
        let scale = last.curvature / dot(&last.change, &scaled);
        q.iter_mut().for_each(|q| *q *= scale);
    }
    for (pair, share) in pairs.iter().zip(shares.iter().rev()) {
        let back = dot(&pair.change, &q) / pair.curvature;
        add(&mut q, share - back, &pair.step);
    }
    q
}

/// Value and slope along the direction.
#[derive(Clone, Copy)]
struct Point {
    value: f64,
    slope: f64,
}

/// Finds a step length that satisfies the Wolfe conditions, starting from 1. The function is convex, so its slope
/// increases along the line, and slopes of opposite sign bracket the minimum.
fn search(
    start: Point,
    line: &mut impl FnMut(f64) -> (Point, Vec<f64>, Vec<f64>),
) -> Option<(f64, Vec<f64>, Vec<f64>)> {
    // A NaN slope is not a descent either.
    if !start.slope.is_finite() || start.slope >= 0.0 {
        return None;
    }
    let (mut low, mut low_slope) = (0.0, start.slope);
    let mut high: Option<(f64, f64)> = None;
    let mut step = 1.0;
    for _ in 0..MAX_STEPS {
        let (point, at, gradient) = line(step);
        let falls = point.value <= start.value + DECREASE * step * start.slope
            || (point.value <= start.value + ROUNDING * start.value.abs()
                && point.slope <= (2.0 * DECREASE - 1.0) * start.slope);
        if falls && point.slope.abs() <= CURVATURE * start.slope.abs() {
            return Some((point.value, at, gradient));
        }
        if falls && point.slope < 0.0 {
            (low, low_slope) = (step, point.slope);
        } else {
            high = Some((step, point.slope));
        }
        step = match high {
            None => 2.0 * low,
            Some((high, high_slope)) => {
                let secant = low_slope / (low_slope - high_slope);
                let share = if secant.is_finite() { secant.clamp(0.1, 0.9) } else { 0.5 };
                low + share * (high - low)
            }
        };
    }
    None
}

pub(super) fn norm(vector: &[f64]) -> f64 {
    dot(vector, vector).sqrt()
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(l, r)| l * r).sum()
}

fn add(to: &mut [f64], share: f64, vector: &[f64]) {
    for (to, v) in to.iter_mut().zip(vector) {
        *to += share * v;
    }
}

fn difference(left: &[f64], right: &[f64]) -> Vec<f64> {
    left.iter().zip(right).map(|(l, r)| l - r).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `Σ w_i (x_i − 1)² / 2 + (x_i − 1)⁴ / 4`, minimum at one, condition number of `weights`.
    fn quartic(weights: &[f64]) -> impl Fn(&[f64], &mut [f64]) -> f64 + '_ {
        move |x, gradient| {
            let mut value = 0.0;
            for ((x, w), g) in x.iter().zip(weights).zip(gradient) {
                let e = x - 1.0;
                value += w * e * e / 2.0 + e.powi(4) / 4.0;
                *g = w * e + e.powi(3);
            }
            value
        }
    }

    #[test]
    fn finds_the_minimum_of_a_badly_conditioned_function_with_and_without_preconditioner() {
        let weights: Vec<f64> = (0..50).map(|i| 10f64.powf(f64::from(i) / 20.0)).collect();
        let run = |preconditioned: bool| {
            let mut at = Minimisation::at(vec![-3.0; 50]);
            let precondition = |v: &mut [f64]| {
                if preconditioned {
                    v.iter_mut().zip(&weights).for_each(|(v, w)| *v /= w + 1.0);
                }
            };
            assert!(at.run(quartic(&weights), precondition, |_| 1e-9, 1000) <= 1e-9, "{}", at.iterations);
            assert!(at.x.iter().all(|x| (x - 1.0).abs() < 1e-9));
            at.iterations
        };
        let (with, without) = (run(true), run(false));
        assert!(with < without);
    }

    #[test]
    fn it_stops_at_the_limit_and_goes_on_from_there() {
        let weights = [1.0, 1000.0];
        let mut at = Minimisation::at(vec![-3.0; 2]);
        assert!(at.run(quartic(&weights), |_| {}, |_| 1e-12, 2) > 1e-12);
        assert_eq!(at.iterations, 2);
        assert!(at.run(quartic(&weights), |_| {}, |_| 1e-12, 1000) <= 1e-12);
    }
}
