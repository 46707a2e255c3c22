//! Models: trained, applied, saved and loaded.
//!
//! [`Model`] is the trait that all models share; [`load()`] reads a model file of any kind. A model file is a safetensors file with
//! everything needed to use the model; `docs/model-format.md` specifies it. Its metadata entry `penstroke` is a JSON document with
//! the kind of model, its configuration, the input's shape, range and preparation, and the losses of training. Its tensors are
//! weights and biases, all `F32`.

mod applied;
mod autoencoder;
pub(crate) mod file;
mod interface;
pub(crate) mod loading;
mod stack;
mod supervised;

pub use autoencoder::Autoencoder;
pub use file::{FORMAT_VERSION, Tensor};
pub use interface::{Model, ModelInput, ModelOutput, TrainedPart};
pub use loading::{from_bytes, is_model, load};
pub use stack::Stack;
pub use supervised::{
    ClassPrediction, Classifier, Prediction, Regressor, Supervised, ValuePrediction, argmax,
};

#[cfg(test)]
mod tests;
