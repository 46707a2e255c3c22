//! Samples that stay in their file, for data larger than memory.

use super::batches::{at_once, each_piece};
use super::element::{ByteOrder, Element, append_floats};
use super::narrowing::{CloseColumn, Exact, Narrowing, Strides};
use super::preparation::Preparation;
use super::samples::Samples;
use super::scaling::Scaling;
use super::targets::Targets;
use super::values::{ImageShape, Values, check_finite};
use crate::{Error, Result, interrupt};
use penstroke_engine::Rows;
use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Samples of an npy, IDX, Parquet or Arrow file or of a table of text, read when needed.
///
/// Training on them gives exactly the model that training in memory gives, because samples are presented in the same
/// order, a shuffle of all of them. Memory holds a few batches, 20 bytes per sample for their order, and four bytes per
/// label; a spinning disk is slow at this. A file that changes while it is read is an error. A compressed file is decompressed
/// once into a temporary file. So are the values of a table, four bytes each, because its rows cannot be read from the middle.
#[derive(Debug)]
pub struct Streamed {
    path: PathBuf,
    file: Mutex<File>,
    /// The file as it was when it was opened.
    opened: Metadata,
    /// Offset of the first value.
    start: u64,
    element: Element,
    order: ByteOrder,
    n_samples: usize,
    n_visible: usize,
    /// Number of values in the file before those of each sample.
    n_left_out: usize,
    labels: Option<Vec<u32>>,
    targets: Option<Targets>,
    image: Option<ImageShape>,
    range: (f32, f32),
    /// What the values lose in single precision; of a file of wide numbers, only the close columns.
    exact: Exact,
    preparation: Preparation,
    warnings: Vec<String>,
}

/// Whether a file is unchanged, by its length and its time of change.
pub(in crate::data) fn is_unchanged(before: &Metadata, now: &Metadata) -> bool {
    before.len() == now.len() && before.modified().ok() == now.modified().ok()
}

/// The error that the file at `path` changed while it was read.
pub(in crate::data) fn changed(path: &Path) -> Error {
    Error::input(path, "changed while it was read; start again")
}

impl Streamed {
    /// `n` samples of `d` values, starting at byte `start` of `file`.
    pub(in crate::data) fn new(
        path: &Path,
        file: File,
        start: u64,
        (element, order): (Element, ByteOrder),
        [n_samples, n_visible]: [usize; 2],
    ) -> Result<Self> {
        Self::check_number(path, n_samples)?;
        let opened = file.metadata().map_err(|source| Error::io(path, source))?;
        Ok(Self {
            path: path.to_owned(),
            opened,
            file: Mutex::new(file),
            start,
            element,
            order,
            n_samples,
            n_visible,
            n_left_out: 0,
            labels: None,
            targets: None,
            image: None,
            range: (0.0, 1.0),
            exact: Exact::default(),
            preparation: Preparation::default(),
            warnings: Vec::new(),
        })
    }

    /// Declares each row to be a picture.
    pub(in crate::data) fn with_image(self, image: Option<ImageShape>) -> Self {
        Self { image, ..self }
    }

    /// Adds what was learned when the file was read.
    pub(in crate::data) fn with_learned(
        self,
        preparation: Preparation,
        (labels, targets): (Option<Vec<u32>>, Option<Targets>),
        warnings: Vec<String>,
        exact: Exact,
    ) -> Self {
        Self { preparation, labels, targets, warnings, exact, ..self }
    }

    /// Leaves out `n` values of the file before those of each sample.
    pub(in crate::data) fn without_first(self, n: usize) -> Self {
        Self { n_left_out: n, ..self }
    }

    /// Applies a scaling from now on.
    pub(in crate::data) fn scale(&mut self, scaling: Scaling) -> Result<()> {
        scaling.check(self.n_visible)?;
        if scaling.subtracts() {
            self.exact.close.clear();
        }
        self.preparation.scaling = Some(scaling);
        self.scan()
    }

