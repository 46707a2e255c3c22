//! A network that restores the cells of a table, and what is wanted of it.

use super::encoding::{Code, Encoding};
use penstroke_engine::{Activation, Cell, Head, Layer, Loss, Network, Objective, Target};

/// Hidden layers of rectified linear units, and the linear output.
pub(crate) fn network(hidden: &[usize], encoding: &Encoding) -> Network {
    let mut layers = Vec::new();
    let mut below = encoding.n_inputs;
    for &units in hidden {
        layers.push(Layer::new(below, units, Activation::Relu));
        below = units;
    }
    layers.push(Layer::new(below, encoding.n_outputs, Activation::Linear));
    Network::new(layers)
}

/// Restores every column, each counting alike: numbers by their squared error, categories by their cross-entropy.
pub(crate) fn objective(encoding: &Encoding) -> Objective {
    let mut heads = Vec::new();
    if encoding.n_numbers > 0 {
        heads.push(Head::new(0..encoding.n_numbers, Loss::Squared, Target::Values));
    }
    for coded in encoding.columns.iter().filter(|coded| matches!(coded.code, Code::Category { .. })) {
        let loss = Loss::SoftmaxCrossEntropy { label_smoothing: 0.0 };
        heads.push(Head::new(coded.units.clone(), loss, Target::Labels).weighing(coded.weight));
    }
    let cells = encoding.columns.iter();
    let cells = cells.map(|coded| Cell { inputs: coded.inputs.clone(), units: coded.units.clone() });
    Objective { cells: cells.collect(), ..Objective::new(heads) }
}
