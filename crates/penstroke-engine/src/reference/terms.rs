//! What may be added to a network's training: dropout and a bound of the weights' norms.

use super::{Real, Reference};
use crate::corruption::threshold;
use crate::philox::{Draws, Purpose};

/// Whose random numbers dropout uses; without one, nothing is dropped.
#[derive(Clone, Copy, Debug)]
pub(super) struct Presentation<'a> {
    pub(super) epoch: u32,
    /// The samples of the batch.
    pub(super) samples: &'a [u32],
}

impl<T: Real> Reference<T> {
    /// What the output of layer `l` is multiplied by, `(n, outputs)`: 0 for unit `j` of a sample with probability p, when
    /// word `j` of the layer's numbers for sample and epoch lies below `p·2³²`; else `1 / (1 − p)`. Nothing if there is
    /// nothing to drop.
    pub(super) fn factors(&self, l: usize, presentation: Option<Presentation<'_>>) -> Option<Vec<T>> {
        let layer = self.spec.layers[l];
        let Presentation { epoch, samples } = presentation.filter(|_| layer.dropout > 0.0)?;
        let draws = Draws::new(self.spec.seed, Purpose::Dropout(l as u16));
        let kept = T::from_f64(1.0) / T::from_f64(1.0 - layer.dropout);
        let of_sample = |&sample: &u32| {
            let words = (0..layer.outputs).map(move |j| draws.at(epoch, sample).word(j as u32));
            words.map(|word| if u64::from(word) < threshold(layer.dropout) { T::default() } else { kept })
        };
        Some(samples.iter().flat_map(of_sample).collect())
    }

    /// `W_i ← W_i · c / ‖W_i‖` for every unit whose incoming weights are longer than `c`, in every matrix.
    pub(super) fn bound_norms(&mut self) {
        let Some(bound) = self.spec.max_norm.map(T::from_f64) else { return };
        for (layer, shape) in self.parameters.layers.iter_mut().zip(&self.spec.layers) {
            for row in layer.weights.chunks_mut(shape.inputs) {
                let mut squares = T::default();
                row.iter().for_each(|&w| squares += w * w);
                let norm = squares.sqrt();
                if norm > bound {
                    row.iter_mut().for_each(|w| *w = *w * (bound / norm));
                }
            }
        }
    }
}
