//! Networks trained on answers: the encoders of a stack and one layer above them.
//!
//! ```text
//! code_k = s_k(W_k code_{k−1} + b_k)              k = 1 … L,  code_0 = x
//! output = t(V code_L + a)                        t: softmax for classes, the identity for values
//! ```

mod classifier;
mod document;
mod prediction;
mod regressor;

pub use classifier::{Classifier, argmax};
pub(super) use document::{read_classifier, read_regressor};
pub use prediction::{ClassPrediction, Prediction, ValuePrediction};
pub use regressor::Regressor;

use super::applied::{Opened, check_fits, outputs};
use super::interface::{Model, ModelInput};
use super::stack::Stack;
use crate::config::{SupervisedConfig, Training, without_defaults};
use crate::data::{Enough, Samples, Selection, Split, each_batch, indices, split};
use crate::train::{
    Choice, Device, History, MEASURED_AT_ONCE, Plan, Run, finite_parameters, normalised, train_choosing,
};
use crate::{Error, Result};
use penstroke_engine::{
    Descent, Initialization, Layer, Network, Objective, Parameters, Task, Train, initial_parameters,
};
use std::sync::Arc;

/// The encoders of a stack under a layer that predicts `P`; see [`Classifier`] and [`Regressor`].
#[derive(Clone, Debug, PartialEq)]
pub struct Supervised<P> {
    config: SupervisedConfig,
    /// The encoders, from the input upwards.
    hidden: Vec<Layer>,
    prediction: P,
    pub(crate) input: ModelInput,
    parameters: Arc<Parameters>,
    opened: Opened,
    history: History,
}

/// Samples in the order of their use: the training samples, then the validation samples.
struct Arranged<'a> {
    all: Selection<'a>,
    /// The number of each sample among the given training samples and, after them, the given validation samples.
    order: Vec<usize>,
    n_train: usize,
}

impl Arranged<'_> {
    /// 0, 1, 2, …
    fn numbers(&self) -> Result<Vec<u32>> {
        indices(&(0..self.all.n_samples()).collect::<Vec<_>>())
    }

    /// The weights of the samples in the loss, those of training and of validation samples each with a mean of 1; `None` if
    /// all are 1.
    fn normalised(&self, weights: &[f32]) -> Result<Option<Vec<f32>>> {
        let numbers = self.numbers()?;
        let (train, valid) = numbers.split_at(self.n_train);
        Ok(normalised(weights, [train, valid]))
    }
}

/// The mean of some errors, of which each counts by its weight.
fn weighted_mean(errors: impl ExactSizeIterator<Item = f64>, weights: Option<&[f32]>) -> f64 {
    let n = errors.len().max(1) as f64;
    match weights {
        None => errors.sum::<f64>() / n,
        Some(weights) => {
            errors.zip(weights).map(|(error, &weight)| error * f64::from(weight)).sum::<f64>() / n
        }
    }
}

/// What a training learns from.
struct TrainingSet<'a> {
    samples: &'a Arranged<'a>,
    /// Values to predict, a row for each sample.
    targets: Option<&'a [f32]>,
    /// As in [`Plan`].
    weights: Option<&'a [f32]>,
    /// The error of the outputs `(n, outputs)` for the validation samples; less is better.
    error: &'a dyn Fn(&[f32]) -> f64,
}

