//! Verification of an engine against the reference, before anything is timed.

use super::options::{BenchOptions, operations};
use crate::config::{Corruption, Training};
use crate::data::Dataset;
use crate::train::{Plan, Run, train};
use crate::{Autoencoder, Error, Event, Flow, Result};
use penstroke_engine::{Apply, Parameters, Precision, Reference, RoundedTerms, Rule, State, Train};

/// Operations per verified step; the reference's plain loops take half a second for them.
const OPERATIONS: f64 = 2.5e8;
/// Small, whatever the options: at a rate where training becomes unstable, rounding errors would grow into differences.
const LEARNING_RATE: f64 = 1e-3;
/// Adam divides a gradient by its own magnitude, so if a gradient is zero except for rounding, the weight may move either
/// way. In networks with 5 to 2000 units, no weights were off by more than 6e-4 of their change.
const ADAM: f64 = 1e-2;

/// The tolerance, as a share of the Euclidean norm of the compared values.
fn tolerance(precision: Precision) -> f64 {
    match precision {
        // Each product is rounded by up to 6e-8. Codes, losses and gradients of networks with 5 to 2000 units were off by
        // 1e-8 to 1e-5; one row of a thousand left out or counted twice gives an error of 3e-2.
        Precision::F32 => 1e-4,
        // An engine that skips zeros may keep factors in full precision that the reference rounds, two per product, by at
        // most 1/512 each.
        Precision::Bf16 => 1.0 / 256.0,
    }
}

/// Makes `engine` and the reference encode some samples and take three steps, the last with fewer samples, and compares
/// the results. Restores the engine's state.
///
/// # Errors
/// If codes, losses or changes of parameters differ by more than rounding explains.
pub(super) fn verify(engine: &mut dyn Train, options: &BenchOptions, data: &Dataset) -> Result<()> {
    let (task, start) = (engine.task().clone(), engine.state());
    let mut reference: Box<dyn Train> = match options.config.training.precision {
        Precision::F32 => Box::new(Reference::<f64>::open(&task, &start)?),
        Precision::Bf16 => Box::new(Reference::<RoundedTerms>::open(&task, &start)?),
    };
    let batch = options
        .config
        .training
        .batch_for(data.n_samples())
        .min((OPERATIONS / operations(&task.network)) as usize)
        .max(8);
    let n_samples = data.n_samples().min(2 * batch + batch.div_ceil(3));
    let few = data.select(&(0..n_samples).collect::<Vec<_>>());

    let allowed = tolerance(options.config.training.precision);
    let path = engine.describe().path;
    agree_on_codes(engine, &*reference, &few, allowed)?;

    let (have, want) = (losses(engine, &few, batch)?, losses(&mut *reference, &few, batch)?);
    agree(path, "losses", distance(&have, &want), allowed * norm(&want))?;

    let allowed = if let Rule::Adam { .. } = task.optimizer.rule { allowed.max(ADAM) } else { allowed };
    let (have, want) = (engine.state().parameters.layers, reference.state().parameters.layers);
    for ((have, want), start) in have.iter().zip(&want).zip(&start.parameters.layers) {
        for (what, have, want, start) in [
            ("weights", &have.weights, &want.weights, &start.weights),
            ("biases", &have.bias, &want.bias, &start.bias),
        ] {
            // In addition, each of three steps rounds every parameter by half of f32's 1.2e-7.
            let rounding = 3.0 * 0.5 * f64::from(f32::EPSILON) * norm(want);
            agree(path, what, distance(have, want), allowed * distance(want, start) + rounding)?;
        }
    }
    engine.set_state(&start);
    Ok(())
}

/// Makes `engine` and the reference encode some samples, and compares the codes.
///
/// # Errors
/// If they differ by more than rounding explains.
pub(super) fn verify_codes(engine: &dyn Apply, model: &Autoencoder, data: &Dataset) -> Result<()> {
    let task = model.task();
    let state = State::new(&task.network, Parameters::clone(model.shared_parameters()));
    let reference = Reference::<f64>::open(&task, &state)?;
    let n_samples = data.n_samples().min((OPERATIONS / operations(&task.network)) as usize).max(1);
    let few = data.select(&(0..n_samples).collect::<Vec<_>>());
    agree_on_codes(engine, &reference, &few, tolerance(Precision::F32))
}

fn agree_on_codes(engine: &dyn Apply, reference: &dyn Apply, data: &Dataset, allowed: f64) -> Result<()> {
    let encode = |engine: &dyn Apply| {
        let mut codes = vec![0.0; data.n_samples() * engine.network().layers[0].outputs];
        engine.apply(data.rows(), 0..1, &mut codes);
        codes
    };
    let (have, want) = (encode(engine), encode(reference));
    agree(engine.describe().path, "codes", distance(&have, &want), allowed * norm(&want))
}

fn agree(path: &str, what: &str, error: f64, allowed: f64) -> Result<()> {
    // Not the other way round: the error may be NaN.
    if error <= allowed {
        return Ok(());
    }
    Err(Error::numerical(format!(
        "bench: the {what} on {path} differ from the reference by {error:.1e}; rounding explains at most {allowed:.1e}"
    )))
}

/// The Euclidean norm.
fn norm<T: Copy + Into<f64>>(values: &[T]) -> f64 {
    values.iter().map(|&value| value.into().powi(2)).sum::<f64>().sqrt()
}

fn distance<T: Copy + Into<f64>>(a: &[T], b: &[T]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| (a.into() - b.into()).powi(2)).sum::<f64>().sqrt()
}

