//! The closed forms against the same numbers computed otherwise.

use super::*;
use penstroke_engine::philox::{Draws, Purpose, Sequence};

fn sequence(seed: u64) -> Sequence {
    Draws::new(seed, Purpose::Generator(0)).at(0, 0).sequence()
}

/// Correlated values in 0..2; component 3 is always zero, component 4 almost always.
fn samples(n: usize, seed: u64) -> Vec<f32> {
    let mut draws = sequence(seed);
    (0..n)
        .flat_map(|i| {
            let (a, b, c) = (draws.uniform(), draws.uniform(), draws.uniform());
            let rare = if i % 50 == 0 { a } else { 0.0 };
            [a, 0.7 * a + 0.3 * b, b + c, 0.0, rare, c].map(|v| v as f32)
        })
        .collect()
}

const D: usize = 6;

/// The sum of twelve uniform numbers minus six: variance 1. Only the variance of the noise affects the expected loss.
fn noise(draws: &mut Sequence) -> f64 {
    (0..12).map(|_| draws.uniform()).sum::<f64>() - 6.0
}

/// Both closed forms, each with a function that draws its corruption.
type Draw = fn(f32, &mut Sequence) -> f32;
fn both(samples: SampleMatrix<'_>) -> [(LinearDenoiser, Draw); 2] {
    [
        (LinearDenoiser::for_gaussian(samples, 0.4).unwrap(), |x, draws| x + (0.4 * noise(draws)) as f32),
        (
            LinearDenoiser::for_masking(samples, 0.3).unwrap(),
            |x, draws| {
                if draws.uniform() < 0.3 { 0.0 } else { x }
            },
        ),
    ]
}

#[test]
fn one_component_shrinks_by_signal_over_signal_and_noise() {
    let values = [-1.0, 3.0];
    let data = SampleMatrix::new(&values, 1).unwrap();
    for sigma in [0.1, 1.0, 5.0] {
        let denoiser = LinearDenoiser::for_gaussian(data, sigma).unwrap();
        let (variance, noise) = (4.0, sigma * sigma);
        assert!((denoiser.weights()[0] - variance / (variance + noise)).abs() < 1e-14);
        assert!((denoiser.loss() - variance * noise / (variance + noise)).abs() < 1e-13);
        assert!((denoiser.bias()[0] - noise / (variance + noise)).abs() < 1e-14);
    }
}

#[test]
fn one_masked_component_is_a_regression_on_the_mask() {
    // x is 0 or 2 by a fair coin: E x = 1, E x² = 2, so Q = [[2p, p], [p, 1]] and P = [2p, 1] for p = 1 − q.
    for q in [0.25, 0.5, 0.9] {
        let p = 1.0 - q;
        let denoiser = LinearDenoiser::for_masking(SampleMatrix::new(&[0.0, 2.0], 1).unwrap(), q).unwrap();
        let determinant = 2.0 * p - p * p;
        let (weight, bias) = ((2.0 * p - p) / determinant, (2.0 * p - 2.0 * p * p) / determinant);
        assert!((denoiser.weights()[0] - weight).abs() < 1e-11, "{q}");
        assert!((denoiser.bias()[0] - bias).abs() < 1e-11);
        assert!((denoiser.loss() - (2.0 - 2.0 * p * weight - bias)).abs() < 1e-11);
    }
}

#[test]
fn without_corruption_nothing_changes_and_with_all_of_it_the_mean_remains() {
    let values = samples(40, 1);
    let data = SampleMatrix::new(&values, D).unwrap();
    for denoiser in
        [LinearDenoiser::for_masking(data, 0.0).unwrap(), LinearDenoiser::for_gaussian(data, 0.0).unwrap()]
    {
        assert!(denoiser.apply(data).unwrap().iter().zip(&values).all(|(a, b)| (a - b).abs() < 1e-6));
        assert!(denoiser.loss() == 0.0 && denoiser.expected_loss(data).unwrap() < 1e-20);
    }
    let mean = moments(data);
    let masked = LinearDenoiser::for_masking(data, 1.0).unwrap();
    assert!(masked.weights().iter().all(|&w| w == 0.0));
    assert!(masked.bias().iter().zip(&mean.mean).all(|(a, b)| (a - b).abs() < 1e-11));
    let variance: f64 = (0..D).map(|j| mean.covariance[(j, j)]).sum();
    assert!((masked.loss() - variance).abs() < 1e-10);
}

#[test]
fn the_loss_is_the_expected_loss_and_no_other_map_has_less() {
    let values = samples(300, 2);
    let data = SampleMatrix::new(&values, D).unwrap();
    for (denoiser, _) in both(data) {
        let least = denoiser.expected_loss(data).unwrap();
        assert!((least - denoiser.loss()).abs() < 1e-10 * least, "{least} {}", denoiser.loss());
        for at in 0..D * D + D {
            for step in [1e-2, -1e-2] {
                let mut other = denoiser.clone();
                if at < D * D {
                    other.map[(at / D, at % D)] += step
                } else {
                    other.shift[at - D * D] += step
                }
                let loss = other.expected_loss(data).unwrap();
                // A component that is always zero carries no information, so its weight costs nothing.
                let costs = loss - least;
                assert!(costs > -1e-12, "{at}: {costs}");
                assert!(costs > 1e-7 || at / D == 3, "{at}: {costs}");
            }
        }
    }
}

