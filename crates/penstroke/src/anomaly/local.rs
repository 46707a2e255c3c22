//! The local view: each cell predicted from the others of its row.
//!
//! A cell is hidden, and the local networks predict it: a number under squared error, and its class, one of intervals with about as many
//! rows each, or a category. The *surprise* of a cell is −ln of the probability of its class, averaged over networks, in nats. The intervals
//! of a number are equally likely beforehand, so the surprise orders cells as the likelihood ratio of "comes from any row" against
//! "comes from this row" does: the test for a cell that was swapped with another row's.
//!
//! A wrong cell also makes the others of its row surprising. So the cells with the largest surprises are judged once more: the *gain*
//! of a cell is by how much less surprising the others are, a quarter of the row at a time, if this one is hidden too.

use super::columns::{Columns, Kind, RowCells};
use super::config::DetectorConfig;
use super::training::{Trained, local_network};
use crate::Result;
use crate::config::Training;
use crate::train::Device;
use penstroke_engine::{Activation, Apply, Layer, LayerParameters, Network, Parameters, Rows};
use std::ops::Range;
use std::sync::Arc;

/// Most cells of a row that are hidden one by one; wider rows lose several at once.
const PASSES: usize = 64;

/// Cells of a row whose gain is computed: the most surprising ones.
const CANDIDATES: usize = 5;

/// Groups of cells that are hidden together to find a gain.
const GROUPS: usize = 4;

/// The least probability of a class, which bounds surprises.
const LEAST: f32 = 1e-12;

/// The local networks, ready to be applied.
pub(super) struct Local {
    networks: Vec<Opened>,
}

/// A network whose first layer is divided by the columns that it reads, and whose last one by those that it predicts: hiding a cell is
/// then a subtraction, and predicting one costs no more than it must. Ten times as fast as whole networks for 30 columns.
struct Opened {
    /// The first layer before its activation: of whole rows, and what each column adds.
    whole: Arc<dyn Apply>,
    parts: Vec<Arc<dyn Apply>>,
    /// The other hidden layers, if there are any.
    rest: Option<Arc<dyn Apply>>,
    outputs: Vec<Arc<dyn Apply>>,
}

/// The first layers of all networks for some rows, before their activations.
struct Summed {
    n: usize,
    /// For each network, `(n, units)`.
    whole: Vec<Vec<f32>>,
    /// For each network and column likewise.
    parts: Vec<Vec<Vec<f32>>>,
}

/// What the networks tell of some rows; each `(n, columns)`.
pub(super) struct Predicted {
    /// Squared errors of numbers, in standard deviations, and surprises of categories; 0 for missing cells.
    pub(super) errors: Vec<f32>,
    /// In nats; 0 for missing cells.
    pub(super) surprises: Vec<f32>,
    /// The expected `z` of a number.
    pub(super) numbers: Vec<f32>,
    /// The probabilities of all classes, for [`Predicted::probabilities`].
    classes: Vec<Vec<f32>>,
}

impl Predicted {
    /// What is expected of a cell of one of `n` rows: a number, or the probability of each category.
    pub(super) fn expected(&self, columns: &Columns, (n, row): (usize, usize), at: usize) -> Vec<f32> {
        match columns.seen[at].kind {
            Kind::Number { .. } => vec![self.numbers[row * columns.len() + at]],
            Kind::Category { .. } => self.probabilities(n, row, at).to_vec(),
        }
    }

    /// The probability of each class of a cell.
    pub(super) fn probabilities(&self, n: usize, row: usize, column: usize) -> &[f32] {
        let all = &self.classes[column];
        let width = all.len() / n.max(1);
        &all[row * width..][..width]
    }
}

impl Opened {
    fn new(config: &DetectorConfig, columns: &Columns, trained: &Trained) -> Result<Self> {
        let device = Device::of(&Training { threads: 1, ..Training::autoencoder() });
        let network = local_network(config, columns);
        let layers = &trained.parameters.layers;
        // A layer alone, with some of its inputs and output units.
        let alone = |l: usize, inputs: Range<usize>, units: Range<usize>, bias: Vec<f32>| {
            let rows = layers[l].weights.chunks_exact(network.layers[l].inputs);
            let rows = rows.skip(units.start).take(units.len());
            let weights = rows.flat_map(|row| row[inputs.clone()].iter().copied()).collect();
            let layer = Layer::new(inputs.len(), units.len(), Activation::Linear);
            let parameters = Parameters { layers: vec![LayerParameters { weights, bias }] };
            device.apply(Network::new(vec![layer]), Arc::new(parameters))
        };
        let (first, top) = (network.layers[0], network.layers.len() - 1);
        let of_first = |inputs, bias| alone(0, inputs, 0..first.outputs, bias);
        let parts = columns.encoding.columns.iter();
        let parts = parts.map(|coded| of_first(coded.inputs.clone(), vec![0.0; first.outputs]));
        let below = network.layers[top].inputs;
        let outputs = columns.seen.iter().map(|seen| {
            alone(top, 0..below, seen.units.clone(), layers[top].bias[seen.units.clone()].to_vec())
        });
        let rest = (top > 1).then(|| {
            let parameters = Parameters { layers: layers[1..top].to_vec() };
            device.apply(Network::new(network.layers[1..top].to_vec()), Arc::new(parameters))
        });
        Ok(Self {
            whole: of_first(0..first.inputs, layers[0].bias.clone())?,
            parts: parts.collect::<Result<_>>()?,
            rest: rest.transpose()?,
            outputs: outputs.collect::<Result<_>>()?,
        })
    }

