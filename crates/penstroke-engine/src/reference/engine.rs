//! The reference as an engine.

use super::dropout::Presentation;
use super::heads::{Given, Wanted};
use super::pass::Pass;
use super::real::Real;
use super::weights::Reference;
use crate::batch::{Answers, Batch};
use crate::cells::Donors;
use crate::corruption::{CorruptionDraws, CorruptionUse, Noise, corrupt_row};
use crate::engine::{Apply, Description, Step, Train};
use crate::network::Network;
use crate::parameters::{Parameters, State};
use crate::rows::Rows;
use crate::task::Task;
use std::ops::Range;

impl<T: Real> Reference<T> {
    /// The batch as numbers: clean values, corrupted values, marks.
    fn gather(&self, batch: &Batch<'_>, epoch: u32, use_: CorruptionUse) -> (Vec<T>, Vec<T>, Vec<bool>) {
        let (d, objective) = (self.task.network.n_inputs(), &self.task.objective);
        let source = CorruptionDraws { seed: objective.seed, use_ };
        let (mut clean, mut corrupted, mut struck) = (Vec::new(), Vec::new(), Vec::new());
        let (mut row, mut marks) = (vec![0.0; d], vec![false; d]);
        for (at, &sample) in batch.ids.iter().enumerate() {
            let place = if batch.gathered { at } else { sample as usize };
            batch.rows.copy_to(place * d, &mut row);
            clean.extend(row.iter().map(|&v| T::from_f64(f64::from(v))));
            let donors = Donors { row: place, ..Donors::of(&objective.cells, batch) };
            corrupt_row(&objective.corruption, source, (epoch, sample), donors, (&mut row, &mut marks));
            corrupted.extend(row.iter().map(|&v| T::from_f64(f64::from(v))));
            struck.extend_from_slice(&marks);
        }
        (clean, corrupted, struck)
    }

    fn pass_of(&self, batch: &Batch<'_>, epoch: u32, use_: CorruptionUse) -> Pass<T> {
        let (clean, corrupted, struck) = self.gather(batch, epoch, use_);
        let given = self.task.objective.heads.iter().enumerate();
        let given = given.map(|(h, head)| self.given(batch, h, head.units.len())).collect();
        let outputs = self.task.network.n_outputs();
        let observed = batch.observed.map(|bits| {
            let rows = batch.ids.iter().enumerate();
            let rows = rows.map(|(at, &id)| if batch.gathered { at } else { id as usize });
            rows.flat_map(|row| (0..outputs).map(move |unit| bits.get(row, unit))).collect()
        });
        let weights = batch.weights.map(|weights| {
            batch.ids.iter().map(|&id| T::from_f64(f64::from(weights[id as usize]))).collect()
        });
        let wanted = Wanted { clean, struck, given, observed, weights, total: batch.total };
        let presented = Presentation { epoch, samples: batch.ids };
        let training = use_ == CorruptionUse::Training;
        self.pass_of_presentation(&corrupted, &wanted, training.then_some(presented))
    }

    fn given(&self, batch: &Batch<'_>, head: usize, units: usize) -> Given<T> {
        let ids = batch.ids.iter().map(|&id| id as usize);
        match batch.answers_of(head) {
            Answers::Input => Given::Input,
            Answers::Labels(labels) => Given::Labels(ids.map(|id| labels[id]).collect()),
            Answers::Values(values) => {
                let of = |id: usize| &values[id * units..][..units];
                Given::Values(ids.flat_map(of).map(|&v| T::from_f64(f64::from(v))).collect())
            }
        }
    }

    /// All gradients of a training batch, without an update.
    pub fn training_pass(&self, batch: &Batch<'_>, epoch: u32) -> Pass<T> {
        self.pass_of(batch, epoch, CorruptionUse::Training)
    }
}

impl<T: Real> Apply for Reference<T> {
    fn network(&self) -> &Network {
        &self.task.network
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
    fn task(&self) -> &Task {
        &self.task
    }

    fn step(&mut self, batch: &Batch<'_>, step: Step) -> f64 {
        if batch.ids.is_empty() {
            return 0.0;
        }
        let pass = self.training_pass(batch, step.epoch);
        self.move_by(&pass.gradients, step.learning_rate);
        pass.loss.to_f64()
    }

    fn gradients(&mut self, batch: &Batch<'_>, epoch: u32) -> f64 {
        let pass = self.training_pass(batch, epoch);
        self.gradients = Some(pass.gradients);
        pass.loss.to_f64()
    }

    fn visit_gradients(&mut self, visit: &mut dyn FnMut(&mut [f32])) {
        let Some(gradients) = &mut self.gradients else { return };
        let mut floats = Vec::new();
        for tensor in gradients.layers.iter_mut().flat_map(|layer| [&mut layer.weights, &mut layer.bias]) {
            floats.clear();
            floats.extend(tensor.iter().map(|value| value.to_f64() as f32));
            visit(&mut floats);
            tensor.iter_mut().zip(&floats).for_each(|(to, &value)| *to = T::from_f64(f64::from(value)));
        }
    }

    fn update(&mut self, learning_rate: f64) {
        if let Some(gradients) = self.gradients.take() {
            self.move_by(&gradients, learning_rate);
            self.gradients = Some(gradients);
        }
    }

    fn loss(&mut self, batch: &Batch<'_>, epoch: u32) -> f64 {
        self.pass_of(batch, epoch, CorruptionUse::Evaluation).loss.to_f64()
    }

    fn set_corruption(&mut self, corruption: &[Noise]) {
        self.task.replace_corruption(corruption);
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
        self.put_back(state);
    }
}
