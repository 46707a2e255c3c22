//! A regressor: the encoders of a stack under a linear layer, trained through all layers to predict real values.
//!
//! ```text
//! code_k = s_k(W_k code_{k−1} + b_k)              k = 1 … L,  code_0 = x
//! ŷ      = μ + σ ∘ (V code_L + a)                 V is (k, h_L), a row for each target
//! ```
//!
//! Training is that of a [classifier](crate::Classifier), but lowers the squared distance of `V code_L + a` to the standardised
//! targets `(t − μ) / σ`. The means `μ` and standard deviations `σ` are those of the training samples of the first training; the
//! model keeps them. So predictions are in the units of the targets, and the choice of units changes nothing else. A target that
//! never changes has `σ` = 1.
//!
//! ```
//! use penstroke::data::{Part, Targets, strokes};
//! use penstroke::{AutoencoderConfig, Regressor, Run, Stack, SupervisedConfig};
//! // The amount of ink in a digit, in percent of the picture.
//! let digits = strokes::generate(0, Part::Train, 400)?;
//! let ink = digits.to_floats().chunks(784).map(|x| 100.0 * x.iter().sum::<f32>() / 784.0).collect();
//! let ink = Targets::new("ink", ink, 1)?;
//! let stack = Stack::fit(&[AutoencoderConfig { hidden: 50, ..Default::default() }.epochs(2)], &digits, &mut Run::new())?;
//! let config = SupervisedConfig::default().epochs(10).batch(20).learning_rate(0.005);
//! let regressor = Regressor::fit(&stack, &config, (&digits, &ink), None, &mut Run::new())?;
//! assert_eq!(regressor.predict(&digits)?.len(), 400);
//! assert!(regressor.score(&digits, &ink)?.r_squared[0] > Some(0.8));
//! # Ok::<(), penstroke::Error>(())
//! ```

use super::prediction::{Prediction, ValuePrediction};
use super::{Supervised, TrainingSet, weighted_mean};
use crate::config::SupervisedConfig;
use crate::data::{Samples, Targets};
use crate::eval::RegressionScore;
use crate::model::stack::Stack;
use crate::train::Run;
use crate::{Error, Result};

/// A network that predicts real values of a sample.
pub type Regressor = Supervised<ValuePrediction>;

impl Regressor {
    /// The encoders of `stack` with their weights, and an untrained linear layer for `n_targets` values.
    ///
    /// # Errors
    /// If the configuration is wrong, or there is no target.
    pub fn on(stack: &Stack, config: &SupervisedConfig, n_targets: usize) -> Result<Self> {
        if n_targets == 0 {
            return Err(Error::input("targets", "there are none; at least one is needed"));
        }
        let prediction = ValuePrediction { mean: vec![0.0; n_targets], deviation: vec![1.0; n_targets] };
        Self::with(stack, config, prediction)
    }

    /// Puts a linear layer on `stack` and trains the whole network on samples and their targets. The best epoch is chosen on
    /// `valid` or, without it, on a share of the samples that is set aside.
    ///
    /// # Errors
    /// As [`Regressor::on`] and [`Regressor::train`].
    pub fn fit(
        stack: &Stack,
        config: &SupervisedConfig,
        samples: (&dyn Samples, &Targets),
        valid: Option<(&dyn Samples, &Targets)>,
        run: &mut Run<'_>,
    ) -> Result<Self> {
        let mut regressor = Self::on(stack, config, samples.1.n_targets())?;
        regressor.train(samples, valid, run)?;
        Ok(regressor)
    }