    /// The last hidden layer from the first one before its activation.
    fn hidden(&self, mut first: Vec<f32>, n: usize) -> Vec<f32> {
        first.iter_mut().for_each(|sum| *sum = sum.max(0.0));
        let Some(rest) = &self.rest else { return first };
        let n_layers = rest.network().layers.len();
        let mut hidden = vec![0.0; n * rest.network().width(n_layers)];
        rest.apply(Rows::Floats(&first), 0..n_layers, &mut hidden);
        hidden
    }
}

impl Local {
    pub(super) fn open(config: &DetectorConfig, columns: &Columns, trained: &[Trained]) -> Result<Self> {
        let networks = trained.iter().map(|trained| Opened::new(config, columns, trained));
        Ok(Self { networks: networks.collect::<Result<_>>()? })
    }

    /// The first layers for some rows.
    fn sum(&self, columns: &Columns, cells: &RowCells) -> Summed {
        let (n, width) = (cells.n, columns.encoding.n_inputs);
        let apply = |layer: &Arc<dyn Apply>, inputs: &[f32]| {
            let mut sums = vec![0.0; n * layer.network().n_outputs()];
            layer.apply(Rows::Floats(inputs), 0..1, &mut sums);
            sums
        };
        let of_column = |at: usize| -> Vec<f32> {
            let inputs = columns.encoding.columns[at].inputs.clone();
            cells.inputs.chunks_exact(width).flat_map(|row| row[inputs.clone()].iter().copied()).collect()
        };
        let inputs: Vec<Vec<f32>> = (0..columns.len()).map(of_column).collect();
        let parts = |opened: &Opened| {
            opened.parts.iter().zip(&inputs).map(|(part, inputs)| apply(part, inputs)).collect()
        };
        Summed {
            n,
            whole: self.networks.iter().map(|opened| apply(&opened.whole, &cells.inputs)).collect(),
            parts: self.networks.iter().map(parts).collect(),
        }
    }

    /// The last hidden layer of every network for some rows without the cells of some columns.
    fn hidden(&self, summed: &Summed, rows: &[usize], without: &[usize]) -> Vec<Vec<f32>> {
        let of = |(opened, (whole, parts)): (&Opened, (&Vec<f32>, &Vec<Vec<f32>>))| {
            let units = whole.len() / summed.n.max(1);
            let mut first = Vec::with_capacity(rows.len() * units);
            for &row in rows {
                let (start, units) = (first.len(), row * units..(row + 1) * units);
                first.extend_from_slice(&whole[units.clone()]);
                for &at in without {
                    let part = &parts[at][units.clone()];
                    first[start..].iter_mut().zip(part).for_each(|(sum, part)| *sum -= part);
                }
            }
            opened.hidden(first, rows.len())
        };
        let summed = summed.whole.iter().zip(&summed.parts);
        self.networks.iter().zip(summed).map(of).collect()
    }

    /// For `n` rows, the means over networks of the prediction of a number, and of the probabilities of the classes, `(n, classes)`.
    fn column(&self, columns: &Columns, at: usize, hidden: &[Vec<f32>], n: usize) -> (Vec<f32>, Vec<f32>) {
        let seen = &columns.seen[at];
        let (n_units, n_classes) = (seen.units.len(), seen.kind.n_classes());
        let share = 1.0 / self.networks.len() as f32;
        let (mut numbers, mut classes) = (vec![0.0; n], vec![0.0; n * n_classes]);
        let mut outputs = vec![0.0; n * n_units];
        for (opened, hidden) in self.networks.iter().zip(hidden) {
            opened.outputs[at].apply(Rows::Floats(hidden), 0..1, &mut outputs);
            for (row, units) in outputs.chunks_exact(n_units).enumerate() {
                let logits = &units[n_units - n_classes..];
                if n_classes < n_units {
                    numbers[row] += share * units[0];
                }
                add_softmax(logits, share, &mut classes[row * n_classes..][..n_classes]);
            }
        }
        (numbers, classes)
    }

