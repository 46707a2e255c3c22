//! The reference engine and its weights.

use super::real::Real;
use crate::error::EngineError;
use crate::parameters::{Parameters, State};
use crate::task::Task;

/// The reference engine.
#[derive(Clone, Debug)]
pub struct Reference<T = f64> {
    pub(super) task: Task,
    pub(super) parameters: Parameters<T>,
    pub(super) first: Parameters<T>,
    pub(super) second: Parameters<T>,
    pub(super) steps: u64,
    /// The gradients from the last call of [`Train::gradients`](crate::Train::gradients).
    pub(super) gradients: Option<Parameters<T>>,
}

impl<T: Real> Reference<T> {
    /// Prepares a task to continue from `state`.
    ///
    /// # Errors
    /// If [`Task::check`] fails.
    ///
    /// # Panics
    /// If the state does not have the network's shape.
    pub fn open(task: &Task, state: &State) -> Result<Self, EngineError> {
        task.check()?;
        let zeros = Parameters::zeros(&task.network);
        let mut engine = Self {
            task: task.clone(),
            parameters: zeros.clone(),
            first: zeros.clone(),
            second: zeros,
            steps: 0,
            gradients: None,
        };
        engine.put_back(state);
        Ok(engine)
    }

    /// Weights and biases in full precision.
    pub fn weights(&self) -> &Parameters<T> {
        &self.parameters
    }

    /// Weights and biases in full precision, mutable.
    pub fn weights_mut(&mut self) -> &mut Parameters<T> {
        &mut self.parameters
    }

    /// The weight of layer `l` from input `j` to output `i`: its own, or its owner's transposed.
    pub(super) fn weight(&self, l: usize, i: usize, j: usize) -> T {
        let owner = self.task.network.owner(l);
        let inputs = self.task.network.layers[owner].inputs;
        let weights = &self.parameters.layers[owner].weights;
        if owner == l { weights[i * inputs + j] } else { weights[j * inputs + i] }
    }

    pub(super) fn put_back(&mut self, state: &State) {
        let network = &self.task.network;
        let fits = state.parameters.fits(network) && state.first.fits(network) && state.second.fits(network);
        assert!(fits, "the state has another network's shape");
        let reals = |p: &Parameters| p.map(|v| T::from_f64(f64::from(v)));
        self.parameters = reals(&state.parameters);
        self.first = reals(&state.first);
        self.second = reals(&state.second);
        self.steps = state.steps;
    }
}
