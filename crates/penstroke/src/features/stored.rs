//! An encoder of tables in a file: a model file of kind `table-encoder`, specified in `docs/model-format.md`.
//!
//! Tensors: `layers.L.weight (outputs, inputs)` and `layers.L.bias (outputs)`. Inputs and outputs are laid out by the columns in the document.

use super::encoder::TableEncoder;
use crate::config::TableEncoderConfig;
use crate::data::Schema;
use crate::model::file::{FORMAT_VERSION, ModelFile, TABLE_ENCODER, text, value, write};
use crate::model::loading::{load_if, read_whole};
use crate::tabular::{
    StoredColumn, is_feature, layer_tensors, network, read_encoding, read_layers, stored_columns,
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
    /// The columns as the network has them: numbers, then categories, each sorted by name.
    columns: Vec<StoredColumn>,
    history: History,
}

impl TableEncoder {
    /// The bytes of the model file. Equal encoders give equal bytes.
    ///
    /// # Errors
    /// If a number cannot be written as JSON.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let document = Document {
            format: FORMAT_VERSION,
            kind: TABLE_ENCODER.to_owned(),
            config: value(&self.config),
            schema: self.schema.clone(),
            columns: stored_columns(&self.encoding),
            history: self.history.clone(),
        };
        let network = network(&self.config.hidden, &self.encoding);
        write(text(&document)?, layer_tensors("", &network, &self.parameters))
    }

    /// Writes the model file. An error leaves no partial file.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let file = folder.path().join("survey.safetensors");
    /// use penstroke::config::TableEncoderConfig;
    /// use penstroke::data::{GivenColumn, SchemaOptions, TypedTable};
    /// use penstroke::features::{CodeOutput, TableEncoder};
    /// use penstroke::Run;
    /// let columns = vec![GivenColumn::Numbers((0..30).map(f64::from).collect())];
    /// let table = TypedTable::from_columns("example", vec!["x".into()], columns, &SchemaOptions::default())?;
    /// let config = TableEncoderConfig { hidden: vec![4], ..Default::default() }.epochs(1);
    /// let encoder = TableEncoder::fit(&config, &table, &mut Run::new())?;
    /// encoder.save(&file)?;
    /// let codes = TableEncoder::load(&file)?.encode(&table, CodeOutput::Last)?;
    /// assert_eq!(codes, encoder.encode(&table, CodeOutput::Last)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let bytes = self.to_bytes()?;
        files::write_atomic(path, |out| out.write_all(&bytes))
    }

    /// Reads an encoder. It encodes tables exactly as the one that was saved.
    ///
    /// # Errors
    /// If the file does not exist, or does not hold an encoder of tables that this version understands.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        Self::from_bytes(&path.display().to_string(), &read_whole(path)?)
    }

    /// Reads the encoder in a model file, or nothing if it holds a model of another kind.
    ///
    /// # Errors
    /// As [`TableEncoder::load`], except for models of other kinds.
    pub fn load_if_encoder(path: impl AsRef<Path>) -> Result<Option<Self>> {
        load_if(path.as_ref(), TABLE_ENCODER, read)
    }

    /// Reads an encoder from the bytes of a file; `place` names the file in messages.
    ///
    /// # Errors
    /// If the bytes are not an encoder of tables that this version understands.
    pub fn from_bytes(place: &str, bytes: &[u8]) -> Result<Self> {
        read(&ModelFile::of_kind(
            place,
            bytes,
            TABLE_ENCODER,
            "an encoder of tables is needed; train one on a table",
        )?)
    }
}

fn read(file: &ModelFile<'_>) -> Result<TableEncoder> {
    let Document { config, schema, columns, history, .. } = file.document()?;
    let config: TableEncoderConfig = file.part(config)?;
    config.check().map_err(|error| file.no_model(&error))?;
    file.check_history(&history)?;
    let encoding = read_encoding(file, &schema, columns, is_feature)?;
    let parameters = Arc::new(read_layers(file, "", &network(&config.hidden, &encoding))?);
    Ok(TableEncoder { config, schema, encoding, parameters, history })
}
