//! Reading model files.

use super::file::{DETECTOR, IMPUTER, ModelFile, TABLE_ENCODER};
use super::interface::Model;
use super::{Autoencoder, Classifier, Prediction, Regressor, Stack};
use super::{ClassPrediction, ValuePrediction, autoencoder, stack, supervised};
use crate::{Error, Result, interrupt};
use std::fs::File;
use std::io::Read;
use std::path::Path;

type Reader = fn(&ModelFile<'_>) -> Result<Box<dyn Model>>;

/// Every kind of model, by its name in model files.
const READERS: [(&str, Reader); 4] = [
    (autoencoder::KIND, |file| Ok(Box::new(autoencoder::read(file)?))),
    (stack::KIND, |file| Ok(Box::new(stack::read(file)?))),
    (ClassPrediction::KIND, |file| Ok(Box::new(supervised::read_classifier(file)?))),
    (ValuePrediction::KIND, |file| Ok(Box::new(supervised::read_regressor(file)?))),
];

/// Reads a model of any kind.
///
/// # Errors
/// If the file does not exist, or does not hold a model that this version understands.
pub fn load(path: impl AsRef<Path>) -> Result<Box<dyn Model>> {
    let path = path.as_ref();
    from_bytes(&path.display().to_string(), &read_whole(path)?)
}

/// The bytes of a model file.
pub(crate) fn read_whole(path: &Path) -> Result<Vec<u8>> {
    if path.is_dir() {
        let problem = "is a folder; give a model file";
        return Err(Error::input(path.display().to_string(), problem));
    }
    let failed = |error| Error::io(path, error);
    let mut file = File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    while file.by_ref().take(1 << 24).read_to_end(&mut bytes).map_err(failed)? > 0 {
        interrupt::check()?;
    }
    Ok(bytes)
}

/// Reads the model of this kind in a file, or nothing if it holds one of another kind.
pub(crate) fn load_if<T>(
    path: &Path,
    kind: &str,
    read: impl FnOnce(&ModelFile<'_>) -> Result<T>,
) -> Result<Option<T>> {
    let (place, bytes) = (path.display().to_string(), read_whole(path)?);
    let file = ModelFile::open(&place, &bytes)?;
    if file.kind == kind { read(&file).map(Some) } else { Ok(None) }
}

/// Reads a model from the bytes of a file; `place` names the file in messages.
///
/// # Errors
/// If the bytes are not a model that this version understands.
pub fn from_bytes(place: &str, bytes: &[u8]) -> Result<Box<dyn Model>> {
    let file = ModelFile::open(place, bytes)?;
    if file.kind == IMPUTER {
        return Err(file.wrong("holds an imputer, which only fills gaps; impute a table with it"));
    }
    if file.kind == TABLE_ENCODER {
        return Err(file.wrong("holds an encoder of tables, which only encodes tables"));
    }
    if file.kind == DETECTOR {
        return Err(file.wrong("holds a detector of anomalies, which only scores tables"));
    }
    let known = READERS.iter().find(|(kind, _)| *kind == file.kind);
    known.map_or_else(
        || {
            let known = READERS.map(|(kind, _)| kind).join(", ");
            let problem = format!(
                "holds a model of kind {:?}; the known kinds are {known}, {IMPUTER}, {TABLE_ENCODER}, {DETECTOR}",
                file.kind
            );
            Err(file.wrong(problem))
        },
        |(_, read)| read(&file),
    )
}

/// Whether a file begins like a model file: eight bytes of length, then a JSON object.
///
/// # Errors
/// If the file cannot be read.
pub fn is_model(path: impl AsRef<Path>) -> Result<bool> {
    let path = path.as_ref();
    let mut beginning = Vec::new();
    let read = File::open(path).and_then(|file| file.take(9).read_to_end(&mut beginning));
    read.map_err(|error| Error::io(path, error))?;
    Ok(beginning.get(8) == Some(&b'{'))
}

/// Reads a model of one type.
fn only<M: Model + Clone>(path: &Path, needed: &str, way_out: &str) -> Result<M> {
    load(path)?.downcast().map_err(|other| other.needed(path, needed, way_out))
}

impl Autoencoder {
    /// Reads an autoencoder.
    ///
    /// # Errors
    /// If the file does not exist, or does not hold an autoencoder.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        only(path.as_ref(), "an autoencoder", "fit one with a single layer")
    }
}

impl Stack {
    /// Reads a stack, or an autoencoder as a stack of one layer.
    ///
    /// # Errors
    /// If the file does not exist, or does not hold either of them.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let way_out = "give a model with a decoder";
        Self::of(load(path)?).map_err(|other| other.needed(path, "an autoencoder or a stack", way_out))
    }
}

impl Classifier {
    /// Reads a classifier.
    ///
    /// # Errors
    /// If the file does not exist, or does not hold a classifier.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        only(path.as_ref(), "a classifier", "train one with labels")
    }
}

impl Regressor {
    /// Reads a regressor.
    ///
    /// # Errors
    /// If the file does not exist, or does not hold a regressor.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        only(path.as_ref(), "a regressor", "train one with targets")
    }
}
