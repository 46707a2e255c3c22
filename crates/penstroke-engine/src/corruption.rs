//! Corruption of an input: the definitions, in plain scalar form.
//!
//! A corruption is a list of noises applied in order. Its term `t` draws random words for purpose `Corruption(t)`
//! (training) or `Evaluation(t)` at `(epoch, sample)`; component `j` uses word `j` (for Gaussian noise, the pair of
//! words that contains `j`). A word `u` is an event of probability q if `u < q·2³²`.
//!
//! | noise | component `j` becomes |
//! | --- | --- |
//! | masking | 0 when `u_j < q·2³²`, else unchanged (survivors are not rescaled) |
//! | masking-exact | 0 when `u_j` is among the `round(q·d)` smallest words of the sample, else unchanged |
//! | gaussian | `x_j + σ z_j`, with `z` from the Box–Muller transform of the pair of words |
//! | salt-and-pepper | the range's minimum (even `u_j`) or maximum (odd) when `u_j < q·2³²`, else unchanged |
//! | levels | `(x_j + s z_j)/√(1+s²)`, with `z` as for gaussian and `ln s = ln low + (ln high − ln low) u/2³²`, where `u` is word 2³² − 1, which no `z` has; the last component becomes `ln(s)/2` |
//! | dropout | 0 when `u_j < q·2³²`, else `x_j / (1 − q)`: masking that rescales survivors |
//! | mask cells | 0 together with its whole cell, with a probability drawn for the sample |
//! | swap cells | that of another row together with its whole cell, with probability q |
//! | copy mask | 0 together with its whole cell, if another row lacks this cell |
//!
//! [`Level`] has the reasons for the scales. The last three need [cells](crate::Cell), the columns of a table; [`Donors`] has their
//! words. In a list, each acts on the result of those before it: a swap after a mask puts another row's value where the mask was.
//!
//! Masking with independent coin flips is the process of the lecture; masking an exact share of the components is that
//! of Vincent et al. (2010).

use crate::cells::{self, Donors, Fate};
use crate::level::Level;
pub use crate::noise::Noise;
use crate::philox::{Draws, Purpose, SampleDraws, threshold};

/// The number of components, out of `d`, that [`Noise::MaskingExact`] sets to zero.
pub(crate) fn exact_count(fraction: f64, d: usize) -> usize {
    ((fraction * d as f64).round() as usize).min(d)
}

/// Corrupts one sample in place and marks the affected components: all of them for Gaussian noise and levels, those
/// selected by the coin flip for masking, dropout and salt-and-pepper, and those of all lost or swapped cells.
///
/// `noises` are the terms; `sample` is the sample's index in its data set. Without cells, `donors` is [`Donors::NONE`], and noises
/// on cells do nothing. This is the definition; engines may compute it in any way that gives the same masks.
///
/// # Panics
/// If `row` and `struck` differ in length.
pub fn corrupt_row(
    noises: &[Noise],
    source: CorruptionDraws,
    (epoch, sample): (u32, u32),
    donors: Donors<'_>,
    (row, struck): (&mut [f32], &mut [bool]),
) {
    assert_eq!(row.len(), struck.len(), "one mark per component");
    struck.fill(false);
    for (term, &noise) in noises.iter().enumerate() {
        let draws = source.term(term as u8).at(epoch, sample);
        match noise {
            Noise::Masking { probability } => {
                let threshold = threshold(probability);
                for j in 0..row.len() {
                    if u64::from(draws.word(j as u32)) < threshold {
                        row[j] = 0.0;
                        struck[j] = true;
                    }
                }
            }
            Noise::Dropout { probability } => {
                let (threshold, kept) = (threshold(probability), (1.0 - probability) as f32);
                for j in 0..row.len() {
                    struck[j] |= u64::from(draws.word(j as u32)) < threshold;
                    row[j] = if u64::from(draws.word(j as u32)) < threshold { 0.0 } else { row[j] / kept };
                }
            }
            Noise::MaskingExact { fraction } => {
                mask_exactly(&draws, exact_count(fraction, row.len()), (&mut *row, &mut *struck));
            }
            Noise::Gaussian { deviation } => {
                for j in 0..row.len() {
                    row[j] += (deviation * normal(&draws, j as u32)) as f32;
                    struck[j] = true;
                }
            }
            Noise::SaltAndPepper { probability, low, high } => {
                let threshold = threshold(probability);
                for j in 0..row.len() {
                    let word = draws.word(j as u32);
                    if u64::from(word) < threshold {
                        row[j] = (if word & 1 == 0 { low } else { high }) as f32;
                        struck[j] = true;
                    }
                }
            }
            Noise::Levels { low, high } => {
                corrupt_by_level(&draws, (low, high), row);
                struck.fill(true);
            }
            Noise::MaskCells { .. } | Noise::SwapCells { .. } | Noise::CopyMask => {
                corrupt_cells(&noise, draws, donors, (&mut *row, &mut *struck));
            }
        }
    }
}

