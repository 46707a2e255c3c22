//! Identifies a training: a checkpoint must not continue a different one.

use crate::Result;
use crate::config::Named;
use crate::data::each_piece;
use crate::train::plan::Plan;
use penstroke_engine::{InstructionSet, Rows, Train};
use xxhash_rust::xxh3::Xxh3;

/// A digest of everything that decides the result of a training, as 32 hexadecimal digits: the configuration without defaults,
/// the shape of the network, its weights, and the data.
pub(crate) fn fingerprint(engine: &dyn Train, plan: &Plan<'_>) -> Result<String> {
    let mut digest = Digest(Xxh3::new());
    digest.text(&plan.config);
    digest.text(&format!("{} {:?} {}", plan.epochs, plan.range, plan.first_epoch));
    for layer in &engine.network().layers {
        let (activation, tied) = (layer.activation.name(), layer.tied_to.map_or(-1, |l| l as i64));
        digest.text(&format!("{} {} {activation} {tied}", layer.inputs, layer.outputs));
    }
    for layer in &engine.parameters().layers {
        digest.floats(&layer.weights);
        digest.floats(&layer.bias);
    }
    digest.len(plan.data.n_samples() * plan.data.n_visible());
    each_piece(plan.data, |rows| {
        match rows {
            Rows::Bytes(values) => digest.0.update(values),
            Rows::Floats(values) => digest.words(values.iter().map(|value| value.to_le_bytes())),
        }
        Ok(())
    })?;
    digest.numbers(plan.data.labels().unwrap_or_default());
    digest.floats(plan.targets.unwrap_or_default());
    // Other instructions round differently. The usual ones are left out, as another processor has others.
    if plan.training.instructions != InstructionSet::detect() {
        digest.text(plan.training.instructions.name());
    }
    // Only if there are any, so that other checkpoints stay valid.
    if let Some(weights) = &plan.weights {
        digest.floats(weights);
    }
    digest.numbers(plan.train);
    digest.numbers(plan.valid);
    Ok(format!("{:032x}", digest.0.digest128()))
}

/// The fingerprint of a training that is part of a command.
pub(super) fn of_command(command: &str, fingerprint: &str) -> String {
    let mut digest = Digest(Xxh3::new());
    digest.text(command);
    digest.text(fingerprint);
    format!("{:032x}", digest.0.digest128())
}

struct Digest(Xxh3);

impl Digest {
    /// Adds a text and its length, so that no two sequences of texts give the same bytes.
    fn text(&mut self, text: &str) {
        self.len(text.len());
        self.0.update(text.as_bytes());
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
        // Adding word by word would be slow.
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
}
