//! Models on disk: a safetensors file that holds everything needed to use the model.
//!
//! The format is specified in `docs/model-format.md`. One metadata entry, `penstroke`, holds a JSON document with the
//! configuration, the input's shape and range, its preparation, and the history of the training; the tensors are
//! `encoder.weight (h, d)`, `encoder.bias (h)`, `decoder.bias (d)` and, untied, `decoder.weight (d, h)`, all `F32`.

use crate::data::{ImageShape, Preparation};
use crate::train::History;
use crate::{Autoencoder, Config, Error, Result, files};
use penstroke_engine::{LayerParameters, Parameters};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The newest version of the format that this library reads and writes.
pub const FORMAT_VERSION: u32 = 1;

/// The metadata entry that makes a safetensors file a model of ours.
const KEY: &str = "penstroke";

#[derive(Serialize, Deserialize)]
struct Header {
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

/// Enough of a header to tell which version wrote it.
#[derive(Deserialize)]
struct Version {
    format: u32,
    kind: String,
}

/// Whether the file begins as a model file does: eight bytes of length, then a JSON object.
///
/// # Errors
/// If the file cannot be read.
pub fn is_model(path: impl AsRef<Path>) -> Result<bool> {
    let path = path.as_ref();
    let mut beginning = Vec::new();
    let read = File::open(path).and_then(|file| file.take(9).read_to_end(&mut beginning));
    read.map_err(|error| Error::io(path, error))?;
    Ok(beginning.get(8) == Some(&b'{'))
}

impl Autoencoder {
    /// Writes the model; the file appears whole or not at all.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let bytes = self.to_bytes()?;
        files::write_atomic(path.as_ref(), |out| out.write_all(&bytes))
    }

