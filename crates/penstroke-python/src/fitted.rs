//! What all models of tables share: they learn from columns, are applied to columns, and are written to files.

use crate::applied::Applied;
use crate::errors::{Names, detached};
use crate::table::{Column, given};
use crate::watch::Watch;
use penstroke::data::{Schema, SchemaOptions, TypedTable};
use penstroke::{Result, Run};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A model of tables in the library.
pub(crate) trait OfTable: Clone + Send + Sync {
    fn schema(&self) -> &Schema;
    fn set_threads(&mut self, threads: usize);
    fn save(&self, path: &Path) -> Result<()>;
    /// None if the file holds a model of another kind.
    fn load(path: &Path) -> Result<Option<Self>>;
    fn to_bytes(&self) -> Result<Vec<u8>>;
    fn from_bytes(bytes: &[u8]) -> Result<Self>;
}

/// Implements [`OfTable`] by methods with the same names, and one that loads.
macro_rules! of_table {
    ($model:ty, $load:ident) => {
        impl OfTable for $model {
            fn schema(&self) -> &Schema {
                <$model>::schema(self)
            }

            fn set_threads(&mut self, threads: usize) {
                <$model>::set_threads(self, threads);
            }

            fn save(&self, path: &Path) -> Result<()> {
                <$model>::save(self, path)
            }

            fn load(path: &Path) -> Result<Option<Self>> {
                <$model>::$load(path)
            }

            fn to_bytes(&self) -> Result<Vec<u8>> {
                <$model>::to_bytes(self)
            }

            fn from_bytes(bytes: &[u8]) -> Result<Self> {
                <$model>::from_bytes("bytes", bytes)
            }
        }
    };
}

of_table!(penstroke::anomaly::Detector, load_if_detector);
of_table!(penstroke::features::TableEncoder, load_if_encoder);
of_table!(penstroke::impute::Imputer, load_if_imputer);

/// A fitted model of tables.
pub(crate) struct Fitted<T> {
    pub(crate) model: T,
    applied: Applied<T>,
}

impl<T> From<T> for Fitted<T> {
    fn from(model: T) -> Self {
        Self { model, applied: Applied::default() }
    }
}

impl<T: OfTable> Fitted<T> {
    /// What `fit` learns from columns with these names; also warnings, one per line.
    pub(crate) fn fit(
        py: Python<'_>,
        names: &Names,
        (called, columns): (Vec<String>, Vec<Column<'_>>),
        watch: Option<Py<PyAny>>,
        fit: impl FnOnce(&TypedTable, &mut Run<'_>) -> Result<T> + Send,
    ) -> PyResult<(Self, Vec<String>)> {
        let columns = given(columns)?;
        let mut watch = Watch::new(watch);
        let fitted = detached(py, names, || {
            let table = TypedTable::from_columns("X", called, columns, &SchemaOptions::default())?;
            let model = fit(&table, &mut Run::new().observer(&mut watch))?;
            Ok((model, [table.left_out(), table.warnings().to_vec()].concat()))
        });
        if let Some(raised) = watch.raised.take() {
            return Err(raised);
        }
        fitted.map(|(model, warnings)| (model.into(), warnings))
    }

    /// What `work` does with a table of these columns, with the warnings about them.
    pub(crate) fn apply<O: Send>(
        &self,
        py: Python<'_>,
        (columns, threads): (Vec<Column<'_>>, usize),
        names: &Names,
        work: impl FnOnce(&T, &TypedTable) -> Result<O> + Send,
    ) -> PyResult<(O, Vec<String>)> {
        let columns = given(columns)?;
        let model = self.applied.with_threads(threads, || {
            let mut model = self.model.clone();
            model.set_threads(threads);
            Arc::new(model)
        });
        detached(py, names, || {
            let table = TypedTable::from_columns_like("X", columns, model.schema())?;
            Ok((work(&model, &table)?, table.warnings().to_vec()))
        })
    }

    pub(crate) fn save(&self, py: Python<'_>, path: &Path) -> PyResult<()> {
        detached(py, &Names::default(), || self.model.save(path))
    }

    pub(crate) fn load(py: Python<'_>, path: PathBuf) -> PyResult<Option<Self>> {
        let model = detached(py, &Names::default(), || T::load(&path))?;
        Ok(model.map(Self::from))
    }

    pub(crate) fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = detached(py, &Names::default(), || self.model.to_bytes())?;
        Ok(PyBytes::new(py, &bytes))
    }

    pub(crate) fn from_bytes(py: Python<'_>, bytes: &[u8]) -> PyResult<Self> {
        detached(py, &Names::default(), || T::from_bytes(bytes)).map(Self::from)
    }
}

/// How Python pickles a model: a function, and its arguments.
pub(crate) type Pickled<'py> = (Bound<'py, PyAny>, (Bound<'py, PyBytes>,));

/// Pickles a model as the bytes of its file.
pub(crate) fn pickled<'py>(slf: &Bound<'py, PyAny>, bytes: Bound<'py, PyBytes>) -> PyResult<Pickled<'py>> {
    Ok((slf.get_type().getattr("from_bytes")?, (bytes,)))
}
