//! A linear denoising autoencoder, trained by stochastic gradient descent on fresh noise, converges to the best linear
//! denoiser, whose matrix, constant and loss are known in closed form.
#![cfg(feature = "eval")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use penstroke::Model;
use penstroke::data::{Dataset, Values};
use penstroke::eval::{LinearDenoiser, SampleMatrix};
use penstroke::{Activation, Autoencoder, AutoencoderConfig, Initialization, Optimizer, Run};
use penstroke_engine::philox::{Draws, Purpose};

const D: usize = 6;
const N: usize = 2048;
/// Number of presentations of every sample, each with fresh noise.
const EPOCHS: usize = 5000;

/// Relative Frobenius error of `[A a]`. From M presentations no method can learn it better than to about `√(loss tr Q⁻¹
/// / (M ‖A‖²))`, which is 3.5e-4 here; the falling rate costs a factor of about two.
const MAP_TOLERANCE: f64 = 1e-3;
/// For the loss, which is quadratic around its minimum: the square of the above, times a condition number of 5.
const LOSS_TOLERANCE: f64 = 5e-6;

/// Six components of variance 1.16 with different means, each sharing a source with either neighbour (correlation
/// 0.34). The eigenvalues of the covariance are in 0.36..=1.96, so every direction learns about equally fast.
fn data() -> Dataset {
    let mut draws = Draws::new(4, Purpose::Generator(0)).at(0, 0).sequence();
    let values = (0..N).flat_map(|_| {
        // Uniform numbers of variance 1.
        let sources: [f64; D] = std::array::from_fn(|_| 12.0f64.sqrt() * (draws.uniform() - 0.5));
        (0..D).map(move |j| (sources[j] + 0.4 * sources[(j + 1) % D] + 0.2 * (j as f64 - 2.0)) as f32)
    });
    Dataset::new("neighbours", Values::Floats(values.collect()), D).unwrap()
}

/// The map `x̂ = A x̃ + a` that a linear autoencoder with more hidden than visible units learns.
fn learned(corruption: &str) -> Map {
    let config = AutoencoderConfig {
        hidden: 8,
        activation: Activation::Linear,
        decoder: Some(Activation::Linear),
        tied: false,
        initialization: Initialization::Glorot,
        ..Default::default()
    }
    .corruption(corruption.parse().unwrap())
    .epochs(EPOCHS)
    .batch(N)
    .optimizer(Optimizer::Sgd { momentum: 0.9 })
    .learning_rate(6e-4)
    .schedule("linear".parse().unwrap())
    .valid(0.0)
    .threads(1);
    let model = Autoencoder::fit(&config, &data(), &mut Run::new()).unwrap();
    // A = W' W and a = W' b + c are read off the reconstructions of 0 and of every unit vector.
    let mut inputs = vec![0.0; (D + 1) * D];
    (0..D).for_each(|j| inputs[(j + 1) * D + j] = 1.0);
    let inputs = Dataset::new("units", Values::Floats(inputs), D).unwrap();
    let out: Vec<f64> = model.reconstruct(&inputs).unwrap().iter().map(|&v| f64::from(v)).collect();
    let constant = out[..D].to_vec();
    let matrix = (0..D * D).map(|at| out[(at % D + 1) * D + at / D] - constant[at / D]).collect();
    Map { matrix, constant }
}

struct Map {
    /// `A`, row-major `(d, d)`.
    matrix: Vec<f64>,
    /// `a`, `(d)`.
    constant: Vec<f64>,
}

impl Map {
    /// The expected loss on the samples under a corruption that keeps a component with probability `kept`, or adds
    /// noise of variance `added`: `(1/n) Σ ‖E x̂ − x‖² + kept (1 − kept) A_ij² x_j² + added A_ij²`.
    fn expected_loss(&self, samples: SampleMatrix<'_>, kept: f64, added: f64) -> f64 {
        let mut sum = 0.0;
        for x in samples.values().chunks_exact(D) {
            for (i, row) in self.matrix.chunks_exact(D).enumerate() {
                let terms = row.iter().zip(x).map(|(a, &x)| (a, f64::from(x)));
                let mean: f64 = terms.clone().map(|(a, x)| kept * a * x).sum();
                sum += (mean + self.constant[i] - f64::from(x[i])).powi(2);
                sum += terms.map(|(a, x)| a * a * (kept * (1.0 - kept) * x * x + added)).sum::<f64>();
            }
        }
        sum / N as f64
    }

    fn check(&self, best: &LinearDenoiser, loss: f64) {
        let have = [self.matrix.as_slice(), &self.constant].concat();
        let want = [best.weights(), best.bias().to_vec()].concat();
        let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
        let error = norm(&mut have.iter().zip(&want).map(|(h, w)| h - w)) / norm(&mut want.iter().copied());
        assert!(error < MAP_TOLERANCE, "relative error {error:e}: {have:?} for {want:?}");
        let excess = loss / best.loss() - 1.0;
        // No linear map is better than the best one.
        assert!((-1e-9..LOSS_TOLERANCE).contains(&excess), "excess {excess:e}: {loss} for {}", best.loss());
        // Far from the identity, so copying the input would not pass.
        let identity = |at: usize| if at < D * D && at.is_multiple_of(D + 1) { 1.0 } else { 0.0 };
        let copying = norm(&mut want.iter().enumerate().map(|(at, w)| w - identity(at)));
        assert!(copying > 100.0 * MAP_TOLERANCE * norm(&mut want.iter().copied()));
    }
}

#[test]
fn masking_leads_to_the_closed_form() {
    let values = data().to_floats();
    let samples = SampleMatrix::new(&values, D).unwrap();
    let map = learned("masking:0.1");
    map.check(&LinearDenoiser::for_masking(samples, 0.1).unwrap(), map.expected_loss(samples, 0.9, 0.0));
}

#[test]
fn gaussian_noise_leads_to_the_closed_form() {
    let values = data().to_floats();
    let samples = SampleMatrix::new(&values, D).unwrap();
    let map = learned("gaussian:0.4");
    map.check(&LinearDenoiser::for_gaussian(samples, 0.4).unwrap(), map.expected_loss(samples, 1.0, 0.16));
}