    /// The model file's bytes. Equal models give equal bytes.
    ///
    /// # Errors
    /// If a number cannot be written as JSON.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let json = |error: serde_json::Error| Error::Numerical(format!("model: {error}"));
        let header = Header {
            format: FORMAT_VERSION,
            kind: "autoencoder".into(),
            n_visible: self.n_visible,
            image: self.image,
            range: self.range,
            preparation: self.preparation.clone(),
            config: serde_json::to_value(&self.config).map_err(json)?,
            history: self.history.clone(),
        };
        let header = serde_json::to_string(&header).map_err(json)?;
        let bytes: Vec<(&str, Vec<usize>, Vec<u8>)> =
            self.tensors().into_iter().map(|(name, shape, values)| (name, shape, to_le(values))).collect();
        let views = bytes
            .iter()
            .map(|(name, shape, bytes)| Ok((*name, TensorView::new(Dtype::F32, shape.clone(), bytes)?)))
            .collect::<Result<Vec<_>, safetensors::SafeTensorError>>();
        views
            .and_then(|views| safetensors::serialize(views, Some(HashMap::from([(KEY.into(), header)]))))
            .map_err(|error| Error::Numerical(format!("model: {error}")))
    }

    /// Reads a model.
    ///
    /// # Errors
    /// If there is no such file, or it is no model that this version understands.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        if path.is_dir() {
            let problem = "is a folder; a model file is needed, such as penstroke fit writes";
            return Err(Error::input(path.display().to_string(), problem));
        }
        let bytes = std::fs::read(path).map_err(|error| Error::io(path, error))?;
        Self::from_bytes(&path.display().to_string(), &bytes)
    }

    /// Reads a model from a file's bytes; `place` names it in messages.
    ///
    /// # Errors
    /// If the bytes are no model that this version understands.
    pub fn from_bytes(place: &str, bytes: &[u8]) -> Result<Self> {
        let wrong = |problem: String| Error::input(place, problem);
        let no_model = |error: &dyn std::fmt::Display| wrong(format!("is no model file ({error})"));
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|error| no_model(&error))?;
        let text = metadata.metadata().as_ref().and_then(|entries| entries.get(KEY));
        let text = text.ok_or_else(|| {
            wrong(
                "is a safetensors file, but no model of penstroke: its metadata lack the entry \"penstroke\""
                    .into(),
            )
        })?;
        let version: Version = serde_json::from_str(text).map_err(|error| no_model(&error))?;
        if version.format > FORMAT_VERSION {
            return Err(wrong(format!(
                "has model format {}, this version reads up to {FORMAT_VERSION}; update penstroke",
                version.format
            )));
        }
        if version.kind != "autoencoder" {
            return Err(wrong(format!("holds a model of kind {:?}, an autoencoder is needed", version.kind)));
        }
        let header: Header = serde_json::from_str(text).map_err(|error| no_model(&error))?;
        let config: Config = serde_json::from_value(header.config).map_err(|error| no_model(&error))?;
        config.check().map_err(|error| no_model(&error))?;
        let tensors = SafeTensors::deserialize(bytes).map_err(|error| no_model(&error))?;
        header.preparation.check(header.n_visible).map_err(|error| wrong(format!("is damaged: {error}")))?;
        let epochs = header.history.train_loss.len()..=u32::MAX as usize;
        if !epochs.contains(&header.history.epochs_begun) {
            return Err(wrong("is damaged: its history makes no sense".into()));
        }
        let shape_fits = header.image.is_none_or(|i| {
            i.height.checked_mul(i.width).and_then(|a| a.checked_mul(i.channels)) == Some(header.n_visible)
        });
        if !shape_fits || header.n_visible == 0 || header.range.0 > header.range.1 {
            return Err(wrong("is damaged: the input's shape or range makes no sense".into()));
        }
        let tensor = |name: &str, shape: &[usize]| -> Result<Vec<f32>> {
            let view = tensors.tensor(name).map_err(|error| no_model(&error))?;
            if view.dtype() != Dtype::F32 || view.shape() != shape {
                return Err(wrong(format!(
                    "is damaged: tensor {name} is {:?} {:?}, not F32 {shape:?}",
                    view.dtype(),
                    view.shape()
                )));
            }
            let values: Vec<f32> =
                view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
            if values.iter().any(|v| !v.is_finite()) {
                return Err(wrong(format!("is damaged: tensor {name} holds values that are not finite")));
            }
            Ok(values)
        };
        let (h, d) = (config.hidden, header.n_visible);
        let encoder = LayerParameters {
            weights: tensor("encoder.weight", &[h, d])?,
            bias: tensor("encoder.bias", &[h])?,
        };
        let weights = if config.tied { Vec::new() } else { tensor("decoder.weight", &[d, h])? };
        let decoder = LayerParameters { weights, bias: tensor("decoder.bias", &[d])? };
        Ok(Self {
            config,
            n_visible: d,
            image: header.image,
            range: header.range,
            preparation: header.preparation,
            parameters: Parameters { layers: vec![encoder, decoder] },
            history: header.history,
        })
    }

    /// Its tensors by the names of the model file, with their shapes.
    #[must_use]
    pub fn tensors(&self) -> Vec<(&'static str, Vec<usize>, &[f32])> {
        let (h, d) = (self.config.hidden, self.n_visible);
        let [encoder, decoder] = [&self.parameters.layers[0], &self.parameters.layers[1]];
        let mut tensors = vec![
            ("encoder.weight", vec![h, d], encoder.weights.as_slice()),
            ("encoder.bias", vec![h], &encoder.bias),
            ("decoder.bias", vec![d], &decoder.bias),
        ];
        if !self.config.tied {
            tensors.push(("decoder.weight", vec![d, h], &decoder.weights));
        }
        tensors
    }
}

