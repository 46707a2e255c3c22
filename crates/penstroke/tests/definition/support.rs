//! A training step seen from outside: what it was shown, and what its loss must be, computed by hand.

use penstroke::data::{Dataset, Values};
use penstroke_engine::philox::{Draws, Purpose};
use penstroke_engine::*;
use std::ops::Range;

/// Both engines with the same network and weights.
pub(crate) fn engines(spec: &Task, parameters: &Parameters) -> [Box<dyn Train>; 2] {
    let state = State::new(&spec.network, parameters.clone());
    [
        Box::new(
            CpuTrain::open(spec, state.clone(), CpuOptions { threads: 2, ..CpuOptions::default() }).unwrap(),
        ),
        Box::new(Reference::<f64>::open(spec, &state).unwrap()),
    ]
}

/// Distinct values in 0.1..0.9: never 0, never at an end of their range.
pub(crate) fn values(n: usize) -> Vec<f32> {
    let mut draws = Draws::new(1, Purpose::Generator(9)).at(0, 0).sequence();
    (0..n).map(|_| (0.1 + 0.8 * draws.uniform()) as f32).collect()
}

/// Makes a training step visible: afterwards the encoder's weights *are* the corrupted input.
///
/// The network is an untied linear autoencoder with one hidden unit per sample. Sample `s` is marked: its component `s`
/// is 1, and its other components in `0..n` are 0. Encoder and biases start at 0; the decoder copies unit `i` to
/// component `i`. So `x̂ = 0`, and if the target is the clean sample, the gradient by the code of sample `s` is `−2/m`
/// at unit `s` and 0 elsewhere, for a batch of `m`. A gradient step of rate `m/2` then leaves `x̃_s` in row `s` of `W`,
/// exactly if `m` is a power of two. If the target were corrupted, some rows would stay empty.
pub(crate) struct Lens {
    engine: Box<dyn Train>,
    start: State,
}

impl Lens {
    /// Number of samples that a lens distinguishes.
    pub(crate) const SAMPLES: usize = 32;
    /// Components per sample.
    pub(crate) const WIDTH: usize = 256;
    /// The components that hold data rather than marks.
    pub(crate) const DATA: Range<usize> = Self::SAMPLES..Self::WIDTH;

    /// The marked samples.
    pub(crate) fn samples() -> Dataset {
        let mut values = values(Self::SAMPLES * Self::WIDTH);
        for (s, row) in values.chunks_exact_mut(Self::WIDTH).enumerate() {
            row[..Self::SAMPLES].fill(0.0);
            row[s] = 1.0;
        }
        Dataset::new("marked", Values::Floats(values), Self::WIDTH).unwrap()
    }

    /// One lens for each engine.
    pub(crate) fn both(corruption: &[Noise]) -> [Self; 2] {
        let (n, d) = (Self::SAMPLES, Self::WIDTH);
        let mut spec = Task::autoencoder(d, n, Activation::Linear, Activation::Linear);
        spec = spec.with_corruption(corruption.to_vec());
        spec.optimizer.rule = Rule::Sgd { momentum: 0.0 };
        let mut parameters = Parameters::zeros(&spec.network);
        for i in 0..n {
            parameters.layers[1].weights[i * n + i] = 1.0;
        }
        engines(&spec, &parameters).map(|engine| Self { start: engine.state(), engine })
    }

    /// The corrupted input of every sample in the batch, `(SAMPLES, WIDTH)`; zeros for other samples.
    pub(crate) fn see(&mut self, batch: &Batch<'_>, epoch: u32) -> Vec<f32> {
        self.engine.set_state(&self.start);
        let learning_rate = batch.ids.len() as f64 / 2.0;
        self.engine.step(batch, Step { epoch, learning_rate });
        self.engine.state().parameters.layers.swap_remove(0).weights
    }
}

/// An engine that learns nothing and records what training shows it.
pub(crate) struct Recorder {
    lens: Lens,
    steps: u32,
    /// Every presentation, in order.
    pub(crate) presented: Vec<Presentation>,
    /// The corruption of every epoch.
    pub(crate) corruptions: Vec<Vec<Noise>>,
    /// The samples and the corruption of every loss computation.
    pub(crate) measured: Vec<(Vec<u32>, Vec<Noise>)>,
}

/// One presentation of a sample.
pub(crate) struct Presentation {
    pub(crate) epoch: u32,
    pub(crate) step: u32,
    /// Its position in the batch.
    pub(crate) place: usize,
    pub(crate) sample: u32,
    /// Which of its values were zero; none is zero before corruption.
    pub(crate) mask: Vec<bool>,
}

impl Recorder {
    pub(crate) fn new(lens: Lens) -> Self {
        Self { lens, steps: 0, presented: Vec::new(), corruptions: Vec::new(), measured: Vec::new() }
    }
}

impl Apply for Recorder {
    fn network(&self) -> &Network {
        self.lens.engine.network()
    }

    fn describe(&self) -> Description {
        self.lens.engine.describe()
    }

    fn apply(&self, rows: Rows<'_>, layers: Range<usize>, out: &mut [f32]) {
        self.lens.engine.apply(rows, layers, out);
    }
}

impl Train for Recorder {
    fn task(&self) -> &Task {
        self.lens.engine.task()
    }

