//! A network's weights and a batch's activity in the engine's own form; see [`panel`](super::panel).

use super::panel::{Order, Row, WIDTH, n_panels, pack, unpack};
use crate::heads::Target;
use crate::network::Network;
use crate::parameters::{LayerParameters, Parameters, State};
use crate::problem::Problem;

/// Which units of a layer run along the rows of its panels of weights, and so fill vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Columns {
    /// The outputs: the product forwards makes rows of samples, the one backwards rows of units.
    Outputs,
    /// The inputs: forwards rows of units, backwards rows of samples.
    Inputs,
}

/// The last layer has its inputs along the rows, so that the output, which is compared with the input, lies by unit;
/// the others have their outputs there, and a tied layer uses its owner's panels the other way round. Only an earlier
/// layer can be tied to, so that the last one is always of the first kind.
pub(super) fn columns(network: &Network, l: usize) -> Columns {
    match network.layers[l].tied_to {
        Some(_) => Columns::Inputs,
        None if l + 1 == network.layers.len() => Columns::Inputs,
        None => Columns::Outputs,
    }
}

/// A matrix of weights and what the optimizer remembers of it.
pub(super) struct Matrix {
    pub(super) n_rows: usize,
    pub(super) n_columns: usize,
    /// How the panels lie to the matrix `(outputs, inputs)`.
    order: Order,
    pub(super) weights: Vec<Row>,
    /// First moments; empty if the optimizer keeps none.
    pub(super) first: Vec<Row>,
    /// Second moments, likewise.
    pub(super) second: Vec<Row>,
    /// The last gradient, if somebody wants to see it; else empty.
    pub(super) gradient: Vec<Row>,
}

/// The bias of a layer, in whole rows, and what the optimizer remembers of it.
pub(super) struct BiasOf {
    pub(super) values: Vec<f32>,
    pub(super) first: Vec<f32>,
    pub(super) second: Vec<f32>,
    pub(super) gradient: Vec<f32>,
}

/// Everything that training changes.
pub(super) struct Weights {
    /// One a layer; a tied layer's is empty.
    pub(super) matrices: Vec<Matrix>,
    pub(super) biases: Vec<BiasOf>,
    pub(super) steps: u64,
}

impl Weights {
    pub(super) fn new(problem: &Problem, state: &State) -> Self {
        let (network, n_moments) = (&problem.network, problem.optimizer.rule.n_moments());
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
        let tensor = |panels: fn(&Matrix) -> &[Row], bias: fn(&BiasOf) -> &[f32]| {
            let mut parameters = Parameters::zeros(network);
            for (l, LayerParameters { weights, bias: to }) in parameters.layers.iter_mut().enumerate() {
                let matrix = &self.matrices[l];
                // Moments that the optimizer does not keep are zero.
                if !panels(matrix).is_empty() {
                    unpack(panels(matrix), (matrix.n_rows, matrix.n_columns), matrix.order, weights);
                }
                to.copy_from_slice(&bias(&self.biases[l])[..network.layers[l].outputs]);
            }
            parameters
        };
        State {
            parameters: tensor(|m| &m.weights, |b| &b.values),
            first: tensor(|m| &m.first, |b| &b.first),
            second: tensor(|m| &m.second, |b| &b.second),
            steps: self.steps,
        }
    }

    /// The gradients of the last step, for tests; [`keep_gradients`](Self::keep_gradients) comes before it.
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

    #[cfg(test)]
    pub(super) fn keep_gradients(&mut self) {
        self.matrices.iter_mut().for_each(|m| m.gradient = m.weights.clone());
    }
}

/// What one layer makes of a batch: its output and the gradient of the loss by its pre-activation, each by unit,
/// `(units, n)`, and by sample, `(n, units)`, as far as something reads it.
#[derive(Default)]
pub(super) struct Activity {
    pub(super) y_by_unit: Vec<Row>,
    pub(super) y_by_sample: Vec<Row>,
    pub(super) delta_by_unit: Vec<Row>,
    pub(super) delta_by_sample: Vec<Row>,
    /// For every panel of samples, the sum of each unit's deltas.
    pub(super) bias_sums: Vec<f32>,
}

/// The corrupted input of a batch and what it is compared with.
#[derive(Default)]
pub(super) struct Input {
    pub(super) clean: Vec<Row>,
    pub(super) by_unit: Vec<Row>,
    /// Only for a network of one layer.
    pub(super) by_sample: Vec<Row>,
    pub(super) emphasis: Vec<Row>,
    /// For every panel of samples and every component, which samples are not zero.
    pub(super) nonzero_by_unit: Vec<u32>,
    /// For every panel of components and every sample, which components are not zero.
    pub(super) nonzero_by_sample: Vec<u32>,
    /// How many there are, part by part.
    pub(super) nonzero: Vec<u32>,
    /// If outputs are compared with labels, that of each sample.
    pub(super) labels: Vec<u32>,
    /// If outputs are compared with values, these by unit, as `clean`.
    pub(super) targets: Vec<Row>,
    pub(super) cuts: Vec<u64>,
    pub(super) keys: Vec<u64>,
}

impl Input {
    /// What the output is compared with, by unit, if `target` has a value for each unit.
    pub(super) fn expected(&self, target: Target) -> &[Row] {
        match target {
            Target::Values => &self.targets,
            Target::Input | Target::Labels => &self.clean,
        }
    }
}
