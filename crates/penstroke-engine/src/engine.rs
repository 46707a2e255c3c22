//! The interface of every engine: [`Apply`] runs a network forward, [`Train`] changes its weights.
//!
//! The interface is deliberately coarse: an engine may fuse a whole step and may keep its weights on a device. A slice
//! of the wrong length is a bug in the caller and panics; [`Task::check`] checks user input first.

use crate::batch::Batch;
use crate::corruption::Noise;
use crate::network::Network;
use crate::parameters::{LayerParameters, Parameters, State};
use crate::rows::Rows;
use crate::task::Task;
use std::ops::Range;

/// The numbers that change from one step of training to the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// The epoch. Every epoch corrupts the samples anew.
    pub epoch: u32,
    /// The learning rate η of this step.
    pub learning_rate: f64,
}

/// An engine and the hardware it uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// Name of the engine.
    pub engine: &'static str,
    /// The instruction set it uses.
    pub path: &'static str,
    /// Number of threads.
    pub threads: usize,
}

/// Runs a network forward.
pub trait Apply: Send + Sync {
    /// The network.
    fn network(&self) -> &Network;

    /// The engine and the hardware it uses.
    fn describe(&self) -> Description;

    /// Runs `rows`, `(n, inputs of the first of these layers)`, without corruption through some layers into `out`, `(n,
    /// outputs of the last)`. Layers `0..1` of an autoencoder encode, `0..2` reconstruct, `1..2` decode.
    ///
    /// # Panics
    /// If `rows` is not a whole number of rows, `out` has the wrong length, or `layers` is out of range.
    fn apply(&self, rows: Rows<'_>, layers: Range<usize>, out: &mut [f32]);
}

/// Trains one network.
pub trait Train: Apply {
    /// The training task.
    fn task(&self) -> &Task;

    /// Performs one training step: corrupts the samples anew and moves the weights against the gradient of the loss.
    /// Returns the loss before the step: the sum over the batch divided by [`Batch::total`], with dropout but without
    /// penalties and [trimmed](crate::Objective::trim) samples. An empty batch changes nothing and returns 0.
    fn step(&mut self, batch: &Batch<'_>, step: Step) -> f64;

    /// The first half of [`Train::step`]: stores the gradients of the batch in the engine and returns the loss.
    /// Gradients are sums over the batch divided by [`Batch::total`], so those of several machines add up; an empty
    /// batch gives zeros.
    fn gradients(&mut self, batch: &Batch<'_>, epoch: u32) -> f64;

    /// Calls `visit` with the gradients from [`Train::gradients`], piece by piece, always in the same order and in the
    /// engine's own layout. This allows adding the gradients of other machines that train the same task with the same
    /// engine.
    fn visit_gradients(&mut self, visit: &mut dyn FnMut(&mut [f32]));

    /// The second half of [`Train::step`]: moves the weights by the stored gradients.
    fn update(&mut self, learning_rate: f64);

    /// The loss of the samples, corrupted with evaluation numbers for `epoch`: the sum divided by [`Batch::total`],
    /// without penalties, dropout or trimming. Changes nothing.
    fn loss(&mut self, batch: &Batch<'_>, epoch: u32) -> f64;

    /// Replaces the corruption by one with as many terms, for noise that changes from epoch to epoch.
    ///
    /// # Panics
    /// If the number of terms differs, a parameter is out of range, or levels replace other noise or the reverse.
    fn set_corruption(&mut self, corruption: &[Noise]);

    /// The current weights, moments and step count.
    fn state(&self) -> State;

    /// Restores a state from [`Train::state`].
    ///
    /// # Panics
    /// If its shapes do not fit the network.
    fn set_state(&mut self, state: &State);

    /// The current weights.
    fn parameters(&self) -> Parameters {
        self.state().parameters
    }

    /// Copies the weights of one layer, to watch a running training. A tied layer has only a bias.
    ///
    /// # Panics
    /// If there is no such layer.
    fn copy_layer(&self, layer: usize, out: &mut LayerParameters) {
        out.clone_from(&self.parameters().layers[layer]);
    }
}
