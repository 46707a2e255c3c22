//! Noise of a drawn level, and networks that are told it, against closed forms.
#![allow(clippy::unwrap_used)] // A test fails by panicking.

use penstroke_engine::philox::{Draws, Purpose};
use penstroke_engine::*;

const LOW: f64 = 0.05;
const HIGH: f64 = 4.0;

/// A row after a corruption with numbers for training.
fn corrupted(noise: Noise, sample: u32, mut row: Vec<f32>) -> Vec<f32> {
    let source = CorruptionDraws { seed: 7, use_: CorruptionUse::Training };
    let mut struck = vec![false; row.len()];
    corrupt_row(&[noise], source, (2, sample), Donors::NONE, (&mut row, &mut struck));
    assert!(struck.iter().all(|&struck| struck));
    row
}

/// The standard normal numbers of a sample, one for each of `d` components.
fn normals(sample: u32, d: usize) -> Vec<f64> {
    let rows = corrupted(Noise::Gaussian { deviation: 1.0 }, sample, vec![0.0; d]);
    rows.into_iter().map(f64::from).collect()
}

/// The level that a corrupted row tells.
fn told(row: &[f32]) -> Level {
    Level::new((2.0 * f64::from(row[row.len() - 1])).exp())
}

#[test]
fn levels_scale_the_sample_and_the_numbers_of_gaussian_noise() {
    let d = 41;
    for sample in 0..200 {
        let clean: Vec<f32> = (0..d).map(|j| (j as f32 * 0.9 + sample as f32).sin() * 2.0).collect();
        let row = corrupted(Noise::Levels { low: LOW, high: HIGH }, sample, clean.clone());
        let (level, z) = (told(&row), normals(sample, d));
        let r = (1.0 + level.s() * level.s()).sqrt();
        for j in 0..d - 1 {
            // The level told and each number are rounded to f32.
            let want = (f64::from(clean[j]) + level.s() * z[j]) / r;
            assert!((f64::from(row[j]) - want).abs() < 2e-6, "{j}: {} for {want}", row[j]);
            assert!((f64::from(level.sees(clean[j], z[j])) - want).abs() < 1e-6);
        }
    }
}

#[test]
fn log_levels_are_uniform_and_tell_nothing_of_the_noise() {
    const N: usize = 20_000;
    const D: usize = 11;
    let noise = Noise::Levels { low: LOW, high: HIGH };
    let (mut shares, mut z) = (Vec::new(), Vec::new());
    for sample in 0..N as u32 {
        let row = corrupted(noise, sample, vec![0.0; D + 1]);
        let level = told(&row);
        shares.push((level.s() / LOW).ln() / (HIGH / LOW).ln());
        let scale = (1.0 + level.s() * level.s()).sqrt() / level.s();
        z.push(row[..D].iter().map(|&u| f64::from(u) * scale).collect::<Vec<_>>());
    }
    let n = N as f64;
    // Four standard errors of the first four moments of a normal number: variances 1, 2, 15, 96.
    for (k, expected, variance) in [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0f64)] {
        let moment = z.iter().flatten().map(|z| z.powi(k)).sum::<f64>() / (n * D as f64);
        assert!((moment - expected).abs() < 4.0 * (variance / (n * D as f64)).sqrt(), "moment {k}: {moment}");
    }
    // The share of ln s in its range is uniform: mean 1/2, variance 1/12, whose own standard error is √(1/180 n).
    let mean = shares.iter().sum::<f64>() / n;
    assert!((mean - 0.5).abs() < 4.0 * (1.0 / (12.0 * n)).sqrt(), "mean {mean}");
    let variance = shares.iter().map(|share| (share - 0.5).powi(2)).sum::<f64>() / n;
    assert!((variance - 1.0 / 12.0).abs() < 4.0 * (1.0 / (180.0 * n)).sqrt(), "variance {variance}");
    // Kolmogorov and Smirnov: one seed in a thousand exceeds 1.95/√n. A level told in f32 is off by less than 1e-6.
    let mut sorted = shares.clone();
    sorted.sort_by(f64::total_cmp);
    let gaps = sorted.iter().enumerate().map(|(i, share)| (share - (i as f64 + 0.5) / n).abs());
    let gap = gaps.fold(0.5 / n, f64::max);
    assert!(gap < 1.95 / n.sqrt(), "gap {gap}");
    assert!(sorted[0] > -1e-6 && sorted[N - 1] < 1.0 + 1e-6);
    // A correlation with an independent number has a standard error of 1/√n.
    for j in 0..D {
        for (power, mean, deviation) in [(1, 0.0, 1.0), (2, 1.0, 2.0f64.sqrt())] {
            let products = shares.iter().zip(&z);
            let products = products.map(|(share, z)| (share - 0.5) * (z[j].powi(power) - mean) / deviation);
            let correlation = products.sum::<f64>() / n * 12.0f64.sqrt();
            assert!(correlation.abs() < 4.0 / n.sqrt(), "z_{j}^{power}: {correlation}");
        }
    }
}

