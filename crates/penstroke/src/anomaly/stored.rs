//! A detector in a file: a model file of kind `detector`, specified in `docs/model-format.md`.
//!
//! Tensors: `local.K.layers.L.weight (outputs, inputs)` and `.bias (outputs)` of each local network, `levels.K.layers.L…` of each level
//! network, and `linear.precision`. Inputs and outputs are laid out by the columns in the document.

use super::columns::{Columns, Kind, LEAST_TAIL};
use super::config::DetectorConfig;
use super::detector::{Detector, OpenedOnce, USUAL};
use super::levels::SCORED;
use super::linear::Linear;
use super::training::{Trained, level_network, local_network};
use super::usual::{LEAST, Usual};
use crate::data::Schema;
use crate::model::file::{DETECTOR, FORMAT_VERSION, ModelFile, Tensor, text, value, write};
use crate::model::loading::{load_if, read_whole};
use crate::tabular::{
    Code, Encoding, StoredColumn, is_feature, layer_tensors, read_encoding, read_layers, stored_columns,
};
use crate::train::History;
use crate::{Result, files};
use penstroke_engine::Network;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::Arc;

/// The tensor of the linear prediction.
const PRECISION: &str = "linear.precision";

#[derive(Serialize, Deserialize)]
struct Document {
    format: u32,
    kind: String,
    config: serde_json::Value,
    schema: Schema,
    /// The columns as the local networks have them: numbers, then categories, each sorted by name.
    columns: Vec<StoredColumn>,
    /// What is known of each of `columns` besides.
    kinds: Vec<Kind>,
    /// Whether there is a linear prediction.
    linear: bool,
    usual: Usual,
    /// Of the local networks, then of the level networks.
    histories: Vec<History>,
}

impl Detector {
    /// The bytes of the model file. Equal detectors give equal bytes.
    ///
    /// # Errors
    /// If a number cannot be written as JSON.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let document = Document {
            format: FORMAT_VERSION,
            kind: DETECTOR.to_owned(),
            config: value(&self.config),
            schema: self.schema.clone(),
            columns: stored_columns(&self.columns.encoding),
            kinds: self.columns.seen.iter().map(|seen| seen.kind.clone()).collect(),
            linear: self.linear.is_some(),
            usual: self.usual.clone(),
            histories: self.histories().cloned().collect(),
        };
        write(text(&document)?, self.tensors())
    }

    /// Writes the model file. An error leaves no partial file.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let file = folder.path().join("payments.safetensors");
    /// use penstroke::anomaly::{Detector, DetectorConfig};
    /// use penstroke::data::{GivenColumn, SchemaOptions, TypedTable};
    /// use penstroke::Run;
    /// let columns = vec![GivenColumn::Numbers((0..30).map(f64::from).collect())];
    /// let table = TypedTable::from_columns("example", vec!["x".into()], columns, &SchemaOptions::default())?;
    /// let config = DetectorConfig { networks: 1, steps: 20, ..Default::default() };
    /// let detector = Detector::fit(&config, &table, &mut Run::new())?;
    /// detector.save(&file)?;
    /// assert_eq!(Detector::load(&file)?.score(&table)?, detector.score(&table)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let bytes = self.to_bytes()?;
        files::write_atomic(path, |out| out.write_all(&bytes))
    }

    /// Reads a detector. It scores tables exactly as the one that was saved.
    ///
    /// # Errors
    /// If the file does not exist, or does not hold a detector that this version understands.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        Self::from_bytes(&path.display().to_string(), &read_whole(path)?)
    }

    /// Reads the detector in a model file, or nothing if it holds a model of another kind.
    ///
    /// # Errors
    /// As [`Detector::load`], except for models of other kinds.
    pub fn load_if_detector(path: impl AsRef<Path>) -> Result<Option<Self>> {
        load_if(path.as_ref(), DETECTOR, read)
    }

    /// Reads a detector from the bytes of a file; `place` names the file in messages.
    ///
    /// # Errors
    /// If the bytes are not a detector that this version understands.
    pub fn from_bytes(place: &str, bytes: &[u8]) -> Result<Self> {
        read(&ModelFile::of_kind(
            place,
            bytes,
            DETECTOR,
            "a detector of anomalies is needed; train one on a table",
        )?)
    }

    fn tensors(&self) -> Vec<Tensor<'_>> {
        let (config, n) = (&self.config, self.columns.n_values);
        let mut all = tensors("local", &local_network(config, &self.columns), &self.local);
        all.extend(tensors("levels", &level_network(config, n), &self.levels));
        all.extend(
            self.linear.iter().map(|linear| (PRECISION.to_owned(), vec![n, n], &linear.precision[..])),
        );
        all
    }
}

