//! Anomalies among pictures, and among other samples whose components have one unit.

use super::config::DetectorConfig;
use super::contamination::{Contamination, threshold};
use super::levels::{Levels, SCORED};
use super::pieces::in_pieces;
use super::training::{Trained, train_levels};
use super::usual::{Usual, Views};
use crate::data::{Samples, Values};
use crate::error::counted;
use crate::train::Run;
use crate::{Error, Result};
use std::ops::Range;

/// Most learned samples, evenly spaced, from which means, spreads and the distribution of scores are taken.
const USUAL: usize = 2000;

/// How errors name the samples.
const PLACE: &str = "samples";

/// Units of each hidden layer.
const HIDDEN: [usize; 3] = [256, 256, 256];

/// Learns what samples are like, and tells how unusual others are, pixel by pixel.
///
/// It sees samples at the levels of a [`Detector`](super::Detector), not pixel by pixel from the others, so anomalies are what is far
/// from the learned samples. All components have one scale: their deviation over all samples and components.
///
/// ```
/// use penstroke::anomaly::{DetectorConfig, SampleDetector};
/// use penstroke::data::{Part, strokes};
/// use penstroke::Run;
/// let digits = strokes::generate(0, Part::Train, 60)?;
/// let config = DetectorConfig { networks: 1, hidden: vec![16], steps: 20, ..SampleDetector::defaults() };
/// let detector = SampleDetector::fit(&config, &digits, &mut Run::new())?;
/// let (scores, pixels) = (detector.score(&digits)?, detector.explain(&digits, &[7])?);
/// // What pixels add makes the difference from the usual score.
/// let sum: f64 = pixels.iter().map(|&added| f64::from(added)).sum();
/// assert!((1.0 + sum - scores[7]).abs() < 1e-4);
/// # Ok::<(), penstroke::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SampleDetector {
    config: DetectorConfig,
    means: Vec<f32>,
    deviation: f32,
    levels: Vec<Trained>,
    usual: Usual,
    /// For each level the mean error of each component.
    component_means: Vec<Vec<f64>>,
}

impl SampleDetector {
    /// The default configuration: that of tables, with wider hidden layers.
    #[must_use]
    pub fn defaults() -> DetectorConfig {
        DetectorConfig { hidden: HIDDEN.to_vec(), ..DetectorConfig::default() }
    }

    /// Trains on samples. If some of them are anomalies, the default [`trim`](DetectorConfig::trim) keeps the networks from learning
    /// them; if all are known to be normal, use 0.
    ///
    /// # Errors
    /// If an option is out of range, there are fewer than [`DetectorConfig::fewest_rows`] samples, all are equal, they cannot be read, or
    /// training fails.
    pub fn fit(config: &DetectorConfig, data: &dyn Samples, run: &mut Run<'_>) -> Result<Self> {
        config.check()?;
        let (n, d) = (data.n_samples(), data.n_visible());
        if n < config.fewest_rows {
            let problem =
                format!("{}; at least {} are needed to learn from", counted(n, "sample"), config.fewest_rows);
            return Err(Error::input(PLACE, problem));
        }
        Error::room(n.saturating_mul(d), || "the samples take".into())?;
        let mut values = floats(data, &(0..n as u32).collect::<Vec<_>>())?;
        let (means, deviation) = scale(&values, d);
        let largest = means.iter().fold(0.0f32, |largest, mean| largest.max(mean.abs()));
        if deviation <= 1e-6 * largest {
            return Err(Error::input(PLACE, "all samples are equal, so nothing can be learned"));
        }
        standardise(&mut values, &means, deviation);
        let levels = train_levels(config, PLACE, (&values, None), d, run)?;
        let config = config.clone();
        let usual = Usual::default();
        let mut detector = Self { config, means, deviation, levels, usual, component_means: Vec::new() };
        let n_usual = n.min(USUAL);
        let some: Vec<f32> =
            (0..n_usual).flat_map(|k| values[k * n / n_usual * d..][..d].iter().copied()).collect();
        drop(values);
        detector.component_means = detector.learn_component_means(&some)?;
        let errors = detector.errors(Input::Standardised(some))?;
        let views: Vec<&[f32]> = errors.iter().map(Vec::as_slice).collect();
        detector.usual =
            Usual::learn(&Views { errors: views, observed: &vec![true; n_usual], n_columns: 1 }, &[]);
        Ok(detector)
    }

    /// The score of each sample: near 1 for usual ones, larger for unusual ones. It depends on the sample alone.
    ///
    /// # Errors
    /// If samples have another size or cannot be read, or work is [stopped](crate::interrupt).
    pub fn score(&self, data: &dyn Samples) -> Result<Vec<f64>> {
        self.check(data)?;
        let errors = self.errors(Input::Samples(data))?;
        let errors: Vec<&[f32]> = errors.iter().map(Vec::as_slice).collect();
        Ok(self.usual.score(&Views { errors, observed: &vec![true; data.n_samples()], n_columns: 1 }))
    }

