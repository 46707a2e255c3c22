//! The fast engine: threads, its own products on panels, and everything between two products done while a block is in
//! cache.
//!
//! A step is
//!
//! 1. fill: gather, corrupt, note what is not zero;
//! 2. for every layer: product, bias, activation; on the last also loss and its gradient; if the code is penalised, what that
//!    comes to;
//! 3. for every layer backwards: product, slope, sums for the bias;
//! 4. weight gradients and the optimizer's update of each block of weights as soon as its gradient is known;
//! 5. if norms are bounded: the norms of the weights, which are shortened where they are too long;
//!
//! with a barrier after each: five for an autoencoder of two layers. Weights live in [`panel`]s, so that nothing is packed
//! or copied in a step, and a product's result is written in the form in which the next product reads it.
//!
//! Every element of every product is one chain of multiply-adds in a fixed order, and partial sums are added in the
//! order of fixed blocks, so that neither the number of threads nor the way a product is computed (dense or skipping
//! zeros) changes a bit. Nothing is allocated once buffers have the size of the largest batch.

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod amx;
mod bf16;
mod dropout;
mod fill;
mod kernels;
mod level;
mod math;
mod network;
mod norms;
mod panel;
mod peak;
mod penalties;
mod product;
mod sparse;
mod stages;
mod team;
mod vector;
#[cfg(target_arch = "x86_64")]
mod words;

use crate::batch::Batch;
use crate::corruption::{CorruptionUse, Noise};
use crate::engine::{Apply, Description, Step, Train};
use crate::error::EngineError;
use crate::heads::Target;
use crate::network::Network;
use crate::parameters::State;
use crate::problem::Problem;
use crate::rows::Rows;
use bf16::{Bf16, Bf16Instructions};
use dropout::Presentation;
pub use level::InstructionSet;
use network::{Activity, Columns, Input, Weights, columns};
use panel::WIDTH;
pub use peak::multiply_adds;
use penalties::CodePenalty;
use stages::Compare;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};
use team::Team;

/// Samples that [`Apply::apply`] and [`Train::loss`] take at a time.
const CHUNK: usize = 256;

/// The training engine for this machine's processor.
///
/// Its arithmetic is that of [`Reference`](crate::Reference) up to rounding. Equal seeds give equal bits at any number
/// of threads on one machine; another machine may round differently.
pub struct CpuTrain {
    problem: Problem,
    cpu: Mutex<Cpu>,
}

/// Weights, and the buffers of a batch.
struct Cpu {
    problem: Problem,
    level: InstructionSet,
    team: Team,
    weights: Weights,
    input: Input,
    layers: Vec<Activity>,
    partial_losses: Vec<f64>,
    code_penalty: CodePenalty,
    /// What is left of units' weights where their norm is bounded, some matrix at a time.
    shares: Vec<f32>,
    /// There if products are in bf16.
    bf16: Option<Bf16>,
    /// Share of components that are not zero below which zeros are skipped, 0 if they never are; tests go either way.
    sparse_below: f64,
    /// 0, 1, 2 … for samples that are taken as they lie.
    in_order: Vec<u32>,
}

/// How a CPU engine computes.
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
    /// Eight bits of mantissa and the range of `f32`, with sums in `f32`: faster, several times so with tiles, where the
    /// processor has it. Without tiles, products that skip the zeros of a sparse input stay in single precision, which
    /// is faster still.
    Bf16,
}

impl CpuTrain {
    /// A problem ready to go on from `state`.
    ///
    /// # Errors
    /// What [`Problem::check`] finds, and [`EngineError::Bf16`] where the processor or `instructions` lack it.
    ///
    /// # Panics
    /// If the state does not have the network's shape.
    pub fn open(problem: &Problem, state: State, options: CpuOptions) -> Result<Self, EngineError> {
        let bf16 = match options.precision {
            Precision::F32 => None,
            Precision::Bf16 => {
                let instructions = Bf16Instructions::with(options.instructions);
                Some(instructions.ok_or(EngineError::Bf16 { instructions: options.instructions.name() })?)
            }
        };
        Self::open_at(problem, state, options, bf16)
    }

