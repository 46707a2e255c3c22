//! The buffers of a batch: its input, its targets, and the activity of every layer.

use super::fill::FateRow;
use super::panel::Row;
use crate::heads::Head;
use crate::network::Network;
use crate::objective::Objective;
use std::ops::Range;

/// The output of one layer and the gradient of the loss by its pre-activation, each by unit, `(units, n)`, and by
/// sample, `(n, units)`. Forms that are not needed are empty.
#[derive(Default)]
pub(super) struct Activity {
    pub(super) y_by_unit: Vec<Row>,
    pub(super) y_by_sample: Vec<Row>,
    pub(super) delta_by_unit: Vec<Row>,
    pub(super) delta_by_sample: Vec<Row>,
    /// For every panel of samples, the sum of each unit's deltas.
    pub(super) bias_sums: Vec<f32>,
}

/// The targets of one head; forms that are not needed are empty.
#[derive(Default)]
pub(super) struct Asked {
    /// The class of each sample.
    pub(super) labels: Vec<u32>,
    /// A value per unit of the head, by unit; missing samples of the last panel have zeros.
    pub(super) values: Vec<Row>,
}

/// The corrupted input of a batch, and its targets.
#[derive(Default)]
pub(super) struct Input {
    /// The first layer that runs.
    pub(super) first_layer: usize,
    /// The clean values; under levels of noise, the outputs that are [wanted](crate::Level::wanted).
    pub(super) clean: Vec<Row>,
    pub(super) by_unit: Vec<Row>,
    /// Only for a network with one layer.
    pub(super) by_sample: Vec<Row>,
    /// The weight of each input component, if [single components](Objective::marks_components) decide about an emphasis.
    pub(super) emphasis: Vec<Row>,
    /// The weight of each output unit, by unit, unless all are equal or emphasis of components alone determines them: with
    /// several heads, with cells, with unobserved targets, or with weights of samples or heads. Of a softmax head, only the first
    /// unit's is set.
    pub(super) weights: Vec<Row>,
    /// For every panel of samples and every component, a bitmask of the nonzero samples.
    pub(super) nonzero_by_unit: Vec<u32>,
    /// For every panel of components and every sample, a bitmask of the nonzero components.
    pub(super) nonzero_by_sample: Vec<u32>,
    /// The number of nonzero components per part.
    pub(super) nonzero: Vec<u32>,
    /// The share of nonzero components below which zeros are skipped, 0 if never; tests set it.
    pub(super) sparse_below: f64,
    /// Whether the input has enough zeros for skipping them to pay off. In single precision both ways give the same
    /// bits.
    pub(super) is_sparse: bool,
    /// One per head.
    pub(super) asked: Vec<Asked>,
    /// What noises on cells do to this batch; see [`Fates`](super::fill::Fates).
    pub(super) fates: Vec<FateRow>,
    pub(super) cuts: Vec<u64>,
    pub(super) keys: Vec<u64>,
}

impl Input {
    /// The targets of some output units of `head` in a panel of samples, one row per unit.
    pub(super) fn expected(
        &self,
        network: &Network,
        (h, head): (usize, &Head),
        panel: usize,
        units: Range<usize>,
    ) -> &[Row] {
        let values = &self.asked[h].values;
        if values.is_empty() {
            let first = panel * network.n_inputs();
            // Labels are compared without rows, and there may be more of them than components.
            return self.clean.get(first + units.start..first + units.end).unwrap_or_default();
        }
        let first = panel * head.units.len();
        &values[first + units.start - head.units.start..first + units.end - head.units.start]
    }

    /// The weights of some output units in a panel of samples; empty if all are equal.
    pub(super) fn weights_of(
        &self,
        objective: &Objective,
        network: &Network,
        panel: usize,
        units: Range<usize>,
    ) -> &[Row] {
        let (all, width) = match self.weights.is_empty() {
            false => (&self.weights, network.n_outputs()),
            true if objective.emphasis.is_some() => (&self.emphasis, network.n_inputs()),
            true => return &[],
        };
        &all[panel * width + units.start..panel * width + units.end]
    }
}