fn to_le(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::patches::PatchOptions;
    use crate::data::{Dataset, Values};

    fn model(tied: bool) -> Autoencoder {
        let values = (0..1800).map(|i| (i % 7) as f32 / 7.0).collect();
        let data = Dataset::new("test", Values::Floats(values), 36).unwrap();
        let data = data.with_image("test", ImageShape { height: 3, width: 12, channels: 1 }).unwrap();
        let config = Config { hidden: 5, tied, epochs: 2, seed: u64::MAX, ..Config::default() };
        let mut model = Autoencoder::fit(&config, &data, &mut crate::Silent).unwrap();
        let patches = PatchOptions { side: 6, scale: Some(0.1), ..PatchOptions::default() };
        model.preparation = Preparation { patches: Some(patches) };
        model
    }

    #[test]
    fn what_is_written_is_read_back_and_equal_models_give_equal_bytes() {
        for tied in [true, false] {
            let bytes = model(tied).to_bytes().unwrap();
            assert_eq!(Autoencoder::from_bytes("m", &bytes).unwrap(), model(tied));
            assert_eq!(bytes, model(tied).to_bytes().unwrap());
        }
    }

    #[test]
    fn every_truncation_and_every_flipped_header_byte_is_an_error_or_a_model() {
        let bytes = model(true).to_bytes().unwrap();
        for end in 0..bytes.len() {
            assert!(Autoencoder::from_bytes("m", &bytes[..end]).is_err());
        }
        for at in 0..bytes.len().min(1200) {
            for flip in [1, 0x20, 0x80] {
                let mut bytes = bytes.clone();
                bytes[at] ^= flip;
                // Must not panic; some flips only change a number or a name of the history.
                let _ = Autoencoder::from_bytes("m", &bytes);
            }
        }
    }

    #[test]
    fn model_files_are_told_from_others() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for (bytes, expected) in [
            (model(true).to_bytes().unwrap(), true),
            (b"".to_vec(), false),
            (b"\x93NUMPY\x01\x00\x76\x00{'descr'".to_vec(), false),
            (vec![0; 20], false),
        ] {
            std::fs::write(&file, bytes).unwrap();
            assert_eq!(is_model(&file).unwrap(), expected);
        }
        assert!(is_model("absent").is_err());
    }

    #[test]
    fn other_files_and_newer_ones_are_named_as_such() {
        let message = |bytes: &[u8]| Autoencoder::from_bytes("m", bytes).unwrap_err().to_string();
        assert!(message(b"").starts_with("m: is no model file ("));
        assert!(message(b"hello, this is not it").starts_with("m: is no model file ("));
        let plain = safetensors::serialize(Vec::<(&str, TensorView<'_>)>::new(), None).unwrap();
        assert!(message(&plain).starts_with("m: is a safetensors file, but no model of penstroke"));
        let replace = |from: &str, to: &str| {
            assert_eq!(from.len(), to.len());
            let bytes = model(true).to_bytes().unwrap();
            let at = bytes.windows(from.len()).position(|w| w == from.as_bytes()).unwrap();
            let mut bytes = bytes;
            bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
            message(&bytes)
        };
        assert_eq!(
            replace("format\\\":1", "format\\\":9"),
            "m: has model format 9, this version reads up to 1; update penstroke"
        );
        assert!(replace("\"autoencoder\\\"", "\"autodecoder\\\"").contains("an autoencoder is needed"));
        assert!(
            replace("\\\"hidden\\\":5", "\\\"hidden\\\":6").contains("is damaged: tensor encoder.weight")
        );
        assert!(replace("\\\"height\\\":3", "\\\"height\\\":9").contains("is damaged: the input's shape"));
        assert!(
            replace("\\\"side\\\":6", "\\\"side\\\":7").contains("is damaged: patches: side 7 does not give")
        );
        assert!(
            replace("\\\"scale\\\":0.1", "\\\"scale\\\":0.0").contains("is damaged: patches: scale 0 is not")
        );
        assert!(replace("\\\"border\\\"", "\\\"bolder\\\"").contains("unknown field `bolder`"));
        assert!(replace("\\\"epochs_begun\\\":2", "\\\"epochs_begun\\\":1").contains("its history"));
    }
}
