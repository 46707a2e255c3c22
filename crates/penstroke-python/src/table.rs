//! Columns that Python gives, as tables of the library.

use crate::samples::numbers;
use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use penstroke::data::{Cells, Fill, GivenColumn};
use pyo3::prelude::*;

/// A column: numbers with NaN where missing, codes with `u32::MAX` where missing and their categories, or texts.
#[derive(FromPyObject)]
pub(crate) enum Column<'py> {
    Numbers(PyReadonlyArray1<'py, f64>),
    Codes((PyReadonlyArray1<'py, u32>, Vec<String>)),
    Texts(Vec<Option<String>>),
}

/// Copies of columns.
pub(crate) fn given(columns: Vec<Column<'_>>) -> PyResult<Vec<GivenColumn>> {
    let copied = |column| {
        Ok(match column {
            Column::Numbers(values) => GivenColumn::Numbers(numbers("X", &values)?),
            Column::Codes((codes, categories)) => GivenColumn::Codes(numbers("X", &codes)?, categories),
            Column::Texts(texts) => GivenColumn::Texts(texts),
        })
    };
    columns.into_iter().map(copied).collect()
}

/// Values for missing cells: the column, the rows from 0, and numbers or the indices of categories.
pub(crate) type Filled<'py> = (usize, Bound<'py, PyArray1<u64>>, Bound<'py, PyAny>);

/// Fills as Python takes them.
pub(crate) fn filled(py: Python<'_>, fills: Vec<Fill>) -> Vec<Filled<'_>> {
    let one = |fill: Fill| {
        let rows: Vec<u64> = fill.rows.into_iter().map(|row| row as u64).collect();
        let values = match fill.values {
            Cells::Numbers(values) => values.into_pyarray(py).into_any(),
            Cells::Codes(codes) => codes.into_pyarray(py).into_any(),
            Cells::Left => Vec::<f64>::new().into_pyarray(py).into_any(),
        };
        (fill.column, rows.into_pyarray(py), values)
    };
    fills.into_iter().map(one).collect()
}
