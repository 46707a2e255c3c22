//! npz, NumPy's zip file of several arrays: one holds the samples, another may hold their labels.
//!
//! `file.npz:name` selects the array of samples; the name can be omitted if all other arrays can only be labels. Labels
//! come from the array that the option `label` names, from `labels` or `y`, or, for samples `x…`, the array `y…`, if it holds
//! one whole number per sample. The arrays `x_train`, `y_train`, `x_test` and `y_test`, or `train_images`, `train_labels` and
//! so on, as Keras and MedMNIST name them, are a source with a training and a test part.
//!
//! A sparse matrix of SciPy is read as well.

use super::array::Array;
use super::npy;
use crate::data::hold::{Dataset, Part, Preparation, Values};
use crate::data::read::table::Pick;
use crate::error::counted;
use crate::{Error, Result};
use std::path::{Path, PathBuf};

mod members;
mod sparse;

use members::{Member, members};

/// Splits `file.npz:name` into file and array name, unless a file with that whole name exists.
pub(in crate::data) fn split(path: &Path) -> (PathBuf, Option<String>) {
    let parts = path.to_str().filter(|_| !path.exists()).and_then(|text| text.rsplit_once(".npz:"));
    match parts {
        Some((file, name)) => (format!("{file}.npz").into(), Some(name.to_owned())),
        None => (path.to_owned(), None),
    }
}

/// Whether the file has a test part: its arrays are named like `x_train` and `x_test`.
pub(in crate::data) fn has_test(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "npz")
        && members(path).is_ok_and(|members| in_parts(&members).is_some())
}

/// Reads the samples from the array `wanted`, else those of `part`, or else from the only one that can be samples. `label`
/// chooses the array of labels, by its name or its number from 1. Samples `like` these are scaled later.
pub(in crate::data) fn read(
    path: &Path,
    wanted: Option<&str>,
    label: Option<&Pick>,
    part: Part,
    like: Option<&Preparation>,
) -> Result<Dataset> {
    let place = path.display().to_string();
    let members = members(path)?;
    let label = label.map(|pick| picked(&members, pick)).transpose();
    let label = label.map_err(|problem| Error::input(&place, problem))?;
    if wanted.is_none() && sparse::is_sparse(&members) {
        return sparse::read(path, &members);
    }
    let samples = choose(&members, wanted, label, part).map_err(|problem| Error::input(&place, problem))?;
    let content = samples.open(path)?.keeping(like);
    let mut data = npy::dataset(content)?;
    if let Some(label) = label.map(|label| of_same_part(&members, label, samples)) {
        let labels = fitting(path, label, data.n_samples())
            .map_err(|problem| Error::input(&place, format!("array {} {problem}", label.name)))?;
        return data.with_labels(&place, labels);
    }
    match labels(path, &members, &samples.name, data.n_samples()) {
        Ok(Some(labels)) => data.with_labels(&place, labels),
        Ok(None) => Ok(data),
        Err(why_none) => {
            data.warn(format!("{place}: {why_none}; the samples are loaded without labels"));
            Ok(data)
        }
    }
}

/// Names of arrays of labels.
const LABELS: [&str; 4] = ["labels", "label", "y", "Y"];

/// The name without its part, `x` of `x_train` and `images` of `test_images`, and the part.
fn parted(name: &str) -> (&str, Option<Part>) {
    for (word, part) in [("train", Part::Train), ("test", Part::Test)] {
        let rest = name.strip_prefix(word).and_then(|rest| rest.strip_prefix('_'));
        let rest = rest.or_else(|| name.strip_suffix(word).and_then(|rest| rest.strip_suffix('_')));
        if let Some(rest) = rest {
            return (rest, Some(part));
        }
    }
    (name, None)
}

/// The training and test samples, if the arrays are named by part.
fn in_parts(members: &[Member]) -> Option<[&Member; 2]> {
    let of = |part: Part| {
        let mut found = members.iter().filter(|member| {
            let (name, of) = parted(&member.name);
            of == Some(part) && !LABELS.contains(&name)
        });
        found.next().filter(|_| found.next().is_none())
    };
    of(Part::Train).zip(of(Part::Test)).map(|(train, test)| [train, test])
}

/// The array that the user names.
fn picked<'a>(members: &'a [Member], pick: &Pick) -> Result<&'a Member, String> {
    let found = match pick {
        Pick::Name(name) => members.iter().find(|member| member.name == *name),
        Pick::Numbers(first, last) if first == last => members.get(first.wrapping_sub(1)),
        Pick::Numbers(..) => None,
    };
    found.ok_or_else(|| format!("has no array {:?}; its arrays are {}", pick.to_string(), names(members)))
}

