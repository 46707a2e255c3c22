//! Models on disk: a safetensors file that holds everything needed to use the model.
//!
//! The format is specified in `docs/model-format.md`. One metadata entry, `penstroke`, holds a JSON document: what kind of
//! model it is, its configuration, the input's shape, range and preparation, and the history of the training. The tensors
//! are weights and biases, all `F32`.

mod autoencoder;
mod classifier;
mod regressor;
mod stack;
mod tuned;

use crate::data::{ImageShape, Preparation};
use crate::train::History;
use crate::{Autoencoder, Classifier, Error, Model, Regressor, Result, Stack, files};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The newest version of the format that this library reads and writes.
pub const FORMAT_VERSION: u32 = 1;

/// The metadata entry that makes a safetensors file a model of ours.
const KEY: &str = "penstroke";

impl Model {
    /// Reads a model of any kind.
    ///
    /// # Errors
    /// If there is no such file, or it is no model that this version understands.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        if path.is_dir() {
            let problem = "is a folder; a model file is needed, such as penstroke fit writes";
            return Err(Error::input(path.display().to_string(), problem));
        }
        let bytes = std::fs::read(path).map_err(|error| Error::io(path, error))?;
        Self::from_bytes(&path.display().to_string(), &bytes)
    }

    /// Reads a model from a file's bytes; `place` names it in messages.
    ///
    /// # Errors
    /// If the bytes are no model that this version understands.
    pub fn from_bytes(place: &str, bytes: &[u8]) -> Result<Self> {
        let file = ModelFile::open(place, bytes)?;
        match file.kind.as_str() {
            autoencoder::KIND => autoencoder::read(&file).map(Self::Autoencoder),
            stack::KIND => stack::read(&file).map(Self::Stack),
            classifier::KIND => classifier::read(&file).map(Self::Classifier),
            regressor::KIND => regressor::read(&file).map(Self::Regressor),
            kind => Err(file.wrong(format!(
                "holds a model of kind {kind:?}; {}, {}, {} and {} are known",
                autoencoder::KIND,
                stack::KIND,
                classifier::KIND,
                regressor::KIND
            ))),
        }
    }

    /// What kind of model it is, as the file says it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Model::Autoencoder(_) => autoencoder::KIND,
            Model::Stack(_) => stack::KIND,
            Model::Classifier(_) => classifier::KIND,
            Model::Regressor(_) => regressor::KIND,
        }
    }

    /// That it is of another kind than is needed.
    #[must_use]
    pub fn needed(&self, place: &Path, needed: &str, way_out: &str) -> Error {
        let problem = format!("holds a model of kind {:?}, {needed} is needed; {way_out}", self.kind());
        Error::input(place.display().to_string(), problem)
    }
}

/// Whether the file begins as a model file does: eight bytes of length, then a JSON object.
///
/// # Errors
/// If the file cannot be read.
pub fn is_model(path: impl AsRef<Path>) -> Result<bool> {
    let path = path.as_ref();
    let mut beginning = Vec::new();
    let read = File::open(path).and_then(|file| file.take(9).read_to_end(&mut beginning));
    read.map_err(|error| Error::io(path, error))?;
    Ok(beginning.get(8) == Some(&b'{'))
}

/// Reading and writing, the same for every kind.
macro_rules! on_disk {
    ($model:ident, $module:ident) => {
        impl $model {
            /// Writes the model; the file appears whole or not at all.
            ///
            /// # Errors
            /// If the file cannot be written.
            pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
                let bytes = self.to_bytes()?;
                files::write_atomic(path.as_ref(), |out| out.write_all(&bytes))
            }

            /// The model file's bytes. Equal models give equal bytes.
            ///
            /// # Errors
            /// If a number cannot be written as JSON.
            pub fn to_bytes(&self) -> Result<Vec<u8>> {
                write(&$module::document(self)?, self.tensors())
            }
        }
    };
}
on_disk!(Autoencoder, autoencoder);
on_disk!(Stack, stack);
on_disk!(Classifier, classifier);
on_disk!(Regressor, regressor);

impl Autoencoder {
    /// Reads a model of one hidden layer.
    ///
    /// # Errors
    /// If there is no such file, or it is no such model that this version understands.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        match Model::load(&path)? {
            Model::Autoencoder(model) => Ok(model),
            other => Err(other.needed(path.as_ref(), "an autoencoder", "fit one with a single layer")),
        }
    }
}

impl Stack {
    /// Reads a stack, or an autoencoder as a stack of one layer.
    ///
    /// # Errors
    /// If there is no such file, or it is no such model that this version understands.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        match Model::load(&path)? {
            Model::Autoencoder(model) => Ok(model.into()),
            Model::Stack(model) => Ok(model),
            other => {
                Err(other.needed(path.as_ref(), "an autoencoder or a stack", "penstroke fit makes them"))
            }
        }
    }
}

impl Classifier {
    /// Reads a classifier.
    ///
    /// # Errors
    /// If there is no such file, or it is no such model that this version understands.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        match Model::load(&path)? {
            Model::Classifier(model) => Ok(model),
            other => Err(other.needed(path.as_ref(), "a classifier", "penstroke finetune makes one of it")),
        }
    }
}

