//! Encoders of tables.

use crate::errors::{Names, detached};
use crate::table::{Column, given};
use crate::watch::Watch;
use numpy::{IntoPyArray, PyArray1};
use penstroke::config::TableEncoderConfig;
use penstroke::data::{SchemaOptions, TypedTable};
use penstroke::features::CodeOutput;
use penstroke::{Run, files};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde_json::json;
use std::path::PathBuf;

/// A fitted encoder of tables.
#[pyclass(frozen, module = "penstroke._penstroke")]
pub(crate) struct TableEncoder(penstroke::features::TableEncoder);

#[pymethods]
impl TableEncoder {
    /// Trains on the observed cells of columns with these names; also returns warnings, one per line.
    #[staticmethod]
    fn fit(
        py: Python<'_>,
        config: &str,
        names: Names,
        columns: (Vec<String>, Vec<Column<'_>>),
        threads: usize,
        watch: Option<Py<PyAny>>,
    ) -> PyResult<(Self, Vec<String>)> {
        let config: TableEncoderConfig = crate::config::config(config, &names)?;
        // Python checks the number of rows.
        let config = TableEncoderConfig { fewest_rows: 1, ..config.threads(threads) };
        let (called, columns) = (columns.0, given(columns.1)?);
        let mut watch = Watch::new(watch);
        let fitted = detached(py, &names, || {
            config.check()?;
            let table = TypedTable::from_columns("X", called, columns, &SchemaOptions::default())?;
            let mut run = Run::new().observer(&mut watch);
            let encoder = penstroke::features::TableEncoder::fit(&config, &table, &mut run)?;
            Ok((encoder, [table.left_out(), table.warnings().to_vec()].concat()))
        });
        if let Some(raised) = watch.raised.take() {
            return Err(raised);
        }
        fitted.map(|(encoder, warnings)| (Self(encoder), warnings))
    }

    /// The codes of rows as a flat array, and warnings about categories that are new.
    fn encode<'py>(
        &self,
        py: Python<'py>,
        columns: Vec<Column<'_>>,
        output: &str,
        threads: usize,
    ) -> PyResult<(Bound<'py, PyArray1<f32>>, Vec<String>)> {
        let columns = given(columns)?;
        let (codes, warnings) = detached(py, &Names::default(), || {
            let output: CodeOutput = output.parse()?;
            let table = TypedTable::from_columns_like("X", columns, self.0.schema())?;
            let mut encoder = self.0.clone();
            encoder.set_threads(threads);
            Ok((encoder.encode(&table, output)?, table.warnings().to_vec()))
        })?;
        Ok((codes.into_pyarray(py), warnings))
    }

    /// The schema, the configuration and the history, as JSON.
    fn about(&self) -> String {
        json!({"schema": self.0.schema(), "config": self.0.config(), "history": self.0.history()}).to_string()
    }

    /// Writes the model file. An error leaves no partial file.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        detached(py, &Names::default(), || self.0.save(&path))
    }

    /// Writes the encoder as an ONNX file. An error leaves no partial file.
    fn to_onnx(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        detached(py, &Names::default(), || {
            let file = self.0.to_onnx()?;
            files::write_atomic(path, |out| out.write_all(&file.bytes))
        })
    }

    /// Reads a model file; None if it holds a model of another kind.
    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Option<Self>> {
        let read = || penstroke::features::TableEncoder::load_if_encoder(path);
        Ok(detached(py, &Names::default(), read)?.map(Self))
    }

    /// The bytes of the model file.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = detached(py, &Names::default(), || self.0.to_bytes())?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// Reads the bytes of a model file.
    #[staticmethod]
    fn from_bytes(py: Python<'_>, bytes: &[u8]) -> PyResult<Self> {
        let read = || penstroke::features::TableEncoder::from_bytes("bytes", bytes);
        detached(py, &Names::default(), read).map(Self)
    }

    /// Pickles the encoder as the bytes of its file.
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyBytes>,))> {
        let make = slf.get_type().getattr("from_bytes")?;
        Ok((make, (slf.get().to_bytes(slf.py())?,)))
    }
}
