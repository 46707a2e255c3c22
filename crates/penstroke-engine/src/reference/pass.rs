//! The forward and the backward pass.

use super::dropout::Presentation;
use super::heads::Wanted;
use super::real::{Real, activate, slope, softmax};
use super::weights::Reference;
use crate::network::Activation;
use crate::parameters::Parameters;
use std::ops::Range;

/// The result of one forward and backward pass.
#[derive(Clone, Debug, PartialEq)]
pub struct Pass<T> {
    /// `a_l` of every layer, `(n, outputs)`, before the activation.
    pub pre_activations: Vec<Vec<T>>,
    /// The output of every layer, after activation and dropout.
    pub activations: Vec<Vec<T>>,
    /// Summed over components, averaged over samples, without [penalties](Reference::penalty).
    pub loss: T,
    /// Gradients of loss and penalties by every weight and bias; a tied matrix has one gradient, summed over both uses.
    pub gradients: Parameters<T>,
}

impl<T: Real> Reference<T> {
    /// Runs some layers forward: pre-activations and activations of each.
    pub(super) fn forward(
        &self,
        input: &[T],
        layers: Range<usize>,
        presentation: Option<Presentation<'_>>,
    ) -> (Vec<Vec<T>>, Vec<Vec<T>>) {
        let n = input.len() / self.task.network.width(layers.start);
        let (mut pre_activations, mut activations) = (Vec::new(), Vec::<Vec<T>>::new());
        for (l, layer) in layers.clone().zip(&self.task.network.layers[layers]) {
            let below = activations.last().map_or(input, Vec::as_slice);
            let mut pre = vec![T::default(); n * layer.outputs];
            for s in 0..n {
                for i in 0..layer.outputs {
                    let mut sum = self.parameters.layers[l].bias[i];
                    for j in 0..layer.inputs {
                        sum += self.weight(l, i, j).term(below[s * layer.inputs + j]);
                    }
                    pre[s * layer.outputs + i] = sum;
                }
            }
            let mut out: Vec<T> = pre.iter().map(|&a| activate(layer.activation, a)).collect();
            if layer.activation == Activation::Softmax {
                out.chunks_mut(layer.outputs).for_each(softmax);
            }
            if let Some(factors) = self.factors(l, presentation) {
                out.iter_mut().zip(&factors).for_each(|(y, &factor)| *y = *y * factor);
            }
            pre_activations.push(pre);
            activations.push(out);
        }
        (pre_activations, activations)
    }

    /// Runs the corrupted `input`, `(n, d)`, forward and backward: loss and all gradients. There is no trimming
    /// and no dropout, whose numbers need an epoch and samples; [`Reference::training_pass`] includes both.
    ///
    /// With `δ_l` the gradient by `a_l`, `(n, outputs)`: the last one comes from the heads, and `δ_{l−1} = (δ_l W_l) ∘
    /// s'`; `∂W_l = δ_lᵀ a_{l−1}`, which a tied layer adds, transposed, to its owner's; `∂b_l` is the sum of `δ_l` over
    /// samples.
    ///
    /// # Panics
    /// If `wanted` does not fit the batch's shape or the targets of the heads.
    pub fn pass(&self, input: &[T], wanted: &Wanted<T>) -> Pass<T> {
        self.pass_of_presentation(input, wanted, None)
    }

    pub(super) fn pass_of_presentation(
        &self,
        input: &[T],
        wanted: &Wanted<T>,
        presentation: Option<Presentation<'_>>,
    ) -> Pass<T> {
        let network = &self.task.network;
        let (pre_activations, activations) = self.forward(input, 0..network.layers.len(), presentation);
        let top = network.layers.len() - 1;
        let n = input.len() / network.n_inputs();
        let trimmed = presentation.map_or(0, |_| self.task.objective.n_trimmed(n));
        let output = (&pre_activations[top][..], &activations[top][..]);
        let (loss, mut delta) = self.output(input, output, wanted, trimmed);
        let mut gradients = Parameters::zeros(network);
        for l in (0..network.layers.len()).rev() {
            if l == 0 {
                self.penalize_code(&pre_activations[0], wanted.total, &mut delta, &mut gradients);
            }
            let below = if l == 0 { input } else { &activations[l - 1] };
            let mut next = self.backward(l, below, &delta, &mut gradients);
            if l > 0 {
                let activation = network.layers[l - 1].activation;
                // Not the output, which dropout may have changed.
                for (next, &a) in next.iter_mut().zip(&pre_activations[l - 1]) {
                    *next = *next * slope(activation, activate(activation, a));
                }
                if let Some(factors) = self.factors(l - 1, presentation) {
                    next.iter_mut().zip(&factors).for_each(|(next, &factor)| *next = *next * factor);
                }
            }
            delta = next;
        }
        self.penalize_weights(n as f64 / wanted.total.max(1) as f64, &mut gradients);
        Pass { pre_activations, activations, loss, gradients }
    }

    /// Adds the gradients of layer `l`, whose input is `below`, and returns the gradient by that input.
    fn backward(&self, l: usize, below: &[T], delta: &[T], gradients: &mut Parameters<T>) -> Vec<T> {
        let layer = self.task.network.layers[l];
        let owner = self.task.network.owner(l);
        let mut next = vec![T::default(); below.len()];
        for (s, delta) in delta.chunks(layer.outputs).enumerate() {
            for (i, &d) in delta.iter().enumerate() {
                gradients.layers[l].bias[i] += d;
                for j in 0..layer.inputs {
                    let at = if owner == l { i * layer.inputs + j } else { j * layer.outputs + i };
                    gradients.layers[owner].weights[at] += d.term(below[s * layer.inputs + j]);
                    next[s * layer.inputs + j] += d.term(self.weight(l, i, j));
                }
            }
        }
        next
    }
}
