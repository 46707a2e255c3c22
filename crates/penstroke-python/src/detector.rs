//! Detectors of anomalies in tables.

use crate::errors::Names;
use crate::fitted::{Fitted, Pickled, pickled};
use crate::samples::numbers;
use crate::table::Column;
use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use penstroke::anomaly::{Contamination, DetectorConfig, Expected, UnusualCell};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde_json::json;
use std::path::PathBuf;

/// A fitted detector.
#[pyclass(frozen, module = "penstroke._penstroke")]
pub(crate) struct Detector(Fitted<penstroke::anomaly::Detector>);

/// Numbers of rows as a flat array, and warnings about categories that are new.
type Scored<'py> = (Bound<'py, PyArray1<f64>>, Vec<String>);

/// A cell that makes its row unusual: the column of the schema and the score; the expected number or category with the range of likely
/// numbers, or the probability of the category. What a column has not is NaN.
type Unusual = (usize, f64, f64, f64, f64, f64);

fn unusual(cell: UnusualCell) -> Unusual {
    let UnusualCell { column, score, expected } = cell;
    match expected {
        Expected::Number { value, range: [low, high] } => (column, score, value, low, high, f64::NAN),
        Expected::Category { category, probability } => {
            (column, score, category as f64, f64::NAN, f64::NAN, probability)
        }
    }
}

#[pymethods]
impl Detector {
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
        let config = DetectorConfig { threads, fewest_rows: 1, ..crate::config::config(config, &names)? };
        config.check().map_err(|error| names.exception(error))?;
        let (fitted, warnings) = Fitted::fit(py, &names, columns, watch, |table, run| {
            penstroke::anomaly::Detector::fit(&config, table, run)
        })?;
        Ok((Self(fitted), warnings))
    }

    /// The score of each row.
    fn score<'py>(&self, py: Python<'py>, columns: Vec<Column<'_>>, threads: usize) -> PyResult<Scored<'py>> {
        let (scores, warnings) =
            self.0
                .apply(py, (columns, threads), &Names::default(), |detector, table| detector.score(table))?;
        Ok((scores.into_pyarray(py), warnings))
    }

    /// The scores of the cells, `(rows, columns of the schema)`; NaN where missing or left out.
    fn score_cells<'py>(
        &self,
        py: Python<'py>,
        columns: Vec<Column<'_>>,
        threads: usize,
    ) -> PyResult<Scored<'py>> {
        let (scores, warnings) =
            self.0.apply(py, (columns, threads), &Names::default(), |detector, table| {
                detector.score_cells(table)
            })?;
        Ok((scores.into_pyarray(py), warnings))
    }

    /// For each row the cells that make it unusual.
    fn explain(
        &self,
        py: Python<'_>,
        columns: Vec<Column<'_>>,
        n_cells: usize,
        threads: usize,
    ) -> PyResult<(Vec<Vec<Unusual>>, Vec<String>)> {
        self.0.apply(py, (columns, threads), &Names::default(), |detector, table| {
            let rows = detector.explain(table, n_cells)?;
            Ok(rows.into_iter().map(|row| row.cells.into_iter().map(unusual).collect()).collect())
        })
    }

    /// The score above which a row is an anomaly.
    fn threshold(&self, contamination: &str) -> PyResult<f64> {
        let parsed = contamination.parse::<Contamination>();
        let threshold = parsed.and_then(|contamination| self.0.model.threshold(contamination));
        threshold.map_err(|error| Names::same(&["contamination"]).exception(error))
    }

    /// For each score the share of the learned rows with a larger one.
    fn share_above<'py>(
        &self,
        py: Python<'py>,
        scores: PyReadonlyArray1<'_, f64>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let shares: Vec<f64> =
            numbers("scores", &scores)?.into_iter().map(|score| self.0.model.share_above(score)).collect();
        Ok(shares.into_pyarray(py))
    }

    /// The schema, the configuration and the histories of the networks, as JSON.
    fn about(&self) -> String {
        let detector = &self.0.model;
        let histories: Vec<_> = detector.histories().collect();
        json!({"schema": detector.schema(), "config": detector.config(), "histories": histories}).to_string()
    }

    /// Writes the model file. An error leaves no partial file.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        self.0.save(py, &path)
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
pub(crate) fn detector_defaults() -> String {
    json!(DetectorConfig::default()).to_string()
}