    /// Predicts every cell of some rows from the others.
    pub(super) fn predict(&self, columns: &Columns, cells: &RowCells) -> Predicted {
        let (n, d) = (cells.n, columns.len());
        let mut predicted = Predicted {
            errors: vec![0.0; n * d],
            surprises: vec![0.0; n * d],
            numbers: vec![0.0; n * d],
            classes: vec![Vec::new(); d],
        };
        let (n_passes, all) = (d.min(PASSES), (0..n).collect::<Vec<_>>());
        let summed = self.sum(columns, cells);
        for pass in 0..n_passes {
            let together: Vec<usize> = (pass..d).step_by(n_passes).collect();
            let hidden = self.hidden(&summed, &all, &together);
            for at in together {
                let (numbers, classes) = self.column(columns, at, &hidden, n);
                for row in 0..n {
                    let cell = row * d + at;
                    predicted.numbers[cell] = numbers[row];
                    if cells.observed[cell] {
                        let surprise = surprise(columns, cells, (row, at), (&classes, row));
                        predicted.surprises[cell] = surprise;
                        predicted.errors[cell] = match columns.seen[at].kind {
                            Kind::Number { .. } => (numbers[row] - cells.numbers[cell]).powi(2),
                            Kind::Category { .. } => surprise,
                        };
                    }
                }
                predicted.classes[at] = classes;
            }
        }
        predicted
    }

    /// Adds to the surprises of the most surprising cells of each row their gains.
    pub(super) fn add_gains(&self, columns: &Columns, cells: &RowCells, surprises: &mut [f32]) {
        let d = columns.len();
        if d < 2 {
            return;
        }
        let mut candidates = vec![Vec::new(); d];
        for row in 0..cells.n {
            let mut order: Vec<usize> = (0..d).filter(|at| cells.observed[row * d + at]).collect();
            let of = |at: usize| surprises[row * d + at];
            order.sort_by(|&a, &b| of(b).total_cmp(&of(a)).then(a.cmp(&b)));
            order.into_iter().take(CANDIDATES).for_each(|at| candidates[at].push(row));
        }
        let (n_groups, all) = (GROUPS.min(d), (0..cells.n).collect::<Vec<_>>());
        let summed = self.sum(columns, cells);
        let surprises_of = |rows: &[usize], hidden: &[usize], of: &[usize]| {
            self.surprises_of(columns, (cells, &summed), rows, (hidden, of))
        };
        for group in (0..n_groups).map(|group| (group..d).step_by(n_groups).collect::<Vec<_>>()) {
            let whole = surprises_of(&all, &group, &group);
            for (at, rows) in candidates.iter().enumerate().filter(|(_, rows)| !rows.is_empty()) {
                let others: Vec<usize> = group.iter().copied().filter(|&other| other != at).collect();
                // The whole group hides a cell of its own, and not another.
                let is_own = others.len() < group.len();
                let hidden = if is_own { others.clone() } else { [&others[..], &[at]].concat() };
                let apart = surprises_of(rows, &hidden, &others);
                for (k, &row) in rows.iter().enumerate() {
                    let apart: f32 = apart[k * others.len()..][..others.len()].iter().sum();
                    let whole = group.iter().zip(&whole[row * group.len()..]);
                    let whole: f32 = whole.filter(|(other, _)| **other != at).map(|(_, of)| of).sum();
                    surprises[row * d + at] += if is_own { apart - whole } else { whole - apart };
                }
            }
        }
    }

    /// For some rows the surprises of the cells `of`, `(rows, of)`, all of `hidden` being hidden; 0 for missing cells.
    fn surprises_of(
        &self,
        columns: &Columns,
        (cells, summed): (&RowCells, &Summed),
        rows: &[usize],
        (hidden, of): (&[usize], &[usize]),
    ) -> Vec<f32> {
        let mut surprises = vec![0.0; rows.len() * of.len()];
        let codes = self.hidden(summed, rows, hidden);
        for (place, &at) in of.iter().enumerate() {
            let (_, classes) = self.column(columns, at, &codes, rows.len());
            for (k, &row) in rows.iter().enumerate() {
                if cells.observed[row * columns.len() + at] {
                    surprises[k * of.len() + place] = surprise(columns, cells, (row, at), (&classes, k));
                }
            }
        }
        surprises
    }
}

/// −ln of the probability of what a cell holds.
fn surprise(
    columns: &Columns,
    cells: &RowCells,
    (row, at): (usize, usize),
    (classes, k): (&[f32], usize),
) -> f32 {
    let (kind, cell) = (&columns.seen[at].kind, row * columns.len() + at);
    let probability = classes[k * kind.n_classes() + cells.classes[cell] as usize];
    -probability.max(LEAST).ln() + kind.beyond(cells.numbers[cell])
}

/// Adds the softmax of the logits, times `share`.
fn add_softmax(logits: &[f32], share: f32, to: &mut [f32]) {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = logits.iter().map(|logit| (logit - largest).exp()).sum();
    for (to, logit) in to.iter_mut().zip(logits) {
        *to += share * (logit - largest).exp() / sum;
    }
}
