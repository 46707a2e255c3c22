//! An autoencoder as a model, and in a file: the tensors `encoder.weight (h, d)`, `encoder.bias (h)`, `decoder.bias (d)` and, if it is
//! not tied, `decoder.weight (d, h)`.

use super::Autoencoder;
use crate::Result;
use crate::config::{AutoencoderConfig, Training};
use crate::data::{ImageShape, Preparation};
use crate::model::applied::Opened;
use crate::model::file::{FORMAT_VERSION, ModelFile, Tensor, text, value};
use crate::model::interface::{Model, ModelInput, ModelOutput, TrainedPart};
use crate::train::{Device, History};
use penstroke_engine::{Apply, LayerParameters, Network, Parameters};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub(in crate::model) const KIND: &str = "autoencoder";

impl Model for Autoencoder {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn input(&self) -> &ModelInput {
        &self.input
    }

    fn n_layers(&self) -> usize {
        1
    }

    fn n_hidden(&self) -> usize {
        self.config.hidden
    }

    fn output(&self) -> ModelOutput {
        ModelOutput::Reconstruction
    }

    fn network(&self) -> Network {
        self.task().network
    }

    fn parameters(&self) -> Vec<&LayerParameters> {
        self.parameters.layers.iter().collect()
    }

    fn engine(&self) -> Result<Arc<dyn Apply>> {
        let open = || Device::of(&self.config.training).apply(self.network(), Arc::clone(&self.parameters));
        self.opened.engine([&self.parameters].into_iter(), self.config.training.threads, open)
    }

    fn training(&self) -> &Training {
        &self.config.training
    }

    fn trainings(&self) -> Vec<TrainedPart<'_>> {
        vec![TrainedPart { name: String::new(), config: value(&self.config), history: &self.history }]
    }

    fn tensors(&self) -> Vec<Tensor<'_>> {
        let (h, d) = (self.config.hidden, self.input.n_visible);
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

    fn document(&self) -> Result<String> {
        let ModelInput { n_visible, image, range, preparation } = self.input.clone();
        let (config, history) = (value(&self.config), self.history.clone());
        let kind = KIND.into();
        text(&Document {
            format: FORMAT_VERSION,
            kind,
            n_visible,
            image,
            range,
            preparation,
            config,
            history,
        })
    }

    fn set_threads(&mut self, threads: usize) {
        self.config.training.threads = threads;
    }

    fn boxed(&self) -> Box<dyn Model> {
        Box::new(self.clone())
    }
}

#[derive(Serialize, Deserialize)]
struct Document {
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

pub(in crate::model) fn read(file: &ModelFile<'_>) -> Result<Autoencoder> {
    let Document { n_visible, image, range, preparation, config, history, .. } = file.document()?;
    file.check_input(n_visible, image, &preparation)?;
    let mut model = StoredLayer { config, range, history }.read(file, "", n_visible)?;
    (model.input.image, model.input.preparation) = (image, preparation);
    Ok(model)
}

/// The part of a document that describes an autoencoder without its input.
#[derive(Serialize, Deserialize)]
pub(in crate::model) struct StoredLayer {
    config: serde_json::Value,
    range: (f32, f32),
    history: History,
}

impl StoredLayer {
    pub(in crate::model) fn of(model: &Autoencoder) -> Self {
        Self { config: value(&model.config), range: model.input.range, history: model.history.clone() }
    }

    /// The autoencoder of `d` visible units whose tensors' names begin with `prefix`.
    pub(in crate::model) fn read(self, file: &ModelFile<'_>, prefix: &str, d: usize) -> Result<Autoencoder> {
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
            input: ModelInput::new(d, range),
            parameters: Arc::new(Parameters { layers: vec![encoder, decoder] }),
            opened: Opened::default(),
            history,
        })
    }
}