    pub(in crate::data) fn check_number(path: &Path, n_samples: usize) -> Result<()> {
        match u32::try_from(n_samples) {
            Ok(_) => Ok(()),
            Err(_) => {
                let problem = format!("has more than {} samples, the most that can be trained on", u32::MAX);
                Err(Error::input(path, problem))
            }
        }
    }

    /// Warnings from reading, one per line.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Reads all values once: checks that they are finite, and records their range and the close columns.
    pub(in crate::data) fn scan(&mut self) -> Result<()> {
        let (mut low, mut high, mut first) = (f32::MAX, f32::MIN, 0);
        let mut bytes = false;
        let place = self.path.display().to_string();
        let check = |rows: Rows<'_>| {
            check_finite(&place, rows, self.n_visible, first)?;
            first += rows.len() / self.n_visible;
            match rows {
                Rows::Bytes(_) => bytes = true,
                Rows::Floats(values) => {
                    (low, high) =
                        values.iter().fold((low, high), |(low, high), &x| (low.min(x), high.max(x)));
                }
            }
            Ok(())
        };
        if self.element.is_wide() && self.preparation.scaling.is_none() {
            self.exact.close = self.find_close(check)?;
        } else {
            each_piece(self, check)?;
        }
        self.range = if bytes { (0.0, 1.0) } else { (low, high) };
        Ok(())
    }

    /// The columns whose values are too close together for single precision. `check` is called with all values.
    fn find_close(&self, mut check: impl FnMut(Rows<'_>) -> Result<()>) -> Result<Vec<CloseColumn>> {
        let n_columns = if self.image.is_some() { 1 } else { self.n_visible };
        let mut narrowing = Narrowing::new(n_columns, []).without_values();
        let (mut floats, mut seen) = (Vec::new(), 0);
        for first in (0..self.n_samples as u32).step_by(at_once(self.n_visible)) {
            let last = self.n_samples.min(first as usize + at_once(self.n_visible)) as u32;
            interrupt::check()?;
            let bytes = self.read_bytes(&(first..last).collect::<Vec<_>>(), Vec::new())?;
            floats.clear();
            self.append(&mut floats, &bytes)?;
            check(Rows::Floats(&floats))?;
            let strides = Strides { column: 1, row: n_columns };
            let value = |at| self.element.double(&bytes, at - seen, self.order);
            narrowing.see(seen + floats.len(), strides, value);
            seen += floats.len();
        }
        Ok(narrowing.finish().close)
    }

    /// Bytes per sample in the file.
    fn size_of_row(&self) -> usize {
        (self.n_left_out + self.n_visible) * self.element.size()
    }

    /// Reads the bytes of the samples at `indices` into `bytes`.
    fn read_bytes(&self, indices: &[u32], mut bytes: Vec<u8>) -> Result<Vec<u8>> {
        let size = self.size_of_row();
        bytes.resize(indices.len() * size, 0);
        // Consecutive samples are read together.
        let mut rest = &mut bytes[..];
        for run in indices.chunk_by(|a, b| a.checked_add(1) == Some(*b)) {
            let (of_run, after) = rest.split_at_mut(run.len() * size);
            self.read_run(run[0], of_run)?;
            rest = after;
        }
        self.check_unchanged()?;
        if self.n_left_out > 0 {
            let (mut at, left_out) = (0.., self.n_left_out * self.element.size());
            bytes.retain(|_| at.next().is_some_and(|at: usize| at % size >= left_out));
        }
        Ok(bytes)
    }

    /// Reads the bytes of consecutive samples starting at index `first`.
    fn read_run(&self, first: u32, out: &mut [u8]) -> Result<()> {
        let size = self.size_of_row() as u64;
        // A thread that panicked while reading only left a file position, which is set here.
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.start + u64::from(first) * size))
            .and_then(|_| file.read_exact(out))
            .map_err(|source| match source.kind() {
                io::ErrorKind::UnexpectedEof => changed(&self.path),
                _ => Error::io(&self.path, source),
            })
    }

    /// Checks that the file has not changed since it was opened.
    fn check_unchanged(&self) -> Result<()> {
        let now = self.file.lock().unwrap_or_else(PoisonError::into_inner).metadata();
        let now = now.map_err(|source| Error::io(&self.path, source))?;
        if is_unchanged(&self.opened, &now) { Ok(()) } else { Err(changed(&self.path)) }
    }

    /// The value at `at` of the samples `indices` in double precision, where it is not the same in single precision.
    fn exact(&self, indices: &[u32], bytes: &[u8], at: usize) -> Option<f64> {
        if self.element.is_wide() {
            return Some(self.element.double(bytes, at, self.order));
        }
        let d = self.n_visible;
        self.exact.value(indices[at / d] as usize * d + at % d, d, self.image.is_some())
    }

    /// Appends the numbers of `bytes` as floats, bytes as shares of 255.
    fn append(&self, values: &mut Vec<f32>, bytes: &[u8]) -> Result<()> {
        if self.element == Element::U8 {
            values.resize(bytes.len(), 0.0);
            Rows::Bytes(bytes).copy_to(0, values);
        } else if append_floats(values, bytes, self.element, self.order).is_err() {
            let place = self.path.display().to_string();
            return Err(Error::input(place, "a batch does not fit into memory"));
        }
        Ok(())
    }
}

