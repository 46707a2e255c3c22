//! A network that is told the level of the noise learns the best denoiser of every level, which is known for normal data and for a few
//! points; and its errors over all levels give the information that the noise leaves (I-MMSE).
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use penstroke_engine::philox::{Draws, Purpose};
use penstroke_engine::*;
use std::sync::OnceLock;

/// Rows of two components and the level, which each presentation draws.
const D: usize = 2;

/// Standard normal numbers.
fn normals(part: u8) -> impl FnMut() -> f64 {
    let mut draws = Draws::new(3, Purpose::Generator(part)).at(0, 0).sequence();
    move || {
        let (u, v) = (1.0 - draws.uniform(), draws.uniform());
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }
}

/// A trained network of two hidden layers.
struct Denoiser(CpuApply);

impl Denoiser {
    /// Trains on all rows at once, each step with fresh noise, and a rate that falls to 0.
    fn learn(rows: &[[f64; D]], (low, high): (f64, f64), steps: u32) -> Self {
        let layers = vec![
            Layer::new(D + 1, 64, Activation::Relu),
            Layer::new(64, 64, Activation::Relu),
            Layer::new(64, D, Activation::Linear),
        ];
        let network = Network::new(layers);
        let objective = Objective {
            corruption: vec![Noise::Levels { low, high }],
            ..Objective::new(vec![Head::new(0..D, Loss::Denoising, Target::Input)])
        };
        let task = Task::new(network.clone(), objective);
        let start = State::new(&network, initial_parameters(&network, 1, Initialization::Glorot));
        let mut engine = CpuTrain::open(&task, start, CpuOptions::default()).unwrap();
        let data: Vec<f32> = rows.iter().flat_map(|row| [row[0] as f32, row[1] as f32, 0.0]).collect();
        let ids: Vec<u32> = (0..rows.len() as u32).collect();
        for epoch in 0..steps {
            let learning_rate = 0.004 * (1.0 - f64::from(epoch) / f64::from(steps));
            engine.step(&Batch::new(Rows::Floats(&data), &ids), Step { epoch, learning_rate });
        }
        Self(CpuApply::open(network, engine.parameters().into(), CpuOptions::default()).unwrap())
    }

    /// What it restores from `x` under the noise `z`, and its weighted squared error `(1+s²)/s² ‖D − x‖²`.
    fn restore(&self, s: f64, x: [f64; D], z: [f64; D]) -> ([f64; D], f64) {
        let level = Level::new(s);
        let seen: [f32; D] = std::array::from_fn(|j| level.sees(x[j] as f32, z[j]));
        let mut out = [0.0; D];
        let input = [seen[0], seen[1], level.input()];
        self.0.apply(Rows::Floats(&input), 0..self.0.network().layers.len(), &mut out);
        let error = (0..D).map(|j| f64::from(out[j] - level.wanted(x[j] as f32, z[j])).powi(2)).sum();
        (std::array::from_fn(|j| f64::from(level.restored(seen[j], out[j]))), error)
    }
}

/// Normal data of covariance `[[1, 0.9], [0.9, 1]]`: eigenvalues 1.9 and 0.1.
fn correlated(n: usize, part: u8) -> Vec<[f64; D]> {
    let mut normal = normals(part);
    (0..n).map(|_| (normal(), normal())).map(|(a, b)| [a, 0.9 * a + 0.19f64.sqrt() * b]).collect()
}

const EIGENVALUES: [f64; D] = [1.9, 0.1];

/// A network trained on it, once.
fn of_normal_data() -> &'static Denoiser {
    static TRAINED: OnceLock<Denoiser> = OnceLock::new();
    TRAINED.get_or_init(|| Denoiser::learn(&correlated(1024, 0), (0.1, 8.0), 3000))
}

/// The coordinates of `x` along the eigenvectors.
fn rotated(x: [f64; D]) -> [f64; D] {
    [(x[0] + x[1]) / 2.0f64.sqrt(), (x[0] - x[1]) / 2.0f64.sqrt()]
}

/// With the eigenvalues λ of the covariance, the best denoiser multiplies by λ/(λ + s²), so the mean error over all noises of a row with the
/// coordinates y is `Σ (s²/(λ+s²))² y² + s² (λ/(λ+s²))²`: a quadratic form.
fn expected_error(s: f64, x: [f64; D]) -> f64 {
    let each = rotated(x).into_iter().zip(EIGENVALUES);
    let sum: f64 = each
        .map(|(y, value)| {
            let kept = value / (value + s * s);
            ((1.0 - kept) * y).powi(2) + s * s * kept * kept
        })
        .sum();
    (1.0 + s * s) / (s * s) * sum
}

