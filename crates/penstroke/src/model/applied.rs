//! Applying a model: it keeps one opened engine, which shares its weights and computes from any thread.

use crate::config::Training;
use crate::data::{Samples, each_piece};
use crate::train::Device;
use crate::{Error, Result};
use penstroke_engine::{Apply, Description, Network, Parameters, Rows};
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex};

/// The engine of a model, opened when it is first needed. A clone shares an open engine.
#[derive(Default)]
pub(super) struct Opened(Mutex<Option<Open>>);

/// An engine, with the weights and the number of threads it was opened with.
#[derive(Clone)]
struct Open {
    weights: Arc<Parameters>,
    threads: usize,
    engine: Arc<dyn Apply>,
}

impl Opened {
    /// The engine of these weights. Opens a new one for other weights or another number of threads, without copying weights.
    ///
    /// # Errors
    /// If the engine cannot run the network.
    pub(super) fn engine(
        &self,
        weights: &Arc<Parameters>,
        training: &Training,
        network: impl FnOnce() -> Network,
    ) -> Result<Arc<dyn Apply>> {
        let threads = training.threads;
        // In a forked process, a thread that no longer exists may hold the lock.
        let mut open = self.0.try_lock().ok();
        if let Some(open) = open.as_ref().and_then(|open| open.as_ref())
            && Arc::ptr_eq(&open.weights, weights)
            && open.threads == threads
        {
            return Ok(Arc::clone(&open.engine));
        }
        let engine = Device::of(training).apply(network(), Arc::clone(weights))?;
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
    /// An open engine makes no difference between models.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opened")
    }
}

/// Layers of several engines, applied as one network.
pub(super) struct Chain {
    network: Network,
    /// For each layer of the network, an engine and the number of the layer in it.
    parts: Vec<(Arc<dyn Apply>, usize)>,
}

impl Chain {
    /// A chain of at least one layer.
    pub(super) fn new(parts: Vec<(Arc<dyn Apply>, usize)>) -> Self {
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

/// Number of output values that are allocated without asking whether there is memory for them.
const UNCHECKED: usize = 1 << 20;

/// The outputs of some layers of a network, `(n, outputs of the last of them)`; without layers, the samples.
pub(super) fn outputs(engine: &dyn Apply, data: &dyn Samples, layers: Range<usize>) -> Result<Vec<f32>> {
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

/// Calls `f` with the outputs of a few samples at a time.
pub(super) fn each_outputs(
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

/// Checks that a model of `n_visible` values takes these samples.
pub(super) fn check_fits(data: &dyn Samples, n_visible: usize) -> Result<()> {
    if data.n_visible() == n_visible {
        return Ok(());
    }
    let problem = format!(
        "samples have {} values, the model was trained on {n_visible}; give samples of its kind",
        data.n_visible()
    );
    Err(Error::input("data", problem))
}
