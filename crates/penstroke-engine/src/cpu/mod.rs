//! The fast engine: threads, one product crate, and everything between two products done while the panel is in cache.
//!
//! Activations and gradients are stored unit-major, `(units, n)`: a panel of units is then one piece of memory that a
//! thread owns, biases belong to rows, and products take transposed views without a copy. A step is
//!
//! 1. fill: gather, corrupt (tiles of components);
//! 2. for every layer: product, bias, activation; on the last also loss and its gradient (panels of units);
//! 3. for every layer backwards: product, slope (panels of units);
//! 4. weight gradients and the optimizer's update (panels of weight rows), biases likewise;
//!
//! with a barrier after each. Panels depend on shapes alone and partial sums are added in their order, so that the
//! number of threads never changes a bit. Nothing is allocated once buffers have the size of the largest batch.

mod fill;
mod kernels;
mod level;
mod math;
mod peak;
mod product;
mod team;

use crate::corruption::{CorruptionDraws, CorruptionUse, Noise};
use crate::engine::{Batch, Description, Engine, Step};
use crate::parameters::{Parameters, State};
use crate::rows::Rows;
use crate::spec::{Activation, Loss, NetworkSpec, SpecError};
use fill::{Filling, TILE, Tile};
use gemmkit::Workspace;
use kernels::{Moving, Rule};
pub use level::InstructionSet;
pub use peak::multiply_adds;
use product::{Onto, View, multiply};
use std::sync::{Mutex, PoisonError};
use team::{Pieces, Team};

/// Samples that [`Engine::apply`] and [`Engine::loss`] take at a time.
const CHUNK: usize = 256;
/// Samples of a part when exact masking is prepared.
const CUT_SAMPLES: usize = 16;

/// The engine for this machine's processor.
///
/// Its arithmetic is that of [`Reference`](crate::Reference) up to rounding. Equal seeds give equal bits at any number
/// of threads on one machine; another machine may round differently.
pub struct Cpu {
    spec: NetworkSpec,
    state: State,
    level: InstructionSet,
    team: Team,
    workspaces: Vec<Mutex<Workspace>>,
    buffers: Buffers,
}

/// How a [`Cpu`] computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CpuOptions {
    /// How many threads share a step; 0 is taken as 1. The result is the same at any number.
    pub threads: usize,
    /// The vector instructions; by default the best that the processor has.
    pub instructions: InstructionSet,
    /// What the products are computed in.
    pub precision: Precision,
}

impl Default for CpuOptions {
    /// One thread, the processor's best instructions, single precision.
    fn default() -> Self {
        Self { threads: 1, instructions: InstructionSet::detect(), precision: Precision::F32 }
    }
}

/// The numbers that go into products. Weights, sums, activations and the optimizer are `f32` in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// Single precision.
    #[default]
    F32,
}

/// Room for one batch, all unit-major.
struct Buffers {
    /// Largest batch of which every workspace has met every product; see [`Cpu::meet`].
    capacity: usize,
    clean: Vec<f32>,
    input: Vec<f32>,
    emphasis: Vec<f32>,
    /// Output of every layer.
    activations: Vec<Vec<f32>>,
    /// Gradient of the loss by every layer's pre-activation.
    deltas: Vec<Vec<f32>>,
    gradients: Parameters,
    labels: Vec<u32>,
    cuts: Vec<u64>,
    keys: Vec<u64>,
    partial_losses: Vec<f64>,
}

/// Rows of a panel: about a quarter of the product, in whole tiles, 32 to 256. Fewer would repack the other operand
/// more often than threads gain; the number of threads must not matter.
fn panel(rows: usize) -> usize {
    rows.div_ceil(4).next_multiple_of(16).clamp(32, 256)
}

impl Cpu {
    /// A network ready to go on from `state`, on `threads` threads (0 is taken as 1).
    ///
    /// # Errors
    /// What [`NetworkSpec::check`] finds.
    ///
    /// # Panics
    /// If the state does not have the network's shape.
    pub fn open(spec: &NetworkSpec, state: State, threads: usize) -> Result<Self, SpecError> {
        Self::open_with(spec, state, CpuOptions { threads, ..CpuOptions::default() })
    }

