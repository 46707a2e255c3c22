//! `penstroke score`: how unusual the rows of a table are, and which cells make them so.

mod scored;
mod told;
mod words;
mod written;

use crate::options::common::{SeedArg, ThreadsArg, VerbosityArgs};
use crate::options::schema::TypedArgs;
use crate::options::values;
use crate::run::failure::Result;
use crate::run::output::{self, OutputFile};
use crate::run::progress::{TrainingProgress, Verbosity, spinner};
use crate::run::{console, reading};
use clap::Args;
use penstroke::anomaly::{Contamination, Detector, DetectorConfig, ExplainedRow};
use penstroke::data::{Schema, SchemaOptions, TypedTable};
use penstroke::{Error, Run};
use scored::{Ids, Scored};
use std::path::{Path, PathBuf};

/// Score how unusual the rows of a table are
///
/// Learns without labels which rows are usual, and scores each row: 1 is the mean of the learned rows, and unusual rows have more. For each row it names the cells
/// that do not fit the rest of it, and what was expected in their place. The table itself is learned, rows that the networks restore worst left out at each step, because they may
/// be anomalies; with --train, another table whose rows are all known to be normal; with --model, nothing. Numbers and categories may be mixed and have gaps; a missing cell
/// adds nothing to a score.
///
/// The file has a line for each row of the table, in its order: row, from 1; id, if exactly one column is of kind id; score; share, that of the learned rows with a larger score, 0 to
/// 1; anomaly, 1 or 0; and for the cells with the largest scores column, score, value, and what was expected. The score of a cell is in units of the mean surprise of a learned cell: usual ones
/// are near 1.
#[derive(Args, Debug)]
#[command(after_help = "EXAMPLE\n  \
    penstroke score payments.csv --out scores.csv\n  \
    penstroke score payments.csv --types payment=id --contamination 0.02 --out scores.csv\n  \
    penstroke score payments.csv --save-model payments.safetensors --out scores.csv\n  \
    penstroke score today.csv --model payments.safetensors --out today-scores.csv\n  \
    penstroke score today.csv --train good.csv --out today-scores.csv")]
pub(crate) struct ScoreArgs {
    /// The table to score: a file of text (.csv, .tsv), Parquet or Arrow IPC
    table: PathBuf,
    /// The file to write: text with commas (.csv) or tabs (.tsv)
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Learn the rows of this table, all of which are normal. The table to score needs its columns, in any order; categories that
    /// it lacks count as missing
    #[arg(long, value_name = "GOOD", conflicts_with = "model")]
    train: Option<PathBuf>,
    /// Score with what such a file holds, and learn nothing. The table needs the columns that were learned, in any order; categories that
    /// were not seen count as missing
    #[arg(long, value_name = "FILE", conflicts_with = "save_model")]
    model: Option<PathBuf>,
    /// Write what was learned to this file
    #[arg(long, value_name = "FILE")]
    save_model: Option<PathBuf>,
    /// Which rows count as anomalies: those with a larger score than all but this share of the learned rows, above 0 and at most 0.5; or
    /// auto: those whose logarithmic score is more than 3 robust standard deviations above the median
    #[arg(long, value_name = "SHARE", default_value = "auto", value_parser = values::parsed::<Contamination>())]
    contamination: Contamination,
    /// Number of rows to print, those with the largest scores; 0 for none
    #[arg(long, value_name = "N", default_value = "20", value_parser = values::count)]
    top: usize,
    /// Number of cells to name for each row, those with the largest scores; 0 for none, which is faster
    #[arg(long, value_name = "N", default_value = "3", value_parser = values::count)]
    cells: usize,
    /// Number of networks of each of the two kinds, at least 1 [default: 4]
    #[arg(long, value_name = "K", value_parser = values::count)]
    networks: Option<usize>,
    #[command(flatten)]
    reading: TypedArgs,
    #[command(flatten)]
    seed: SeedArg,
    #[command(flatten)]
    threads: ThreadsArg,
    #[command(flatten)]
    verbosity: VerbosityArgs,
    /// Print a summary as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: ScoreArgs) -> Result<()> {
    // Before the work: an output that cannot be written, or is an input, is refused.
    refuse_dashes(&args)?;
    let inputs =
        [Some(args.table.as_path()), args.train.as_deref(), args.model.as_deref(), args.reading.file()];
    let out = OutputFile::open_as_one_of(&args.out, &["csv", "tsv"])?.apart_from(inputs)?;
    let saved = args.save_model.as_deref().map(|path| open_model(path, inputs, &args.out)).transpose()?;
    let (table, detector) = match &args.model {
        Some(model) => applied(&args, model)?,
        None => learned(&args, saved)?,
    };
    let scored = score(&args, table, detector)?;
    let delimiter = if out.is("tsv") { b'\t' } else { b',' };
    out.finish(|file| written::write(file, delimiter, &scored, args.cells))?;
    let top = scored.top(args.top);
    let model = args.model.as_deref().or(args.save_model.as_deref());
    if args.json {
        return output::print_json(&told::answer(&scored, &top, (&args.out, model)));
    }
    if !top.is_empty() {
        output::print(&told::table(&scored, &top))?;
    }
    let holds = args
        .save_model
        .as_ref()
        .map_or(String::new(), |path| format!("; {} holds the detector", path.display()));
    output::print(&format!("{}: {}{holds}", args.out.display(), told::summary(&scored)))
}

