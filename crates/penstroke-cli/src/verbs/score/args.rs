//! What `penstroke score` is given.

use crate::options::common::{SeedArg, ThreadsArg, VerbosityArgs};
use crate::options::schema::TypedArgs;
use crate::options::values;
use clap::Args;
use penstroke::anomaly::{Contamination, DetectorConfig};
use std::path::PathBuf;

/// Score how unusual the rows of a table are
///
/// Learns without labels which rows are usual, and scores each row: 1 is the mean of the learned rows, and unusual rows have more. For each row it names the cells
/// that do not fit the rest of it, and what was expected in their place. The table itself is learned, rows that the networks restore worst left out at each step, because they may
/// be anomalies; with --train, another table whose rows are all known to be normal; with --model, nothing. Numbers and categories may be mixed and have gaps; a missing cell
/// adds nothing to a score.
///
/// The file has a line for each row of the table, in its order: row, from 1; id, if exactly one column is of kind id; score; share, that of the learned rows with a larger score, 0 to
/// 1; anomaly, 1 or 0; and for the cells with the largest scores column, score, value, and what was expected. The score of a cell is
/// -ln of the probability that it belongs to its row, in units of its mean over learned cells: usual ones are near 1.
///
/// Pictures and other samples without columns are scored as wholes; --heat-map shows what makes the most unusual ones stand out.
#[derive(Args, Debug)]
#[command(after_help = "EXAMPLE\n  \
    penstroke score payments.csv --out scores.csv\n  \
    penstroke score payments.csv --types payment=id --contamination 0.02 --out scores.csv\n  \
    penstroke score payments.csv --save-model payments.safetensors --out scores.csv\n  \
    penstroke score today.csv --model payments.safetensors --out today-scores.csv\n  \
    penstroke score today.csv --train good.csv --out today-scores.csv\n  \
    penstroke score strokes --out digits.csv --heat-map unusual.png")]
pub(crate) struct ScoreArgs {
    /// The table to score: a file of text (.csv, .tsv), Parquet or Arrow IPC. Or samples: a folder of pictures, IDX, npy, npz, strokes, or
    /// another name of `penstroke data list`
    pub(super) source: PathBuf,
    /// The file to write: text with commas (.csv) or tabs (.tsv)
    #[arg(long, value_name = "FILE")]
    pub(super) out: PathBuf,
    /// Learn the rows of this table, all of which are normal. The table to score needs its columns, in any order; categories that
    /// it lacks count as missing
    #[arg(long, value_name = "GOOD", conflicts_with = "model")]
    pub(super) train: Option<PathBuf>,
    /// Score with a saved detector, and learn nothing. The table needs the columns that were learned, in any order; categories that
    /// were not seen count as missing
    #[arg(long, value_name = "FILE", conflicts_with = "save_model")]
    pub(super) model: Option<PathBuf>,
    /// Write what was learned to this file
    #[arg(long, value_name = "FILE")]
    pub(super) save_model: Option<PathBuf>,
    /// For grey pictures: draw the 20 most unusual ones above what their pixels add to the score, to this file (.png)
    #[arg(long, value_name = "FILE")]
    pub(super) heat_map: Option<PathBuf>,
    /// Which rows count as anomalies: those with a larger score than all but this share of the learned rows, above 0 and at most 0.5; or
    /// auto: those whose logarithmic score is more than 3 robust standard deviations above the median
    #[arg(long, value_name = "SHARE", default_value = "auto", value_parser = values::parsed::<Contamination>())]
    pub(super) contamination: Contamination,
    /// Number of rows to print, those with the largest scores; 0 for none
    #[arg(long, value_name = "N", default_value = "20", value_parser = values::count)]
    pub(super) top: usize,
    /// Number of cells to name for each row, those with the largest scores; 0 for none, which is faster
    #[arg(long, value_name = "N", default_value = "3", value_parser = values::count)]
    pub(super) cells: usize,
    /// Number of networks of each of the two kinds, at least 1 [default: 4]
    #[arg(long, value_name = "K", value_parser = values::count)]
    pub(super) networks: Option<usize>,
    #[command(flatten)]
    pub(super) reading: TypedArgs,
    #[command(flatten)]
    pub(super) seed: SeedArg,
    #[command(flatten)]
    pub(super) threads: ThreadsArg,
    #[command(flatten)]
    pub(super) verbosity: VerbosityArgs,
    /// Print a summary as JSON
    #[arg(long)]
    pub(super) json: bool,
}

impl ScoreArgs {
    /// How a detector is to be trained.
    pub(super) fn config(&self, defaults: DetectorConfig) -> DetectorConfig {
        DetectorConfig {
            networks: self.networks.unwrap_or(defaults.networks),
            trim: if self.train.is_some() { 0.0 } else { defaults.trim },
            seed: self.seed.seed.unwrap_or(defaults.seed),
            threads: self.threads.set(),
            ..defaults
        }
    }
}
