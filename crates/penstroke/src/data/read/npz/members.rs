//! The members of a zip file that are npy files.
//!
//! A zip file ends with a list of its members: 46 bytes and a name for each, followed by 22 bytes with the position of
//! the list and the number of members (PKWARE's APPNOTE, sections 4.3.12 and 4.3.16). Each member starts with a header
//! of its own: 30 bytes, a name and an extra field. Members are read like npy files: memory grows only as bytes arrive,
//! and the content is checked against the member's checksum.

use crate::data::read::content::Content;
use crate::{Error, Result};
use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// An array in the file, as the list of members describes it.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: String,
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
pub(super) fn members(path: &Path) -> Result<Vec<Member>> {
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

impl Member {
    /// Opens the array.
    pub(super) fn open(&self, path: &Path) -> Result<Content> {
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
        let reader = Checked { reader, crc: Crc::new(), expected: self.checksum };
        Content::unpacked(path, Box::new(reader), self.compressed)
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
