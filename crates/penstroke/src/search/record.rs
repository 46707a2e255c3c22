//! The record of a search, from which it can be resumed: a JSON file, rewritten after every trial.

use super::{Outcome, Space};
use crate::data::Dataset;
use crate::files::{FolderLock, write_atomic};
use crate::{AutoencoderConfig, Corruption, Error, Result, SupervisedConfig};
use penstroke_engine::Rows;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

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
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(fresh),
            Err(error) => return Err(Error::io(path, error)),
        };
        let place = path.display().to_string();
        let found: Self = serde_json::from_slice(&bytes).map_err(|error| {
            let error = Error::input(&place, format!("is not the record of a search ({error})"));
            error.hint("move it away").hint("name another place")
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
        write_atomic(path, |out| writeln!(out, "{text}"))
    }
}

/// The record of a search in its folder, written anew after every trial. While this value lives, no other search can use the folder.
///
/// ```
/// use penstroke::data::{Part, strokes};
/// use penstroke::search::{Judge, Ranking, RecordFile, Space, Unwatched};
/// use penstroke::{AutoencoderConfig, SupervisedConfig};
/// # let temporary = tempfile::tempdir()?;
/// # let file = temporary.path().join("search.json");
/// let (train, valid) = (strokes::generate(0, Part::Train, 100)?, strokes::generate(0, Part::Test, 50)?);
/// let space = Space {
///     hidden: vec![8],
///     corruption: vec!["none".parse()?],
///     base: AutoencoderConfig::default().epochs(1),
///     tuning: SupervisedConfig::default().epochs(1),
///     ..Space::default()
/// };
/// let mut record = RecordFile::resume(&file, &space, &train, &valid)?;
/// let done = record.outcomes().to_vec();
/// Judge { space: &space, train: &train, valid: &valid }.run(&done, 1, &Unwatched, &mut |outcome| {
///     record.keep(outcome);
///     Ok(())
/// })?;
/// assert!(record.failure().is_none() && file.exists());
/// assert_eq!(Ranking::of(record.outcomes())?.rows.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct RecordFile {
    path: PathBuf,
    record: Record,
    failure: Option<Error>,
    /// Held until the search ends.
    _lock: FolderLock,
}

impl RecordFile {
    /// Continues the record at `path`, or begins one. Creates its folder if it does not exist, and writes the file, so that a folder
    /// that cannot be written to is found before the work.
    ///
    /// # Errors
    /// As [`Record::resume`] and [`Record::save`], and if another search uses the folder.
    pub fn resume(path: impl AsRef<Path>, space: &Space, train: &Dataset, valid: &Dataset) -> Result<Self> {
        let path = path.as_ref();
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let _lock = FolderLock::take(folder.unwrap_or(Path::new(".")), "search")?;
        let record = Record::resume(path, space, train, valid)?;
        record.save(path)?;
        Ok(Self { path: path.to_owned(), record, failure: None, _lock })
    }

    /// All outcomes so far, in the order in which trials finished.
    #[must_use]
    pub fn outcomes(&self) -> &[Outcome] {
        &self.record.outcomes
    }

    /// Adds an outcome. If the file cannot be written, the next outcome tries again, and the search goes on; see
    /// [`RecordFile::failure`].
    pub fn keep(&mut self, outcome: Outcome) {
        self.record.outcomes.push(outcome);
        self.failure = self.record.save(&self.path).err();
    }

    /// Why the last outcome could not be written; `None` if the file holds all outcomes.
    #[must_use]
    pub fn failure(&self) -> Option<&Error> {
        self.failure.as_ref()
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
