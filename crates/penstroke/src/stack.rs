//! Autoencoders on top of one another, trained layer by layer or all together.
//!
//! ```text
//! code_0 = x
//! code_k = s_k(W_k code_{k−1} + b_k)              k = 1 … L
//! ```
//!
//! **Greedy** (Vincent et al. 2010, section 3.3): layer `k` is a denoising autoencoder of the clean codes of the layers
//! below it, which are trained before and stay as they are; corruption acts on the input of the layer that is being
//! trained and nowhere else. **End to end**: encoders and then decoders in reverse make one deep autoencoder, whose input
//! alone is corrupted, and whose layers are trained together to restore it.
//!
//! ```
//! use penstroke::data::{Part, strokes};
//! use penstroke::{AutoencoderConfig, Silent, Stack};
//! let digits = strokes::generate(0, Part::Train, 200)?;
//! let layer = |hidden| AutoencoderConfig { hidden, ..Default::default() }.epochs(2);
//! let stack = Stack::fit(&[layer(30), layer(20)], &digits, &mut Silent)?;
//! assert_eq!(stack.encode(&digits, 2)?.len(), 200 * 20);
//! assert_eq!(stack.reconstruct(&digits)?.len(), 200 * 784);
//! # Ok::<(), penstroke::Error>(())
//! ```

mod coded;

use crate::applied::{Chain, check_layers, outputs};
use crate::autoencoder::{check_fits, check_loss, decoded, finite_parameters, indices};
use crate::data::{Dataset, ImageShape, Preparation, Samples, Split, Values, split};
use crate::train::{Choice, History, Plan, train_choosing};
use crate::{Autoencoder, AutoencoderConfig, Error, Event, Flow, Observer, Result};
use coded::{Coded, infinite};
use penstroke_engine::{
    Activation, Apply, CpuOptions, CpuTrain, Layer, LayerParameters, Network, Parameters, State, Task,
};
use std::sync::Arc;

/// Denoising autoencoders, each of the codes of the one below.
#[derive(Clone, Debug, PartialEq)]
pub struct Stack {
    /// From the input upwards; at least one.
    pub(crate) layers: Vec<Autoencoder>,
    /// How training end to end went, if there was any.
    pub(crate) end_to_end: History,
}

impl From<Autoencoder> for Stack {
    fn from(layer: Autoencoder) -> Self {
        Self { layers: vec![layer], end_to_end: History::default() }
    }
}

impl Stack {
    /// Layers with their initial weights, shaped for `data`, one for every configuration from the input upwards. Layer `k`,
    /// counted from 0, draws its random numbers from its configuration's seed plus `k`.
    ///
    /// # Errors
    /// If there is no configuration, or one is wrong or does not go with the data or the layer below.
    pub fn initial(configs: &[AutoencoderConfig], data: &dyn Samples) -> Result<Self> {
        let mut layers: Vec<Autoencoder> = Vec::new();
        for (k, config) in configs.iter().enumerate() {
            let config = seeded(config, k);
            layers.push(match layers.last() {
                None => in_layer(k, Autoencoder::initial(&config, data))?,
                Some(below) => {
                    let range = code_range(below.config().activation);
                    in_layer(k, Autoencoder::shaped(&config, below.n_hidden(), range))?
                }
            });
        }
        if layers.is_empty() {
            return Err(Error::option("layers", "there are none; a stack needs at least one"));
        }
        Ok(Self { layers, end_to_end: History::default() })
    }

    /// Trains layer by layer. The share of the samples that the first configuration sets aside is set aside for all layers.
    /// An observer may stop it; then the stack ends with the layer that was being trained.
    ///
    /// # Errors
    /// As [`Stack::initial`] and [`Autoencoder::train`].
    pub fn fit(
        configs: &[AutoencoderConfig],
        data: &dyn Samples,
        observer: &mut dyn Observer,
    ) -> Result<Self> {
        Self::fit_above(Self { layers: Vec::new(), end_to_end: History::default() }, configs, data, observer)
    }

    /// Trains what is missing of a stack that an observer has stopped: the rest of its last layer's epochs, with fresh
    /// corruption, and the layers above. Over these epochs the optimizer, the learning rate's schedule and a corruption that
    /// moves begin anew.
    ///
    /// # Errors
    /// As [`Stack::fit`], and if the layers that are there are not the first of `configs`.
    pub fn go_on(
        self,
        configs: &[AutoencoderConfig],
        data: &dyn Samples,
        observer: &mut dyn Observer,
    ) -> Result<Self> {
        Self::fit_above(self, configs, data, observer)
    }

