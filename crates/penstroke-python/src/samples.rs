//! Python arrays as samples, without copying: NumPy lends its memory.

use crate::errors::{Names, detached, warn};
use numpy::{Element, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods};
use penstroke::data::{
    Dataset, ImageShape, Preparation, Rows, Samples, Selection, SparseRows, Values, View, close_columns,
    of_close_columns,
};
use penstroke::{Error, Result};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// Samples in the forms that Python passes: an array `(n, d)` in C order, or the parts of a CSR matrix and `d`.
#[derive(FromPyObject)]
pub(crate) enum Input<'py> {
    Floats(PyReadonlyArray2<'py, f32>),
    Bytes(PyReadonlyArray2<'py, u8>),
    Sparse((PyReadonlyArray1<'py, i64>, PyReadonlyArray1<'py, i32>, PyReadonlyArray1<'py, f32>, usize)),
}

/// The memory of an [`Input`], usable without the interpreter.
#[derive(Clone, Copy)]
pub(crate) enum Lent<'a> {
    Dense(Rows<'a>, usize),
    Sparse(&'a [i64], &'a [i32], &'a [f32], usize),
}

impl Input<'_> {
    /// # Errors
    /// If an array is not in C order.
    pub(crate) fn lend(&self) -> PyResult<Lent<'_>> {
        let order = |_| PyValueError::new_err("X: must be in C order");
        Ok(match self {
            Input::Floats(array) => {
                Lent::Dense(Rows::Floats(array.as_slice().map_err(order)?), array.shape()[1])
            }
            Input::Bytes(array) => {
                Lent::Dense(Rows::Bytes(array.as_slice().map_err(order)?), array.shape()[1])
            }
            Input::Sparse((starts, columns, values, d)) => Lent::Sparse(
                starts.as_slice().map_err(order)?,
                columns.as_slice().map_err(order)?,
                values.as_slice().map_err(order)?,
                *d,
            ),
        })
    }
}

/// Height, width and channels.
pub(crate) type Shape = (usize, usize, usize);

impl<'a> Lent<'a> {
    /// The samples, as pictures if `image` is given.
    pub(crate) fn samples(self, image: Option<Shape>) -> Result<Box<dyn Samples + Send + 'a>> {
        match self {
            Lent::Dense(rows, d) => {
                let view = View::new("X", rows, d)?;
                let Some((height, width, channels)) = image else { return Ok(Box::new(view)) };
                Ok(Box::new(view.with_image("image_shape", ImageShape { height, width, channels })?))
            }
            Lent::Sparse(..) if image.is_some() => {
                Err(Error::input("image_shape", "is for arrays; give a sparse matrix as an array"))
            }
            Lent::Sparse(starts, columns, values, d) => {
                Ok(Box::new(SparseRows::new("X", starts, columns, values, d)?))
            }
        }
    }
}

/// The samples at `indices`, with one label each, without copying.
pub(crate) fn labelled<'a>(
    samples: &'a dyn Samples,
    indices: Vec<u32>,
    labels: Vec<u32>,
    classes: Vec<String>,
) -> Result<Selection<'a>> {
    let selection = Selection::new(samples, indices)?.with_labels("y", labels)?;
    Ok(selection.with_preparation(Preparation { classes, ..Preparation::default() }))
}

/// A copy of all samples.
pub(crate) fn copied(samples: &dyn Samples) -> Result<Dataset> {
    let all: Vec<u32> = (0..samples.n_samples() as u32).collect();
    let mut values = Values::Floats(Vec::new());
    samples.read(&all, &mut values)?;
    Dataset::new("X", values, samples.n_visible())
}

/// The samples at `indices`, with one weight each, without copying.
pub(crate) fn weighted<'a>(
    samples: &'a dyn Samples,
    indices: Vec<u32>,
    weights: &[f32],
) -> Result<Selection<'a>> {
    Selection::new(samples, indices)?.with_weights("sample_weight", weights)
}

/// The samples that count, by their indices, and their weights.
#[derive(FromPyObject)]
pub(crate) struct Counting<'py>(PyReadonlyArray1<'py, u32>, PyReadonlyArray1<'py, f32>);

impl Counting<'_> {
    pub(crate) fn copied(self) -> PyResult<(Vec<u32>, Vec<f32>)> {
        Ok((numbers("sample_weight", &self.0)?, numbers("sample_weight", &self.1)?))
    }
}

/// A copy of labels, weights or indices.
pub(crate) fn numbers<T: Element + Copy>(name: &str, array: &PyReadonlyArray1<'_, T>) -> PyResult<Vec<T>> {
    let not_in_order = |_| PyValueError::new_err(format!("{name}: must be contiguous"));
    array.as_slice().map(<[T]>::to_vec).map_err(not_in_order)
}

/// Warns of columns of `x` whose values single precision cannot tell apart; `names` are those of the columns, if they have any.
#[pyfunction]
pub(crate) fn warn_of_narrowing(
    py: Python<'_>,
    x: PyReadonlyArray2<'_, f64>,
    names: Option<Vec<String>>,
) -> PyResult<()> {
    let d = x.shape()[1];
    let values = x.as_slice().map_err(|_| PyValueError::new_err("X: must be in C order"))?;
    let found = detached(py, &Names::default(), || close_columns(values, d))?;
    let name = |column: usize| match names.as_ref().and_then(|names| names.get(column)) {
        Some(name) => format!("column {name:?}"),
        None => format!("column {column} (from 0)"),
    };
    let problem = of_close_columns(&found, name);
    warn(py, &Names::default(), problem.as_slice())
}
