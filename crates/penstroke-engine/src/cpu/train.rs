//! The training engine for this machine's processor.

use super::bf16::{Bf16, Bf16Instructions};
use super::options::{CpuOptions, Precision};
use super::single::Single;
use super::step::{Work, Worker};
use super::team::Team;
use super::weights::Weights;
use crate::batch::Batch;
use crate::corruption::Noise;
use crate::engine::{Apply, Description, Step, Train};
use crate::error::EngineError;
use crate::network::Network;
use crate::parameters::{LayerParameters, Parameters, State};
use crate::rows::Rows;
use crate::task::Task;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The training engine for this machine's processor.
///
/// It computes the same as [`Reference`](crate::Reference) up to rounding. On one machine, equal seeds give equal bits
/// at any number of threads; another machine may round differently.
pub struct CpuTrain {
    task: Task,
    description: Description,
    /// Applying the network needs the buffers, so only one thread at a time can.
    worker: Mutex<Box<dyn Work>>,
}

impl CpuTrain {
    /// Prepares a task to continue from `state`.
    ///
    /// # Errors
    /// If [`Task::check`] fails, or [`EngineError::Bf16`] if the processor or `options.instructions` lack bf16.
    ///
    /// # Panics
    /// If the state does not have the network's shape.
    pub fn open(task: &Task, state: State, options: CpuOptions) -> Result<Self, EngineError> {
        let bf16 = match options.precision {
            Precision::F32 => None,
            Precision::Bf16 => {
                let instructions = Bf16Instructions::with(options.instructions);
                Some(instructions.ok_or(EngineError::Bf16 { instructions: options.instructions.name() })?)
            }
        };
        Self::open_at(task, &state, options, bf16)
    }

    pub(super) fn open_at(
        task: &Task,
        state: &State,
        options: CpuOptions,
        bf16: Option<Bf16Instructions>,
    ) -> Result<Self, EngineError> {
        task.check()?;
        assert_fits(&task.network, state);
        let CpuOptions { threads, instructions: isa, precision: _ } = options;
        let team = Team::new(threads.max(1));
        let threads = team.len();
        let weights = Weights::new(task, state);
        let path = bf16.map_or(isa.name(), Bf16Instructions::name);
        let worker: Box<dyn Work> = match bf16 {
            None => Box::new(Worker::new(task, weights, isa, team, Single)),
            Some(instructions) => {
                let bf16 = Bf16::new(instructions, &task.network, threads);
                Box::new(Worker::new(task, weights, isa, team, bf16))
            }
        };
        let description = Description { engine: "cpu", path, threads };
        Ok(Self { task: task.clone(), description, worker: Mutex::new(worker) })
    }

    /// A panic while the worker was in use does no harm: every call fills its buffers anew.
    fn lock(&self) -> MutexGuard<'_, Box<dyn Work>> {
        self.worker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn worker(&mut self) -> &mut dyn Work {
        inner(&mut self.worker)
    }
}

fn inner(worker: &mut Mutex<Box<dyn Work>>) -> &mut dyn Work {
    &mut **worker.get_mut().unwrap_or_else(PoisonError::into_inner)
}

fn assert_fits(network: &Network, state: &State) {
    let fits = state.parameters.fits(network) && state.first.fits(network) && state.second.fits(network);
    assert!(fits, "the state has another network's shape");
}

impl Apply for CpuTrain {
    fn network(&self) -> &Network {
        &self.task.network
    }

    fn describe(&self) -> Description {
        self.description.clone()
    }

    fn apply(&self, rows: Rows<'_>, layers: Range<usize>, out: &mut [f32]) {
        self.lock().apply(&self.task, rows, layers, out);
    }
}

impl Train for CpuTrain {
    fn task(&self) -> &Task {
        &self.task
    }

    fn step(&mut self, batch: &Batch<'_>, step: Step) -> f64 {
        let Self { task, worker, .. } = self;
        inner(worker).step(task, batch, step)
    }

    fn gradients(&mut self, batch: &Batch<'_>, epoch: u32) -> f64 {
        let Self { task, worker, .. } = self;
        inner(worker).gradients(task, batch, epoch)
    }

    fn visit_gradients(&mut self, visit: &mut dyn FnMut(&mut [f32])) {
        self.worker().weights_mut().visit_gradients(visit);
    }

    fn update(&mut self, learning_rate: f64) {
        let Self { task, worker, .. } = self;
        inner(worker).update(task, learning_rate);
    }

    fn loss(&mut self, batch: &Batch<'_>, epoch: u32) -> f64 {
        let Self { task, worker, .. } = self;
        inner(worker).loss(task, batch, epoch)
    }

    fn set_corruption(&mut self, corruption: &[Noise]) {
        self.task.replace_corruption(corruption);
    }

    fn state(&self) -> State {
        self.lock().weights().state(&self.task.network)
    }

    fn set_state(&mut self, state: &State) {
        assert_fits(&self.task.network, state);
        let weights = Weights::new(&self.task, state);
        *self.worker().weights_mut() = weights;
    }

    fn parameters(&self) -> Parameters {
        self.lock().weights().parameters(&self.task.network)
    }

    fn copy_layer(&self, layer: usize, out: &mut LayerParameters) {
        self.lock().weights().copy_layer(&self.task.network, layer, out);
    }
}
