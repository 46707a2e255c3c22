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

/// How a minimisation ended.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Convergence {
    /// Steps taken.
    pub iterations: usize,
    /// Values and gradients computed.
    pub evaluations: usize,
    /// Norm of the last gradient.
    pub gradient_norm: f64,
    /// The norm at which it converges.
    pub gradient_target: f64,
    /// Whether the norm was reached.
    pub converged: bool,
}

/// When to stop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stop {
    pub(super) gradient_target: f64,
    pub(super) max_iterations: usize,
}

/// Moves `x` to the minimum of `function`, which writes its gradient and returns its value. `precondition` replaces a
/// vector `v` by `M⁻¹ v`.
pub(super) fn minimise(
    x: &mut Vec<f64>,
    mut function: impl FnMut(&[f64], &mut [f64]) -> f64,
    precondition: impl Fn(&mut [f64]),
    stop: Stop,
) -> Convergence {
    let mut gradient = vec![0.0; x.len()];
    let mut value = function(x, &mut gradient);
    let mut evaluations = 1;
    let mut pairs: VecDeque<Pair> = VecDeque::with_capacity(MEMORY + 1);
    let mut iterations = 0;
    while norm(&gradient) > stop.gradient_target && iterations < stop.max_iterations {
        let direction = direction(&gradient, &pairs, &precondition);
        let start = Point { value, slope: dot(&gradient, &direction) };
        let mut line = |step: f64| {
            evaluations += 1;
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
        iterations += 1;
    }
    let gradient_norm = norm(&gradient);
    Convergence {
        iterations,
        evaluations,
        gradient_norm,
        gradient_target: stop.gradient_target,
        converged: gradient_norm <= stop.gradient_target,
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
        let stop = Stop { gradient_target: 1e-9, max_iterations: 1000 };
        let run = |preconditioned: bool| {
            let mut x = vec![-3.0; 50];
            let precondition = |v: &mut [f64]| {
                if preconditioned {
                    v.iter_mut().zip(&weights).for_each(|(v, w)| *v /= w + 1.0);
                }
            };
            let convergence = minimise(&mut x, quartic(&weights), precondition, stop);
            assert!(convergence.converged && convergence.gradient_norm <= 1e-9, "{convergence:?}");
            assert!(x.iter().all(|x| (x - 1.0).abs() < 1e-9));
            convergence.iterations
        };
        let (with, without) = (run(true), run(false));
        assert!(with < without);
    }

    #[test]
    fn non_convergence_is_reported() {
        let weights = [1.0, 1000.0];
        let stop = Stop { gradient_target: 1e-12, max_iterations: 2 };
        let convergence = minimise(&mut vec![-3.0; 2], quartic(&weights), |_| {}, stop);
        assert!(!convergence.converged && convergence.iterations == 2);
    }
}
