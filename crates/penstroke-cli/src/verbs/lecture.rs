//! `penstroke lecture`: reproduces the figures and claims of the denoising-autoencoder lecture.

use crate::options::common::{DataDirArg, ThreadsArg, VerbosityArgs};
use crate::options::values;
use crate::run::failure::{Failure, Result};
use crate::run::progress::{Steps, Verbosity};
use crate::run::shell::shell_word;
use crate::run::{interrupt, output, words};
use clap::Args;
use penstroke::Error;
use penstroke::checkpoint::Checkpoints;
use penstroke::data::Source;
use penstroke::lecture::{self, Folder, Lecture, LectureOptions, LectureProgress, Pace};
use penstroke::report::Verdict;
use std::fmt::Write as _;
use std::iter;
use std::path::PathBuf;
use std::time::Duration;

/// Least time between two checkpoints of a training.
const EVERY: Duration = Duration::from_secs(30);

/// Reproduce the denoising-autoencoder lecture: every figure and claim, as one HTML report
///
/// Trains the networks of the lecture on the given sources, measures its twelve claims, and writes a self-contained report, its
/// figures and results.json to a folder. Generated sources are small enough for a few minutes on a laptop; your own sources are
/// used in full.
#[derive(Args, Debug)]
#[command(after_help = "EXAMPLE\n  \
    penstroke lecture --quick --out lecture/\n  \
    penstroke lecture --digits mnist --scenes photographs/ --seeds 5")]
pub(crate) struct LectureArgs {
    /// Labelled pictures, of digits or anything else: a path, strokes or mnist [default: strokes]
    #[arg(long, value_name = "SOURCE", value_parser = values::source())]
    pub(crate) digits: Option<Source>,
    /// Names of their classes, separated by commas, in the order of the labels [default: the names of class folders, else the labels]
    #[arg(long, value_name = "NAME,..", value_delimiter = ',')]
    pub(crate) class_names: Vec<String>,
    /// Natural scenes that patches are cut from: a path or leaves [default: leaves]
    #[arg(long, value_name = "SOURCE", value_parser = values::source())]
    pub(crate) scenes: Option<Source>,
    /// Number of repetitions with different seeds, at least 1; with several, intervals are over seeds
    #[arg(long, value_name = "N", default_value = "1", value_parser = values::count)]
    pub(crate) seeds: usize,
    /// Use fewer samples and shorter training, for a first look in about a minute
    #[arg(long)]
    pub(crate) quick: bool,
    /// Train every model N times as long, for claims that were not decided
    #[arg(long, value_name = "N", default_value = "1", value_parser = values::count)]
    pub(crate) longer: usize,
    /// The first seed
    #[arg(long, value_name = "N", default_value = "0", value_parser = values::seed)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) threads: ThreadsArg,
    #[command(flatten)]
    pub(crate) data_dir: DataDirArg,
    /// The folder to write to
    #[arg(long, value_name = "FOLDER", default_value = "lecture/")]
    pub(crate) out: PathBuf,
    /// Continue an interrupted or killed run of the same command, or start from the beginning if there is none; the measurements are
    /// the same, byte for byte
    #[arg(long)]
    pub(crate) resume: bool,
    /// Write every trained model to this folder, as a model file named after its source, noise and seed [default: none]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) keep: Option<PathBuf>,
    /// Write slides.html, too: one figure a slide, for the arrow keys
    #[arg(long)]
    pub(crate) slides: bool,
    #[command(flatten)]
    pub(crate) verbosity: VerbosityArgs,
    /// Print results.json instead of the verdicts
    #[arg(long)]
    pub(crate) json: bool,
}

impl LectureArgs {
    fn options(&self) -> LectureOptions {
        LectureOptions {
            digits: self.digits.clone().unwrap_or(Source::Strokes),
            scenes: self.scenes.clone().unwrap_or(Source::Leaves),
            seeds: self.seeds,
            seed: self.seed,
            pace: if self.quick { Pace::Quick } else { Pace::Normal },
            longer: self.longer,
            threads: self.threads.set(),
            data_dir: self.data_dir.folder(),
            class_names: Some(self.class_names.clone()).filter(|names| !names.is_empty()),
            command: Some(command(typed())),
            longer_command: Some(self.longer_command()),
        }
    }

