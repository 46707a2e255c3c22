//! Imputers, which fill the missing cells of tables.

use crate::errors::{Names, detached};
use crate::table::{Column, Filled, filled, given};
use crate::watch::Watch;
use penstroke::data::{SchemaOptions, TypedTable};
use penstroke::impute::{ImputerConfig, OverimputeOptions, Overimputed};
use penstroke::{Result, Run, files};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde_json::json;
use std::path::PathBuf;

/// A fitted imputer.
#[pyclass(frozen, module = "penstroke._penstroke")]
pub(crate) struct Imputer(penstroke::impute::Imputer);

impl Imputer {
    /// What `work` does with a table of these columns, with the warnings about them.
    fn apply<T: Send>(
        &self,
        py: Python<'_>,
        (columns, threads): (Vec<Column<'_>>, usize),
        names: &Names,
        work: impl FnOnce(&penstroke::impute::Imputer, &TypedTable) -> Result<T> + Send,
    ) -> PyResult<(T, Vec<String>)> {
        let columns = given(columns)?;
        detached(py, names, || {
            let table = TypedTable::from_columns_like("X", columns, self.0.schema())?;
            let mut imputer = self.0.clone();
            imputer.set_threads(threads);
            Ok((work(&imputer, &table)?, table.warnings().to_vec()))
        })
    }
}

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
        let (called, columns) = (columns.0, given(columns.1)?);
        let mut watch = Watch::new(watch);
        let fitted = detached(py, &names, || {
            config.check()?;
            let table = TypedTable::from_columns("X", called, columns, &SchemaOptions::default())?;
            let imputer =
                penstroke::impute::Imputer::fit(&config, &table, &mut Run::new().observer(&mut watch))?;
            Ok((imputer, [table.left_out(), table.warnings().to_vec()].concat()))
        });
        if let Some(raised) = watch.raised.take() {
            return Err(raised);
        }
        fitted.map(|(imputer, warnings)| (Self(imputer), warnings))
    }

    /// Values for the missing cells of columns, and warnings about categories that are new.
    fn impute<'py>(
        &self,
        py: Python<'py>,
        columns: Vec<Column<'_>>,
        threads: usize,
    ) -> PyResult<(Vec<Filled<'py>>, Vec<String>)> {
        let work = |imputer: &penstroke::impute::Imputer, table: &TypedTable| imputer.impute(table);
        let (fills, warnings) = self.apply(py, (columns, threads), &Names::default(), work)?;
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
        let work = |imputer: &penstroke::impute::Imputer, table: &TypedTable| imputer.sample(table, m);
        let (all, warnings) = self.apply(py, (columns, threads), &names, work)?;
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
        let work =
            |imputer: &penstroke::impute::Imputer, table: &TypedTable| imputer.overimpute(table, &options);
        let (found, _) = self.apply(py, (columns, threads), &names, work)?;
        let one = |of: &Overimputed| {
            let Overimputed { column, rows, cells } = of;
            json!({"column": column, "rows": rows, "cells": cells, "coverage": of.coverage_90()})
        };
        Ok(json!(found.iter().map(one).collect::<Vec<_>>()).to_string())
    }

    /// The schema, the configuration, the errors by column and the histories of the networks, as JSON.
    fn about(&self) -> String {
        let histories: Vec<_> = self.0.histories().collect();
        let (schema, config, errors) = (self.0.schema(), self.0.config(), self.0.errors());
        json!({"schema": schema, "config": config, "errors": errors, "histories": histories}).to_string()
    }

    /// Writes the model file. An error leaves no partial file.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        detached(py, &Names::default(), || self.0.save(&path))
    }

    /// Writes the imputer as an ONNX file. An error leaves no partial file.
    fn to_onnx(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        detached(py, &Names::default(), || {
            let file = self.0.to_onnx()?;
            files::write_atomic(path, |out| out.write_all(&file.bytes))
        })
    }

    /// Reads a model file; None if it holds a model of another kind.
    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Option<Self>> {
        let imputer = detached(py, &Names::default(), || penstroke::impute::Imputer::load_if_imputer(path))?;
        Ok(imputer.map(Self))
    }

    /// The bytes of the model file.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = detached(py, &Names::default(), || self.0.to_bytes())?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// Reads the bytes of a model file.
    #[staticmethod]
    fn from_bytes(py: Python<'_>, bytes: &[u8]) -> PyResult<Self> {
        let read = || penstroke::impute::Imputer::from_bytes("bytes", bytes);
        detached(py, &Names::default(), read).map(Self)
    }

    /// Pickles the imputer as the bytes of its file.
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyBytes>,))> {
        let make = slf.get_type().getattr("from_bytes")?;
        Ok((make, (slf.get().to_bytes(slf.py())?,)))
    }
}

/// The default configuration, as JSON.
#[pyfunction]
pub(crate) fn imputer_defaults() -> String {
    json!(ImputerConfig::default()).to_string()
}
