//! A network's weights in the engine's own layout; see [`panel`](super::panel).

use super::panel::{Order, Row, WIDTH, floats_mut, n_panels, pack, unpack};
use super::pieces::{Blocks, Parts};
use crate::network::Network;
use crate::parameters::{LayerParameters, Parameters, State};
use crate::task::Task;

/// Which units of a layer run along the rows of its weight panels, and so fill vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Columns {
    /// The outputs: the forward product makes rows of samples, the backward product rows of units.
    Outputs,
    /// The inputs: forward makes rows of units, backward rows of samples.
    Inputs,
}

/// The last layer has its inputs along the rows, so that its output, which is compared with the input, is by unit; the
/// others have their outputs there. A tied layer uses its owner's panels the other way around. Only an earlier layer
/// can be an owner, so the last one is always of the first kind.
pub(super) fn columns(network: &Network, l: usize) -> Columns {
    match network.layers[l].tied_to {
        Some(_) => Columns::Inputs,
        None if l + 1 == network.layers.len() => Columns::Inputs,
        None => Columns::Outputs,
    }
}

/// A weight matrix and the optimizer's moments.
pub(super) struct Matrix {
    pub(super) n_rows: usize,
    pub(super) n_columns: usize,
    /// The layout of the panels relative to the matrix `(outputs, inputs)`.
    order: Order,
    pub(super) weights: Vec<Row>,
    /// First moments; empty if the optimizer keeps none.
    pub(super) first: Vec<Row>,
    /// Second moments, likewise.
    pub(super) second: Vec<Row>,
    /// The last gradient; empty until [`Weights::keep_gradients`].
    pub(super) gradient: Vec<Row>,
}

/// Weights, first and second moments, and gradient, divided in the same way.
pub(super) type MatrixBlocks<'a, const G: usize> =
    (Blocks<'a, Row, G>, Blocks<'a, Row, G>, Blocks<'a, Row, G>, Blocks<'a, Row, G>);

impl Matrix {
    /// Divides everything into blocks of `rows` rows of `G` panels, with the blocks of a panel in sequence.
    pub(super) fn blocks<const G: usize>(&mut self, rows: usize) -> MatrixBlocks<'_, G> {
        let Self { n_rows, weights, first, second, gradient, .. } = self;
        let cut = |tensor| Blocks::new(tensor, *n_rows, rows, Parts::AlongBlocks);
        (cut(weights), cut(first), cut(second), cut(gradient))
    }
}

/// The bias of a layer, in whole rows, and the optimizer's moments.
pub(super) struct BiasOf {
    pub(super) values: Vec<f32>,
    pub(super) first: Vec<f32>,
    pub(super) second: Vec<f32>,
    pub(super) gradient: Vec<f32>,
}

/// Everything that training changes.
pub(super) struct Weights {
    /// One per layer; empty for a tied layer.
    pub(super) matrices: Vec<Matrix>,
    pub(super) biases: Vec<BiasOf>,
    pub(super) steps: u64,
}

/// Selects a tensor of a matrix and of a bias: the values, or one of the moments.
type Tensor = (fn(&Matrix) -> &[Row], fn(&BiasOf) -> &[f32]);

impl Weights {
    pub(super) fn new(task: &Task, state: &State) -> Self {
        let (network, n_moments) = (&task.network, task.optimizer.rule.n_moments());
        let tensors =
            |l: usize| [&state.parameters.layers[l], &state.first.layers[l], &state.second.layers[l]];
        let matrix = |l: usize| {
            let layer = network.layers[l];
            let (n_rows, n_columns, order) = match columns(network, l) {
                Columns::Outputs => (layer.inputs, layer.outputs, Order::Transposed),
                Columns::Inputs => (layer.outputs, layer.inputs, Order::Straight),
            };
            let panels = |tensor: usize| {
                if layer.tied_to.is_some() || tensor > n_moments {
                    return Vec::new();
                }
                let mut panels = vec![Row::ZERO; n_panels(n_columns) * n_rows];
                pack(&tensors(l)[tensor].weights, (n_rows, n_columns), order, &mut panels);
                panels
            };
            let [weights, first, second] = [0, 1, 2].map(panels);
            Matrix { n_rows, n_columns, order, weights, first, second, gradient: Vec::new() }
        };
        let bias = |l: usize| {
            let padded = |tensor: usize| {
                let mut values = tensors(l)[tensor].bias.clone();
                values.resize(network.layers[l].outputs.next_multiple_of(WIDTH), 0.0);
                values
            };
            let [values, first, second] = [0, 1, 2].map(padded);
            BiasOf { gradient: vec![0.0; values.len()], values, first, second }
        };
        let all = 0..network.layers.len();
        Self {
            matrices: all.clone().map(matrix).collect(),
            biases: all.map(bias).collect(),
            steps: state.steps,
        }
    }

