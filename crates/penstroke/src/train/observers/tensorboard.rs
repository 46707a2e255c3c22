//! Event files for TensorBoard: losses, errors, learning rate and noise of every epoch, and pictures of the filters.
//!
//! An event file is a TFRecord file of protocol buffers, and needs few of their fields (TensorBoard's `event.proto` and
//! `summary.proto`):
//!
//! ```text
//! Event    wall_time 1 (double), step 2 (int64), file_version 3 (string), summary 5
//! Summary  value 1, repeated: tag 1 (string), simple_value 2 (float), image 4
//! Image    height 1, width 2, colorspace 3 (1 is grey), encoded_image_string 4 (PNG)
//! ```
//!
//! The first event holds the version; every other event is an epoch, with its number as step. Everything but
//! `wall_time` is the same in every run.

use super::{Clock, FirstFailure, tfrecord};
use crate::data::ImageShape;
#[cfg(feature = "report")]
use crate::eval::unit_filters;
use crate::files::FolderLock;
#[cfg(feature = "report")]
use crate::report::{GreyScale, Grid};
use crate::{Error, Event, Flow, Observer, Result};
use penstroke_engine::Train;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// TensorBoard recognises event files by the word in the middle.
const FILE: &str = "events.out.tfevents.penstroke";
const VERSION: &str = "brain.Event:2";
/// Maximum number of filters in a picture, and the magnification of each pixel, as in `penstroke filters`.
#[cfg(feature = "report")]
const FILTERS: usize = 100;
#[cfg(feature = "report")]
const UPSCALE: usize = 2;

/// Writes one event file per training: for layers of a stack in the folders `layer_1` and so on, for a stack trained
/// end to end in `all_layers`, for other models in the folder itself. TensorBoard shows each as a run.
///
/// | tag | content |
/// | --- | --- |
/// | `loss/train`, `loss/validation` | as in [`Event::Epoch`] |
/// | `error/validation` | a classifier's error rate, a regressor's squared error |
/// | `learning_rate` | of the epoch's last step |
/// | `noise/1` and so on | the strength of each term of the corruption in this epoch |
/// | `filters` | the first 100 filters if samples are grey pictures, after epochs 1, 2, 4, 8 and so on, and the last |
pub struct TensorBoard {
    folder: PathBuf,
    resumes: bool,
    image: Option<ImageShape>,
    clock: Option<Clock>,
    /// The part of a stack that comes next, until its training starts.
    layer: Option<usize>,
    run: Option<EventFile>,
    failure: FirstFailure,
    /// Held until the files are finished.
    _lock: FolderLock,
}

/// A training under way.
struct EventFile {
    path: PathBuf,
    file: File,
    /// The last epoch that an earlier, interrupted run has written.
    written: usize,
    /// Whether its inputs are the samples, so that its filters are pictures like them.
    of_samples: bool,
    /// An epoch that has ended, to be written with the network's filters.
    epoch: Option<Epoch>,
}

struct Epoch {
    number: usize,
    is_drawn: bool,
    scalars: Vec<(String, f64)>,
}

