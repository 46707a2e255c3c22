//! A file's bytes, decompressed if needed, and the numbers in them.
//!
//! A header's claims are only an upper bound: memory grows as bytes arrive, and after a claim of `N` bytes at most `N +
//! 1` are read. So a short header that claims terabytes does no harm, nor does a small file that unpacks to them
//! ([`compressed`](super::compressed)).

use super::compressed::{Bounded, Compression, Packed, TOO_MUCH};
use crate::data::hold::{
    ByteOrder, Element, Exact, Narrowing, Preparation, Scaling, Strides, Values, append_floats,
};
use crate::error::Problem;
use crate::{Error, Result, interrupt};
use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

/// Maximum number of bytes read from one file: 16 GiB.
const MAX_BYTES: u64 = 1 << 34;
/// Bytes converted to numbers at a time; a multiple of every element's size.
const CHUNK: usize = 1 << 16;
/// Bytes that can be inspected before reading; enough to recognise every format.
const PEEK: usize = 8;

/// The array after a file's header, in row-major order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::data) struct Layout {
    pub(in crate::data) shape: Vec<usize>,
    pub(in crate::data) element: Element,
    pub(in crate::data) order: ByteOrder,
}

/// An open file, read once from start to end.
pub(in crate::data) struct Content {
    path: PathBuf,
    reader: Box<dyn Read>,
    beginning: Vec<u8>,
    n_read: u64,
    is_compressed: bool,
    /// The columns of an array to keep in double precision.
    kept: Vec<usize>,
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content").field("path", &self.path).field("n_read", &self.n_read).finish()
    }
}