    /// What each component of some samples adds to their scores, beyond what it adds for the learned samples on average, `(samples, d)`. The
    /// sum over a sample is its score − 1.
    ///
    /// # Errors
    /// As [`SampleDetector::score`].
    pub fn explain(&self, data: &dyn Samples, samples: &[u32]) -> Result<Vec<f32>> {
        self.check(data)?;
        let (d, opened) = (self.means.len(), self.open()?);
        let each: Vec<Range<usize>> = (0..d).map(|at| at..at + 1).collect();
        let pieces = in_pieces(self.config.threads, (samples.len(), d), |piece| {
            let values = self.standardised(data, &samples[piece])?;
            let errors = opened.errors(&values, &each);
            let mut added = vec![0.0; values.len()];
            let views = errors.chunks_exact(values.len()).zip(&self.component_means).zip(&self.usual.means);
            for (((errors, means), whole), weight) in views.zip(&self.usual.weights) {
                let factor = weight / whole[0].max(f64::MIN_POSITIVE);
                for (added, errors) in added.chunks_exact_mut(d).zip(errors.chunks_exact(d)) {
                    for ((added, error), mean) in added.iter_mut().zip(errors).zip(means) {
                        *added += (factor * (f64::from(*error) - mean)) as f32;
                    }
                }
            }
            Ok(added)
        });
        Ok(pieces?.concat())
    }

    /// The share of the learned samples with a larger score, in `0..=1`.
    pub fn share_above(&self, score: f64) -> f64 {
        self.usual.share_above(score)
    }

    /// The score above which a sample counts as an anomaly.
    ///
    /// # Errors
    /// If a share is out of range.
    pub fn threshold(&self, contamination: Contamination) -> Result<f64> {
        threshold(&self.usual.scores, contamination)
    }

    fn check(&self, data: &dyn Samples) -> Result<()> {
        let (own, other) = (self.means.len(), data.n_visible());
        if own == other {
            return Ok(());
        }
        let problem =
            format!("samples of {}, but the detector learned samples of {own}", counted(other, "value"));
        Err(Error::input(PLACE, problem))
    }

    /// For each level the mean error of each component over standardised samples.
    fn learn_component_means(&self, values: &[f32]) -> Result<Vec<Vec<f64>>> {
        let (d, opened) = (self.means.len(), self.open()?);
        let each: Vec<Range<usize>> = (0..d).map(|at| at..at + 1).collect();
        let n = values.len() / d;
        let sums = in_pieces(self.config.threads, (n, d), |rows| {
            let errors = opened.errors(&values[rows.start * d..rows.end * d], &each);
            let of_level = errors.chunks_exact(rows.len() * d).map(|errors| {
                let mut sums = vec![0.0; d];
                for row in errors.chunks_exact(d) {
                    sums.iter_mut().zip(row).for_each(|(sum, error)| *sum += f64::from(*error));
                }
                sums
            });
            Ok(of_level.collect::<Vec<_>>())
        })?;
        let mean = |level: usize, at: usize| sums.iter().map(|sums| sums[level][at]).sum::<f64>() / n as f64;
        Ok((0..SCORED.len()).map(|level| (0..d).map(|at| mean(level, at)).collect()).collect())
    }

    fn open(&self) -> Result<Levels> {
        Levels::open(&self.config, self.means.len(), &self.levels)
    }

    fn standardised(&self, data: &dyn Samples, samples: &[u32]) -> Result<Vec<f32>> {
        let mut values = floats(data, samples)?;
        standardise(&mut values, &self.means, self.deviation);
        Ok(values)
    }

    /// The error of each sample at each level.
    fn errors(&self, input: Input<'_>) -> Result<Vec<Vec<f32>>> {
        let (d, opened) = (self.means.len(), self.open()?);
        let whole = std::iter::once(0..d).collect::<Vec<_>>();
        let n = match &input {
            Input::Standardised(values) => values.len() / d,
            Input::Samples(data) => data.n_samples(),
        };
        let pieces = in_pieces(self.config.threads, (n, d), |rows| match &input {
            Input::Standardised(values) => Ok(opened.errors(&values[rows.start * d..rows.end * d], &whole)),
            Input::Samples(data) => {
                let rows: Vec<u32> = (rows.start as u32..rows.end as u32).collect();
                Ok(opened.errors(&self.standardised(*data, &rows)?, &whole))
            }
        })?;
        let n_levels = SCORED.len();
        let of_level = |level: usize| {
            let piece = |piece: &Vec<f32>| {
                let n = piece.len() / n_levels;
                piece[level * n..(level + 1) * n].to_vec()
            };
            pieces.iter().flat_map(piece).collect()
        };
        Ok((0..n_levels).map(of_level).collect())
    }
}

