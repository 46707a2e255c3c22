//! The state of a training, and its file.

use crate::train::history::History;
use crate::{Error, Result};
use penstroke_engine::{LayerParameters, Network, Parameters, State};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// The newest format version that this library reads, and the one it writes.
const FORMAT: u32 = 2;
/// The metadata entry that marks a safetensors file as a checkpoint.
const KEY: &str = "penstroke-checkpoint";

/// Everything needed to continue a training.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Checkpoint {
    pub(crate) place: Place,
    pub(crate) history: History,
    pub(crate) state: State,
    /// The best epoch so far, if the training keeps the best.
    pub(crate) best: Option<Best>,
    /// Whether the training is finished; then `state` is its result.
    pub(crate) finished: bool,
}

/// A place in a training.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Place {
    /// The current epoch, counted from 0.
    pub(crate) epoch: usize,
    /// Number of its finished batches.
    pub(crate) batches: usize,
    /// The sum of the losses of its samples so far.
    pub(crate) sum: f64,
    /// Number of its samples so far.
    pub(crate) seen: usize,
    /// Number of samples presented in all epochs.
    pub(crate) presented: u64,
}

/// The best epoch so far.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Best {
    /// Counted from 1.
    pub(crate) epoch: usize,
    /// Error and loss.
    pub(crate) measure: (f64, f64),
    pub(crate) parameters: Parameters,
}

#[derive(Serialize, Deserialize)]
struct Document {
    format: u32,
    fingerprint: String,
    place: Place,
    history: History,
    steps: u64,
    /// Epoch, error and loss.
    best: Option<(usize, f64, f64)>,
    finished: bool,
}

impl Checkpoint {
    pub(crate) fn to_bytes(&self, fingerprint: &str) -> Result<Vec<u8>> {
        let failed = |error: &dyn std::fmt::Display| Error::numerical(format!("checkpoint: {error}"));
        let document = Document {
            format: FORMAT,
            fingerprint: fingerprint.to_owned(),
            place: self.place,
            history: self.history.clone(),
            steps: self.state.steps,
            best: self.best.as_ref().map(|best| (best.epoch, best.measure.0, best.measure.1)),
            finished: self.finished,
        };
        let document = serde_json::to_string(&document).map_err(|error| failed(&error))?;
        let State { parameters, first, second, .. } = &self.state;
        let parts = [("", Some(parameters)), ("first.", Some(first)), ("second.", Some(second))];
        let best = ("best.", self.best.as_ref().map(|best| &best.parameters));
        let mut tensors = Vec::new();
        for (part, parameters) in parts.into_iter().chain([best]) {
            for (k, layer) in parameters.iter().flat_map(|parameters| &parameters.layers).enumerate() {
                for (name, values) in [("weight", &layer.weights), ("bias", &layer.bias)] {
                    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
                    tensors.push((format!("{part}layers.{k}.{name}"), values.len(), bytes));
                }
            }
        }
        let views = tensors.iter().map(|(name, len, bytes)| {
            TensorView::new(Dtype::F32, vec![*len], bytes).map(|view| (name.as_str(), view))
        });
        let views = views.collect::<Result<Vec<_>, _>>().map_err(|error| failed(&error))?;
        safetensors::serialize(views, Some([(KEY.to_owned(), document)].into_iter().collect()))
            .map_err(|error| failed(&error))
    }

    /// Reads a checkpoint of a training of `network`; `place` names the file in messages.
    pub(crate) fn from_bytes(
        place: &str,
        bytes: &[u8],
        network: &Network,
        fingerprint: &str,
    ) -> Result<Self> {
        let wrong = |problem: String| Error::input(place, problem);
        let damaged = |problem: &dyn std::fmt::Display| {
            wrong(format!("is not a checkpoint ({problem}); remove it to start the training again"))
        };
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|error| damaged(&error))?;
        let entry = metadata.metadata().as_ref().and_then(|entries| entries.get(KEY));
        let entry = entry.ok_or_else(|| damaged(&format!("its metadata has no entry {KEY:?}")))?;
        let document: Document = serde_json::from_str(entry).map_err(|error| damaged(&error))?;
        check_format(document.format).map_err(wrong)?;
        if document.fingerprint != fingerprint {
            return Err(wrong(
                "belongs to another command, version or other data; resume with the command that began, or give \
                 another folder"
                    .into(),
            ));
        }
        let tensors = SafeTensors::deserialize(bytes).map_err(|error| damaged(&error))?;
        let parameters =
            |part: &str| read_parameters(&tensors, part, network).map_err(|problem| damaged(&problem));
        let best = match document.best {
            Some((epoch, error, loss)) => {
                Some(Best { epoch, measure: (error, loss), parameters: parameters("best.")? })
            }
            None => None,
        };
        let checkpoint = Self {
            place: document.place,
            state: State {
                parameters: parameters("")?,
                first: parameters("first.")?,
                second: parameters("second.")?,
                steps: document.steps,
            },
            history: document.history,
            best,
            finished: document.finished,
        };
        let (place, history) = (checkpoint.place, &checkpoint.history);
        let finished = history.train_loss.len();
        let sensible = place.epoch == finished
            && history.epochs_begun == finished + usize::from(place.batches > 0)
            && checkpoint.best.as_ref().is_none_or(|best| (1..=finished).contains(&best.epoch));
        if sensible { Ok(checkpoint) } else { Err(damaged(&"its place does not match its history")) }
    }
}

/// Refuses checkpoints of later versions, and of earlier ones with other defaults.
fn check_format(format: u32) -> Result<(), String> {
    match format.cmp(&FORMAT) {
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(format!(
            "has checkpoint format {format}, this version reads up to {FORMAT}; update penstroke"
        )),
        Ordering::Less => Err(format!(
            "has checkpoint format {format}, of a version with other defaults; finish the training with that version, or remove \
             the checkpoint to start again"
        )),
    }
}

/// Parameters in the shape that `network` needs.
fn read_parameters(tensors: &SafeTensors<'_>, part: &str, network: &Network) -> Result<Parameters, String> {
    let values = |name: String, len: usize| -> Result<Vec<f32>, String> {
        let view = tensors.tensor(&name).map_err(|error| format!("{name}: {error}"))?;
        if view.dtype() != Dtype::F32 || view.shape() != [len] {
            return Err(format!("tensor {name} is {:?} {:?}, not F32 [{len}]", view.dtype(), view.shape()));
        }
        let values: Vec<f32> =
            view.data().as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
        match values.iter().all(|value| value.is_finite()) {
            true => Ok(values),
            false => Err(format!("tensor {name} holds values that are not finite")),
        }
    };
    let layers = Parameters::<f32>::zeros(network).layers.into_iter().enumerate().map(|(k, layer)| {
        Ok(LayerParameters {
            weights: values(format!("{part}layers.{k}.weight"), layer.weights.len())?,
            bias: values(format!("{part}layers.{k}.bias"), layer.bias.len())?,
        })
    });
    Ok(Parameters { layers: layers.collect::<Result<_, String>>()? })
}