    /// The same with every choice made by the caller.
    ///
    /// # Errors
    /// What [`NetworkSpec::check`] finds.
    ///
    /// # Panics
    /// If the state does not have the network's shape.
    pub fn open_with(spec: &NetworkSpec, state: State, options: CpuOptions) -> Result<Self, SpecError> {
        spec.check()?;
        let CpuOptions { threads, instructions: level, precision: _ } = options;
        assert_fits(spec, &state);
        let team = Team::new(threads.max(1));
        Ok(Self {
            workspaces: (0..team.len()).map(|_| Mutex::new(Workspace::new())).collect(),
            buffers: Buffers {
                capacity: 0,
                clean: Vec::new(),
                input: Vec::new(),
                emphasis: Vec::new(),
                activations: vec![Vec::new(); spec.layers.len()],
                deltas: vec![Vec::new(); spec.layers.len()],
                gradients: Parameters::zeros(spec),
                labels: Vec::new(),
                cuts: Vec::new(),
                keys: Vec::new(),
                partial_losses: vec![0.0; spec.n_outputs().div_ceil(panel(spec.n_outputs()))],
            },
            spec: spec.clone(),
            state,
            level,
            team,
        })
    }

    /// The gradients of the last training step, for comparisons.
    #[must_use]
    pub fn gradients(&self) -> &Parameters {
        &self.buffers.gradients
    }

    /// Makes room for a batch of `n`; afterwards every buffer is exactly as long as the batch needs.
    fn fit(&mut self, n: usize) {
        let spec = &self.spec;
        let b = &mut self.buffers;
        let d = spec.n_inputs();
        b.clean.resize(d * n, 0.0);
        b.input.resize(d * n, 0.0);
        b.emphasis.resize(if spec.emphasis.is_some() { d * n } else { 0 }, 0.0);
        for (l, layer) in spec.layers.iter().enumerate() {
            b.activations[l].resize(layer.outputs * n, 0.0);
            b.deltas[l].resize(layer.outputs * n, 0.0);
        }
        b.labels.resize(n, 0);
        if spec.corruption.iter().any(|noise| matches!(noise, Noise::MaskingExact { .. })) {
            b.cuts.resize(spec.corruption.len() * n, 0);
            b.keys.resize(d * n.div_ceil(CUT_SAMPLES), 0);
        }
    }

    /// Lets every workspace meet every product of a step on `n` samples if none was as large before. Which worker takes
    /// which panel is decided as they go; without this one might need more room at any later step.
    fn meet(&mut self, n: usize) {
        if n <= self.buffers.capacity {
            return;
        }
        self.buffers.capacity = n;
        let Self { spec, state, team, workspaces, buffers: b, .. } = self;
        let b = &*b;
        let below = |l: usize| if l == 0 { &b.input } else { &b.activations[l - 1] };
        team.each(Pieces::new(workspaces, 1), |_, _, workspace| {
            let mut scratch = Vec::new();
            let mut meet = |left: View<'_>, right: View<'_>| {
                let rows = panel(left.n_rows());
                // The last panel may be shorter, hence packed otherwise.
                for from in [0, (left.n_rows() - 1) / rows * rows] {
                    let count = rows.min(left.n_rows() - from);
                    scratch.resize(count * right.n_columns(), 0.0);
                    let workspace = &mut self::workspace(workspace, 0);
                    multiply(workspace, left.rows(from, count), right, Onto::Nothing, &mut scratch);
                }
            };
            for (l, layer) in spec.layers.iter().enumerate() {
                let weights = weights_of(spec, &state.parameters, l);
                let input = View::new(below(l), layer.inputs, n);
                let delta = View::new(&b.deltas[l], layer.outputs, n);
                meet(weights, input);
                if l > 0 {
                    meet(weights.t(), delta);
                }
                match layer.tied_to {
                    None => meet(delta, input.t()),
                    Some(_) => meet(input, delta.t()),
                }
            }
        });
    }

