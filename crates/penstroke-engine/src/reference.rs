//! The definition of every operation, in the plainest loops, over `f32` or `f64`.
//!
//! Nothing here is fast. Every other engine is held against it, gradients are checked on it by central differences,
//! and it is itself held against an independent framework. Letters: `n` samples in the batch, layer `l` with
//! `inputs → outputs`, everything row-major.

mod terms;

use crate::batch::{Answers, Batch};
use crate::corruption::{CorruptionDraws, CorruptionUse, Noise, corrupt_row};
use crate::engine::{Apply, Description, Step, Train};
use crate::error::EngineError;
use crate::heads::Loss;
use crate::network::{Activation, Network};
use crate::objective::Emphasis;
use crate::optimizer::{Optimizer, Rule};
use crate::parameters::{LayerParameters, Parameters, State};
use crate::problem::Problem;
use crate::rows::Rows;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Range, Sub};
use terms::Presentation;

/// `f32` or `f64`.
pub trait Real:
    Copy
    + Default
    + PartialOrd
    + Send
    + Sync
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
{
    /// The nearest value to `value`.
    fn from_f64(value: f64) -> Self;
    /// The same value in double precision.
    fn to_f64(self) -> f64;
    /// `e^self`.
    fn exp(self) -> Self;
    /// `ln(1 + self)`.
    fn ln_1p(self) -> Self;
    /// Hyperbolic tangent.
    fn tanh(self) -> Self;
    /// Square root.
    fn sqrt(self) -> Self;
    /// `self·other` as one term of a product of matrices.
    fn term(self, other: Self) -> Self {
        self * other
    }
}

macro_rules! real {
    ($($float:ty),*) => {$(
        impl Real for $float {
            fn from_f64(value: f64) -> Self { value as $float }
            fn to_f64(self) -> f64 { f64::from(self) }
            fn exp(self) -> Self { self.exp() }
            fn ln_1p(self) -> Self { self.ln_1p() }
            fn tanh(self) -> Self { self.tanh() }
            fn sqrt(self) -> Self { self.sqrt() }
        }
    )*};
}
real!(f32, f64);

/// Softplus, `ln(1 + e^a)`, without overflow: `max(a, 0) + ln(1 + e^−|a|)`.
fn softplus<T: Real>(a: T) -> T {
    let zero = T::default();
    let (positive, magnitude) = if a > zero { (a, a) } else { (zero, -a) };
    positive + (-magnitude).exp().ln_1p()
}

/// `s(a)` of one component; softmax is not a function of one component.
fn activate<T: Real>(activation: Activation, a: T) -> T {
    let one = T::from_f64(1.0);
    match activation {
        Activation::Sigmoid => one / (one + (-a).exp()),
        Activation::Tanh => a.tanh(),
        Activation::Relu if a > T::default() => a,
        Activation::Relu => T::default(),
        Activation::Linear | Activation::Softmax => a,
    }
}

/// `s'(a)` written in the output `y = s(a)`.
fn slope<T: Real>(activation: Activation, y: T) -> T {
    let one = T::from_f64(1.0);
    match activation {
        Activation::Sigmoid => y * (one - y),
        Activation::Tanh => one - y * y,
        Activation::Relu if y > T::default() => one,
        Activation::Relu => T::default(),
        Activation::Linear | Activation::Softmax => one,
    }
}