    fn open_at(
        problem: &Problem,
        state: State,
        options: CpuOptions,
        bf16: Option<Bf16Instructions>,
    ) -> Result<Self, EngineError> {
        problem.check()?;
        if problem.objective.heads.len() > 1 {
            return Err(EngineError::ManyHeads { engine: "cpu" });
        }
        assert_fits(&problem.network, &state);
        let CpuOptions { threads, instructions: level, precision: _ } = options;
        let team = Team::new(threads.max(1));
        let cpu = Cpu {
            bf16: bf16.map(|instructions| Bf16::new(instructions, &problem.network, team.len())),
            weights: Weights::new(problem, &state),
            level,
            team,
            input: Input::default(),
            layers: problem.network.layers.iter().map(|_| Activity::default()).collect(),
            partial_losses: Vec::new(),
            code_penalty: CodePenalty::new(problem),
            shares: Vec::new(),
            sparse_below: bf16.map_or(stages::SPARSE_BELOW, Bf16Instructions::sparse_below),
            in_order: (0..CHUNK as u32).collect(),
            problem: problem.clone(),
        };
        Ok(Self { problem: problem.clone(), cpu: Mutex::new(cpu) })
    }
}

impl Cpu {
    /// Makes room for a batch of `n`; afterwards every buffer is exactly as long as the batch needs.
    fn fit(&mut self, n: usize) {
        let Self { problem, input, layers, partial_losses, bf16, sparse_below, .. } = self;
        let d = problem.network.n_inputs();
        let panels = n.div_ceil(WIDTH);
        let by_unit = |units: usize| panels * units;
        let by_sample = |units: usize| panel::n_panels(units) * panels * WIDTH;
        let zero = panel::Row::ZERO;
        input.clean.resize(by_unit(d), zero);
        input.emphasis.resize(if problem.objective.emphasis.is_some() { by_unit(d) } else { 0 }, zero);
        input.labels.resize(n, 0);
        let targets = if problem.objective.heads[0].target == Target::Values {
            by_unit(problem.network.n_outputs())
        } else {
            0
        };
        input.targets.resize(targets, zero);
        if problem.objective.corruption.iter().any(|noise| matches!(noise, Noise::MaskingExact { .. })) {
            input.cuts.resize(problem.objective.corruption.len() * n, 0);
            input.keys.resize(d * n.div_ceil(stages::CUT_SAMPLES), 0);
        }
        if let Some(bf16) = bf16 {
            bf16.fit(&problem.network, n, layers);
            partial_losses.resize(bf16::n_parts(n, problem.network.n_outputs()), 0.0);
            if *sparse_below == 0.0 {
                return;
            }
            layers[0].delta_by_sample.resize(by_sample(problem.network.layers[0].outputs), zero);
        }
        input.by_unit.resize(by_unit(d), zero);
        input.nonzero_by_unit.resize(by_unit(d), 0);
        input.nonzero_by_sample.resize(by_sample(d), 0);
        input.nonzero.resize(panels * d.div_ceil(fill::TILE), 0);
        if bf16.is_some() {
            return;
        }
        input.by_sample.resize(if problem.network.layers.len() == 1 { by_sample(d) } else { 0 }, zero);
        let last = problem.network.layers.len() - 1;
        for (l, layer) in layers.iter_mut().enumerate() {
            let units = problem.network.layers[l].outputs;
            let own = columns(&problem.network, l);
            let above = (l < last).then(|| columns(&problem.network, l + 1));
            let room = |there: bool, length: usize| if there { length } else { 0 };
            layer.y_by_unit.resize(by_unit(units), zero);
            let y_by_sample = own == Columns::Outputs || above == Some(Columns::Inputs);
            layer.y_by_sample.resize(room(y_by_sample, by_sample(units)), zero);
            let delta_by_unit = l > 0 || own == Columns::Inputs || above == Some(Columns::Outputs);
            layer.delta_by_unit.resize(room(delta_by_unit, by_unit(units)), zero);
            let delta_by_sample = own == Columns::Outputs || above == Some(Columns::Inputs);
            layer.delta_by_sample.resize(room(delta_by_sample, by_sample(units)), zero);
            layer.bias_sums.resize(panels * units.next_multiple_of(WIDTH), 0.0);
        }
        partial_losses.resize(panels * problem.network.n_outputs().div_ceil(stages::UNITS), 0.0);
    }
}

