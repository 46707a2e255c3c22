//! Gabor fit: how much of a filter is one localized, oriented wave?
//!
//! The model has a wave of frequency `f` along the direction θ under a Gaussian envelope, and a constant:
//!
//! `g(x, y) = A·E cos 2πfu + B·E sin 2πfu + K`, `E = exp(−u²/2s² − v²/2t²)`,
//! `u = (x−x₀) cos θ + (y−y₀) sin θ`, `v = −(x−x₀) sin θ + (y−y₀) cos θ`.
//!
//! Least squares over all of it: `A`, `B`, `K` are linear and solved for exactly at every step (variable projection,
//! Golub and Pereyra, 1973, with the Jacobian of Kaufman, 1975); the six others begin at the best atoms of a coarse grid
//! over centre, direction, frequency and width and are refined by Levenberg–Marquardt. `R² = 1 − residual / variation`
//! about the mean: 1 for a Gabor function, 0..=1 always because of the constant.

use super::super::algebra::map_panels;
use super::Filters;
use faer::Mat;
use rayon::prelude::*;
use std::f64::consts::{PI, TAU};

/// The Gabor function nearest to a filter.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct GaborFit {
    /// Share of the filter's variation about its mean that the function explains, 0..=1; 0 for a constant filter.
    pub r_squared: f64,
    /// Centre, in pixels from the left pixel's centre.
    pub x: f64,
    /// Centre, in pixels from the top pixel's centre.
    pub y: f64,
    /// Direction in which the wave runs (across the stripes), radians in 0..π, from rightwards towards downwards.
    pub direction: f64,
    /// Cycles per pixel, up to ½.
    pub frequency: f64,
    /// Standard deviation of the envelope along the wave, `s`, in pixels.
    pub across: f64,
    /// Standard deviation of the envelope along the stripes, `t`, in pixels.
    pub along: f64,
}

impl GaborFit {
    /// Cycles of the wave within two standard deviations of the envelope to either side: `4 f s`.
    #[must_use]
    pub fn cycles(&self) -> f64 {
        4.0 * self.frequency * self.across
    }

    /// The share of a `height × width` picture that the envelope covers, 0..=1: `(Σ E²)² / (N Σ E⁴)`, which is 1 for an
    /// envelope that does not fall off and `2πst/N` for one that lies wholly inside.
    #[must_use]
    pub fn coverage(&self, height: usize, width: usize) -> f64 {
        let shape =
            Shape([self.x, self.y, self.direction, self.frequency, self.across.ln(), self.along.ln()]);
        let (mut squares, mut fourths) = (0.0, 0.0);
        for point in shape.points(height, width) {
            let square = point.envelope.powi(2);
            squares += square;
            fourths += square * square;
        }
        if fourths == 0.0 { 0.0 } else { squares * squares / (fourths * (height * width) as f64) }
    }
}

/// The nearest Gabor function of every filter, `(h)`, in parallel over filters.
#[must_use]
pub fn gabor_fits(filters: Filters<'_>) -> Vec<GaborFit> {
    let (height, width) = (filters.height(), filters.width());
    let side = height.max(width) as f64;
    let atoms = grid(height, width);
    let starts = best_atoms(filters, &atoms);
    (0..filters.n_filters())
        .into_par_iter()
        .map(|unit| {
            let centred = filters.picture(unit).centred();
            let variation: f64 = centred.iter().map(|w| w * w).sum();
            if variation == 0.0 || height * width < 2 {
                return GaborFit::default();
            }
            let problem = Problem { target: &centred, height, width, side, variation };
            // A few steps show which start leads furthest.
            let mut best = (f64::INFINITY, atoms[0].shape);
            for &start in &starts[unit] {
                let tried = problem.refine(atoms[start].shape, FIRST_STEPS);
                if tried.0 < best.0 {
                    best = tried;
                }
            }
            let best = problem.refine(best.1, LAST_STEPS);
            let (residual, Shape([x, y, direction, frequency, across, along])) = best;
            GaborFit {
                r_squared: (1.0 - residual / variation).clamp(0.0, 1.0),
                x,
                y,
                direction: direction.rem_euclid(PI),
                frequency,
                across: across.exp(),
                along: along.exp(),
            }
        })
        .collect()
}

/// Smallest standard deviation of the envelope, in pixels: narrower ones fall between the pixels.
const MIN_WIDTH: f64 = 0.5;
/// Directions, frequencies and places along each side of the grid.
const DIRECTIONS: usize = 8;
const FREQUENCIES: usize = 5;
const PLACES: usize = 5;
/// Widths along the wave, in cycles: an edge, a bar with flanks, a short grating.
const WIDTHS: [f64; 3] = [0.2, 0.45, 1.0];
/// Stripes are longer than the wave is wide.
const ELONGATION: f64 = 1.5;
/// Atoms refined, each of another frequency.
const STARTS: usize = 3;
/// Steps of the refinement from each start, and from the best of their ends.
const FIRST_STEPS: usize = 8;
const LAST_STEPS: usize = 50;
/// The gain of R² by one step at which the refinement ends.
const GAIN: f64 = 1e-5;