    pub(super) fn state(&self, network: &Network) -> State {
        State {
            parameters: self.parameters(network),
            first: self.tensors(network, |m| &m.first, |b| &b.first),
            second: self.tensors(network, |m| &m.second, |b| &b.second),
            steps: self.steps,
        }
    }

    pub(super) fn parameters(&self, network: &Network) -> Parameters {
        self.tensors(network, |m| &m.weights, |b| &b.values)
    }

    fn tensors(
        &self,
        network: &Network,
        panels: fn(&Matrix) -> &[Row],
        bias: fn(&BiasOf) -> &[f32],
    ) -> Parameters {
        let mut parameters = Parameters::zeros(network);
        for (l, to) in parameters.layers.iter_mut().enumerate() {
            self.copy_tensors(l, (panels, bias), to);
        }
        parameters
    }

    /// Copies the weights of one layer.
    pub(super) fn copy_layer(&self, network: &Network, l: usize, to: &mut LayerParameters) {
        let layer = network.layers[l];
        let n_weights = if layer.tied_to.is_some() { 0 } else { layer.inputs * layer.outputs };
        to.weights.resize(n_weights, 0.0);
        to.bias.resize(layer.outputs, 0.0);
        self.copy_tensors(l, (|m| &m.weights, |b| &b.values), to);
    }

    fn copy_tensors(&self, l: usize, (panels, bias): Tensor, to: &mut LayerParameters) {
        let matrix = &self.matrices[l];
        // Moments that the optimizer does not keep are zero.
        if !panels(matrix).is_empty() {
            unpack(panels(matrix), (matrix.n_rows, matrix.n_columns), matrix.order, &mut to.weights);
        }
        let bias = &bias(&self.biases[l])[..to.bias.len()];
        to.bias.copy_from_slice(bias);
    }

    /// Gradients as [`Train::gradients`](crate::Train::gradients) left them.
    #[cfg(test)]
    pub(super) fn gradients(&self, network: &Network) -> Parameters {
        let mut gradients = Parameters::zeros(network);
        for (l, to) in gradients.layers.iter_mut().enumerate() {
            let matrix = &self.matrices[l];
            if !matrix.gradient.is_empty() {
                unpack(&matrix.gradient, (matrix.n_rows, matrix.n_columns), matrix.order, &mut to.weights);
            }
            let bias = &self.biases[l].gradient[..to.bias.len()];
            to.bias.copy_from_slice(bias);
        }
        gradients
    }

    /// Makes room for the weight gradients, which a fused step does not store.
    pub(super) fn keep_gradients(&mut self) {
        self.matrices.iter_mut().for_each(|matrix| matrix.gradient.resize(matrix.weights.len(), Row::ZERO));
    }

    /// Calls `visit` with every tensor of gradients, always in the same order.
    pub(super) fn visit_gradients(&mut self, visit: &mut dyn FnMut(&mut [f32])) {
        for (matrix, bias) in self.matrices.iter_mut().zip(&mut self.biases) {
            visit(floats_mut(&mut matrix.gradient));
            visit(&mut bias.gradient);
        }
    }

    /// The weights of layer `l`: its own, or its owner's if tied.
    pub(super) fn of(&self, network: &Network, l: usize) -> &Matrix {
        &self.matrices[network.owner(l)]
    }
}
