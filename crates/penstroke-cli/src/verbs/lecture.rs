//! `penstroke lecture`: every figure and claim of the denoising-autoencoder lecture.

use crate::options::shared::{self as args, Place, Threads};
use crate::run::data_dir as place;
use crate::run::failure::{Failure, Result};
use crate::run::interrupt;
use crate::run::output;
use crate::run::progress::{Steps, Telling};
use clap::Args;
use penstroke::Error;
use penstroke::data::Source;
use penstroke::lecture::{self, Folder, LectureOptions, LectureProgress, Pace};
use std::fmt::Write as _;
use std::path::PathBuf;

/// Reproduce the denoising-autoencoder lecture: every figure and claim, as one HTML report
///
/// Trains what the lecture trains on the sources given, measures its twelve claims, and writes a self-contained
/// report, its figures and results.json into a folder. Generated sources are drawn in a size that fits a few minutes on
/// a laptop; a source of your own is used in full.
#[derive(Args, Debug)]
#[command(after_help = "EXAMPLE\n  \
    penstroke lecture --quick --out lecture/\n  \
    penstroke lecture --digits mnist --scenes photographs/ --seeds 5")]
pub(crate) struct LectureArgs {
    /// Labelled pictures of digits: a path, strokes or mnist
    #[arg(long, value_name = "SOURCE", default_value = "strokes", value_parser = args::source())]
    pub(crate) digits: Source,
    /// Natural scenes that patches are cut from: a path or leaves
    #[arg(long, value_name = "SOURCE", default_value = "leaves", value_parser = args::source())]
    pub(crate) scenes: Source,
    /// How many times everything is trained, each with a seed of its own, at least 1; intervals are then over seeds
    #[arg(long, value_name = "N", default_value = "1", value_parser = args::count)]
    pub(crate) seeds: usize,
    /// Fewer samples and short training: a first look, in well under a minute
    #[arg(long)]
    pub(crate) quick: bool,
    /// The first seed
    #[arg(long, value_name = "N", default_value = "0", value_parser = args::seed)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) threads: Threads,
    #[command(flatten)]
    pub(crate) place: Place,
    /// The folder to write into
    #[arg(long, value_name = "FOLDER", default_value = "lecture/")]
    pub(crate) out: PathBuf,
    /// Say nothing while working
    #[arg(long)]
    pub(crate) quiet: bool,
    /// Write a line a step to stderr
    #[arg(long, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
    /// Print results.json instead of the verdicts
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(args: LectureArgs) -> Result<()> {
    let folder = Folder::open(&args.out)?;
    let options = LectureOptions {
        digits: args.digits,
        scenes: args.scenes,
        seeds: args.seeds,
        seed: args.seed,
        pace: if args.quick { Pace::Quick } else { Pace::Normal },
        threads: args.threads.set(),
        data_dir: place::data_dir(args.place.data_dir),
    };
    let telling = match (args.quiet || args.json, args.verbose) {
        (true, _) => Telling::Quiet,
        (_, true) => Telling::Lines,
        _ => Telling::Bars,
    };
    let mut steps = Steps::new(telling);
    interrupt::can_stop();
    let lecture = match lecture::run(&options, &mut |progress: &LectureProgress<'_>| steps.observe(progress))
    {
        Ok(lecture) => lecture,
        Err(Error::Interrupted) => {
            let message = "lecture: interrupted; nothing was written, the same command begins again";
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