impl Content {
    /// Opens the file. If it begins like compressed data, it is decompressed, whatever its name.
    pub(in crate::data) fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(|source| Error::io(path, source))?;
        // A pipe has no size.
        let size = file.metadata().ok().filter(|data| data.is_file()).map(|data| data.len());
        Self::decompressed(path, file, size)
    }

    /// Standard input, likewise decompressed.
    pub(in crate::data) fn stdin() -> Result<Self> {
        Self::decompressed(Path::new("standard input"), io::stdin(), None)
    }

    fn decompressed(path: &Path, mut file: impl Read + 'static, size: Option<u64>) -> Result<Self> {
        let beginning = peek(&mut file).map_err(|source| Error::io(path, source))?;
        let compression = Compression::of(&beginning);
        let whole = Cursor::new(beginning).chain(file);
        let reader = match compression {
            Some(compression) => compression.reader(whole, size).map_err(|source| match source.kind() {
                io::ErrorKind::Unsupported => {
                    let problem = format!("is compressed with {compression:?}, which penstroke reads with its feature `compressed`");
                    Error::input(path, problem)
                }
                _ => Error::io(path, source),
            })?,
            None => Box::new(BufReader::with_capacity(CHUNK, whole)),
        };
        Ok(Self { is_compressed: compression.is_some(), ..Self::of(path, reader)? })
    }

    /// Reads the file through `reader`, which unpacks `n_packed` bytes of it.
    pub(in crate::data) fn unpacked(path: &Path, reader: Box<dyn Read>, n_packed: u64) -> Result<Self> {
        Self::of(path, Box::new(Bounded::new(reader, Packed::All(n_packed))))
    }

    /// Reads the file through `reader`.
    pub(in crate::data) fn of(path: &Path, reader: Box<dyn Read>) -> Result<Self> {
        let mut content = Self {
            path: path.to_owned(),
            reader,
            beginning: Vec::new(),
            n_read: 0,
            is_compressed: false,
            kept: Vec::new(),
        };
        let beginning = match peek(&mut content.reader) {
            Ok(beginning) => beginning,
            // Compressed data that end at once are empty.
            Err(source) if source.kind() == io::ErrorKind::UnexpectedEof => Vec::new(),
            Err(source) => return Err(content.failure(source)),
        };
        if beginning.is_empty() {
            return Err(content.error("is empty"));
        }
        let rest = std::mem::replace(&mut content.reader, Box::new(io::empty()));
        content.reader = Box::new(Cursor::new(beginning.clone()).chain(rest));
        content.beginning = beginning;
        Ok(content)
    }

    /// Keeps the columns of an array in double precision that the scaling of `like` needs so.
    pub(in crate::data) fn keeping(mut self, like: Option<&Preparation>) -> Self {
        let scaling = like.and_then(|like| like.scaling.as_ref());
        self.kept = scaling.into_iter().flat_map(Scaling::doubles).collect();
        self
    }

    /// The first bytes of the content, at most eight.
    pub(in crate::data) fn beginning(&self) -> &[u8] {
        &self.beginning
    }

    /// Whether the file is compressed.
    pub(in crate::data) fn is_compressed(&self) -> bool {
        self.is_compressed
    }

    /// The path of the file.
    pub(in crate::data) fn path(&self) -> &Path {
        &self.path
    }

    /// The file's name for messages.
    pub(in crate::data) fn place(&self) -> String {
        self.path.display().to_string()
    }

    /// An error in this file.
    pub(in crate::data) fn error(&self, problem: impl Into<Problem>) -> Error {
        Error::input(self.path.as_path(), problem)
    }

    /// Reads the next `len` bytes of the header. They are allocated up front, so `len` must be small.
    pub(in crate::data) fn header(&mut self, len: usize) -> Result<Vec<u8>> {
        let mut header = vec![0; len];
        let n_got = self.fill(&mut header)?;
        if n_got < len {
            return Err(self.error(format!(
                "the header is cut short: {} bytes are needed, file holds {}",
                self.n_read - n_got as u64 + len as u64,
                self.n_read
            )));
        }
        Ok(header)
    }

    /// The number of bytes read so far.
    pub(in crate::data) fn n_read(&self) -> u64 {
        self.n_read
    }

    /// The file's total length if the rest is an array of `shape`; `None` on overflow.
    pub(in crate::data) fn promised(&self, shape: &[usize], element: Element) -> Result<Option<u64>> {
        // Without zeros no product of sizes can overflow: each is at most the product of all.
        if shape.contains(&0) {
            return Err(self.error("holds no samples"));
        }
        let n_values = shape.iter().try_fold(1, |product: u64, &n| product.checked_mul(n as u64));
        let n_bytes = n_values.and_then(|n| n.checked_mul(element.size() as u64));
        Ok(n_bytes.and_then(|n| n.checked_add(self.n_read)))
    }

    /// Reads the rest of the file as exactly the numbers of `shape`, which are column-major if `is_fortran`. Bytes stay
    /// bytes; other types become f32, and what they lose by that is returned too.
    pub(in crate::data) fn values(
        mut self,
        shape: &[usize],
        (element, order): (Element, ByteOrder),
        is_fortran: bool,
    ) -> Result<(Values, Exact)> {
        let promised = self.promised(shape, element)?;
        let Some(promised) = promised.filter(|&n| n <= self.n_read.saturating_add(MAX_BYTES)) else {
            return Err(
                self.error(format!("header claims an array of {shape:?}, more than the 16 GiB read at once"))
            );
        };
        let mut values = match element {
            Element::U8 => Values::Bytes(Vec::new()),
            _ => Values::Floats(Vec::new()),
        };
        let (n_columns, strides) = match *shape {
            [n, d] if is_fortran && n > 1 => (d, Strides { column: n, row: 1 }),
            [_, d] => (d, Strides { column: 1, row: d }),
            // All pixels share one unit; labels stay as they are.
            [_] => (0, Strides { column: 1, row: 1 }),
            _ => (1, Strides { column: 1, row: 1 }),
        };
        let mut narrowing = Narrowing::new(if element.is_wide() { n_columns } else { 0 }, self.kept.clone());
        let mut chunk = vec![0; CHUNK];
        while self.n_read < promised {
            let n_wanted = (promised - self.n_read).min(CHUNK as u64) as usize;
            let n_got = self.fill(&mut chunk[..n_wanted])?;
            if n_got < n_wanted {
                return Err(self.error(format!("header claims {promised} bytes, file holds {}", self.n_read)));
            }
            append(&mut values, &chunk[..n_got], element, order)
                .map_err(|_| self.error(format!("its {promised} bytes do not fit in memory")))?;
            if let Values::Floats(floats) = &values
                && !narrowing.is_done()
            {
                let first = floats.len() - n_got / element.size();
                narrowing.see(floats.len(), strides, |at| element.double(&chunk, at - first, order));
            }
        }
        if !self.ends()? {
            return Err(self.error(format!("header claims {promised} bytes, file holds more")));
        }
        Ok((values, narrowing.finish()))
    }

    /// Reads until `buffer` is full or the file ends, and returns the number of bytes.
    pub(in crate::data) fn fill(&mut self, buffer: &mut [u8]) -> Result<usize> {
        interrupt::check()?;
        let mut n_got = 0;
        while n_got < buffer.len() {
            match self.reader.read(&mut buffer[n_got..]) {
                Ok(0) => break,
                Ok(n) => n_got += n,
                Err(source) if source.kind() == io::ErrorKind::Interrupted => {}
                // A truncated compressed stream.
                Err(source) if source.kind() == io::ErrorKind::UnexpectedEof => break,
                Err(source) => return Err(self.failure(source)),
            }
        }
        self.n_read += n_got as u64;
        Ok(n_got)
    }

    /// Whether the file ends here. A compressed stream that is cut short after its values, or has a wrong checksum, is
    /// an error.
    fn ends(&mut self) -> Result<bool> {
        loop {
            match self.reader.read(&mut [0]) {
                Ok(n) => return Ok(n == 0),
                Err(source) if source.kind() == io::ErrorKind::Interrupted => {}
                Err(source) => return Err(self.failure(source)),
            }
        }
    }

    pub(in crate::data) fn failure(&self, source: io::Error) -> Error {
        match source.kind() {
            io::ErrorKind::UnexpectedEof => {
                self.error("the compressed data are cut short; get the file again")
            }
            io::ErrorKind::QuotaExceeded => {
                self.error(TOO_MUCH).hint("unpack it first, or save it without compression")
            }
            io::ErrorKind::OutOfMemory => self
                .error("needs too much memory to unpack")
                .hint("unpack it first, or compress it at a lower level"),
            io::ErrorKind::FileTooLarge => self.error("holds more than the 16 GiB read at once"),
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
                self.error(format!("the compressed data are damaged ({source}); get the file again"))
            }
            _ => Error::io(&self.path, source),
        }
    }
}

