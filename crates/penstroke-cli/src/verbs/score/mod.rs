//! `penstroke score`: how unusual the rows of a table are, and which cells make them so; and the same of pictures.

mod args;
mod pictures;
mod scored;
mod told;
mod words;
mod written;

use crate::run::failure::Result;
use crate::run::output::{self, OutputFile};
use crate::run::progress::{TrainingProgress, Verbosity, spinner};
use crate::run::{console, reading};
pub(crate) use args::ScoreArgs;
use penstroke::anomaly::{Detector, DetectorConfig, ExplainedRow};
use penstroke::data::{Schema, SchemaOptions, Source, TypedTable, is_table};
use penstroke::{Error, Run};
use scored::{Ids, Scored};
use std::path::Path;

pub(crate) fn run(args: ScoreArgs) -> Result<()> {
    // Before the work: an output that cannot be written, or is an input, is refused.
    refuse_dashes(&args)?;
    if holds_samples(&args.source) {
        return pictures::run(&args);
    }
    if args.heat_map.is_some() {
        let problem = format!("is for pictures, and {} is a table", args.source.display());
        return Err(Error::option("heat_map", problem).hint("leave it out").into());
    }
    let inputs =
        [Some(args.source.as_path()), args.train.as_deref(), args.model.as_deref(), args.reading.file()];
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

/// Whether a source holds samples without columns: it has a built-in name, or is a file or folder, but not a table.
fn holds_samples(source: &Path) -> bool {
    let is_built_in = source.to_str().and_then(|name| name.parse().ok());
    is_built_in.is_some_and(|source: Source| !matches!(source, Source::Path(_) | Source::Stdin))
        || (source.exists() && !is_table(source))
}

/// Refuses `-`, which stands for standard input and output elsewhere.
fn refuse_dashes(args: &ScoreArgs) -> Result<()> {
    let is_dash = |path: &Path| path == Path::new("-");
    if is_dash(&args.source) || args.train.as_deref().is_some_and(is_dash) {
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
    let config = args.config(DetectorConfig::default());
    config.check()?;
    let learned = args.train.as_deref().unwrap_or(&args.source);
    let spinning = spinner(verbosity, &format!("reading {}", learned.display()));
    let normal = TypedTable::read(learned, &options)?;
    drop(spinning);
    if verbosity != Verbosity::Quiet {
        normal.schema().summary().iter().for_each(|line| console::note(line));
    }
    warn(&normal, verbosity);
    // Before the training: a table that does not fit is refused.
    let table = args.train.as_ref().map(|_| read_like(args, normal.schema(), &options)).transpose()?;
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
    let spinning = spinner(verbosity, &format!("reading {}", args.source.display()));
    let table = TypedTable::read_like(&args.source, schema, options)?;
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
    // Scores without names are better than no scores.
    let ids = Ids::of(&table).unwrap_or_else(|error| {
        console::note(&format!("penstroke: rows are told by their numbers: {error}"));
        None
    });
    drop(spinning);
    let threshold = detector.threshold(args.contamination)?;
    Ok(Scored { table, detector, rows, ids, contamination: args.contamination, threshold })
}
