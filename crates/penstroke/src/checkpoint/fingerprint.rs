//! What tells one training from another: its checkpoint is of no use to a training that differs in anything.

use crate::Result;
use crate::config::Training;
use crate::data::each_piece;
use crate::plan::Plan;
use penstroke_engine::{Parameters, Rows, Task};
use xxhash_rust::xxh3::Xxh3;

/// A digest of everything that decides a training's result.
pub(crate) struct Fingerprint(Xxh3);

impl Fingerprint {
    /// Of training `task` from `parameters` by `plan`.
    pub(crate) fn of(task: &Task, parameters: &Parameters, plan: &Plan<'_>) -> Result<Self> {
        let mut print = Self(Xxh3::new());
        print.text(&format!("{task:?}"));
        let training = Training { threads: 0, ..plan.training.clone() };
        print.text(&format!("{} {training:?} {:?}", plan.first_epoch, plan.range));
        for layer in &parameters.layers {
            print.floats(&layer.weights);
            print.floats(&layer.bias);
        }
        print.len(plan.data.n_samples() * plan.data.n_visible());
        each_piece(plan.data, |rows| {
            match rows {
                Rows::Bytes(values) => print.0.update(values),
                Rows::Floats(values) => print.words(values.iter().map(|value| value.to_le_bytes())),
            }
            Ok(())
        })?;
        print.numbers(plan.data.labels().unwrap_or_default());
        print.floats(plan.targets.unwrap_or_default());
        print.numbers(plan.train);
        print.numbers(plan.valid);
        Ok(print)
    }

    /// Adds something that is written out; its length goes in as well, so that no two sequences give the same bytes.
    pub(crate) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.len(bytes.len());
        self.0.update(bytes);
    }

    fn len(&mut self, len: usize) {
        self.0.update(&(len as u64).to_le_bytes());
    }

    fn floats(&mut self, values: &[f32]) {
        self.len(values.len());
        self.words(values.iter().map(|value| value.to_le_bytes()));
    }

    fn numbers(&mut self, values: &[u32]) {
        self.len(values.len());
        self.words(values.iter().map(|value| value.to_le_bytes()));
    }

    fn words(&mut self, mut words: impl Iterator<Item = [u8; 4]>) {
        // A digest takes a few kilobytes at once as fast as any number.
        let mut block = [0; 4096];
        loop {
            let mut filled = 0;
            for (to, word) in block.as_chunks_mut::<4>().0.iter_mut().zip(&mut words) {
                *to = word;
                filled += 4;
            }
            if filled == 0 {
                return;
            }
            self.0.update(&block[..filled]);
        }
    }

    /// The digest as 32 hexadecimal digits.
    pub(crate) fn finish(self) -> String {
        format!("{:032x}", self.0.digest128())
    }
}