/// Sets the components of the `count` smallest words of a sample to zero, and marks them.
fn mask_exactly(draws: &SampleDraws, count: usize, (row, struck): (&mut [f32], &mut [bool])) {
    let keys = (0..row.len()).map(|j| (draws.word(j as u32), j));
    let mut order: Vec<(u32, usize)> = keys.collect();
    order.sort_unstable();
    for &(_, j) in &order[..count] {
        row[j] = 0.0;
        struck[j] = true;
    }
}

/// The word that draws a sample's level. No component is so far from the first.
pub(crate) const LEVEL: u32 = u32::MAX;

/// Turns a sample into what a network sees under a level drawn between `low` and `high`.
fn corrupt_by_level(draws: &SampleDraws, (low, high): (f64, f64), row: &mut [f32]) {
    let level = Level::drawn((low.ln(), high.ln()), draws.word(LEVEL));
    for (j, x) in row.iter_mut().enumerate() {
        *x = level.sees(*x, normal(draws, j as u32));
    }
    if let Some(last) = row.last_mut() {
        *last = level.input();
    }
}

/// Calls `decided` with the number and the fate of every cell of a sample, in order, before donors
/// [grant](Donors::granted) it; `n` is the number of donors' rows. Does nothing for noises on components.
#[inline]
pub(crate) fn decide(
    noise: &Noise,
    draws: SampleDraws,
    (donors, n): (Donors<'_>, usize),
    decided: impl FnMut(usize, Fate),
) {
    let words = draws.sequence();
    match *noise {
        Noise::MaskCells { low, high } => cells::mask((low, high), words, donors, decided),
        Noise::SwapCells { probability } => cells::swap(probability, words, (donors, n), decided),
        Noise::CopyMask => cells::copy_mask(words, (donors, n), decided),
        _ => {}
    }
}

/// Applies a noise on cells to one sample, and marks all components of the affected cells.
fn corrupt_cells(
    noise: &Noise,
    draws: SampleDraws,
    donors: Donors<'_>,
    (row, struck): (&mut [f32], &mut [bool]),
) {
    let d = row.len();
    decide(noise, draws, (donors, donors.rows.len() / d.max(1)), |cell, fate| {
        let inputs = donors.cells[cell].inputs.clone();
        let fate = donors.granted(cell, fate);
        if fate == Fate::STAYS {
            return;
        }
        match fate.donor() {
            None => row[inputs.clone()].fill(0.0),
            Some(donor) => donors.rows.copy_to(donor * d + inputs.start, &mut row[inputs.clone()]),
        }
        struck[inputs].fill(true);
    });
}

/// The random numbers that a corruption uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CorruptionDraws {
    /// The seed of the network.
    pub seed: u64,
    /// Whether the numbers are for training or for evaluation.
    pub use_: CorruptionUse,
}

