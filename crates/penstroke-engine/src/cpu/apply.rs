//! Runs a network forward on shared weights, without copying them.
//!
//! A single sample reads every weight once ([`row`]); many samples use small packed panels of weights ([`rows`]).
//! Either way, each output is the same chain of multiply-adds, in input order, as in single-precision training, so the
//! bits depend neither on the number of samples nor on that of threads.

mod matrix;
mod row;
mod rows;
mod samples;
mod workspace;

use super::bias::Bias;
use super::isa::InstructionSet;
use super::kernels::{self, Classes};
use super::options::CpuOptions;
use super::panel::{Order, Row, WIDTH};
use super::pieces::{Blocks, Parts::AcrossBlocks, Pieces};
use super::team::Team;
use super::transpose::transpose;
use crate::engine::{Apply, Description};
use crate::error::EngineError;
use crate::network::{Activation, Network};
use crate::parameters::Parameters;
use crate::rows::Rows;
use matrix::Matrix;
use samples::Samples;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError};
use workspace::{Buffers, Workspace, Workspaces};

/// Samples per thread that pass through the layers together.
const CHUNK: usize = rows::PANELS * WIDTH;
/// Panels of outputs per part of a single sample's product whose outputs run along rows of memory: 4 KiB of each row.
const ALONG: usize = 32;
/// Multiply-adds from which waking the threads pays off; one thread takes about 100 µs for them.
const SHARED_FROM: usize = 1 << 21;

/// Applies a network on this machine's processor, in single precision.
///
/// The weights are shared; they are neither copied nor packed as a whole. Once its buffers have grown to the largest
/// call, it allocates nothing. Several threads may call it at once: one of them uses the helper threads, the others
/// compute alone, with the same result.
///
/// ```
/// use penstroke_engine::*;
/// use std::sync::Arc;
/// let network = Network::autoencoder(3, 2, Activation::Sigmoid, Activation::Linear);
/// let weights = Arc::new(initial_parameters(&network, 0, Initialization::Glorot));
/// let apply = CpuApply::open(network, weights, CpuOptions::default())?;
/// let mut code = [0.0; 2];
/// apply.apply(Rows::Floats(&[0.9, 0.1, 0.4]), 0..1, &mut code);
/// # Ok::<(), EngineError>(())
/// ```
pub struct CpuApply {
    network: Network,
    weights: Arc<Parameters>,
    isa: InstructionSet,
    n_threads: usize,
    /// Started on first use.
    team: OnceLock<Mutex<Team>>,
    workspaces: Workspaces,
}

impl CpuApply {
    /// Prepares a network. `options.precision` only affects training; this computes in `f32`.
    ///
    /// # Errors
    /// If [`Network::check`] fails.
    ///
    /// # Panics
    /// If the weights do not have the network's shape.
    pub fn open(
        network: Network,
        weights: Arc<Parameters>,
        options: CpuOptions,
    ) -> Result<Self, EngineError> {
        network.check()?;
        assert!(weights.fits(&network), "the weights have another network's shape");
        Ok(Self {
            network,
            weights,
            isa: options.instructions,
            n_threads: options.threads.max(1),
            team: OnceLock::new(),
            workspaces: Workspaces::default(),
        })
    }

    /// Uses the buffers of another network from now on, so that many networks together need no more memory than the largest.
    ///
    /// ```
    /// use penstroke_engine::*;
    /// use std::sync::Arc;
    /// let open = |inputs| {
    ///     let network = Network::new(vec![Layer::new(inputs, 2, Activation::Linear)]);
    ///     let weights = Arc::new(initial_parameters(&network, 0, Initialization::Glorot));
    ///     CpuApply::open(network, weights, CpuOptions::default())
    /// };
    /// let (first, second) = (open(3)?, open(4)?);
    /// let alone = { let mut out = [0.0; 2]; second.apply(Rows::Floats(&[1.0; 4]), 0..1, &mut out); out };
    /// let second = second.sharing(&first);
    /// let mut out = [0.0; 2];
    /// second.apply(Rows::Floats(&[1.0; 4]), 0..1, &mut out);
    /// assert_eq!(out, alone);
    /// # Ok::<(), EngineError>(())
    /// ```
    ///
    /// # Panics
    /// If the other network has another number of threads.
    #[must_use]
    pub fn sharing(self, other: &CpuApply) -> Self {
        assert_eq!(self.n_threads, other.n_threads, "networks that share buffers have as many threads");
        Self { workspaces: other.workspaces.clone(), ..self }
    }

