//! The size of a run: how much is trained and measured.

use super::gate::FEWEST_EPOCHS;

/// Sizes of a run. Presentations are epochs times training samples.
#[derive(Clone, Debug, serde::Serialize)]
pub(super) struct Effort {
    /// Number of training pictures; `None` takes all.
    pub(super) digits: Option<usize>,
    /// Number of test pictures; `None` takes all.
    pub(super) test_digits: Option<usize>,
    /// Presentations of pictures to each model.
    pub(super) digit_presentations: usize,
    /// Masking probabilities; always include 0, 0.25 and 0.5.
    pub(super) masking: Vec<f64>,
    /// Number of random draws of the few labels.
    pub(super) label_draws: usize,
    /// Numbers of training and test patches.
    pub(super) patches: (usize, usize),
    /// Presentations of patches to each model.
    pub(super) presentations: usize,
    /// Weight decays to try.
    pub(super) decays: Vec<f64>,
}

impl Effort {
    /// A first look, in about a minute.
    pub(super) fn quick() -> Self {
        Self {
            digits: Some(6_000),
            test_digits: Some(2_000),
            digit_presentations: 540_000,
            masking: vec![0.0, 0.25, 0.5],
            label_draws: 5,
            patches: (50_000, 4_000),
            presentations: 1_000_000,
            decays: vec![0.5, 5.0],
        }
    }

    /// For generated data: a few minutes on a laptop.
    pub(super) fn normal() -> Self {
        Self {
            digits: Some(20_000),
            test_digits: Some(10_000),
            digit_presentations: 600_000,
            masking: vec![0.0, 0.1, 0.25, 0.5, 0.75],
            label_draws: 10,
            patches: (100_000, 10_000),
            presentations: 1_000_000,
            decays: vec![0.03, 0.5, 5.0, 30.0],
        }
    }

    /// For real data: all of it.
    pub(super) fn full() -> Self {
        Self {
            digits: None,
            test_digits: None,
            digit_presentations: 1_500_000,
            masking: vec![0.0, 0.25, 0.5, 0.75],
            patches: (200_000, 20_000),
            presentations: 2_000_000,
            ..Self::normal()
        }
    }

    /// The same with `factor` times as much training.
    pub(super) fn longer(mut self, factor: usize) -> Self {
        self.digit_presentations = self.digit_presentations.saturating_mul(factor);
        self.presentations = self.presentations.saturating_mul(factor);
        self
    }
}

/// The number of epochs that present `n` samples this many times.
pub(super) fn epochs(presentations: usize, n: usize) -> usize {
    presentations.div_ceil(n.max(1)).max(FEWEST_EPOCHS)
}