    /// Gathers and corrupts the batch.
    fn fill(&mut self, batch: &Batch<'_>, epoch: u32, use_: CorruptionUse) {
        let n = batch.indices.len();
        self.fit(n);
        let Self { spec, team, level, buffers: b, .. } = self;
        let (spec, d, draws) = (&*spec, spec.n_inputs(), CorruptionDraws { seed: spec.seed, use_ });
        if spec.loss == Loss::SoftmaxCrossEntropy {
            let labels = batch.labels.unwrap_or_default();
            assert!(batch.labels.is_some(), "softmax cross-entropy needs the labels of the samples");
            for (out, &index) in b.labels.iter_mut().zip(batch.indices) {
                *out = labels[index as usize];
                assert!((*out as usize) < spec.n_outputs(), "label {out} of {} classes", spec.n_outputs());
            }
        }
        for (term, noise) in spec.corruption.iter().enumerate() {
            if !matches!(noise, Noise::MaskingExact { .. }) {
                continue;
            }
            let cuts = &mut b.cuts[term * n..(term + 1) * n];
            let pieces = (Pieces::new(cuts, CUT_SAMPLES), Pieces::new(&mut b.keys, d));
            team.each(pieces, |part, _, (cuts, keys)| {
                for (k, cut) in cuts.iter_mut().enumerate() {
                    let sample = batch.indices[part * CUT_SAMPLES + k];
                    *cut = fill::exact_cut(noise, &draws.term(term as u8).at(epoch, sample), keys);
                }
            });
        }
        let filling = Filling { batch, spec, draws, epoch, cuts: &b.cuts };
        let pieces = (
            Pieces::new(&mut b.clean, TILE * n),
            Pieces::new(&mut b.input, TILE * n),
            Pieces::new(&mut b.emphasis, TILE * n),
        );
        team.each(pieces, |part, _, (clean, input, emphasis)| {
            fill::fill(*level, filling, part * TILE, Tile { clean, input, emphasis });
        });
    }

    /// Runs `input`, `n` samples, through the first `n_layers` layers; on the way out of the last layer of all,
    /// `compare` decides between applying the network and learning.
    fn forward(&mut self, n: usize, n_layers: usize, compare: Compare) -> f64 {
        let Self { spec, state, team, level, workspaces, buffers: b } = self;
        let Buffers { clean, input, emphasis, activations, deltas, labels, partial_losses, .. } = b;
        let mut loss = 0.0;
        for (l, layer) in spec.layers[..n_layers].iter().enumerate() {
            let weights = weights_of(spec, &state.parameters, l);
            let bias = &state.parameters.layers[l].bias;
            let (below, here) = activations.split_at_mut(l);
            let below = View::new(below.last().unwrap_or(input), layer.inputs, n);
            let rows = panel(layer.outputs);
            let product = |part: usize, worker: usize, out: &mut [f32]| {
                let (from, count) = (part * rows, out.len() / n);
                multiply(
                    &mut workspace(workspaces, worker),
                    weights.rows(from, count),
                    below,
                    Onto::Nothing,
                    out,
                );
                from..from + count
            };
            let learns = compare == Compare::WithTarget && l + 1 == spec.layers.len();
            if !learns || spec.loss == Loss::SoftmaxCrossEntropy {
                team.each(Pieces::new(&mut here[0], rows * n), |part, worker, out| {
                    let units = product(part, worker, out);
                    kernels::bias_activate(*level, out, n, &bias[units], layer.activation);
                });
                if layer.activation == Activation::Softmax {
                    if learns {
                        loss = kernels::softmax_cross_entropy(*level, &mut here[0], labels, &mut deltas[l]);
                    } else {
                        kernels::softmax(*level, &mut here[0], n);
                    }
                }
                continue;
            }
            let pieces = (
                Pieces::new(&mut here[0], rows * n),
                Pieces::new(&mut deltas[l], rows * n),
                Pieces::new(partial_losses, 1),
            );
            team.each(pieces, |part, worker, (out, delta, partial)| {
                let units = product(part, worker, out);
                let target = &clean[units.start * n..units.end * n];
                let counted = (!emphasis.is_empty()).then(|| &emphasis[units.start * n..units.end * n]);
                partial[0] = if spec.loss == Loss::CrossEntropy {
                    // The loss wants the pre-activation, so the sigmoid comes after it.
                    kernels::bias_activate(*level, out, n, &bias[units], Activation::Linear);
                    kernels::cross_entropy(*level, out, target, counted, n, delta)
                } else {
                    kernels::bias_activate(*level, out, n, &bias[units], layer.activation);
                    let loss = kernels::squared(*level, out, target, counted, n, delta);
                    kernels::times_slope(*level, delta, out, layer.activation);
                    loss
                };
            });
            loss = partial_losses.iter().sum();
        }
        loss / n.max(1) as f64
    }

