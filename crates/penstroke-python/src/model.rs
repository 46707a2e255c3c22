//! Models of any kind. They are immutable: further training returns a new model.

use crate::applied::Applied;
use crate::config::{config, layer_configs, message};
use crate::errors::{Names, detached};
use crate::given::{checked, scores, train_on_samples};
use crate::samples::{Counting, Input, Shape, copied, weighted};
use crate::watch::Watch;
use numpy::{IntoPyArray, PyArray1, PyArray2, PyArrayDyn, PyArrayMethods};
use penstroke::Model as _;
use penstroke::config::Named;
use penstroke::data::{Samples, SamplesFor};
use penstroke::model::{ModelOutput, TrainedPart};
use penstroke::report::{GreyScale, Grid};
use penstroke::{
    Autoencoder, AutoencoderConfig, Classifier, Corruption, Error, Regressor, Result, Run, Stack, files, onnx,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;

/// Any model.
#[pyclass(frozen, module = "penstroke._penstroke")]
pub(crate) struct Model(pub(crate) Box<dyn penstroke::Model>, Applied<dyn penstroke::Model>);

/// A trained model, and the exception that stopped its training, if any.
pub(crate) type Trained = (Model, Option<PyErr>);

/// Trains a stack layer by layer. A callback that stops training ends one layer, and the next begins; an exception ends all.
fn fit_layers(configs: &[AutoencoderConfig], samples: &dyn Samples, watch: &mut Watch) -> Result<Stack> {
    let mut configs = configs.to_vec();
    let mut stack = Stack::fit(&configs, samples, &mut Run::new().observer(watch))?;
    while stack.stopped() && watch.raised.is_none() {
        // The stopped layer needs no more epochs than it had.
        for (config, layer) in configs.iter_mut().zip(stack.layers()) {
            if layer.history().stopped {
                config.training.epochs = Some(layer.history().train_loss.len());
            }
        }
        stack = stack.continue_fit(&configs, samples, &mut Run::new().observer(watch))?;
    }
    Ok(stack)
}

fn rows<'py>(py: Python<'py>, values: Vec<f32>, n: usize) -> PyResult<Bound<'py, PyArray2<f32>>> {
    let width = values.len() / n.max(1);
    values.into_pyarray(py).reshape([n, width])
}

impl Model {
    pub(crate) fn of(model: impl penstroke::Model) -> Self {
        Self::boxed(Box::new(model))
    }

    fn boxed(model: Box<dyn penstroke::Model>) -> Self {
        Self(model, Applied::default())
    }

    /// The model set to this number of threads. It shares the weights, and its engine is opened once.
    fn with_threads(&self, threads: usize) -> Arc<dyn penstroke::Model> {
        self.1.with_threads(threads, || {
            let mut model = self.0.boxed();
            model.set_threads(threads);
            Arc::from(model)
        })
    }

    fn apply<'py>(
        &self,
        py: Python<'py>,
        x: &Input<'_>,
        threads: usize,
        purpose: Option<SamplesFor>,
        work: impl FnOnce(&dyn penstroke::Model, &dyn Samples) -> Result<Vec<f32>> + Send,
    ) -> PyResult<Bound<'py, PyArray2<f32>>> {
        let names = Names::default();
        let samples = checked(py, &names, x, None, purpose)?;
        let work = || work(&*self.with_threads(threads), &*samples);
        rows(py, detached(py, &names, work)?, samples.n_samples())
    }

    /// What samples are for that are given to this model.
    pub(crate) fn purpose(&self) -> Option<SamplesFor> {
        Some(SamplesFor::Model { range: self.0.range() })
    }
}

pub(crate) fn other(needed: &str) -> Error {
    Error::input("model", format!("is not {needed}"))
}