/// Denoises all components but the last.
fn denoiser(layers: Vec<Layer>, (low, high): (f64, f64)) -> Task {
    let network = Network::new(layers);
    let objective = Objective::reconstruction(&network, Loss::Denoising);
    Task::new(network, objective).with_corruption(vec![Noise::Levels { low, high }])
}

#[test]
fn denoising_is_the_squared_error_of_the_output_against_what_is_wanted() {
    const D: usize = 6;
    let layers = vec![Layer::new(D + 1, 5, Activation::Tanh), Layer::new(5, D, Activation::Linear)];
    let task = denoiser(layers, (LOW, HIGH));
    let mut task = Task { objective: Objective { seed: 7, ..task.objective }, ..task };
    let state = State::new(&task.network, initial_parameters(&task.network, 1, Initialization::Glorot));
    let data: Vec<f32> = (0..20 * (D + 1)).map(|i| (i as f32 * 1.7).sin()).collect();
    let ids: Vec<u32> = (0..20).collect();
    for weight in [1.0, 0.25] {
        task.objective.heads[0].weight = weight;
        let engine = Reference::<f64>::open(&task, &state).unwrap();
        let pass = engine.training_pass(&Batch::new(Rows::Floats(&data), &ids), 2);
        let mut sum = 0.0;
        for (i, (clean, output)) in data.chunks(D + 1).zip(pass.activations[1].chunks(D)).enumerate() {
            let row = corrupted(task.objective.corruption[0], i as u32, clean.to_vec());
            let (level, z) = (told(&row), normals(i as u32, D + 1));
            for j in 0..D {
                sum += weight * (output[j] - f64::from(level.wanted(clean[j], z[j]))).powi(2);
            }
        }
        // What is seen is rounded to f32, and an error in it counts 1/s times: at least 0.05, and six numbers per sample.
        assert!((pass.loss - sum / 20.0).abs() < 2e-6 * pass.loss, "{} for {}", pass.loss, sum / 20.0);
    }
}

/// Solves `M (C + s² I) = C` for `M`, of three rows, by elimination: both sides are symmetric and commute.
fn best(covariance: [[f64; 3]; 3], s: f64) -> [[f64; 3]; 3] {
    let (mut left, mut right) = (covariance, covariance);
    (0..3).for_each(|i| left[i][i] += s * s);
    for pivot in 0..3 {
        let scale = left[pivot][pivot];
        (left[pivot], right[pivot]) = (left[pivot].map(|v| v / scale), right[pivot].map(|v| v / scale));
        for row in (0..3).filter(|&row| row != pivot) {
            let factor = left[row][pivot];
            for k in 0..3 {
                left[row][k] -= factor * left[pivot][k];
                right[row][k] -= factor * right[pivot][k];
            }
        }
    }
    right
}

