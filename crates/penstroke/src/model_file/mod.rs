//! Models on disk: a safetensors file that holds everything needed to use the model.
//!
//! The format is specified in `docs/model-format.md`. One metadata entry, `penstroke`, holds a JSON document: what kind of
//! model it is, its configuration, the input's shape, range and preparation, and the history of the training. The tensors
//! are weights and biases, all `F32`.

mod autoencoder;
mod classifier;
mod file;
mod regressor;
mod stack;
mod tuned;

pub use file::{FORMAT_VERSION, Tensor};

use crate::{Autoencoder, Classifier, Error, Model, Regressor, Result, Stack, files};
use file::{ModelFile, write};
use std::fs::File;
use std::io::Read;
use std::path::Path;

impl Model {
    /// Reads a model of any kind.
    ///
    /// # Errors
    /// If there is no such file, or it does not hold a model that this version understands.
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
    /// If there is no such file, or it does not hold such a model.
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
    /// If there is no such file, or it does not hold such a model.
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
    /// If there is no such file, or it does not hold such a model.
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
    /// If there is no such file, or it does not hold such a model.
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

#[cfg(test)]
mod tests;
