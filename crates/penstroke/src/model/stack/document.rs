//! A stack as a model, and in a file: the tensors of its autoencoders, numbered from 0, with names that begin with `layers.K.`.

use super::Stack;
use crate::Result;
use crate::config::Training;
use crate::data::{ImageShape, Preparation};
use crate::model::applied::Chain;
use crate::model::autoencoder::{Autoencoder, StoredLayer};
use crate::model::file::{FORMAT_VERSION, ModelFile, Tensor, text};
use crate::model::interface::{Model, ModelInput, ModelOutput, TrainedPart};
use crate::train::History;
use penstroke_engine::{Apply, Layer, LayerParameters, Network};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub(in crate::model) const KIND: &str = "stack";

impl Stack {
    /// Takes a model as a stack; an autoencoder is a stack of one layer.
    ///
    /// # Errors
    /// The model itself, if it is of another kind.
    pub fn of(model: Box<dyn Model>) -> Result<Self, Box<dyn Model>> {
        model.downcast::<Autoencoder>().map(Self::from).or_else(|other| other.downcast::<Self>())
    }
}

impl Model for Stack {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn input(&self) -> &ModelInput {
        self.layers[0].input()
    }

    fn n_layers(&self) -> usize {
        self.layers.len()
    }

    fn n_hidden(&self) -> usize {
        self.layers[self.layers.len() - 1].n_hidden()
    }

    fn output(&self) -> ModelOutput {
        ModelOutput::Reconstruction
    }

    /// Encoders upwards, then decoders downwards.
    fn network(&self) -> Network {
        let networks: Vec<_> = self.layers.iter().map(Autoencoder::network).collect();
        let encoders = networks.iter().map(|network| network.layers[0]);
        let decoders = networks.iter().enumerate().rev().map(|(k, network)| {
            let decoder = network.layers[1];
            Layer { tied_to: decoder.tied_to.map(|_| k), ..decoder }
        });
        Network::new(encoders.chain(decoders).collect())
    }

    fn parameters(&self) -> Vec<&LayerParameters> {
        let part = |part: usize| self.layers.iter().map(move |layer| &layer.parameters.layers[part]);
        part(0).chain(part(1).rev()).collect()
    }

    fn engine(&self) -> Result<Arc<dyn Apply>> {
        let open = || -> Result<Arc<dyn Apply>> {
            let engines = self.layers.iter().map(Autoencoder::engine).collect::<Result<Vec<_>>>()?;
            let encoders = engines.iter().map(|engine| (Arc::clone(engine), 0));
            let decoders = engines.iter().rev().map(|engine| (Arc::clone(engine), 1));
            Ok(Arc::new(Chain::new(encoders.chain(decoders).collect())))
        };
        self.opened.engine(self.layers.iter().map(|layer| &layer.parameters), self.training().threads, open)
    }

    fn training(&self) -> &Training {
        self.layers[0].training()
    }

    fn trainings(&self) -> Vec<TrainedPart<'_>> {
        let layers = self.layers.iter().enumerate().flat_map(|(k, layer)| {
            let name = format!("layer {}", k + 1);
            layer.trainings().into_iter().map(move |part| TrainedPart { name: name.clone(), ..part })
        });
        let history = &self.end_to_end;
        let begun = history.epochs_begun > 0 || history.stopped;
        let name = "end to end".to_owned();
        let together = begun.then_some(TrainedPart { name, config: serde_json::Value::Null, history });
        layers.chain(together).collect()
    }

    fn tensors(&self) -> Vec<Tensor<'_>> {
        let numbered = |(k, layer)| {
            let tensors = Autoencoder::tensors(layer).into_iter();
            tensors.map(move |(name, shape, values)| (format!("layers.{k}.{name}"), shape, values))
        };
        self.layers.iter().enumerate().flat_map(numbered).collect()
    }

    fn document(&self) -> Result<String> {
        let ModelInput { n_visible, image, preparation, .. } = self.input().clone();
        text(&Document {
            format: FORMAT_VERSION,
            kind: KIND.into(),
            n_visible,
            image,
            preparation,
            layers: self.layers.iter().map(StoredLayer::of).collect(),
            end_to_end: self.end_to_end.clone(),
        })
    }

    fn set_threads(&mut self, threads: usize) {
        self.layers.iter_mut().for_each(|layer| layer.set_threads(threads));
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
    #[serde(default)]
    preparation: Preparation,
    layers: Vec<StoredLayer>,
    end_to_end: History,
}

pub(in crate::model) fn read(file: &ModelFile<'_>) -> Result<Stack> {
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
    (first.input.image, first.input.preparation) = (image, preparation);
    Ok(Stack::new(stack, end_to_end))
}
