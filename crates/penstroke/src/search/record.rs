//! What a search keeps of itself, so that it can go on: JSON, written anew after every trial.

use super::{Outcome, Space};
use crate::data::Dataset;
use crate::{Config, Corruption, Error, FineTuning, Result, files};
use penstroke_engine::Rows;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The version of the record.
const FORMAT: u32 = 1;

/// A search's data, what all its trials have in common, and their outcomes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    format: u32,
    /// A checksum of the samples and labels to learn from and to judge by.
    data: String,
    base: Config,
    tuning: FineTuning,
    /// In the order in which they were finished.
    pub outcomes: Vec<Outcome>,
}

impl Record {
    /// An empty one.
    #[must_use]
    pub fn new(space: &Space, train: &Dataset, valid: &Dataset) -> Self {
        Self {
            format: FORMAT,
            data: format!("{:016x}", checksum(&[train, valid])),
            // What trials set themselves does not tell searches apart.
            base: Config {
                hidden: 1,
                corruption: Corruption::NONE,
                learning_rate: 1.0,
                valid: 0.0,
                threads: 0,
                ..space.base.clone()
            },
            tuning: FineTuning { learning_rate: 1.0, threads: 0, ..space.tuning.clone() },
            outcomes: Vec::new(),
        }
    }

    /// The record at `path` if there is one and it belongs to the same search, an empty one if there is none.
    ///
    /// # Errors
    /// If it cannot be read, or was made of other samples or with other options.
    pub fn resume(path: &Path, space: &Space, train: &Dataset, valid: &Dataset) -> Result<Self> {
        let fresh = Self::new(space, train, valid);
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(fresh),
            Err(error) => return Err(Error::io(path, error)),
        };
        let place = path.display().to_string();
        let found: Self = serde_json::from_str(&text).map_err(|error| {
            Error::input(&place, format!("is no record of a search ({error}); move it away"))
        })?;
        let other = |what: &str| {
            Error::input(
                &place,
                format!("is the record of a search {what}; name another place, or move it away"),
            )
        };
        match &found {
            found if found.format > FORMAT => Err(other("by a newer version")),
            found if found.data != fresh.data => Err(other("on other samples")),
            found if (&found.base, &found.tuning) != (&fresh.base, &fresh.tuning) => {
                Err(other("with other options"))
            }
            _ => Ok(found),
        }
    }

    /// Writes it, whole or not at all.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)
            .map_err(|error| Error::numerical(format!("search: {error}")))?;
        files::write_atomic(path, |out| writeln!(out, "{text}"))
    }
}

/// FNV-1a (Fowler, Noll and Vo) over values, shapes and labels: to notice other data, not to keep anybody out.
fn checksum(parts: &[&Dataset]) -> u64 {
    let mut sum = 0xcbf2_9ce4_8422_2325u64;
    let mut add = |byte: u8| sum = (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    for data in parts {
        (data.n_visible() as u64).to_le_bytes().into_iter().for_each(&mut add);
        match data.rows() {
            Rows::Bytes(values) => values.iter().copied().for_each(&mut add),
            Rows::Floats(values) => values.iter().flat_map(|value| value.to_le_bytes()).for_each(&mut add),
        }
        data.labels().unwrap_or_default().iter().flat_map(|label| label.to_le_bytes()).for_each(&mut add);
    }
    sum
}
