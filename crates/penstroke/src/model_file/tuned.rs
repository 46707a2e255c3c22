//! The document and tensors that a classifier and a regressor have in common: `layers.K.weight (outputs, inputs)` and
//! `layers.K.bias (outputs)`, from the input upwards; the last is the one that answers.

use super::file::{FORMAT_VERSION, ModelFile, Tensor, json};
use crate::applied::Opened;
use crate::config::names;
use crate::data::{ImageShape, Preparation};
use crate::train::History;
use crate::tuned::{Top, Tuned};
use crate::{Activation, Result, SupervisedConfig};
use penstroke_engine::{Layer, LayerParameters, Parameters};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Serialize, Deserialize)]
pub(super) struct Document {
    format: u32,
    kind: String,
    n_visible: usize,
    /// Of a classifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) n_classes: Option<usize>,
    /// Of a regressor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) n_targets: Option<usize>,
    hidden: Vec<Hidden>,
    image: Option<ImageShape>,
    range: (f32, f32),
    #[serde(default)]
    preparation: Preparation,
    config: serde_json::Value,
    history: History,
}

#[derive(Serialize, Deserialize)]
struct Hidden {
    units: usize,
    #[serde(with = "names")]
    activation: Activation,
}

pub(super) fn document(model: &Tuned, kind: &str) -> Result<Document> {
    let hidden = |layer: &Layer| Hidden { units: layer.outputs, activation: layer.activation };
    let (n_classes, n_targets) = match model.top {
        Top::Classes(n) => (Some(n), None),
        Top::Values(n) => (None, Some(n)),
    };
    Ok(Document {
        format: FORMAT_VERSION,
        kind: kind.into(),
        n_visible: model.n_visible(),
        n_classes,
        n_targets,
        hidden: model.hidden.iter().map(hidden).collect(),
        image: model.image,
        range: model.range,
        preparation: model.preparation.clone(),
        config: serde_json::to_value(&model.config).map_err(|error| json(&error))?,
        history: model.history.clone(),
    })
}

/// The model that a document under `top` describes.
pub(super) fn read(file: &ModelFile<'_>, document: Document, top: Top) -> Result<Tuned> {
    let Document { n_visible, hidden, image, range, preparation, config, history, .. } = document;
    file.check_input(n_visible, image, &preparation)?;
    file.check_range(range)?;
    file.check_history(&history)?;
    let config: SupervisedConfig = file.part(config)?;
    config.check().map_err(|error| file.no_model(&error))?;
    let mut inputs = n_visible;
    let mut layers = Vec::new();
    let parameter = |k: usize, inputs: usize, outputs: usize| -> Result<LayerParameters> {
        Ok(LayerParameters {
            weights: file.tensor(&format!("layers.{k}.weight"), &[outputs, inputs])?,
            bias: file.tensor(&format!("layers.{k}.bias"), &[outputs])?,
        })
    };
    let mut parameters = Vec::new();
    for (k, Hidden { units, activation }) in hidden.into_iter().enumerate() {
        parameters.push(parameter(k, inputs, units)?);
        layers.push(Layer::new(inputs, units, activation));
        inputs = units;
    }
    parameters.push(parameter(layers.len(), inputs, top.n_outputs())?);
    if layers.is_empty() || layers.iter().any(|layer| layer.outputs == 0) {
        return Err(file.wrong("is damaged: hidden units are missing"));
    }
    Ok(Tuned {
        config,
        hidden: layers,
        top,
        image,
        range,
        preparation,
        parameters: Arc::new(Parameters { layers: parameters }),
        opened: Opened::default(),
        history,
    })
}

impl Tuned {
    /// Weights and biases by the names of the model file, with their shapes.
    pub(super) fn tensors(&self) -> Vec<Tensor<'_>> {
        let outputs = self.hidden.iter().map(|layer| layer.outputs).chain([self.top.n_outputs()]);
        let layers = self.parameters.layers.iter().zip(outputs).enumerate();
        layers
            .flat_map(|(k, (layer, outputs))| {
                let inputs = layer.weights.len() / outputs;
                [
                    (format!("layers.{k}.weight"), vec![outputs, inputs], layer.weights.as_slice()),
                    (format!("layers.{k}.bias"), vec![outputs], layer.bias.as_slice()),
                ]
            })
            .collect()
    }
}
