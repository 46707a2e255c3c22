//! The loss of samples that are not trained on, and batches with their answers and weights.

use super::Plan;
use crate::Result;
use crate::data::{Enough, Gathered, Samples, each_batch};
use penstroke_engine::{Answers, Batch, BitRows, Target, Task, Train};

/// Number of samples whose loss is measured at once.
pub(crate) const MEASURED_AT_ONCE: usize = 1024;

/// The mean loss of some samples, corrupted with the random numbers of evaluation `draw`. Reads a few samples at a time, because
/// all of them may not fit into memory.
pub(crate) fn mean_loss(
    engine: &mut dyn Train,
    wanted: Wanted<'_>,
    indices: &[u32],
    draw: u32,
) -> Result<f64> {
    let mut sum = 0.0;
    let answers = wanted.answers(engine.task());
    each_batch(wanted.data, indices, MEASURED_AT_ONCE, |samples| {
        sum += engine.loss(&wanted.batch(&answers, samples), draw) * samples.indices.len() as f64;
        Ok(Enough::No)
    })?;
    Ok(sum / indices.len().max(1) as f64)
}

/// What outputs are compared with.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) data: &'a dyn Samples,
    /// As in [`Plan`].
    pub(crate) targets: Option<&'a [f32]>,
    pub(crate) labels: &'a [&'a [u32]],
    pub(crate) observed: Option<BitRows<'a>>,
    pub(crate) weights: Option<&'a [f32]>,
}

impl<'a> Wanted<'a> {
    pub(super) fn of(plan: &'a Plan<'_>) -> Self {
        let Plan { data, targets, labels, observed, weights, .. } = plan;
        Self { data: *data, targets: *targets, labels, observed: *observed, weights: weights.as_deref() }
    }

    /// What each head is compared with.
    pub(super) fn answers(self, task: &Task) -> Vec<Answers<'a>> {
        let (mut labels, mut values) = (self.labels.iter(), self.targets.unwrap_or_default());
        let answers = task.objective.heads.iter().map(|head| match head.target {
            Target::Input => Answers::Input,
            Target::Labels => {
                let labels = labels.next().copied().or_else(|| self.data.labels());
                Answers::Labels(labels.unwrap_or_default())
            }
            Target::Values => {
                let own = values.len().min(self.data.n_samples() * head.units.len());
                Answers::Values(values.split_off(..own).unwrap_or_default())
            }
        });
        answers.collect()
    }

    pub(super) fn batch<'b>(self, answers: &'b [Answers<'b>], samples: Gathered<'b>) -> Batch<'b>
    where
        'a: 'b,
    {
        let Gathered { rows, alone, indices } = samples;
        let batch = Batch::new(rows, indices);
        Batch { gathered: alone, answers, observed: self.observed, weights: self.weights, ..batch }
    }
}