impl Regressor {
    /// Reads a regressor.
    ///
    /// # Errors
    /// If there is no such file, or it is no such model that this version understands.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        match Model::load(&path)? {
            Model::Regressor(model) => Ok(model),
            other => {
                let way_out = "train one with targets";
                Err(other.needed(path.as_ref(), "a regressor", way_out))
            }
        }
    }
}

/// A tensor to write.
pub type Tensor<'a> = (String, Vec<usize>, &'a [f32]);

fn json(error: &serde_json::Error) -> Error {
    Error::numerical(format!("model: {error}"))
}

fn write(document: &impl Serialize, tensors: Vec<Tensor<'_>>) -> Result<Vec<u8>> {
    let document = serde_json::to_string(document).map_err(|error| json(&error))?;
    let to_le = |values: &[f32]| -> Vec<u8> { values.iter().flat_map(|value| value.to_le_bytes()).collect() };
    let bytes: Vec<_> =
        tensors.into_iter().map(|(name, shape, values)| (name, shape, to_le(values))).collect();
    let views = bytes
        .iter()
        .map(|(name, shape, bytes)| Ok((name, TensorView::new(Dtype::F32, shape.clone(), bytes)?)))
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>();
    let information = [(KEY.to_owned(), document)].into_iter().collect();
    views
        .and_then(|views| safetensors::serialize(views, Some(information)))
        .map_err(|error| Error::numerical(format!("model: {error}")))
}

/// Enough of a document to tell which version wrote it, and what.
#[derive(Deserialize)]
struct Version {
    format: u32,
    kind: String,
}

/// A file's parts, believed as far as its bytes go.
struct ModelFile<'a> {
    place: &'a str,
    kind: String,
    document: String,
    tensors: SafeTensors<'a>,
}

impl<'a> ModelFile<'a> {
    fn open(place: &'a str, bytes: &'a [u8]) -> Result<Self> {
        let wrong = |problem: String| Error::input(place, problem);
        let no_model = |error: &dyn std::fmt::Display| wrong(format!("is no model file ({error})"));
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|error| no_model(&error))?;
        let text = metadata.metadata().as_ref().and_then(|entries| entries.get(KEY));
        let document = text.cloned().ok_or_else(|| {
            wrong(
                "is a safetensors file, but no model of penstroke: its metadata lack the entry \"penstroke\""
                    .into(),
            )
        })?;
        let Version { format, kind } = serde_json::from_str(&document).map_err(|error| no_model(&error))?;
        if format > FORMAT_VERSION {
            return Err(wrong(format!(
                "has model format {format}, this version reads up to {FORMAT_VERSION}; update penstroke"
            )));
        }
        let tensors = SafeTensors::deserialize(bytes).map_err(|error| no_model(&error))?;
        Ok(Self { place, kind, document, tensors })
    }

    fn wrong(&self, problem: impl Into<String>) -> Error {
        Error::input(self.place, problem)
    }

    fn no_model(&self, error: &dyn std::fmt::Display) -> Error {
        self.wrong(format!("is no model file ({error})"))
    }

    fn document<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.document).map_err(|error| self.no_model(&error))
    }

    /// A part of the document that has defaults of its own.
    fn part<T: DeserializeOwned>(&self, value: serde_json::Value) -> Result<T> {
        serde_json::from_value(value).map_err(|error| self.no_model(&error))
    }

    /// The values of a tensor, which must have this shape and be finite.
    fn tensor(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let view = self.tensors.tensor(name).map_err(|error| self.no_model(&error))?;
        if view.dtype() != Dtype::F32 || view.shape() != shape {
            return Err(self.wrong(format!(
                "is damaged: tensor {name} is {:?} {:?}, not F32 {shape:?}",
                view.dtype(),
                view.shape()
            )));
        }
        let values: Vec<f32> =
            view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        if values.iter().any(|v| !v.is_finite()) {
            return Err(self.wrong(format!("is damaged: tensor {name} holds values that are not finite")));
        }
        Ok(values)
    }

    /// Whether what is said of the input makes sense.
    fn check_input(
        &self,
        n_visible: usize,
        image: Option<ImageShape>,
        preparation: &Preparation,
    ) -> Result<()> {
        preparation.check(n_visible).map_err(|error| self.wrong(format!("is damaged: {error}")))?;
        let shape_fits = image.is_none_or(|i| {
            i.height.checked_mul(i.width).and_then(|a| a.checked_mul(i.channels)) == Some(n_visible)
        });
        if shape_fits && n_visible > 0 {
            return Ok(());
        }
        Err(self.wrong("is damaged: the input's shape or range makes no sense"))
    }

    fn check_range(&self, range: (f32, f32)) -> Result<()> {
        // Written so that what is no number makes no sense either.
        if range.0 <= range.1 {
            return Ok(());
        }
        Err(self.wrong("is damaged: the input's shape or range makes no sense"))
    }

    fn check_history(&self, history: &History) -> Result<()> {
        let finished = history.train_loss.len();
        let epochs = finished..=u32::MAX as usize;
        let of_each = [&history.valid_loss, &history.valid_error].iter().all(|of| of.len() <= finished);
        let best = history.best_epoch.is_none_or(|best| (1..=finished).contains(&best));
        if epochs.contains(&history.epochs_begun) && of_each && best {
            return Ok(());
        }
        Err(self.wrong("is damaged: its history makes no sense"))
    }
}

#[cfg(test)]
mod tests;
