//! One local network, opened so that hiding a cell and predicting one are cheap.

use super::columns::{Columns, Kind, RowCells};
use super::config::DetectorConfig;
use super::training::{Trained, local_network};
use crate::Result;
use crate::config::Training;
use crate::train::Device;
use penstroke_engine::{Activation, Apply, Layer, LayerParameters, Network, Parameters, Rows};
use std::ops::Range;
use std::sync::Arc;

/// The least probability of a class, which bounds surprises.
const LEAST: f32 = 1e-12;

/// A network whose first layer is divided by the columns that it reads, and whose last one by the columns that it predicts: hiding a cell is
/// then a subtraction, and predicting one costs no more than it must.
pub(super) struct Divided {
    /// The first layer before its activation: of whole rows, and what each column adds.
    whole: Arc<dyn Apply>,
    parts: Vec<Arc<dyn Apply>>,
    /// The other hidden layers, if there are any.
    rest: Option<Arc<dyn Apply>>,
    outputs: Vec<Arc<dyn Apply>>,
}

/// The first layer for some rows, before its activation.
pub(super) struct Summed {
    n: usize,
    /// `(n, units)`.
    whole: Vec<f32>,
    /// For each column likewise.
    parts: Vec<Vec<f32>>,
}

/// What is predicted of one column for some rows.
pub(super) struct Column {
    /// The expected `z` of a number; 0 for a category.
    pub(super) numbers: Vec<f32>,
    /// `(rows, classes)`.
    pub(super) classes: Vec<f32>,
}

impl Divided {
    pub(super) fn new(config: &DetectorConfig, columns: &Columns, trained: &Trained) -> Result<Self> {
        let device = Device::of(&Training { threads: 1, ..Training::autoencoder() });
        let network = local_network(config, columns);
        let layers = &trained.parameters.layers;
        // A layer alone, with some of its inputs and output units.
        let alone = |l: usize, inputs: Range<usize>, units: Range<usize>, bias: Vec<f32>| {
            let rows = layers[l].weights.chunks_exact(network.layers[l].inputs);
            let rows = rows.skip(units.start).take(units.len());
            let weights = rows.flat_map(|row| row[inputs.clone()].iter().copied()).collect();
            let layer = Layer::new(inputs.len(), units.len(), Activation::Linear);
            (Network::new(vec![layer]), Parameters { layers: vec![LayerParameters { weights, bias }] })
        };
        let (first, top) = (network.layers[0], network.layers.len() - 1);
        let of_first = |inputs, bias| alone(0, inputs, 0..first.outputs, bias);
        let whole = of_first(0..first.inputs, layers[0].bias.clone());
        let parts = columns.encoding.columns.iter();
        let parts = parts.map(|coded| of_first(coded.inputs.clone(), vec![0.0; first.outputs]));
        let outputs = columns.seen.iter().map(|seen| {
            let bias = layers[top].bias[seen.units.clone()].to_vec();
            alone(top, 0..network.layers[top].inputs, seen.units.clone(), bias)
        });
        let between = (top > 1).then(|| {
            let parameters = Parameters { layers: layers[1..top].to_vec() };
            (Network::new(network.layers[1..top].to_vec()), parameters)
        });
        let mut opened = device.apply_each([whole].into_iter().chain(parts).chain(outputs).chain(between))?;
        let mut after = opened.split_off(1 + columns.len());
        let rest = after.split_off(columns.len()).pop();
        let parts = opened.split_off(1);
        Ok(Self { whole: opened.swap_remove(0), parts, rest, outputs: after })
    }

    /// The first layer for some rows.
    pub(super) fn sum(&self, columns: &Columns, cells: &RowCells) -> Summed {
        let apply = |layer: &Arc<dyn Apply>, inputs: &[f32]| {
            let mut sums = vec![0.0; cells.n * layer.network().n_outputs()];
            layer.apply(Rows::Floats(inputs), 0..1, &mut sums);
            sums
        };
        let of_column = |(part, coded): (_, &crate::tabular::CodedColumn)| {
            let rows = cells.inputs.chunks_exact(columns.encoding.n_inputs);
            let inputs: Vec<f32> = rows.flat_map(|row| row[coded.inputs.clone()].iter().copied()).collect();
            apply(part, &inputs)
        };
        let parts = self.parts.iter().zip(&columns.encoding.columns).map(of_column).collect();
        Summed { n: cells.n, whole: apply(&self.whole, &cells.inputs), parts }
    }

    /// The last hidden layer, `(hides, units)`, for each of `hides`: a row, and the columns whose cells are hidden.
    pub(super) fn hidden(&self, summed: &Summed, hides: &[(usize, &[usize])]) -> Vec<f32> {
        let (units, n) = (summed.whole.len() / summed.n.max(1), hides.len());
        let mut first = Vec::with_capacity(n * units);
        for &(row, without) in hides {
            let (start, of_row) = (first.len(), row * units..(row + 1) * units);
            first.extend_from_slice(&summed.whole[of_row.clone()]);
            for &at in without {
                let part = &summed.parts[at][of_row.clone()];
                first[start..].iter_mut().zip(part).for_each(|(sum, part)| *sum -= part);
            }
        }
        first.iter_mut().for_each(|sum| *sum = sum.max(0.0));
        let Some(rest) = &self.rest else { return first };
        let n_layers = rest.network().layers.len();
        let mut hidden = vec![0.0; n * rest.network().width(n_layers)];
        rest.apply(Rows::Floats(&first), 0..n_layers, &mut hidden);
        hidden
    }

    /// Predicts a column of `n` rows from their last hidden layer.
    pub(super) fn column(&self, columns: &Columns, at: usize, hidden: &[f32], n: usize) -> Column {
        let seen = &columns.seen[at];
        let (n_units, n_classes) = (seen.units.len(), seen.kind.n_classes());
        let (mut numbers, mut classes) = (vec![0.0; n], vec![0.0; n * n_classes]);
        let mut outputs = vec![0.0; n * n_units];
        self.outputs[at].apply(Rows::Floats(hidden), 0..1, &mut outputs);
        for (row, units) in outputs.chunks_exact(n_units).enumerate() {
            if matches!(seen.kind, Kind::Number { .. }) {
                numbers[row] = units[0];
            }
            softmax(&units[n_units - n_classes..], &mut classes[row * n_classes..][..n_classes]);
        }
        Column { numbers, classes }
    }
}

/// −ln of the probability of what a cell holds.
pub(super) fn surprise(
    columns: &Columns,
    cells: &RowCells,
    (row, at): (usize, usize),
    (classes, k): (&[f32], usize),
) -> f32 {
    let (kind, cell) = (&columns.seen[at].kind, row * columns.len() + at);
    let probability = classes[k * kind.n_classes() + cells.classes[cell] as usize];
    -probability.max(LEAST).ln() + kind.beyond(cells.numbers[cell])
}

fn softmax(logits: &[f32], to: &mut [f32]) {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = logits.iter().map(|logit| (logit - largest).exp()).sum();
    to.iter_mut().zip(logits).for_each(|(to, logit)| *to = (logit - largest).exp() / sum);
}
