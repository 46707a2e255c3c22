//! Samples that stay in their file: for data larger than memory.

use super::content::{ByteOrder, Content, Element, Layout, append_floats};
use super::dataset::check_finite;
use super::source::Columnar;
use super::{
    ImageShape, LoadOptions, Part, Preparation, Samples, Scaling, Source, Values, array, each_piece, idx,
    npy, npz, source,
};
use crate::{Error, Result};
use penstroke_engine::Rows;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Samples of an npy, IDX or Parquet file that are read when they are needed.
///
/// Training on them gives the model that training on the same file in memory gives, bit for bit, since samples are presented
/// in the same order: that of a shuffle of all of them. It keeps a few batches in memory, and 20 bytes a sample for
/// their order; a disk with a head that must move serves it badly. A compressed file is decompressed once, into a temporary
/// file, and so are the values of a Parquet file, four bytes each: its pages cannot be read from their middle. Labels stay in
/// memory, four bytes each.
#[derive(Debug)]
pub struct Streamed {
    path: PathBuf,
    file: Mutex<File>,
    /// Where the first value begins.
    start: u64,
    element: Element,
    order: ByteOrder,
    n_samples: usize,
    n_visible: usize,
    labels: Option<Vec<u32>>,
    image: Option<ImageShape>,
    range: (f32, f32),
    preparation: Preparation,
    warnings: Vec<String>,
}

/// Opens a file as samples that are read when they are needed; of the options `scale`, or the scaling of `like`, counts,
/// and of Parquet files `table`, or the columns of `like`.
///
/// It passes through the file once, and once or twice more to learn a scaling: values that are not finite are found before
/// hours of training.
///
/// ```
/// use penstroke::data::{LoadOptions, Samples, Source, npy, stream};
/// use penstroke::{Autoencoder, Config, Silent};
/// # let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("x.npy");
/// let values: Vec<f32> = (0..600).map(|i| (i % 7) as f32 / 7.0).collect();
/// penstroke::files::write_atomic(&path, |out| npy::write(out, &values, 100, 6))?;
/// let samples = stream(&Source::Path(path), &LoadOptions::default())?;
/// assert_eq!((samples.n_samples(), samples.n_visible()), (100, 6));
/// let model = Autoencoder::fit(&Config { hidden: 4, ..Config::default() }, &samples, &mut Silent)?;
/// assert_eq!(model.encode(&samples)?.len(), 100 * 4);
/// # Ok::<(), penstroke::Error>(())
/// ```
///
/// # Errors
/// As [`load`](super::load); and if the source is no file that can be read in any order, or not all of its samples are asked
/// for.
pub fn stream(source: &Source, options: &LoadOptions) -> Result<Streamed> {
    let refuse = |problem: &str| Err(Error::input("stream", problem));
    if *source == Source::Stdin {
        return refuse("reads a file again and again; standard input can be read once, leave it out");
    }
    let Source::Path(path) = source else {
        return refuse("is for npy, IDX and Parquet files; built-in data are read at once, leave it out");
    };
    if options.like.as_ref().map_or(&options.patches, |like| &like.patches).is_some() {
        return refuse(
            "is for samples that lie in their file as they are; patches are cut in memory, leave it out",
        );
    }
    if options.n.is_some() || options.part != Part::Train {
        return refuse("takes all samples of one file; leave --samples and --part out");
    }
    let mut samples = Streamed::open(path, options)?;
    samples.scan()?;
    let scaling = match &options.like {
        Some(like) => like.scaling.clone(),
        None => Scaling::learn(options.scale, &samples)?,
    };
    if let Some(scaling) = scaling {
        scaling.check(samples.n_visible)?;
        samples.preparation.scaling = Some(scaling);
        samples.scan()?;
    }
    Ok(samples)
}

impl Streamed {
    fn open(path: &Path, options: &LoadOptions) -> Result<Self> {
        let (file, array) = npz::split(path);
        source::must_exist(&file)?;
        if path.is_dir() || array.is_some() {
            return Err(Error::input(path.display().to_string(), NO_STREAM));
        }
        let content = Content::open(path)?;
        if Columnar::of(content.beginning()) == Some(Columnar::Parquet) {
            return Self::spooled(path, &content, options);
        }
        if source::is_as_table(options) {
            return Err(content
                .error("is no Parquet file, the only kind of table that is streamed; leave --stream out"));
        }
        Self::array(path, content)
    }

    /// The values of a Parquet file in a temporary one.
    fn spooled(path: &Path, content: &Content, options: &LoadOptions) -> Result<Self> {
        let (mut file, mut n_values) = (temporary(path)?, 0);
        let learned = source::spool_parquet(path, content, options, &mut |values| {
            n_values += values.len();
            let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            file.write_all(&bytes).map_err(|source| temporary_failed(path, source))
        })?;
        let columns = learned.preparation.columns.as_ref();
        let n_visible =
            columns.map_or(0, |columns| columns.features.iter().map(|feature| feature.width).sum());
        Ok(Self {
            labels: learned.labels,
            preparation: learned.preparation,
            warnings: learned.warnings,
            ..Self::new(
                path,
                file,
                0,
                (Element::F32, ByteOrder::Little),
                [n_values / n_visible.max(1), n_visible],
            )?
        })
    }

