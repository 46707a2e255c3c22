//! A classifier: the encoders of a stack under a softmax layer, trained through all layers.
//!
//! ```text
//! code_k = s_k(W_k code_{k−1} + b_k)              k = 1 … L,  code_0 = x
//! p      = softmax(V code_L + a)                  V is (K, h_L), a row for each class
//! ```
//!
//! Samples and classes may have weights ([`Selection::with_weights`](crate::data::Selection::with_weights),
//! [`SupervisedConfig::class_weight`]), which multiply; the loss is then `Σ_i w_i ℓ_i / Σ_i w_i`, and the validation error is
//! weighted alike.
//!
//! Fine-tuning (Vincent et al. 2010, section 3.4) starts with the weights that a stack has learned without labels, and lowers
//! `−ln p[label]` by changing all weights. Starting from a stack's initial
//! weights instead is training from scratch. Validation samples
//! choose the epoch whose weights are kept.
//!
//! ```
//! use penstroke::data::{Part, strokes};
//! use penstroke::{AutoencoderConfig, Classifier, Run, Stack, SupervisedConfig};
//! let digits = strokes::generate(0, Part::Train, 400)?;
//! let stack = Stack::fit(&[AutoencoderConfig { hidden: 50, ..Default::default() }.epochs(2)], &digits, &mut Run::new())?;
//! let config = SupervisedConfig::default().epochs(10).learning_rate(0.005);
//! let classifier = Classifier::fit(&stack, &config, &digits, None, &mut Run::new())?;
//! assert_eq!(classifier.probabilities(&digits)?.len(), 400 * 10);
//! assert!(classifier.error_rate(&digits)?.share() < 0.3);
//! # Ok::<(), penstroke::Error>(())
//! ```

use super::prediction::{ClassPrediction, Prediction};
use super::{Arranged, Supervised, TrainingSet, weighted_mean};
use crate::config::SupervisedConfig;
use crate::data::Samples;
use crate::error::counted;
use crate::eval::ErrorRate;
use crate::model::applied::{check_fits, outputs};
use crate::model::interface::Model;
use crate::model::stack::Stack;
use crate::train::{Device, Run};
use crate::{Activation, Error, Result};
use std::sync::Arc;

/// A network that predicts the class of a sample.
pub type Classifier = Supervised<ClassPrediction>;

impl Classifier {
    /// The encoders of `stack` with their weights, and an untrained softmax layer for `n_classes` classes.
    ///
    /// # Errors
    /// If the configuration is wrong, or there are fewer than two classes.
    pub fn on(stack: &Stack, config: &SupervisedConfig, n_classes: usize) -> Result<Self> {
        if n_classes < 2 {
            return Err(Error::input(
                "labels",
                format!("{}; at least two are needed", counted(n_classes, "class")),
            ));
        }
        Self::with(stack, config, ClassPrediction { n_classes })
    }

    /// Puts a softmax layer on `stack` and trains the whole network on labelled `data`. The best epoch is chosen on `valid` or,
    /// without it, on a share of `data` that is set aside.
    ///
    /// # Errors
    /// As [`Classifier::on`] and [`Classifier::train`].
    pub fn fit(
        stack: &Stack,
        config: &SupervisedConfig,
        data: &dyn Samples,
        valid: Option<&dyn Samples>,
        run: &mut Run<'_>,
    ) -> Result<Self> {
        let n_classes = valid.map_or(0, |valid| valid.n_classes()).max(data.n_classes());
        let mut classifier = Self::on(stack, config, n_classes)?;
        classifier.train(data, valid, run)?;
        Ok(classifier)
    }

    /// Trains on labelled `data` from the current weights; see [`Classifier::fit`]. If an observer stops the training, the best
    /// epoch until then is kept. Only epochs of this training are candidates, the weights it starts with are not.
    ///
    /// # Errors
    /// If there are no labels, a label is not a class of the model, samples do not fit, or a loss or a weight becomes infinite or
    /// NaN; then the classifier is unchanged.
    pub fn train(
        &mut self,
        data: &dyn Samples,
        valid: Option<&dyn Samples>,
        run: &mut Run<'_>,
    ) -> Result<()> {
        for data in [Some(data), valid].into_iter().flatten() {
            self.labels(data)?;
        }
        let samples = self.arrange(data, valid)?;
        let weights = self.weights(&samples)?;
        let weights = weights.as_deref();
        let truth = &self.labels(&samples.all)?[samples.n_train..];
        let n_classes = self.n_classes();
        let error = |probabilities: &[f32]| {
            let predicted: Vec<u32> = argmax(probabilities, n_classes).collect();
            let wrong = predicted.iter().zip(truth).map(|(class, truth)| f64::from(class != truth));
            weighted_mean(wrong, weights.map(|weights| &weights[samples.n_train..]))
        };
        self.train_on(&TrainingSet { samples: &samples, targets: None, weights, error: &error }, run)?;
        self.input.preparation.learn_labels(data.preparation());
        Ok(())
    }