impl<P: Prediction> Supervised<P> {
    /// The encoders of `stack` with their weights, and an untrained last layer.
    fn with(stack: &Stack, config: &SupervisedConfig, prediction: P) -> Result<Self> {
        P::check(config)?;
        let hidden = stack.network().layers[..stack.n_layers()].to_vec();
        let task = task(config, &hidden, &prediction, stack.range());
        task.check()?;
        let mut parameters = initial_parameters(&task.network, config.training.seed, Initialization::Glorot);
        for (to, from) in parameters.layers.iter_mut().zip(stack.encoder_parameters()) {
            to.clone_from(from);
        }
        Ok(Self {
            config: config.clone(),
            hidden,
            prediction,
            input: stack.input().clone(),
            parameters: Arc::new(parameters),
            opened: Opened::default(),
            history: History::default(),
        })
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &SupervisedConfig {
        &self.config
    }

    /// Sets the configuration of the next training.
    ///
    /// # Errors
    /// If the configuration is wrong.
    pub fn set_config(&mut self, config: &SupervisedConfig) -> Result<()> {
        P::check(config)?;
        self.config = config.clone();
        Ok(())
    }

    /// What the last layer predicts.
    #[must_use]
    pub fn prediction(&self) -> &P {
        &self.prediction
    }

    /// The losses and errors of all its training.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Puts samples into the order of their use, without those of weight 0. Without `valid`, sets a share of `data` aside
    /// for validation.
    fn arrange<'a>(&self, data: &'a dyn Samples, valid: Option<&'a dyn Samples>) -> Result<Arranged<'a>> {
        for data in [Some(data), valid].into_iter().flatten() {
            check_fits(data, self.n_visible())?;
        }
        let counts = |weights: Option<&[f32]>, at: usize| weights.is_none_or(|weights| weights[at] > 0.0);
        let Some(valid) = valid else {
            let weights = data.weights();
            let counting: Vec<usize> = (0..data.n_samples()).filter(|&at| counts(weights, at)).collect();
            let Training { valid: share, seed, .. } = self.config.training;
            let Split { train, valid } = split(counting.len(), share, seed)?;
            let order: Vec<usize> = train.iter().chain(&valid).map(|&at| counting[at]).collect();
            let all = Selection::new(data, indices(&order)?)?;
            return Ok(Arranged { all, order, n_train: train.len() });
        };
        let all = Selection::joined(data, valid)?;
        let order: Vec<usize> = (0..all.n_samples()).filter(|&at| counts(all.weights(), at)).collect();
        let n_train = order.iter().filter(|&&at| at < data.n_samples()).count();
        let all = if order.len() == all.n_samples() { all } else { all.select(&order) };
        Ok(Arranged { all, order, n_train })
    }

    /// Trains from the current weights, and keeps the weights of the best epoch of this training.
    fn train_on(&mut self, set: &TrainingSet<'_>, run: &mut Run<'_>) -> Result<()> {
        let TrainingSet { samples, targets, weights, error } = *set;
        let all = &samples.all;
        let training = self.config.training.settled(samples.n_train);
        let config = SupervisedConfig { training, ..self.config.clone() };
        let training = &config.training;
        let everything = samples.numbers()?;
        let (train, valid) = everything.split_at(samples.n_train);
        if training.patience.is_some() && valid.is_empty() {
            let error = Error::option("patience", "needs samples set aside");
            return Err(error.set("valid", 0.1).leave_out("patience"));
        }
        let mut engine = Device::of(training).train(&self.task(), Parameters::clone(&self.parameters))?;
        let plan = Plan {
            targets,
            weights: weights.map(<[f32]>::to_vec),
            first_epoch: self.history.epochs_begun,
            range: self.input.range,
            config: without_defaults(&config),
            ..Plan::new(training, all, train, valid)
        };
        let (n_layers, n_outputs) = (self.hidden.len() + 1, self.prediction.n_outputs());
        let error = |engine: &dyn Train| {
            let mut outputs = Vec::with_capacity(valid.len() * n_outputs);
            each_batch(all, valid, MEASURED_AT_ONCE, |piece| {
                let start = outputs.len();
                outputs.resize(start + piece.indices.len() * n_outputs, 0.0);
                engine.apply(piece.rows, 0..n_layers, &mut outputs[start..]);
                Ok(Enough::No)
            })?;
            Ok(error(&outputs))
        };
        let choice = Choice { error: Some(&error), patience: training.patience, tolerance: 0.0 };
        let history = train_choosing(&mut *engine, &plan, Some(&choice), run)?;
        self.parameters = Arc::new(finite_parameters(&*engine, &plan)?);
        self.config = config;
        self.opened = Opened::default();
        self.history.extend(history);
        Ok(())
    }

    /// The outputs of the last layer, `(n, outputs)`.
    fn outputs(&self, data: &dyn Samples) -> Result<Vec<f32>> {
        check_fits(data, self.n_visible())?;
        outputs(&*self.engine()?, data, 0..self.hidden.len() + 1)
    }

    fn task(&self) -> Task {
        task(&self.config, &self.hidden, &self.prediction, self.input.range)
    }
}

/// The training of `hidden` layers under a prediction; `range` is that of the data.
fn task(config: &SupervisedConfig, hidden: &[Layer], top: &impl Prediction, range: (f32, f32)) -> Task {
    let SupervisedConfig { dropout, max_norm, training, .. } = config;
    let mut layers = hidden.to_vec();
    let below = layers.last().map_or(0, |layer| layer.outputs);
    let mut dropout = vec![*dropout; layers.len()];
    dropout.push(0.0);
    layers.push(Layer::new(below, top.n_outputs(), top.activation()));
    let network = Network::new(layers);
    let objective = Objective {
        corruption: training.corruption.noises(range),
        dropout,
        seed: training.seed,
        ..top.objective(&network, config)
    };
    let rule = training.optimizer.into();
    let optimizer = Descent { rule, weight_decay: training.weight_decay, max_norm: *max_norm };
    Task { network, objective, optimizer }
}
