//! Rewrites Parquet and Arrow files with missing values filled, and writes batches.

use super::arrays::filled;
use super::format::Form;
use super::values::Values;
use crate::data::hold::ColumnPlace;
use crate::data::read::table::columnar::{Fields, Sink};
use crate::data::read::table::field::cell;
use crate::data::read::table::file::TableFile;
use crate::data::source::add_columnar;
use crate::{Error, Result, interrupt};
use ::parquet::arrow::ArrowWriter;
use ::parquet::basic::Compression;
use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::KeyValue;
use ::parquet::file::properties::WriterProperties;
use arrow_array::RecordBatch;
use arrow_ipc::writer::{FileWriter, StreamWriter};
use arrow_schema::{ArrowError, SchemaRef};
use std::io::{self, Write};
use std::path::Path;

/// Writes the file at `path` with missing values filled, in the format `form`.
pub(super) fn rewrite(
    path: &Path,
    values: Values<'_>,
    (form, out): (Form<'_>, &mut dyn Write),
) -> Result<()> {
    let mut filled = read(path, values)?;
    let schema = filled.schema.take().ok_or_else(|| Error::input(path, "holds no rows"))?;
    write((form, out), &schema, &filled.metadata, &filled.batches)
}

/// Reads the file at `path` with missing values filled.
pub(super) fn read<'a>(path: &Path, values: Values<'a>) -> Result<Filled<'a>> {
    let mut filled = Filled {
        file: path.display().to_string(),
        values,
        n_columns: 0,
        n_rows: 0,
        schema: None,
        metadata: Vec::new(),
        batches: Vec::new(),
    };
    add_columnar(&TableFile::alone(path), &mut filled)?;
    Ok(filled)
}

/// The batches of a file with missing values filled.
pub(super) struct Filled<'a> {
    file: String,
    values: Values<'a>,
    n_columns: usize,
    n_rows: usize,
    pub(super) schema: Option<SchemaRef>,
    /// The keys and values of a Parquet file.
    metadata: Vec<(String, Option<String>)>,
    pub(super) batches: Vec<RecordBatch>,
}

impl Sink for Filled<'_> {
    fn begin(&mut self, _: &TableFile, _: u64, fields: Fields) -> Result<()> {
        self.n_columns = fields.names.len();
        Ok(())
    }

    fn grow(&mut self, _: u64) {}

    fn columns(&self) -> Vec<usize> {
        (0..self.n_columns).collect()
    }

    fn keeps_types(&self) -> bool {
        true
    }

    fn describe(&mut self, schema: &SchemaRef, metadata: &[(String, Option<String>)]) {
        self.schema = Some(SchemaRef::clone(schema));
        self.metadata = metadata.to_vec();
    }

    fn push(&mut self, batch: &RecordBatch, _: &dyn Fn(usize) -> Option<usize>) -> Result<()> {
        interrupt::check()?;
        let (first, end) = (self.n_rows, self.n_rows + batch.num_rows());
        let mut columns = Vec::with_capacity(batch.num_columns());
        for (at, array) in batch.columns().iter().enumerate() {
            let values = self.values.within(at, first, end);
            columns.push(filled(array, &values).map_err(|problem| {
                let name = Some(batch.schema().field(at).name().clone());
                Error::input(cell(&self.file, None, &ColumnPlace { name, number: at + 1 }), problem)
            })?);
        }
        let batch = RecordBatch::try_new(batch.schema(), columns)
            .map_err(|error| Error::input(self.file.as_str(), format!("cannot be filled: {error}")))?;
        self.batches.push(batch);
        self.n_rows = end;
        Ok(())
    }
}

/// Writes batches as Parquet or Arrow IPC.
pub(super) fn write(
    (form, out): (Form<'_>, &mut dyn Write),
    schema: &SchemaRef,
    metadata: &[(String, Option<String>)],
    batches: &[RecordBatch],
) -> Result<()> {
    match form {
        Form::Parquet(path) | Form::Text(path) => {
            // The writer keeps the Arrow schema itself; readers look for other metadata of Arrow files here.
            let kept = metadata.iter().filter(|(key, _)| key != "ARROW:schema");
            let mut pairs: Vec<KeyValue> =
                kept.map(|(key, value)| KeyValue::new(key.clone(), value.clone())).collect();
            let of_arrow =
                schema.metadata().iter().filter(|(key, _)| metadata.iter().all(|(known, _)| known != *key));
            pairs.extend(of_arrow.map(|(key, value)| KeyValue::new(key.clone(), Some(value.clone()))));
            pairs.sort_by(|a, b| a.key.cmp(&b.key));
            let properties = WriterProperties::builder()
                .set_compression(Compression::SNAPPY)
                .set_key_value_metadata(Some(pairs).filter(|pairs| !pairs.is_empty()))
                .build();
            let write = || {
                // The writer wants to be sent between threads, and `out` cannot.
                let mut bytes = Vec::new();
                let mut writer =
                    ArrowWriter::try_new(&mut bytes, SchemaRef::clone(schema), Some(properties))?;
                batches.iter().try_for_each(|batch| writer.write(batch))?;
                writer.close()?;
                Ok(bytes)
            };
            let bytes = write().map_err(|error: ParquetError| Error::io(path, io::Error::other(error)))?;
            out.write_all(&bytes).map_err(|error| Error::io(path, error))
        }
        Form::ArrowFile(path) => {
            let write = || {
                // The dictionaries of a file must not change between its batches.
                let whole = arrow_select::concat::concat_batches(schema, batches)?;
                let mut writer = FileWriter::try_new(out, schema)?;
                writer.write(&whole)?;
                writer.finish()
            };
            write().map_err(|error| failed(path, error))
        }
        Form::ArrowStream(path) => {
            let write = || {
                let mut writer = StreamWriter::try_new(out, schema)?;
                batches.iter().try_for_each(|batch| writer.write(batch))?;
                writer.finish()
            };
            write().map_err(|error| failed(path, error))
        }
    }
}

fn failed(path: &Path, error: ArrowError) -> Error {
    match error {
        ArrowError::IoError(_, error) => Error::io(path, error),
        error => Error::io(path, io::Error::other(error)),
    }
}