#[test]
fn on_normal_data_the_score_of_a_row_is_a_quadratic_form() {
    let denoiser = of_normal_data();
    let mut normal = normals(2);
    let noises: Vec<[f64; D]> = (0..128).map(|_| [normal(), normal()]).collect();
    for s in [0.2, 0.6, 1.5, 4.0] {
        let (mut apart, mut whole) = (0.0, 0.0);
        for x in correlated(100, 1) {
            let opposite = |z: &[f64; D]| z.map(|z| -z);
            let of_noise =
                |z: &[f64; D]| denoiser.restore(s, x, *z).1 + denoiser.restore(s, x, opposite(z)).1;
            let mean = noises.iter().map(of_noise).sum::<f64>() / (2 * noises.len()) as f64;
            let expected = expected_error(s, x);
            apart += (mean - expected).powi(2);
            whole += expected.powi(2);
        }
        // 128 pairs of noises vary the mean by a tenth of its random part; a finite network misses as much.
        assert!((apart / whole).sqrt() < 0.15, "s = {s}: off by {}", (apart / whole).sqrt());
    }
}

/// The derivative of the mutual information of `x` and `x + s z` by the signal-to-noise ratio 1/s² is half the least squared error (Guo,
/// Shamai and Verdú, 2005). For normal data the information is `½ Σ ln(1 + λ/s²)`.
#[test]
fn errors_over_all_levels_give_the_mutual_information() {
    const LEVELS: usize = 25;
    let (low, high) = (0.12f64, 6.0f64);
    let denoiser = of_normal_data();
    let (rows, mut normal) = (correlated(4000, 1), normals(2));
    let step = (high / low).ln() / (LEVELS - 1) as f64;
    let mut information = 0.0;
    for k in 0..LEVELS {
        let s = low * (step * k as f64).exp();
        let sum: f64 = rows.iter().map(|&x| denoiser.restore(s, x, [normal(), normal()]).1).sum();
        // ½ mmse d(1/s²) = −mmse/s² d ln s, and mmse = s²/(1+s²) times the weighted error. The trapezium rule.
        let at_end = if k == 0 || k + 1 == LEVELS { 0.5 } else { 1.0 };
        information += at_end * step * sum / rows.len() as f64 / (1.0 + s * s);
    }
    let of = |s: f64| EIGENVALUES.map(|value| 0.5 * (1.0 + value / (s * s)).ln()).iter().sum::<f64>();
    let expected = of(low) - of(high);
    // The error of a finite network only adds to the least one; 4000 rows vary each level's mean by 2 %.
    let ratio = information / expected;
    assert!((0.98..1.05).contains(&ratio), "{information} for {expected}");
}

/// On the law of a few points the best denoiser is their mean, weighted by a normal kernel around what is seen.
#[test]
fn on_a_few_points_the_best_denoiser_is_the_kernel_mean() {
    let points = [[-1.0, -0.5], [1.0, -0.5], [0.0, 1.5], [0.3, 0.2]];
    let rows: Vec<[f64; D]> = (0..512).map(|row| points[row % points.len()]).collect();
    let denoiser = Denoiser::learn(&rows, (0.2, 4.0), 4000);
    let mut normal = normals(3);
    for s in [0.3, 0.7, 1.5] {
        let (mut apart, mut whole) = (0.0, 0.0);
        for x in points.into_iter().cycle().take(400) {
            let z = [normal(), normal()];
            let seen: [f64; D] = std::array::from_fn(|j| x[j] + s * z[j]);
            let distance = |point: &[f64; D]| (0..D).map(|j| (seen[j] - point[j]).powi(2)).sum::<f64>();
            let weights = points.map(|point| (-distance(&point) / (2.0 * s * s)).exp());
            let sum: f64 = weights.iter().sum();
            let (restored, _) = denoiser.restore(s, x, z);
            for j in 0..D {
                let mean =
                    points.iter().zip(weights).map(|(point, weight)| weight * point[j]).sum::<f64>() / sum;
                apart += (restored[j] - mean).powi(2);
                whole += (x[j] - mean).powi(2);
            }
        }
        // What a finite network misses, beside the error that no denoiser can avoid.
        assert!(apart < 0.05 * whole, "s = {s}: {apart} beside {whole}");
    }
}
