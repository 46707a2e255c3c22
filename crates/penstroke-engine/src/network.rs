//! The network: a chain of dense layers.
//!
//! Layer `l` computes `a_l = s_l(W_l a_{l-1} + b_l)` from the input `a_{-1}`, with `W_l` of shape `(outputs, inputs)`.
//! A layer tied to an earlier one uses the transpose of that layer's matrix, which is stored once, and a bias of its
//! own. An autoencoder has two such layers; a classifier has any number.
//!
//! ```
//! use penstroke_engine::{Activation, Network};
//! let network = Network::autoencoder(784, 500, Activation::Sigmoid, Activation::Sigmoid).tied();
//! assert_eq!((network.n_inputs(), network.n_outputs()), (784, 784));
//! network.check()?;
//! # Ok::<(), penstroke_engine::EngineError>(())
//! ```

use crate::error::EngineError;

/// A function applied to every component of a layer's pre-activation (softmax: to all of them together).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// `1 / (1 + e^−a)`.
    Sigmoid,
    /// `tanh a`.
    Tanh,
    /// `max(a, 0)`.
    Relu,
    /// `a`.
    Linear,
    /// `e^a_k / Σ_j e^a_j`; only on the last layer, with
    /// [`Loss::SoftmaxCrossEntropy`](crate::Loss::SoftmaxCrossEntropy).
    Softmax,
}

/// One dense layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Number of inputs.
    pub inputs: usize,
    /// Number of outputs.
    pub outputs: usize,
    /// Activation function.
    pub activation: Activation,
    /// The earlier layer whose transposed matrix it uses instead of its own.
    pub tied_to: Option<usize>,
}

impl Layer {
    /// A layer with weights of its own.
    pub fn new(inputs: usize, outputs: usize, activation: Activation) -> Self {
        Self { inputs, outputs, activation, tied_to: None }
    }

    /// The same layer, using the transposed weights of layer `tied_to`.
    #[must_use]
    pub fn tied(self, tied_to: usize) -> Self {
        Self { tied_to: Some(tied_to), ..self }
    }
}

/// A chain of dense layers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// The layers, from input to output.
    pub layers: Vec<Layer>,
}

impl Network {
    /// A chain of layers.
    pub fn new(layers: Vec<Layer>) -> Self {
        Self { layers }
    }

    /// An untied autoencoder of two layers.
    pub fn autoencoder(visible: usize, hidden: usize, encoder: Activation, decoder: Activation) -> Self {
        Self::new(vec![Layer::new(visible, hidden, encoder), Layer::new(hidden, visible, decoder)])
    }

    /// The same network with its last layer tied to the first.
    #[must_use]
    pub fn tied(mut self) -> Self {
        if let Some(last) = self.layers.last_mut() {
            last.tied_to = Some(0);
        }
        self
    }

    /// Number of inputs, `d`; 0 without layers.
    pub fn n_inputs(&self) -> usize {
        self.layers.first().map_or(0, |layer| layer.inputs)
    }

    /// Number of outputs of the last layer; 0 without layers.
    pub fn n_outputs(&self) -> usize {
        self.layers.last().map_or(0, |layer| layer.outputs)
    }

    /// The number of values between layer `l - 1` and layer `l`: the inputs for 0, else the outputs of layer `l - 1`.
    ///
    /// # Panics
    /// If `l` exceeds the number of layers.
    pub fn width(&self, l: usize) -> usize {
        if l == 0 { self.n_inputs() } else { self.layers[l - 1].outputs }
    }

    /// The layer that stores the matrix used by layer `l`.
    ///
    /// # Panics
    /// If there is no layer `l`.
    pub fn owner(&self, l: usize) -> usize {
        self.layers[l].tied_to.unwrap_or(l)
    }

    /// Checks that the layers fit together.
    ///
    /// # Errors
    /// The first problem found.
    pub fn check(&self) -> Result<(), EngineError> {
        if self.layers.is_empty() {
            return Err(EngineError::NoLayers);
        }
        for (l, layer) in self.layers.iter().enumerate() {
            if layer.inputs == 0 || layer.outputs == 0 {
                return Err(EngineError::EmptyLayer { layer: l });
            }
            if self.width(l) != layer.inputs {
                let outputs = self.width(l);
                return Err(EngineError::Chain { layer: l, inputs: layer.inputs, outputs });
            }
            self.check_tie(l)?;
            if layer.activation == Activation::Softmax && l + 1 < self.layers.len() {
                return Err(EngineError::Softmax { layer: l });
            }
        }
        Ok(())
    }

    fn check_tie(&self, l: usize) -> Result<(), EngineError> {
        let layer = self.layers[l];
        let Some(tied_to) = layer.tied_to else { return Ok(()) };
        let fits = tied_to < l
            && self.layers[tied_to].tied_to.is_none()
            && self.layers[tied_to].inputs == layer.outputs
            && self.layers[tied_to].outputs == layer.inputs;
        if fits { Ok(()) } else { Err(EngineError::Tie { layer: l, tied_to }) }
    }
}