    fn fit_above(
        Self { layers: trained, end_to_end }: Self,
        configs: &[AutoencoderConfig],
        data: &dyn Samples,
        observer: &mut dyn Observer,
    ) -> Result<Self> {
        // Mistakes in later layers are found before the first is trained.
        let first = Self::initial(configs, data)?.layers[0].config().clone();
        let split = split(data.n_samples(), first.training.valid, first.training.seed)?;
        if trained.len() > configs.len() {
            let problem =
                format!("{} where the model has {}; name at least these", configs.len(), trained.len());
            return Err(Error::option("layers", problem));
        }
        let mut trained = trained.into_iter();
        let mut layers: Vec<Autoencoder> = Vec::new();
        let mut codes: Option<Box<dyn Samples + '_>> = None;
        for (k, config) in configs.iter().enumerate() {
            if observer.observe(&Event::Layer { number: k + 1, of: configs.len() }) == Flow::Stop && k > 0 {
                // Between two layers: what is there is whole, and yet not all.
                layers[k - 1].history.stopped = true;
                break;
            }
            let (input, config) = (codes.as_deref().unwrap_or(data), seeded(config, k));
            let layer = in_layer(k, train_layer(trained.next(), &config, input, &split, observer))?;
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
                    let below = Self { layers: layers.clone(), end_to_end: History::default() };
                    Box::new(Coded::new(data, below.engine()?, layers.len())?)
                }
            });
        }
        Ok(Self { layers, end_to_end })
    }

    /// Trains all layers together, on from the weights as they are: the input is corrupted, and the output of the last
    /// decoder is held against the clean input. Of `config`, everything counts but the shape of a layer: `hidden`,
    /// `activation`, `decoder`, `tied` and `initialization`.
    ///
    /// # Errors
    /// If the configuration is wrong or the data do not fit, or a loss or a weight leaves the finite numbers; the stack is
    /// then unchanged.
    pub fn train_end_to_end(
        &mut self,
        config: &AutoencoderConfig,
        data: &dyn Samples,
        observer: &mut dyn Observer,
    ) -> Result<()> {
        let mut config = config.clone();
        let first = self.layers[0].config();
        (config.decoder, config.activation) = (first.decoder, first.activation);
        config.check()?;
        check_loss(config.loss, data.range())?;
        check_fits(data, self.n_visible())?;
        let Split { train, valid } = split(data.n_samples(), config.training.valid, config.training.seed)?;
        let task = Task { network: self.deep_network(), ..config.task(self.n_visible(), data.range()) };
        let options = CpuOptions {
            threads: config.training.n_threads(),
            precision: config.training.precision,
            ..CpuOptions::default()
        };
        let mut engine = CpuTrain::open(&task, State::new(&task.network, self.deep_parameters()), options)?;
        let (train, valid) = (indices(&train)?, indices(&valid)?);
        let plan = Plan {
            first_epoch: self.end_to_end.epochs_begun,
            ..Plan::new(&config.training, data, &train, &valid)
        };
        if observer.observe(&Event::Layer { number: 0, of: self.layers.len() }) == Flow::Stop {
            self.end_to_end.stopped = true;
            return Ok(());
        }
        let choice = Choice { error: None, patience: config.training.patience, tolerance: config.tolerance };
        let history =
            train_choosing(&mut engine, &plan, config.training.patience.map(|_| &choice), observer)?;
        self.take_deep(finite_parameters(&engine, config.training.learning_rate)?);
        self.end_to_end.extend(history);
        Ok(())
    }

    /// Codes of clean samples after the first `n_layers` layers, `(n, hidden units of that layer)`; 0 gives the samples.
    ///
    /// # Errors
    /// If samples do not have the model's number of components, or there are fewer layers.
    pub fn encode(&self, data: &dyn Samples, n_layers: usize) -> Result<Vec<f32>> {
        outputs(&*self.encoder(data, n_layers)?, data, 0..n_layers)
    }

    /// What computes codes of `data` after the first `n_layers` layers.
    pub(crate) fn encoder(&self, data: &dyn Samples, n_layers: usize) -> Result<Arc<dyn Apply>> {
        check_layers(n_layers, self.layers.len())?;
        check_fits(data, self.n_visible())?;
        self.engine()
    }

    /// Reconstructions of samples, taken as they are, through all layers up and down again, `(n, d)`.
    ///
    /// # Errors
    /// If samples do not have the model's number of components.
    pub fn reconstruct(&self, data: &dyn Samples) -> Result<Vec<f32>> {
        check_fits(data, self.n_visible())?;
        outputs(&*self.engine()?, data, 0..2 * self.layers.len())
    }

    /// Reconstructions that belong to `codes` of the top layer, `(n, h)`, down through all layers, `(n, d)`.
    ///
    /// # Errors
    /// If codes do not have a value for each unit of the top layer.
    pub fn decode(&self, codes: &dyn Samples) -> Result<Vec<f32>> {
        let n = self.layers.len();
        decoded(&*self.engine()?, codes, n..2 * n)
    }

    /// The engines of its layers, encoders upwards and decoders downwards.
    fn engine(&self) -> Result<Arc<dyn Apply>> {
        let engines = self.layers.iter().map(Autoencoder::engine).collect::<Result<Vec<_>>>()?;
        let encoders = engines.iter().map(|engine| (Arc::clone(engine), 0));
        let decoders = engines.iter().rev().map(|engine| (Arc::clone(engine), 1));
        Ok(Arc::new(Chain::new(encoders.chain(decoders).collect())))
    }

    /// The layers, from the input upwards.
    #[must_use]
    pub fn layers(&self) -> &[Autoencoder] {
        &self.layers
    }

    /// Length of a sample, `d`.
    #[must_use]
    pub fn n_visible(&self) -> usize {
        self.layers[0].n_visible()
    }

    /// Units of the top layer.
    #[must_use]
    pub fn n_hidden(&self) -> usize {
        self.layers[self.layers.len() - 1].n_hidden()
    }

    /// How a sample is a picture, if it is one.
    #[must_use]
    pub fn image(&self) -> Option<ImageShape> {
        self.layers[0].image()
    }

    /// How the samples it was trained on were made of their source.
    #[must_use]
    pub fn preparation(&self) -> &Preparation {
        self.layers[0].preparation()
    }

    /// How training end to end went.
    #[must_use]
    pub fn end_to_end(&self) -> &History {
        &self.end_to_end
    }

    /// Whether an observer stopped its training.
    #[must_use]
    pub fn stopped(&self) -> bool {
        self.end_to_end.stopped || self.layers.iter().any(|layer| layer.history().stopped)
    }

    /// Chooses the number of threads for training and applying; 0 is one for every processor.
    pub fn set_threads(&mut self, threads: usize) {
        self.layers.iter_mut().for_each(|layer| layer.set_threads(threads));
    }

    /// Encoders upwards, decoders downwards.
    pub(crate) fn deep_network(&self) -> Network {
        let specs: Vec<_> = self.layers.iter().map(|layer| layer.task().network).collect();
        let encoders = specs.iter().map(|spec| spec.layers[0]);
        let decoders = specs.iter().enumerate().rev().map(|(k, spec)| {
            let decoder = spec.layers[1];
            Layer { tied_to: decoder.tied_to.map(|_| k), ..decoder }
        });
        Network::new(encoders.chain(decoders).collect())
    }

    pub(crate) fn deep_parameters(&self) -> Parameters {
        let part = |part: usize| self.layers.iter().map(move |layer| layer.parameters.layers[part].clone());
        Parameters { layers: part(0).chain(part(1).rev()).collect() }
    }

    /// The reverse of [`Stack::deep_parameters`].
    fn take_deep(&mut self, parameters: Parameters) {
        let n = self.layers.len();
        for (place, layer) in parameters.layers.into_iter().enumerate() {
            let (k, part) = if place < n { (place, 0) } else { (2 * n - 1 - place, 1) };
            Arc::make_mut(&mut self.layers[k].parameters).layers[part] = layer;
        }
    }

    /// Weights and biases of the encoders.
    pub(crate) fn encoder_parameters(&self) -> impl Iterator<Item = &LayerParameters> {
        self.layers.iter().map(|layer| &layer.parameters.layers[0])
    }
}

