//! The coarse interface of every engine.
//!
//! It is coarse on purpose: an engine may fuse a whole step, and may keep its weights on a device. Slices that do not
//! have the stated lengths are a mistake of the caller and panic; what users type is checked before, by
//! [`NetworkSpec::check`].

use crate::corruption::Noise;
use crate::parameters::State;
use crate::rows::Rows;
use crate::spec::NetworkSpec;

/// Some samples of a data set.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// The whole data set, `(n, d)`, or the samples of the batch alone.
    pub rows: Rows<'a>,
    /// Whether `rows` are those of the batch alone, in its order: data that do not fit into memory are gathered by whoever reads
    /// them.
    pub gathered: bool,
    /// One class a sample of the data set, for [`Loss::SoftmaxCrossEntropy`](crate::Loss::SoftmaxCrossEntropy).
    pub labels: Option<&'a [u32]>,
    /// Values to predict for every sample of the data set, `(n, outputs)`, for
    /// [`Loss::SquaredTargets`](crate::Loss::SquaredTargets).
    pub targets: Option<&'a [f32]>,
    /// Which samples of it. The index also names the sample's random numbers, so that a sample meets the same
    /// corruption whatever batch it comes in.
    pub indices: &'a [u32],
}

/// What changes from one step of training to the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Counts presentations of the data set; every epoch corrupts afresh.
    pub epoch: u32,
    /// η of this step.
    pub learning_rate: f64,
}

/// What an engine says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// Name of the engine.
    pub engine: &'static str,
    /// The instructions it uses.
    pub path: &'static str,
    /// How many threads it runs on.
    pub threads: usize,
}

/// Trains and applies one network.
pub trait Engine: Send {
    /// The network.
    fn spec(&self) -> &NetworkSpec;

    /// What the engine is and runs on.
    fn describe(&self) -> Description;

    /// One step of training: corrupts the samples afresh, and lowers the loss of restoring the clean ones (or of
    /// naming their labels, or of predicting their targets). Returns the loss before the step, mean over the batch, without
    /// penalties and with the units that were dropped; an empty batch changes nothing and returns 0.
    fn train(&mut self, batch: &Batch<'_>, step: Step) -> f64;

    /// The mean loss over the samples, corrupted with the numbers of evaluation under `epoch`, without penalties; no unit is
    /// dropped. Changes nothing.
    fn loss(&mut self, batch: &Batch<'_>, epoch: u32) -> f64;

    /// Runs the clean samples `rows`, `(n, d)`, through the first `n_layers` layers into `out`,
    /// `(n, outputs of that layer)`. One layer of an autoencoder encodes, all of them reconstruct.
    fn apply(&mut self, rows: Rows<'_>, n_layers: usize, out: &mut [f32]);

    /// Goes on with another corruption, of as many terms: for noise that changes from epoch to epoch.
    ///
    /// # Panics
    /// If there are more or fewer terms than the network has, or one is out of its range.
    fn set_corruption(&mut self, corruption: &[Noise]);

    /// Weights, moments and step count as they are now.
    fn state(&self) -> State;

    /// Puts back what [`Engine::state`] gave.
    ///
    /// # Panics
    /// If the shapes are not those of the network.
    fn set_state(&mut self, state: &State);
}

/// What every [`Engine::set_corruption`] does to its description of the network.
pub(crate) fn replace_corruption(spec: &mut NetworkSpec, corruption: &[Noise]) {
    assert_eq!(corruption.len(), spec.corruption.len(), "a noise for every term of the network's corruption");
    assert!(corruption.iter().all(|noise| noise.check().is_ok()), "a noise out of its range: {corruption:?}");
    spec.corruption.copy_from_slice(corruption);
}