/// What the output is compared with.
#[derive(Clone, Copy, Debug)]
pub enum Wanted<'a, T> {
    /// The clean input, `(n, d)`, and which components the corruption struck.
    Clean {
        /// Values.
        values: &'a [T],
        /// Marks, `(n, d)`.
        struck: &'a [bool],
    },
    /// One class a sample.
    Labels(&'a [u32]),
    /// Values to predict, `(n, outputs)`.
    Values(&'a [T]),
}

/// One forward and backward pass.
#[derive(Clone, Debug, PartialEq)]
pub struct Pass<T> {
    /// `a_l` of every layer, `(n, outputs)`, before the activation.
    pub pre_activations: Vec<Vec<T>>,
    /// The same after it, and after dropout.
    pub activations: Vec<Vec<T>>,
    /// Summed over components, averaged over samples, without [penalties](Reference::penalty).
    pub loss: T,
    /// Of the loss and penalties by every weight and bias; a tied matrix has one gradient, with both of its uses in it.
    pub gradients: Parameters<T>,
}

/// The plain engine.
#[derive(Clone, Debug)]
pub struct Reference<T = f64> {
    problem: Problem,
    parameters: Parameters<T>,
    first: Parameters<T>,
    second: Parameters<T>,
    steps: u64,
}

impl<T: Real> Reference<T> {
    /// A network ready to go on from `state`.
    ///
    /// # Errors
    /// What [`Problem::check`] finds.
    ///
    /// # Panics
    /// If the state does not have the network's shape.
    pub fn open(problem: &Problem, state: &State) -> Result<Self, EngineError> {
        problem.check()?;
        let zeros = Parameters::zeros(&problem.network);
        let mut engine = Self {
            problem: problem.clone(),
            parameters: zeros.clone(),
            first: zeros.clone(),
            second: zeros,
            steps: 0,
        };
        engine.set_state(state);
        Ok(engine)
    }

    /// Weights and biases in full precision.
    #[must_use]
    pub fn parameters(&self) -> &Parameters<T> {
        &self.parameters
    }

    /// The same, to change them.
    pub fn parameters_mut(&mut self) -> &mut Parameters<T> {
        &mut self.parameters
    }

    /// Weight of layer `l` from input `j` to output `i`: its own, or the tied layer's transposed.
    fn weight(&self, l: usize, i: usize, j: usize) -> T {
        let owner = self.problem.network.owner(l);
        let inputs = self.problem.network.layers[owner].inputs;
        let weights = &self.parameters.layers[owner].weights;
        if owner == l { weights[i * inputs + j] } else { weights[j * inputs + i] }
    }

    /// Forward through some layers: pre-activations and activations of each.
    fn forward(
        &self,
        input: &[T],
        layers: Range<usize>,
        presentation: Option<Presentation<'_>>,
    ) -> (Vec<Vec<T>>, Vec<Vec<T>>) {
        let n = input.len() / self.problem.network.width(layers.start);
        let (mut pre_activations, mut activations) = (Vec::new(), Vec::<Vec<T>>::new());
        for (l, layer) in layers.clone().zip(&self.problem.network.layers[layers]) {
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

    /// Forward, loss and every gradient, for the corrupted `input`, `(n, d)`, without dropout, whose numbers need an epoch
    /// and samples ([`Reference::gradients`] has them).
    ///
    /// With `δ_l` the gradient by `a_l`, `(n, outputs)`: the last one comes from loss and activation, and
    /// `δ_{l−1} = (δ_l W_l) ∘ s'`; `∂W_l = δ_lᵀ a_{l−1}`, which a tied layer adds, transposed, to its owner's; `∂b_l` is
    /// the sum of `δ_l` over samples.
    ///
    /// # Panics
    /// If the target does not have the batch's shape, or is not what the loss compares with.
    #[must_use]
    pub fn pass(&self, input: &[T], target: Wanted<'_, T>) -> Pass<T> {
        self.pass_of_presentation(input, target, None)
    }

    fn pass_of_presentation(
        &self,
        input: &[T],
        target: Wanted<'_, T>,
        presentation: Option<Presentation<'_>>,
    ) -> Pass<T> {
        let spec = &self.problem.network;
        let n = input.len() / spec.n_inputs();
        let (pre_activations, activations) = self.forward(input, 0..spec.layers.len(), presentation);
        let top = spec.layers.len() - 1;
        let (loss, mut delta) = self.output(&pre_activations[top], &activations[top], target, n);
        let mut gradients = Parameters::zeros(spec);
        for l in (0..spec.layers.len()).rev() {
            if l == 0 {
                self.penalize_code(&pre_activations[0], &mut delta, &mut gradients);
            }
            let layer = spec.layers[l];
            let below = if l == 0 { input } else { &activations[l - 1] };
            let owner = spec.owner(l);
            let mut next = vec![T::default(); n * layer.inputs];
            for s in 0..n {
                for i in 0..layer.outputs {
                    let d = delta[s * layer.outputs + i];
                    gradients.layers[l].bias[i] += d;
                    for j in 0..layer.inputs {
                        let at = if owner == l { i * layer.inputs + j } else { j * layer.outputs + i };
                        gradients.layers[owner].weights[at] += d.term(below[s * layer.inputs + j]);
                        next[s * layer.inputs + j] += d.term(self.weight(l, i, j));
                    }
                }
            }
            if l > 0 {
                let activation = spec.layers[l - 1].activation;
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
        self.penalize_weights(&mut gradients);
        Pass { pre_activations, activations, loss, gradients }
    }

    /// The loss, and its gradient by the last pre-activation, `(n, outputs)`.
    #[allow(clippy::panic)] // A target of the wrong kind is a mistake in the program that calls.
    fn output(&self, pre: &[T], out: &[T], target: Wanted<'_, T>, n: usize) -> (T, Vec<T>) {
        let real = T::from_f64;
        let mut loss = T::default();
        let mut delta = vec![T::default(); out.len()];
        let activation = self.problem.network.layers[self.problem.network.layers.len() - 1].activation;
        let head = &self.problem.objective.heads[0];
        match (head.loss, target) {
            (Loss::SoftmaxCrossEntropy { label_smoothing: smoothing }, Wanted::Labels(labels)) => {
                assert_eq!(labels.len(), n, "one label a sample");
                let outputs = self.problem.network.n_outputs();
                let classes = outputs as f64;
                for (s, &label) in labels.iter().enumerate() {
                    let a = &pre[s * outputs..(s + 1) * outputs];
                    let largest = a.iter().fold(a[0], |m, &a| if a > m { a } else { m });
                    let mut rest = T::default();
                    for &a in a {
                        rest += (a - largest).exp();
                    }
                    // ln Σ e^(a−m) = ln_1p(Σ − 1)
                    loss += (rest - real(1.0)).ln_1p() + largest;
                    for k in 0..outputs {
                        let hit = if k == label as usize { 1.0 - smoothing } else { 0.0 };
                        let target = real(hit + smoothing / classes);
                        loss += -(target * a[k]);
                        delta[s * outputs + k] = (out[s * outputs + k] - target) / real(n as f64);
                    }
                }
            }
            (Loss::Squared, Wanted::Values(values)) => {
                assert_eq!(values.len(), out.len(), "a target for every output");
                for k in 0..out.len() {
                    let difference = out[k] - values[k];
                    loss += difference * difference;
                    delta[k] = real(2.0) * difference * slope(activation, out[k]) / real(n as f64);
                }
            }
            (loss_kind @ (Loss::Squared | Loss::CrossEntropy), Wanted::Clean { values, struck }) => {
                assert!(values.len() == out.len() && struck.len() == out.len(), "a target for every output");
                for k in 0..out.len() {
                    let weight = match self.problem.objective.emphasis {
                        None => real(1.0),
                        Some(Emphasis { corrupted, .. }) if struck[k] => real(corrupted),
                        Some(Emphasis { rest, .. }) => real(rest),
                    };
                    let difference = out[k] - values[k];
                    let (term, gradient) = match loss_kind {
                        Loss::CrossEntropy => (softplus(pre[k]) - pre[k] * values[k], difference),
                        _ => (difference * difference, real(2.0) * difference * slope(activation, out[k])),
                    };
                    loss += weight * term;
                    delta[k] = weight * gradient / real(n as f64);
                }
            }
            (loss, _) => panic!("{loss:?} cannot be compared with such a target"),
        }
        (loss / real(n.max(1) as f64), delta)
    }

    /// Changes weights and biases by their gradients.
    pub fn update(&mut self, gradients: &Parameters<T>, learning_rate: f64) {
        self.steps += 1;
        let rule = Change::new(&self.problem.optimizer, self.steps, learning_rate);
        for l in 0..self.problem.network.layers.len() {
            let of = |p: &mut Parameters<T>| std::mem::replace(&mut p.layers[l], empty());
            let (mut w, mut first, mut second) =
                (of(&mut self.parameters), of(&mut self.first), of(&mut self.second));
            let g = &gradients.layers[l];
            for k in 0..w.weights.len() {
                rule.apply(
                    &mut w.weights[k],
                    g.weights[k],
                    &mut first.weights[k],
                    &mut second.weights[k],
                    rule.decay,
                );
            }
            for k in 0..w.bias.len() {
                rule.apply(&mut w.bias[k], g.bias[k], &mut first.bias[k], &mut second.bias[k], 0.0);
            }
            self.parameters.layers[l] = w;
            self.first.layers[l] = first;
            self.second.layers[l] = second;
        }
        self.bound_norms();
    }

    /// The batch as numbers: clean values, corrupted values, marks.
    fn gather(&self, batch: &Batch<'_>, epoch: u32, use_: CorruptionUse) -> (Vec<T>, Vec<T>, Vec<bool>) {
        let d = self.problem.network.n_inputs();
        let source = CorruptionDraws { seed: self.problem.objective.seed, use_ };
        let (mut clean, mut corrupted, mut struck) = (Vec::new(), Vec::new(), Vec::new());
        let (mut row, mut marks) = (vec![0.0; d], vec![false; d]);
        for (at, &sample) in batch.ids.iter().enumerate() {
            batch.rows.copy_to(if batch.gathered { at } else { sample as usize } * d, &mut row);
            clean.extend(row.iter().map(|&v| T::from_f64(f64::from(v))));
            corrupt_row(&self.problem.objective.corruption, source, (epoch, sample), &mut row, &mut marks);
            corrupted.extend(row.iter().map(|&v| T::from_f64(f64::from(v))));
            struck.extend_from_slice(&marks);
        }
        (clean, corrupted, struck)
    }

    fn pass_of(&self, batch: &Batch<'_>, epoch: u32, use_: CorruptionUse) -> Pass<T> {
        let (clean, corrupted, struck) = self.gather(batch, epoch, use_);
        let outputs = self.problem.network.n_outputs();
        let ids = || batch.ids.iter().map(|&id| id as usize);
        let (labels, values): (Vec<u32>, Vec<T>);
        let target = match batch.answers_of(0) {
            Answers::Input => Wanted::Clean { values: &clean, struck: &struck },
            Answers::Labels(all) => {
                labels = ids().map(|id| all[id]).collect();
                Wanted::Labels(&labels)
            }
            Answers::Values(all) => {
                let of = |id: usize| &all[id * outputs..][..outputs];
                values = ids().flat_map(of).map(|&v| T::from_f64(f64::from(v))).collect();
                Wanted::Values(&values)
            }
        };
        let presented = Presentation { epoch, samples: batch.ids };
        let training = use_ == CorruptionUse::Training;
        self.pass_of_presentation(&corrupted, target, training.then_some(presented))
    }

    /// Every gradient of one training batch, without a step.
    #[must_use]
    pub fn gradients(&self, batch: &Batch<'_>, epoch: u32) -> Pass<T> {
        self.pass_of(batch, epoch, CorruptionUse::Training)
    }
}

fn empty<T>() -> LayerParameters<T> {
    LayerParameters { weights: Vec::new(), bias: Vec::new() }
}

/// `e^a_k / Σ_j e^a_j` in place, shifted by the largest so that nothing overflows.
fn softmax<T: Real>(a: &mut [T]) {
    let largest = a.iter().fold(a[0], |m, &a| if a > m { a } else { m });
    let mut sum = T::default();
    for a in a.iter_mut() {
        *a = (*a - largest).exp();
        sum += *a;
    }
    for a in a {
        *a = *a / sum;
    }
}

/// One step of an optimizer, with everything that is the same for all weights worked out once, in `f64`.
struct Change {
    rule: Rule,
    rate: f64,
    decay: f64,
    /// Adam's bias corrections, `1 − β^t`.
    corrections: (f64, f64),
}

impl Change {
    fn new(optimizer: &Optimizer, step: u64, learning_rate: f64) -> Self {
        let corrections = match optimizer.rule {
            Rule::Sgd { .. } => (1.0, 1.0),
            Rule::Adam { beta1, beta2, .. } => (1.0 - beta1.powf(step as f64), 1.0 - beta2.powf(step as f64)),
        };
        let decay = optimizer.weight_decay;
        Self { rule: optimizer.rule, rate: learning_rate, decay, corrections }
    }

    fn apply<T: Real>(&self, w: &mut T, g: T, first: &mut T, second: &mut T, decay: f64) {
        let (real, rate, decay) = (T::from_f64, T::from_f64(self.rate), T::from_f64(decay));
        match self.rule {
            // Without momentum there is no velocity to keep.
            Rule::Sgd { momentum: 0.0 } => *w = *w - rate * (g + decay * *w),
            Rule::Sgd { momentum } => {
                *first = real(momentum) * *first + g + decay * *w;
                *w = *w - rate * *first;
            }
            Rule::Adam { beta1, beta2, epsilon } => {
                let (beta1, beta2) = (real(beta1), real(beta2));
                let one = real(1.0);
                *first = beta1 * *first + (one - beta1) * g;
                *second = beta2 * *second + (one - beta2) * g * g;
                let mean = *first / real(self.corrections.0);
                let deviation = (*second / real(self.corrections.1)).sqrt();
                *w = *w - rate * (mean / (deviation + real(epsilon)) + decay * *w);
            }
        }
    }
}

impl<T: Real> Apply for Reference<T> {
    fn network(&self) -> &Network {
        &self.problem.network
    }

    fn describe(&self) -> Description {
        Description { engine: "reference", path: "plain loops", threads: 1 }
    }

    fn apply(&self, rows: Rows<'_>, layers: Range<usize>, out: &mut [f32]) {
        let mut input = vec![0.0; rows.len()];
        rows.copy_to(0, &mut input);
        let input: Vec<T> = input.iter().map(|&v| T::from_f64(f64::from(v))).collect();
        let (_, activations) = self.forward(&input, layers, None);
        let result = activations.last().map_or(input.as_slice(), Vec::as_slice);
        assert_eq!(out.len(), result.len(), "room for every output");
        for (out, value) in out.iter_mut().zip(result) {
            *out = value.to_f64() as f32;
        }
    }
}

impl<T: Real> Train for Reference<T> {
    fn problem(&self) -> &Problem {
        &self.problem
    }

    fn step(&mut self, batch: &Batch<'_>, step: Step) -> f64 {
        if batch.ids.is_empty() {
            return 0.0;
        }
        let pass = self.gradients(batch, step.epoch);
        self.update(&pass.gradients, step.learning_rate);
        pass.loss.to_f64()
    }

    fn loss(&mut self, batch: &Batch<'_>, epoch: u32) -> f64 {
        self.pass_of(batch, epoch, CorruptionUse::Evaluation).loss.to_f64()
    }

    fn set_corruption(&mut self, corruption: &[Noise]) {
        self.problem.replace_corruption(corruption);
    }

    fn state(&self) -> State {
        let floats = |p: &Parameters<T>| p.map(|v| v.to_f64() as f32);
        State {
            parameters: floats(&self.parameters),
            first: floats(&self.first),
            second: floats(&self.second),
            steps: self.steps,
        }
    }

    fn set_state(&mut self, state: &State) {
        let network = &self.problem.network;
        let fits = state.parameters.fits(network) && state.first.fits(network) && state.second.fits(network);
        assert!(fits, "the state has another network's shape");
        let reals = |p: &Parameters| p.map(|v| T::from_f64(f64::from(v)));
        self.parameters = reals(&state.parameters);
        self.first = reals(&state.first);
        self.second = reals(&state.second);
        self.steps = state.steps;
    }
}