    /// The probabilities of the classes, `(n, K)`; every row sums to 1.
    ///
    /// # Errors
    /// If the samples do not fit or cannot be read.
    pub fn probabilities(&self, data: &dyn Samples) -> Result<Vec<f32>> {
        self.outputs(data)
    }

    /// The logits of the classes, `(n, K)`: the values of which [`Classifier::probabilities`] are the softmax.
    ///
    /// # Errors
    /// If the samples do not fit or cannot be read.
    pub fn logits(&self, data: &dyn Samples) -> Result<Vec<f32>> {
        check_fits(data, self.n_visible())?;
        let mut network = self.network();
        if let Some(last) = network.layers.last_mut() {
            last.activation = Activation::Linear;
        }
        let n_layers = network.layers.len();
        let engine = Device::of(&self.config.training).apply(network, Arc::clone(&self.parameters))?;
        outputs(&*engine, data, 0..n_layers)
    }

    /// The most probable class of each sample, `(n)`; the first of equally probable ones.
    ///
    /// # Errors
    /// If the samples do not fit or cannot be read.
    pub fn predict(&self, data: &dyn Samples) -> Result<Vec<u32>> {
        Ok(argmax(&self.probabilities(data)?, self.n_classes()).collect())
    }

    /// How many labelled samples it predicts wrong.
    ///
    /// # Errors
    /// If there are no labels, or the samples do not fit or cannot be read.
    pub fn error_rate(&self, data: &dyn Samples) -> Result<ErrorRate> {
        let truth = data.labels().ok_or_else(no_labels)?;
        let predicted = self.predict(data)?;
        let errors = predicted.iter().zip(truth).filter(|(predicted, truth)| predicted != truth).count();
        Ok(ErrorRate { errors, n: truth.len() })
    }

    /// The weight of each sample: its own times that of its class.
    fn weights(&self, samples: &Arranged<'_>) -> Result<Option<Vec<f32>>> {
        let labels = self.labels(&samples.all)?;
        let of_samples = samples.all.weights();
        let of = |at: usize| of_samples.map_or(1.0, |weights| f64::from(weights[at]));
        let training = labels[..samples.n_train].iter().enumerate().map(|(at, &label)| (label, of(at)));
        let weights: Vec<f32> = match self.config.class_weight.factors(self.n_classes(), training)? {
            Some(factors) => labels
                .iter()
                .enumerate()
                .map(|(at, &label)| (of(at) * factors[label as usize]) as f32)
                .collect(),
            None => match of_samples {
                Some(weights) => weights.to_vec(),
                None => return Ok(None),
            },
        };
        if weights[..samples.n_train].iter().all(|&weight| weight == 0.0) {
            let problem = "the classes of all training samples have weight 0, so nothing would be learned";
            return Err(Error::option("class_weight", problem));
        }
        samples.normalised(&weights)
    }

    /// The labels of samples to learn from.
    fn labels<'a>(&self, data: &'a dyn Samples) -> Result<&'a [u32]> {
        let labels = data.labels().ok_or_else(no_labels)?;
        match labels.iter().find(|&&label| label as usize >= self.n_classes()) {
            None => Ok(labels),
            Some(label) => {
                let n_classes = self.n_classes();
                let problem = format!(
                    "label {label}, but the model has {n_classes} classes; start from the stack instead"
                );
                Err(Error::input("labels", problem))
            }
        }
    }

    /// Number of classes, `K`.
    #[must_use]
    pub fn n_classes(&self) -> usize {
        self.prediction.n_outputs()
    }
}

fn no_labels() -> Error {
    Error::input("data", "has no labels; a classifier needs one for every sample")
}

/// The most probable class of each row of `probabilities`, `(n, K)`; the first of equally probable ones.
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
#[path = "classifier_tests.rs"]
mod tests;
