//! Opens a file as samples that are read when needed.

use super::columnar::{Columnar, spool_columnar};
use super::file::refuse_table;
use super::find::{Found, find};
use super::name::Source;
use super::options::{LoadOptions, is_as_table};
use crate::data::hold::{ByteOrder, Element, Part, Samples, Scaling, Streamed, changed, is_unchanged};
use crate::data::read::content::{Content, Layout};
use crate::data::read::table::file::TableFile;
use crate::data::read::{idx, npy, samples_of, table};
use crate::{Error, Result};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

/// Opens a file as samples that are read when needed. It uses the options `shape`, `scale`, or the scaling of `like`, and for
/// tables `table`, or the columns of `like`.
///
/// It reads the file once, and once or twice more to learn a scaling, so that values that are not finite are found
/// before hours of training.
///
/// ```
/// use penstroke::data::{LoadOptions, Samples, Source, npy, stream};
/// use penstroke::{Autoencoder, AutoencoderConfig, Model, Run};
/// # let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("x.npy");
/// let values: Vec<f32> = (0..600).map(|i| (i % 7) as f32 / 7.0).collect();
/// penstroke::files::write_atomic(&path, |out| npy::write(out, &values, 100, 6))?;
/// let samples = stream(&Source::Path(path), &LoadOptions::default())?;
/// assert_eq!((samples.n_samples(), samples.n_visible()), (100, 6));
/// let model = Autoencoder::fit(&AutoencoderConfig { hidden: 4, ..Default::default() }, &samples, &mut Run::new())?;
/// assert_eq!(model.encode(&samples)?.len(), 100 * 4);
/// # Ok::<(), penstroke::Error>(())
/// ```
///
/// # Errors
/// As [`load`](super::load), and if the source is not a file that can be read in any order, or if only some of its
/// samples are requested.
pub fn stream(source: &Source, options: &LoadOptions) -> Result<Streamed> {
    let refuse = |problem: &str| Err(Error::option("stream", problem).leave_out("stream"));
    if *source == Source::Stdin {
        return refuse("standard input can be read only once");
    }
    let Source::Path(path) = source else {
        return refuse("only npy, IDX, Parquet and Arrow files and tables of text can be streamed");
    };
    if options.like.as_ref().map_or(&options.patches, |like| &like.patches).is_some() {
        return refuse("patches are cut in memory");
    }
    for (option, is_set) in [("samples", options.n.is_some()), ("part", options.part != Part::Train)] {
        if is_set {
            return Err(Error::option("stream", "reads all samples of a source").leave_out(option));
        }
    }
    let mut samples = open(path, options)?;
    if let Some(shape) = options.shape {
        shape.check_fits(&source.to_string(), samples.n_visible())?;
        samples = samples.with_image(Some(shape));
    }
    samples.scan()?;
    let scaling = match &options.like {
        Some(like) => like.scaling.clone(),
        None => Scaling::learn(options.scale, &samples)?,
    };
    if let Some(scaling) = scaling {
        samples.scale(scaling)?;
    }
    Ok(samples)
}

fn open(path: &Path, options: &LoadOptions) -> Result<Streamed> {
    let (path, array) = match find(path, Part::Train)? {
        Found::Table(files) => return spooled(path, &files, None, options),
        Found::File(path, array) => (path, array),
        Found::Mnist | Found::Pictures(_) => return Err(Error::input(path, NO_STREAM)),
    };
    if array.is_some() {
        return Err(Error::input(&path, NO_STREAM));
    }
    let content = Content::open(&path)?;
    let is_array = npy::is_npy(content.beginning()) || idx::is_idx(content.beginning());
    let files = [TableFile::alone(&path)];
    match Columnar::of(content.beginning()) {
        Some(_) => spooled(&path, &files, None, options),
        None if !is_array && (table::is_text(&path) || is_as_table(options)) => {
            spooled(&path, &files, Some(content), options)
        }
        None => {
            refuse_table(content.place(), options)?;
            array_in_place(&path, content)
        }
    }
}

/// Writes the values of a table to a temporary file; `text` is the content of a table of text.
fn spooled(
    path: &Path,
    files: &[TableFile],
    text: Option<Content>,
    options: &LoadOptions,
) -> Result<Streamed> {
    let metadata = |of: &TableFile| of.path.metadata().map_err(|source| Error::io(&of.path, source));
    let before = files.iter().map(metadata).collect::<Result<Vec<_>>>()?;
    let (mut file, mut n_values) = (temporary(path)?, 0);
    let mut write = |values: &[f32]| {
        n_values += values.len();
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        file.write_all(&bytes).map_err(|source| temporary_failed(path, source))
    };
    let (learned, image) = match text {
        Some(content) => (table::spool(content, &options.table, options.like.as_ref(), &mut write)?, None),
        None => spool_columnar(path.display().to_string(), files, options, &mut write)?,
    };
    for (of, before) in files.iter().zip(&before) {
        if !is_unchanged(before, &metadata(of)?) {
            return Err(changed(&of.path));
        }
    }
    let columns = learned.preparation.columns.as_ref();
    let n_visible: usize =
        columns.map_or(0, |columns| columns.features.iter().map(|feature| feature.width).sum());
    let shape = [n_values / (learned.n_left_out + n_visible).max(1), n_visible];
    let streamed = Streamed::new(path, file, 0, (Element::F32, ByteOrder::Little), shape)?;
    let streamed = streamed.without_first(learned.n_left_out).with_image(image);
    let found = (learned.labels, learned.targets);
    Ok(streamed.with_learned(learned.preparation, found, learned.warnings, learned.exact))
}

/// Opens an array in place, or decompresses it into a temporary file.
fn array_in_place(path: &Path, mut content: Content) -> Result<Streamed> {
    let place = content.place();
    let Layout { shape, element, order } = match content.beginning() {
        start if npy::is_npy(start) => npy::layout(&mut content)?,
        start if idx::is_idx(start) => idx::layout(&mut content)?,
        _ => return Err(content.error(NO_STREAM)),
    };
    let Some(promised) = content.promised(&shape, element)? else {
        return Err(content.error(format!("header claims an array of {shape:?}, more than any file holds")));
    };
    let (n_visible, image) = samples_of(&place, &shape)?;
    Streamed::check_number(path, shape[0])?;
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
        return Err(Error::input(place, format!("header claims {promised} bytes, file holds {holds}")));
    }
    Ok(Streamed::new(path, file, start, (element, order), [shape[0], n_visible])?.with_image(image))
}

/// The error for files in other formats.
pub(super) const NO_STREAM: &str = "cannot be streamed; npy, IDX, Parquet and Arrow files and tables of text can, and folders of \
                                    Parquet or Arrow files";

/// An unnamed temporary file for the content of `path`.
fn temporary(path: &Path) -> Result<File> {
    tempfile::tempfile().map_err(|source| temporary_failed(path, source))
}

fn temporary_failed(path: &Path, source: io::Error) -> Error {
    Error::io(format!("temporary file of {}", path.display()), source)
}

/// Decompresses the rest of a file, which should be `expected` bytes, into an unnamed temporary file; returns it with
/// its length.
fn decompressed(mut content: Content, expected: u64) -> Result<(File, u64)> {
    let path = content.path().to_owned();
    let mut file = temporary(&path)?;
    // One byte more reveals a file that is too long.
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