#[pymethods]
impl Model {
    /// Trains one autoencoder.
    #[staticmethod]
    fn fit_autoencoder(
        py: Python<'_>,
        config: &str,
        names: Names,
        x: Input<'_>,
        image: Option<Shape>,
        threads: usize,
        watch: Option<Py<PyAny>>,
    ) -> PyResult<Trained> {
        let config = crate::config::config::<AutoencoderConfig>(config, &names)?.threads(threads);
        let mut watch = Watch::new(watch);
        let fit =
            |samples: &dyn Samples| Autoencoder::fit(&config, samples, &mut Run::new().observer(&mut watch));
        let purpose = SamplesFor::Train { decoder: config.decoder };
        let model = train_on_samples(py, &names, &x, image, Some(purpose), fit)?;
        watch.warn(py, &names)?;
        Ok((Self::of(model), watch.raised))
    }

    /// Trains a stack layer by layer, and all together if there is a configuration for that.
    #[expect(clippy::too_many_arguments, reason = "Python passes each by name")]
    #[staticmethod]
    fn fit_stack(
        py: Python<'_>,
        configs: Vec<String>,
        end_to_end: Option<&str>,
        names: Names,
        x: Input<'_>,
        image: Option<Shape>,
        counting: Option<Counting<'_>>,
        threads: usize,
        watch: Option<Py<PyAny>>,
    ) -> PyResult<Trained> {
        let counting = counting.map(Counting::copied).transpose()?;
        let configs = layer_configs(&configs, &names, threads)?;
        let end_to_end = end_to_end.map(|text| config::<AutoencoderConfig>(text, &names)).transpose()?;
        let mut watch = Watch::new(watch);
        let purpose = SamplesFor::Train { decoder: configs.first().and_then(|config| config.decoder) };
        let model = train_on_samples(py, &names, &x, image, Some(purpose), |samples| {
            let some = counting.map(|(indices, weights)| weighted(samples, indices, &weights)).transpose()?;
            let samples = some.as_ref().map_or(samples, |some| some as &dyn Samples);
            let mut stack = fit_layers(&configs, samples, &mut watch)?;
            if let Some(config) = end_to_end.filter(|_| !stack.stopped()) {
                let config = config.threads(threads);
                stack.train_end_to_end(&config, samples, &mut Run::new().observer(&mut watch))?;
            }
            Ok(stack)
        })?;
        watch.warn(py, &names)?;
        Ok((Self::of(model), watch.raised))
    }

    /// A stack with its initial weights.
    #[staticmethod]
    fn initial_stack(
        py: Python<'_>,
        configs: Vec<String>,
        names: Names,
        x: Input<'_>,
        image: Option<Shape>,
        threads: usize,
    ) -> PyResult<Self> {
        let configs = layer_configs(&configs, &names, threads)?;
        let purpose = SamplesFor::Train { decoder: None };
        let initial = |samples: &dyn Samples| Stack::initial(&configs, samples);
        let stack = train_on_samples(py, &names, &x, image, Some(purpose), initial)?;
        Ok(Self::of(stack))
    }

    /// Trains for one more epoch from the current weights, with fresh corruption.
    fn train_on(
        &self,
        py: Python<'_>,
        configs: Vec<String>,
        names: Names,
        x: Input<'_>,
        threads: usize,
        watch: Option<Py<PyAny>>,
    ) -> PyResult<Trained> {
        let mut configs = layer_configs(&configs, &names, threads)?;
        let mut watch = Watch::new(watch);
        let model = train_on_samples(py, &names, &x, None, self.purpose(), |samples| {
            let mut run = Run::new().observer(&mut watch);
            if let Some(model) = self.0.downcast_ref::<Autoencoder>() {
                let mut model = model.clone();
                let config = configs.first().ok_or_else(|| Error::option("layers", "there are none"))?;
                model.set_config(&config.clone().epochs(1))?;
                model.train(samples, &mut run)?;
                return Ok(model.boxed());
            }
            let stack = self.0.downcast_ref::<Stack>().ok_or_else(|| other("an autoencoder or a stack"))?;
            for (config, layer) in configs.iter_mut().zip(stack.layers()) {
                config.training.epochs = Some(layer.history().train_loss.len() + 1);
            }
            Ok(stack.clone().continue_fit(&configs, samples, &mut run)?.boxed())
        })?;
        Ok((Self::boxed(model), watch.raised))
    }

