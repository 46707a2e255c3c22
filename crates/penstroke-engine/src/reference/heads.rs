//! The loss of every head, and its gradient by the last pre-activation.

use super::real::{Real, activate, slope, softmax, softplus};
use super::weights::Reference;
use crate::heads::{Head, Loss};
use crate::network::Activation;
use crate::objective::Emphasis;

/// The targets of one head, for the samples of a batch.
#[derive(Clone, Debug)]
pub enum Given<T> {
    /// The clean input.
    Input,
    /// One class per sample.
    Labels(Vec<u32>),
    /// Values to predict, `(n, units of the head)`.
    Values(Vec<T>),
}

/// The targets of a batch.
#[derive(Clone, Debug)]
pub struct Wanted<T> {
    /// The clean input, `(n, d)`.
    pub clean: Vec<T>,
    /// Which components the corruption affected, `(n, d)`.
    pub struck: Vec<bool>,
    /// One per head; if empty, all heads are compared with the clean input.
    pub given: Vec<Given<T>>,
    /// Which outputs were observed, `(n, outputs)`; `None`: all.
    pub observed: Option<Vec<bool>>,
    /// The weight of each sample; `None`: all are 1.
    pub weights: Option<Vec<T>>,
    /// Number of samples in the step over all machines, by which losses are divided.
    pub total: usize,
}

/// One sample under one head.
struct Cell<'a, T> {
    sample: usize,
    pre: &'a [T],
    out: &'a [T],
    delta: &'a mut [T],
}

impl<T: Real> Reference<T> {
    /// The loss, and its gradient by the last pre-activation, `(n, outputs)`.
    pub(super) fn output(&self, pre: &[T], out: &[T], wanted: &Wanted<T>) -> (T, Vec<T>) {
        let outputs = self.task.network.n_outputs();
        let total = T::from_f64(wanted.total.max(1) as f64);
        let mut loss = T::default();
        let mut delta = vec![T::default(); out.len()];
        for (h, head) in self.task.objective.heads.iter().enumerate() {
            for (sample, delta) in delta.chunks_mut(outputs).enumerate() {
                let row = sample * outputs..(sample + 1) * outputs;
                let delta = &mut delta[head.units.clone()];
                let [pre, out] = [pre, out].map(|values| &values[row.clone()][head.units.clone()]);
                let cell = Cell { sample, pre, out, delta: &mut *delta };
                loss += match head.loss {
                    Loss::SoftmaxCrossEntropy { label_smoothing } => {
                        self.classes(h, head, label_smoothing, wanted, cell)
                    }
                    Loss::Squared | Loss::CrossEntropy => self.components(h, head, wanted, cell),
                };
                delta.iter_mut().for_each(|delta| *delta = *delta / total);
            }
        }
        (loss / total, delta)
    }

    /// Squared error or cross-entropy, for each unit separately.
    fn components(&self, h: usize, head: &Head, wanted: &Wanted<T>, cell: Cell<'_, T>) -> T {
        let activation = self.task.network.layers[self.task.network.layers.len() - 1].activation;
        let mut loss = T::default();
        for k in 0..cell.pre.len() {
            let target = self.target(h, head, wanted, cell.sample, k);
            let weight = self.weight_of(h, head, wanted, (cell.sample, k));
            let (term, gradient) = if head.loss == Loss::CrossEntropy {
                let a = cell.pre[k];
                (softplus(a) - a * target, activate(Activation::Sigmoid, a) - target)
            } else {
                let difference = cell.out[k] - target;
                let by_output = T::from_f64(2.0) * difference;
                (difference * difference, by_output * slope(activation, cell.out[k]))
            };
            loss += weight * term;
            cell.delta[k] = weight * gradient;
        }
        loss
    }

    /// Softmax cross-entropy over the head's units, `t·1 ln Σ e^a − t·a`, whose gradient is `p (t·1) − t`.
    fn classes(&self, h: usize, head: &Head, smoothing: f64, wanted: &Wanted<T>, cell: Cell<'_, T>) -> T {
        let classes = cell.pre.len();
        let targets: Vec<T> = match wanted.given.get(h) {
            Some(Given::Labels(labels)) => {
                let hit = |k: usize| if k == labels[cell.sample] as usize { 1.0 - smoothing } else { 0.0 };
                (0..classes).map(|k| T::from_f64(hit(k) + smoothing / classes as f64)).collect()
            }
            _ => (0..classes).map(|k| self.target(h, head, wanted, cell.sample, k)).collect(),
        };
        let mass = match wanted.given.get(h) {
            Some(Given::Labels(_)) => T::from_f64(1.0),
            _ => targets.iter().fold(T::default(), |sum, &t| sum + t),
        };
        let weight = self.weight_of(h, head, wanted, (cell.sample, 0));
        let largest = cell.pre.iter().fold(cell.pre[0], |m, &a| if a > m { a } else { m });
        let mut rest = T::default();
        cell.pre.iter().for_each(|&a| rest += (a - largest).exp());
        // ln Σ e^(a−m) = ln_1p(Σ − 1)
        let mut loss = mass * ((rest - T::from_f64(1.0)).ln_1p() + largest);
        let mut probabilities = cell.pre.to_vec();
        softmax(&mut probabilities);
        for k in 0..classes {
            loss += -(targets[k] * cell.pre[k]);
            cell.delta[k] = weight * (probabilities[k] * mass - targets[k]);
        }
        weight * loss
    }

    /// The target of unit `k` of a head.
    #[allow(clippy::panic)] // An answer of the wrong kind is a mistake in the program that calls.
    fn target(&self, h: usize, head: &Head, wanted: &Wanted<T>, sample: usize, k: usize) -> T {
        match wanted.given.get(h).unwrap_or(&Given::Input) {
            Given::Input => wanted.clean[sample * self.task.network.n_inputs() + head.units.start + k],
            Given::Values(values) => values[sample * head.units.len() + k],
            Given::Labels(_) => panic!("{:?} does not compare with labels", head.loss),
        }
    }

    /// The weight of unit `k` of a head: that of the sample, times the emphasis if the head reconstructs the input, and 0
    /// if it was not observed.
    fn weight_of(&self, h: usize, head: &Head, wanted: &Wanted<T>, (sample, k): (usize, usize)) -> T {
        let network = &self.task.network;
        let unit = head.units.start + k;
        if wanted.observed.as_ref().is_some_and(|observed| !observed[sample * network.n_outputs() + unit]) {
            return T::default();
        }
        let of_sample = wanted.weights.as_ref().map_or(T::from_f64(1.0), |weights| weights[sample]);
        let restores = matches!(wanted.given.get(h), None | Some(Given::Input));
        match self.task.objective.emphasis.filter(|_| restores) {
            None => of_sample,
            Some(Emphasis { corrupted, rest }) => {
                let struck = wanted.struck[sample * network.n_inputs() + unit];
                of_sample * T::from_f64(if struck { corrupted } else { rest })
            }
        }
    }
}
