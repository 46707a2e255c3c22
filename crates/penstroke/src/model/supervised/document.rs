//! A supervised network as a model, and in a file: the tensors `layers.K.weight (outputs, inputs)` and `layers.K.bias (outputs)` from the
//! input upwards, of which the last layer predicts; of a regressor also `targets.mean (targets)` and `targets.deviation (targets)`.

use super::{ClassPrediction, Classifier, Prediction, Regressor, Supervised, ValuePrediction};
use crate::config::{SupervisedConfig, Training, names};
use crate::data::{ImageShape, Preparation};
use crate::model::applied::Opened;
use crate::model::file::{FORMAT_VERSION, ModelFile, Tensor, text, value};
use crate::model::interface::{Model, ModelInput, ModelOutput, TrainedPart};
use crate::train::{Device, History};
use crate::{Activation, Result};
use penstroke_engine::{Apply, Layer, LayerParameters, Network, Parameters};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

impl<P: Prediction> Model for Supervised<P> {
    fn kind(&self) -> &'static str {
        P::KIND
    }

    fn input(&self) -> &ModelInput {
        &self.input
    }

    fn n_layers(&self) -> usize {
        self.hidden.len()
    }

    fn n_hidden(&self) -> usize {
        self.hidden.last().map_or(0, |layer| layer.outputs)
    }

    fn output(&self) -> ModelOutput {
        self.prediction.output()
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
        let outputs = self.hidden.iter().map(|layer| layer.outputs).chain([self.prediction.n_outputs()]);
        let layers = self.parameters.layers.iter().zip(outputs).enumerate();
        let layers = layers.flat_map(|(k, (layer, outputs))| {
            let inputs = layer.weights.len() / outputs;
            [
                (format!("layers.{k}.weight"), vec![outputs, inputs], layer.weights.as_slice()),
                (format!("layers.{k}.bias"), vec![outputs], layer.bias.as_slice()),
            ]
        });
        layers.chain(self.prediction.tensors()).collect()
    }

    fn document(&self) -> Result<String> {
        let ModelInput { n_visible, image, range, preparation } = self.input.clone();
        let hidden = |layer: &Layer| Hidden { units: layer.outputs, activation: layer.activation };
        let (n_classes, n_targets) = match self.output() {
            ModelOutput::Reconstruction => (None, None),
            ModelOutput::Classes(n) => (Some(n), None),
            ModelOutput::Values(n) => (None, Some(n)),
        };
        text(&Document {
            format: FORMAT_VERSION,
            kind: P::KIND.into(),
            n_visible,
            n_classes,
            n_targets,
            hidden: self.hidden.iter().map(hidden).collect(),
            image,
            range,
            preparation,
            config: value(&self.config),
            history: self.history.clone(),
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
    /// Only of a classifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    n_classes: Option<usize>,
    /// Only of a regressor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    n_targets: Option<usize>,
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

pub(in crate::model) fn read_classifier(file: &ModelFile<'_>) -> Result<Classifier> {
    let document: Document = file.document()?;
    let Some(n_classes) = document.n_classes.filter(|&n| n >= 2) else {
        return Err(file.wrong("is damaged: a classifier needs two classes"));
    };
    read(file, document, ClassPrediction { n_classes })
}

pub(in crate::model) fn read_regressor(file: &ModelFile<'_>) -> Result<Regressor> {
    let document: Document = file.document()?;
    let Some(n_targets) = document.n_targets.filter(|&n| n >= 1) else {
        return Err(file.wrong("is damaged: a regressor needs a target"));
    };
    let mean = file.tensor("targets.mean", &[n_targets])?;
    let deviation = file.tensor("targets.deviation", &[n_targets])?;
    if deviation.iter().any(|&deviation| deviation <= 0.0) {
        return Err(file.wrong("is damaged: tensor targets.deviation holds values that are not above 0"));
    }
    read(file, document, ValuePrediction { mean, deviation })
}

fn read<P: Prediction>(file: &ModelFile<'_>, document: Document, prediction: P) -> Result<Supervised<P>> {
    let Document { n_visible, hidden, image, range, preparation, config, history, .. } = document;
    file.check_input(n_visible, image, &preparation)?;
    file.check_range(range)?;
    file.check_history(&history)?;
    let config: SupervisedConfig = file.part(config)?;
    P::check(&config).map_err(|error| file.no_model(&error))?;
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
    parameters.push(parameter(layers.len(), inputs, prediction.n_outputs())?);
    if layers.is_empty() || layers.iter().any(|layer| layer.outputs == 0) {
        return Err(file.wrong("is damaged: hidden units are missing"));
    }
    Ok(Supervised {
        config,
        hidden: layers,
        prediction,
        input: ModelInput { n_visible, image, range, preparation },
        parameters: Arc::new(Parameters { layers: parameters }),
        opened: Opened::default(),
        history,
    })
}
