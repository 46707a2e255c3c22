//! An autoencoder with one hidden layer.
//!
//! ```text
//! code = s(W x̃ + b)          (h)      W is (h, d), a row for each hidden unit
//! x̂    = r(W' code + c)      (d)      W' = Wᵀ when tied
//! ```
//!
//! In training, `x̃` is the corrupted input and the target is the clean one (Vincent et al. 2008). A trained model takes clean
//! inputs.
//!
//! ```
//! use penstroke::data::{Dataset, Values};
//! use penstroke::{Autoencoder, AutoencoderConfig, Model, Run};
//! let values = (0..600).map(|i| if (i / 3) % 2 == 0 { 0.9 } else { 0.1 }).collect();
//! let data = Dataset::new("example", Values::Floats(values), 6)?;
//! let config = AutoencoderConfig { hidden: 4, ..Default::default() }.epochs(5);
//! let model = Autoencoder::fit(&config, &data, &mut Run::new())?;
//! assert_eq!(model.encode(&data)?.len(), 100 * 4);
//! assert_eq!(model.filters().len(), 4 * 6);
//! # Ok::<(), penstroke::Error>(())
//! ```

mod document;

pub(super) use document::{KIND, StoredLayer, read};

use super::applied::{Opened, check_fits};
use super::interface::{Model, ModelInput};
use crate::config::{AutoencoderConfig, Reconstruction, without_defaults};
use crate::data::{Samples, Split, indices, split};
use crate::eval::unit_filters;
use crate::train::{
    Choice, Device, History, Plan, Run, Wanted, finite_parameters, mean_loss, normalised, train_choosing,
};
use crate::{Error, Result};
use penstroke_engine::{Activation, Parameters, Task, initial_parameters};
use std::sync::Arc;

/// The greatest number of weights in a matrix: 8 GiB, and four times that while training with Adam. A mistyped number of units
/// should be an error and not exhaust the memory.
const MAX_WEIGHTS: usize = 1 << 31;

/// A denoising autoencoder with one hidden layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Autoencoder {
    pub(super) config: AutoencoderConfig,
    pub(crate) input: ModelInput,
    pub(super) parameters: Arc<Parameters>,
    pub(super) opened: Opened,
    pub(super) history: History,
}

impl Autoencoder {
    /// An untrained autoencoder, shaped for `data`. The initial weights depend only on the seed and the shape, so hidden units of
    /// models that differ in their corruption correspond.
    ///
    /// # Errors
    /// If the configuration is wrong, or does not fit the data.
    pub fn initial(config: &AutoencoderConfig, data: &dyn Samples) -> Result<Self> {
        Self::shaped(config, ModelInput::of(data))
    }

    /// An untrained autoencoder of such samples.
    pub(super) fn shaped(config: &AutoencoderConfig, input: ModelInput) -> Result<Self> {
        config.check()?;
        let ModelInput { n_visible, range, .. } = input;
        let unit = range.0 >= 0.0 && range.1 <= 1.0;
        let mut config = config.clone();
        let decoder = config.decoder.unwrap_or(if unit { Activation::Sigmoid } else { Activation::Linear });
        check_loss(config.loss, range)?;
        config.decoder = Some(decoder);
        config.check()?;
        if config.hidden.checked_mul(n_visible).is_none_or(|n_weights| n_weights > MAX_WEIGHTS) {
            let problem = format!(
                "{} units of {n_visible} inputs have more than 2³¹ weights, the most that are trained",
                config.hidden
            );
            return Err(Error::option("hidden", problem));
        }
        // Weights, gradients, the best weights so far, and the optimizer's state.
        Error::room(4 * config.hidden * n_visible, || {
            format!("training {} units of {n_visible} inputs takes", config.hidden)
        })?;
        let network = config.task(n_visible, range).network;
        let parameters = initial_parameters(&network, config.training.seed, config.initialization);
        Ok(Self {
            config,
            input,
            parameters: Arc::new(parameters),
            opened: Opened::default(),
            history: History::default(),
        })
    }

    /// Trains an autoencoder on `data`, of which a share is set aside for validation.
    ///
    /// # Errors
    /// As [`Autoencoder::initial`] and [`Autoencoder::train`].
    pub fn fit(config: &AutoencoderConfig, data: &dyn Samples, run: &mut Run<'_>) -> Result<Self> {
        let mut model = Self::initial(config, data)?;
        model.train(data, run)?;
        Ok(model)
    }

    /// Trains for the configured number of epochs, starting from the current weights. If an observer stops the training, the
    /// model keeps the weights of that moment.
    ///
    /// # Errors
    /// If the data do not fit, or a loss or a weight becomes infinite or NaN; then the model is unchanged.
    pub fn train(&mut self, data: &dyn Samples, run: &mut Run<'_>) -> Result<()> {
        let split = split(data.n_samples(), self.config.training.valid, self.config.training.seed)?;
        self.train_on(data, &split, run)
    }