    /// The command that decides what this one may leave open: without --quick, and training longer.
    fn longer_command(&self) -> String {
        let mut words: Vec<String> = typed().collect();
        if let Some(at) = words.iter().position(|word| word == "--longer") {
            words.drain(at..words.len().min(at + 2));
        }
        words.retain(|word| word != "--quick" && !word.starts_with("--longer="));
        // A quick run presents the samples of generated sources nearly as often as a usual one.
        let is_generated = matches!(self.digits, None | Some(Source::Strokes))
            || matches!(self.scenes, None | Some(Source::Leaves));
        if !self.quick || is_generated {
            words.extend(["--longer".to_owned(), self.longer.saturating_mul(2).to_string()]);
        }
        words.retain(|word| word != "--resume");
        command(words.into_iter())
    }
}

/// The arguments as typed.
fn typed() -> impl Iterator<Item = String> {
    std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned())
}

/// A command line of these arguments. The program's own path says nothing, so it is left out.
fn command(words: impl Iterator<Item = String>) -> String {
    iter::once("penstroke".to_owned())
        .chain(words.map(|word| shell_word(&word)))
        .collect::<Vec<_>>()
        .join(" ")
}

pub(crate) fn run(args: LectureArgs) -> Result<()> {
    let mut folder = Folder::open(&args.out)?;
    if let Some(place) = &args.keep {
        folder.keep_models(place)?;
    }
    if args.slides {
        folder.add_slides()?;
    }
    let open = if args.resume { Checkpoints::resume } else { Checkpoints::begin };
    let mut checkpoints = open(folder.checkpoints(), EVERY)?;
    let options = args.options();
    let verbosity = if args.json { Verbosity::Quiet } else { args.verbosity.verbosity() };
    let mut steps = Steps::new(verbosity);
    interrupt::can_stop();
    let mut observe = |progress: &LectureProgress<'_>| steps.observe(progress);
    let run = || lecture::run(&options, Some(&mut checkpoints), &mut observe);
    let lecture = match penstroke::interrupt::unless(interrupt::stopped, run) {
        Ok(lecture) => lecture,
        Err(Error::Interrupted) => return Err(interrupted(&checkpoints)),
        Err(error) => return Err(error.into()),
    };
    drop(steps);
    lecture.write(&folder)?;
    let removed = checkpoints.remove();
    print(&args, &lecture, &folder)?;
    removed.map_err(|error| {
        Failure::Incomplete(format!(
            "the lecture is written, but its checkpoints remain: {}",
            words::of_error(&error)
        ))
    })
}

/// How to go on after a signal.
fn interrupted(checkpoints: &Checkpoints) -> Failure {
    Failure::Interrupted(match checkpoints.is_empty() {
        true => "interrupted before the first model was trained; the same command starts again".to_owned(),
        false => format!(
            "interrupted; the checkpoints are in {}; to continue, repeat the command with --resume",
            shell_word(&checkpoints.folder().display().to_string())
        ),
    })
}

fn print(args: &LectureArgs, lecture: &Lecture, folder: &Folder) -> Result<()> {
    if args.json {
        return output::print(lecture.results());
    }
    let width = lecture.claims().iter().map(|claim| claim.id.len()).max().unwrap_or(0);
    let mut text = String::new();
    for claim in lecture.claims() {
        let verdict = claim.verdict.words();
        let _ =
            writeln!(text, "{:width$}  {verdict:13}  {} ({})", claim.id, claim.shown, claim.shown_interval);
        if let Some(reason) = &claim.reason {
            let _ = writeln!(text, "{:width$}  {reason}", "");
        }
    }
    let count = |verdict| lecture.claims().iter().filter(|claim| claim.verdict == verdict).count();
    let hold = count(Verdict::Holds);
    if count(Verdict::Undecided) > 0 {
        let _ = writeln!(text, "to decide what is open: {}", args.longer_command());
    }
    let _ =
        write!(text, "{hold} of {} claims hold; open {}", lecture.claims().len(), folder.report().display());
    if args.slides {
        let _ = write!(text, " or {}", folder.slides().display());
    }
    text.push('\n');
    output::print(&text)
}
