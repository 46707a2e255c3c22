//! The interface of every engine: [`Apply`] runs a network forwards, [`Train`] changes its weights.
//!
//! It is coarse on purpose: an engine may fuse a whole step, and may keep its weights on a device. Slices that do not
//! have the stated lengths are a mistake of the caller and panic; what users type is checked before, by
//! [`Task::check`].

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
    /// Counts presentations of the data set; every epoch corrupts afresh.
    pub epoch: u32,
    /// η of this step.
    pub learning_rate: f64,
}

/// An engine and the hardware it uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// Name of the engine.
    pub engine: &'static str,
    /// The instructions it uses.
    pub path: &'static str,
    /// How many threads it runs on.
    pub threads: usize,
}

/// Runs a network forwards.
pub trait Apply: Send + Sync {
    /// The function that is computed.
    fn network(&self) -> &Network;

    /// The engine and the hardware it uses.
    fn describe(&self) -> Description;

    /// Runs `rows`, `(n, inputs of the first of these layers)`, uncorrupted, through some layers into `out`,
    /// `(n, outputs of the last)`. Layer `0..1` of an autoencoder encodes, `0..2` reconstructs, `1..2` decodes.
    ///
    /// # Panics
    /// If the rows are not whole, `out` does not have their room, or there are fewer layers.
    fn apply(&self, rows: Rows<'_>, layers: Range<usize>, out: &mut [f32]);
}

/// Trains one network.
pub trait Train: Apply {
    /// The task it trains.
    fn task(&self) -> &Task;

    /// One step of training: corrupts the samples afresh, and moves the weights against the gradient of the loss. Returns
    /// the loss before the step: the sum over the batch divided by [`Batch::total`], without penalties and with the units that
    /// were dropped. An empty batch changes nothing and returns 0.
    fn step(&mut self, batch: &Batch<'_>, step: Step) -> f64;

    /// The first half of [`Train::step`]: leaves the gradients of the batch in the engine, and returns the loss. Gradients are
    /// sums over the batch divided by [`Batch::total`], so that those of several machines add up; of an empty batch zeros.
    fn gradients(&mut self, batch: &Batch<'_>, epoch: u32) -> f64;

    /// Calls `visit` with the gradients that [`Train::gradients`] left, some at a time, always in the same order and in the
    /// engine's own form: to add those of other machines that train the same task in the same way.
    fn visit_gradients(&mut self, visit: &mut dyn FnMut(&mut [f32]));

    /// The second half of [`Train::step`]: moves the weights by the gradients in the engine.
    fn update(&mut self, learning_rate: f64);

    /// The loss of the samples, corrupted with the numbers of evaluation under `epoch`, summed and divided by
    /// [`Batch::total`], without penalties; no unit is dropped. Changes nothing.
    fn loss(&mut self, batch: &Batch<'_>, epoch: u32) -> f64;

    /// Goes on with another corruption, of as many terms: for noise that changes from epoch to epoch.
    ///
    /// # Panics
    /// If there are more or fewer terms than the objective has, or one is out of its range.
    fn set_corruption(&mut self, corruption: &[Noise]);

    /// Weights, moments and step count as they are now.
    fn state(&self) -> State;

    /// Puts back what [`Train::state`] gave.
    ///
    /// # Panics
    /// If the shapes are not those of the network.
    fn set_state(&mut self, state: &State);

    /// The weights alone.
    fn parameters(&self) -> Parameters {
        self.state().parameters
    }

    /// Copies the weights of one layer, for a view of a running training. A tied layer has only a bias.
    ///
    /// # Panics
    /// If there are fewer layers.
    fn copy_layer(&self, layer: usize, out: &mut LayerParameters) {
        out.clone_from(&self.parameters().layers[layer]);
    }
}