impl Samples for Streamed {
    fn n_samples(&self) -> usize {
        self.n_samples
    }

    fn n_visible(&self) -> usize {
        self.n_visible
    }

    fn labels(&self) -> Option<&[u32]> {
        self.labels.as_deref()
    }

    fn targets(&self) -> Option<&Targets> {
        self.targets.as_ref()
    }

    fn image(&self) -> Option<ImageShape> {
        self.image
    }

    fn preparation(&self) -> &Preparation {
        &self.preparation
    }

    fn range(&self) -> (f32, f32) {
        self.range
    }

    fn close_columns(&self) -> &[CloseColumn] {
        &self.exact.close
    }

    fn read(&self, indices: &[u32], out: &mut Values) -> Result<()> {
        let bytes = match out {
            Values::Bytes(bytes) => std::mem::take(bytes),
            Values::Floats(_) => Vec::new(),
        };
        let bytes = self.read_bytes(indices, bytes)?;
        let scaling = self.preparation.scaling.as_ref();
        if self.element == Element::U8 && scaling.is_none() {
            *out = Values::Bytes(bytes);
            return Ok(());
        }
        let mut values = match std::mem::replace(out, Values::Floats(Vec::new())) {
            Values::Floats(mut values) => {
                values.clear();
                values
            }
            Values::Bytes(_) => Vec::new(),
        };
        self.append(&mut values, &bytes)?;
        if let Some(scaling) = scaling {
            scaling.scale(&mut values, self.n_visible, |at| self.exact(indices, &bytes, at));
        }
        *out = Values::Floats(values);
        Ok(())
    }

    fn read_exact(&self, indices: &[u32], out: &mut Vec<f64>) -> Result<()> {
        let bytes = self.read_bytes(indices, Vec::new())?;
        let (d, is_picture) = (self.n_visible, self.image.is_some());
        let mut is_close = vec![false; d];
        for column in &self.exact.close {
            if is_picture { is_close.fill(true) } else { is_close[column.column] = true }
        }
        let mut floats = Vec::new();
        self.append(&mut floats, &bytes)?;
        out.clear();
        out.extend(floats.iter().enumerate().map(|(at, &float)| {
            let exact = is_close[at % d].then(|| self.exact(indices, &bytes, at)).flatten();
            exact.unwrap_or(f64::from(float))
        }));
        Ok(())
    }
}
