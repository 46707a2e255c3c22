//! The document and tensors of a classifier: `layers.K.weight (outputs, inputs)` and `layers.K.bias (outputs)`, from the
//! input upwards; the last is the softmax layer.

use super::{FORMAT_VERSION, ModelFile, Tensor, json};
use crate::data::{ImageShape, Preparation};
use crate::names;
use crate::train::History;
use crate::{Activation, Classifier, FineTuning, Result};
use penstroke_engine::{LayerParameters, LayerSpec, Parameters};
use serde::{Deserialize, Serialize};

pub(super) const KIND: &str = "classifier";

#[derive(Serialize, Deserialize)]
pub(super) struct Document {
    format: u32,
    kind: String,
    n_visible: usize,
    n_classes: usize,
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

pub(super) fn document(model: &Classifier) -> Result<Document> {
    let hidden = |layer: &LayerSpec| Hidden { units: layer.outputs, activation: layer.activation };
    Ok(Document {
        format: FORMAT_VERSION,
        kind: KIND.into(),
        n_visible: model.n_visible(),
        n_classes: model.n_classes,
        hidden: model.hidden.iter().map(hidden).collect(),
        image: model.image,
        range: model.range,
        preparation: model.preparation.clone(),
        config: serde_json::to_value(&model.config).map_err(|error| json(&error))?,
        history: model.history.clone(),
    })
}

pub(super) fn read(file: &ModelFile<'_>) -> Result<Classifier> {
    let Document { n_visible, n_classes, hidden, image, range, preparation, config, history, .. } =
        file.document()?;
    file.check_input(n_visible, image, &preparation)?;
    file.check_range(range)?;
    file.check_history(&history)?;
    let config: FineTuning = file.part(config)?;
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
        layers.push(LayerSpec::new(inputs, units, activation));
        inputs = units;
    }
    parameters.push(parameter(layers.len(), inputs, n_classes)?);
    if layers.is_empty() || n_classes < 2 || layers.iter().any(|layer| layer.outputs == 0) {
        return Err(file.wrong("is damaged: a classifier needs hidden units and two classes"));
    }
    Ok(Classifier {
        config,
        hidden: layers,
        n_classes,
        image,
        range,
        preparation,
        parameters: Parameters { layers: parameters },
        history,
    })
}

impl Classifier {
    /// Its tensors by the names of the model file, with their shapes.
    #[must_use]
    pub fn tensors(&self) -> Vec<Tensor<'_>> {
        let outputs = self.hidden.iter().map(|layer| layer.outputs).chain([self.n_classes]);
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
