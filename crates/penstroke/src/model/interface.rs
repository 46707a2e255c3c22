//! What all models have in common.

use super::applied::{check_fits, each_outputs, outputs};
use super::file::{Tensor, write};
use crate::config::Training;
use crate::data::{ImageShape, Preparation, Samples};
use crate::error::counted;
use crate::train::History;
use crate::{Error, Result, files};
use penstroke_engine::{Apply, Description, LayerParameters, Network};
use std::any::Any;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// The samples that a model takes.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelInput {
    /// Number of values in a sample, `d`.
    pub n_visible: usize,
    /// The shape of a sample that is a picture.
    pub image: Option<ImageShape>,
    /// The lowest and the highest value of the data the model was shaped for; salt-and-pepper noise sets components to these.
    pub range: (f32, f32),
    /// How the training samples were prepared.
    pub preparation: Preparation,
}

impl ModelInput {
    /// Samples such as those of `data`.
    #[must_use]
    pub fn of(data: &dyn Samples) -> Self {
        Self {
            image: data.image(),
            preparation: data.preparation().clone(),
            ..Self::new(data.n_visible(), data.range())
        }
    }

    /// Samples of `n_visible` values within `range`.
    #[must_use]
    pub fn new(n_visible: usize, range: (f32, f32)) -> Self {
        Self { n_visible, image: None, range, preparation: Preparation::default() }
    }
}

/// What the outputs of the last layer are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelOutput {
    /// The restored sample.
    Reconstruction,
    /// The probabilities of this many classes.
    Classes(usize),
    /// This many real values.
    Values(usize),
}

/// One training of a model.
#[derive(Clone, Debug)]
pub struct TrainedPart<'a> {
    /// `layer 1`, `layer 2` … or `end to end`; empty if the model was trained as a whole.
    pub name: String,
    /// Its configuration as JSON; `null` for training end to end.
    pub config: serde_json::Value,
    /// Its losses.
    pub history: &'a History,
}

