//! A regressor: the encoders of a stack under a linear layer, trained all through to predict real values.
//!
//! ```text
//! code_k = s_k(W_k code_{k−1} + b_k)              k = 1 … L,  code_0 = x
//! ŷ      = μ + σ ∘ (V code_L + a)                 V is (k, h_L), one row a target
//! ```
//!
//! It is fine-tuned as a [classifier](crate::Classifier) is, but lowers the squared distance of `V code_L + a` to the
//! standardised targets, `(t − μ) / σ`, by all weights. Mean `μ` and standard deviation `σ` are those of the samples that the
//! first training learns from, and belong to the model: predictions are in the targets' units, and which units these are
//! changes nothing else. A target that never changes has `σ` = 1.
//!
//! ```
//! use penstroke::data::{Part, Targets, strokes};
//! use penstroke::{AutoencoderConfig, SupervisedConfig, Regressor, Silent, Stack};
//! // How much ink there is in a digit, in percent of the picture.
//! let digits = strokes::generate(0, Part::Train, 400)?;
//! let ink = digits.to_floats().chunks(784).map(|x| 100.0 * x.iter().sum::<f32>() / 784.0).collect();
//! let ink = Targets::new("ink", ink, 1)?;
//! let stack = Stack::fit(&[AutoencoderConfig { hidden: 50, ..Default::default() }.epochs(2)], &digits, &mut Silent)?;
//! let config = SupervisedConfig::default().epochs(10).batch(20).learning_rate(0.005);
//! let regressor = Regressor::fit(&stack, &config, (&digits, &ink), None, &mut Silent)?;
//! assert_eq!(regressor.predict(&digits)?.len(), 400);
//! assert!(regressor.score(&digits, &ink)?.r_squared[0] > Some(0.8));
//! # Ok::<(), penstroke::Error>(())
//! ```

use crate::data::{ImageShape, Preparation, Samples, Targets};
use crate::eval::RegressionScore;
use crate::train::History;
use crate::tuned::{Top, TrainingSet, Tuned, tuned_face};
use crate::{Error, Observer, Result, Stack, SupervisedConfig};
use penstroke_engine::Description;

/// A network that predicts real values of a sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Regressor {
    pub(crate) tuned: Tuned,
    pub(crate) scale: Scale,
}

tuned_face!(Regressor);

impl Regressor {
    /// One with the encoders of `stack` as they are and an untrained linear layer of `n_targets` values on top.
    ///
    /// # Errors
    /// If the configuration is wrong, or there is no target.
    pub fn on(stack: &Stack, config: &SupervisedConfig, n_targets: usize) -> Result<Self> {
        check(config)?;
        if n_targets == 0 {
            return Err(Error::input("targets", "there are none; at least one is needed"));
        }
        let scale = Scale { mean: vec![0.0; n_targets], deviation: vec![1.0; n_targets] };
        Ok(Self { tuned: Tuned::on(stack, config, Top::Values(n_targets))?, scale })
    }

    /// Puts a linear layer on `stack` and trains it all through on samples and their targets. The best epoch is chosen on
    /// `valid`, or without it on a share of the samples that is set aside.
    ///
    /// # Errors
    /// As [`Regressor::on`] and [`Regressor::train`].
    pub fn fit(
        stack: &Stack,
        config: &SupervisedConfig,
        samples: (&dyn Samples, &Targets),
        valid: Option<(&dyn Samples, &Targets)>,
        observer: &mut dyn Observer,
    ) -> Result<Self> {
        let mut regressor = Self::on(stack, config, samples.1.n_targets())?;
        regressor.train(samples, valid, observer)?;
        Ok(regressor)
    }

    /// Trains on samples and their targets, on from the weights as they are; see [`Regressor::fit`]. An observer may stop it;
    /// the best epoch until then is kept, that of the lowest squared error of standardised predictions on the samples that
    /// choose. It is chosen among the epochs of this training: the weights that it began with are no candidate.
    ///
    /// # Errors
    /// If targets are missing, or samples or targets do not fit, or a loss or a weight leaves the finite numbers; the regressor
    /// is then unchanged.
    pub fn train(
        &mut self,
        samples: (&dyn Samples, &Targets),
        valid: Option<(&dyn Samples, &Targets)>,
        observer: &mut dyn Observer,
    ) -> Result<()> {
        for (data, targets) in [Some(samples), valid].into_iter().flatten() {
            targets.check_fits("targets", data.n_samples(), self.n_targets())?;
        }
        let (k, (data, targets)) = (self.n_targets(), samples);
        let arranged = self.tuned.arrange(data, valid.map(|(data, _)| data))?;
        let later = valid.map_or(&[][..], |(_, targets)| targets.values());
        let both = Targets::new("targets", [targets.values(), later].concat(), k)?;
        let targets = both.select(&arranged.order);
        let learned_from = &targets.values()[..arranged.n_train * k];
        let scale = match self.history().epochs_begun {
            0 => Scale::of(learned_from, k)?,
            // What is learned already is learned on this scale.
            _ => self.scale.clone(),
        };
        let targets = scale.standardise(targets.values());
        check_units(&targets[..arranged.n_train * k], k)?;
        let truth = &targets[arranged.n_train * k..];
        let error = |predicted: &[f32]| {
            let squares = predicted.iter().zip(truth).map(|(y, t)| f64::from(y - t).powi(2));
            squares.sum::<f64>() / truth.len().max(1) as f64
        };
        self.tuned
            .train(&TrainingSet { samples: &arranged, targets: Some(&targets), error: &error }, observer)?;
        self.scale = scale;
        Ok(())
    }

