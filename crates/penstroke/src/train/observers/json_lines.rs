//! A training log with one line of JSON per event. `docs/log-format.md` specifies it.

use super::{Clock, FirstFailure};
use crate::{Error, Event, Flow, Observer, Result};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Writes one line when a training starts and one per epoch, each at once and complete.
///
/// Several trainings in sequence, such as the layers of a stack, are numbered from 1 and share a log.
pub struct JsonLines {
    path: PathBuf,
    file: File,
    clock: Option<Clock>,
    /// The last epoch that an earlier, interrupted run has written.
    written: Place,
    training: usize,
    /// The part of a stack that comes next, until its training starts.
    layer: Option<(usize, usize)>,
    failure: FirstFailure,
}

/// An epoch of a training, both counted from 1; epoch 0 is the start of the training.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
struct Place {
    training: usize,
    #[serde(default)]
    epoch: usize,
}

impl fmt::Debug for JsonLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonLines")
            .field("path", &self.path)
            .field("training", &self.training)
            .finish_non_exhaustive()
    }
}

impl JsonLines {
    /// Starts a log, replacing any existing one.
    ///
    /// # Errors
    /// If the file cannot be written, or another process writes to it.
    pub fn begin(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let io_error = |error| Error::io(path, error);
        // Not truncated yet: another process may be writing to it.
        let open = OpenOptions::new().write(true).create(true).truncate(false).open(path);
        let file = open.map_err(io_error)?;
        lock(&file, path)?;
        if file.metadata().map_err(io_error)?.is_file() {
            file.set_len(0).map_err(io_error)?;
        }
        Ok(Self::new(path, file, Place::default()))
    }

    /// Continues the log of a run that resumes from its checkpoints. The log may be ahead of the last checkpoint:
    /// epochs already in it are not written again, and a truncated last line is removed. Without an existing log,
    /// starts one.
    ///
    /// # Errors
    /// If the file cannot be read or written, is not a training log, or another process writes to it.
    pub fn resume(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let io_error = |error| Error::io(path, error);
        let open = OpenOptions::new().read(true).append(true).create(true).open(path);
        let mut file = open.map_err(io_error)?;
        lock(&file, path)?;
        let mut read = || -> io::Result<String> {
            let mut text = String::new();
            // A device or pipe cannot be read back, so it holds no log.
            if file.metadata()?.is_file() {
                file.read_to_string(&mut text)?;
            }
            Ok(text)
        };
        let text = read().map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData => Error::input(path.display().to_string(), NO_LOG),
            _ => io_error(error),
        })?;
        let mut written = Place::default();
        let whole = text.rfind('\n').map_or(0, |at| at + 1);
        for (number, line) in text[..whole].lines().enumerate() {
            let place = serde_json::from_str(line)
                .map_err(|_| Error::input(format!("{}: line {}", path.display(), number + 1), NO_LOG))?;
            written = written.max(place);
        }
        if whole < text.len() {
            // A line that a kill cut short; a file that holds anything else is left as it is.
            let rest = &text[whole..];
            let is_whole = serde_json::from_str::<serde_json::Value>(rest).is_ok();
            if !rest.starts_with('{') || is_whole && serde_json::from_str::<Place>(rest).is_err() {
                return Err(Error::input(path.display().to_string(), NO_LOG));
            }
            file.set_len(whole as u64).map_err(io_error)?;
        }
        Ok(Self::new(path, file, written))
    }

    fn new(path: &Path, file: File, written: Place) -> Self {
        Self {
            path: path.to_owned(),
            file,
            clock: None,
            written,
            training: 0,
            layer: None,
            failure: FirstFailure::default(),
        }
    }

    /// Adds a clock for the key `seconds`; it returns seconds since any fixed time.
    #[must_use]
    pub fn clock(mut self, clock: impl Fn() -> f64 + 'static) -> Self {
        self.clock = Some(Box::new(clock));
        self
    }

    /// Finishes the log.
    ///
    /// # Errors
    /// The first error while writing a line; nothing was written after it.
    pub fn finish(mut self) -> Result<()> {
        self.failure.error.take().map_or(Ok(()), Err)
    }

    fn write(&mut self, epoch: usize, mut line: serde_json::Value) {
        let place = Place { training: self.training, epoch };
        if place <= self.written || self.failure.error.is_some() {
            return;
        }
        if let Some(clock) = &self.clock {
            line["seconds"] = json!(clock());
        }
        // One write per line, so that readers find complete lines, during training or after a kill.
        let written = self.file.write_all(format!("{line}\n").as_bytes());
        self.failure.error = written.err().map(|error| Error::io(&self.path, error));
    }
}