    /// The helper threads, unless there are none, another call is using them, or the work is too small.
    fn team(&self, multiply_adds: usize) -> Option<MutexGuard<'_, Team>> {
        if self.n_threads == 1 || multiply_adds < SHARED_FROM {
            return None;
        }
        match self.team.get_or_init(|| Mutex::new(Team::new(self.n_threads))).try_lock() {
            Ok(team) => Some(team),
            // A panic in a job leaves the team intact.
            Err(TryLockError::Poisoned(team)) => Some(team.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Runs layer `l` from `buffers.input` to `buffers.output`.
    fn layer(&self, l: usize, team: &mut Team, buffers: &mut Buffers) {
        let layer = self.network.layers[l];
        let order = if layer.tied_to.is_some() { Order::Straight } else { Order::Transposed };
        let values = &self.weights.layers[self.network.owner(l)].weights;
        let matrix = Matrix { values, terms: layer.inputs, outputs: layer.outputs, order };
        let Buffers { input, output, places, packs, classes } = buffers;
        output.fit(input.n(), layer.outputs);
        match (input.n(), order) {
            (1, Order::Transposed) => {
                row::nonzero_quads(input.single(), places);
                self.across_rows(l, matrix, team, (input.single(), places), output);
            }
            (1, Order::Straight) => {
                row::nonzero_terms(input.single(), places);
                self.along_rows(l, matrix, team, (input.single(), places), output);
            }
            _ => self.many(l, matrix, team, (input, packs), output),
        }
        if layer.activation == Activation::Softmax {
            softmax(self.isa, output, classes);
        }
    }

    /// Applies bias and activation of layer `l` to rows of its outputs, each in panel `panel`.
    fn finish(&self, l: usize, panel: usize, rows: &mut [Row]) {
        let bias = &self.weights.layers[l].bias[panel * WIDTH..];
        let mut whole = [0.0; WIDTH];
        let n = bias.len().min(WIDTH);
        whole[..n].copy_from_slice(&bias[..n]);
        kernels::bias_activate(self.isa, rows, Bias::Along(&whole), self.network.layers[l].activation);
    }

    /// One sample; each output has a row of weights.
    fn across_rows(
        &self,
        l: usize,
        matrix: Matrix<'_>,
        team: &mut Team,
        (x, quads): (&[f32], &[u32]),
        output: &mut Samples,
    ) {
        team.each(Pieces::new(&mut output.rows, 1), |panel, _, out| {
            row::across_rows(self.isa, matrix, x, quads, panel * WIDTH, &mut out[0]);
            self.finish(l, panel, out);
        });
    }

    /// One sample; each output has a column of weights.
    fn along_rows(
        &self,
        l: usize,
        matrix: Matrix<'_>,
        team: &mut Team,
        (x, terms): (&[f32], &[u32]),
        output: &mut Samples,
    ) {
        let at_once = output.rows.len().div_ceil(team.len()).min(ALONG);
        team.each(Pieces::new(&mut output.rows, at_once), |part, _, out| {
            let first = part * at_once;
            row::along_rows(self.isa, matrix, x, terms, first * WIDTH, out);
            for (panel, out) in (first..).zip(out.chunks_mut(1)) {
                self.finish(l, panel, out);
            }
        });
    }

    /// Many samples; each thread packs weights into its own buffer.
    fn many(
        &self,
        l: usize,
        matrix: Matrix<'_>,
        team: &mut Team,
        (input, packs): (&Samples, &mut [Mutex<Vec<Row>>]),
        output: &mut Samples,
    ) {
        for pack in packs.iter_mut().take(team.len()) {
            pack.get_mut().unwrap_or_else(PoisonError::into_inner).resize(rows::PACK, Row::ZERO);
        }
        let packs = &*packs;
        let (side, len) = (input.side(), output.panel_len());
        let n_groups = (output.rows.len() / len).div_ceil(rows::PANELS);
        let (rows, inner) = (&mut output.rows, rows::OUTPUTS * side);
        let pieces = Blocks::<_, { rows::PANELS }>::new(rows, len, inner, AcrossBlocks);
        team.each(pieces, |part, worker, out| {
            let mut pack = packs[worker].lock().unwrap_or_else(PoisonError::into_inner);
            let (panel, first) = (part % n_groups * rows::PANELS, part / n_groups * rows::OUTPUTS);
            let mut part = rows::Part { panel, first, out };
            rows::product_of_part(self.isa, input, matrix, &mut pack, &mut part);
            for out in &mut part.out {
                for (panel, out) in (first..).zip(out.chunks_mut(side)) {
                    self.finish(l, panel, out);
                }
            }
        });
    }
}

impl Apply for CpuApply {
    fn network(&self) -> &Network {
        &self.network
    }

    fn describe(&self) -> Description {
        Description { engine: "cpu", path: self.isa.name(), threads: self.n_threads }
    }

    fn apply(&self, rows: Rows<'_>, layers: Range<usize>, out: &mut [f32]) {
        let (from, to) = (self.network.width(layers.start), self.network.width(layers.end));
        let n = rows.len() / from;
        assert_eq!((rows.len(), out.len()), (n * from, n * to), "whole rows, and room for every output");
        if n == 0 {
            return;
        }
        let mut workspace = self.workspaces.take(self.n_threads);
        let Workspace { alone, buffers } = &mut workspace;
        let weights = |l: usize| self.network.width(l) * self.network.width(l + 1);
        let largest = layers.clone().map(weights).max().unwrap_or(0);
        let mut shared = self.team(n.min(CHUNK) * largest);
        let team = shared.as_deref_mut().unwrap_or(alone);
        let at_once = CHUNK * team.len();
        for (chunk, out) in out.chunks_mut(at_once * to).enumerate() {
            let first = chunk * at_once * from;
            let some = rows.range(first..rows.len().min(first + at_once * from));
            buffers.input.gather(self.isa, team, some, from);
            for l in layers.clone() {
                self.layer(l, team, buffers);
                std::mem::swap(&mut buffers.input, &mut buffers.output);
            }
            buffers.input.write(team, out);
            if layers.len() % 2 == 1 {
                // Each keeps its allocation.
                std::mem::swap(&mut buffers.input, &mut buffers.output);
            }
        }
        drop(shared);
        self.workspaces.put(workspace);
    }
}

/// Softmax over the units of each sample, transposed to rows first.
fn softmax(isa: InstructionSet, samples: &mut Samples, classes: &mut Vec<Row>) {
    let (side, len, units) = (samples.side(), samples.panel_len(), samples.units());
    classes.resize(units.next_multiple_of(WIDTH), Row::ZERO);
    for rows in samples.rows.chunks_exact_mut(len) {
        for (rows, classes) in rows.chunks_exact(side).zip(classes.chunks_exact_mut(WIDTH)) {
            transpose(isa, rows, classes);
        }
        kernels::softmax(isa, &mut classes[..units], Classes::default());
        for (rows, classes) in rows.chunks_exact_mut(side).zip(classes.chunks_exact(WIDTH)) {
            transpose(isa, classes, rows);
        }
    }
}

#[cfg(test)]
mod tests;
