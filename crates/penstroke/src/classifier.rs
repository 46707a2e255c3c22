//! A classifier: the encoders of a stack under a softmax layer, trained all through.
//!
//! ```text
//! code_k = s_k(W_k code_{k−1} + b_k)              k = 1 … L,  code_0 = x
//! p      = softmax(V code_L + a)                  V is (K, h_L), one row a class
//! ```
//!
//! Fine-tuning (Vincent et al. 2010, section 3.4) begins with the weights that a stack has learned without labels, and
//! lowers `−ln p[label]` by all weights; the same from a stack's initial weights is training from scratch. Samples that are
//! set aside choose the epoch whose weights are kept.
//!
//! ```
//! use penstroke::data::{Part, strokes};
//! use penstroke::{Classifier, AutoencoderConfig, SupervisedConfig, Silent, Stack};
//! let digits = strokes::generate(0, Part::Train, 400)?;
//! let stack = Stack::fit(&[AutoencoderConfig { hidden: 50, ..Default::default() }.epochs(2)], &digits, &mut Silent)?;
//! let config = SupervisedConfig::default().epochs(10).learning_rate(0.005);
//! let classifier = Classifier::fit(&stack, &config, &digits, None, &mut Silent)?;
//! assert_eq!(classifier.probabilities(&digits)?.len(), 400 * 10);
//! assert!(classifier.error_rate(&digits)?.share() < 0.3);
//! # Ok::<(), penstroke::Error>(())
//! ```

use crate::data::{ImageShape, Preparation, Samples};
use crate::eval::ErrorRate;
use crate::train::History;
use crate::tuned::{Top, TrainingSet, Tuned, tuned_face};
use crate::{Error, Observer, Result, Stack, SupervisedConfig};
use penstroke_engine::Description;

/// A network that names the class of a sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Classifier {
    pub(crate) tuned: Tuned,
}

tuned_face!(Classifier);

impl Classifier {
    /// One with the encoders of `stack` as they are and an untrained softmax layer on top.
    ///
    /// # Errors
    /// If the configuration is wrong, or there are fewer than two classes.
    pub fn on(stack: &Stack, config: &SupervisedConfig, n_classes: usize) -> Result<Self> {
        config.check()?;
        if n_classes < 2 {
            return Err(Error::input("labels", format!("{n_classes} classes; at least two are needed")));
        }
        Ok(Self { tuned: Tuned::on(stack, config, Top::Classes(n_classes))? })
    }

    /// Puts a softmax layer on `stack` and trains it all through on labelled `data`. The best epoch is chosen on `valid`, or
    /// without it on a share of `data` that is set aside.
    ///
    /// # Errors
    /// As [`Classifier::on`] and [`Classifier::train`].
    pub fn fit(
        stack: &Stack,
        config: &SupervisedConfig,
        data: &dyn Samples,
        valid: Option<&dyn Samples>,
        observer: &mut dyn Observer,
    ) -> Result<Self> {
        let n_classes = valid.map_or(0, |valid| valid.n_classes()).max(data.n_classes());
        let mut classifier = Self::on(stack, config, n_classes)?;
        classifier.train(data, valid, observer)?;
        Ok(classifier)
    }

    /// Trains on labelled `data`, on from the weights as they are; see [`Classifier::fit`]. An observer may stop it; the
    /// best epoch until then is kept. It is chosen among the epochs of this training: the weights that it began with, those
    /// of an earlier one perhaps, are no candidate.
    ///
    /// # Errors
    /// If there are no labels, a label is not a class, or samples do not fit, or a loss or a weight leaves the finite
    /// numbers; the classifier is then unchanged.
    pub fn train(
        &mut self,
        data: &dyn Samples,
        valid: Option<&dyn Samples>,
        observer: &mut dyn Observer,
    ) -> Result<()> {
        for data in [Some(data), valid].into_iter().flatten() {
            self.labels(data)?;
        }
        let samples = self.tuned.arrange(data, valid)?;
        let truth = &self.labels(&samples.all)?[samples.n_train..];
        let n_classes = self.n_classes();
        let error = |probabilities: &[f32]| {
            let wrong = argmax(probabilities, n_classes).zip(truth).filter(|(class, truth)| class != *truth);
            wrong.count() as f64 / truth.len().max(1) as f64
        };
        self.tuned.train(&TrainingSet { samples: &samples, targets: None, error: &error }, observer)?;
        self.tuned.preparation.learn_labels(data.preparation());
        Ok(())
    }

    /// Chooses how [`Classifier::train`] goes on.
    ///
    /// # Errors
    /// If the configuration is wrong.
    pub fn set_config(&mut self, config: &SupervisedConfig) -> Result<()> {
        config.check()?;
        self.tuned.config = config.clone();
        Ok(())
    }

    /// Probabilities of the classes, `(n, K)`; every row sums to 1.
    ///
    /// # Errors
    /// If samples do not have the model's number of components.
    pub fn probabilities(&self, data: &dyn Samples) -> Result<Vec<f32>> {
        self.tuned.outputs(data)
    }

    /// The most probable class of every sample, `(n)`; of equals the first.
    ///
    /// # Errors
    /// If samples do not have the model's number of components.
    pub fn predict(&self, data: &dyn Samples) -> Result<Vec<u32>> {
        Ok(argmax(&self.probabilities(data)?, self.n_classes()).collect())
    }

    /// How many of labelled samples it gets wrong.
    ///
    /// # Errors
    /// If there are no labels, or samples do not have the model's number of components.
    pub fn error_rate(&self, data: &dyn Samples) -> Result<ErrorRate> {
        let truth = data.labels().ok_or_else(no_labels)?;
        let predicted = self.predict(data)?;
        let errors = predicted.iter().zip(truth).filter(|(predicted, truth)| predicted != truth).count();
        Ok(ErrorRate { errors, n: truth.len() })
    }

    /// The labels of samples to learn from.
    fn labels<'a>(&self, data: &'a dyn Samples) -> Result<&'a [u32]> {
        let labels = data.labels().ok_or_else(no_labels)?;
        match labels.iter().find(|&&label| label as usize >= self.n_classes()) {
            None => Ok(labels),
            Some(label) => Err(Error::input(
                "labels",
                format!(
                    "class {label} of a model of {} classes; begin with the stack instead",
                    self.n_classes()
                ),
            )),
        }
    }

    /// How many classes, `K`.
    #[must_use]
    pub fn n_classes(&self) -> usize {
        self.tuned.top.n_outputs()
    }
}

fn no_labels() -> Error {
    Error::input("data", "has no labels; a classifier needs one for every sample")
}

/// The most probable class of every row of `probabilities`, `(n, K)`; of equals the first.
pub fn argmax(probabilities: &[f32], n_classes: usize) -> impl Iterator<Item = u32> {
    probabilities.chunks_exact(n_classes).map(|row| {
        let mut best = 0;
        for (class, &p) in row.iter().enumerate() {
            if p > row[best] {
                best = class;
            }
        }
        best as u32
    })
}

#[cfg(test)]
mod tests;