    /// Trains with validation samples that the caller has chosen.
    pub(super) fn train_on(&mut self, data: &dyn Samples, split: &Split, run: &mut Run<'_>) -> Result<()> {
        let config = AutoencoderConfig {
            training: self.config.training.settled(split.train.len()),
            ..self.config.clone()
        };
        let training = &config.training;
        check_loss(config.loss, data.range())?;
        check_fits(data, self.n_visible())?;
        let mut engine = Device::of(training).train(&self.task(), Parameters::clone(&self.parameters))?;
        let (train, valid) = (indices(&split.train)?, indices(&split.valid)?);
        let plan = Plan {
            first_epoch: self.history.epochs_begun,
            range: self.input.range,
            config: without_defaults(&config),
            ..Plan::new(training, data, &train, &valid)
        };
        let patience = training.patience;
        let choice = Choice { error: None, patience, tolerance: self.config.tolerance };
        let history = train_choosing(&mut *engine, &plan, patience.map(|_| &choice), run)?;
        self.parameters = Arc::new(finite_parameters(&*engine, &plan)?);
        self.config = config;
        self.opened = Opened::default();
        self.history.extend(history);
        Ok(())
    }

    /// The mean loss of restoring `data` from corruption, with the random numbers of evaluation `draw`.
    ///
    /// # Errors
    /// If the samples do not fit or cannot be read.
    pub fn loss(&self, data: &dyn Samples, draw: u32) -> Result<f64> {
        let all: Vec<usize> = (0..data.n_samples()).collect();
        check_fits(data, self.n_visible())?;
        let device = Device::of(&self.config.training).single_precision();
        let mut engine = device.train(&self.task(), Parameters::clone(&self.parameters))?;
        let all = indices(&all)?;
        let weights = data.weights().and_then(|weights| normalised(weights, [&all, &[]]));
        let wanted = Wanted { data, targets: None, labels: &[], observed: None, weights: weights.as_deref() };
        mean_loss(&mut *engine, wanted, &all, draw)
    }

    /// The filter of each hidden unit, `W_i / ‖W_i‖`, `(h, d)`: the input of norm 1 that excites it most. A unit whose weights are
    /// all zero has a filter of zeros.
    #[must_use]
    pub fn filters(&self) -> Vec<f32> {
        unit_filters(self.weights(), self.n_visible())
    }

    /// `W`, `(h, d)`.
    #[must_use]
    pub fn weights(&self) -> &[f32] {
        &self.parameters.layers[0].weights
    }

    /// `b`, `(h)`.
    #[must_use]
    pub fn hidden_bias(&self) -> &[f32] {
        &self.parameters.layers[0].bias
    }

    /// `c`, `(d)`.
    #[must_use]
    pub fn visible_bias(&self) -> &[f32] {
        &self.parameters.layers[1].bias
    }

    /// The configuration; its decoder is set.
    #[must_use]
    pub fn config(&self) -> &AutoencoderConfig {
        &self.config
    }

    /// The losses of all its training.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Sets the number of epochs of the next [`Autoencoder::train`].
    pub fn set_epochs(&mut self, epochs: usize) {
        self.config.training.epochs = Some(epochs);
    }

    /// Sets the configuration of the next [`Autoencoder::train`]: corruption, loss, optimizer and everything else that the
    /// weights do not fix. A decoder that is not set stays as it is.
    ///
    /// # Errors
    /// If the configuration is wrong, or changes what the weights fix: hidden units, activations, tying and initialization.
    pub fn set_config(&mut self, config: &AutoencoderConfig) -> Result<()> {
        let mut config = config.clone();
        config.decoder = config.decoder.or(self.config.decoder);
        let now = &self.config;
        let fixed = [
            ("hidden", now.hidden == config.hidden),
            ("activation", now.activation == config.activation),
            ("decoder", now.decoder == config.decoder),
            ("tied", now.tied == config.tied),
            ("initialization", now.initialization == config.initialization),
        ];
        if let Some((option, _)) = fixed.iter().find(|(_, same)| !same) {
            return Err(Error::option(option, "is fixed by the weights of a trained model; leave it out"));
        }
        config.check()?;
        self.config = config;
        Ok(())
    }

    pub(crate) fn task(&self) -> Task {
        self.config.task(self.input.n_visible, self.input.range)
    }

    /// Weights and biases, which engines share.
    pub(crate) fn shared_parameters(&self) -> &Arc<Parameters> {
        &self.parameters
    }
}

/// Checks that the loss suits data within this range.
pub(super) fn check_loss(loss: Reconstruction, (low, high): (f32, f32)) -> Result<()> {
    if loss == Reconstruction::CrossEntropy && !(low >= 0.0 && high <= 1.0) {
        let problem = format!(
            "cross-entropy needs values within 0..=1, these lie in {low}..={high}; scale them or use squared"
        );
        return Err(Error::option("loss", problem));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
