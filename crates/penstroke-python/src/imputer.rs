//! Imputers, which fill the missing cells of tables.

use crate::errors::{Names, detached};
use crate::fitted::{Fitted, Pickled, pickled};
use crate::table::{Column, Filled, filled};
use penstroke::files;
use penstroke::impute::{ImputerConfig, OverimputeOptions, Overimputed};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde_json::json;
use std::path::PathBuf;

/// A fitted imputer.
#[pyclass(frozen, module = "penstroke._penstroke")]
pub(crate) struct Imputer(Fitted<penstroke::impute::Imputer>);

#[pymethods]
impl Imputer {
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
        // Python checks the number of rows.
        let config = ImputerConfig { threads, fewest_rows: 1, ..crate::config::config(config, &names)? };
        config.check().map_err(|error| names.exception(error))?;
        let (fitted, warnings) = Fitted::fit(py, &names, columns, watch, |table, run| {
            penstroke::impute::Imputer::fit(&config, table, run)
        })?;
        Ok((Self(fitted), warnings))
    }

    /// Values for the missing cells of columns, and warnings about categories that are new.
    fn impute<'py>(
        &self,
        py: Python<'py>,
        columns: Vec<Column<'_>>,
        threads: usize,
    ) -> PyResult<(Vec<Filled<'py>>, Vec<String>)> {
        let (fills, warnings) =
            self.0
                .apply(py, (columns, threads), &Names::default(), |imputer, table| imputer.impute(table))?;
        Ok((filled(py, fills), warnings))
    }

    /// `m` imputations, each as values for the missing cells.
    fn sample<'py>(
        &self,
        py: Python<'py>,
        columns: Vec<Column<'_>>,
        m: usize,
        names: Names,
        threads: usize,
    ) -> PyResult<(Vec<Vec<Filled<'py>>>, Vec<String>)> {
        let (all, warnings) =
            self.0.apply(py, (columns, threads), &names, |imputer, table| imputer.sample(table, m))?;
        Ok((all.into_iter().map(|fills| filled(py, fills)).collect(), warnings))
    }

    /// Observed cells of columns beside what is drawn for them, as JSON; `options` are the number of draws, the most cells of a
    /// column, and the names of columns.
    fn overimpute(
        &self,
        py: Python<'_>,
        columns: Vec<Column<'_>>,
        options: (usize, usize, Vec<String>),
        names: Names,
        threads: usize,
    ) -> PyResult<String> {
        let options = OverimputeOptions { draws: options.0, cells: options.1, columns: options.2 };
        let (found, _) = self
            .0
            .apply(py, (columns, threads), &names, |imputer, table| imputer.overimpute(table, &options))?;
        let one = |of: &Overimputed| {
            let Overimputed { column, rows, cells } = of;
            json!({"column": column, "rows": rows, "cells": cells, "coverage": of.coverage_90()})
        };
        Ok(json!(found.iter().map(one).collect::<Vec<_>>()).to_string())
    }

    /// The schema, the configuration, the errors by column and the histories of the networks, as JSON.
    fn about(&self) -> String {
        let imputer = &self.0.model;
        let histories: Vec<_> = imputer.histories().collect();
        let (schema, config, errors) = (imputer.schema(), imputer.config(), imputer.errors());
        json!({"schema": schema, "config": config, "errors": errors, "histories": histories}).to_string()
    }

    /// Writes the model file. An error leaves no partial file.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        self.0.save(py, &path)
    }

    /// Writes the imputer as an ONNX file. An error leaves no partial file.
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

/// The default configuration, as JSON.
#[pyfunction]
pub(crate) fn imputer_defaults() -> String {
    json!(ImputerConfig::default()).to_string()
}