    /// Trains on samples and their targets from the current weights; see [`Regressor::fit`]. If an observer stops the training,
    /// the best epoch until then is kept: the one with the lowest squared error of standardised predictions on the validation
    /// samples. Only epochs of this training are candidates, the weights it starts with are not.
    ///
    /// # Errors
    /// If targets are missing, samples or targets do not fit, or a loss or a weight becomes infinite or NaN; then the regressor is
    /// unchanged.
    pub fn train(
        &mut self,
        samples: (&dyn Samples, &Targets),
        valid: Option<(&dyn Samples, &Targets)>,
        run: &mut Run<'_>,
    ) -> Result<()> {
        for (data, targets) in [Some(samples), valid].into_iter().flatten() {
            targets.check_fits("targets", data.n_samples(), self.n_targets())?;
        }
        let (k, (data, targets)) = (self.n_targets(), samples);
        let arranged = self.arrange(data, valid.map(|(data, _)| data))?;
        let later = valid.map_or(&[][..], |(_, targets)| targets.values());
        let both = Targets::new("targets", [targets.values(), later].concat(), k)?;
        let targets = both.select(&arranged.order);
        let weights = match arranged.all.weights() {
            Some(weights) => arranged.normalised(weights)?,
            None => None,
        };
        let weights = weights.as_deref();
        let scale = match self.history().epochs_begun {
            0 => ValuePrediction::of(&targets.values()[..arranged.n_train * k], k, weights)?,
            // The weights were trained on this scale.
            _ => self.prediction.clone(),
        };
        let targets = scale.standardise(targets.values());
        check_units(&targets[..arranged.n_train * k], k)?;
        let truth = &targets[arranged.n_train * k..];
        let each = |weight: &f32| std::iter::repeat_n(*weight, k);
        let of_truth: Option<Vec<f32>> =
            weights.map(|weights| weights[arranged.n_train..].iter().flat_map(each).collect());
        let error = |predicted: &[f32]| {
            let squares = predicted.iter().zip(truth).map(|(y, t)| f64::from(y - t).powi(2));
            weighted_mean(squares, of_truth.as_deref())
        };
        let set = TrainingSet { samples: &arranged, targets: Some(&targets), weights, error: &error };
        self.train_on(&set, run)?;
        self.prediction = scale;
        Ok(())
    }

    /// The predicted values of each sample, `(n, k)`, in the units of the targets.
    ///
    /// # Errors
    /// If the samples do not fit or cannot be read.
    pub fn predict(&self, data: &dyn Samples) -> Result<Vec<f32>> {
        let mut values = self.outputs(data)?;
        self.prediction.to_units(&mut values);
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

    /// Number of values it predicts of a sample, `k`.
    #[must_use]
    pub fn n_targets(&self) -> usize {
        self.prediction.n_outputs()
    }
}

/// The allowed deviations: predictions, and their squares in reports, stay within single precision.
const SCALES: std::ops::RangeInclusive<f64> = 1e-30..=1e30;

/// A target may be this many deviations away from the mean; `n` standardised values stay within `√n`.
const FAR_OFF: f32 = 1e5;

/// Checks that targets are probably in the units of the first training.
fn check_units(standardised: &[f32], k: usize) -> Result<()> {
    match standardised.iter().position(|value| value.is_nan() || value.abs() > FAR_OFF) {
        None => Ok(()),
        Some(at) => {
            let problem = format!(
                "column {} (from 0) has values more than {FAR_OFF:e} deviations off the training targets; give them in \
                 the same units, or start from the stack",
                at % k
            );
            Err(Error::input("targets", problem))
        }
    }
}

impl ValuePrediction {
    /// Mean and standard deviation of targets `(n, k)`, of samples with these weights, whose mean is 1.
    ///
    /// # Errors
    /// If single precision cannot represent them well.
    fn of(targets: &[f32], k: usize, weights: Option<&[f32]>) -> Result<Self> {
        let n = (targets.len() / k) as f64;
        let (mut means, mut deviations) = (Vec::new(), Vec::new());
        for j in 0..k {
            let column = || targets.iter().skip(j).step_by(k).map(|&value| f64::from(value));
            let of = |at: usize| weights.map_or(1.0, |weights| f64::from(weights[at]));
            let mean = |values: &mut dyn Iterator<Item = f64>| {
                values.enumerate().map(|(at, value)| of(at) * value).sum::<f64>() / n
            };
            let middle = mean(&mut column());
            // Rounding of the mean would make equal values seem to vary.
            let deviation = match column().all(|value| value == f64::from(targets[j])) {
                true => 1.0,
                false => mean(&mut column().map(|value| (value - middle).powi(2))).sqrt(),
            };
            let refuse =
                |problem: String| Err(Error::input("targets", format!("column {j} (from 0) {problem}")));
            // The error of rounding to f32, half a unit in the last place, must be small against the deviation.
            if middle.abs() * f64::from(f32::EPSILON) / 2.0 > 1e-3 * deviation {
                return refuse(format!(
                    "varies by {deviation:.3e} about {middle:.3e}, too little for single precision; subtract a number near the mean first"
                ));
            }
            if !SCALES.contains(&deviation) {
                return refuse(format!(
                    "varies by {deviation:.3e}, outside of {:e} to {:e}; give it in other units",
                    SCALES.start(),
                    SCALES.end()
                ));
            }
            means.push(middle as f32);
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
#[path = "regressor_tests.rs"]
mod tests;
