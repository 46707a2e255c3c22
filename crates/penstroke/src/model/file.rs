//! The parts of a model file, its document and its tensors, with every length checked.

use crate::data::{ImageShape, Preparation};
use crate::train::History;
use crate::{Error, Result};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The newest format version that this library reads, and the one it writes.
pub const FORMAT_VERSION: u32 = 1;

/// The metadata entry that marks a safetensors file as a model.
const KEY: &str = "penstroke";

/// The kind of an [`Imputer`](crate::impute::Imputer), which takes tables, not samples as a [`Model`](super::Model) does.
pub(crate) const IMPUTER: &str = "imputer";

/// The kind of a [`TableEncoder`](crate::features::TableEncoder).
pub(crate) const TABLE_ENCODER: &str = "table-encoder";

/// The kind of a [`Detector`](crate::anomaly::Detector).
pub(crate) const DETECTOR: &str = "detector";

/// Name, shape and values of a tensor.
pub type Tensor<'a> = (String, Vec<usize>, &'a [f32]);

/// A document as text.
pub(crate) fn text(document: &impl Serialize) -> Result<String> {
    serde_json::to_string(document).map_err(|error| Error::numerical(format!("model: {error}")))
}

/// A configuration as JSON; its names and numbers always have a form in JSON.
pub(crate) fn value(config: &impl Serialize) -> serde_json::Value {
    serde_json::to_value(config).unwrap_or_default()
}

/// The bytes of a model file.
pub(crate) fn write(document: String, tensors: Vec<Tensor<'_>>) -> Result<Vec<u8>> {
    let to_le = |values: &[f32]| -> Vec<u8> { values.iter().flat_map(|value| value.to_le_bytes()).collect() };
    let bytes: Vec<_> =
        tensors.into_iter().map(|(name, shape, values)| (name, shape, to_le(values))).collect();
    let views = bytes
        .iter()
        .map(|(name, shape, bytes)| Ok((name, TensorView::new(Dtype::F32, shape.clone(), bytes)?)))
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>();
    let information = [(KEY.to_owned(), document)].into_iter().collect();
    views
        .and_then(|views| safetensors::serialize(views, Some(information)))
        .map_err(|error| Error::numerical(format!("model: {error}")))
}

/// The part of a document that every version of the format has.
#[derive(Deserialize)]
struct Version {
    format: u32,
    kind: String,
}

/// The parts of a file.
pub(crate) struct ModelFile<'a> {
    place: &'a str,
    pub(crate) kind: String,
    document: String,
    tensors: SafeTensors<'a>,
}

impl<'a> ModelFile<'a> {
    pub(crate) fn open(place: &'a str, bytes: &'a [u8]) -> Result<Self> {
        let wrong = |problem: String| Error::input(place, problem);
        let no_model = |error: &dyn std::fmt::Display| wrong(format!("is not a model file ({error})"));
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|error| no_model(&error))?;
        let text = metadata.metadata().as_ref().and_then(|entries| entries.get(KEY));
        let document = text.cloned().ok_or_else(|| {
            wrong(
                "is a safetensors file, but not a penstroke model: its metadata has no entry \"penstroke\""
                    .into(),
            )
        })?;
        let Version { format, kind } = serde_json::from_str(&document).map_err(|error| no_model(&error))?;
        if format > FORMAT_VERSION {
            return Err(wrong(format!(
                "has model format {format}, this version reads up to {FORMAT_VERSION}; update penstroke"
            )));
        }
        let tensors = SafeTensors::deserialize(bytes).map_err(|error| no_model(&error))?;
        Ok(Self { place, kind, document, tensors })
    }

    /// Opens a file that must hold a model of one kind; `needed` names it and the way to one.
    pub(crate) fn of_kind(place: &'a str, bytes: &'a [u8], kind: &str, needed: &str) -> Result<Self> {
        let file = Self::open(place, bytes)?;
        match file.kind == kind {
            true => Ok(file),
            false => Err(file.wrong(format!("holds a model of kind {:?}, {needed}", file.kind))),
        }
    }

    pub(crate) fn wrong(&self, problem: impl Into<String>) -> Error {
        Error::input(self.place, problem)
    }

    pub(crate) fn no_model(&self, error: &dyn std::fmt::Display) -> Error {
        self.wrong(format!("is not a model file ({error})"))
    }

    pub(crate) fn document<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.document).map_err(|error| self.no_model(&error))
    }

    /// Reads a part of the document that has its own defaults.
    pub(crate) fn part<T: DeserializeOwned>(&self, value: serde_json::Value) -> Result<T> {
        serde_json::from_value(value).map_err(|error| self.no_model(&error))
    }

    /// The values of a tensor, which must have this shape and be finite.
    pub(crate) fn tensor(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let view = self.tensors.tensor(name).map_err(|error| self.no_model(&error))?;
        if view.shape() == shape {
            return self.values(name, &view);
        }
        Err(self.misshapen(name, &view, &format!("{shape:?}")))
    }

    /// The values of a tensor of any number of rows of this width, which must be finite.
    pub(crate) fn rows(&self, name: &str, width: usize) -> Result<Vec<f32>> {
        let view = self.tensors.tensor(name).map_err(|error| self.no_model(&error))?;
        match view.shape() {
            [_, of] if *of == width => self.values(name, &view),
            _ => Err(self.misshapen(name, &view, &format!("[n, {width}]"))),
        }
    }

    fn misshapen(&self, name: &str, view: &TensorView<'_>, shape: &str) -> Error {
        let problem =
            format!("is damaged: tensor {name} is {:?} {:?}, not F32 {shape}", view.dtype(), view.shape());
        self.wrong(problem)
    }

    fn values(&self, name: &str, view: &TensorView<'_>) -> Result<Vec<f32>> {
        if view.dtype() != Dtype::F32 {
            return Err(self.misshapen(name, view, &format!("{:?}", view.shape())));
        }
        let values: Vec<f32> =
            view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        if values.iter().any(|v| !v.is_finite()) {
            return Err(self.wrong(format!("is damaged: tensor {name} holds values that are not finite")));
        }
        Ok(values)
    }

    /// Checks the shape and the preparation of the input.
    pub(crate) fn check_input(
        &self,
        n_visible: usize,
        image: Option<ImageShape>,
        preparation: &Preparation,
    ) -> Result<()> {
        preparation.check(n_visible).map_err(|error| self.wrong(format!("is damaged: {error}")))?;
        let shape_fits = image.is_none_or(|i| {
            i.height.checked_mul(i.width).and_then(|a| a.checked_mul(i.channels)) == Some(n_visible)
        });
        if shape_fits && n_visible > 0 {
            return Ok(());
        }
        Err(self.wrong("is damaged: the shape or the range of its input is invalid"))
    }

    pub(crate) fn check_range(&self, range: (f32, f32)) -> Result<()> {
        // Written so that NaN is refused as well.
        if range.0 <= range.1 {
            return Ok(());
        }
        Err(self.wrong("is damaged: the shape or the range of its input is invalid"))
    }

    pub(crate) fn check_history(&self, history: &History) -> Result<()> {
        let finished = history.train_loss.len();
        let epochs = finished..=u32::MAX as usize;
        let of_each = [&history.valid_loss, &history.valid_error].iter().all(|of| of.len() <= finished);
        let best = history.best_epoch.is_none_or(|best| (1..=finished).contains(&best));
        if epochs.contains(&history.epochs_begun) && of_each && best {
            return Ok(());
        }
        Err(self.wrong("is damaged: its history is inconsistent"))
    }
}
