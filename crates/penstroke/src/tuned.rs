//! What a classifier and a regressor have in common: the encoders of a stack under a last layer, trained all through.
//!
//! ```text
//! code_k = s_k(W_k code_{k−1} + b_k)              k = 1 … L,  code_0 = x
//! output = t(V code_L + a)                        t: softmax for classes, nothing for values
//! ```

use crate::applied::{Opened, check_layers, outputs};
use crate::autoencoder::{check_fits, finite_parameters, indices};
use crate::config::Training;
use crate::data::{Enough, ImageShape, Preparation, Samples, Selection, Split, each_batch, split};
use crate::train::{Choice, History, MEASURED_AT_ONCE, Plan, train_choosing};
use crate::{Error, Observer, Result, Stack, SupervisedConfig};
use penstroke_engine::{
    Activation, Apply, CpuOptions, CpuTrain, Descent, Initialization, Layer, Network, Objective, Parameters,
    Precision, State, Task, Train, initial_parameters,
};
use std::sync::Arc;

/// What stands on the hidden layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Top {
    /// A softmax layer over so many classes.
    Classes(usize),
    /// A linear layer of so many values.
    Values(usize),
}

impl Top {
    /// Length of the output.
    pub(crate) fn n_outputs(self) -> usize {
        match self {
            Top::Classes(n) | Top::Values(n) => n,
        }
    }
}

/// A network trained all through.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tuned {
    pub(crate) config: SupervisedConfig,
    /// The encoders of the stack, from the input upwards.
    pub(crate) hidden: Vec<Layer>,
    pub(crate) top: Top,
    pub(crate) image: Option<ImageShape>,
    pub(crate) range: (f32, f32),
    pub(crate) preparation: Preparation,
    pub(crate) parameters: Arc<Parameters>,
    pub(crate) opened: Opened,
    pub(crate) history: History,
}

/// Samples in the order of their use: first the training samples, then the samples that choose the epoch.
pub(crate) struct Arranged<'a> {
    pub(crate) all: Selection<'a>,
    /// The place of each among the samples, and after them the validation samples, that were given.
    pub(crate) order: Vec<usize>,
    pub(crate) n_train: usize,
}

/// What a training learns from.
pub(crate) struct TrainingSet<'a> {
    pub(crate) samples: &'a Arranged<'a>,
    /// Values to predict, a row for each sample, for a network that predicts values.
    pub(crate) targets: Option<&'a [f32]>,
    /// The error of the outputs, `(n, outputs)`, for the samples that choose the epoch; less is better.
    pub(crate) error: &'a dyn Fn(&[f32]) -> f64,
}

impl Tuned {
    /// The encoders of `stack` as they are under an untrained last layer.
    pub(crate) fn on(stack: &Stack, config: &SupervisedConfig, top: Top) -> Result<Self> {
        config.check()?;
        let hidden: Vec<Layer> = stack.layers().iter().map(|layer| layer.task().network.layers[0]).collect();
        let range = stack.layers()[0].range();
        let task = task(config, &hidden, top, range);
        task.check()?;
        let mut parameters = initial_parameters(&task.network, config.training.seed, Initialization::Glorot);
        for (to, from) in parameters.layers.iter_mut().zip(stack.encoder_parameters()) {
            to.clone_from(from);
        }
        Ok(Self {
            config: config.clone(),
            hidden,
            top,
            image: stack.image(),
            range,
            preparation: stack.preparation().clone(),
            parameters: Arc::new(parameters),
            opened: Opened::default(),
            history: History::default(),
        })
    }

