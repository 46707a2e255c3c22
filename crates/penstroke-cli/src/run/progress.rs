//! Progress on standard error: bars on a terminal, nothing in a pipe.

use super::console::note;
use super::{interrupt, words};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use penstroke::data::fetch::Progress;
use penstroke::{Event, Flow, Observer, lecture};
use std::time::{Duration, Instant};

/// The time between two updates of a bar.
const REFRESH: Duration = Duration::from_millis(100);

/// How much is printed while working.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verbosity {
    /// Only errors.
    Quiet,
    /// Bars on a terminal.
    Bars,
    /// One line per epoch.
    Lines,
}

/// A bar that clears its line when dropped.
#[derive(Debug)]
pub(crate) struct Bar(ProgressBar);

impl Bar {
    fn new(verbosity: Verbosity, length: Option<u64>, template: &str) -> Self {
        let bar = match verbosity {
            Verbosity::Bars => ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr()),
            Verbosity::Quiet | Verbosity::Lines => ProgressBar::hidden(),
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self(bar)
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Shows that work of unknown length is in progress, until the spinner is dropped.
pub(crate) fn spinner(verbosity: Verbosity, what: &str) -> Bar {
    let bar = Bar::new(verbosity, None, "{spinner} {msg} {elapsed}");
    bar.0.set_message(what.to_owned());
    if !bar.0.is_hidden() {
        bar.0.enable_steady_tick(REFRESH);
    }
    bar
}

/// Watches training; stops it on Ctrl-C and the like.
#[derive(Debug)]
pub(crate) struct TrainingProgress {
    verbosity: Verbosity,
    bar: Bar,
    started: Instant,
    written: Option<Instant>,
    presented: u64,
    /// Samples that an earlier, resumed command presented.
    presented_before: u64,
    epochs: usize,
    /// The layer, for a stack.
    layer: String,
    valid: String,
    /// Prints a validation error.
    error: fn(f64) -> String,
    /// The start of the first of several trainings.
    first: Instant,
}

impl TrainingProgress {
    pub(crate) fn new(verbosity: Verbosity) -> Self {
        Self {
            verbosity,
            bar: Bar(ProgressBar::hidden()),
            started: Instant::now(),
            written: None,
            presented: 0,
            presented_before: 0,
            epochs: 0,
            layer: String::new(),
            valid: String::new(),
            error: wrong,
            first: Instant::now(),
        }
    }

    /// Samples presented by this command.
    pub(crate) fn presented(&self) -> u64 {
        self.presented - self.presented_before
    }

    /// Seconds since training started.
    pub(crate) fn seconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    /// Seconds since the first of several trainings was prepared.
    pub(crate) fn total_seconds(&self) -> f64 {
        self.first.elapsed().as_secs_f64()
    }

    /// Starts supervised training, whose errors are printed by `error`.
    pub(crate) fn tuning(&mut self, error: fn(f64) -> String) {
        self.error = error;
        self.bar.0.finish_and_clear();
        self.valid.clear();
        self.layer = String::new();
    }

    /// Samples per second.
    pub(crate) fn rate(&self) -> f64 {
        self.presented() as f64 / self.seconds().max(1e-9)
    }

    fn begin(&mut self, epochs: usize, samples: usize) {
        self.epochs = epochs;
        self.started = Instant::now();
        let length = epochs as u64 * samples as u64;
        self.bar = Bar::new(self.verbosity, Some(length), "{prefix} {bar:12} {eta:>4} left  {msg}");
    }

    fn batch(&mut self, epoch: usize, loss: f64) {
        self.bar.0.set_position(self.presented);
        let now = Instant::now();
        if self.bar.0.is_hidden() || self.written.is_some_and(|written| now - written < REFRESH) {
            return;
        }
        self.written = Some(now);
        self.bar.0.set_prefix(format!("{}epoch {epoch}/{}", self.layer, self.epochs));
        self.bar.0.set_message(format!("{:.0} samples/s  loss {loss:.4}{}", self.rate(), self.valid));
    }
}

/// A classifier's error, for people.
pub(crate) fn wrong(error: f64) -> String {
    format!("{:.2} % wrong", 100.0 * error)
}

/// A regressor's squared error of standardised targets, for people.
pub(crate) fn squared(error: f64) -> String {
    format!("squared error {error:.6}")
}

impl Observer for TrainingProgress {
    fn observe(&mut self, event: &Event) -> Flow {
        match *event {
            Event::Begin { epochs, samples, presented } => {
                (self.presented, self.presented_before) = (presented, presented);
                self.begin(epochs, samples);
            }
            Event::Batch { epoch, presented, loss } => {
                self.presented = presented;
                self.batch(epoch, loss);
            }
            Event::Unwritten { ref problem } if self.verbosity != Verbosity::Quiet => {
                self.bar.0.suspend(|| note(&format!("penstroke: {problem}; training goes on without it")));
            }
            Event::Layer { number, of } => {
                self.bar.0.finish_and_clear();
                self.valid.clear();
                self.layer =
                    if number == 0 { "all layers, ".into() } else { format!("layer {number}/{of}, ") };
            }
            Event::Epoch { epoch, epochs, train_loss, valid_loss, valid_error, .. } => {
                let words = self.error;
                self.valid = match (valid_loss, valid_error) {
                    (_, Some(error)) => format!("  valid {}", words(error)),
                    (Some(loss), None) => format!("  valid {loss:.4}"),
                    (None, None) => String::new(),
                };
                if self.verbosity == Verbosity::Lines {
                    let valid = valid_loss.map_or(String::new(), |loss| format!(", valid {loss:.6}"));
                    let error = valid_error.map_or(String::new(), |error| format!(", {}", words(error)));
                    let (layer, rate) = (&self.layer, self.rate());
                    note(&format!(
                        "{layer}epoch {epoch}/{epochs}: loss {train_loss:.6}{valid}{error}, {rate:.0} samples/s"
                    ));
                }
            }
            Event::Ending(ref ending) if self.verbosity != Verbosity::Quiet => {
                self.bar.0.finish_and_clear();
                let layer = self.layer.replace(", ", ": ");
                note(&format!("penstroke: {layer}{}", words::of_problem(&ending.problem())));
            }
            _ => {}
        }
        if interrupt::stopped() { Flow::Stop } else { Flow::Continue }
    }
}

/// Watches the lecture; stops it on Ctrl-C.
#[derive(Debug)]
pub(crate) struct Steps {
    verbosity: Verbosity,
    bar: Bar,
    step: String,
    started: Instant,
    written: Option<Instant>,
    epochs: usize,
}

impl Steps {
    pub(crate) fn new(verbosity: Verbosity) -> Self {
        let bar = Bar::new(verbosity, Some(1), "{prefix} {bar:12} {eta} left  {msg}");
        Self { verbosity, bar, step: String::new(), started: Instant::now(), written: None, epochs: 0 }
    }

    pub(crate) fn observe(&mut self, progress: &lecture::LectureProgress<'_>) -> Flow {
        match progress {
            lecture::LectureProgress::Step { name, number, of } => {
                (*name).clone_into(&mut self.step);
                self.bar.0.set_length(*of as u64);
                // The finished steps, from which the remaining time is estimated.
                self.bar.0.set_position(*number as u64 - 1);
                self.bar.0.set_prefix(format!("step {number}/{of}"));
                self.bar.0.set_message(self.step.clone());
                if self.verbosity == Verbosity::Lines {
                    note(&format!("step {number}/{of}: {name}"));
                }
            }
            lecture::LectureProgress::Training(Event::Unwritten { problem })
                if self.verbosity != Verbosity::Quiet =>
            {
                self.bar.0.suspend(|| note(&format!("penstroke: {problem}; the lecture goes on without it")));
            }
            lecture::LectureProgress::Training(Event::Begin { epochs, .. }) => {
                (self.started, self.epochs) = (Instant::now(), *epochs);
            }
            lecture::LectureProgress::Training(Event::Batch { epoch, presented, loss }) => {
                let now = Instant::now();
                if !self.bar.0.is_hidden() && self.written.is_none_or(|written| now - written >= REFRESH) {
                    self.written = Some(now);
                    let rate = *presented as f64 / (now - self.started).as_secs_f64().max(1e-9);
                    self.bar.0.set_message(format!(
                        "{}: epoch {epoch}/{}, loss {loss:.3}, {rate:.0} samples/s",
                        self.step, self.epochs
                    ));
                }
            }
            _ => {}
        }
        if interrupt::stopped() { Flow::Stop } else { Flow::Continue }
    }
}

/// Watches a download.
#[derive(Debug)]
pub(crate) struct Download {
    bar: Bar,
}

impl Download {
    pub(crate) fn new() -> Self {
        let template = "{msg} {bar:24} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";
        Self { bar: Bar::new(Verbosity::Bars, None, template) }
    }

    pub(crate) fn show(&self, progress: Progress<'_>) {
        self.bar.0.set_length(progress.total);
        self.bar.0.set_position(progress.received);
        self.bar.0.set_message(progress.name.to_owned());
    }
}
