//! Encoders of tables.

use crate::errors::{Names, detached};
use crate::fitted::{Fitted, Pickled, pickled};
use crate::table::Column;
use numpy::{IntoPyArray, PyArray1};
use penstroke::config::TableEncoderConfig;
use penstroke::features::CodeOutput;
use penstroke::files;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde_json::json;
use std::path::PathBuf;

/// A fitted encoder of tables.
#[pyclass(frozen, module = "penstroke._penstroke")]
pub(crate) struct TableEncoder(Fitted<penstroke::features::TableEncoder>);

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
        config.check().map_err(|error| names.exception(error))?;
        let (fitted, warnings) = Fitted::fit(py, &names, columns, watch, |table, run| {
            penstroke::features::TableEncoder::fit(&config, table, run)
        })?;
        Ok((Self(fitted), warnings))
    }

    /// The codes of rows as a flat array, and warnings about categories that are new.
    fn encode<'py>(
        &self,
        py: Python<'py>,
        columns: Vec<Column<'_>>,
        output: &str,
        threads: usize,
    ) -> PyResult<(Bound<'py, PyArray1<f32>>, Vec<String>)> {
        let names = Names::same(&["output"]);
        let output: CodeOutput = output.parse().map_err(|error| names.exception(error))?;
        let (codes, warnings) =
            self.0.apply(py, (columns, threads), &names, |encoder, table| encoder.encode(table, output))?;
        Ok((codes.into_pyarray(py), warnings))
    }

    /// The schema, the configuration and the history, as JSON.
    fn about(&self) -> String {
        let encoder = &self.0.model;
        json!({"schema": encoder.schema(), "config": encoder.config(), "history": encoder.history()})
            .to_string()
    }

    /// Writes the model file. An error leaves no partial file.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        self.0.save(py, &path)
    }

    /// Writes the encoder as an ONNX file. An error leaves no partial file.
    fn to_onnx(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        detached(py, &Names::default(), || {
            let file = self.0.model.to_onnx()?;
            files::write_atomic(path, |out| out.write_all(&file.bytes))
        })
    }

    /// Reads a model file; None if it holds a model of another kind.
    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Option<Self>> {
        Ok(Fitted::load(py, path)?.map(Self))
    }

    /// The bytes of the model file.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.0.to_bytes(py)
    }

    /// Reads the bytes of a model file.
    #[staticmethod]
    fn from_bytes(py: Python<'_>, bytes: &[u8]) -> PyResult<Self> {
        Fitted::from_bytes(py, bytes).map(Self)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Pickled<'py>> {
        pickled(slf.as_any(), slf.get().to_bytes(slf.py())?)
    }
}
