//! Models applied: a model keeps one opened engine, which shares its weights, and computes with it from any thread.

use crate::data::{Samples, each_piece};
use crate::{Error, Result};
use penstroke_engine::{Apply, CpuApply, CpuOptions, Description, Network, Parameters, Rows};
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex};

/// The engine of some weights, opened when it is first needed. A clone shares what is open.
#[derive(Default)]
pub(crate) struct Opened(Mutex<Option<Open>>);

/// An engine and what it was opened with.
#[derive(Clone)]
struct Open {
    weights: Arc<Parameters>,
    /// As the model's configuration has it.
    threads: usize,
    engine: Arc<dyn Apply>,
}

impl Opened {
    /// The engine of these weights. It is opened anew for other weights or another number of threads, with the network and the
    /// threads that `parts` gives; that copies nothing.
    ///
    /// # Errors
    /// If the engine cannot run the network.
    pub(crate) fn engine(
        &self,
        weights: &Arc<Parameters>,
        threads: usize,
        parts: impl FnOnce() -> (Network, usize),
    ) -> Result<Arc<dyn Apply>> {
        // In a forked process another thread may hold the lock for ever.
        let mut open = self.0.try_lock().ok();
        if let Some(open) = open.as_ref().and_then(|open| open.as_ref())
            && Arc::ptr_eq(&open.weights, weights)
            && open.threads == threads
        {
            return Ok(Arc::clone(&open.engine));
        }
        let (network, n_threads) = parts();
        let options = CpuOptions { threads: n_threads, ..CpuOptions::default() };
        let engine: Arc<dyn Apply> = Arc::new(CpuApply::open(network, Arc::clone(weights), options)?);
        if let Some(open) = &mut open {
            **open = Some(Open { weights: Arc::clone(weights), threads, engine: Arc::clone(&engine) });
        }
        Ok(engine)
    }
}

impl Clone for Opened {
    fn clone(&self) -> Self {
        Self(Mutex::new(self.0.try_lock().ok().and_then(|open| open.clone())))
    }
}

impl PartialEq for Opened {
    /// Models are equal whether or not an engine is open.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opened")
    }
}

/// Layers of several engines as one network.
pub(crate) struct Chain {
    network: Network,
    /// For each layer of the network, an engine and which of its layers it is.
    parts: Vec<(Arc<dyn Apply>, usize)>,
}

impl Chain {
    /// A chain of at least one layer.
    pub(crate) fn new(parts: Vec<(Arc<dyn Apply>, usize)>) -> Self {
        let layer = |(engine, l): &(Arc<dyn Apply>, usize)| engine.network().layers[*l];
        Self { network: Network::new(parts.iter().map(layer).collect()), parts }
    }
}

impl Apply for Chain {
    fn network(&self) -> &Network {
        &self.network
    }

    fn describe(&self) -> Description {
        self.parts[0].0.describe()
    }

    fn apply(&self, rows: Rows<'_>, layers: Range<usize>, out: &mut [f32]) {
        let n = rows.len() / self.network.width(layers.start);
        let mut between: Option<Vec<f32>> = None;
        for l in layers.start..layers.end.saturating_sub(1).max(layers.start) {
            let (engine, layer) = &self.parts[l];
            let from = between.as_deref().map_or(rows, Rows::Floats);
            let mut to = vec![0.0; n * self.network.width(l + 1)];
            engine.apply(from, *layer..layer + 1, &mut to);
            between = Some(to);
        }
        let from = between.as_deref().map_or(rows, Rows::Floats);
        match layers.is_empty() {
            true => from.copy_to(0, out),
            false => {
                let (engine, layer) = &self.parts[layers.end - 1];
                engine.apply(from, *layer..layer + 1, out);
            }
        }
    }
}

/// Values for which there is room without asking.
const UNCHECKED: usize = 1 << 20;

/// What some layers of a network give for samples, `(n, outputs of the last of them)`; without layers, the samples.
pub(crate) fn outputs(engine: &dyn Apply, data: &dyn Samples, layers: Range<usize>) -> Result<Vec<f32>> {
    let (n, width) = (data.n_samples(), engine.network().width(layers.end));
    if n * width > UNCHECKED {
        Error::room(n * width, || format!("{width} values of each of {n} samples take"))?;
    }
    if let Some(rows) = data.in_memory() {
        let mut out = vec![0.0; n * width];
        engine.apply(rows, layers, &mut out);
        return Ok(out);
    }
    let mut out = Vec::with_capacity(n * width);
    each_outputs(engine, data, layers, &mut |piece| {
        out.extend_from_slice(piece);
        Ok(())
    })?;
    Ok(out)
}

/// The same, a few samples after another.
pub(crate) fn each_outputs(
    engine: &dyn Apply,
    data: &dyn Samples,
    layers: Range<usize>,
    f: &mut dyn FnMut(&[f32]) -> Result<()>,
) -> Result<()> {
    let (d, width) = (data.n_visible(), engine.network().width(layers.end));
    let mut out = Vec::new();
    each_piece(data, |rows| {
        out.resize(rows.len() / d * width, 0.0);
        engine.apply(rows, layers.clone(), &mut out);
        f(&out)
    })
}

/// Whether a model of `n_hidden` hidden layers has so many.
pub(crate) fn check_layers(n_layers: usize, n_hidden: usize) -> Result<()> {
    if n_layers > n_hidden {
        let problem = format!("{n_layers} is not one of the model's layers, 0 to {n_hidden}");
        return Err(Error::option("layer", problem));
    }
    Ok(())
}
