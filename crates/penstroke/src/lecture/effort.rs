//! How much is trained and measured, by what is asked for.

/// Sizes of a run. Presentations are samples shown to a model: epochs times training samples.
#[derive(Clone, Debug, serde::Serialize)]
pub(super) struct Effort {
    /// Digits to train on; none takes all that there are.
    pub(super) digits: Option<usize>,
    /// Digits to test on; none takes all.
    pub(super) test_digits: Option<usize>,
    /// Epochs over the digits.
    pub(super) digit_epochs: usize,
    /// Masking probabilities of the curve; 0, 0.25 and 0.5 are always among them.
    pub(super) masking: Vec<f64>,
    /// Random draws of few labels.
    pub(super) label_draws: usize,
    /// Patches of scenes to train on, and to test on.
    pub(super) patches: (usize, usize),
    /// Presentations of patches, the same for every model.
    pub(super) presentations: usize,
    /// Weight decays to try.
    pub(super) decays: Vec<f64>,
}

impl Effort {
    /// A first look, in well under a minute.
    pub(super) fn quick() -> Self {
        Self {
            digits: Some(6_000),
            test_digits: Some(2_000),
            digit_epochs: 15,
            masking: vec![0.0, 0.25, 0.5],
            label_draws: 5,
            patches: (30_000, 4_000),
            presentations: 300_000,
            decays: vec![0.03, 0.5, 5.0, 30.0],
        }
    }

    /// What generated data deserve: a few minutes on a laptop.
    pub(super) fn normal() -> Self {
        Self {
            digits: Some(20_000),
            test_digits: Some(10_000),
            digit_epochs: 15,
            masking: vec![0.0, 0.1, 0.25, 0.5, 0.75],
            label_draws: 10,
            patches: (100_000, 10_000),
            presentations: 1_000_000,
            decays: vec![0.03, 0.5, 5.0, 30.0],
        }
    }

    /// Real data: everything that there is.
    pub(super) fn full() -> Self {
        Self {
            digits: None,
            test_digits: None,
            digit_epochs: 25,
            masking: vec![0.0, 0.25, 0.5, 0.75],
            patches: (200_000, 20_000),
            presentations: 2_000_000,
            ..Self::normal()
        }
    }
}