/// `x₀, y₀, θ, f, ln s, ln t`.
#[derive(Clone, Copy)]
struct Shape([f64; 6]);

/// A pixel in the frame of the wave.
struct Point {
    u: f64,
    v: f64,
    envelope: f64,
    cosine: f64,
    sine: f64,
}

impl Shape {
    /// All pixels of a `height × width` picture, row-major.
    fn points(&self, height: usize, width: usize) -> Vec<Point> {
        let [x0, y0, direction, frequency, across, along] = self.0;
        let (sine, cosine) = libm::sincos(direction);
        let (narrow, long) = (-0.5 * libm::exp(-2.0 * across), -0.5 * libm::exp(-2.0 * along));
        (0..height * width)
            .map(|at| {
                let (x, y) = ((at % width) as f64 - x0, (at / width) as f64 - y0);
                let (u, v) = (x * cosine + y * sine, y * cosine - x * sine);
                let (sine, cosine) = libm::sincos(TAU * frequency * u);
                Point { u, v, envelope: libm::exp(narrow * u * u + long * v * v), cosine, sine }
            })
            .collect()
    }

    /// Back into the range where the model means something.
    fn clamped(mut self, height: usize, width: usize, side: f64) -> Self {
        let [x, y, _, frequency, across, along] = &mut self.0;
        *x = x.clamp(-0.5, width as f64 - 0.5);
        *y = y.clamp(-0.5, height as f64 - 0.5);
        *frequency = frequency.clamp(0.25 / side, 0.5);
        for width in [across, along] {
            *width = width.clamp(MIN_WIDTH.ln(), (2.0 * side).ln());
        }
        self
    }
}

struct Atom {
    shape: Shape,
    frequency: usize,
}

fn grid(height: usize, width: usize) -> Vec<Atom> {
    let side = height.max(width) as f64;
    let place = |index: usize, side: usize| (index as f64 + 0.5) / PLACES as f64 * side as f64 - 0.5;
    let mut atoms = Vec::with_capacity(PLACES * PLACES * DIRECTIONS * FREQUENCIES * WIDTHS.len());
    for frequency in 0..FREQUENCIES {
        // From three quarters of a cycle across the picture to 0.4 per pixel in equal ratios.
        let lowest = (0.75 / side).min(0.2);
        let cycles = lowest * (0.4 / lowest).powf(frequency as f64 / (FREQUENCIES - 1) as f64);
        for width_in_cycles in WIDTHS {
            let across = (width_in_cycles / cycles).clamp(0.7, side);
            let along = (ELONGATION * across).min(side);
            for direction in 0..DIRECTIONS {
                let direction = PI * direction as f64 / DIRECTIONS as f64;
                for at in 0..PLACES * PLACES {
                    let (x, y) = (place(at % PLACES, width), place(at / PLACES, height));
                    let shape = Shape([x, y, direction, cycles, across.ln(), along.ln()]);
                    atoms.push(Atom { shape, frequency });
                }
            }
        }
    }
    atoms
}

/// For each filter the indices of its `STARTS` best atoms, no two of the same frequency.
fn best_atoms(filters: Filters<'_>, atoms: &[Atom]) -> Vec<Vec<usize>> {
    let (height, width) = (filters.height(), filters.width());
    let n = height * width;
    // An orthonormal pair orthogonal to the constant for each atom: the squares of its products with a filter add up to
    // what the atom explains.
    let columns: Vec<[Vec<f64>; 2]> = atoms
        .par_iter()
        .map(|atom| {
            let basis = Basis::new(&atom.shape.points(height, width));
            [basis.cosine, basis.sine]
        })
        .collect();
    let dictionary = Mat::from_fn(n, 2 * atoms.len(), |i, j| columns[j / 2][j % 2][i]);
    map_panels(filters.rows(), &vec![0.0; n], dictionary.as_ref(), |_, products| {
        let rows = products.chunks_exact(2 * atoms.len());
        rows.map(|row| {
            let mut best = [(f64::NEG_INFINITY, 0); FREQUENCIES];
            for ((index, atom), pair) in atoms.iter().enumerate().zip(row.chunks_exact(2)) {
                let explained = pair[0] * pair[0] + pair[1] * pair[1];
                let best = &mut best[atom.frequency];
                if explained > best.0 {
                    *best = (explained, index);
                }
            }
            best.sort_by(|a, b| b.0.total_cmp(&a.0));
            best[..STARTS].iter().map(|&(_, index)| index).collect()
        })
        .collect::<Vec<Vec<usize>>>()
    })
    .concat()
}