/// Plain reading; [`Content::failure`] converts its errors.
impl Read for Content {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_got = self.reader.read(buffer)?;
        self.n_read += n_got as u64;
        match self.n_read {
            0..=MAX_BYTES => Ok(n_got),
            _ => Err(io::ErrorKind::FileTooLarge.into()),
        }
    }
}

fn peek(reader: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut beginning = Vec::with_capacity(PEEK);
    reader.take(PEEK as u64).read_to_end(&mut beginning)?;
    Ok(beginning)
}

/// Appends the numbers of `chunk`, which holds a whole number of elements.
fn append(
    values: &mut Values,
    chunk: &[u8],
    element: Element,
    order: ByteOrder,
) -> Result<(), std::collections::TryReserveError> {
    match values {
        Values::Bytes(out) => {
            out.try_reserve(chunk.len())?;
            out.extend_from_slice(chunk);
            Ok(())
        }
        Values::Floats(out) => append_floats(out, chunk, element, order),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endless_values_are_refused() {
        let mut content = Content::of(Path::new("t.csv"), Box::new(io::repeat(b'1'))).unwrap();
        content.n_read = MAX_BYTES;
        let error = content.read(&mut [0; PEEK]).unwrap_err();
        assert_eq!(content.failure(error).to_string(), "t.csv: holds more than the 16 GiB read at once");
    }
}