/// The mean loss of the samples of an epoch so far, after each step.
fn losses(engine: &mut dyn Train, data: &Dataset, batch: usize) -> Result<Vec<f64>> {
    let all: Vec<u32> = (0..data.n_samples() as u32).collect();
    let training = Training {
        epochs: Some(1),
        batch: Some(batch),
        learning_rate: LEARNING_RATE,
        corruption: Corruption::NONE,
        ..Training::autoencoder()
    };
    let plan = Plan::new(&training, data, &all, &[]);
    let mut losses = Vec::new();
    let mut observer = |event: &Event| {
        if let Event::Batch { loss, .. } = event {
            losses.push(*loss);
        }
        Flow::Continue
    };
    train(engine, &plan, &mut Run::new().observer(&mut observer))?;
    Ok(losses)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{LoadOptions, Source, load};
    use crate::{Autoencoder, AutoencoderConfig, Optimizer};
    use penstroke_engine::{
        Apply, Batch, CpuOptions, CpuTrain, Description, Network, Noise, Parameters, Rows, State, Step, Task,
    };
    use std::ops::Range;

    /// Faults of an engine.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Fault {
        None,
        /// Codes are off by one sample.
        Codes,
        /// The loss is 0.1 % too large.
        Loss,
        /// Every step is 3 % too long.
        Rate,
        /// One of fifty hidden units does not learn from the last step, which the losses do not show.
        Unit,
        /// The same for one hidden bias.
        Bias,
        /// One weight becomes NaN in that step.
        NotANumber,
    }

    struct Faulty(CpuTrain, Fault);

    impl Apply for Faulty {
        fn network(&self) -> &Network {
            self.0.network()
        }

        fn describe(&self) -> Description {
            self.0.describe()
        }

        fn apply(&self, rows: Rows<'_>, layers: Range<usize>, out: &mut [f32]) {
            self.0.apply(rows, layers, out);
            if self.1 == Fault::Codes {
                out.rotate_left(50);
            }
        }
    }

    impl Train for Faulty {
        fn task(&self) -> &Task {
            self.0.task()
        }

        fn step(&mut self, batch: &Batch<'_>, step: Step) -> f64 {
            let before = self.0.state().parameters.layers.swap_remove(0);
            let learning_rate = if self.1 == Fault::Rate { 1.03 } else { 1.0 } * step.learning_rate;
            let loss = self.0.step(batch, Step { learning_rate, ..step });
            let mut state = self.0.state();
            let layer = &mut state.parameters.layers[0];
            match self.1 {
                _ if batch.ids.len() == 17 => {}
                Fault::Unit => layer.weights[..784].copy_from_slice(&before.weights[..784]),
                Fault::Bias => layer.bias[49] = before.bias[49],
                Fault::NotANumber => layer.weights[5] = f32::NAN,
                _ => {}
            }
            self.0.set_state(&state);
            if self.1 == Fault::Loss { loss * 1.001 } else { loss }
        }

        fn gradients(&mut self, batch: &Batch<'_>, epoch: u32) -> f64 {
            self.0.gradients(batch, epoch)
        }

        fn visit_gradients(&mut self, visit: &mut dyn FnMut(&mut [f32])) {
            self.0.visit_gradients(visit);
        }

        fn update(&mut self, learning_rate: f64) {
            self.0.update(learning_rate);
        }

        fn loss(&mut self, batch: &Batch<'_>, epoch: u32) -> f64 {
            self.0.loss(batch, epoch)
        }

        fn set_corruption(&mut self, corruption: &[Noise]) {
            self.0.set_corruption(corruption);
        }

        fn state(&self) -> State {
            self.0.state()
        }

        fn set_state(&mut self, state: &State) {
            self.0.set_state(state);
        }
    }

    #[test]
    fn a_faulty_engine_is_refused_and_a_correct_one_keeps_its_state() {
        let two = CpuOptions { threads: 2, ..CpuOptions::default() };
        let data = load(&Source::Strokes, &LoadOptions { n: Some(40), ..LoadOptions::default() }).unwrap();
        for optimizer in [Optimizer::SGD, Optimizer::ADAM] {
            for tied in [true, false] {
                let config = AutoencoderConfig { hidden: 50, tied, ..Default::default() }
                    .batch(17)
                    .optimizer(optimizer);
                let model = Autoencoder::initial(&config, &data).unwrap();
                let task = model.task();
                let start = State::new(&task.network, Parameters::clone(model.shared_parameters()));
                let options = BenchOptions { config, ..BenchOptions::default() };
                for (fault, problem) in [
                    (Fault::None, None),
                    (Fault::Codes, Some("codes")),
                    (Fault::Loss, Some("losses")),
                    (Fault::Rate, Some("")),
                    (Fault::Unit, Some("weights")),
                    (Fault::Bias, Some("biases")),
                    (Fault::NotANumber, Some("weights")),
                ] {
                    let mut engine = Faulty(CpuTrain::open(&task, start.clone(), two).unwrap(), fault);
                    match (verify(&mut engine, &options, &data), problem) {
                        (Ok(()), None) => assert!(engine.state() == start),
                        (Err(error), Some(problem)) => {
                            let message = error.to_string();
                            assert!(message.contains(problem), "{fault:?}, {optimizer:?}: {message}");
                        }
                        (result, _) => panic!("{fault:?}, {optimizer:?}, tied {tied}: {result:?}"),
                    }
                }
            }
        }
    }
}