/// A trained network: hidden layers, which compute codes of samples, and layers above them.
///
/// [`Autoencoder`](crate::Autoencoder), [`Stack`](crate::Stack), [`Classifier`](crate::Classifier) and
/// [`Regressor`](crate::Regressor) are models; [`load`](super::load()) reads one of any kind. A model keeps its weights and one
/// opened engine, which copies and other threads share.
///
/// ```
/// use penstroke::data::{Dataset, Values};
/// use penstroke::{Autoencoder, AutoencoderConfig, Model, Run, model};
/// let data = Dataset::new("example", Values::Floats(vec![0.5; 600]), 6)?;
/// let config = AutoencoderConfig { hidden: 4, ..Default::default() }.epochs(1);
/// # let folder = tempfile::tempdir()?;
/// # let file = folder.path().join("model.safetensors");
/// Autoencoder::fit(&config, &data, &mut Run::new())?.save(&file)?;
/// let model = model::load(&file)?;
/// assert_eq!((model.kind(), model.n_visible(), model.n_hidden()), ("autoencoder", 6, 4));
/// assert_eq!(model.encode(&data)?.len(), 100 * 4);
/// assert!(model.downcast_ref::<Autoencoder>().is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Model: Any + fmt::Debug + Send + Sync {
    /// The kind of model, as model files name it.
    fn kind(&self) -> &'static str;

    /// The samples that the model takes.
    fn input(&self) -> &ModelInput;

    /// Number of hidden layers.
    fn n_layers(&self) -> usize;

    /// Number of units in the last hidden layer, `h`.
    fn n_hidden(&self) -> usize;

    /// What the outputs of the last layer are.
    fn output(&self) -> ModelOutput;

    /// The network: hidden layers from the input upwards, then the layers above them.
    fn network(&self) -> Network;

    /// Weights and biases of each layer of the network.
    fn parameters(&self) -> Vec<&LayerParameters>;

    /// The engine that computes the network's layers. It is opened once.
    ///
    /// # Errors
    /// If the engine cannot run the network.
    fn engine(&self) -> Result<Arc<dyn Apply>>;

    /// The options of its training; of a stack, those of its first layer.
    fn training(&self) -> &Training;

    /// All trainings of the model.
    fn trainings(&self) -> Vec<TrainedPart<'_>>;

    /// The tensors of the model file: name, shape and values.
    fn tensors(&self) -> Vec<Tensor<'_>>;

    /// The JSON document of the model file, specified in `docs/model-format.md`.
    ///
    /// # Errors
    /// If a number cannot be written as JSON.
    fn document(&self) -> Result<String>;

    /// Sets the number of threads for training and applying; 0 means one per processor.
    fn set_threads(&mut self, threads: usize);

    /// A copy, which shares the weights.
    fn boxed(&self) -> Box<dyn Model>;

    /// Codes of samples: the activations of the last hidden layer, `(n, h)`. Samples are not corrupted.
    ///
    /// # Errors
    /// If the samples do not fit or cannot be read.
    fn encode(&self, data: &dyn Samples) -> Result<Vec<f32>> {
        self.encode_layers(data, self.n_layers())
    }

    /// Codes after the first `n_layers` hidden layers, `(n, units of that layer)`; with 0 layers, the samples.
    ///
    /// # Errors
    /// If the samples do not fit or cannot be read, or the model has fewer layers.
    fn encode_layers(&self, data: &dyn Samples, n_layers: usize) -> Result<Vec<f32>> {
        self.check_samples(data, n_layers)?;
        outputs(&*self.engine()?, data, 0..n_layers)
    }

    /// Calls `f` with the codes of a few samples at a time, for samples that do not fit into memory.
    ///
    /// # Errors
    /// As [`Model::encode_layers`], and those of `f`.
    fn encode_each(
        &self,
        data: &dyn Samples,
        n_layers: usize,
        f: &mut dyn FnMut(&[f32]) -> Result<()>,
    ) -> Result<()> {
        self.check_samples(data, n_layers)?;
        each_outputs(&*self.engine()?, data, 0..n_layers, f)
    }

    /// Checks that the samples fit and that the model has at least `n_layers` hidden layers.
    ///
    /// # Errors
    /// If they do not, or it does not.
    fn check_samples(&self, data: &dyn Samples, n_layers: usize) -> Result<()> {
        if n_layers > self.n_layers() {
            let problem = format!("{n_layers} is not one of the model's layers, 0 to {}", self.n_layers());
            return Err(Error::option("layer", problem));
        }
        check_fits(data, self.n_visible())
    }

    /// Reconstructions of samples, `(n, d)`. Samples are not corrupted.
    ///
    /// # Errors
    /// If the model has no decoder, or the samples do not fit or cannot be read.
    fn reconstruct(&self, data: &dyn Samples) -> Result<Vec<f32>> {
        check_decodes(self.output())?;
        check_fits(data, self.n_visible())?;
        outputs(&*self.engine()?, data, 0..2 * self.n_layers())
    }

    /// Reconstructions from codes `(n, h)` of the last hidden layer, `(n, d)`.
    ///
    /// # Errors
    /// If the model has no decoder, or the codes do not fit.
    fn decode(&self, codes: &dyn Samples) -> Result<Vec<f32>> {
        check_decodes(self.output())?;
        let h = self.n_hidden();
        if codes.n_visible() != h {
            let problem = format!(
                "codes have {}, the model has {}",
                counted(codes.n_visible(), "value"),
                counted(h, "hidden unit")
            );
            return Err(Error::input("data", problem));
        }
        outputs(&*self.engine()?, codes, self.n_layers()..2 * self.n_layers())
    }

    /// Number of values in a sample, `d`.
    fn n_visible(&self) -> usize {
        self.input().n_visible
    }

    /// Number of units in each hidden layer, from the input upwards.
    fn widths(&self) -> Vec<usize> {
        self.network().layers[..self.n_layers()].iter().map(|layer| layer.outputs).collect()
    }

    /// The shape of a sample that is a picture.
    fn image(&self) -> Option<ImageShape> {
        self.input().image
    }

    /// The lowest and the highest value of the data the model was shaped for.
    fn range(&self) -> (f32, f32) {
        self.input().range
    }

    /// How the training samples were prepared.
    fn preparation(&self) -> &Preparation {
        &self.input().preparation
    }

    /// Whether an observer stopped a training before its end.
    fn stopped(&self) -> bool {
        self.trainings().iter().any(|part| part.history.stopped)
    }

    /// The engine, the instructions it uses, and its threads.
    ///
    /// # Errors
    /// If the engine cannot run the network.
    fn describe_engine(&self) -> Result<Description> {
        Ok(self.engine()?.describe())
    }

    /// The bytes of the model file. Equal models give equal bytes.
    ///
    /// # Errors
    /// If a number cannot be written as JSON.
    fn to_bytes(&self) -> Result<Vec<u8>> {
        write(self.document()?, self.tensors())
    }

    /// Writes the model file, for example `model.save(&"digits.safetensors")`. An error leaves no partial file.
    ///
    /// # Errors
    /// If the file cannot be written.
    fn save(&self, path: &dyn AsRef<Path>) -> Result<()> {
        let bytes = self.to_bytes()?;
        files::write_atomic(path.as_ref(), |out| out.write_all(&bytes))
    }
}

impl dyn Model {
    /// The model as one of this type, if it is one.
    #[must_use]
    pub fn downcast_ref<M: Model>(&self) -> Option<&M> {
        (self as &dyn Any).downcast_ref()
    }

    /// Takes the model as one of this type.
    ///
    /// # Errors
    /// The model itself, if it is of another type.
    pub fn downcast<M: Model + Clone>(self: Box<Self>) -> Result<M, Box<Self>> {
        self.downcast_ref::<M>().cloned().ok_or(self)
    }

    /// The error for a model in the file `place` that is of another kind than `needed`.
    #[must_use]
    pub fn needed(&self, place: &Path, needed: &str, way_out: &str) -> Error {
        let problem = format!("holds a model of kind {:?}, {needed} is needed; {way_out}", self.kind());
        Error::input(place.display().to_string(), problem)
    }
}

impl Clone for Box<dyn Model> {
    fn clone(&self) -> Self {
        self.boxed()
    }
}

fn check_decodes(output: ModelOutput) -> Result<()> {
    match output {
        ModelOutput::Reconstruction => Ok(()),
        ModelOutput::Classes(_) | ModelOutput::Values(_) => {
            Err(Error::input("model", "is not an autoencoder or a stack"))
        }
    }
}
