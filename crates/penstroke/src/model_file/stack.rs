//! The document and tensors of a stack: those of its autoencoders, numbered from 0, the tensors' names after `layers.K.`.

use super::autoencoder::Layer;
use super::file::{FORMAT_VERSION, ModelFile, Tensor, json};
use crate::data::{ImageShape, Preparation};
use crate::train::History;
use crate::{Autoencoder, Result, Stack};
use serde::{Deserialize, Serialize};

pub(super) const KIND: &str = "stack";

#[derive(Serialize, Deserialize)]
pub(super) struct Document {
    format: u32,
    kind: String,
    n_visible: usize,
    image: Option<ImageShape>,
    #[serde(default)]
    preparation: Preparation,
    layers: Vec<Layer>,
    end_to_end: History,
}

pub(super) fn document(model: &Stack) -> Result<Document> {
    let layer = |layer: &Autoencoder| {
        let config = serde_json::to_value(&layer.config).map_err(|error| json(&error))?;
        Ok(Layer { config, range: layer.range, history: layer.history.clone() })
    };
    Ok(Document {
        format: FORMAT_VERSION,
        kind: KIND.into(),
        n_visible: model.n_visible(),
        image: model.image(),
        preparation: model.preparation().clone(),
        layers: model.layers.iter().map(layer).collect::<Result<_>>()?,
        end_to_end: model.end_to_end.clone(),
    })
}

pub(super) fn read(file: &ModelFile<'_>) -> Result<Stack> {
    let Document { n_visible, image, preparation, layers, end_to_end, .. } = file.document()?;
    file.check_input(n_visible, image, &preparation)?;
    file.check_history(&end_to_end)?;
    let mut stack: Vec<Autoencoder> = Vec::new();
    for (k, layer) in layers.into_iter().enumerate() {
        let d = stack.last().map_or(n_visible, Autoencoder::n_hidden);
        stack.push(layer.read(file, &format!("layers.{k}."), d)?);
    }
    let Some(first) = stack.first_mut() else {
        return Err(file.wrong("is damaged: a stack without layers"));
    };
    (first.image, first.preparation) = (image, preparation);
    Ok(Stack { layers: stack, end_to_end })
}

impl Stack {
    /// Its tensors by the names of the model file, with their shapes.
    #[must_use]
    pub fn tensors(&self) -> Vec<Tensor<'_>> {
        let numbered = |(k, layer): (usize, _)| {
            let tensors = Autoencoder::tensors(layer).into_iter();
            tensors.map(move |(name, shape, values)| (format!("layers.{k}.{name}"), shape, values))
        };
        self.layers.iter().enumerate().flat_map(numbered).collect()
    }
}
