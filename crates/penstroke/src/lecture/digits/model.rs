//! The measurements on digits.

use crate::data::Dataset;
use crate::eval::firing;
use crate::eval::interval::Paired;
use crate::lecture::gate::Convergence;
use crate::lecture::statistic::Statistic;
use crate::{Autoencoder, Corruption, Result};
use serde::Serialize;

/// The masking probability at which all models are compared.
pub(in crate::lecture) const COMMON_MASKING: f64 = 0.25;

/// Everything measured on digits.
#[derive(Serialize)]
pub(in crate::lecture) struct Digits {
    pub(in crate::lecture) source: String,
    /// Whether the pictures are digits.
    #[serde(skip)]
    pub(in crate::lecture) are_digits: bool,
    pub(in crate::lecture) n_train: usize,
    pub(in crate::lecture) n_test: usize,
    pub(in crate::lecture) corruption_rate: Rate,
    pub(in crate::lecture) target: TargetCheck,
    pub(in crate::lecture) raw: Probed,
    pub(in crate::lecture) models: Vec<Model>,
    /// For each seed, the corruption of the model whose code was chosen on validation pictures.
    pub(in crate::lecture) chosen_codes: Vec<String>,
    pub(in crate::lecture) few_labels: Vec<FewLabels>,
    pub(in crate::lecture) maxima: Vec<Maxima>,
    /// Error of copying the corrupted digits. Models are compared on the same digits with the same masks.
    pub(in crate::lecture) copying_error: f64,
    #[serde(skip)]
    pub(in crate::lecture) train: Dataset,
    #[serde(skip)]
    pub(in crate::lecture) test: Dataset,
    #[serde(skip)]
    pub(in crate::lecture) repaired: Repaired,
}

/// The measured rate of the corruption.
#[derive(Serialize)]
pub(in crate::lecture) struct Rate {
    pub(in crate::lecture) q: f64,
    pub(in crate::lecture) n_components: usize,
    pub(in crate::lecture) measured: Statistic,
}

/// The loss of a training step from the initial weights, reported by the engine and computed directly.
#[derive(Serialize)]
pub(in crate::lecture) struct TargetCheck {
    pub(in crate::lecture) reported: f64,
    pub(in crate::lecture) against_clean: f64,
    pub(in crate::lecture) against_corrupted: f64,
}

/// The result of searching for the inputs that most excite the units of one model.
#[derive(Serialize)]
pub(in crate::lecture) struct Maxima {
    pub(in crate::lecture) seed: u64,
    /// Units tested through the model's encoder, with all filters among the inputs.
    pub(in crate::lecture) n_units: usize,
    /// Tested units that no input excited more than their own filter.
    pub(in crate::lecture) n_confirmed: usize,
    /// Number of random inputs of norm 1.
    pub(in crate::lecture) n_random: usize,
    /// Gradient ascent on some of the units' pre-activations.
    pub(in crate::lecture) ascents: Vec<firing::Maximum>,
}

/// The digits on which repair is shown and measured, clean and with the common masking; both `(n, d)`.
#[derive(Default)]
pub(in crate::lecture) struct Repaired {
    pub(in crate::lecture) clean: Vec<f32>,
    pub(in crate::lecture) corrupted: Vec<f32>,
}

/// A linear classifier and its test error.
#[derive(Clone, Serialize)]
pub(in crate::lecture) struct Probed {
    pub(in crate::lecture) test_error_percent: Statistic,
    pub(in crate::lecture) valid_error_percent: f64,
    pub(in crate::lecture) penalty: f64,
    pub(in crate::lecture) converged: bool,
    #[serde(skip)]
    pub(in crate::lecture) predictions: Vec<u32>,
    #[serde(skip)]
    pub(in crate::lecture) valid_errors: usize,
}