    /// Codes after all hidden layers, `(n, h)`.
    fn encode<'py>(
        &self,
        py: Python<'py>,
        x: Input<'_>,
        threads: usize,
    ) -> PyResult<Bound<'py, PyArray2<f32>>> {
        self.apply(py, &x, threads, self.purpose(), |model, samples| model.encode(samples))
    }

    /// Reconstructions of samples, `(n, d)`.
    fn reconstruct<'py>(
        &self,
        py: Python<'py>,
        x: Input<'_>,
        threads: usize,
    ) -> PyResult<Bound<'py, PyArray2<f32>>> {
        self.apply(py, &x, threads, self.purpose(), |model, samples| model.reconstruct(samples))
    }

    /// The negative squared error of each sample's reconstruction, `(n)`.
    fn scores<'py>(
        &self,
        py: Python<'py>,
        x: Input<'_>,
        threads: usize,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let names = Names::default();
        let samples = checked(py, &names, &x, None, self.purpose())?;
        let work = || scores(&*self.with_threads(threads), &*samples);
        Ok(detached(py, &names, work)?.into_pyarray(py))
    }

    /// Reconstructions from codes, `(n, d)`.
    fn decode<'py>(
        &self,
        py: Python<'py>,
        codes: Input<'_>,
        threads: usize,
    ) -> PyResult<Bound<'py, PyArray2<f32>>> {
        self.apply(py, &codes, threads, None, |model, codes| model.decode(codes))
    }

    /// Probabilities of the classes, `(n, K)`.
    fn probabilities<'py>(
        &self,
        py: Python<'py>,
        x: Input<'_>,
        threads: usize,
    ) -> PyResult<Bound<'py, PyArray2<f32>>> {
        self.apply(py, &x, threads, self.purpose(), |model, samples| {
            let classifier = model.downcast_ref::<Classifier>().ok_or_else(|| other("a classifier"))?;
            classifier.probabilities(samples)
        })
    }

    /// Logits of the classes, `(n, K)`.
    fn logits<'py>(
        &self,
        py: Python<'py>,
        x: Input<'_>,
        threads: usize,
    ) -> PyResult<Bound<'py, PyArray2<f32>>> {
        self.apply(py, &x, threads, self.purpose(), |model, samples| {
            let classifier = model.downcast_ref::<Classifier>().ok_or_else(|| other("a classifier"))?;
            classifier.logits(samples)
        })
    }

    /// Predicted values, `(n, k)`.
    fn values<'py>(
        &self,
        py: Python<'py>,
        x: Input<'_>,
        threads: usize,
    ) -> PyResult<Bound<'py, PyArray2<f32>>> {
        self.apply(py, &x, threads, self.purpose(), |model, samples| {
            let regressor = model.downcast_ref::<Regressor>().ok_or_else(|| other("a regressor"))?;
            regressor.predict(samples)
        })
    }

    /// The tensors by their names in the model file.
    fn tensors<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let tensors = PyDict::new(py);
        for (name, shape, values) in self.0.tensors() {
            let array: Bound<'_, PyArrayDyn<f32>> = values.to_vec().into_pyarray(py).reshape(shape)?;
            tensors.set_item(name, array)?;
        }
        Ok(tensors)
    }

    /// Number of values that the last encoder, or the classifier, computes.
    fn n_outputs(&self) -> usize {
        match self.0.output() {
            ModelOutput::Classes(n) | ModelOutput::Values(n) => n,
            ModelOutput::Reconstruction => self.0.n_hidden(),
        }
    }

    /// The kind, the shapes, the configuration and the history of the model, as JSON.
    fn about(&self) -> String {
        let trainings = self.0.trainings();
        let part = |part: &TrainedPart<'_>| json!({"config": part.config, "history": part.history});
        let (layers, top): (Vec<_>, _) = match self.0.downcast_ref::<Stack>() {
            Some(stack) => (
                trainings[..stack.n_layers()].iter().map(part).collect(),
                json!({"config": null, "history": stack.end_to_end()}),
            ),
            None if self.0.output() == ModelOutput::Reconstruction => {
                (trainings.iter().map(part).collect(), json!(null))
            }
            None => (Vec::new(), trainings.first().map(part).unwrap_or_default()),
        };
        let about = json!({
            "kind": self.0.kind(),
            "n_outputs": self.n_outputs(),
            "n_visible": self.0.n_visible(),
            "n_hidden": self.0.widths(),
            "image": self.0.image(),
            "range": self.0.range(),
            "preparation": self.0.preparation(),
            "prepared": *self.0.preparation() != penstroke::data::Preparation {
                classes: self.0.preparation().classes.clone(),
                ..Default::default()
            },
            "layers": layers,
            "top": top,
        });
        about.to_string()
    }

    /// At most `n` filters of the first layer as a PNG file.
    fn filters_png<'py>(
        &self,
        py: Python<'py>,
        height: usize,
        width: usize,
        n: usize,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let png = detached(py, &Names::default(), || {
            let stack = Stack::of(self.0.clone()).map_err(|_| other("an autoencoder or a stack"))?;
            let mut filters = stack.layers()[0].filters();
            filters.truncate(n * stack.n_visible());
            Grid::new(filters, height, width)?
                .upscale(2)
                .grey_scale(GreyScale::SYMMETRIC_PER_TILE)
                .key("weight")
                .draw()?
                .to_png()
        })?;
        Ok(PyBytes::new(py, &png))
    }

    /// Writes the model file. An error leaves no partial file.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        detached(py, &Names::default(), || self.0.save(&path))
    }

    /// Reads a model file.
    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        detached(py, &Names::default(), || penstroke::model::load(path)).map(Self::boxed)
    }

    /// Writes a part of the model as an ONNX file; `layer` is for encoders.
    fn to_onnx(
        &self,
        py: Python<'_>,
        path: PathBuf,
        what: Option<&str>,
        layer: Option<usize>,
        input: &str,
    ) -> PyResult<()> {
        detached(py, &Names::same(&["what", "layer", "input"]), || {
            let what = what.map(onnx::What::parse).transpose()?;
            let options = onnx::Options { what, layer, input: onnx::Input::parse(input)? };
            let file = onnx::export(&*self.0, &options)?;
            files::write_atomic(path, |out| out.write_all(&file.bytes))
        })
    }

    /// The bytes of the model file.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = detached(py, &Names::default(), || self.0.to_bytes())?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// Reads the bytes of a model file.
    #[staticmethod]
    fn from_bytes(py: Python<'_>, bytes: &[u8]) -> PyResult<Self> {
        detached(py, &Names::default(), || penstroke::model::from_bytes("bytes", bytes)).map(Self::boxed)
    }

    /// Pickles the model as the bytes of its file.
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyBytes>,))> {
        let make = slf.get_type().getattr("from_bytes")?;
        Ok((make, (slf.get().to_bytes(slf.py())?,)))
    }
}

/// Corrupted samples, `(n, d)`.
#[pyfunction]
pub(crate) fn corrupt<'py>(
    py: Python<'py>,
    x: Input<'_>,
    corruption: &str,
    seed: u64,
) -> PyResult<Bound<'py, PyArray2<f32>>> {
    let names = Names::default();
    let parsed = corruption.parse::<Corruption>();
    let wrong = |error: Error| PyValueError::new_err(message("corruption", &error.to_string(), &names));
    let corruption = parsed.map_err(wrong)?;
    let samples = checked(py, &names, &x, None, Some(SamplesFor::Other))?;
    let values = detached(py, &names, || copied(&*samples)?.corrupted(&corruption, seed, 0))?;
    rows(py, values, samples.n_samples())
}
