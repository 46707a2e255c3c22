//! The training of classifiers and regressors.

use crate::config::config;
use crate::errors::Names;
use crate::given::train_on_samples;
use crate::model::{Model, Trained, other};
use crate::samples::{Counting, Input, labelled, numbers, weighted};
use crate::watch::Watch;
use numpy::{PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods};
use penstroke::data::{SamplesFor, Targets};
use penstroke::{Classifier, Regressor, Result, Run, Stack, SupervisedConfig};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

fn stack(model: &Model) -> Result<&Stack> {
    model.0.downcast_ref::<Stack>().ok_or_else(|| other("a stack"))
}

/// What samples are for that train a classifier or a regressor further; those for a stack were looked at when it was trained.
fn purpose(model: &Model) -> Option<SamplesFor> {
    model.purpose().filter(|_| stack(model).is_err())
}

/// Trains a classifier on a stack, or a classifier further, on the samples at `indices`.
#[expect(clippy::too_many_arguments, reason = "Python passes each by name")]
#[pyfunction]
pub(crate) fn learn_classes(
    model: &Model,
    py: Python<'_>,
    tuning: &str,
    names: Names,
    x: Input<'_>,
    indices: PyReadonlyArray1<'_, u32>,
    labels: PyReadonlyArray1<'_, u32>,
    weights: Option<PyReadonlyArray1<'_, f32>>,
    classes: Vec<String>,
    n_classes: usize,
    threads: usize,
    watch: Option<Py<PyAny>>,
) -> PyResult<Trained> {
    let tuning = config::<SupervisedConfig>(tuning, &names)?.threads(threads);
    let (indices, labels) = (numbers("y", &indices)?, numbers("y", &labels)?);
    let weights = weights.map(|weights| numbers("sample_weight", &weights)).transpose()?;
    let mut watch = Watch::new(watch);
    let trained = train_on_samples(py, &names, &x, None, purpose(model), |samples| {
        let data = labelled(samples, indices, labels, classes)?;
        let data = match weights {
            Some(weights) => data.with_weights("sample_weight", &weights)?,
            None => data,
        };
        let mut classifier = match model.0.downcast_ref::<Classifier>() {
            Some(classifier) => classifier.clone(),
            None => Classifier::on(stack(model)?, &tuning, n_classes)?,
        };
        classifier.set_config(&tuning)?;
        classifier.train(&data, None, &mut Run::new().observer(&mut watch))?;
        Ok(classifier)
    })?;
    watch.warn(py, &names)?;
    Ok((Model::of(trained), watch.raised))
}

/// Trains a regressor on a stack, or a regressor further, on samples and their targets, `(n, k)`.
#[expect(clippy::too_many_arguments, reason = "Python passes each by name")]
#[pyfunction]
pub(crate) fn learn_values(
    model: &Model,
    py: Python<'_>,
    tuning: &str,
    names: Names,
    x: Input<'_>,
    targets: PyReadonlyArray2<'_, f32>,
    counting: Option<Counting<'_>>,
    threads: usize,
    watch: Option<Py<PyAny>>,
) -> PyResult<Trained> {
    let tuning = config::<SupervisedConfig>(tuning, &names)?.threads(threads);
    let counting = counting.map(Counting::copied).transpose()?;
    let k = targets.shape()[1];
    let targets = targets.as_slice().map_err(|_| PyValueError::new_err("y: must be in C order"))?;
    let targets = targets.to_vec();
    let mut watch = Watch::new(watch);
    let trained = train_on_samples(py, &names, &x, None, purpose(model), |samples| {
        let targets = Targets::new("y", targets, k)?;
        let mut regressor = match model.0.downcast_ref::<Regressor>() {
            Some(regressor) => regressor.clone(),
            None => Regressor::on(stack(model)?, &tuning, k)?,
        };
        regressor.set_config(&tuning)?;
        let mut run = Run::new().observer(&mut watch);
        match counting {
            None => regressor.train((samples, &targets), None, &mut run)?,
            Some((indices, weights)) => {
                let places: Vec<usize> = indices.iter().map(|&index| index as usize).collect();
                let some = weighted(samples, indices, &weights)?;
                regressor.train((&some, &targets.select(&places)), None, &mut run)?;
            }
        }
        Ok(regressor)
    })?;
    watch.warn(py, &names)?;
    Ok((Model::of(trained), watch.raised))
}
