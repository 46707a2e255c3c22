//! The loss of every head, and its gradient by the last pre-activation.

use super::real::{Real, activate, slope, softmax, softplus};
use super::weights::Reference;
use crate::heads::{Head, Loss, Target};
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

/// The positions of the `count` largest losses, of equal ones the later.
fn largest<T: Real>(losses: &[T], count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..losses.len()).collect();
    let loss = |at: usize| losses[at].to_f64().abs();
    order.sort_by(|&a, &b| loss(a).total_cmp(&loss(b)).then(a.cmp(&b)));
    order.split_off(losses.len() - count)
}

/// One sample under one head.
struct Compared<'a, T> {
    sample: usize,
    pre: &'a [T],
    out: &'a [T],
    delta: &'a mut [T],
}

impl<T: Real> Reference<T> {
    /// The loss, and its gradient by the last pre-activation, `(n, outputs)`, for the corrupted `input`, `(n, d)`, without the
    /// `trimmed` samples of the largest losses.
    pub(super) fn output(
        &self,
        input: &[T],
        (pre, out): (&[T], &[T]),
        wanted: &Wanted<T>,
        trimmed: usize,
    ) -> (T, Vec<T>) {
        let outputs = self.task.network.n_outputs();
        let total = T::from_f64(wanted.total.max(1) as f64);
        let mut losses = vec![T::default(); out.len() / outputs];
        let mut delta = vec![T::default(); out.len()];
        for (h, head) in self.task.objective.heads.iter().enumerate() {
            for (sample, delta) in delta.chunks_mut(outputs).enumerate() {
                let row = sample * outputs..(sample + 1) * outputs;
                let delta = &mut delta[head.units.clone()];
                let [pre, out] = [pre, out].map(|values| &values[row.clone()][head.units.clone()]);
                let compared = Compared { sample, pre, out, delta: &mut *delta };
                losses[sample] += match head.loss {
                    Loss::SoftmaxCrossEntropy { label_smoothing } => {
                        self.classes(h, head, label_smoothing, wanted, compared)
                    }
                    Loss::Squared | Loss::CrossEntropy => self.components(h, head, wanted, compared),
                    Loss::Denoising => self.denoised(h, head, (input, wanted), compared),
                };
                delta.iter_mut().for_each(|delta| *delta = *delta / total);
            }
        }
        for sample in largest(&losses, trimmed) {
            losses[sample] = T::default();
            delta[sample * outputs..][..outputs].fill(T::default());
        }
        let mut loss = T::default();
        losses.into_iter().for_each(|of_sample| loss += of_sample);
        (loss / total, delta)
    }

    /// Squared error or cross-entropy, for each unit separately.
    fn components(&self, h: usize, head: &Head, wanted: &Wanted<T>, compared: Compared<'_, T>) -> T {
        let activation = self.task.network.layers[self.task.network.layers.len() - 1].activation;
        let mut loss = T::default();
        for k in 0..compared.pre.len() {
            let target = self.target(h, head, wanted, compared.sample, k);
            let weight = self.weight_of(h, head, wanted, (compared.sample, k));
            let (term, gradient) = if head.loss == Loss::CrossEntropy {
                let a = compared.pre[k];
                (softplus(a) - a * target, activate(Activation::Sigmoid, a) - target)
            } else {
                let difference = compared.out[k] - target;
                let by_output = T::from_f64(2.0) * difference;
                (difference * difference, by_output * slope(activation, compared.out[k]))
            };
            loss += weight * term;
            compared.delta[k] = weight * gradient;
        }
        loss
    }