    fn array(path: &Path, mut content: Content) -> Result<Self> {
        let place = content.place();
        let Layout { shape, element, order } = match content.beginning() {
            start if npy::is_npy(start) => npy::layout(&mut content)?,
            start if idx::is_idx(start) => idx::layout(&mut content)?,
            _ => return Err(content.error(NO_STREAM)),
        };
        let Some(promised) = content.promised(&shape, element)? else {
            return Err(
                content.error(format!("header promises an array of {shape:?}, more than any file holds"))
            );
        };
        let (n_visible, image) = array::samples_of(&place, &shape)?;
        check_number(path, shape[0])?;
        let start = content.n_read();
        let (file, start, len) = match content.is_compressed() {
            false => {
                let file = File::open(path).map_err(|source| Error::io(path, source))?;
                let len = file.metadata().map_err(|source| Error::io(path, source))?.len();
                (file, start, len)
            }
            true => {
                let (file, len) = decompressed(content, promised - start)?;
                (file, 0, start + len)
            }
        };
        if len != promised {
            let holds = if len > promised { "more".to_owned() } else { len.to_string() };
            return Err(Error::input(place, format!("header promises {promised} bytes, file holds {holds}")));
        }
        Ok(Self { image, ..Self::new(path, file, start, (element, order), [shape[0], n_visible])? })
    }

    /// So many samples of so many values, of which the first begins at `start`.
    fn new(
        path: &Path,
        file: File,
        start: u64,
        (element, order): (Element, ByteOrder),
        [n_samples, n_visible]: [usize; 2],
    ) -> Result<Self> {
        check_number(path, n_samples)?;
        Ok(Self {
            path: path.to_owned(),
            file: Mutex::new(file),
            start,
            element,
            order,
            n_samples,
            n_visible,
            labels: None,
            image: None,
            range: (0.0, 1.0),
            preparation: Preparation::default(),
            warnings: Vec::new(),
        })
    }

    /// What whoever reads them should know, a line each, as [`Dataset::warnings`](super::Dataset::warnings).
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Passes through all values: they must be finite, and their range is noted.
    fn scan(&mut self) -> Result<()> {
        let (mut low, mut high, mut first) = (f32::MAX, f32::MIN, 0);
        let mut bytes = false;
        let place = self.path.display().to_string();
        each_piece(self, |rows| {
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
        })?;
        self.range = if bytes { (0.0, 1.0) } else { (low, high) };
        Ok(())
    }

    /// Reads the bytes of `n` samples from number `first` on.
    fn read_bytes(&self, first: u32, out: &mut [u8]) -> Result<()> {
        let size = (self.n_visible * self.element.size()) as u64;
        // A thread that panicked while it read leaves a position behind, and that is set here.
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.start + u64::from(first) * size))
            .and_then(|_| file.read_exact(out))
            .map_err(|source| match source.kind() {
                io::ErrorKind::UnexpectedEof => Error::input(
                    self.path.display().to_string(),
                    "was cut short while it was read; begin again",
                ),
                _ => Error::io(&self.path, source),
            })
    }
}

fn check_number(path: &Path, n_samples: usize) -> Result<()> {
    match u32::try_from(n_samples) {
        Ok(_) => Ok(()),
        Err(_) => {
            let problem = format!("more than {} samples are not trained on", u32::MAX);
            Err(Error::input(path.display().to_string(), problem))
        }
    }
}

/// What can be streamed, in error messages.
const NO_STREAM: &str =
    "cannot be streamed; npy, IDX and Parquet files can (IDX also .gz), each a file of its own";

/// A temporary file, which nobody sees, for what is in the file at `path`.
fn temporary(path: &Path) -> Result<File> {
    tempfile::tempfile().map_err(|source| temporary_failed(path, source))
}

fn temporary_failed(path: &Path, source: io::Error) -> Error {
    Error::io(format!("temporary file of {}", path.display()), source)
}

/// A temporary file, which nobody sees, of the rest of a compressed one, which should hold `expected` bytes; and how many it holds.
fn decompressed(mut content: Content, expected: u64) -> Result<(File, u64)> {
    let path = content.path().to_owned();
    let mut file = temporary(&path)?;
    // One byte more tells a file that holds more.
    let mut rest = content.by_ref().take(expected.saturating_add(1));
    let mut block = vec![0; 1 << 16];
    let mut len = 0;
    loop {
        match rest.read(&mut block) {
            Ok(0) => return Ok((file, len)),
            Ok(n) => {
                file.write_all(&block[..n]).map_err(|source| temporary_failed(&path, source))?;
                len += n as u64;
            }
            Err(source) if source.kind() == io::ErrorKind::Interrupted => {}
            Err(source) => return Err(content.failure(source)),
        }
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

    fn image(&self) -> Option<ImageShape> {
        self.image
    }

    fn preparation(&self) -> &Preparation {
        &self.preparation
    }

    fn range(&self) -> (f32, f32) {
        self.range
    }

    fn read(&self, indices: &[u32], out: &mut Values) -> Result<()> {
        let size = self.n_visible * self.element.size();
        let mut bytes = match out {
            Values::Bytes(bytes) => std::mem::take(bytes),
            Values::Floats(_) => Vec::new(),
        };
        bytes.resize(indices.len() * size, 0);
        // Neighbours are read at once.
        let mut rest = &mut bytes[..];
        for run in indices.chunk_by(|a, b| a.checked_add(1) == Some(*b)) {
            let (of_run, after) = rest.split_at_mut(run.len() * size);
            self.read_bytes(run[0], of_run)?;
            rest = after;
        }
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
        if self.element == Element::U8 {
            values.resize(bytes.len(), 0.0);
            Rows::Bytes(&bytes).copy_to(0, &mut values);
        } else if append_floats(&mut values, &bytes, self.element, self.order).is_err() {
            let place = self.path.display().to_string();
            return Err(Error::input(place, "there is no memory left for a batch of it"));
        }
        if let Some(scaling) = scaling {
            scaling.scale(&mut values, self.n_visible);
        }
        *out = Values::Floats(values);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