/// Refuses `-`, which stands for standard input and output elsewhere.
fn refuse_dashes(args: &ScoreArgs) -> Result<()> {
    let is_dash = |path: &Path| path == Path::new("-");
    if is_dash(&args.table) || args.train.as_deref().is_some_and(is_dash) {
        return Err(reading::typed_from_standard_input().into());
    }
    let outs = [("out", Some(&args.out)), ("save_model", args.save_model.as_ref())];
    match outs.into_iter().find(|(_, path)| path.is_some_and(|path| is_dash(path))) {
        Some((option, _)) => {
            let problem = "- does not stand for standard output here, because the summary goes there";
            Err(Error::option(option, problem).hint("name a file").into())
        }
        None => Ok(()),
    }
}

/// The file for the detector, which is neither an input nor the file of scores.
fn open_model(path: &Path, inputs: [Option<&Path>; 4], out: &Path) -> Result<OutputFile> {
    if output::are_same(out, path) {
        let problem = "would hold both the scores and the detector; give another name";
        return Err(Error::input(path, problem).into());
    }
    OutputFile::open_model(path)?.apart_from(inputs)
}

/// The table, and a detector that learned it or the one of `--train`.
fn learned(args: &ScoreArgs, saved: Option<OutputFile>) -> Result<(TypedTable, Detector)> {
    let verbosity = args.verbosity.verbosity();
    let options = args.reading.options()?;
    let learned = args.train.as_deref().unwrap_or(&args.table);
    let spinning = spinner(verbosity, &format!("reading {}", learned.display()));
    let normal = TypedTable::read(learned, &options)?;
    drop(spinning);
    if verbosity != Verbosity::Quiet {
        normal.schema().summary().iter().for_each(|line| console::note(line));
    }
    warn(&normal, verbosity);
    // Before the training: a table that does not fit is refused.
    let table = args.train.as_ref().map(|_| read_like(args, normal.schema(), &options)).transpose()?;
    let defaults = DetectorConfig::default();
    let config = DetectorConfig {
        networks: args.networks.unwrap_or(defaults.networks),
        trim: if args.train.is_some() { 0.0 } else { defaults.trim },
        seed: args.seed.seed.unwrap_or(defaults.seed),
        threads: args.threads.set(),
        ..defaults
    };
    let mut progress = TrainingProgress::new(verbosity);
    let detector = Detector::fit(&config, &normal, &mut Run::new().observer(&mut progress))?;
    drop(progress);
    if let Some(saved) = saved {
        let bytes = detector.to_bytes()?;
        saved.finish(|out| out.write_all(&bytes))?;
    }
    Ok((table.unwrap_or(normal), detector))
}

/// The table and a saved detector.
fn applied(args: &ScoreArgs, model: &Path) -> Result<(TypedTable, Detector)> {
    let trained = [("--networks", args.networks.is_some()), ("--seed", args.seed.seed.is_some())];
    let given = trained.iter().filter(|(_, is_given)| *is_given).map(|(option, _)| *option);
    let given: Vec<&str> = given.chain(args.reading.schema_options()).collect();
    if !given.is_empty() {
        let problem = "fixes how it was trained and what the columns hold";
        return Err(Error::input(model, problem).hint(format!("leave out {}", given.join(", "))).into());
    }
    let mut detector = Detector::load(model)?;
    detector.set_threads(args.threads.set());
    let table = read_like(args, detector.schema(), &args.reading.options()?)?;
    Ok((table, detector))
}

fn read_like(args: &ScoreArgs, schema: &Schema, options: &SchemaOptions) -> Result<TypedTable> {
    let verbosity = args.verbosity.verbosity();
    let spinning = spinner(verbosity, &format!("reading {}", args.table.display()));
    let table = TypedTable::read_like(&args.table, schema, options)?;
    drop(spinning);
    warn(&table, verbosity);
    Ok(table)
}

fn warn(table: &TypedTable, verbosity: Verbosity) {
    if verbosity != Verbosity::Quiet {
        table.warnings().iter().for_each(|warning| console::note(&format!("penstroke: {warning}")));
    }
}

fn score(args: &ScoreArgs, table: TypedTable, detector: Detector) -> Result<Scored> {
    let spinning = spinner(args.verbosity.verbosity(), "scoring");
    let rows = match args.cells {
        0 => {
            let plain =
                |score| ExplainedRow { score, share_above: detector.share_above(score), cells: Vec::new() };
            detector.score(&table)?.into_iter().map(plain).collect()
        }
        n => detector.explain(&table, n)?,
    };
    let ids = Ids::of(&table);
    drop(spinning);
    let threshold = detector.threshold(args.contamination);
    Ok(Scored { table, detector, rows, ids, contamination: args.contamination, threshold })
}