    /// The weighted squared error of what is restored under a level of noise, `r²/s² Σ_j (D_j − x_j)²` with `r² = 1 + s²` and
    /// `D_j = x̃_j/r² + (s/r) F_j`. The level is read off the input, whose last component is `ln(s)/2`; its others are `x̃_j/r`.
    fn denoised(
        &self,
        h: usize,
        head: &Head,
        (input, wanted): (&[T], &Wanted<T>),
        compared: Compared<'_, T>,
    ) -> T {
        let d = self.task.network.n_inputs();
        let (one, two) = (T::from_f64(1.0), T::from_f64(2.0));
        let input = &input[compared.sample * d..][..d];
        let s = (two * input[d - 1]).exp();
        let r = (one + s * s).sqrt();
        let scale = r * r / (s * s);
        let mut loss = T::default();
        for (k, &output) in compared.out.iter().enumerate() {
            let clean = self.target(h, head, wanted, compared.sample, k);
            let weight = self.weight_of(h, head, wanted, (compared.sample, k));
            let corrupted = r * input[head.units.start + k];
            let difference = corrupted / (r * r) + s / r * output - clean;
            loss += weight * (scale * difference * difference);
            compared.delta[k] = weight * (two * scale * difference * s / r);
        }
        loss
    }

    /// Softmax cross-entropy over the head's units, `t·1 ln Σ e^a − t·a`, whose gradient is `p (t·1) − t`.
    fn classes(
        &self,
        h: usize,
        head: &Head,
        smoothing: f64,
        wanted: &Wanted<T>,
        compared: Compared<'_, T>,
    ) -> T {
        let classes = compared.pre.len();
        let targets: Vec<T> = match wanted.given.get(h) {
            Some(Given::Labels(labels)) => {
                let hit =
                    |k: usize| if k == labels[compared.sample] as usize { 1.0 - smoothing } else { 0.0 };
                (0..classes).map(|k| T::from_f64(hit(k) + smoothing / classes as f64)).collect()
            }
            _ => (0..classes).map(|k| self.target(h, head, wanted, compared.sample, k)).collect(),
        };
        let mass = match wanted.given.get(h) {
            Some(Given::Labels(_)) => T::from_f64(1.0),
            _ => targets.iter().fold(T::default(), |sum, &t| sum + t),
        };
        let weight = self.weight_of(h, head, wanted, (compared.sample, 0));
        let largest = compared.pre.iter().fold(compared.pre[0], |m, &a| if a > m { a } else { m });
        let mut rest = T::default();
        compared.pre.iter().for_each(|&a| rest += (a - largest).exp());
        // ln Σ e^(a−m) = ln_1p(Σ − 1)
        let mut loss = mass * ((rest - T::from_f64(1.0)).ln_1p() + largest);
        let mut probabilities = compared.pre.to_vec();
        softmax(&mut probabilities);
        for k in 0..classes {
            loss += -(targets[k] * compared.pre[k]);
            compared.delta[k] = weight * (probabilities[k] * mass - targets[k]);
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

    /// The weight of unit `k` of a head: that of the head times that of the sample, times the emphasis, and 0 if it was not
    /// observed.
    fn weight_of(&self, h: usize, head: &Head, wanted: &Wanted<T>, (sample, k): (usize, usize)) -> T {
        let unit = head.units.start + k;
        let outputs = self.task.network.n_outputs();
        if wanted.observed.as_ref().is_some_and(|observed| !observed[sample * outputs + unit]) {
            return T::default();
        }
        let of_sample = wanted.weights.as_ref().map_or(T::from_f64(1.0), |weights| weights[sample]);
        let target = match wanted.given.get(h) {
            None | Some(Given::Input) => Target::Input,
            Some(Given::Labels(_)) => Target::Labels,
            Some(Given::Values(_)) => Target::Values,
        };
        let objective = &self.task.objective;
        let emphasis = match objective.emphasis.filter(|_| objective.emphasizes(target)) {
            None => 1.0,
            Some(Emphasis { corrupted, rest }) => {
                if self.is_corrupted(wanted, sample, unit) {
                    corrupted
                } else {
                    rest
                }
            }
        };
        of_sample * T::from_f64(head.weight * emphasis)
    }

    /// Whether any component of the unit's cell was affected, or, without cells, the component that it restores.
    fn is_corrupted(&self, wanted: &Wanted<T>, sample: usize, unit: usize) -> bool {
        let (network, objective) = (&self.task.network, &self.task.objective);
        let struck = &wanted.struck[sample * network.n_inputs()..][..network.n_inputs()];
        if objective.cells.is_empty() {
            return struck[unit];
        }
        let cell = objective.cell_of(unit).map(|cell| objective.cells[cell].inputs.clone());
        cell.is_some_and(|inputs| struck[inputs].contains(&true))
    }
}