    /// Carries the last layer's gradient down to the first layer's pre-activation.
    fn backward(&mut self, n: usize) {
        let Self { spec, state, team, level, workspaces, buffers: b } = self;
        let Buffers { activations, deltas, .. } = b;
        for l in (1..spec.layers.len()).rev() {
            let layer = spec.layers[l];
            let weights = weights_of(spec, &state.parameters, l).t();
            let (below, here) = deltas.split_at_mut(l);
            let above = View::new(&here[0], layer.outputs, n);
            let y = &activations[l - 1];
            let rows = panel(layer.inputs);
            team.each(Pieces::new(&mut below[l - 1], rows * n), |part, worker, out| {
                let (from, count) = (part * rows, out.len() / n);
                multiply(
                    &mut workspace(workspaces, worker),
                    weights.rows(from, count),
                    above,
                    Onto::Nothing,
                    out,
                );
                let y = &y[from * n..(from + count) * n];
                kernels::times_slope(*level, out, y, spec.layers[l - 1].activation);
            });
        }
    }

    /// Weight gradients, and the optimizer's step while a panel of them is in cache.
    fn learn(&mut self, n: usize, learning_rate: f64) {
        self.state.steps += 1;
        let rule = Rule::new(&self.spec, self.state.steps, learning_rate);
        let Self { spec, state, team, level, workspaces, buffers: b } = self;
        let Buffers { input, activations, deltas, gradients, .. } = b;
        let (activations, deltas) = (&*activations, &*deltas);
        let below = |l: usize| if l == 0 { &*input } else { &activations[l - 1] };
        let State { parameters, first, second, .. } = state;
        for l in 0..spec.layers.len() {
            let layer = spec.layers[l];
            let (w, m, s) = (&mut parameters.layers[l], &mut first.layers[l], &mut second.layers[l]);
            let g = &mut gradients.layers[l];
            let rows = panel(layer.outputs);
            let length = rows * layer.inputs;
            let pieces = (
                Pieces::new(&mut g.weights, length),
                Pieces::new(&mut w.weights, length),
                Pieces::new(&mut m.weights, length),
                Pieces::new(&mut s.weights, length),
            );
            team.each(pieces, |part, worker, (gradient, weights, first, second)| {
                let (from, count) = (part * rows, gradient.len() / layer.inputs);
                let workspace = &mut workspace(workspaces, worker);
                let delta = View::new(&deltas[l], layer.outputs, n).rows(from, count);
                let input = View::new(below(l), layer.inputs, n);
                multiply(workspace, delta, input.t(), Onto::Nothing, gradient);
                for (t, tied) in spec.layers.iter().enumerate().filter(|(_, tied)| tied.tied_to == Some(l)) {
                    let input = View::new(below(t), tied.inputs, n).rows(from, count);
                    let delta = View::new(&deltas[t], tied.outputs, n);
                    multiply(workspace, input, delta.t(), Onto::Sum, gradient);
                }
                let decay = spec.weight_decay as f32;
                kernels::update(*level, rule, decay, gradient, Moving { weights, first, second });
            });
            kernels::row_sums(*level, &deltas[l], n, &mut g.bias);
            let moving = Moving { weights: &mut w.bias, first: &mut m.bias, second: &mut s.bias };
            kernels::update(*level, rule, 0.0, &g.bias, moving);
        }
    }
}

