//! The document and tensors of an autoencoder: `encoder.weight (h, d)`, `encoder.bias (h)`, `decoder.bias (d)` and, untied,
//! `decoder.weight (d, h)`.

use super::file::{FORMAT_VERSION, ModelFile, Tensor, json};
use crate::applied::Opened;
use crate::data::{ImageShape, Preparation};
use crate::train::History;
use crate::{Autoencoder, AutoencoderConfig, Result};
use penstroke_engine::{LayerParameters, Parameters};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub(super) const KIND: &str = "autoencoder";

#[derive(Serialize, Deserialize)]
pub(super) struct Document {
    format: u32,
    kind: String,
    n_visible: usize,
    image: Option<ImageShape>,
    range: (f32, f32),
    #[serde(default)]
    preparation: Preparation,
    config: serde_json::Value,
    history: History,
}

pub(super) fn document(model: &Autoencoder) -> Result<Document> {
    Ok(Document {
        format: FORMAT_VERSION,
        kind: KIND.into(),
        n_visible: model.n_visible,
        image: model.image,
        range: model.range,
        preparation: model.preparation.clone(),
        config: serde_json::to_value(&model.config).map_err(|error| json(&error))?,
        history: model.history.clone(),
    })
}

pub(super) fn read(file: &ModelFile<'_>) -> Result<Autoencoder> {
    let Document { n_visible, image, range, preparation, config, history, .. } = file.document()?;
    file.check_input(n_visible, image, &preparation)?;
    let layer = Layer { config, range, history };
    Ok(Autoencoder { image, preparation, ..layer.read(file, "", n_visible)? })
}

/// What of an autoencoder is its own, and not its input's.
#[derive(Serialize, Deserialize)]
pub(super) struct Layer {
    pub(super) config: serde_json::Value,
    pub(super) range: (f32, f32),
    pub(super) history: History,
}

impl Layer {
    /// The autoencoder of `d` visible units whose tensors' names begin with `prefix`.
    pub(super) fn read(self, file: &ModelFile<'_>, prefix: &str, d: usize) -> Result<Autoencoder> {
        let Self { config, range, history } = self;
        let config: AutoencoderConfig = file.part(config)?;
        config.check().map_err(|error| file.no_model(&error))?;
        file.check_range(range)?;
        file.check_history(&history)?;
        let tensor = |name: &str, shape: &[usize]| file.tensor(&format!("{prefix}{name}"), shape);
        let h = config.hidden;
        let encoder = LayerParameters {
            weights: tensor("encoder.weight", &[h, d])?,
            bias: tensor("encoder.bias", &[h])?,
        };
        let weights = if config.tied { Vec::new() } else { tensor("decoder.weight", &[d, h])? };
        let decoder = LayerParameters { weights, bias: tensor("decoder.bias", &[d])? };
        Ok(Autoencoder {
            config,
            n_visible: d,
            image: None,
            range,
            preparation: Preparation::default(),
            parameters: Arc::new(Parameters { layers: vec![encoder, decoder] }),
            opened: Opened::default(),
            history,
        })
    }
}

impl Autoencoder {
    /// Its tensors by the names of the model file, with their shapes.
    #[must_use]
    pub fn tensors(&self) -> Vec<Tensor<'_>> {
        let (h, d) = (self.config.hidden, self.n_visible);
        let [encoder, decoder] = [&self.parameters.layers[0], &self.parameters.layers[1]];
        let mut tensors = vec![
            ("encoder.weight".to_owned(), vec![h, d], encoder.weights.as_slice()),
            ("encoder.bias".to_owned(), vec![h], &encoder.bias),
            ("decoder.bias".to_owned(), vec![d], &decoder.bias),
        ];
        if !self.config.tied {
            tensors.push(("decoder.weight".to_owned(), vec![d, h], &decoder.weights));
        }
        tensors
    }
}