/// The array like `label` of the part that the samples are of: `y_test` like `y_train` for `x_test`.
fn of_same_part<'a>(members: &'a [Member], label: &'a Member, samples: &Member) -> &'a Member {
    let (name, part) = (parted(&label.name), parted(&samples.name).1);
    let is_like = |member: &&Member| name.1.is_some() && parted(&member.name) == (name.0, part);
    members.iter().find(is_like).unwrap_or(label)
}

fn names<'a>(members: impl IntoIterator<Item = &'a Member>) -> String {
    members.into_iter().map(|member| member.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// Selects the array that holds the samples.
fn choose<'a>(
    members: &'a [Member],
    wanted: Option<&str>,
    label: Option<&Member>,
    part: Part,
) -> Result<&'a Member, String> {
    let Some(first) = members.first() else {
        return Err("is a zip file without arrays; save them with numpy.savez".into());
    };
    if let Some(wanted) = wanted {
        let found = members.iter().find(|member| member.name == wanted);
        return found.ok_or_else(|| format!("has no array {wanted:?}; its arrays are {}", names(members)));
    }
    if let Some([train, test]) = in_parts(members) {
        return Ok(if part == Part::Test { test } else { train });
    }
    let is_label = |member: &Member| label.is_some_and(|label| label.name == member.name);
    let may_be_samples = |member: &&Member| !LABELS.contains(&parted(&member.name).0) && !is_label(member);
    match members.iter().filter(may_be_samples).collect::<Vec<_>>()[..] {
        [only] => Ok(only),
        _ => Err(format!(
            "has the arrays {}; say which holds the samples, file.npz:{}",
            names(members),
            first.name
        )),
    }
}

/// The names that the labels of the array `samples` may have, best first.
fn names_of_labels(samples: &str) -> Vec<String> {
    let mut names = Vec::new();
    if let Some(rest) = samples.strip_prefix(['x', 'X']) {
        names.extend([format!("y{rest}"), format!("Y{rest}")]);
    }
    let part = match parted(samples).1 {
        Some(Part::Test) => "test",
        Some(_) => "train",
        None => return [names, LABELS.map(str::to_owned).to_vec()].concat(),
    };
    // The labels of another part, or of none, are not those of these samples.
    names.extend(LABELS.iter().flat_map(|label| [format!("{label}_{part}"), format!("{part}_{label}")]));
    names
}

/// The labels of the `n` samples in the array `samples`; if the first candidate does not fit, the reason.
fn labels(
    path: &Path,
    members: &[Member],
    samples: &str,
    n: usize,
) -> std::result::Result<Option<Vec<u32>>, String> {
    let mut why_none = None;
    for name in names_of_labels(samples) {
        let Some(member) = members.iter().find(|member| member.name == name && name != samples) else {
            continue;
        };
        match fitting(path, member, n) {
            Ok(labels) => return Ok(Some(labels)),
            Err(problem) => drop(why_none.get_or_insert_with(|| format!("array {name} {problem}"))),
        }
    }
    why_none.map_or(Ok(None), Err)
}

/// The labels in an array, or the reason why it holds none.
fn fitting(path: &Path, member: &Member, n: usize) -> std::result::Result<Vec<u32>, String> {
    let unreadable = |error: Error| match error {
        Error::Input { problem, .. } => problem,
        error => error.to_string(),
    };
    let mut content = member.open(path).map_err(unreadable)?;
    let header = npy::header(&mut content).map_err(unreadable)?;
    if !matches!(header.shape[..], [m] | [m, 1] if m == n) {
        return Err(format!(
            "has the shape {:?} instead of one label for each of {}",
            header.shape,
            counted(n, "sample")
        ));
    }
    let array = npy::array(content, header).map_err(unreadable)?;
    whole(array).ok_or_else(|| "holds values other than whole numbers from 0 to 16777215".to_owned())
}

/// Converts to whole numbers, if all are whole and not negative.
fn whole(array: Array) -> Option<Vec<u32>> {
    // Beyond 2²⁴, f32 cannot represent every whole number.
    let number = |x: f32| (x.fract() == 0.0 && (0.0..16_777_216.0).contains(&x)).then_some(x as u32);
    match array.values {
        Values::Bytes(bytes) => Some(bytes.into_iter().map(u32::from).collect()),
        Values::Floats(floats) => floats.into_iter().map(number).collect(),
    }
}

#[cfg(test)]
mod tests;