/// Whether the way out of the network ends in a loss.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Compare {
    WithNothing,
    WithTarget,
}

/// The matrix that layer `l` applies, `(outputs, inputs)`.
fn weights_of<'a>(spec: &NetworkSpec, parameters: &'a Parameters, l: usize) -> View<'a> {
    let owner = spec.owner(l);
    let shape = spec.layers[owner];
    let view = View::new(&parameters.layers[owner].weights, shape.outputs, shape.inputs);
    if owner == l { view } else { view.t() }
}

/// A worker's own workspace; nobody else asks for it, so the lock is free.
fn workspace(workspaces: &[Mutex<Workspace>], worker: usize) -> std::sync::MutexGuard<'_, Workspace> {
    workspaces[worker].lock().unwrap_or_else(PoisonError::into_inner)
}

fn assert_fits(spec: &NetworkSpec, state: &State) {
    let fits = state.parameters.fits(spec) && state.first.fits(spec) && state.second.fits(spec);
    assert!(fits, "the state has another network's shape");
}

impl Engine for Cpu {
    fn spec(&self) -> &NetworkSpec {
        &self.spec
    }

    fn describe(&self) -> Description {
        Description { engine: "cpu", path: self.level.name(), threads: self.team.len() }
    }

    fn train(&mut self, batch: &Batch<'_>, step: Step) -> f64 {
        let n = batch.indices.len();
        if n == 0 {
            return 0.0;
        }
        self.fill(batch, step.epoch, CorruptionUse::Training);
        self.meet(n);
        let loss = self.forward(n, self.spec.layers.len(), Compare::WithTarget);
        self.backward(n);
        self.learn(n, step.learning_rate);
        loss
    }

    fn loss(&mut self, batch: &Batch<'_>, epoch: u32) -> f64 {
        let mut total = 0.0;
        for indices in batch.indices.chunks(CHUNK) {
            self.fill(&Batch { indices, ..*batch }, epoch, CorruptionUse::Evaluation);
            let loss = self.forward(indices.len(), self.spec.layers.len(), Compare::WithTarget);
            total += loss * indices.len() as f64;
        }
        total / batch.indices.len().max(1) as f64
    }

    fn apply(&mut self, rows: Rows<'_>, n_layers: usize, out: &mut [f32]) {
        let d = self.spec.n_inputs();
        let width = if n_layers == 0 { d } else { self.spec.layers[n_layers - 1].outputs };
        let samples = rows.len() / d;
        assert_eq!(
            (rows.len(), out.len()),
            (samples * d, samples * width),
            "whole rows, and room for every output"
        );
        let mut row = vec![0.0; d];
        for (chunk, out) in out.chunks_mut(CHUNK * width).enumerate() {
            let n = out.len() / width;
            self.fit(n);
            for s in 0..n {
                rows.copy_to((chunk * CHUNK + s) * d, &mut row);
                for (j, &value) in row.iter().enumerate() {
                    self.buffers.input[j * n + s] = value;
                }
            }
            self.forward(n, n_layers, Compare::WithNothing);
            let result =
                if n_layers == 0 { &self.buffers.input } else { &self.buffers.activations[n_layers - 1] };
            for (s, row) in out.chunks_exact_mut(width).enumerate() {
                for (i, value) in row.iter_mut().enumerate() {
                    *value = result[i * n + s];
                }
            }
        }
    }

    fn state(&self) -> State {
        self.state.clone()
    }

    fn set_state(&mut self, state: &State) {
        assert_fits(&self.spec, state);
        self.state.clone_from(state);
    }
}

#[cfg(test)]
mod tests;
