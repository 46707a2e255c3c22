//! Engines of every kind, and their comparison with the reference.

use super::tasks::{answers, given, random_state, samples};
use crate::batch::Batch;
use crate::cpu::bf16::Bf16Instructions;
use crate::cpu::isa::InstructionSet;
use crate::cpu::options::CpuOptions;
use crate::cpu::train::CpuTrain;
use crate::engine::{Apply, Step, Train};
use crate::parameters::State;
use crate::reference::Real;
use crate::rows::Rows;
use crate::task::Task;
use crate::{Reference, RoundedTerms};

/// Rounding of f32 sums over up to 784 terms of size 1, and of the approximations in `math`, relative to the largest
/// value of a tensor.
pub(super) const TOLERANCE: f64 = 2e-5;

/// With bf16 factors: about one in ten thousand is so close to the middle of two bf16 numbers that the errors above
/// decide its rounding. That changes it by 1/256, and a sum of many terms by less.
pub(super) const BF16_TOLERANCE: f64 = 1e-3;

/// The instructions and the arithmetic of an engine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    pub(super) isa: InstructionSet,
    pub(super) bf16: Option<Bf16Instructions>,
    /// Overrides the engine's own rule.
    pub(super) sparse_below: Option<f64>,
}

impl Way {
    /// Every combination that this processor has.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let best = InstructionSet::detect();
        let bf16 = Bf16Instructions::all().map(move |bf16| Self { bf16: Some(bf16), ..Self::f32(best) });
        InstructionSet::all().map(Self::f32).chain(bf16.filter(|_| !cfg!(miri)))
    }

    /// The best instructions, in single precision and in bf16.
    pub(super) fn best() -> impl Iterator<Item = Self> {
        let best = Self::f32(InstructionSet::detect());
        [best, Self { bf16: Bf16Instructions::all().next(), ..best }].into_iter()
    }

    /// In single precision.
    pub(super) fn f32(isa: InstructionSet) -> Self {
        Self { isa, bf16: None, sparse_below: None }
    }

    pub(super) fn open(self, spec: &Task, state: &State, threads: usize) -> CpuTrain {
        let options = CpuOptions { threads, instructions: self.isa, ..CpuOptions::default() };
        let mut engine = CpuTrain::open_at(spec, state, options, self.bf16).unwrap();
        if let Some(share) = self.sparse_below {
            engine.worker().set_sparse_below(share);
        }
        engine
    }
}

/// On one thread.
pub(super) fn open(spec: &Task, state: State) -> CpuTrain {
    CpuTrain::open(spec, state, CpuOptions::default()).unwrap()
}

pub(super) fn close(what: &str, have: &[f32], want: &[f64], tolerance: f64) {
    assert_eq!(have.len(), want.len(), "{what}");
    let scale = want.iter().fold(1e-3, |m: f64, v| m.max(v.abs()));
    for (k, (&have, &want)) in have.iter().zip(want).enumerate() {
        let error = (f64::from(have) - want).abs() / scale;
        assert!(error <= tolerance, "{what}[{k}]: {have} for {want} (scale {scale})");
    }
}

pub(super) fn check(spec: &Task, n: usize, way: Way) {
    match way.bf16 {
        None => check_against::<f64>(spec, n, way, TOLERANCE),
        // The engine may skip zeros but never does here: there are too few.
        Some(_) => {
            check_against::<RoundedTerms>(spec, n, Way { sparse_below: Some(0.0), ..way }, BF16_TOLERANCE);
            check_against::<RoundedTerms>(spec, n, Way { sparse_below: Some(1e-9), ..way }, BF16_TOLERANCE);
        }
    }
}

pub(super) fn check_against<T: Real>(spec: &Task, n: usize, way: Way, tolerance: f64) {
    let d = spec.network.n_inputs();
    let data = samples(n + 2, d);
    let answers = answers(n + 2, spec.network.n_outputs());
    let given = given(spec, &answers);
    let indices: Vec<u32> = (0..n as u32).rev().collect();
    let batch = Batch::new(Rows::Floats(&data), &indices).with_answers(&given);
    check_batch::<T>(spec, &batch, way, tolerance);
}

pub(super) fn check_batch<T: Real>(spec: &Task, batch: &Batch<'_>, way: Way, tolerance: f64) {
    let (d, n) = (spec.network.n_inputs(), batch.ids.len());
    let state = random_state(spec);
    let mut cpu = way.open(spec, &state, 2);
    let mut reference = Reference::<T>::open(spec, &state).unwrap();
    let name = format!("{way:?}: {spec:?}, n = {n}");

    let (have, want) = (cpu.loss(batch, 4), reference.loss(batch, 4));
    assert!((have - want).abs() <= tolerance * want.abs().max(1e-3), "{name}: loss {have} for {want}");

    for layers in 0..=spec.network.layers.len() {
        let width = if layers == 0 { d } else { spec.network.layers[layers - 1].outputs };
        let mut have = vec![0.0; batch.rows.len() / d * width];
        let mut want = have.clone();
        cpu.apply(batch.rows, 0..layers, &mut have);
        reference.apply(batch.rows, 0..layers, &mut want);
        close(
            &format!("{name}: layer {layers}"),
            &have,
            &want.iter().map(|&v| f64::from(v)).collect::<Vec<_>>(),
            tolerance,
        );
    }

    let step = Step { epoch: 9, learning_rate: 1e-2 };
    let gradients = reference.training_pass(batch, step.epoch).gradients.map(Real::to_f64);
    let mut fused = way.open(spec, &state, 1);
    let (have, want) = (cpu.gradients(batch, step.epoch), reference.step(batch, step));
    assert!((have - want).abs() <= tolerance * want.abs().max(1e-3), "{name}: loss {have} for {want}");
    for (l, (have, want)) in
        cpu.worker().weights().gradients(&spec.network).layers.iter().zip(&gradients.layers).enumerate()
    {
        close(&format!("{name}: gradient of weights {l}"), &have.weights, &want.weights, tolerance);
        close(&format!("{name}: gradient of bias {l}"), &have.bias, &want.bias, tolerance);
    }
    // The two halves of a step together are the step.
    cpu.update(step.learning_rate);
    fused.step(batch, step);
    assert!(cpu.state() == fused.state(), "{name}: gradients, then update");
}