/// A trained model and its measurements.
#[derive(Serialize)]
pub(in crate::lecture) struct Model {
    pub(in crate::lecture) seed: u64,
    pub(in crate::lecture) corruption: Corruption,
    /// Masking probability; `None` for Gaussian noise.
    pub(in crate::lecture) masking: Option<f64>,
    pub(in crate::lecture) train_loss: Vec<f64>,
    /// Loss on test digits under the model's own corruption.
    pub(in crate::lecture) test_loss: f64,
    /// Expected loss of the best linear denoiser on the same digits; `None` without corruption.
    pub(in crate::lecture) linear_loss: Option<f64>,
    /// `test_loss` divided by `linear_loss`, with its interval over tenths of the test digits.
    pub(in crate::lecture) loss_ratio: Option<Statistic>,
    pub(in crate::lecture) convergence: Convergence,
    /// Mean squared error per corrupted component, under the common masking.
    pub(in crate::lecture) repair_error: f64,
    pub(in crate::lecture) probe: Probed,
    pub(in crate::lecture) moran: Statistic,
    pub(in crate::lecture) correlation_length: Statistic,
    /// Share of units whose filter has a positive peak: their strongest stroke excites them.
    pub(in crate::lecture) positive_peaks: Statistic,
    #[serde(skip)]
    pub(in crate::lecture) morans: Vec<f64>,
    #[serde(skip)]
    pub(in crate::lecture) lengths: Vec<f64>,
    /// Squared error of each repaired digit, summed over its corrupted components.
    #[serde(skip)]
    pub(in crate::lecture) damage: Vec<f64>,
    #[serde(skip)]
    pub(in crate::lecture) model: Autoencoder,
}

impl Model {
    /// The model's corruption in words.
    pub(in crate::lecture) fn words(&self) -> String {
        match self.masking {
            Some(0.0) => "no noise".into(),
            Some(q) => format!("masking, q = {q}"),
            None => self.corruption.to_string().replace("gaussian:", "Gaussian, σ = "),
        }
    }

    /// The model's corruption, in a sentence.
    pub(in crate::lecture) fn noise(&self) -> String {
        match self.masking {
            Some(_) => self.words().replace("masking, q", "masking of q"),
            None => self.words().replace("Gaussian, σ", "Gaussian noise of σ"),
        }
        .replace(" = ", "\u{a0}=\u{a0}")
    }
}

/// Classifiers trained on few labels.
#[derive(Serialize)]
pub(in crate::lecture) struct FewLabels {
    pub(in crate::lecture) n_labels: usize,
    pub(in crate::lecture) draws: usize,
    pub(in crate::lecture) features: String,
    pub(in crate::lecture) test_error_percent: Statistic,
}

impl Digits {
    /// The model with this seed and masking probability.
    pub(in crate::lecture) fn masked(&self, seed: u64, q: f64) -> Option<&Model> {
        self.models.iter().find(|m| m.seed == seed && m.masking == Some(q))
    }

    /// The denoising model of this seed whose code gives the fewest errors on validation pictures, among those whose loss
    /// was no longer falling if there are any.
    pub(in crate::lecture) fn chosen(&self, seed: u64) -> Option<&Model> {
        let denoising = self.models.iter().filter(|m| m.seed == seed && !m.corruption.is_none());
        denoising.min_by_key(|m| (!m.convergence.is_flat, m.probe.valid_errors))
    }

    /// Seeds in order.
    pub(in crate::lecture) fn seeds(&self) -> Vec<u64> {
        let mut seeds: Vec<u64> = self.models.iter().map(|m| m.seed).collect();
        seeds.dedup();
        seeds
    }

    /// The test error of `other` minus that of the code of `model`, in percentage points.
    pub(in crate::lecture) fn gain(&self, other: &Probed, model: &Model) -> Result<Statistic> {
        let labels = self.test.labels().unwrap_or_default();
        let difference = Paired::of(&other.predictions, &model.probe.predictions, labels)?.difference();
        let interval = difference.interval;
        Ok(Statistic { value: difference.difference, low: interval.low, high: interval.high }.times(100.0))
    }
}

pub(in crate::lecture) fn masking(q: f64) -> Result<Corruption> {
    if q == 0.0 { Ok(Corruption::NONE) } else { format!("masking:{q}").parse() }
}

/// Values as samples of the same kind as `like`.
pub(in crate::lecture) fn floats(values: &[f32], like: &Dataset) -> Result<Dataset> {
    Dataset::new("values", crate::data::Values::Floats(values.to_vec()), like.n_visible())
}
