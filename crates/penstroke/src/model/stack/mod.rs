//! Autoencoders on top of each other, trained layer by layer or all together.
//!
//! ```text
//! code_0 = x
//! code_k = s_k(W_k code_{k−1} + b_k)              k = 1 … L
//! ```
//!
//! **Greedy training** (Vincent et al. 2010, section 3.3): layer `k` is a denoising autoencoder of the clean codes of the layers
//! below it, which are trained before and stay fixed. Corruption acts only on the input of the layer that is being trained. **End to
//! end**: the encoders, and then the decoders in reverse order, form one deep autoencoder. Its input is corrupted, and all layers
//! are trained together to restore it.
//!
//! ```
//! use penstroke::data::{Part, strokes};
//! use penstroke::{AutoencoderConfig, Model, Run, Stack};
//! let digits = strokes::generate(0, Part::Train, 200)?;
//! let layer = |hidden| AutoencoderConfig { hidden, ..Default::default() }.epochs(2);
//! let stack = Stack::fit(&[layer(30), layer(20)], &digits, &mut Run::new())?;
//! assert_eq!(stack.encode(&digits)?.len(), 200 * 20);
//! assert_eq!(stack.encode_layers(&digits, 1)?.len(), 200 * 30);
//! assert_eq!(stack.reconstruct(&digits)?.len(), 200 * 784);
//! # Ok::<(), penstroke::Error>(())
//! ```

mod coded;
mod document;

pub(super) use document::{KIND, read};

use super::applied::{Opened, check_fits};
use super::autoencoder::{Autoencoder, check_loss};
use super::interface::{Model, ModelInput};
use crate::config::{AutoencoderConfig, without_defaults};
use crate::data::{Dataset, Samples, Split, Values, indices, split};
use crate::error::counted;
use crate::train::{Choice, Device, History, Plan, Run, finite_parameters, train_choosing};
use crate::{Error, Event, Flow, Result};
use coded::{Coded, infinite};
use penstroke_engine::{Activation, LayerParameters, Parameters, Task};
use std::sync::Arc;

/// Denoising autoencoders, each trained on the codes of the one below.
#[derive(Clone, Debug, PartialEq)]
pub struct Stack {
    /// From the input upwards; at least one.
    layers: Vec<Autoencoder>,
    /// The losses of training end to end.
    end_to_end: History,
    opened: Opened,
}

impl From<Autoencoder> for Stack {
    fn from(layer: Autoencoder) -> Self {
        Self::new(vec![layer], History::default())
    }
}

impl Stack {
    fn new(layers: Vec<Autoencoder>, end_to_end: History) -> Self {
        Self { layers, end_to_end, opened: Opened::default() }
    }

    /// An untrained stack, shaped for `data`, with a layer for each configuration from the input upwards. Layer `k`, counted from 0,
    /// draws its random numbers from its configuration's seed plus `k`.
    ///
    /// # Errors
    /// If there is no configuration, or one is wrong or does not fit the data or the layer below.
    pub fn initial(configs: &[AutoencoderConfig], data: &dyn Samples) -> Result<Self> {
        let mut layers: Vec<Autoencoder> = Vec::new();
        for (k, config) in configs.iter().enumerate() {
            let config = seeded(config, k);
            layers.push(match layers.last() {
                None => in_layer(k, Autoencoder::initial(&config, data))?,
                Some(below) => {
                    let codes = ModelInput::new(below.n_hidden(), code_range(below.config().activation));
                    in_layer(k, Autoencoder::shaped(&config, codes))?
                }
            });
        }
        if layers.is_empty() {
            return Err(Error::option("layers", "there are none; a stack needs at least one"));
        }
        Ok(Self::new(layers, History::default()))
    }

    /// Trains layer by layer. The first configuration decides which samples are set aside for validation, for all layers. If an
    /// observer stops the training, the stack ends with the layer that was being trained.
    ///
    /// # Errors
    /// As [`Stack::initial`] and [`Autoencoder::train`].
    pub fn fit(configs: &[AutoencoderConfig], data: &dyn Samples, run: &mut Run<'_>) -> Result<Self> {
        Self::fit_above(Self::new(Vec::new(), History::default()), configs, data, run)
    }