/// Three correlated components of normal data, and a last one that a level replaces, whatever it was.
fn correlated(n: usize) -> Vec<f32> {
    let mut draws = Draws::new(4, Purpose::Generator(0)).at(0, 0).sequence();
    let mut normal = || {
        let (u, v) = (1.0 - draws.uniform(), draws.uniform());
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    };
    let mut row = || {
        let (a, b, c) = (normal(), normal(), normal());
        [a + 0.3, 0.8 * a + 0.6 * b, 0.5 * b - 0.7 * c - 0.2, f64::NAN].map(|v| v as f32)
    };
    (0..n).flat_map(|_| row()).collect()
}

/// At one level, the best denoiser of normal data, and the best linear one of any, is `m + C (C + s² I)⁻¹ (x̃ − m)` with the mean
/// `m` and the covariance `C` of the data.
#[test]
fn a_linear_network_learns_the_best_denoiser_of_its_level() {
    const N: usize = 1024;
    /// Steps at a constant rate, and how many of them have been forgotten after as many more.
    const STEPS: u32 = 4000;
    const BEFORE: u32 = 1000;
    let data = correlated(N);
    let column = |j: usize| data.iter().skip(j).step_by(4).map(|&v| f64::from(v));
    let mean: [f64; 3] = std::array::from_fn(|j| column(j).sum::<f64>() / N as f64);
    let covariance = std::array::from_fn(|i| {
        std::array::from_fn(|j| {
            let products = column(i).zip(column(j)).map(|(a, b)| (a - mean[i]) * (b - mean[j]));
            products.sum::<f64>() / N as f64
        })
    });
    let ids: Vec<u32> = (0..N as u32).collect();
    for s in [0.3, 1.0, 2.5] {
        let mut task = denoiser(vec![Layer::new(4, 3, Activation::Linear)], (s, s));
        task.optimizer.rule = Rule::Sgd { momentum: 0.9 };
        let state = State::new(&task.network, Parameters::zeros(&task.network));
        let mut engine = CpuTrain::open(&task, state, CpuOptions::default()).unwrap();
        // The mean of the weights over M presentations is the regression over them.
        let (mut weights, mut bias) = ([0.0; 12], [0.0; 3]);
        for epoch in 0..STEPS {
            engine.step(&Batch::new(Rows::Floats(&data), &ids), Step { epoch, learning_rate: 0.02 });
            if epoch >= BEFORE {
                let layer = engine.parameters().layers.swap_remove(0);
                let share = 1.0 / f64::from(STEPS - BEFORE);
                weights.iter_mut().zip(&layer.weights).for_each(|(to, &w)| *to += share * f64::from(w));
                bias.iter_mut().zip(&layer.bias).for_each(|(to, &b)| *to += share * f64::from(b));
            }
        }
        // Element i, j of the regression has the variance s² M_ii ((C + s² I)⁻¹)_jj / M, and M_ii is at most 1; the constant has
        // at most that of the data. Five standard errors.
        let tolerance = 5.0 / f64::from((STEPS - BEFORE) * N as u32).sqrt();
        let (want, r2) = (best(covariance, s), 1.0 + s * s);
        for i in 0..3 {
            // The output times s/r is added to x̃/r², and the network sees x̃/r.
            let constant = weights[i * 4 + 3] * f64::from(Level::new(s).input()) + bias[i];
            let mut at_mean = constant * s / r2.sqrt();
            for j in 0..3 {
                let have = s / r2 * weights[i * 4 + j] + if i == j { 1.0 / r2 } else { 0.0 };
                assert!(
                    (have - want[i][j]).abs() < tolerance,
                    "s = {s}: {i}, {j}: {have} for {}",
                    want[i][j]
                );
                at_mean += have * mean[j];
            }
            assert!((at_mean - mean[i]).abs() < tolerance, "s = {s}: {i}: {at_mean} for {}", mean[i]);
        }
    }
}
