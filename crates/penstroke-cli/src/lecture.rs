//! `penstroke lecture`: every figure and claim of the denoising-autoencoder lecture.

use crate::args::{self, Place, Threads};
use crate::failure::Result;
use clap::Args;
use penstroke::Error;
use penstroke::data::Source;
use std::path::PathBuf;

/// Reproduce the denoising-autoencoder lecture: every figure and claim, as one HTML report
///
/// Trains what the lecture trains on the sources given, measures its claims over several seeds, and writes a
/// self-contained report, its figures and results.json into a folder.
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
    /// Number of seeds that claims are measured over, at least 1
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
}

pub(crate) fn run(args: LectureArgs) -> Result<()> {
    // The call of the library's lecture goes here.
    let LectureArgs { digits, scenes, seeds, quick, seed, threads, place, out } = args;
    let _ =
        (digits, scenes, seeds, quick, seed, threads.threads, crate::place::data_dir(place.data_dir), out);
    Err(Error::Numerical("lecture: is not in this build".into()).into())
}
