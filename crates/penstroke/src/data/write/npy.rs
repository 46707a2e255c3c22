//! Writes npy, NumPy's format for one array: rows, samples, pictures, labels or targets.

use crate::data::hold::{Dataset, ImageShape, Targets};
use crate::data::read::npy::MAGIC;
use crate::data::write::Float;
use penstroke_engine::Rows;
use std::io::{self, Write};

/// Values start at a multiple of this many bytes.
const ALIGNMENT: usize = 64;

/// Writes `n` rows of `d` values as float32 of shape `(n, d)`, little-endian and in C order, format version 1.
///
/// ```
/// let mut file = Vec::new();
/// penstroke::data::npy::write(&mut file, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 2, 3)?;
/// assert!(file.starts_with(b"\x93NUMPY"));
/// assert_eq!(file.len(), 128 + 4 * 6);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// If there are not `n · d` values, or if writing to `out` fails.
pub fn write(mut out: impl Write, values: &[f32], n: usize, d: usize) -> io::Result<()> {
    check_rows(values.len(), n, d)?;
    write_header(&mut out, f32::NPY, &[n, d])?;
    write_floats(out, values)
}

/// Writes rows of `d` values as float32 or float64, like [`write()`].
///
/// # Errors
/// If the values are not a whole number of rows, or if writing to `out` fails.
pub fn write_rows<T: Float>(mut out: impl Write, values: &[T], d: usize) -> io::Result<()> {
    let n = values.len() / d.max(1);
    check_rows(values.len(), n, d)?;
    write_header(&mut out, T::NPY, &[n, d])?;
    write_floats(out, values)
}

fn check_rows(len: usize, n: usize, d: usize) -> io::Result<()> {
    if n.checked_mul(d) == Some(len) {
        return Ok(());
    }
    let problem = format!("{len} values are not {n} rows of {d}");
    Err(io::Error::new(io::ErrorKind::InvalidInput, problem))
}

/// Writes rows like [`write()`] piece by piece, for rows that do not fit in memory.
///
/// ```
/// use penstroke::data::npy::{self, RowWriter};
/// let (mut whole, mut file) = (Vec::new(), Vec::new());
/// npy::write(&mut whole, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3, 2)?;
/// let mut rows = RowWriter::new(&mut file, 3, 2)?;
/// rows.write(&[1.0, 2.0, 3.0, 4.0])?;
/// rows.write(&[5.0, 6.0])?;
/// rows.finish()?;
/// assert_eq!(file, whole);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct RowWriter<W> {
    out: W,
    n_missing: usize,
}

impl<W: Write> RowWriter<W> {
    /// Starts a file of `n` rows of `d` values.
    ///
    /// # Errors
    /// If writing to `out` fails.
    pub fn new(mut out: W, n: usize, d: usize) -> io::Result<Self> {
        write_header(&mut out, "<f4", &[n, d])?;
        Ok(Self { out, n_missing: n * d })
    }

    /// Writes the next values.
    ///
    /// # Errors
    /// If there are more than announced, or writing to `out` fails.
    pub fn write(&mut self, values: &[f32]) -> io::Result<()> {
        self.n_missing = self
            .n_missing
            .checked_sub(values.len())
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "more values than were announced"))?;
        write_values(&mut self.out, values, |value| value.to_le_bytes())
    }

    /// Finishes the file.
    ///
    /// # Errors
    /// If values are missing.
    pub fn finish(self) -> io::Result<()> {
        match self.n_missing {
            0 => Ok(()),
            n => Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{n} values are missing"))),
        }
    }
}

/// Writes samples, without labels, so that [`read`](crate::data::npy::read) reads them back: bytes as uint8, floats as
/// float32; of shape `(n, d)`, for grey pictures `(n, height, width)`, for others `(n, height, width, channels)`.
///
/// ```
/// use penstroke::data::{Dataset, Values, npy};
/// let data = Dataset::new("example", Values::Bytes(vec![0, 51, 102, 255]), 2)?;
/// # let folder = tempfile::tempdir().unwrap();
/// let file = folder.path().join("example.npy");
/// penstroke::files::write_atomic(&file, |out| npy::write_data(out, &data))?;
/// assert_eq!(npy::read(&file)?, data);
/// # Ok::<(), penstroke::Error>(())
/// ```
///
/// # Errors
/// If writing to `out` fails.
pub fn write_data(mut out: impl Write, data: &Dataset) -> io::Result<()> {
    match data.rows() {
        Rows::Bytes(values) => {
            write_header(&mut out, "|u1", &shape(data))?;
            out.write_all(values)
        }
        Rows::Floats(values) => write_like(out, data, values),
    }
}

/// Writes values as float32 or float64, in the shape that [`write_data`] gives `data`.
///
/// ```
/// use penstroke::data::{Dataset, Values, npy};
/// let data = Dataset::new("example", Values::Bytes(vec![0, 51]), 1)?;
/// let mut file = Vec::new();
/// npy::write_like(&mut file, &data, &[1.7e9, 1.7e9 + 1.0]).expect("memory can be written");
/// assert_eq!(file.len(), 128 + 8 * 2);
/// # Ok::<(), penstroke::Error>(())
/// ```
///
/// # Errors
/// If `data` has another number of values, or if writing to `out` fails.
pub fn write_like<T: Float>(mut out: impl Write, data: &Dataset, values: &[T]) -> io::Result<()> {
    let (n, d) = (data.n_samples(), data.n_visible());
    check_rows(values.len(), n, d)?;
    write_header(&mut out, T::NPY, &shape(data))?;
    write_floats(out, values)
}

