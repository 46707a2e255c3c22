//! The numbers that a network learns, and the optimizer's moments.

use crate::network::{Activation, Layer, Network};
use crate::philox::{Draws, Purpose};

/// Weights and biases of every layer, or anything of that shape: gradients, moments.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters<T = f32> {
    /// One entry per layer.
    pub layers: Vec<LayerParameters<T>>,
}

/// Weights and bias of one layer.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerParameters<T = f32> {
    /// `(outputs, inputs)`, row-major; empty for a tied layer.
    pub weights: Vec<T>,
    /// `(outputs)`.
    pub bias: Vec<T>,
}

impl<T: Copy + Default> Parameters<T> {
    /// Zeros in the shape of `network`.
    pub fn zeros(network: &Network) -> Self {
        let layer = |layer: &Layer| LayerParameters {
            weights: match layer.tied_to {
                Some(_) => Vec::new(),
                None => vec![T::default(); layer.outputs * layer.inputs],
            },
            bias: vec![T::default(); layer.outputs],
        };
        Self { layers: network.layers.iter().map(layer).collect() }
    }

    /// Converts every number.
    pub fn map<U>(&self, convert: impl Fn(T) -> U) -> Parameters<U> {
        let all = |values: &[T]| values.iter().map(|&value| convert(value)).collect();
        let layer = |layer: &LayerParameters<T>| LayerParameters {
            weights: all(&layer.weights),
            bias: all(&layer.bias),
        };
        Parameters { layers: self.layers.iter().map(layer).collect() }
    }

    /// Whether the numbers have the shape of `network`.
    pub fn fits(&self, network: &Network) -> bool {
        self.layers.len() == network.layers.len()
            && self.layers.iter().zip(&network.layers).all(|(have, need)| {
                let weights = if need.tied_to.is_some() { 0 } else { need.outputs * need.inputs };
                have.weights.len() == weights && have.bias.len() == need.outputs
            })
    }
}

/// How initial weights are drawn: uniform in `±gain·√(6 / (inputs + outputs))` (Glorot and Bengio, 2010). Biases start
/// at 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Initialization {
    /// Gain 1.
    Glorot,
    /// Gain 4 for sigmoid layers, whose slope at 0 is a quarter of tanh's, and 1 for the others.
    GlorotSigmoid,
}

/// Draws the weights before training.
///
/// ```
/// use penstroke_engine::{Activation, Initialization, Network, initial_parameters};
/// let network = Network::autoencoder(3, 3, Activation::Sigmoid, Activation::Linear);
/// let start = initial_parameters(&network, 7, Initialization::GlorotSigmoid);
/// assert!(start.layers[0].weights.iter().all(|w| w.abs() <= 4.0));
/// assert!(start.layers[1].weights.iter().all(|w| w.abs() <= 1.0));
/// ```
pub fn initial_parameters(network: &Network, seed: u64, initialization: Initialization) -> Parameters {
    let mut parameters = Parameters::zeros(network);
    for (index, (layer, shape)) in parameters.layers.iter_mut().zip(&network.layers).enumerate() {
        let gain = match initialization {
            Initialization::GlorotSigmoid if shape.activation == Activation::Sigmoid => 4.0,
            _ => 1.0,
        };
        let reach = gain * (6.0 / (shape.inputs + shape.outputs) as f64).sqrt();
        let mut draws = Draws::new(seed, Purpose::Init).at(0, index as u32).sequence();
        for weight in &mut layer.weights {
            *weight = ((2.0 * draws.uniform() - 1.0) * reach) as f32;
        }
    }
    parameters
}

/// Everything that training changes. An engine restored from it continues as if it had never stopped.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Weights and biases.
    pub parameters: Parameters,
    /// The optimizer's first moments (SGD: the velocity).
    pub first: Parameters,
    /// The optimizer's second moments (SGD: unused, zero).
    pub second: Parameters,
    /// Number of steps taken.
    pub steps: u64,
}

impl State {
    /// The state before the first step.
    pub fn new(network: &Network, parameters: Parameters) -> Self {
        Self { parameters, first: Parameters::zeros(network), second: Parameters::zeros(network), steps: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initial_weights_fill_the_stated_range_evenly() {
        let network = Network::autoencoder(200, 100, Activation::Sigmoid, Activation::Sigmoid).tied();
        let start = initial_parameters(&network, 1, Initialization::GlorotSigmoid);
        let reach = 4.0 * (6.0f64 / 300.0).sqrt();
        let weights = &start.layers[0].weights;
        let n = weights.len() as f64;
        let mean = weights.iter().map(|&w| f64::from(w)).sum::<f64>() / n;
        let variance = weights.iter().map(|&w| f64::from(w).powi(2)).sum::<f64>() / n;
        // A uniform variable on ±r has variance r²/3; the bounds are four standard errors.
        assert!(mean.abs() < 4.0 * reach / (3.0 * n).sqrt());
        assert!((variance / (reach * reach / 3.0) - 1.0).abs() < 4.0 * (0.8 / n).sqrt());
        assert!(weights.iter().all(|&w| f64::from(w).abs() <= reach * (1.0 + 1e-6)));
        assert!(start.layers[1].weights.is_empty() && start.layers[1].bias == vec![0.0; 200]);
    }
}