#[test]
fn drawn_corruptions_agree_with_the_expectation_within_their_standard_error() {
    let values = samples(200, 3);
    let data = SampleMatrix::new(&values, D).unwrap();
    for (denoiser, draw) in both(data) {
        let mut draws = sequence(9);
        let losses: Vec<f64> = (0..400)
            .map(|_| {
                let corrupted: Vec<f32> = values.iter().map(|&x| draw(x, &mut draws)).collect();
                let restored = denoiser.apply(SampleMatrix::new(&corrupted, D).unwrap()).unwrap();
                let sum: f64 = restored.iter().zip(&values).map(|(a, b)| f64::from(a - b).powi(2)).sum();
                sum / 200.0
            })
            .collect();
        let mean = losses.iter().sum::<f64>() / 400.0;
        let error = (losses.iter().map(|l| (l - mean).powi(2)).sum::<f64>() / 399.0 / 400.0).sqrt();
        // Four standard errors: one seed in 16,000 misses.
        assert!((mean - denoiser.loss()).abs() < 4.0 * error, "{mean} {} ± {error}", denoiser.loss());
        assert!(error < 0.01 * mean);
    }
}

#[test]
fn masking_agrees_with_least_squares_on_every_mask_there_is() {
    let values: Vec<f32> = samples(30, 4).chunks(D).flat_map(|row| [row[0], row[1], row[2]]).collect();
    let (d, q) = (3usize, 0.4f64);
    let denoiser = LinearDenoiser::for_masking(SampleMatrix::new(&values, d).unwrap(), q).unwrap();
    // Weighted normal equations over all 2³ masks of all samples, solved by Gaussian elimination.
    let m = d + 1;
    let mut normal = vec![vec![0.0; m + d]; m];
    for x in values.chunks(d) {
        for mask in 0..1 << d {
            let kept = |i: usize| mask >> i & 1 == 1;
            let weight: f64 = (0..d).map(|i| if kept(i) { 1.0 - q } else { q }).product();
            let input: Vec<f64> =
                (0..d).map(|i| if kept(i) { f64::from(x[i]) } else { 0.0 }).chain([1.0]).collect();
            for i in 0..m {
                for j in 0..m {
                    normal[i][j] += weight * input[i] * input[j];
                }
                for j in 0..d {
                    normal[i][m + j] += weight * input[i] * f64::from(x[j]);
                }
            }
        }
    }
    for pivot in 0..m {
        let head = normal[pivot].clone();
        for (i, row) in normal.iter_mut().enumerate() {
            if i != pivot {
                let factor = row[pivot] / head[pivot];
                row.iter_mut().zip(&head).for_each(|(r, h)| *r -= factor * h);
            }
        }
    }
    let weights = denoiser.weights();
    for i in 0..m {
        for j in 0..d {
            let expected = normal[i][m + j] / normal[i][i];
            let found = if i == d { denoiser.bias()[j] } else { weights[j * d + i] };
            assert!((found - expected).abs() < 1e-9, "({j}, {i}): {found} {expected}");
        }
    }
}

#[test]
fn a_component_that_is_always_zero_is_handled() {
    let values = samples(300, 5);
    let data = SampleMatrix::new(&values, D).unwrap();
    for q in [1e-9, 0.25, 0.999] {
        let denoiser = LinearDenoiser::for_masking(data, q).unwrap();
        let weights = denoiser.weights();
        assert!(weights.iter().all(|w| w.is_finite()));
        assert!((0..D).all(|j| weights[j * D + 3] == 0.0 && weights[3 * D + j].abs() < 1e-9));
        let expected = denoiser.expected_loss(data).unwrap();
        assert!((expected - denoiser.loss()).abs() < 1e-9, "{q}: {expected} {}", denoiser.loss());
    }
}

#[test]
fn fewer_samples_than_components_are_enough() {
    let values = samples(3, 6);
    for (denoiser, _) in both(SampleMatrix::new(&values, D).unwrap()) {
        assert!(denoiser.weights().iter().all(|w| w.is_finite()) && denoiser.loss() > 0.0);
    }
}

#[test]
fn wrong_options_are_refused() {
    let data = SampleMatrix::new(&[0.0, 1.0], 1).unwrap();
    let message = LinearDenoiser::for_masking(data, 1.3).unwrap_err().to_string();
    assert_eq!(message, "masking: probability 1.3 is outside 0..=1");
    assert!(LinearDenoiser::for_masking(data, f64::NAN).is_err());
    assert!(LinearDenoiser::for_gaussian(data, -1.0).is_err());
    let denoiser = LinearDenoiser::for_gaussian(data, 1.0).unwrap();
    assert!(denoiser.apply(SampleMatrix::new(&[0.0, 1.0], 2).unwrap()).is_err());
}
