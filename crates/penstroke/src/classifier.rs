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
//! use penstroke::{Classifier, Config, FineTuning, Silent, Stack};
//! let digits = strokes::generate(0, Part::Train, 400)?;
//! let stack = Stack::fit(&[Config { hidden: 50, epochs: 2, ..Config::default() }], &digits, &mut Silent)?;
//! let config = FineTuning { epochs: 10, learning_rate: 0.005, ..FineTuning::default() };
//! let classifier = Classifier::fit(&stack, &config, &digits, None, &mut Silent)?;
//! assert_eq!(classifier.probabilities(&digits)?.len(), 400 * 10);
//! assert!(classifier.error_rate(&digits)?.share() < 0.3);
//! # Ok::<(), penstroke::Error>(())
//! ```

use crate::autoencoder::{finite_parameters, indices};
use crate::data::{Dataset, ImageShape, Preparation, Split, split};
use crate::eval::ErrorRate;
use crate::train::{Choice, History, MovingCorruption, Plan, train_choosing};
use crate::{Error, FineTuning, Observer, Result, Stack};
use penstroke_engine::{
    Cpu, CpuOptions, Description, Engine, Initialization, LayerSpec, NetworkSpec, Parameters, Precision,
    State, initial_parameters,
};

/// A network that names the class of a sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Classifier {
    pub(crate) config: FineTuning,
    /// The encoders of the stack, from the input upwards.
    pub(crate) hidden: Vec<LayerSpec>,
    pub(crate) n_classes: usize,
    pub(crate) image: Option<ImageShape>,
    pub(crate) range: (f32, f32),
    pub(crate) preparation: Preparation,
    pub(crate) parameters: Parameters,
    pub(crate) history: History,
}

impl Classifier {
    /// One with the encoders of `stack` as they are and an untrained softmax layer on top.
    ///
    /// # Errors
    /// If the configuration is wrong, or there are fewer than two classes.
    pub fn on(stack: &Stack, config: &FineTuning, n_classes: usize) -> Result<Self> {
        config.check()?;
        if n_classes < 2 {
            return Err(Error::input("labels", format!("{n_classes} classes; at least two are needed")));
        }
        let hidden: Vec<LayerSpec> = stack.layers().iter().map(|layer| layer.network().layers[0]).collect();
        let range = stack.layers()[0].range();
        let spec = config.network(&hidden, n_classes, range);
        spec.check()?;
        let mut parameters = initial_parameters(&spec, config.seed, Initialization::Glorot);
        for (to, from) in parameters.layers.iter_mut().zip(stack.encoder_parameters()) {
            to.clone_from(from);
        }
        Ok(Self {
            config: config.clone(),
            hidden,
            n_classes,
            image: stack.image(),
            range,
            preparation: stack.preparation().clone(),
            parameters,
            history: History::default(),
        })
    }

    /// Puts a softmax layer on `stack` and trains it all through on labelled `data`. The best epoch is chosen on `valid`, or
    /// without it on a share of `data` that is set aside.
    ///
    /// # Errors
    /// As [`Classifier::on`] and [`Classifier::train`].
    pub fn fit(
        stack: &Stack,
        config: &FineTuning,
        data: &Dataset,
        valid: Option<&Dataset>,
        observer: &mut dyn Observer,
    ) -> Result<Self> {
        let n_classes = valid.map_or(0, Dataset::n_classes).max(data.n_classes());
        let mut classifier = Self::on(stack, config, n_classes)?;
        classifier.train(data, valid, observer)?;
        Ok(classifier)
    }

    /// Trains on labelled `data`, on from the weights as they are; see [`Classifier::fit`]. An observer may stop it; the
    /// best epoch until then is kept. It is chosen among the epochs of this training: the weights that it began with, those
    /// of an earlier one perhaps, are no candidate.
    ///
    /// # Errors
    /// If there are no labels, or one that is no class, or samples do not fit, or a loss or a weight leaves the finite
    /// numbers; the classifier is then unchanged.
    pub fn train(
        &mut self,
        data: &Dataset,
        valid: Option<&Dataset>,
        observer: &mut dyn Observer,
    ) -> Result<()> {
        for data in [Some(data), valid].into_iter().flatten() {
            data.check_fits(self.n_visible())?;
            self.labels(data)?;
        }
        // Training samples first, then those that choose.
        let (all, n_train) = match valid {
            Some(valid) => (data.followed_by(valid)?, data.n_samples()),
            None => {
                let Split { train, valid } = split(data.n_samples(), self.config.valid, self.config.seed)?;
                (data.select(&[&train[..], &valid[..]].concat()), train.len())
            }
        };
        let everything: Vec<usize> = (0..all.n_samples()).collect();
        let everything = indices(&everything)?;
        let (train, valid) = everything.split_at(n_train);
        if self.config.patience.is_some() && valid.is_empty() {
            return Err(Error::input(
                "patience",
                "needs samples set aside; give --valid 0.1, or leave it out",
            ));
        }
        let mut engine = self.open(self.config.precision)?;
        let plan = Plan {
            data: &all,
            train,
            valid,
            first_epoch: self.history.epochs_begun,
            epochs: self.config.epochs,
            batch: self.config.batch,
            learning_rate: self.config.learning_rate,
            schedule: self.config.schedule,
            corruption: MovingCorruption::of(&self.config.corruption, self.range),
            seed: self.config.seed,
        };
        let truth = &self.labels(&all)?[n_train..];
        let (n_layers, n_classes) = (self.hidden.len() + 1, self.n_classes);
        let error = |engine: &mut dyn Engine| {
            let mut probabilities = vec![0.0; truth.len() * n_classes];
            engine.apply(all.rows().from(n_train * all.n_visible()), n_layers, &mut probabilities);
            let wrong =
                most_probable(&probabilities, n_classes).zip(truth).filter(|(class, truth)| class != *truth);
            wrong.count() as f64 / truth.len().max(1) as f64
        };
        let choice = Choice { error: &error, patience: self.config.patience };
        let history = train_choosing(&mut engine, &plan, Some(&choice), observer)?;
        self.parameters = finite_parameters(&engine, self.config.learning_rate)?;
        self.preparation.learn_labels(data.preparation());
        self.history.extend(history);
        Ok(())
    }