    fn step(&mut self, batch: &Batch<'_>, step: Step) -> f64 {
        let seen = self.lens.see(batch, step.epoch);
        for (place, &sample) in batch.ids.iter().enumerate() {
            let row = &seen[sample as usize * Lens::WIDTH..][Lens::DATA];
            let mask = row.iter().map(|&v| v == 0.0).collect();
            self.presented.push(Presentation { epoch: step.epoch, step: self.steps, place, sample, mask });
        }
        self.steps += 1;
        self.corruptions.resize(step.epoch as usize, Vec::new());
        self.corruptions.push(self.task().objective.corruption.clone());
        1.0
    }

    fn gradients(&mut self, batch: &Batch<'_>, epoch: u32) -> f64 {
        self.lens.engine.gradients(batch, epoch)
    }

    fn visit_gradients(&mut self, visit: &mut dyn FnMut(&mut [f32])) {
        self.lens.engine.visit_gradients(visit);
    }

    fn update(&mut self, learning_rate: f64) {
        self.lens.engine.update(learning_rate);
    }

    fn loss(&mut self, batch: &Batch<'_>, _: u32) -> f64 {
        self.measured.push((batch.ids.to_vec(), self.task().objective.corruption.clone()));
        1.0
    }

    fn set_corruption(&mut self, corruption: &[Noise]) {
        self.lens.engine.set_corruption(corruption);
    }

    fn state(&self) -> State {
        self.lens.engine.state()
    }

    fn set_state(&mut self, state: &State) {
        self.lens.engine.set_state(state);
    }
}

/// The reconstruction of one sample and the last pre-activation, computed directly: `r(W' s(W x + b) + c)`, with `W'`
/// from `W` if tied.
pub(crate) fn reconstruct(spec: &Task, parameters: &Parameters, x: &[f32]) -> (Vec<f64>, Vec<f64>) {
    let [encoder, decoder] = [&parameters.layers[0], &parameters.layers[1]];
    let (d, h) = (spec.network.n_inputs(), spec.network.layers[0].outputs);
    let real = |v: f32| f64::from(v);
    let code: Vec<f64> = (0..h)
        .map(|i| {
            real(encoder.bias[i]) + (0..d).map(|j| real(encoder.weights[i * d + j]) * real(x[j])).sum::<f64>()
        })
        .map(|a| activate(spec.network.layers[0].activation, a))
        .collect();
    let weight = |j: usize, i: usize| match spec.network.layers[1].tied_to {
        Some(_) => encoder.weights[i * d + j],
        None => decoder.weights[j * h + i],
    };
    let pre: Vec<f64> = (0..d)
        .map(|j| real(decoder.bias[j]) + (0..h).map(|i| real(weight(j, i)) * code[i]).sum::<f64>())
        .collect();
    (pre.iter().map(|&a| activate(spec.network.layers[1].activation, a)).collect(), pre)
}

fn activate(activation: Activation, a: f64) -> f64 {
    match activation {
        Activation::Sigmoid => 1.0 / (1.0 + (-a).exp()),
        Activation::Tanh => a.tanh(),
        Activation::Relu => a.max(0.0),
        Activation::Linear => a,
        Activation::Softmax => panic!("no activation of an autoencoder"),
    }
}

/// A loss against two targets.
pub(crate) struct HandLoss {
    /// Against the clean input: the definition.
    pub(crate) clean: f64,
    /// Against the corrupted input: the mistake.
    pub(crate) corrupted: f64,
}

/// The loss over all rows of `data`, `(n, d)`, corrupted as in `epoch`.
pub(crate) fn hand_loss(
    spec: &Task,
    parameters: &Parameters,
    data: &[f32],
    (use_, epoch): (CorruptionUse, u32),
) -> HandLoss {
    let d = spec.network.n_inputs();
    let mut sums = [0.0, 0.0];
    for (sample, x) in data.chunks_exact(d).enumerate() {
        let (mut damaged, mut struck) = (x.to_vec(), vec![false; d]);
        let draws = CorruptionDraws { seed: spec.objective.seed, use_ };
        let row = (&mut damaged[..], &mut struck[..]);
        corrupt_row(&spec.objective.corruption, draws, (epoch, sample as u32), Donors::NONE, row);
        let (restored, pre) = reconstruct(spec, parameters, &damaged);
        for (sum, target) in sums.iter_mut().zip([x, &damaged]) {
            for j in 0..d {
                let weight =
                    spec.objective.emphasis.map_or(1.0, |e| if struck[j] { e.corrupted } else { e.rest });
                let target = f64::from(target[j]);
                let term = match spec.objective.heads[0].loss {
                    Loss::Squared => (restored[j] - target).powi(2),
                    // Computed from the output: a different formula from the engines', with the same value.
                    _ => {
                        let log = |p: f64| p.max(f64::MIN_POSITIVE).ln();
                        let other = 1.0 / (1.0 + pre[j].exp());
                        -target * log(restored[j]) - (1.0 - target) * log(other)
                    }
                };
                *sum += weight * term;
            }
        }
    }
    let n = (data.len() / d) as f64;
    HandLoss { clean: sums[0] / n, corrupted: sums[1] / n }
}