impl fmt::Debug for TensorBoard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TensorBoard").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl TensorBoard {
    /// Starts event files for a new run, replacing any in the folder, which is created if needed.
    ///
    /// # Errors
    /// If the folder cannot be created or written to, or another process writes event files there.
    pub fn begin(folder: impl AsRef<Path>) -> Result<Self> {
        Self::new(folder.as_ref(), false)
    }

    /// Continues the event files of a run that resumes from its checkpoints. They may be ahead of the last checkpoint:
    /// epochs already in a file are not written again, and a truncated record is removed.
    ///
    /// # Errors
    /// If the folder cannot be created or written to, or another process writes event files there.
    pub fn resume(folder: impl AsRef<Path>) -> Result<Self> {
        Self::new(folder.as_ref(), true)
    }

    fn new(folder: &Path, resumes: bool) -> Result<Self> {
        let _lock = FolderLock::take(folder, "events")?;
        let (folder, failure) = (folder.to_owned(), FirstFailure::default());
        Ok(Self { folder, resumes, image: None, clock: None, layer: None, run: None, failure, _lock })
    }

    /// Adds a clock that returns seconds since 1970. Without one, every event has time 0.
    #[must_use]
    pub fn clock(mut self, clock: impl Fn() -> f64 + 'static) -> Self {
        self.clock = Some(Box::new(clock));
        self
    }

    /// Adds pictures of the filters, for samples of this shape; colour pictures are not drawn.
    #[must_use]
    pub fn image(mut self, image: Option<ImageShape>) -> Self {
        self.image = image.filter(|image| image.channels == 1);
        self
    }

    /// Finishes the files.
    ///
    /// # Errors
    /// The first error while opening or writing a file; nothing was written after it.
    pub fn finish(self) -> Result<()> {
        self.failure.error.map_or(Ok(()), Err)
    }

    /// A training begins.
    fn open(&mut self, layer: Option<usize>) -> Result<EventFile> {
        let folder = match layer {
            None => self.folder.clone(),
            Some(0) => self.folder.join("all_layers"),
            Some(number) => self.folder.join(format!("layer_{number}")),
        };
        fs::create_dir_all(&folder).map_err(|error| Error::io(&folder, error))?;
        let path = folder.join(FILE);
        let (file, written) = match self.resumes {
            true => reopen(&path)?,
            false => (File::create(&path).map_err(|error| Error::io(&path, error))?, None),
        };
        // A network trained end to end has the first layer's input.
        let of_samples = matches!(layer, None | Some(0 | 1));
        let mut run = EventFile { path, file, written: written.unwrap_or_default(), of_samples, epoch: None };
        if written.is_none() {
            run.write(&version(self.now()))?;
        }
        Ok(run)
    }

    fn now(&self) -> f64 {
        self.clock.as_ref().map_or(0.0, |clock| clock())
    }

    /// Writes the epoch that has ended.
    fn end_epoch(&mut self, engine: &dyn Train) -> Result<()> {
        let (now, image) = (self.now(), self.image);
        let Some(run) = &mut self.run else { return Ok(()) };
        let Some(Epoch { number, is_drawn, scalars }) = run.epoch.take() else { return Ok(()) };
        if number <= run.written {
            return Ok(());
        }
        let mut summary = Vec::new();
        for (tag, value) in scalars {
            let value = (value as f32).to_le_bytes();
            field(&mut summary, 1, &[text(1, &tag), [&[2 << 3 | 5][..], &value].concat()].concat());
        }
        let picture = image.filter(|_| is_drawn && run.of_samples).and_then(|image| draw(engine, image));
        if let Some(Drawn { height, width, png }) = picture {
            let mut image = Vec::new();
            for (number, value) in [(1, height), (2, width), (3, 1)] {
                image.push(number << 3);
                varint(&mut image, value as u64);
            }
            field(&mut image, 4, &png);
            let mut value = text(1, "filters");
            field(&mut value, 4, &image);
            field(&mut summary, 1, &value);
        }
        let mut event = wall_time(now);
        event.push(2 << 3);
        varint(&mut event, number as u64);
        field(&mut event, 5, &summary);
        run.write(&event)
    }
}

impl EventFile {
    /// One write for each record, so that a reader, during training or after a kill, finds whole records.
    fn write(&mut self, event: &[u8]) -> Result<()> {
        self.file.write_all(&tfrecord::record(event)).map_err(|error| Error::io(&self.path, error))
    }
}

impl Observer for TensorBoard {
    fn observe(&mut self, event: &Event) -> Flow {
        match event {
            Event::Layer { number, .. } => self.layer = Some(*number),
            Event::Begin { .. } if self.failure.error.is_none() => {
                let layer = self.layer.take();
                match self.open(layer) {
                    Ok(run) => self.run = Some(run),
                    Err(error) => (self.run, self.failure.error) = (None, Some(error)),
                }
            }
            Event::Epoch { epoch, epochs, train_loss, valid_loss, valid_error, learning_rate, noise } => {
                let always = [("loss/train", Some(*train_loss)), ("learning_rate", Some(*learning_rate))];
                let valid = [("loss/validation", *valid_loss), ("error/validation", *valid_error)];
                let some = always.into_iter().chain(valid);
                let mut scalars: Vec<_> =
                    some.filter_map(|(tag, value)| Some((tag.to_owned(), value?))).collect();
                scalars.extend(noise.iter().zip(1..).map(|(&level, term)| (format!("noise/{term}"), level)));
                let is_drawn = epoch.is_power_of_two() || epoch == epochs;
                if let Some(run) = &mut self.run {
                    run.epoch = Some(Epoch { number: *epoch, is_drawn, scalars });
                }
            }
            Event::Begin { .. } | Event::Batch { .. } | Event::Unwritten { .. } | Event::Ending(_) => {}
        }
        Flow::Continue
    }