fn write_floats<T: Float>(mut out: impl Write, values: &[T]) -> io::Result<()> {
    let mut bytes = Vec::new();
    for values in values.chunks(1 << 14) {
        bytes.clear();
        values.iter().for_each(|value| value.append_to(&mut bytes));
        out.write_all(&bytes)?;
    }
    Ok(())
}

fn shape(data: &Dataset) -> Vec<usize> {
    let n = data.n_samples();
    match data.image() {
        Some(ImageShape { height, width, channels: 1 }) => vec![n, height, width],
        Some(ImageShape { height, width, channels }) => vec![n, height, width, channels],
        None => vec![n, data.n_visible()],
    }
}

/// Writes labels as int64 of shape `(n)`, NumPy's type for whole numbers.
///
/// # Errors
/// If writing to `out` fails.
pub fn write_labels(out: impl Write, labels: &[u32]) -> io::Result<()> {
    write_whole(out, &labels.iter().map(|&label| i64::from(label)).collect::<Vec<_>>())
}

/// Writes whole numbers as int64 of shape `(n)`.
///
/// # Errors
/// If writing to `out` fails.
pub fn write_whole(mut out: impl Write, numbers: &[i64]) -> io::Result<()> {
    write_header(&mut out, "<i8", &[numbers.len()])?;
    write_values(out, numbers, i64::to_le_bytes)
}

/// Writes rows of `d` truth values as bool of shape `(n, d)`.
///
/// ```
/// let mut file = Vec::new();
/// penstroke::data::npy::write_bools(&mut file, &[true, false, false, true, true, false], 3)?;
/// assert_eq!(file[128..], [1, 0, 0, 1, 1, 0]);
/// assert!(file.windows(4).any(|bytes| bytes == b"'|b1") && file.windows(6).any(|bytes| bytes == b"(2, 3)"));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// If the values are not a whole number of rows, or if writing to `out` fails.
pub fn write_bools(mut out: impl Write, values: &[bool], d: usize) -> io::Result<()> {
    let n = values.len() / d.max(1);
    check_rows(values.len(), n, d)?;
    write_header(&mut out, "|b1", &[n, d])?;
    write_values(out, values, |value| [u8::from(value)])
}

/// Writes texts as a NumPy text array of shape `(n)`, with type `<U` and the length of the longest.
///
/// # Errors
/// If writing to `out` fails.
pub fn write_texts(mut out: impl Write, texts: &[String]) -> io::Result<()> {
    let width = texts.iter().map(|text| text.chars().count()).max().unwrap_or_default().max(1);
    write_header(&mut out, &format!("<U{width}"), &[texts.len()])?;
    for text in texts {
        // Four bytes per letter, zeros after the last.
        let letters: Vec<u32> = text.chars().map(u32::from).chain(std::iter::repeat(0)).take(width).collect();
        write_values(&mut out, &letters, u32::to_le_bytes)?;
    }
    Ok(())
}

/// Writes targets so that [`read_targets`](crate::data::npy::read_targets) reads them back: float32 of shape `(n)` for
/// one target, otherwise `(n, k)`.
///
/// # Errors
/// If writing to `out` fails.
pub fn write_targets(mut out: impl Write, targets: &Targets) -> io::Result<()> {
    match (targets.n_samples(), targets.n_targets()) {
        (n, 1) => write_header(&mut out, "<f4", &[n])?,
        (n, k) => write_header(&mut out, "<f4", &[n, k])?,
    }
    write_values(out, targets.values(), |value| value.to_le_bytes())
}

fn write_header(out: &mut impl Write, descr: &str, shape: &[usize]) -> io::Result<()> {
    // A tuple of one element needs a comma.
    let shape = match shape {
        [n] => format!("({n},)"),
        _ => format!("({})", shape.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")),
    };
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    // Padded with blanks and closed by a newline, so that the values are aligned.
    let unpadded = MAGIC.len() + 4 + header.len() + 1;
    header.extend(std::iter::repeat_n(' ', unpadded.next_multiple_of(ALIGNMENT) - unpadded));
    header.push('\n');
    out.write_all(MAGIC)?;
    out.write_all(&[1, 0])?;
    // Four numbers of at most 20 digits easily fit in a header of that length.
    out.write_all(&(header.len() as u16).to_le_bytes())?;
    out.write_all(header.as_bytes())
}

fn write_values<T: Copy, const N: usize>(
    mut out: impl Write,
    values: &[T],
    to_bytes: impl Fn(T) -> [u8; N],
) -> io::Result<()> {
    let mut bytes = Vec::with_capacity(N * values.len().min(1 << 14));
    for values in values.chunks(1 << 14) {
        bytes.clear();
        bytes.extend(values.iter().flat_map(|&value| to_bytes(value)));
        out.write_all(&bytes)?;
    }
    Ok(())
}
