//! `penstroke lecture`: reproduces the figures and claims of the denoising-autoencoder lecture.

use crate::options::common::{DataDirArg, ThreadsArg, VerbosityArgs};
use crate::options::values;
use crate::run::failure::{Failure, Result};
use crate::run::progress::{Steps, Verbosity};
use crate::run::{interrupt, output};
use clap::Args;
use penstroke::Error;
use penstroke::data::Source;
use penstroke::lecture::{self, Folder, LectureOptions, LectureProgress, Pace};
use std::fmt::Write as _;
use std::path::PathBuf;

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
    /// Labelled pictures of digits: a path, strokes or mnist [default: strokes]
    #[arg(long, value_name = "SOURCE", value_parser = values::source())]
    pub(crate) digits: Option<Source>,
    /// Natural scenes that patches are cut from: a path or leaves [default: leaves]
    #[arg(long, value_name = "SOURCE", value_parser = values::source())]
    pub(crate) scenes: Option<Source>,
    /// Number of repetitions with different seeds, at least 1; with several, intervals are over seeds
    #[arg(long, value_name = "N", default_value = "1", value_parser = values::count)]
    pub(crate) seeds: usize,
    /// Use fewer samples and short training, for a first look in well under a minute
    #[arg(long)]
    pub(crate) quick: bool,
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
    #[command(flatten)]
    pub(crate) verbosity: VerbosityArgs,
    /// Print results.json instead of the verdicts
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(args: LectureArgs) -> Result<()> {
    let folder = Folder::open(&args.out)?;
    let options = LectureOptions {
        digits: args.digits.unwrap_or(Source::Strokes),
        scenes: args.scenes.unwrap_or(Source::Leaves),
        seeds: args.seeds,
        seed: args.seed,
        pace: if args.quick { Pace::Quick } else { Pace::Normal },
        threads: args.threads.set(),
        data_dir: args.data_dir.folder(),
    };
    let verbosity = if args.json { Verbosity::Quiet } else { args.verbosity.verbosity() };
    let mut steps = Steps::new(verbosity);
    interrupt::can_stop();
    let run = || lecture::run(&options, &mut |progress: &LectureProgress<'_>| steps.observe(progress));
    let lecture = match penstroke::interrupt::unless(interrupt::stopped, run) {
        Ok(lecture) => lecture,
        Err(Error::Interrupted) => {
            let message = "lecture: interrupted; nothing was written, the same command starts again";
            return Err(Failure::Interrupted(message.to_owned()));
        }
        Err(error) => return Err(error.into()),
    };
    drop(steps);
    lecture.write(&folder)?;
    if args.json {
        return output::print(lecture.results());
    }
    let width = lecture.claims().iter().map(|claim| claim.id.len()).max().unwrap_or(0);
    let mut text = String::new();
    for claim in lecture.claims() {
        let verdict = if claim.holds { "holds" } else { "does not hold" };
        let _ =
            writeln!(text, "{:width$}  {verdict:13}  {} ({})", claim.id, claim.shown, claim.shown_interval);
    }
    let hold = lecture.claims().iter().filter(|claim| claim.holds).count();
    let _ = writeln!(
        text,
        "{hold} of {} claims hold; open {}",
        lecture.claims().len(),
        folder.report().display()
    );
    output::print(&text)
}
