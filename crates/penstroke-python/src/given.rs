//! What is done with samples that Python gives.

use crate::errors::{Names, detached, training, warn};
use crate::samples::{Input, Lent, Shape};
use penstroke::Result;
use penstroke::data::{Dataset, Samples, SamplesFor, Values, looks_wrong};
use pyo3::prelude::*;

/// The samples of `x`, after warnings of what looks wrong with them for this purpose.
pub(crate) fn checked<'a>(
    py: Python<'_>,
    names: &Names,
    x: &'a Input<'_>,
    image: Option<Shape>,
    purpose: Option<SamplesFor>,
) -> PyResult<Box<dyn Samples + Send + 'a>> {
    let lent: Lent<'a> = x.lend()?;
    let (samples, problems) = detached(py, names, || {
        let samples = lent.samples(image)?;
        let problems = purpose.map(|purpose| looks_wrong(&*samples, purpose)).unwrap_or_default();
        Ok((samples, problems))
    })?;
    warn(py, names, &problems)?;
    Ok(samples)
}

/// Lends the samples of `x` to `train`, which runs without the interpreter and checks for Ctrl-C itself.
pub(crate) fn train_on_samples<T: Send>(
    py: Python<'_>,
    names: &Names,
    x: &Input<'_>,
    image: Option<Shape>,
    purpose: Option<SamplesFor>,
    train: impl FnOnce(&dyn Samples) -> Result<T> + Send,
) -> PyResult<T> {
    let samples = checked(py, names, x, image, purpose)?;
    training(py, names, || train(&*samples))
}

/// The negative squared error of each sample's reconstruction, a few thousand samples at a time.
pub(crate) fn scores(model: &dyn penstroke::Model, samples: &dyn Samples) -> Result<Vec<f64>> {
    let (d, all) = (samples.n_visible(), (0..samples.n_samples() as u32).collect::<Vec<_>>());
    let mut scores = Vec::with_capacity(all.len());
    for indices in all.chunks(4096) {
        let mut values = Values::Floats(Vec::new());
        samples.read(indices, &mut values)?;
        let some = Dataset::new("X", values, d)?;
        let (floats, restored) = (some.to_floats(), model.reconstruct(&some)?);
        let square = |(x, y): (&f32, &f32)| f64::from(x - y).powi(2);
        let score = |(x, y): (&[f32], &[f32])| -x.iter().zip(y).map(square).sum::<f64>();
        scores.extend(floats.chunks_exact(d).zip(restored.chunks_exact(d)).map(score));
    }
    Ok(scores)
}
