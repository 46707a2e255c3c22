//! An imputer in a file: a model file of kind `imputer`, specified in `docs/model-format.md`.
//!
//! Tensors: `networks.K.layers.L.weight (outputs, inputs)` and `networks.K.layers.L.bias (outputs)` of each network, `networks.K.regression (units, 1 + units)`, and for each
//! column of numbers `networks.K.residuals.J (n, 2)`, answers in ascending order beside their residuals. Inputs and outputs are laid out by the
//! columns in the document, so their places are not stored.

use super::blend::Blend;
use super::column_error::ColumnError;
use super::config::ImputerConfig;
use super::imputer::Imputer;
use super::network::Trained;
use super::regression::Regression;
use super::spread::Spread;
use crate::data::Schema;
use crate::model::file::{FORMAT_VERSION, IMPUTER, ModelFile, Tensor, text, value, write};
use crate::model::loading::{load_if, read_whole};
use crate::tabular::{
    Code, Encoding, StoredColumn, layer_tensors, network, read_encoding, read_layers, stored_columns,
};
use crate::train::History;
use crate::{Result, files};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::Arc;

#[derive(Serialize, Deserialize)]
struct Document {
    format: u32,
    kind: String,
    config: serde_json::Value,
    schema: Schema,
    /// The columns as the networks have them: numbers, then categories, each sorted by name.
    columns: Vec<StoredColumn>,
    /// Indices into `columns`, in the order in which draws fill them.
    order: Vec<usize>,
    networks: Vec<StoredNetwork>,
    /// For each of `columns`.
    blends: Vec<Blend>,
    errors: Vec<ColumnError>,
    /// A hash of the rows that were learned, as 16 hexadecimal digits.
    rows: String,
}

#[derive(Serialize, Deserialize)]
struct StoredNetwork {
    history: History,
    /// For each of `columns` the share of the regression in what is drawn around; null without regressions.
    shares: Option<Vec<f64>>,
    /// For each of the columns; null for numbers, whose residuals are a tensor.
    temperatures: Vec<Option<f64>>,
}

impl Imputer {
    /// The bytes of the model file. Equal imputers give equal bytes.
    ///
    /// # Errors
    /// If a number cannot be written as JSON.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let stored = |trained: &Trained| StoredNetwork {
            history: trained.history.clone(),
            shares: trained.regression.as_ref().map(|regression| regression.shares.clone()),
            temperatures: temperatures(trained),
        };
        let document = Document {
            format: FORMAT_VERSION,
            kind: IMPUTER.to_owned(),
            config: value(&self.config),
            schema: self.schema.clone(),
            columns: stored_columns(&self.encoding),
            order: self.order.clone(),
            networks: self.networks.iter().map(stored).collect(),
            blends: self.blends.clone(),
            errors: self.errors.clone(),
            rows: format!("{:016x}", self.learned),
        };
        let residuals: Vec<(String, Vec<f32>)> =
            (0..).zip(&self.networks).flat_map(|(k, trained)| residuals(k, trained)).collect();
        let of_residuals =
            residuals.iter().map(|(name, pairs)| (name.clone(), vec![pairs.len() / 2, 2], &pairs[..]));
        write(text(&document)?, self.tensors().into_iter().chain(of_residuals).collect())
    }

    /// Writes the model file. An error leaves no partial file.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let file = folder.path().join("survey.safetensors");
    /// use penstroke::data::{GivenColumn, SchemaOptions, TypedTable};
    /// use penstroke::impute::{Imputer, ImputerConfig};
    /// use penstroke::Run;
    /// let mut x: Vec<f64> = (0..30).map(f64::from).collect();
    /// x[5] = f64::NAN;
    /// let columns = vec![GivenColumn::Numbers(x.clone()), GivenColumn::Numbers(x)];
    /// let table = TypedTable::from_columns("example", vec!["x".into(), "y".into()], columns, &SchemaOptions::default())?;
    /// let imputer = Imputer::fit(&ImputerConfig { networks: 2, steps: 20, ..Default::default() }, &table, &mut Run::new())?;
    /// imputer.save(&file)?;
    /// assert_eq!(Imputer::load(&file)?.impute(&table)?, imputer.impute(&table)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let bytes = self.to_bytes()?;
        files::write_atomic(path, |out| out.write_all(&bytes))
    }

    /// Reads an imputer. It fills tables exactly as the one that was saved.
    ///
    /// # Errors
    /// If the file does not exist, or does not hold an imputer that this version understands.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        Self::from_bytes(&path.display().to_string(), &read_whole(path)?)
    }

    /// Reads the imputer in a model file, or nothing if it holds a model of another kind.
    ///
    /// # Errors
    /// As [`Imputer::load`], except for models of other kinds.
    pub fn load_if_imputer(path: impl AsRef<Path>) -> Result<Option<Self>> {
        load_if(path.as_ref(), IMPUTER, read)
    }

    /// Reads an imputer from the bytes of a file; `place` names the file in messages.
    ///
    /// # Errors
    /// If the bytes are not an imputer that this version understands.
    pub fn from_bytes(place: &str, bytes: &[u8]) -> Result<Self> {
        read(&ModelFile::of_kind(place, bytes, IMPUTER, "an imputer is needed; train one on a table")?)
    }

    /// Sets the number of threads; 0 means one per processor. Files do not store it, because no result depends on it.
    pub fn set_threads(&mut self, threads: usize) {
        self.config.threads = threads;
    }

    /// Weights and biases of all networks, and the coefficients of their regressions.
    fn tensors(&self) -> Vec<Tensor<'_>> {
        let network = network(&self.config.hidden, &self.encoding);
        let mut tensors = Vec::new();
        for (k, trained) in self.networks.iter().enumerate() {
            tensors.extend(layer_tensors(&format!("networks.{k}."), &network, &trained.parameters));
            if let Some(regression) = &trained.regression {
                let shape = vec![self.encoding.n_outputs, 1 + self.encoding.n_outputs];
                tensors.push((name_of_regression(k), shape, &regression.coefficients));
            }
        }
        tensors
    }
}