    /// Puts samples into the order of their use. Without `valid` a share of `data` is set aside.
    pub(crate) fn arrange<'a>(
        &self,
        data: &'a dyn Samples,
        valid: Option<&'a dyn Samples>,
    ) -> Result<Arranged<'a>> {
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

    /// Trains on from the weights as they are, and keeps those of the best epoch of this training.
    pub(crate) fn train(&mut self, set: &TrainingSet<'_>, observer: &mut dyn Observer) -> Result<()> {
        let TrainingSet { samples: Arranged { all, n_train, .. }, targets, error } = *set;
        let everything: Vec<usize> = (0..all.n_samples()).collect();
        let everything = indices(&everything)?;
        let (train, valid) = everything.split_at(*n_train);
        if self.config.training.patience.is_some() && valid.is_empty() {
            let error = Error::option("patience", "needs samples set aside");
            return Err(error.set("valid", 0.1).leave_out("patience"));
        }
        let mut engine = self.open(self.config.training.precision)?;
        let plan = Plan {
            targets,
            first_epoch: self.history.epochs_begun,
            range: self.range,
            ..Plan::new(&self.config.training, all, train, valid)
        };
        let (n_layers, n_outputs) = (self.hidden.len() + 1, self.top.n_outputs());
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
        let choice = Choice { error: Some(&error), patience: self.config.training.patience, tolerance: 0.0 };
        let history = train_choosing(&mut engine, &plan, Some(&choice), observer)?;
        self.parameters = Arc::new(finite_parameters(&engine, self.config.training.learning_rate)?);
        self.opened = Opened::default();
        self.history.extend(history);
        Ok(())
    }

    /// What the last layer makes of samples, `(n, outputs)`.
    pub(crate) fn outputs(&self, data: &dyn Samples) -> Result<Vec<f32>> {
        check_fits(data, self.n_visible())?;
        outputs(&*self.engine()?, data, 0..self.hidden.len() + 1)
    }

    /// Codes after the first `n_layers` hidden layers; 0 gives the samples.
    pub(crate) fn encode(&self, data: &dyn Samples, n_layers: usize) -> Result<Vec<f32>> {
        outputs(&*self.encoder(data, n_layers)?, data, 0..n_layers)
    }

    /// What computes codes of `data` after the first `n_layers` hidden layers.
    pub(crate) fn encoder(&self, data: &dyn Samples, n_layers: usize) -> Result<Arc<dyn Apply>> {
        check_layers(n_layers, self.hidden.len())?;
        check_fits(data, self.n_visible())?;
        self.engine()
    }

    /// Its engine, of all layers.
    pub(crate) fn engine(&self) -> Result<Arc<dyn Apply>> {
        let parts = || (self.task().network, self.config.training.n_threads());
        self.opened.engine(&self.parameters, self.config.training.threads, parts)
    }

    pub(crate) fn task(&self) -> Task {
        task(&self.config, &self.hidden, self.top, self.range)
    }

    pub(crate) fn open(&self, precision: Precision) -> Result<CpuTrain> {
        let task = self.task();
        let state = State::new(&task.network, Parameters::clone(&self.parameters));
        let options =
            CpuOptions { threads: self.config.training.n_threads(), precision, ..CpuOptions::default() };
        Ok(CpuTrain::open(&task, state, options)?)
    }

    pub(crate) fn n_visible(&self) -> usize {
        self.hidden[0].inputs
    }
}

/// What is trained: the network of `hidden` layers under `top`; `range` is that of the data.
fn task(config: &SupervisedConfig, hidden: &[Layer], top: Top, range: (f32, f32)) -> Task {
    let SupervisedConfig { dropout, max_norm, label_smoothing, training } = config;
    let mut layers = hidden.to_vec();
    let below = layers.last().map_or(0, |layer| layer.outputs);
    let mut dropout = vec![*dropout; layers.len()];
    dropout.push(0.0);
    let activation = match top {
        Top::Classes(_) => Activation::Softmax,
        Top::Values(_) => Activation::Linear,
    };
    layers.push(Layer::new(below, top.n_outputs(), activation));
    let network = Network::new(layers);
    let objective = match top {
        Top::Classes(_) => Objective::classification(&network, *label_smoothing),
        Top::Values(_) => Objective::regression(&network),
    };
    let objective = Objective {
        corruption: training.corruption.noises(range),
        dropout,
        seed: training.seed,
        ..objective
    };
    let rule = training.optimizer.into();
    let optimizer = Descent { rule, weight_decay: training.weight_decay, max_norm: *max_norm };
    Task { network, objective, optimizer }
}

/// What both show of it in the same way.
macro_rules! tuned_face {
    ($model:ident) => {
        impl $model {
            /// Codes of samples after the first `n_layers` hidden layers, `(n, units of that layer)`; 0 gives the samples.
            ///
            /// # Errors
            /// If samples do not have the model's number of components, or there are fewer layers.
            pub fn encode(&self, data: &dyn crate::data::Samples, n_layers: usize) -> Result<Vec<f32>> {
                self.tuned.encode(data, n_layers)
            }

            /// Length of a sample, `d`.
            #[must_use]
            pub fn n_visible(&self) -> usize {
                self.tuned.n_visible()
            }

            /// Units of every hidden layer, from the input upwards.
            #[must_use]
            pub fn n_hidden(&self) -> Vec<usize> {
                self.tuned.hidden.iter().map(|layer| layer.outputs).collect()
            }

            /// How a sample is a picture, if it is one.
            #[must_use]
            pub fn image(&self) -> Option<ImageShape> {
                self.tuned.image
            }

            /// How the samples it was trained on were made of their source.
            #[must_use]
            pub fn preparation(&self) -> &Preparation {
                &self.tuned.preparation
            }

            /// How it was trained.
            #[must_use]
            pub fn config(&self) -> &SupervisedConfig {
                &self.tuned.config
            }

            /// The losses and errors of its training.
            #[must_use]
            pub fn history(&self) -> &History {
                &self.tuned.history
            }

            /// What the model runs on here: the engine, the instructions it uses, its threads.
            ///
            /// # Errors
            /// If the model's network is none the engine can run.
            pub fn describe_engine(&self) -> Result<Description> {
                Ok(self.tuned.engine()?.describe())
            }

            /// Chooses the number of threads for training and applying; 0 is one for every processor.
            pub fn set_threads(&mut self, threads: usize) {
                self.tuned.config.training.threads = threads;
            }
        }
    };
}
pub(crate) use tuned_face;
