//! A model of any kind, for code that only needs what all kinds have.

use crate::applied::{each_outputs, outputs};
use crate::data::{ImageShape, Preparation, Samples};
use crate::{Autoencoder, Classifier, Description, Regressor, Result, Stack};
use penstroke_engine::Apply;
use std::sync::Arc;

/// Any model.
#[derive(Clone, Debug, PartialEq)]
pub enum Model {
    /// One hidden layer.
    Autoencoder(Autoencoder),
    /// Several, on top of one another.
    Stack(Stack),
    /// Hidden layers under a softmax.
    Classifier(Classifier),
    /// Hidden layers under a linear layer.
    Regressor(Regressor),
}

impl Model {
    /// Codes of clean samples after the first `n_layers` hidden layers, `(n, units of that layer)`; 0 gives the samples.
    ///
    /// # Errors
    /// If samples do not have the model's number of components, or there are fewer layers.
    pub fn encode(&self, data: &dyn Samples, n_layers: usize) -> Result<Vec<f32>> {
        outputs(&*self.encoder(data, n_layers)?, data, 0..n_layers)
    }

    /// Calls `f` with the codes of a few samples after another, for samples that do not fit in memory.
    ///
    /// # Errors
    /// As [`Model::encode`], if the samples cannot be read, and those of `f`.
    pub fn encode_each(
        &self,
        data: &dyn Samples,
        n_layers: usize,
        f: &mut dyn FnMut(&[f32]) -> Result<()>,
    ) -> Result<()> {
        each_outputs(&*self.encoder(data, n_layers)?, data, 0..n_layers, f)
    }

    fn encoder(&self, data: &dyn Samples, n_layers: usize) -> Result<Arc<dyn Apply>> {
        match self {
            Model::Autoencoder(model) => model.encoder(data, n_layers),
            Model::Stack(model) => model.encoder(data, n_layers),
            Model::Classifier(model) => model.tuned.encoder(data, n_layers),
            Model::Regressor(model) => model.tuned.encoder(data, n_layers),
        }
    }

    /// Units of every hidden layer, from the input upwards.
    #[must_use]
    pub fn n_hidden(&self) -> Vec<usize> {
        match self {
            Model::Autoencoder(model) => vec![model.n_hidden()],
            Model::Stack(model) => model.layers().iter().map(Autoencoder::n_hidden).collect(),
            Model::Classifier(model) => model.n_hidden(),
            Model::Regressor(model) => model.n_hidden(),
        }
    }

    /// Length of a sample, `d`.
    #[must_use]
    pub fn n_visible(&self) -> usize {
        match self {
            Model::Autoencoder(model) => model.n_visible(),
            Model::Stack(model) => model.n_visible(),
            Model::Classifier(model) => model.n_visible(),
            Model::Regressor(model) => model.n_visible(),
        }
    }

    /// How a sample is a picture, if it is one.
    #[must_use]
    pub fn image(&self) -> Option<ImageShape> {
        match self {
            Model::Autoencoder(model) => model.image(),
            Model::Stack(model) => model.image(),
            Model::Classifier(model) => model.image(),
            Model::Regressor(model) => model.image(),
        }
    }

    /// How the samples it was trained on were made of their source.
    #[must_use]
    pub fn preparation(&self) -> &Preparation {
        match self {
            Model::Autoencoder(model) => model.preparation(),
            Model::Stack(model) => model.preparation(),
            Model::Classifier(model) => model.preparation(),
            Model::Regressor(model) => model.preparation(),
        }
    }

    /// The least and the greatest value of the data that it was shaped for.
    #[must_use]
    pub fn range(&self) -> (f32, f32) {
        match self {
            Model::Autoencoder(model) => model.range(),
            Model::Stack(model) => model.layers()[0].range(),
            Model::Classifier(model) => model.tuned.range,
            Model::Regressor(model) => model.tuned.range,
        }
    }

    /// The seed of its training.
    #[must_use]
    pub fn seed(&self) -> u64 {
        match self {
            Model::Autoencoder(model) => model.config().training.seed,
            Model::Stack(model) => model.layers()[0].config().training.seed,
            Model::Classifier(model) => model.config().training.seed,
            Model::Regressor(model) => model.config().training.seed,
        }
    }

    /// Its tensors by the names of the model file, with their shapes.
    #[must_use]
    pub fn tensors(&self) -> Vec<(String, Vec<usize>, &[f32])> {
        match self {
            Model::Autoencoder(model) => model.tensors(),
            Model::Stack(model) => model.tensors(),
            Model::Classifier(model) => model.tensors(),
            Model::Regressor(model) => model.tensors(),
        }
    }

    /// What the model runs on here: the engine, the instructions it uses, its threads.
    ///
    /// # Errors
    /// If the model's network is none the engine can run.
    pub fn describe_engine(&self) -> Result<Description> {
        match self {
            Model::Autoencoder(model) => model.describe_engine(),
            Model::Stack(model) => model.layers()[0].describe_engine(),
            Model::Classifier(model) => model.describe_engine(),
            Model::Regressor(model) => model.describe_engine(),
        }
    }

    /// Chooses the number of threads for applying; 0 is one for every processor.
    pub fn set_threads(&mut self, threads: usize) {
        match self {
            Model::Autoencoder(model) => model.set_threads(threads),
            Model::Stack(model) => model.set_threads(threads),
            Model::Classifier(model) => model.set_threads(threads),
            Model::Regressor(model) => model.set_threads(threads),
        }
    }
}