    /// Continues a stack that an observer has stopped: trains the remaining epochs of its last layer, with fresh corruption, and the
    /// layers above. In these epochs the optimizer, the learning rate's schedule and a changing corruption start anew.
    ///
    /// # Errors
    /// As [`Stack::fit`], and if the existing layers are not the first of `configs`.
    pub fn continue_fit(
        self,
        configs: &[AutoencoderConfig],
        data: &dyn Samples,
        run: &mut Run<'_>,
    ) -> Result<Self> {
        Self::fit_above(self, configs, data, run)
    }

    fn fit_above(
        Self { layers: trained, end_to_end, .. }: Self,
        configs: &[AutoencoderConfig],
        data: &dyn Samples,
        run: &mut Run<'_>,
    ) -> Result<Self> {
        // Finds mistakes in later layers before the first is trained.
        let first = Self::initial(configs, data)?.layers[0].config().clone();
        let split = split(data.n_samples(), first.training.valid, first.training.seed)?;
        let settled = |config: &AutoencoderConfig| AutoencoderConfig {
            training: config.training.settled(split.train.len()),
            ..config.clone()
        };
        let configs: Vec<_> = configs.iter().map(settled).collect();
        if trained.len() > configs.len() {
            let problem = format!(
                "{}, but the model has {n}; give at least {n}",
                counted(configs.len(), "layer"),
                n = trained.len()
            );
            return Err(Error::option("layers", problem));
        }
        let mut trained = trained.into_iter();
        let mut layers: Vec<Autoencoder> = Vec::new();
        let mut codes: Option<Box<dyn Samples + '_>> = None;
        for (k, config) in configs.iter().enumerate() {
            if run.event(&Event::Layer { number: k + 1, of: configs.len() }) == Flow::Stop && k > 0 {
                // All layers so far are trained, but more were to come.
                layers[k - 1].history.stopped = true;
                break;
            }
            let (input, config) = (codes.as_deref().unwrap_or(data), seeded(config, k));
            let layer = in_layer(k, train_layer(trained.next(), &config, input, &split, run))?;
            let stopped = layer.history().stopped;
            if stopped || k + 1 == configs.len() {
                layers.push(layer);
                break;
            }
            let codes_in_memory = match input.in_memory() {
                Some(_) => Some(codes_of(&layer, input)?),
                None => None,
            };
            layers.push(layer);
            codes = Some(match codes_in_memory {
                Some(codes) => Box::new(codes),
                None => {
                    let below = Self::new(layers.clone(), History::default());
                    Box::new(Coded::new(data, below.engine()?, layers.len())?)
                }
            });
        }
        Ok(Self::new(layers, end_to_end))
    }

    /// Trains all layers together, starting from the current weights: the input is corrupted, and the output of the last decoder
    /// is compared with the clean input. Ignores the options of `config` that describe a layer: `hidden`, `activation`, `decoder`,
    /// `tied` and `initialization`.
    ///
    /// # Errors
    /// If the configuration is wrong or the data do not fit, or a loss or a weight becomes infinite or NaN; then the stack is
    /// unchanged.
    pub fn train_end_to_end(
        &mut self,
        config: &AutoencoderConfig,
        data: &dyn Samples,
        run: &mut Run<'_>,
    ) -> Result<()> {
        let mut config = config.clone();
        let first = self.layers[0].config();
        (config.hidden, config.activation, config.decoder) = (first.hidden, first.activation, first.decoder);
        (config.tied, config.initialization) = (first.tied, first.initialization);
        config.check()?;
        check_loss(config.loss, data.range())?;
        check_fits(data, self.n_visible())?;
        let Split { train, valid } = split(data.n_samples(), config.training.valid, config.training.seed)?;
        config.training = config.training.settled(train.len());
        let training = &config.training;
        let task = Task { network: self.network(), ..config.task(self.n_visible(), data.range()) };
        let parameters = Parameters { layers: self.parameters().into_iter().cloned().collect() };
        let mut engine = Device::of(training).train(&task, parameters)?;
        let (train, valid) = (indices(&train)?, indices(&valid)?);
        let plan = Plan {
            first_epoch: self.end_to_end.epochs_begun,
            config: without_defaults(&config),
            ..Plan::new(training, data, &train, &valid)
        };
        if run.event(&Event::Layer { number: 0, of: self.layers.len() }) == Flow::Stop {
            self.end_to_end.stopped = true;
            return Ok(());
        }
        let choice = Choice { error: None, patience: training.patience, tolerance: config.tolerance };
        let history = train_choosing(&mut *engine, &plan, training.patience.map(|_| &choice), run)?;
        self.set_parameters(finite_parameters(&*engine, &plan)?);
        self.end_to_end.extend(history);
        Ok(())
    }