/// The error for a file that is not a log.
const NO_LOG: &str = "is not a training log; name the log of the same command, or a new file";

impl Observer for JsonLines {
    fn observe(&mut self, event: &Event) -> Flow {
        match event {
            Event::Layer { number, of } => self.layer = Some((*number, *of)),
            Event::Begin { epochs, samples, .. } => {
                self.training += 1;
                let (layer, layers) = self.layer.take().unzip();
                let training = self.training;
                self.write(0, json!({
                    "event": "begin", "training": training, "layer": layer, "layers": layers, "epochs": epochs, "samples": samples,
                }));
            }
            Event::Epoch { epoch, epochs, train_loss, valid_loss, valid_error, learning_rate, noise } => {
                let training = self.training;
                self.write(*epoch, json!({
                    "event": "epoch", "training": training, "epoch": epoch, "epochs": epochs, "train_loss": train_loss,
                    "valid_loss": valid_loss, "valid_error": valid_error, "learning_rate": learning_rate, "noise": noise,
                }));
            }
            Event::Batch { .. } | Event::Unwritten { .. } | Event::Ending(_) => {}
        }
        Flow::Continue
    }

    fn problem(&mut self) -> Option<String> {
        self.failure.tell()
    }
}

impl Drop for JsonLines {
    fn drop(&mut self) {
        // Closing is not enough while another thread starts a program: the child has the file open for a moment.
        drop(self.file.unlock());
    }
}

/// Locks the log, unless it is a device or pipe.
#[cfg(unix)]
fn lock(file: &File, path: &Path) -> Result<()> {
    match file.metadata() {
        Ok(found) if found.is_file() => crate::files::lock_file(file, path),
        _ => Ok(()),
    }
}

