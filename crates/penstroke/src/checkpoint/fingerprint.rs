//! What tells one training from another: its checkpoint is of no use to a training that differs in anything.

use crate::train::Plan;
use penstroke_engine::{NetworkSpec, Parameters, Rows};
use sha2::{Digest, Sha256};

/// A digest of everything that decides a training's result.
pub(crate) struct Fingerprint(Sha256);

impl Fingerprint {
    /// Of training the network `spec` from `parameters` by `plan`.
    pub(crate) fn of(spec: &NetworkSpec, parameters: &Parameters, plan: &Plan<'_>) -> Self {
        let mut print = Self(Sha256::new());
        print.text(&format!("{spec:?}"));
        let Plan { first_epoch, epochs, batch, learning_rate, schedule, corruption, seed, .. } = plan;
        print.text(&format!(
            "{first_epoch} {epochs} {batch} {learning_rate} {schedule:?} {corruption:?} {seed}"
        ));
        for layer in &parameters.layers {
            print.floats(&layer.weights);
            print.floats(&layer.bias);
        }
        match plan.data.rows() {
            Rows::Bytes(values) => print.bytes(values),
            Rows::Floats(values) => print.floats(values),
        }
        print.numbers(plan.data.labels().unwrap_or_default());
        print.floats(plan.targets.unwrap_or_default());
        print.numbers(plan.train);
        print.numbers(plan.valid);
        print
    }

    /// Adds something that is written out; its length goes in as well, so that no two sequences give the same bytes.
    pub(crate) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    fn floats(&mut self, values: &[f32]) {
        self.words(values.iter().map(|value| value.to_le_bytes()));
    }

    fn numbers(&mut self, values: &[u32]) {
        self.words(values.iter().map(|value| value.to_le_bytes()));
    }

    fn words(&mut self, mut words: impl ExactSizeIterator<Item = [u8; 4]>) {
        self.0.update((words.len() as u64).to_le_bytes());
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

    /// As 64 hexadecimal digits.
    pub(crate) fn finish(self) -> String {
        use std::fmt::Write;
        self.0.finalize().iter().fold(String::new(), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}