    /// The layers, from the input upwards.
    #[must_use]
    pub fn layers(&self) -> &[Autoencoder] {
        &self.layers
    }

    /// The losses of training end to end.
    #[must_use]
    pub fn end_to_end(&self) -> &History {
        &self.end_to_end
    }

    /// Sets the parameters of all encoders, from the input upwards, and then of all decoders downwards.
    fn set_parameters(&mut self, parameters: Parameters) {
        let n = self.layers.len();
        // Engines share the old weights, which would be copied before they are replaced.
        self.layers.iter_mut().for_each(|layer| layer.opened = Opened::default());
        self.opened = Opened::default();
        for (place, layer) in parameters.layers.into_iter().enumerate() {
            let (k, part) = if place < n { (place, 0) } else { (2 * n - 1 - place, 1) };
            Arc::make_mut(&mut self.layers[k].parameters).layers[part] = layer;
        }
    }

    /// Weights and biases of the encoders.
    pub(super) fn encoder_parameters(&self) -> impl Iterator<Item = &LayerParameters> {
        self.layers.iter().map(|layer| &layer.parameters.layers[0])
    }
}

/// Codes of samples as the next layer's samples.
fn codes_of(layer: &Autoencoder, data: &dyn Samples) -> Result<Dataset> {
    // Nothing else can be wrong with codes.
    Dataset::new("codes", Values::Floats(layer.encode(data)?), layer.n_hidden()).map_err(|_| infinite())
}

/// The configuration of layer `k`, with a seed of its own.
fn seeded(config: &AutoencoderConfig, k: usize) -> AutoencoderConfig {
    config.clone().seed(config.training.seed.wrapping_add(k as u64))
}

/// The range of codes before they are computed. Codes of rectified and linear units have no bounds; any range outside `0..=1`
/// serves for them.
fn code_range(activation: Activation) -> (f32, f32) {
    match activation {
        Activation::Sigmoid => (0.0, 1.0),
        Activation::Tanh => (-1.0, 1.0),
        _ => (0.0, 2.0),
    }
}

/// Trains a layer for the epochs of its configuration that are not done yet.
fn train_layer(
    trained: Option<Autoencoder>,
    config: &AutoencoderConfig,
    input: &dyn Samples,
    split: &Split,
    run: &mut Run<'_>,
) -> Result<Autoencoder> {
    let mut layer = match trained {
        Some(mut layer) => {
            layer.set_config(config)?;
            layer
        }
        None => Autoencoder::initial(config, input)?,
    };
    let history = layer.history();
    let epochs = config.training.epochs.unwrap_or_default();
    let left = match history.stopped || history.epochs_begun == 0 || config.training.patience.is_none() {
        true => epochs.saturating_sub(history.train_loss.len()),
        // It has ended by its patience.
        false => 0,
    };
    if left > 0 {
        layer.set_epochs(left);
        layer.train_on(input, split, run)?;
        layer.set_epochs(epochs);
    } else {
        layer.history.stopped = false;
    }
    Ok(layer)
}

/// Adds the layer to an error.
fn in_layer<T>(k: usize, result: Result<T>) -> Result<T> {
    result.map_err(|error| match error {
        Error::Input { place, problem, remedies } if k > 0 => {
            Error::Input { place: format!("layer {}: {place}", k + 1).into(), problem, remedies }
        }
        error @ Error::Option { .. } if k > 0 => error.in_layer(k),
        other => other,
    })
}

#[cfg(test)]
mod tests;