/// The wave's two phases under the envelope, made orthonormal to the constant and to each other.
struct Basis {
    cosine: Vec<f64>,
    sine: Vec<f64>,
}

impl Basis {
    fn new(points: &[Point]) -> Self {
        let mut basis = Self {
            cosine: points.iter().map(|point| point.envelope * point.cosine).collect(),
            sine: points.iter().map(|point| point.envelope * point.sine).collect(),
        };
        centre(&mut basis.cosine);
        centre(&mut basis.sine);
        normalise(&mut basis.cosine);
        let share = dot(&basis.cosine, &basis.sine);
        basis.sine.iter_mut().zip(&basis.cosine).for_each(|(s, c)| *s -= share * c);
        normalise(&mut basis.sine);
        basis
    }

    /// Removes from `vector` what constant, cosine and sine explain.
    fn project_out(&self, vector: &mut [f64]) {
        centre(vector);
        for column in [&self.cosine, &self.sine] {
            let share = dot(column, vector);
            vector.iter_mut().zip(column).for_each(|(v, c)| *v -= share * c);
        }
    }
}

struct Problem<'a> {
    /// The filter with its mean removed.
    target: &'a [f64],
    height: usize,
    width: usize,
    side: f64,
    variation: f64,
}

impl Problem<'_> {
    /// The residual sum of squares and the shape that Levenberg–Marquardt reaches from `shape` in `max_steps`.
    fn refine(&self, shape: Shape, max_steps: usize) -> (f64, Shape) {
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
                // The floor keeps parameters that change nothing (a direction without a wave) where they are.
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

    fn state(&self, shape: Shape) -> State {
        let shape = shape.clamped(self.height, self.width, self.side);
        let points = shape.points(self.height, self.width);
        let basis = Basis::new(&points);
        let mut residual = self.target.to_vec();
        basis.project_out(&mut residual);
        State { shape, points, basis, error: dot(&residual, &residual), residual }
    }
}

/// A shape with what follows from it.
struct State {
    shape: Shape,
    points: Vec<Point>,
    basis: Basis,
    residual: Vec<f64>,
    error: f64,
}

impl State {
    /// The model's derivatives by the six parameters at the best `A` and `B`, with what these can follow removed.
    fn jacobian(&self, target: &[f64]) -> [Vec<f64>; 6] {
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

    /// `A` and `B` of the fit, which is the target less its residual.
    fn amplitudes(&self, target: &[f64]) -> (f64, f64) {
        let fit: Vec<f64> = target.iter().zip(&self.residual).map(|(t, r)| t - r).collect();
        let cosine: Vec<f64> = self.points.iter().map(|point| point.envelope * point.cosine).collect();
        let sine: Vec<f64> = self.points.iter().map(|point| point.envelope * point.sine).collect();
        let ratio = |over: f64, under: f64| if under == 0.0 { 0.0 } else { over / under };
        // Triangular: the basis's cosine is the raw one, its sine a mixture of both.
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

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(l, r)| l * r).sum()
}

fn centre(vector: &mut [f64]) {
    let mean = vector.iter().sum::<f64>() / vector.len() as f64;
    vector.iter_mut().for_each(|v| *v -= mean);
}

/// To unit norm; what is nothing but rounding becomes zero.
fn normalise(vector: &mut [f64]) {
    let square = dot(vector, vector);
    let factor = if square > 1e-24 { 1.0 / square.sqrt() } else { 0.0 };
    vector.iter_mut().for_each(|v| *v *= factor);
}

#[cfg(test)]
mod tests {
    use super::super::testing::normal;
    use super::*;

    fn gabor(fit: &GaborFit, phase: f64, height: usize, width: usize) -> Vec<f32> {
        let shape = Shape([fit.x, fit.y, fit.direction, fit.frequency, fit.across.ln(), fit.along.ln()]);
        let wave = |p: &Point| p.envelope * (phase.cos() * p.cosine - phase.sin() * p.sine);
        shape.points(height, width).iter().map(|p| (0.3 * wave(p) + 0.02) as f32).collect()
    }

    fn fit(weights: &[f32], height: usize, width: usize) -> GaborFit {
        gabor_fits(Filters::new(weights, height, width).unwrap())[0]
    }