/// On Windows a lock would also keep readers away, who may follow the log.
#[cfg(not(unix))]
fn lock(_: &File, _: &Path) -> Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Part, strokes};
    use crate::{Autoencoder, AutoencoderConfig, Run, Stack};
    use serde_json::Value;

    fn begin() -> Event {
        Event::Begin { epochs: 3, samples: 10, presented: 0 }
    }

    fn epoch(epoch: usize) -> Event {
        let (train_loss, valid_loss, valid_error) = (1.0 / epoch as f64, Some(0.1), None);
        Event::Epoch {
            epoch,
            epochs: 3,
            train_loss,
            valid_loss,
            valid_error,
            learning_rate: 0.5,
            noise: vec![0.25],
        }
    }

    fn watch(log: &mut JsonLines, events: &[Event]) {
        for event in events {
            assert_eq!(log.observe(event), Flow::Continue);
        }
    }

    #[test]
    fn every_event_is_a_line_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        std::fs::write(&path, "of an earlier run").unwrap();
        let mut log = JsonLines::begin(&path).unwrap().clock(|| 7.5);
        watch(
            &mut log,
            &[
                Event::Layer { number: 2, of: 3 },
                begin(),
                Event::Batch { epoch: 1, presented: 5, loss: 1.0 },
                epoch(3),
            ],
        );
        // Read before the log is finished.
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(
            lines,
            [
                json!({"event": "begin", "training": 1, "layer": 2, "layers": 3, "epochs": 3, "samples": 10, "seconds": 7.5}),
                json!({
                    "event": "epoch", "training": 1, "epoch": 3, "epochs": 3, "train_loss": 1.0 / 3.0, "valid_loss": 0.1,
                    "valid_error": null, "learning_rate": 0.5, "noise": [0.25], "seconds": 7.5,
                }),
            ]
        );
        log.finish().unwrap();
    }

    #[test]
    fn a_resumed_log_is_that_of_an_unbroken_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let read = || std::fs::read_to_string(&path).unwrap();
        let mut log = JsonLines::begin(&path).unwrap();
        watch(&mut log, &[begin(), epoch(1), epoch(2), epoch(3), begin(), epoch(1), epoch(2), epoch(3)]);
        let whole = read();
        drop(log);
        // Killed in the middle of any line, with the last checkpoint before any epoch of the second training.
        for cut in 0..=whole.len() {
            for again in [1, 2, 3] {
                let n_whole = whole[..cut].matches('\n').count();
                if n_whole < 4 + again {
                    continue;
                }
                std::fs::write(&path, &whole[..cut]).unwrap();
                let mut log = JsonLines::resume(&path).unwrap();
                watch(&mut log, &[begin(), begin()]);
                (again..=3).for_each(|n| watch(&mut log, &[epoch(n)]));
                log.finish().unwrap();
                assert_eq!(read(), whole, "cut at {cut}, from epoch {again}");
            }
        }
    }

    #[test]
    fn files_that_are_not_logs_are_refused_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes");
        for (content, place) in [
            (&b"{\"event\":\"begin\",\"training\":1}\nDear reader\n"[..], ": line 2"),
            (b"\xff\n", ""),
            (b"Dear reader", ""),
            (b"{\"name\":\"x\"}", ""),
        ] {
            std::fs::write(&path, content).unwrap();
            let error = JsonLines::resume(&path).unwrap_err();
            assert!(error.is_wrong_input());
            assert_eq!(error.to_string(), format!("{}{place}: {NO_LOG}", path.display()));
            assert_eq!(std::fs::read(&path).unwrap(), content);
        }
        assert!(
            JsonLines::begin(folder.path())
                .unwrap_err()
                .to_string()
                .ends_with("is a folder; a file is needed")
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_log_error_is_reported_at_the_end_and_does_not_stop_training() {
        let digits = strokes::generate(0, Part::Train, 60).unwrap();
        let config = AutoencoderConfig { hidden: 4, ..Default::default() }.epochs(2);
        let mut log = JsonLines::begin("/dev/full").unwrap();
        let mut problems = Vec::new();
        let mut watch = |event: &Event| {
            if let Event::Unwritten { problem } = event {
                problems.push(problem.clone());
            }
            Flow::Continue
        };
        let mut run = Run::new().observer(&mut log).observer(&mut watch);
        let model = Autoencoder::fit(&config, &digits, &mut run).unwrap();
        assert_eq!(model, Autoencoder::fit(&config, &digits, &mut Run::new()).unwrap());
        let message = log.finish().unwrap_err().to_string();
        assert!(message.starts_with("/dev/full: the disk is full"), "{message}");
        assert_eq!(problems, [message], "told once, during the training");
    }

    #[cfg(unix)]
    #[test]
    fn a_log_in_use_is_refused_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut log = JsonLines::begin(&path).unwrap();
        watch(&mut log, &[begin()]);
        let text = std::fs::read_to_string(&path).unwrap();
        for second in [JsonLines::begin(&path), JsonLines::resume(&path)] {
            let words = "is in use: another penstroke writes to it; wait until it ends, or name another file";
            assert_eq!(second.unwrap_err().to_string(), format!("{}: {words}", path.display()));
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        log.finish().unwrap();
        JsonLines::begin(&path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "");
    }

    #[test]
    fn layers_and_noise_are_those_of_the_training() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let digits = strokes::generate(0, Part::Train, 60).unwrap();
        let layer = |corruption: &str| {
            AutoencoderConfig { hidden: 4, ..Default::default() }
                .epochs(3)
                .corruption(corruption.parse().unwrap())
        };
        let mut log = JsonLines::begin(&path).unwrap();
        let layers = [layer("masking:0.5->0.1+gaussian:0.3"), layer("none")];
        let stack = Stack::fit(&layers, &digits, &mut Run::new().observer(&mut log)).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let of = |key: &str| lines.iter().map(|line| line[key].clone()).collect::<Vec<_>>();
        assert_eq!(of("training"), [1, 1, 1, 1, 2, 2, 2, 2]);
        assert_eq!((&lines[0]["layer"], &lines[4]["layer"]), (&json!(1), &json!(2)));
        assert_eq!(of("noise")[1..4], [json!([0.5, 0.3]), json!([0.3, 0.3]), json!([0.1, 0.3])]);
        assert_eq!(of("noise")[5..], [json!([]), json!([]), json!([])]);
        let losses: Vec<f64> = lines[1..4].iter().map(|line| line["train_loss"].as_f64().unwrap()).collect();
        assert_eq!(losses, stack.layers()[0].history().train_loss);
    }
}
