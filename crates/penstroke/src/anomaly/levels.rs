//! The level view: errors of restored rows, at several levels of noise.
//!
//! At level `s`, a row `x` is seen as `x + s z` and restored as `D`. The error of a component is `(1+s²)/s² (D − x)²`, which
//! the training lowers at all levels alike. Low levels tell how far a row is from the rows around it, high ones how far from the bulk of the
//! data: no level is best for all tables.

use super::config::DetectorConfig;
use super::training::{Trained, level_network};
use crate::Result;
use crate::config::Training;
use crate::train::Device;
use penstroke_engine::philox::{Draws, Purpose};
use penstroke_engine::{Apply, Level, Rows};
use std::f64::consts::TAU;
use std::ops::Range;
use std::sync::Arc;

/// The levels at which rows are scored, each 2.09 times the one before: from noise that leaves neighbours apart to noise that
/// hides all but the bulk of the data.
pub(super) const SCORED: [f64; 6] = [0.15, 0.314, 0.656, 1.372, 2.869, 6.0];

/// Pairs of one noise and its opposite for each network and level, the same for every row: 4 for few values, 1 for 64 or more, whose errors
/// average over more numbers. Networks and levels have noises of their own, because a score from few noises depends on which they are:
/// with the same four at all levels and networks, the AUC of one table varied by 15 points between draws.
fn n_pairs(n_values: usize) -> usize {
    (64 / n_values.max(1)).clamp(1, 4)
}

/// The level networks, ready to be applied.
pub(super) struct Levels {
    networks: Vec<Arc<dyn Apply>>,
    n_values: usize,
    /// `(levels, networks, pairs, values)`.
    noises: Vec<f64>,
}

impl Levels {
    pub(super) fn open(config: &DetectorConfig, n_values: usize, trained: &[Trained]) -> Result<Self> {
        let device = Device::of(&Training { threads: 1, ..Training::autoencoder() });
        let network = level_network(config, n_values);
        let open = |trained: &Trained| device.apply(network.clone(), trained.parameters.clone());
        let networks = trained.iter().map(open).collect::<Result<_>>()?;
        let n_noises = SCORED.len() * trained.len() * n_pairs(n_values);
        Ok(Self { networks, n_values, noises: noises(config.seed, n_noises, n_values) })
    }

    /// The errors of some rows, `(levels, n, columns)`: each the sum over the values of a column, averaged over noises and networks.
    pub(super) fn errors(&self, values: &[f32], columns: &[Range<usize>]) -> Vec<f32> {
        let (d, n) = (self.n_values, values.len() / self.n_values);
        let n_pairs = n_pairs(d);
        let share = 1.0 / (2 * n_pairs * self.networks.len()) as f32;
        let mut errors = vec![0.0; SCORED.len() * n * columns.len()];
        let n_noisy = SCORED.len() * n_pairs * 2 * n;
        let (mut inputs, mut outputs) = (vec![0.0; n_noisy * (d + 1)], vec![0.0; n_noisy * d]);
        for (k, network) in self.networks.iter().enumerate() {
            let noise = |level: usize, pair: usize| {
                &self.noises[((level * self.networks.len() + k) * n_pairs + pair) * d..][..d]
            };
            let each = || {
                let pairs =
                    (0..SCORED.len()).flat_map(move |level| (0..n_pairs).map(move |pair| (level, pair)));
                pairs.flat_map(|(level, pair)| [1.0, -1.0].map(|sign| (level, noise(level, pair), sign)))
            };
            for ((level, noise, sign), inputs) in each().zip(inputs.chunks_exact_mut((n * (d + 1)).max(1))) {
                see(Level::new(SCORED[level]), (values, noise, sign), inputs);
            }
            network.apply(Rows::Floats(&inputs), 0..network.network().layers.len(), &mut outputs);
            for ((level, noise, sign), outputs) in each().zip(outputs.chunks_exact((n * d).max(1))) {
                let errors = &mut errors[level * n * columns.len()..][..n * columns.len()];
                let level = Level::new(SCORED[level]);
                let rows = outputs.chunks_exact(d).zip(values.chunks_exact(d));
                for ((output, row), errors) in rows.zip(errors.chunks_exact_mut(columns.len())) {
                    for (error, of) in errors.iter_mut().zip(columns) {
                        let wrong = |k: usize| output[k] - level.wanted(row[k], sign * noise[k]);
                        *error += share * of.clone().map(|k| wrong(k).powi(2)).sum::<f32>();
                    }
                }
            }
        }
        errors
    }
}

/// What the networks see of rows at a level.
fn see(level: Level, (values, noise, sign): (&[f32], &[f64], f64), inputs: &mut [f32]) {
    let d = noise.len();
    for (input, row) in inputs.chunks_exact_mut(d + 1).zip(values.chunks_exact(d)) {
        for ((input, x), z) in input.iter_mut().zip(row).zip(noise) {
            *input = level.sees(*x, sign * z);
        }
        input[d] = level.input();
    }
}

/// `n` times `n_values` standard normal numbers.
fn noises(seed: u64, n: usize, n_values: usize) -> Vec<f64> {
    let draws = Draws::new(seed, Purpose::Evaluation(0));
    let normal = |noise: usize, k: usize| {
        let words = draws.at(noise as u32, k as u32);
        let (u, v) = (f64::from(words.word(0)), f64::from(words.word(1)));
        (-2.0 * ((u + 1.0) / 4_294_967_296.0).ln()).sqrt() * (TAU * v / 4_294_967_296.0).cos()
    };
    (0..n).flat_map(|noise| (0..n_values).map(move |k| normal(noise, k))).collect()
}