/// Codes of samples as the next layer's samples.
fn codes_of(layer: &Autoencoder, data: &dyn Samples) -> Result<Dataset> {
    // Nothing else can be wrong with codes.
    Dataset::new("codes", Values::Floats(layer.encode(data)?), layer.n_hidden()).map_err(|_| infinite())
}

/// The configuration of layer `k`: no two layers share their random numbers.
fn seeded(config: &AutoencoderConfig, k: usize) -> AutoencoderConfig {
    config.clone().seed(config.training.seed.wrapping_add(k as u64))
}

/// The range that codes of an activation have before anything is known of them; rectified and linear ones have none, and
/// any will do that is not within `0..=1`.
fn code_range(activation: Activation) -> (f32, f32) {
    match activation {
        Activation::Sigmoid => (0.0, 1.0),
        Activation::Tanh => (-1.0, 1.0),
        _ => (0.0, 2.0),
    }
}

/// Trains a layer for the epochs of its configuration, on from what was trained of it before.
fn train_layer(
    trained: Option<Autoencoder>,
    config: &AutoencoderConfig,
    input: &dyn Samples,
    split: &Split,
    observer: &mut dyn Observer,
) -> Result<Autoencoder> {
    let mut layer = match trained {
        Some(mut layer) => {
            layer.set_config(config)?;
            layer
        }
        None => Autoencoder::initial(config, input)?,
    };
    let history = layer.history();
    let left = match history.stopped || history.epochs_begun == 0 || config.training.patience.is_none() {
        true => config.training.epochs.saturating_sub(history.train_loss.len()),
        // It has ended of its own accord.
        false => 0,
    };
    if left > 0 {
        layer.set_epochs(left);
        layer.train_on(input, split, observer)?;
        layer.set_epochs(config.training.epochs);
    } else {
        layer.history.stopped = false;
    }
    Ok(layer)
}

/// A mistake with the layer it is in.
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
