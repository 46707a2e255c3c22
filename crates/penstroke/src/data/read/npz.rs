//! npz, NumPy's zip file of several arrays: one holds the samples, another may hold their labels.
//!
//! `file.npz:name` selects the array of samples; the name can be omitted if all other arrays can only be labels. Labels
//! come from the array `labels` or `y`, or, for samples `x…`, the array `y…` (`x_train` and `y_train`), if it holds one
//! whole number per sample.
//!
//! A zip file ends with a list of its members: 46 bytes and a name for each, followed by 22 bytes with the position of
//! the list and the number of members (PKWARE's APPNOTE, sections 4.3.12 and 4.3.16). Each member starts with a header
//! of its own: 30 bytes, a name and an extra field. Members are read like npy files: memory grows only as bytes arrive,
//! and the content is checked against the member's checksum.

use super::array::Array;
use super::content::Content;
use super::npy;
use crate::data::hold::{Dataset, Values};
use crate::{Error, Result};
use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Splits `file.npz:name` into file and array name, unless a file with that whole name exists.
pub(in crate::data) fn split(path: &Path) -> (PathBuf, Option<String>) {
    let parts = path.to_str().filter(|_| !path.exists()).and_then(|text| text.rsplit_once(".npz:"));
    match parts {
        Some((file, name)) => (format!("{file}.npz").into(), Some(name.to_owned())),
        None => (path.to_owned(), None),
    }
}

/// Reads the samples from the array `wanted`, or else from the only one that can be samples.
pub(in crate::data) fn read(path: &Path, wanted: Option<&str>) -> Result<Dataset> {
    let place = path.display().to_string();
    let members = members(path)?;
    let samples = choose(&members, wanted).map_err(|problem| Error::input(&place, problem))?;
    let content = samples.open(path)?;
    let mut data = npy::dataset(content)?;
    match labels(path, &members, &samples.name, data.n_samples()) {
        Ok(Some(labels)) => data.with_labels(&place, labels),
        Ok(None) => Ok(data),
        Err(why_none) => {
            data.warn(format!("{place}: {why_none}; the samples are loaded without labels"));
            Ok(data)
        }
    }
}

/// An array in the file, as the list of members describes it.
#[derive(Debug)]
struct Member {
    name: String,
    /// The offset of the member's own header.
    start: u64,
    compressed: u64,
    method: u16,
    checksum: u32,
}

/// Compression methods: none, and the one that `numpy.savez_compressed` uses.
const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// Lists the arrays in the file.
fn members(path: &Path) -> Result<Vec<Member>> {
    let mut file = File::open(path).map_err(|error| Error::io(path, error))?;
    let end = end(&mut file).map_err(|error| Error::io(path, error))?;
    let refuse = |problem: &str| Error::input(path, problem);
    let damaged = || refuse("is a damaged zip file: its list of members is missing; get it again");
    // The last such mark, because a comment may follow.
    let at = end.windows(4).rposition(|mark| mark == b"PK\x05\x06").ok_or_else(damaged)?;
    let end = end.get(at..).filter(|end| end.len() >= 22).ok_or_else(damaged)?;
    let (n, len, start) = (u16_at(end, 10), u32_at(end, 12), u32_at(end, 16));
    let (Some(n), Some(len), Some(start)) = (n, len, start) else { return Err(damaged()) };
    if n == u16::MAX || start == u32::MAX {
        return Err(refuse("is a zip file of 4 GiB or more; save its arrays with numpy.save, one per file"));
    }
    file.seek(SeekFrom::Start(start.into())).map_err(|error| Error::io(path, error))?;
    let mut list = Vec::new();
    // Reads what is there, at most the whole file.
    file.take(len.into()).read_to_end(&mut list).map_err(|error| Error::io(path, error))?;
    let (mut members, mut rest) = (Vec::new(), &list[..]);
    for _ in 0..n {
        let (member, next) = member(rest).ok_or_else(damaged)?;
        members.extend(member);
        rest = next;
    }
    Ok(members)
}

/// The last bytes of the file, which contain the position of the list.
fn end(file: &mut File) -> io::Result<Vec<u8>> {
    let len = file.seek(SeekFrom::End(0))?;
    // 22 bytes and the longest possible comment.
    file.seek(SeekFrom::Start(len.saturating_sub(22 + 65_535)))?;
    let mut end = Vec::new();
    file.take(22 + 65_535).read_to_end(&mut end)?;
    Ok(end)
}