impl Cpu {
    /// The instructions in use, for people.
    fn path(&self) -> &'static str {
        self.bf16.as_ref().map_or(self.level.name(), |bf16| bf16.instructions.name())
    }
}

fn assert_fits(network: &Network, state: &State) {
    let fits = state.parameters.fits(network) && state.first.fits(network) && state.second.fits(network);
    assert!(fits, "the state has another network's shape");
}

impl Cpu {
    fn step(&mut self, batch: &Batch<'_>, step: Step) -> f64 {
        let n = batch.ids.len();
        if n == 0 {
            return 0.0;
        }
        self.take_answers(batch);
        self.fill(batch, Some((step.epoch, CorruptionUse::Training)));
        let presentation = Presentation { epoch: step.epoch, samples: batch.ids };
        let n_layers = self.problem.network.layers.len();
        let loss = self.forward(n, n_layers, Compare::WithTarget, Some(presentation));
        self.measure_code(n);
        self.backward(n);
        self.learn(n, step.learning_rate);
        loss
    }

    fn loss(&mut self, batch: &Batch<'_>, epoch: u32) -> f64 {
        let (d, n_layers) = (self.problem.network.n_inputs(), self.problem.network.layers.len());
        let mut total = 0.0;
        for (chunk, ids) in batch.ids.chunks(CHUNK).enumerate() {
            let first = if batch.gathered { chunk * CHUNK * d } else { 0 };
            let batch = Batch { rows: batch.rows.from(first), ids, ..*batch };
            self.take_answers(&batch);
            self.fill(&batch, Some((epoch, CorruptionUse::Evaluation)));
            let loss = self.forward(ids.len(), n_layers, Compare::WithTarget, None);
            total += loss * ids.len() as f64;
        }
        total / batch.ids.len().max(1) as f64
    }

    fn apply(&mut self, rows: Rows<'_>, layers: Range<usize>, out: &mut [f32]) {
        assert_eq!(layers.start, 0, "a training engine applies its layers from the first");
        let (d, width) = (self.problem.network.n_inputs(), self.problem.network.width(layers.end));
        let samples = rows.len() / d;
        assert_eq!(
            (rows.len(), out.len()),
            (samples * d, samples * width),
            "whole rows, and room for every output"
        );
        let in_order = std::mem::take(&mut self.in_order);
        for (chunk, out) in out.chunks_mut(CHUNK * width).enumerate() {
            let ids = &in_order[..out.len() / width];
            self.fill(&Batch::new(rows.from(chunk * CHUNK * d), ids), None);
            self.forward(ids.len(), layers.end, Compare::WithNothing, None);
            self.write_output(layers.end, out);
        }
        self.in_order = in_order;
    }
}

impl CpuTrain {
    /// The inner engine, which a panic in another thread does not spoil: every call fills its buffers anew.
    fn lock(&self) -> MutexGuard<'_, Cpu> {
        self.cpu.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cpu(&mut self) -> &mut Cpu {
        self.cpu.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Apply for CpuTrain {
    fn network(&self) -> &Network {
        &self.problem.network
    }

    fn describe(&self) -> Description {
        let cpu = self.lock();
        Description { engine: "cpu", path: cpu.path(), threads: cpu.team.len() }
    }

    fn apply(&self, rows: Rows<'_>, layers: Range<usize>, out: &mut [f32]) {
        self.lock().apply(rows, layers, out);
    }
}

impl Train for CpuTrain {
    fn problem(&self) -> &Problem {
        &self.problem
    }

    fn step(&mut self, batch: &Batch<'_>, step: Step) -> f64 {
        self.cpu().step(batch, step)
    }

    fn loss(&mut self, batch: &Batch<'_>, epoch: u32) -> f64 {
        self.cpu().loss(batch, epoch)
    }

    fn set_corruption(&mut self, corruption: &[Noise]) {
        self.problem.replace_corruption(corruption);
        self.cpu().problem.replace_corruption(corruption);
    }

    fn state(&self) -> State {
        self.lock().weights.state(&self.problem.network)
    }

    fn set_state(&mut self, state: &State) {
        assert_fits(&self.problem.network, state);
        let weights = Weights::new(&self.problem, state);
        self.cpu().weights = weights;
    }
}

#[cfg(test)]
mod tests;