/// Weights and biases of networks of one kind.
fn tensors<'a>(name: &str, network: &Network, all: &'a [Trained]) -> Vec<Tensor<'a>> {
    let each = all.iter().enumerate();
    each.flat_map(|(k, trained)| layer_tensors(&format!("{name}.{k}."), network, &trained.parameters))
        .collect()
}

fn read(file: &ModelFile<'_>) -> Result<Detector> {
    let Document { config, schema, columns, kinds, linear, usual, histories, .. } = file.document()?;
    let config: DetectorConfig = file.part(config)?;
    config.check().map_err(|error| file.no_model(&error))?;
    let encoding = read_encoding(file, &schema, columns, is_feature)?;
    if kinds.len() != encoding.columns.len()
        || !kinds.iter().enumerate().all(|(at, kind)| fits(kind, &encoding, at))
    {
        return Err(file.wrong("is damaged: the classes of its columns do not fit them"));
    }
    let columns = Columns::of(encoding, kinds);
    if !is_usual(&usual, columns.len()) {
        return Err(file.wrong("is damaged: its means, weights or scores do not fit its columns"));
    }
    if config.networks.checked_mul(2) != Some(histories.len()) {
        return Err(file.wrong("is damaged: it has another number of networks than its configuration"));
    }
    let network = |(k, history): (usize, History)| {
        file.check_history(&history)?;
        let (name, network) = match k < config.networks {
            true => (format!("local.{k}."), local_network(&config, &columns)),
            false => (format!("levels.{}.", k - config.networks), level_network(&config, columns.n_values)),
        };
        Ok(Trained { parameters: Arc::new(read_layers(file, &name, &network)?), history })
    };
    let mut local = histories.into_iter().enumerate().map(network).collect::<Result<Vec<_>>>()?;
    let levels = local.split_off(config.networks);
    let n = columns.n_values;
    let precision = linear.then(|| file.tensor(PRECISION, &[n, n])).transpose()?;
    let linear = precision.map(|precision| Linear { precision });
    Ok(Detector { config, schema, columns, local, levels, linear, usual, opened: OpenedOnce::default() })
}

/// Whether a column can have these classes.
fn fits(kind: &Kind, encoding: &Encoding, at: usize) -> bool {
    match (kind, &encoding.columns[at].code) {
        (Kind::Number { edges, centres, ends, shares, tails }, Code::Number { .. }) => {
            centres.len() == edges.len() + 1
                && ends.len() == centres.len()
                && edges.iter().chain(centres).chain(ends).all(|value| value.is_finite())
                && edges.is_sorted_by(|a, b| a < b)
                && ends.is_sorted()
                && shares.len() == centres.len()
                && shares.iter().all(|share| (0.0..=1.0).contains(share))
                && tails.iter().all(|tail| tail.is_finite() && *tail >= LEAST_TAIL)
        }
        (Kind::Category { shares }, Code::Category { n, .. }) => {
            shares.len() == *n && shares.iter().all(|share| (0.0..=1.0).contains(share))
        }
        _ => false,
    }
}

/// Whether means, weights and scores are those of `n_columns` columns.
fn is_usual(usual: &Usual, n_columns: usize) -> bool {
    let Usual { means, weights, doubt, scores } = usual;
    let at_least_0 = |value: &f64| value.is_finite() && *value >= 0.0;
    means.len() == SCORED.len() + 1
        && means.iter().all(|means| means.len() == n_columns && means.iter().all(at_least_0))
        && weights.len() == means.len()
        && weights.iter().all(|weight| (0.0..=1.0).contains(weight))
        && (weights.iter().sum::<f64>() - 1.0).abs() < 1e-6
        && at_least_0(doubt)
        && *doubt >= LEAST
        && (1..=USUAL).contains(&scores.len())
        && scores.iter().all(|score| score.is_finite() && *score > 0.0)
        && scores.is_sorted()
}

#[cfg(test)]
#[path = "stored_tests.rs"]
mod tests;
