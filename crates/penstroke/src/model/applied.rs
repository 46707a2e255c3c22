//! Applying a model: it keeps one opened engine, which shares its weights and computes from any thread.

use crate::data::{Samples, each_piece};
use crate::error::counted;
use crate::{Error, Result, interrupt};
use penstroke_engine::{Apply, Description, Network, Parameters, Rows};
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, RwLock};

/// The engine of a model, opened when it is first needed. A clone shares an open engine.
#[derive(Default)]
pub(super) struct Opened(RwLock<Option<Open>>);

/// An engine, with the weights and the number of threads it was opened with.
#[derive(Clone)]
struct Open {
    weights: Vec<Arc<Parameters>>,
    threads: usize,
    engine: Arc<dyn Apply>,
}

impl Opened {
    /// The engine of these weights, a model's or each of its layers'. `open` opens one for other weights or another number of
    /// threads.
    ///
    /// # Errors
    /// Those of `open`.
    pub(super) fn engine<'a>(
        &self,
        weights: impl Iterator<Item = &'a Arc<Parameters>> + Clone,
        threads: usize,
        open: impl FnOnce() -> Result<Arc<dyn Apply>>,
    ) -> Result<Arc<dyn Apply>> {
        // The lock is never waited for: in a forked process, a thread that no longer exists may hold it.
        if let Ok(opened) = self.0.try_read()
            && let Some(open) = opened.as_ref()
            && open.threads == threads
            && open.weights.iter().map(Arc::as_ptr).eq(weights.clone().map(Arc::as_ptr))
        {
            return Ok(Arc::clone(&open.engine));
        }
        let engine = open()?;
        if let Ok(mut opened) = self.0.try_write() {
            *opened =
                Some(Open { weights: weights.cloned().collect(), threads, engine: Arc::clone(&engine) });
        }
        Ok(engine)
    }
}

impl Clone for Opened {
    fn clone(&self) -> Self {
        Self(RwLock::new(self.0.try_read().ok().and_then(|open| open.clone())))
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
    /// Room for the outputs of the layers between: two for each thread that applies the chain.
    between: Mutex<Vec<[Vec<f32>; 2]>>,
}

impl Chain {
    /// A chain of at least one layer.
    pub(super) fn new(parts: Vec<(Arc<dyn Apply>, usize)>) -> Self {
        let layer = |(engine, l): &(Arc<dyn Apply>, usize)| engine.network().layers[*l];
        let network = Network::new(parts.iter().map(layer).collect());
        Self { network, parts, between: Mutex::default() }
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
        if layers.is_empty() {
            return rows.copy_to(0, out);
        }
        let n = rows.len() / self.network.width(layers.start);
        let room = self.between.try_lock().ok().and_then(|mut between| between.pop());
        let [mut even, mut odd] = room.unwrap_or_default();
        for l in layers.clone() {
            let (engine, layer) = &self.parts[l];
            // Layers take turns, so that a later call finds each buffer with its room.
            let (from, to) = if l % 2 == 0 { (&odd, &mut even) } else { (&even, &mut odd) };
            let rows = if l == layers.start { rows } else { Rows::Floats(from) };
            if l + 1 == layers.end {
                engine.apply(rows, *layer..layer + 1, out);
                break;
            }
            to.resize(n * self.network.width(l + 1), 0.0);
            engine.apply(rows, *layer..layer + 1, to);
        }
        // Room for a few samples is kept, room for a whole data set is not.
        if even.len().max(odd.len()) <= KEPT
            && let Ok(mut between) = self.between.try_lock()
        {
            between.push([even, odd]);
        }
    }
}

/// The most values of a layer between for which a chain keeps room, 4 MiB.
const KEPT: usize = 1 << 20;

/// Number of output values that are allocated without asking whether there is memory for them.
const UNCHECKED: usize = 1 << 20;

/// The outputs of some layers of a network, `(n, outputs of the last of them)`; without layers, the samples.
pub(super) fn outputs(engine: &dyn Apply, data: &dyn Samples, layers: Range<usize>) -> Result<Vec<f32>> {
    let (n, width) = (data.n_samples(), engine.network().width(layers.end));
    if n * width > UNCHECKED {
        Error::room(n * width, || {
            format!("{} of each of {} take", counted(width, "value"), counted(n, "sample"))
        })?;
    }
    if let Some(rows) = data.in_memory() {
        let (d, mut out) = (data.n_visible(), vec![0.0; n * width]);
        let at_once = at_once(engine, &layers);
        for (k, out) in out.chunks_mut((at_once * width).max(1)).enumerate() {
            interrupt::check()?;
            let first = k * at_once * d;
            engine.apply(rows.range(first..first + out.len() / width * d), layers.clone(), out);
        }
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
    let at_once = at_once(engine, &layers) * d;
    let mut out = Vec::new();
    each_piece(data, |rows| {
        for first in (0..rows.len()).step_by(at_once) {
            interrupt::check()?;
            let rows = rows.range(first..rows.len().min(first + at_once));
            out.resize(rows.len() / d * width, 0.0);
            engine.apply(rows, layers.clone(), &mut out);
            f(&out)?;
        }
        Ok(())
    })
}

/// Number of samples to apply layers to before asking whether to stop: about 2³⁰ multiplications, a twentieth of a second.
fn at_once(engine: &dyn Apply, layers: &Range<usize>) -> usize {
    let network = engine.network();
    let of_one: usize = layers.clone().map(|l| network.width(l) * network.width(l + 1)).sum();
    ((1 << 30) / of_one.max(1)).max(64)
}

/// Checks that a model of `n_visible` values takes these samples.
pub(super) fn check_fits(data: &dyn Samples, n_visible: usize) -> Result<()> {
    if data.n_visible() == n_visible {
        return Ok(());
    }
    let problem = format!(
        "samples have {}, the model was trained on {n_visible}; give samples with {}",
        counted(data.n_visible(), "value"),
        counted(n_visible, "value")
    );
    Err(Error::input("data", problem))
}