fn temperatures(trained: &Trained) -> Vec<Option<f64>> {
    let temperature = |spread: &Spread| match spread {
        Spread::Temperature(temperature) => Some(*temperature),
        Spread::Residuals(_) => None,
    };
    trained.spreads.iter().map(temperature).collect()
}

/// The residuals of network `k`, with the names of their tensors.
fn residuals(k: usize, trained: &Trained) -> impl Iterator<Item = (String, Vec<f32>)> {
    (0..).zip(&trained.spreads).filter_map(move |(j, spread)| match spread {
        Spread::Residuals(pairs) => Some((
            name_of_residuals(k, j),
            pairs.iter().flat_map(|&(answer, residual)| [answer, residual]).collect(),
        )),
        Spread::Temperature(_) => None,
    })
}

fn name_of_residuals(k: usize, j: usize) -> String {
    format!("networks.{k}.residuals.{j}")
}

fn name_of_regression(k: usize) -> String {
    format!("networks.{k}.regression")
}

/// The regressions beside network `k`.
fn read_regression(
    file: &ModelFile<'_>,
    encoding: &Encoding,
    k: usize,
    shares: Vec<f64>,
) -> Result<Regression> {
    if shares.len() != encoding.columns.len() || !shares.iter().all(is_share) {
        let problem = format!("is damaged: the shares of network {k} (from 0) do not fit its columns");
        return Err(file.wrong(problem));
    }
    let coefficients = file.tensor(&name_of_regression(k), &[encoding.n_outputs, 1 + encoding.n_outputs])?;
    Ok(Regression { coefficients, shares })
}

fn is_share(share: &f64) -> bool {
    (0.0..=1.0).contains(share)
}

fn read(file: &ModelFile<'_>) -> Result<Imputer> {
    let Document { config, schema, columns, order, networks, blends, errors, rows, .. } = file.document()?;
    let config: ImputerConfig = file.part(config)?;
    config.check().map_err(|error| file.no_model(&error))?;
    let encoding = read_encoding(file, &schema, columns, |column| !column.kind.is_left())?;
    let mut in_order = order.clone();
    in_order.sort_unstable();
    if !in_order.into_iter().eq(0..encoding.columns.len()) {
        return Err(file.wrong("is damaged: its order of columns is not one"));
    }
    if networks.len() != config.networks {
        return Err(file.wrong("is damaged: it has another number of networks than its configuration"));
    }
    let networks = (0..).zip(networks).map(|(k, stored)| read_network(file, (&config, &encoding), k, stored));
    let networks = networks.collect::<Result<_>>()?;
    let learned = u64::from_str_radix(&rows, 16)
        .map_err(|_| file.wrong("is damaged: the hash of the rows is not hexadecimal"))?;
    let fits = |blend: &Blend| is_share(&blend.share) && blend.offset.is_finite() && blend.slope.is_finite();
    if blends.len() != encoding.columns.len() || !blends.iter().all(fits) {
        return Err(file.wrong("is damaged: its blends do not fit its columns"));
    }
    Ok(Imputer { config, schema, encoding, order, networks, blends, errors, learned })
}

fn read_network(
    file: &ModelFile<'_>,
    (config, encoding): (&ImputerConfig, &Encoding),
    k: usize,
    StoredNetwork { history, shares, temperatures }: StoredNetwork,
) -> Result<Trained> {
    file.check_history(&history)?;
    let parameters = read_layers(file, &format!("networks.{k}."), &network(&config.hidden, encoding))?;
    let wrong =
        || file.wrong(format!("is damaged: the spreads of network {k} (from 0) do not fit its columns"));
    let regression = shares.map(|shares| read_regression(file, encoding, k, shares)).transpose()?;
    if temperatures.len() != encoding.columns.len() {
        return Err(wrong());
    }
    let mut spreads = Vec::new();
    for (j, (of, temperature)) in encoding.columns.iter().zip(temperatures).enumerate() {
        spreads.push(match (&of.code, temperature) {
            (Code::Number { .. }, None) => {
                let pairs = file.rows(&name_of_residuals(k, j), 2)?;
                let pairs: Vec<(f32, f32)> = pairs.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
                if !pairs.is_sorted_by(|a, b| a.0 <= b.0) {
                    return Err(wrong());
                }
                Spread::Residuals(pairs)
            }
            (Code::Category { .. }, Some(temperature)) if temperature.is_finite() && temperature > 0.0 => {
                Spread::Temperature(temperature)
            }
            _ => return Err(wrong()),
        });
    }
    Ok(Trained { parameters: Arc::new(parameters), history, regression, spreads })
}

#[cfg(test)]
#[path = "stored_tests.rs"]
mod tests;
