//! The record of a search, from which it can be resumed: a JSON file, rewritten after every trial.

use super::{Outcome, Space};
use crate::data::Dataset;
use crate::{AutoencoderConfig, Corruption, Error, Result, SupervisedConfig, files};
use penstroke_engine::Rows;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Version of the record format.
const FORMAT: u32 = 1;

/// The record of a search: a checksum of its data, the options common to all trials, and the outcomes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    format: u32,
    /// Checksum of the training and validation samples and labels.
    data: String,
    base: AutoencoderConfig,
    tuning: SupervisedConfig,
    /// Outcomes in the order in which trials finished.
    pub outcomes: Vec<Outcome>,
}

impl Record {
    /// An empty record.
    pub fn new(space: &Space, train: &Dataset, valid: &Dataset) -> Self {
        Self {
            format: FORMAT,
            data: format!("{:016x}", checksum(&[train, valid])),
            // Options that trials set themselves do not distinguish searches.
            base: AutoencoderConfig { hidden: 1, ..space.base.clone() }
                .corruption(Corruption::NONE)
                .learning_rate(1.0)
                .valid(0.0)
                .threads(0),
            tuning: space.tuning.clone().learning_rate(1.0).threads(0),
            outcomes: Vec::new(),
        }
    }

    /// The record at `path`, or an empty one if there is no such file.
    ///
    /// # Errors
    /// If the file cannot be read, or if it belongs to a search with other samples or other options.
    pub fn resume(path: &Path, space: &Space, train: &Dataset, valid: &Dataset) -> Result<Self> {
        let fresh = Self::new(space, train, valid);
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(fresh),
            Err(error) => return Err(Error::io(path, error)),
        };
        let place = path.display().to_string();
        let found: Self = serde_json::from_str(&text).map_err(|error| {
            Error::input(&place, format!("is not the record of a search ({error}); move it away"))
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

    /// Writes the record; a failure leaves the old file unchanged.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)
            .map_err(|error| Error::numerical(format!("search: {error}")))?;
        files::write_atomic(path, |out| writeln!(out, "{text}"))
    }
}

/// FNV-1a (Fowler, Noll and Vo) of values, shapes and labels. It detects different data; it is not for security.
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
