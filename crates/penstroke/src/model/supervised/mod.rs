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
use crate::train::{Choice, Device, History, MEASURED_AT_ONCE, Plan, Run, finite_parameters, train_choosing};
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

/// What a training learns from.
struct TrainingSet<'a> {
    samples: &'a Arranged<'a>,
    /// Values to predict, a row for each sample.
    targets: Option<&'a [f32]>,
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

    /// Puts samples into the order of their use. Without `valid`, sets a share of `data` aside for validation.
    fn arrange<'a>(&self, data: &'a dyn Samples, valid: Option<&'a dyn Samples>) -> Result<Arranged<'a>> {
        for data in [Some(data), valid].into_iter().flatten() {
            check_fits(data, self.n_visible())?;
        }
        let Some(valid) = valid else {
            let Training { valid: share, seed, .. } = self.config.training;
            let Split { train, valid } = split(data.n_samples(), share, seed)?;
            let order = [&train[..], &valid[..]].concat();
            let all = Selection::new(data, indices(&order)?)?;
            return Ok(Arranged { all, order, n_train: train.len() });
        };
        let all = Selection::joined(data, valid)?;
        Ok(Arranged { order: (0..all.n_samples()).collect(), all, n_train: data.n_samples() })
    }

    /// Trains from the current weights, and keeps the weights of the best epoch of this training.
    fn train_on(&mut self, set: &TrainingSet<'_>, run: &mut Run<'_>) -> Result<()> {
        let TrainingSet { samples: Arranged { all, n_train, .. }, targets, error } = *set;
        let config =
            SupervisedConfig { training: self.config.training.settled(*n_train), ..self.config.clone() };
        let training = &config.training;
        let everything: Vec<usize> = (0..all.n_samples()).collect();
        let everything = indices(&everything)?;
        let (train, valid) = everything.split_at(*n_train);
        if training.patience.is_some() && valid.is_empty() {
            let error = Error::option("patience", "needs samples set aside");
            return Err(error.set("valid", 0.1).leave_out("patience"));
        }
        let mut engine = Device::of(training).train(&self.task(), Parameters::clone(&self.parameters))?;
        let plan = Plan {
            targets,
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
        self.parameters = Arc::new(finite_parameters(&*engine, training)?);
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
