//! Dropout in training.

use super::real::Real;
use super::weights::Reference;
use crate::philox::{Draws, Purpose, threshold};

/// The epoch and samples that determine dropout's random numbers; without one, nothing is dropped.
#[derive(Clone, Copy, Debug)]
pub(super) struct Presentation<'a> {
    pub(super) epoch: u32,
    /// The samples of the batch.
    pub(super) samples: &'a [u32],
}

impl<T: Real> Reference<T> {
    /// Factors for the output of layer `l`, `(n, outputs)`: 0 for unit `j` of a sample if word `j` of the layer's
    /// numbers for sample and epoch is below `p·2³²`, which has probability p; otherwise `1 / (1 − p)`. `None` if the
    /// layer drops nothing.
    pub(super) fn factors(&self, l: usize, presentation: Option<Presentation<'_>>) -> Option<Vec<T>> {
        let dropout = self.task.objective.dropout_of(l);
        let Presentation { epoch, samples } = presentation.filter(|_| dropout > 0.0)?;
        let draws = Draws::new(self.task.objective.seed, Purpose::Dropout(l as u16));
        let kept = T::from_f64(1.0) / T::from_f64(1.0 - dropout);
        let outputs = self.task.network.layers[l].outputs;
        let of_sample = |&sample: &u32| {
            let words = (0..outputs).map(move |j| draws.at(epoch, sample).word(j as u32));
            words.map(|word| if u64::from(word) < threshold(dropout) { T::default() } else { kept })
        };
        Some(samples.iter().flat_map(of_sample).collect())
    }
}
