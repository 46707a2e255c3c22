//! Compressed files, recognised by their first bytes: gzip, and with the feature `compressed` bzip2, xz and Zstandard.
//!
//! Compressed data may unpack to a thousand times their size and more, so that a small file would fill the memory. They may
//! unpack to 64 MiB plus 100 times their size.

use flate2::bufread::MultiGzDecoder;
use std::cell::Cell;
use std::io::{self, BufReader, ErrorKind, Read};
use std::rc::Rc;

/// Bytes read at a time.
const CHUNK: usize = 1 << 16;
/// Maximum memory of an xz decoder in KiB; files of `xz -9` need half of it.
#[cfg(feature = "compressed")]
const XZ_KIB: u32 = 1 << 17;

/// Maximum number of bytes that `n` compressed bytes may unpack to.
fn limit(n: u64) -> u64 {
    (64 << 20) + n.saturating_mul(100)
}

/// The problem with a file that unpacks to more.
pub(super) const TOO_MUCH: &str = "unpacks to more than 64 MiB plus 100 times its size";

/// A kind of compression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::data) enum Compression {
    Gzip,
    Bzip2,
    Xz,
    Zstandard,
}

/// The number of compressed bytes.
pub(super) enum Packed {
    /// All of them, before they are read.
    All(u64),
    /// Those read so far.
    SoFar(Rc<Cell<u64>>),
}

impl Compression {
    /// The compression of a file that begins like this.
    pub(super) fn of(beginning: &[u8]) -> Option<Self> {
        match beginning {
            [0x1f, 0x8b, ..] => Some(Compression::Gzip),
            // The first block's mark begins after the level.
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, ..] => Some(Compression::Bzip2),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Compression::Xz),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Compression::Zstandard),
            _ => None,
        }
    }

    /// Whether a file with this extension is compressed.
    pub(in crate::data) fn is_extension(extension: &str) -> bool {
        ["gz", "bz2", "xz", "zst", "zstd"].contains(&extension)
    }

    /// Unpacks `packed`, a file of `size` bytes if that is known.
    pub(super) fn reader(self, packed: impl Read + 'static, size: Option<u64>) -> io::Result<Box<dyn Read>> {
        let n_read = Rc::new(Cell::new(0));
        let limit = size.map_or(Packed::SoFar(Rc::clone(&n_read)), Packed::All);
        let packed = BufReader::with_capacity(CHUNK, Counted { reader: packed, n_read });
        let unpacked: Box<dyn Read> = match self {
            Compression::Gzip => Box::new(MultiGzDecoder::new(packed)),
            #[cfg(feature = "compressed")]
            Compression::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(packed)),
            #[cfg(feature = "compressed")]
            Compression::Xz => Box::new(lzma_rust2::XzReader::new_mem_limit(packed, true, XZ_KIB)),
            #[cfg(feature = "compressed")]
            Compression::Zstandard => Box::new(zstd::Decoder::with_buffer(packed)?),
            #[cfg(not(feature = "compressed"))]
            _ => return Err(ErrorKind::Unsupported.into()),
        };
        Ok(Box::new(Bounded::new(unpacked, limit)))
    }
}

/// A reader that counts its bytes.
struct Counted<R> {
    reader: R,
    n_read: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.reader.read(buffer)?;
        self.n_read.set(self.n_read.get() + n as u64);
        Ok(n)
    }
}

/// Unpacked data up to the limit; beyond, reading fails with [`ErrorKind::QuotaExceeded`].
pub(super) struct Bounded {
    reader: Box<dyn Read>,
    packed: Packed,
    n_unpacked: u64,
}

impl Bounded {
    pub(super) fn new(reader: Box<dyn Read>, packed: Packed) -> Self {
        Self { reader, packed, n_unpacked: 0 }
    }
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.reader.read(buffer).map_err(|error| match error.kind() {
            // What Zstandard says of damaged data, and of a window that is larger than its decoder allows.
            ErrorKind::Other if error.to_string().contains("memory") => ErrorKind::OutOfMemory.into(),
            ErrorKind::Other => io::Error::new(ErrorKind::InvalidData, error),
            _ => error,
        })?;
        self.n_unpacked += n as u64;
        let n_packed = match &self.packed {
            Packed::All(n) => *n,
            Packed::SoFar(n) => n.get(),
        };
        match self.n_unpacked <= limit(n_packed) {
            true => Ok(n),
            false => Err(ErrorKind::QuotaExceeded.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::data::npy;
    use crate::data::read::testing::{dictionary, npy as npy_bytes};
    use std::fs;
    use std::io::{Cursor, Write};

    #[cfg(feature = "compressed")]
    #[test]
    fn every_compression_is_read_and_its_damage_refused() {
        use crate::data::read::content::Content;
        use std::io::Read;

        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/inputs/");
        let plain = fs::read(format!("{folder}plain.csv")).unwrap();
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("t");
        for extension in ["gz", "bz2", "xz", "zst"] {
            let packed = fs::read(format!("{folder}plain.csv.{extension}")).unwrap();
            let read = |bytes: &[u8]| {
                fs::write(&path, bytes).unwrap();
                let (mut content, mut all) = (Content::open(&path)?, Vec::new());
                content.read_to_end(&mut all).map_err(|error| content.failure(error))?;
                Ok::<_, crate::Error>(all)
            };
            assert_eq!(read(&packed).unwrap(), plain, "{extension}");
            // Files can be joined, as `cat a.xz b.xz` does.
            assert_eq!(read(&packed.repeat(2)).unwrap(), plain.repeat(2), "{extension}");
            let short = read(&packed[..packed.len() - 12]).unwrap_err();
            assert!(short.is_wrong_input(), "{extension}: {short}");
            for at in 0..packed.len() {
                let mut damaged = packed.clone();
                damaged[at] ^= 0x55;
                if let Err(error) = read(&damaged) {
                    assert!(error.is_wrong_input(), "{extension} {at}: {error}");
                }
            }
        }
    }

    /// These bytes as small as gzip makes them.
    fn bomb(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_small_file_that_unpacks_to_much_is_refused() {
        const N: usize = 160 << 20;
        let packed_bytes = bomb(&npy_bytes(&dictionary("|u1", "False", &format!("(1, {N})")), &vec![0; N]));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.npy");
        fs::write(&path, &packed_bytes).unwrap();
        let message = npy::read(&path).map(drop).unwrap_err().to_string();
        let expected = "unpacks to more than 64 MiB plus 100 times its size; unpack it first, or save it without compression";
        assert!(message.ends_with(expected), "{message}");
    }

    #[test]
    fn a_pipe_is_bounded_by_what_was_read_of_it() {
        let packed_bytes = bomb(&vec![0; 160 << 20]);
        let packed = super::Compression::of(&packed_bytes).unwrap();
        let mut unpacked = packed.reader(Cursor::new(packed_bytes), None).unwrap();
        let error = std::io::copy(&mut unpacked, &mut std::io::sink()).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::QuotaExceeded);
    }
}