/// The first entry of the list, if it is an array, and the rest of the list.
fn member(list: &[u8]) -> Option<(Option<Member>, &[u8])> {
    if !list.starts_with(b"PK\x01\x02") {
        return None;
    }
    let lengths = [u16_at(list, 28)?, u16_at(list, 30)?, u16_at(list, 32)?].map(usize::from);
    let name = list.get(46..46 + lengths[0])?;
    let rest = list.get(46 + lengths.iter().sum::<usize>()..)?;
    let name = std::str::from_utf8(name).ok().and_then(|name| name.strip_suffix(".npy"));
    let member = Member {
        name: name.unwrap_or_default().to_owned(),
        start: u32_at(list, 42)?.into(),
        compressed: u32_at(list, 20)?.into(),
        method: u16_at(list, 10)?,
        checksum: u32_at(list, 16)?,
    };
    Some((name.map(|_| member), rest))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().copied().map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_le_bytes)
}

/// Selects the array that holds the samples.
fn choose<'a>(members: &'a [Member], wanted: Option<&str>) -> Result<&'a Member, String> {
    let names = |members: &[&Member]| {
        members.iter().map(|member| member.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let all: Vec<&Member> = members.iter().collect();
    if all.is_empty() {
        return Err("is a zip file without arrays; save them with numpy.savez".into());
    }
    if let Some(wanted) = wanted {
        let found = all.iter().find(|member| member.name == wanted);
        return found
            .copied()
            .ok_or_else(|| format!("has no array {wanted:?}; its arrays are {}", names(&all)));
    }
    let may_be_samples = |member: &&Member| !["labels", "y"].contains(&&*member.name);
    match all.iter().copied().filter(may_be_samples).collect::<Vec<_>>()[..] {
        [only] => Ok(only),
        _ => Err(format!(
            "has the arrays {}; say which holds the samples, file.npz:{}",
            names(&all),
            all[0].name
        )),
    }
}

/// The labels of the `n` samples in the array `samples`; if the first candidate does not fit, the reason.
fn labels(
    path: &Path,
    members: &[Member],
    samples: &str,
    n: usize,
) -> std::result::Result<Option<Vec<u32>>, String> {
    let beside = samples.strip_prefix('x').map(|rest| format!("y{rest}"));
    let names = beside.into_iter().chain(["labels".to_owned(), "y".to_owned()]);
    let mut why_none = None;
    for name in names {
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
        return Err(format!("has the shape {:?} instead of one label for each of {n} samples", header.shape));
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

impl Member {
    fn open(&self, path: &Path) -> Result<Content> {
        let refuse = |problem: &str| Error::input(path, format!("array {}: {problem}", self.name));
        let mut file = File::open(path).map_err(|error| Error::io(path, error))?;
        let start = self.values(&mut file).map_err(|error| Error::io(path, error))?;
        let start =
            start.ok_or_else(|| refuse("is not where the list of members puts it; get the file again"))?;
        file.seek(SeekFrom::Start(start)).map_err(|error| Error::io(path, error))?;
        let bytes = BufReader::new(file.take(self.compressed));
        let reader: Box<dyn Read> = match self.method {
            STORED => Box::new(bytes),
            DEFLATED => Box::new(DeflateDecoder::new(bytes)),
            _ => {
                return Err(refuse("uses an unsupported compression; save it with numpy.savez_compressed"));
            }
        };
        Content::of(path, Box::new(Checked { reader, crc: Crc::new(), expected: self.checksum }))
    }

    /// The offset of the array's bytes, after the member's own header.
    fn values(&self, file: &mut File) -> io::Result<Option<u64>> {
        file.seek(SeekFrom::Start(self.start))?;
        let mut head = Vec::new();
        file.take(30).read_to_end(&mut head)?;
        let lengths = u16_at(&head, 26).zip(u16_at(&head, 28)).filter(|_| head.starts_with(b"PK\x03\x04"));
        Ok(lengths.map(|(name, extra)| self.start + 30 + u64::from(name) + u64::from(extra)))
    }
}

/// A reader that verifies the checksum at the end.
struct Checked {
    reader: Box<dyn Read>,
    crc: Crc,
    expected: u32,
}

impl Read for Checked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.reader.read(buffer)?;
        self.crc.update(&buffer[..n]);
        if n == 0 && !buffer.is_empty() && self.crc.sum() != self.expected {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the checksum differs"));
        }
        Ok(n)
    }
}

#[cfg(test)]
mod tests;