enum Input<'a> {
    Standardised(Vec<f32>),
    Samples(&'a dyn Samples),
}

fn floats(data: &dyn Samples, samples: &[u32]) -> Result<Vec<f32>> {
    let mut values = Values::Floats(Vec::new());
    data.read(samples, &mut values)?;
    Ok(values.rows().to_floats())
}

/// The mean of each component, and the deviation of all about them.
fn scale(values: &[f32], d: usize) -> (Vec<f32>, f32) {
    let n = (values.len() / d.max(1)).max(1) as f64;
    let mut means = vec![0.0f64; d];
    for row in values.chunks_exact(d) {
        means.iter_mut().zip(row).for_each(|(mean, value)| *mean += f64::from(*value) / n);
    }
    let squares = values.chunks_exact(d).flat_map(|row| row.iter().zip(&means));
    let sum: f64 = squares.map(|(value, mean)| (f64::from(*value) - mean).powi(2)).sum();
    (means.iter().map(|&mean| mean as f32).collect(), (sum / values.len().max(1) as f64).sqrt() as f32)
}

fn standardise(values: &mut [f32], means: &[f32], deviation: f32) {
    for row in values.chunks_exact_mut(means.len()) {
        row.iter_mut()
            .zip(means)
            .for_each(|(value, mean)| *value = ((*value - mean) / deviation).clamp(-1e9, 1e9));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Dataset, Part, strokes};

    fn quick() -> DetectorConfig {
        DetectorConfig {
            networks: 1,
            hidden: vec![48, 48],
            steps: 300,
            trim: 0.0,
            ..SampleDetector::defaults()
        }
    }

    #[test]
    fn a_blot_is_found_and_shown_where_it_is() {
        let digits = strokes::generate(0, Part::Train, 400).unwrap();
        let detector = SampleDetector::fit(&quick(), &digits, &mut Run::new()).unwrap();
        // A blot of 6 × 6 pixels in a corner, in the first of twenty other digits.
        let others = strokes::generate(0, Part::Test, 20).unwrap();
        let mut values = others.to_floats();
        let is_blot = |pixel: usize| pixel / 28 < 6 && pixel % 28 < 6;
        (0..784).filter(|&pixel| is_blot(pixel)).for_each(|pixel| values[pixel] = 1.0);
        let blotted = Dataset::new("blotted", Values::Floats(values), 784).unwrap();
        let scores = detector.score(&blotted).unwrap();
        assert!(scores[1..].iter().all(|&score| score < scores[0]), "{scores:?}");
        assert!(detector.share_above(scores[0]) < 0.05);
        assert!(scores[0] > detector.threshold(Contamination::Share(0.05)).unwrap());
        let pixels = detector.explain(&blotted, &[0]).unwrap();
        let mean = |in_blot: bool| {
            let chosen: Vec<f32> =
                (0..784).filter(|&at| is_blot(at) == in_blot).map(|at| pixels[at]).collect();
            chosen.iter().sum::<f32>() / chosen.len() as f32
        };
        assert!(mean(true) > 3.0 * mean(false), "{} {}", mean(true), mean(false));
        // Alone it has the same score.
        let alone = Dataset::new("one", Values::Floats(blotted.to_floats()[..784].to_vec()), 784).unwrap();
        assert_eq!(detector.score(&alone).unwrap(), scores[..1]);
    }

    #[test]
    fn threads_change_no_bit() {
        let digits = strokes::generate(0, Part::Train, 300).unwrap();
        let scores = [1, 3].map(|threads| {
            let config = DetectorConfig { threads, networks: 2, hidden: vec![16], steps: 40, ..quick() };
            SampleDetector::fit(&config, &digits, &mut Run::new()).unwrap().score(&digits).unwrap()
        });
        assert_eq!(scores[0], scores[1]);
    }

    #[test]
    fn samples_that_cannot_be_learned_or_scored_are_refused() {
        let of = |n: usize, d: usize, value: f32| {
            let values = (0..n * d).map(|at| value * at as f32).collect();
            Dataset::new("x", Values::Floats(values), d).unwrap()
        };
        let fit = |data: &Dataset| SampleDetector::fit(&quick(), data, &mut Run::new());
        let refused = |data: &Dataset| fit(data).unwrap_err().to_string();
        assert_eq!(refused(&of(19, 3, 1.0)), "samples: 19 samples; at least 20 are needed to learn from");
        assert_eq!(refused(&of(30, 3, 0.0)), "samples: all samples are equal, so nothing can be learned");
        let wrong = fit(&of(30, 3, 1.0)).unwrap().score(&of(30, 4, 1.0)).unwrap_err().to_string();
        assert_eq!(wrong, "samples: samples of 4 values, but the detector learned samples of 3");
    }
}