    /// Chooses how [`Classifier::train`] goes on.
    ///
    /// # Errors
    /// If the configuration is wrong.
    pub fn set_config(&mut self, config: &FineTuning) -> Result<()> {
        config.check()?;
        self.config = config.clone();
        Ok(())
    }

    /// Probabilities of the classes, `(n, K)`; every row sums to 1.
    ///
    /// # Errors
    /// If samples do not have the model's number of components.
    pub fn probabilities(&self, data: &Dataset) -> Result<Vec<f32>> {
        self.apply(data, self.hidden.len() + 1, self.n_classes)
    }

    /// The most probable class of every sample, `(n)`; of equals the first.
    ///
    /// # Errors
    /// If samples do not have the model's number of components.
    pub fn predict(&self, data: &Dataset) -> Result<Vec<u32>> {
        Ok(most_probable(&self.probabilities(data)?, self.n_classes).collect())
    }

    /// How many of labelled samples it gets wrong.
    ///
    /// # Errors
    /// If there are no labels, or samples do not have the model's number of components.
    pub fn error_rate(&self, data: &Dataset) -> Result<ErrorRate> {
        let truth = data.labels().ok_or_else(no_labels)?;
        let predicted = self.predict(data)?;
        let errors = predicted.iter().zip(truth).filter(|(predicted, truth)| predicted != truth).count();
        Ok(ErrorRate { errors, n: truth.len() })
    }

    /// Codes of samples after the first `n_layers` hidden layers, `(n, units of that layer)`; 0 gives the samples.
    ///
    /// # Errors
    /// If samples do not have the model's number of components, or there are fewer layers.
    pub fn encode(&self, data: &Dataset, n_layers: usize) -> Result<Vec<f32>> {
        if n_layers > self.hidden.len() {
            let problem = format!("{n_layers} is none of the model's layers, 0 to {}", self.hidden.len());
            return Err(Error::input("layer", problem));
        }
        let width = if n_layers == 0 { self.n_visible() } else { self.hidden[n_layers - 1].outputs };
        self.apply(data, n_layers, width)
    }

    fn apply(&self, data: &Dataset, n_layers: usize, width: usize) -> Result<Vec<f32>> {
        data.check_fits(self.n_visible())?;
        let mut out = vec![0.0; data.n_samples() * width];
        self.open(Precision::F32)?.apply(data.rows(), n_layers, &mut out);
        Ok(out)
    }

    /// The labels of samples to learn from.
    fn labels<'a>(&self, data: &'a Dataset) -> Result<&'a [u32]> {
        let labels = data.labels().ok_or_else(no_labels)?;
        match labels.iter().find(|&&label| label as usize >= self.n_classes) {
            None => Ok(labels),
            Some(label) => Err(Error::input(
                "labels",
                format!(
                    "class {label} of a model of {} classes; begin with the stack instead",
                    self.n_classes
                ),
            )),
        }
    }

    fn network(&self) -> NetworkSpec {
        self.config.network(&self.hidden, self.n_classes, self.range)
    }

    fn open(&self, precision: Precision) -> Result<Cpu> {
        let spec = self.network();
        let state = State::new(&spec, self.parameters.clone());
        let options = CpuOptions { threads: self.config.n_threads(), precision, ..CpuOptions::default() };
        Ok(Cpu::open_with(&spec, state, options)?)
    }

    /// Length of a sample, `d`.
    #[must_use]
    pub fn n_visible(&self) -> usize {
        self.hidden[0].inputs
    }

    /// Units of every hidden layer, from the input upwards.
    #[must_use]
    pub fn n_hidden(&self) -> Vec<usize> {
        self.hidden.iter().map(|layer| layer.outputs).collect()
    }

    /// How many classes, `K`.
    #[must_use]
    pub fn n_classes(&self) -> usize {
        self.n_classes
    }

    /// How a sample is a picture, if it is one.
    #[must_use]
    pub fn image(&self) -> Option<ImageShape> {
        self.image
    }

    /// How the samples it was trained on were made of their source.
    #[must_use]
    pub fn preparation(&self) -> &Preparation {
        &self.preparation
    }

    /// How it was trained.
    #[must_use]
    pub fn config(&self) -> &FineTuning {
        &self.config
    }

    /// The losses and errors of its training.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.history
    }

    /// What the model runs on here: the engine, the instructions it uses, its threads.
    ///
    /// # Errors
    /// If the model's network is none the engine can run.
    pub fn describe_engine(&self) -> Result<Description> {
        Ok(self.open(Precision::F32)?.describe())
    }

    /// Chooses the number of threads for training and applying; 0 is one for every processor.
    pub fn set_threads(&mut self, threads: usize) {
        self.config.threads = threads;
    }
}

fn no_labels() -> Error {
    Error::input("data", "has no labels; a classifier needs one for every sample")
}

/// The most probable class of every row of `probabilities`, `(n, K)`; of equals the first.
pub fn most_probable(probabilities: &[f32], n_classes: usize) -> impl Iterator<Item = u32> {
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