    /// Chooses how [`Regressor::train`] goes on.
    ///
    /// # Errors
    /// If the configuration is wrong.
    pub fn set_config(&mut self, config: &SupervisedConfig) -> Result<()> {
        check(config)?;
        self.tuned.config = config.clone();
        Ok(())
    }

    /// The predicted values of every sample, `(n, k)`, in the units of the targets.
    ///
    /// # Errors
    /// If samples do not have the model's number of components.
    pub fn predict(&self, data: &dyn Samples) -> Result<Vec<f32>> {
        let mut values = self.tuned.outputs(data)?;
        self.scale.to_units(&mut values);
        Ok(values)
    }

    /// How far its predictions are from the targets.
    ///
    /// # Errors
    /// If samples or targets do not fit.
    pub fn score(&self, data: &dyn Samples, targets: &Targets) -> Result<RegressionScore> {
        targets.check_fits("targets", data.n_samples(), self.n_targets())?;
        RegressionScore::of(&self.predict(data)?, targets)
    }

    /// How many values it predicts of a sample, `k`.
    #[must_use]
    pub fn n_targets(&self) -> usize {
        self.tuned.top.n_outputs()
    }
}

/// A configuration for values: classes alone have a share of the target to divide.
pub(crate) fn check(config: &SupervisedConfig) -> Result<()> {
    config.check()?;
    if config.label_smoothing == 0.0 {
        return Ok(());
    }
    let problem = format!("{} is for classes, real values have none; leave it out", config.label_smoothing);
    Err(Error::option("label_smoothing", problem))
}

/// The deviations that are taken: what is predicted stays within single precision, and so do its squares in reports.
const SCALES: std::ops::RangeInclusive<f64> = 1e-30..=1e30;

/// How many deviations off the mean a target may be; of `n` standardised values none is further off than `√n`.
const FAR_OFF: f32 = 1e5;

/// Whether standardised targets are in the units that the scale was learned in, as far as can be told.
fn check_units(standardised: &[f32], k: usize) -> Result<()> {
    match standardised.iter().position(|value| value.is_nan() || value.abs() > FAR_OFF) {
        None => Ok(()),
        Some(at) => {
            let problem = format!(
                "column {} (from 0) has values more than {FAR_OFF:e} deviations off the training targets; give them in \
                 the same units, or begin with the stack",
                at % k
            );
            Err(Error::input("targets", problem))
        }
    }
}

/// Mean and standard deviation of every target.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scale {
    pub(crate) mean: Vec<f32>,
    /// Above 0.
    pub(crate) deviation: Vec<f32>,
}

impl Scale {
    /// Of targets `(n, k)`.
    ///
    /// # Errors
    /// If single precision does not hold them well.
    fn of(targets: &[f32], k: usize) -> Result<Self> {
        let n = (targets.len() / k) as f64;
        let (mut means, mut deviations) = (Vec::new(), Vec::new());
        for j in 0..k {
            let column = || targets.iter().skip(j).step_by(k).map(|&value| f64::from(value));
            let mean = column().sum::<f64>() / n;
            // The mean of equal values may be rounded, so that they seem to vary.
            let deviation = match column().all(|value| value == f64::from(targets[j])) {
                true => 1.0,
                false => (column().map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt(),
            };
            let refuse =
                |problem: String| Err(Error::input("targets", format!("column {j} (from 0) {problem}")));
            // What rounding to f32 adds to a value, half a unit in the last place, against what is to be learned.
            if mean.abs() * f64::from(f32::EPSILON) / 2.0 > 1e-3 * deviation {
                return refuse(format!(
                    "varies by {deviation:.3e} about {mean:.3e}, which single precision holds too coarsely; take a number near \
                     the mean off first"
                ));
            }
            if !SCALES.contains(&deviation) {
                return refuse(format!(
                    "varies by {deviation:.3e}, outside of {:e} to {:e}; give it in other units",
                    SCALES.start(),
                    SCALES.end()
                ));
            }
            means.push(mean as f32);
            deviations.push(deviation as f32);
        }
        Ok(Self { mean: means, deviation: deviations })
    }

    fn each(&self, values: &mut [f32], change: impl Fn(f64, f64, f64) -> f64) {
        for row in values.chunks_exact_mut(self.mean.len()) {
            for ((value, &mean), &deviation) in row.iter_mut().zip(&self.mean).zip(&self.deviation) {
                *value = change(f64::from(*value), f64::from(mean), f64::from(deviation)) as f32;
            }
        }
    }

    fn standardise(&self, values: &[f32]) -> Vec<f32> {
        let mut values = values.to_vec();
        self.each(&mut values, |value, mean, deviation| (value - mean) / deviation);
        values
    }

    fn to_units(&self, values: &mut [f32]) {
        self.each(values, |value, mean, deviation| mean + deviation * value);
    }
}

#[cfg(test)]
mod tests;
