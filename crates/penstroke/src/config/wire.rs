//! The serialised form of a [`Training`]: its options are written flat, beside those of the configuration that contains
//! it.
//!
//! An option added in a later version is written only if it differs from its default, so that a model without it keeps
//! the same bytes.

use super::differing::differing;
use super::{Corruption, Optimizer, Schedule, Training, instruction_set, names};
use crate::error::Result;
use penstroke_engine::Precision;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A [`Training`] with every option optional.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Wire {
    corruption: Option<Corruption>,
    epochs: Option<usize>,
    batch: Option<usize>,
    #[serde(with = "names::option")]
    optimizer: Option<Optimizer>,
    momentum: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    beta1: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    beta2: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    epsilon: Option<f64>,
    learning_rate: Option<f64>,
    schedule: Option<Schedule>,
    weight_decay: Option<f64>,
    valid: Option<f64>,
    /// The inner `None` is written as `null`.
    #[serde(skip_serializing_if = "Option::is_none")]
    patience: Option<Option<usize>>,
    seed: Option<u64>,
    #[serde(with = "names::option")]
    precision: Option<Precision>,
    /// Read only, because a model may be used on a processor that does not have them.
    #[serde(skip_serializing)]
    instructions: Option<String>,
}

impl Wire {
    fn of(training: &Training) -> Self {
        let differing = |option| {
            let number = |optimizer: Optimizer| {
                optimizer.numbers().into_iter().find(|(name, _)| *name == option).map(|(_, number)| number)
            };
            number(training.optimizer).filter(|&value| number(Optimizer::ADAM) != Some(value))
        };
        Self {
            corruption: Some(training.corruption.clone()),
            epochs: training.epochs,
            batch: training.batch,
            optimizer: Some(training.optimizer),
            momentum: Some(differing("momentum").unwrap_or_default()),
            beta1: differing("beta1"),
            beta2: differing("beta2"),
            epsilon: differing("epsilon"),
            learning_rate: Some(training.learning_rate),
            schedule: Some(training.schedule),
            weight_decay: Some(training.weight_decay),
            valid: Some(training.valid),
            patience: training.patience.map(Some),
            seed: Some(training.seed),
            precision: Some(training.precision),
            instructions: None,
        }
    }

    /// The given options, with the others from `usual`.
    fn over(self, usual: Training) -> Result<Training> {
        let optimizer = self.optimizer.unwrap_or(usual.optimizer).set_given([
            ("momentum", self.momentum),
            ("beta1", self.beta1),
            ("beta2", self.beta2),
            ("epsilon", self.epsilon),
        ])?;
        Ok(Training {
            epochs: self.epochs.or(usual.epochs),
            batch: self.batch.or(usual.batch),
            optimizer,
            learning_rate: self.learning_rate.unwrap_or(usual.learning_rate),
            schedule: self.schedule.unwrap_or(usual.schedule),
            weight_decay: self.weight_decay.unwrap_or(usual.weight_decay),
            corruption: self.corruption.unwrap_or(usual.corruption),
            valid: self.valid.unwrap_or(usual.valid),
            patience: self.patience.unwrap_or(usual.patience),
            seed: self.seed.unwrap_or(usual.seed),
            precision: self.precision.unwrap_or(usual.precision),
            instructions: match self.instructions {
                Some(name) => instruction_set(&name)?,
                None => usual.instructions,
            },
            threads: usual.threads,
        })
    }
}

impl Training {
    /// Like [`without_defaults`](super::without_defaults), compared with the defaults of an autoencoder.
    pub(crate) fn without_defaults(&self) -> String {
        differing(&Wire::of(self), &Wire::of(&Training::autoencoder()))
    }
}

/// `#[serde(flatten, with = "wire::autoencoder")]`.
pub(super) mod autoencoder {
    use super::{Deserialize, Deserializer, Result, Serialize, Serializer, Training, Wire, de};

    pub(crate) fn serialize<S: Serializer>(training: &Training, serializer: S) -> Result<S::Ok, S::Error> {
        Wire::of(training).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Training, D::Error> {
        Wire::deserialize(deserializer)?.over(Training::autoencoder()).map_err(de::Error::custom)
    }
}

/// `#[serde(flatten, with = "wire::supervised")]`. An unset patience is written as `null`.
pub(super) mod supervised {
    use super::{Deserialize, Deserializer, Result, Serialize, Serializer, Training, Wire, de};

    pub(crate) fn serialize<S: Serializer>(training: &Training, serializer: S) -> Result<S::Ok, S::Error> {
        let wire = Wire { patience: Some(training.patience), ..Wire::of(training) };
        wire.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Training, D::Error> {
        Wire::deserialize(deserializer)?.over(Training::supervised()).map_err(de::Error::custom)
    }
}

/// `#[serde(flatten, with = "wire::table_encoder")]`.
pub(super) mod table_encoder {
    use super::{Deserialize, Deserializer, Result, Training, Wire, de};

    pub(crate) use super::autoencoder::serialize;

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Training, D::Error> {
        Wire::deserialize(deserializer)?.over(Training::table_encoder()).map_err(de::Error::custom)
    }
}