    fn network(&mut self, engine: &dyn Train) {
        if let Err(error) = self.end_epoch(engine) {
            (self.run, self.failure.error) = (None, Some(error));
        }
    }

    fn problem(&mut self) -> Option<String> {
        self.failure.tell()
    }
}

/// A picture of filters.
struct Drawn {
    height: usize,
    width: usize,
    png: Vec<u8>,
}

/// Draws the filters of the first layer; `None` if its inputs are not such samples.
#[cfg(feature = "report")]
fn draw(engine: &dyn Train, image: ImageShape) -> Option<Drawn> {
    let layer = engine.network().layers.first()?;
    let d = image.height * image.width;
    if layer.inputs != d {
        return None;
    }
    let n = layer.outputs.min(FILTERS);
    let parameters = engine.parameters();
    let tiles = unit_filters(parameters.layers[0].weights.get(..n * d)?, d);
    let grid = Grid::new(tiles, image.height, image.width).ok()?;
    let grid = grid.upscale(UPSCALE).grey_scale(GreyScale::SYMMETRIC_PER_TILE).key("weight");
    let picture = grid.draw().ok()?;
    Some(Drawn { height: picture.height(), width: picture.width(), png: picture.to_png().ok()? })
}

/// Without the feature `report`, there are no pictures.
#[cfg(not(feature = "report"))]
fn draw(_: &dyn Train, _: ImageShape) -> Option<Drawn> {
    None
}

/// Opens an existing event file, without a truncated record, and returns its last epoch; `None` if it lacks even a
/// version.
fn reopen(path: &Path) -> Result<(File, Option<usize>)> {
    let open = || -> io::Result<(File, Vec<u8>)> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok((file, bytes))
    };
    let (file, bytes) = open().map_err(|error| Error::io(path, error))?;
    let damaged = |_| {
        Error::input(
            path.display().to_string(),
            "is not an event file, or is damaged; remove it, or choose another folder",
        )
    };
    let (mut rest, mut last) = (&bytes[..], None);
    while let Some((event, after)) = tfrecord::first(rest).map_err(damaged)? {
        (rest, last) = (after, Some(step(event).unwrap_or_default()));
    }
    if !rest.is_empty() {
        let whole = (bytes.len() - rest.len()) as u64;
        file.set_len(whole).map_err(|error| Error::io(path, error))?;
    }
    Ok((file, last))
}

/// The step of an event written by this module, which follows the wall time.
fn step(event: &[u8]) -> Option<usize> {
    let rest = event.get(9..)?.strip_prefix(&[2 << 3])?;
    let mut step = 0;
    for (&byte, shift) in rest.iter().zip((0..63).step_by(7)) {
        step |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return usize::try_from(step).ok();
        }
    }
    None
}

fn version(now: f64) -> Vec<u8> {
    [wall_time(now), text(3, VERSION)].concat()
}

fn wall_time(now: f64) -> Vec<u8> {
    [&[1 << 3 | 1][..], &now.to_le_bytes()].concat()
}

fn text(number: u8, text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    field(&mut out, number, text.as_bytes());
    out
}

/// Writes a field of bytes, text or a message.
fn field(out: &mut Vec<u8>, number: u8, bytes: &[u8]) {
    out.push(number << 3 | 2);
    varint(out, bytes.len() as u64);
    out.extend(bytes);
}

/// Seven bits per byte, least significant first; all bytes but the last have the highest bit set.
fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests;