    #[test]
    fn gabor_functions_are_found_with_their_parameters() {
        let truths = [
            // x, y, direction, frequency, across, along
            [5.2, 6.1, 0.3, 0.2, 1.8, 2.5],
            [3.0, 8.5, 1.9, 0.13, 2.0, 2.0],
            [7.7, 4.4, 2.8, 0.31, 1.5, 3.0],
            [6.0, 6.0, 1.0, 0.25, 2.5, 1.6],
        ];
        for (height, width) in [(12, 12), (14, 11)] {
            for [x, y, direction, frequency, across, along] in truths {
                let truth = GaborFit { r_squared: 1.0, x, y, direction, frequency, across, along };
                for phase in [0.0, 1.0, 2.5] {
                    let found = fit(&gabor(&truth, phase, height, width), height, width);
                    assert!(found.r_squared > 0.999, "{found:?} {truth:?}");
                    for (a, b) in [
                        (found.x, x),
                        (found.y, y),
                        (found.direction, direction),
                        (found.frequency, frequency),
                        (found.across, across),
                        (found.along, along),
                    ] {
                        // Ended where a step gains less than 1e-5 of R².
                        assert!((a - b).abs() < 0.05, "{found:?} {truth:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_share_of_noise_lowers_r_squared_by_that_share() {
        let truth = GaborFit {
            r_squared: 1.0,
            x: 5.0,
            y: 6.0,
            direction: 0.7,
            frequency: 0.2,
            across: 2.0,
            along: 2.0,
        };
        let (n, noise) = (144.0, normal(144, 3));
        let wave = gabor(&truth, 0.5, 12, 12);
        let deviation = |v: &[f32]| {
            let mean = v.iter().sum::<f32>() / n;
            (v.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / n).sqrt()
        };
        let scale = deviation(&wave) / deviation(&noise);
        let mixed: Vec<f32> = wave.iter().zip(&noise).map(|(w, z)| w + scale * z).collect();
        // Half is wave; nine parameters take 9/144 of the rest, and wave and noise correlate by chance (1/√144).
        let r_squared = fit(&mixed, 12, 12).r_squared;
        assert!((r_squared - 0.53).abs() < 0.1, "{r_squared}");
    }

    #[test]
    fn noise_has_little_and_a_constant_filter_none() {
        let weights = normal(40 * 144, 1);
        let fits = gabor_fits(Filters::new(&weights, 12, 12).unwrap());
        let largest = fits.iter().map(|fit| fit.r_squared).fold(0.0, f64::max);
        assert!(largest < 0.3 && largest > 0.05, "{largest}");
        assert_eq!(fit(&[0.1; 144], 12, 12), GaborFit::default());
        assert_eq!(fit(&[0.1], 1, 1), GaborFit::default());
        for (height, width) in [(1, 9), (2, 2), (3, 1)] {
            let weights = normal(height * width, 5);
            let r_squared = fit(&weights, height, width).r_squared;
            assert!((0.0..=1.0).contains(&r_squared), "{height}×{width}: {r_squared}");
        }
    }

    #[test]
    fn the_jacobian_is_the_central_difference_of_the_projected_model() {
        let truth = GaborFit {
            r_squared: 1.0,
            x: 5.0,
            y: 6.0,
            direction: 0.7,
            frequency: 0.2,
            across: 2.0,
            along: 2.5,
        };
        let mut target: Vec<f64> = gabor(&truth, 0.5, 12, 12).into_iter().map(f64::from).collect();
        centre(&mut target);
        let problem =
            Problem { target: &target, height: 12, width: 12, side: 12.0, variation: dot(&target, &target) };
        let shape = Shape([5.0, 6.0, 0.7, 0.2, 2f64.ln(), 2.5f64.ln()]);
        let jacobian = problem.state(shape).jacobian(&target);
        for (parameter, column) in jacobian.iter().enumerate() {
            let residual = |step: f64| {
                let mut moved = shape;
                moved.0[parameter] += step;
                problem.state(moved).residual
            };
            // Where the residual vanishes Kaufman's Jacobian is exact, and the residual falls as the model follows.
            for ((above, below), column) in residual(1e-4).iter().zip(&residual(-1e-4)).zip(column) {
                let difference = (above - below) / 2e-4;
                assert!((difference + column).abs() < 1e-5, "{parameter}: {difference} {column}");
            }
        }
    }

    #[test]
    fn coverage_is_the_area_of_the_envelope() {
        let inside = GaborFit {
            r_squared: 1.0,
            x: 19.5,
            y: 20.0,
            direction: 0.4,
            frequency: 0.2,
            across: 2.0,
            along: 3.0,
        };
        assert!((inside.coverage(40, 40) - TAU * 2.0 * 3.0 / 1600.0).abs() < 1e-4);
        assert!((inside.cycles() - 1.6).abs() < 1e-12);
        let everywhere = GaborFit { across: 1e6, along: 1e6, ..inside };
        assert!((everywhere.coverage(12, 12) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn the_bits_do_not_depend_on_the_number_of_threads() {
        let weights = normal(20 * 64, 2);
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| gabor_fits(Filters::new(&weights, 8, 8).unwrap()))
        };
        let one = run(1);
        for threads in [2, 3, 7] {
            assert_eq!(run(threads), one, "{threads} threads");
        }
    }
}