/// The use of a corruption. Training and evaluation never share a mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CorruptionUse {
    /// Numbers for training steps.
    Training,
    /// Numbers for evaluation.
    Evaluation,
}

impl CorruptionDraws {
    /// The random numbers of noise number `term`.
    #[must_use]
    pub fn term(self, term: u8) -> Draws {
        let purpose = match self.use_ {
            CorruptionUse::Training => Purpose::Corruption(term),
            CorruptionUse::Evaluation => Purpose::Evaluation(term),
        };
        Draws::new(self.seed, purpose)
    }
}

/// A standard normal number for component `j`: the pair of words `(u, v)` at `j − j mod 2` gives `√(−2 ln((u+1)/2³²))`
/// times cos (even `j`) or sin (odd `j`) of `2π v/2³²` (Box and Muller, 1958).
pub(crate) fn normal(draws: &SampleDraws, j: u32) -> f64 {
    let even = j & !1;
    let (u, v) = (draws.word(even), draws.word(even + 1));
    let radius = (-2.0 * ((f64::from(u) + 1.0) / 4_294_967_296.0).ln()).sqrt();
    let angle = std::f64::consts::TAU * f64::from(v) / 4_294_967_296.0;
    radius * if j == even { angle.cos() } else { angle.sin() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: CorruptionDraws = CorruptionDraws { seed: 11, use_: CorruptionUse::Training };

    fn corrupt(noises: &[Noise], epoch: u32, sample: u32, d: usize) -> (Vec<f32>, Vec<bool>) {
        let mut row: Vec<f32> = (0..d).map(|j| 0.5 + j as f32 / d as f32).collect();
        let mut struck = vec![false; d];
        corrupt_row(noises, SOURCE, (epoch, sample), Donors::NONE, (&mut row, &mut struck));
        (row, struck)
    }

    fn rate(noises: &[Noise]) -> f64 {
        let struck: usize =
            (0..100).map(|s| corrupt(noises, 0, s, 1000).1.iter().filter(|&&m| m).count()).sum();
        struck as f64 / 100_000.0
    }

    #[test]
    fn masking_rate_is_respected_and_survivors_are_unchanged() {
        for q in [0.0, 0.1, 0.25, 0.5, 1.0f64] {
            // Four standard errors of a share of 100,000 coin flips.
            let bound = 4.0 * (q * (1.0 - q) / 1e5).sqrt();
            assert!((rate(&[Noise::Masking { probability: q }]) - q).abs() <= bound, "q = {q}");
        }
        let clean = corrupt(&[], 0, 7, 1000).0;
        let (row, struck) = corrupt(&[Noise::Masking { probability: 0.4 }], 0, 7, 1000);
        for j in 0..1000 {
            assert_eq!(row[j].to_bits(), if struck[j] { 0 } else { clean[j].to_bits() });
        }
    }

    #[test]
    fn dropout_strikes_where_masking_does_and_keeps_the_mean() {
        let clean = corrupt(&[], 0, 7, 1000).0;
        let [masked, dropped] = [Noise::Masking { probability: 0.4 }, Noise::Dropout { probability: 0.4 }]
            .map(|noise| corrupt(&[noise], 0, 7, 1000));
        assert_eq!(masked.1, dropped.1);
        for (j, &clean) in clean.iter().enumerate() {
            assert_eq!(dropped.0[j], if dropped.1[j] { 0.0 } else { clean / 0.6 });
        }
        let sum = |values: &[f32]| values.iter().map(|&v| f64::from(v)).sum::<f64>();
        // Each component has variance x² q / (1 − q) about its clean value; four standard errors.
        let bound = 4.0 * (clean.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() * 0.4 / 0.6).sqrt();
        assert!((sum(&dropped.0) - sum(&clean)).abs() < bound);
    }

    #[test]
    fn gaussian_noise_strikes_every_component() {
        let noises = [Noise::Masking { probability: 0.1 }, Noise::Gaussian { deviation: 0.5 }];
        assert!(corrupt(&noises[1..], 0, 7, 100).1.iter().all(|&struck| struck));
        assert!(corrupt(&noises, 0, 7, 100).1.iter().all(|&struck| struck));
    }

    #[test]
    fn exact_masking_strikes_the_same_number_in_every_sample() {
        for (fraction, d, expected) in [(0.25, 784, 196), (0.5, 7, 4), (0.0, 9, 0), (1.0, 9, 9)] {
            for sample in 0..20 {
                let struck = corrupt(&[Noise::MaskingExact { fraction }], 3, sample, d).1;
                assert_eq!(struck.iter().filter(|&&m| m).count(), expected);
            }
        }
    }

    #[test]
    fn gaussian_noise_has_its_moments() {
        let noise = [Noise::Gaussian { deviation: 2.0 }];
        let clean = corrupt(&[], 0, 0, 1000).0;
        let z: Vec<f64> = (0..100)
            .flat_map(|s| {
                corrupt(&noise, 1, s, 1000)
                    .0
                    .into_iter()
                    .zip(clean.clone())
                    .map(|(a, b)| f64::from(a - b) / 2.0)
            })
            .collect();
        let n = z.len() as f64;
        let moment = |k: i32| z.iter().map(|z| z.powi(k)).sum::<f64>() / n;
        // Four standard errors of the first four moments of a normal number: variances 1, 2, 15, 96.
        for (k, expected, variance) in [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0f64)] {
            assert!((moment(k) - expected).abs() < 4.0 * (variance / n).sqrt(), "moment {k}: {}", moment(k));
        }
        // Both numbers of a pair share a radius but must be uncorrelated.
        let pairs: f64 = z.chunks(2).map(|p| p[0] * p[1]).sum::<f64>() / (n / 2.0);
        assert!(pairs.abs() < 4.0 / (n / 2.0).sqrt());
    }

    #[test]
    fn salt_and_pepper_is_a_fair_coin_at_the_given_rate() {
        let noise = [Noise::SaltAndPepper { probability: 0.2, low: -3.0, high: 9.0 }];
        let (mut low, mut high) = (0.0f64, 0.0f64);
        for sample in 0..100 {
            let (row, struck) = corrupt(&noise, 0, sample, 1000);
            for j in 0..1000 {
                match (struck[j], row[j]) {
                    (true, -3.0) => low += 1.0,
                    (true, 9.0) => high += 1.0,
                    (struck, value) => assert!(!struck && (0.5..1.5).contains(&value)),
                }
            }
        }
        assert!((low + high - 20_000.0).abs() < 4.0 * (1e5 * 0.2 * 0.8f64).sqrt());
        assert!((low - high).abs() < 4.0 * (low + high).sqrt());
    }

    #[test]
    fn masks_are_fresh_for_every_sample_epoch_term_and_use() {
        let q = Noise::Masking { probability: 0.5 };
        let base = corrupt(&[q], 0, 0, 256).1;
        assert_eq!(base, corrupt(&[q], 0, 0, 256).1);
        let mut evaluation = vec![false; 256];
        let source = CorruptionDraws { use_: CorruptionUse::Evaluation, ..SOURCE };
        corrupt_row(&[q], source, (0, 0), Donors::NONE, (&mut vec![1.0; 256], &mut evaluation));
        let second_term = corrupt(&[Noise::Masking { probability: 0.0 }, q], 0, 0, 256).1;
        for other in [corrupt(&[q], 1, 0, 256).1, corrupt(&[q], 0, 1, 256).1, evaluation, second_term] {
            let agreement = base.iter().zip(&other).filter(|(a, b)| a == b).count();
            // 256 independent fair coins agree in 128 ± 4·8 places.
            assert!((96..=160).contains(&agreement), "{agreement} of 256 agree");
        }
    }
}
