//! `penstroke impute`: fills the missing cells of a table.

use crate::options::common::{SeedArg, ThreadsArg, VerbosityArgs};
use crate::options::schema::TypedArgs;
use crate::options::values;
use crate::run::failure::Result;
use crate::run::output::OutputFile;
use crate::run::progress::{TrainingProgress, Verbosity, spinner};
use crate::run::{console, output, reading};
use crate::verbs::imputed::{Beside, Imputed, told_errors, told_stale};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgAction, Args};
use penstroke::data::{Fill, TypedTable};
use penstroke::error::counted;
use penstroke::impute::{Imputer, ImputerConfig};
use penstroke::{Error, Run};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Fill the missing cells of a table
///
/// Learns from the observed cells how the columns depend on each other, numbers and categories alike, and writes the table back with its
/// gaps filled. What was learned can be saved, and then fills other tables with the same columns. Every observed cell is kept as it is, and gaps stay in columns that are left out; with --model, a category that was not seen in training is a gap. With several imputations, the differences between the files tell how uncertain
/// the filled cells are; analyse each file and pool the results.
#[derive(Args, Debug)]
#[command(after_help = "EXAMPLE\n  \
    penstroke impute survey.csv --out done.csv\n  \
    penstroke impute survey.csv --types person=id --imputations 20 --out 'done-{}.csv'\n  \
    penstroke impute survey.csv --save-model survey.safetensors --out done.csv\n  \
    penstroke impute new.csv --model survey.safetensors --out new-done.csv")]
pub(crate) struct ImputeArgs {
    /// The table: a file of text (.csv, .tsv), Parquet or Arrow IPC
    table: PathBuf,
    /// The file to write: text for a table of text, with the same delimiter, and Parquet or Arrow for those; {} in it becomes the number
    /// of the imputation
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Number of imputations; each of several draws the missing cells anew
    #[arg(long, value_name = "M", default_value = "1", value_parser = values::count)]
    imputations: usize,
    /// Number of networks, at least that of the imputations [default: 5, or as many as imputations]
    #[arg(long, value_name = "K", value_parser = values::count)]
    networks: Option<usize>,
    /// Numbers that may be filled in: those from the smallest to the largest that the column holds (observed), or any (none)
    /// [default: observed]
    #[arg(long, value_name = "BOUNDS", value_parser = bounds(), action = ArgAction::Set)]
    bounds: Option<bool>,
    /// Write what was learned to this file
    #[arg(long, value_name = "FILE")]
    save_model: Option<PathBuf>,
    /// Fill the table with what such a file holds, and learn nothing. The table needs the columns that were learned, in any order;
    /// categories that were not seen then count as missing, and are filled
    #[arg(long, value_name = "FILE", conflicts_with = "save_model")]
    model: Option<PathBuf>,
    /// Write a page (.html) about the table and its imputation to this file: gaps, errors by column, observed cells drawn again, distributions
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Write which cells were filled to this file (.npy), as bool of shape (rows, columns); with a saved imputer, its columns in its order
    #[arg(long, value_name = "FILE")]
    mask_out: Option<PathBuf>,
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

fn bounds() -> impl TypedValueParser<Value = bool> {
    PossibleValuesParser::new(["observed", "none"]).map(|word| word == "observed")
}

pub(crate) fn run(args: ImputeArgs) -> Result<()> {
    let verbosity = args.verbosity.verbosity();
    let outs = outputs(&args.out, args.imputations)?;
    // Before the work: an output that cannot be written, or is an input, is refused.
    refuse_dashes(&args.table, &args.out)?;
    let inputs = [Some(args.table.as_path()), args.model.as_deref(), args.reading.file()];
    for out in &outs {
        OutputFile::open(out)?.apart_from(inputs)?;
    }
    let saved = args.save_model.as_deref().map(|path| open_model(path, inputs, &outs)).transpose()?;
    let others = outs.iter().map(PathBuf::as_path).chain(args.save_model.as_deref()).collect();
    let beside = Beside::open([args.report.as_deref(), args.mask_out.as_deref()], inputs, others)?;
    let done = match &args.model {
        Some(model) => applied(&args, model, &outs, verbosity)?,
        None => learned(&args, saved, &outs, verbosity)?,
    };
    let Imputed { table, imputer, imputations } = &done;
    for (out, fills) in outs.iter().zip(imputations) {
        table.write_filled(out, fills)?;
    }
    beside.write(&done, verbosity)?;
    if verbosity != Verbosity::Quiet {
        told_stale(&args.out, &outs).iter().for_each(|line| console::note(line));
    }
    let n_filled: usize = imputations.first().into_iter().flatten().map(|fill| fill.rows.len()).sum();
    let files: Vec<String> = outs.iter().map(|out| out.display().to_string()).collect();
    let model = args.model.as_ref().or(args.save_model.as_ref());
    if args.json {
        return output::print_json(&json!({
            "files": files, "model": model, "n_rows": table.n_rows(), "n_filled": n_filled,
            "columns": columns(table, &imputations[0]), "errors": imputer.as_ref().map_or(&[][..], Imputer::errors),
        }));
    }
    // A saved imputer's errors were told when it was trained; `inspect` has them.
    if let (Some(imputer), None, true) = (imputer, &args.model, verbosity != Verbosity::Quiet) {
        told_errors(table, imputer.errors()).iter().for_each(|line| console::note(line));
    }
    let told = match n_filled {
        0 => "no cell is missing in the columns that are learned; the table is copied".to_owned(),
        n => format!("{} filled in {}", counted(n, "cell"), counted(imputations[0].len(), "column")),
    };
    let saved = args
        .save_model
        .as_ref()
        .map_or(String::new(), |path| format!("; {} holds the imputer", path.display()));
    let files = match &files[..] {
        [first, _, _, .., last] => format!("{first} … {last}"),
        few => few.join(", "),
    };
    output::print(&format!("{files}: {told}{saved}"))
}

/// Refuses `-`, which stands for standard input and output elsewhere.
fn refuse_dashes(table: &Path, out: &Path) -> Result<()> {
    if table == Path::new("-") {
        return Err(reading::typed_from_standard_input().into());
    }
    if out == Path::new("-") {
        let problem = "- does not stand for standard output here, because the filled table goes to a file of its own format";
        return Err(Error::option("out", problem).hint("name a file").into());
    }
    Ok(())
}

/// The file for the imputer, which is neither an input nor an output.
fn open_model(path: &Path, inputs: [Option<&Path>; 3], outs: &[PathBuf]) -> Result<OutputFile> {
    if outs.iter().any(|out| output::are_same(out, path)) {
        let problem = "would hold both a table and the imputer; give another name";
        return Err(Error::input(path, problem).into());
    }
    OutputFile::open_model(path)?.apart_from(inputs)
}

/// Learns the table, saves the imputer if that is wanted, and imputes the table.
fn learned(
    args: &ImputeArgs,
    saved: Option<OutputFile>,
    outs: &[PathBuf],
    verbosity: Verbosity,
) -> Result<Imputed> {
    let options = args.reading.options()?;
    let config = config(args)?;
    let spinning = spinner(verbosity, &format!("reading {}", args.table.display()));
    let table = TypedTable::read(&args.table, &options)?;
    drop(spinning);
    if verbosity != Verbosity::Quiet {
        table.schema().summary().iter().for_each(|line| console::note(line));
    }
    warn(&table, verbosity);
    outs.iter().try_for_each(|out| table.check_output(out))?;
    let has_gaps = table.schema().columns.iter().any(|column| !column.kind.is_left() && column.n_missing > 0);
    if !has_gaps && saved.is_none() {
        return Ok(Imputed { table, imputer: None, imputations: vec![Vec::new(); args.imputations] });
    }
    let mut progress = TrainingProgress::new(verbosity);
    let imputer = Imputer::fit(&config, &table, &mut Run::new().observer(&mut progress))?;
    drop(progress);
    if let Some(saved) = saved {
        let bytes = imputer.to_bytes()?;
        saved.finish(|out| out.write_all(&bytes))?;
    }
    let imputations = imputed(&imputer, &table, args.imputations, verbosity)?;
    Ok(Imputed { table, imputer: Some(imputer), imputations })
}

/// How an imputer is to be trained.
fn config(args: &ImputeArgs) -> Result<ImputerConfig> {
    let defaults = ImputerConfig::default();
    let config = ImputerConfig {
        networks: args.networks.unwrap_or(defaults.networks.max(args.imputations)),
        bootstrap: args.imputations > 1,
        bounded: args.bounds.unwrap_or(defaults.bounded),
        seed: args.seed.seed.unwrap_or(defaults.seed),
        threads: args.threads.set(),
        ..defaults
    };
    if config.networks < args.imputations {
        let problem = format!(
            "{} for {}",
            counted(config.networks, "network"),
            counted(args.imputations, "imputation")
        );
        return Err(Error::option("networks", problem).set("networks", args.imputations).into());
    }
    Ok(config)
}

/// Imputes the table with a saved imputer.
fn applied(args: &ImputeArgs, model: &Path, outs: &[PathBuf], verbosity: Verbosity) -> Result<Imputed> {
    let trained = [
        ("--networks", args.networks.is_some()),
        ("--bounds", args.bounds.is_some()),
        ("--seed", args.seed.seed.is_some()),
    ];
    let given = trained.iter().filter(|(_, is_given)| *is_given).map(|(option, _)| *option);
    let given: Vec<&str> = given.chain(args.reading.schema_options()).collect();
    if !given.is_empty() {
        let problem = "fixes how it was trained and what the columns hold";
        return Err(Error::input(model, problem).hint(format!("leave out {}", given.join(", "))).into());
    }
    let mut imputer = Imputer::load(model)?;
    imputer.set_threads(args.threads.set());
    let (m, k) = (args.imputations, imputer.config().networks);
    if m > k {
        let problem = format!("{m} is outside 1 to {k}, the number of networks of {}", model.display());
        return Err(Error::option("imputations", problem).into());
    }
    if m > 1 && !imputer.config().bootstrap {
        let problem = format!("{m}, but {} was trained for one", model.display());
        let hint = format!("train it with --imputations {m} and --save-model");
        return Err(Error::option("imputations", problem).hint(hint).into());
    }
    let spinning = spinner(verbosity, &format!("reading {}", args.table.display()));
    let table = TypedTable::read_like(&args.table, imputer.schema(), &args.reading.options()?)?;
    drop(spinning);
    warn(&table, verbosity);
    outs.iter().try_for_each(|out| table.check_output(out))?;
    let imputations = imputed(&imputer, &table, m, verbosity)?;
    Ok(Imputed { table, imputer: Some(imputer), imputations })
}

fn warn(table: &TypedTable, verbosity: Verbosity) {
    if verbosity != Verbosity::Quiet {
        table.warnings().iter().for_each(|warning| console::note(&format!("penstroke: {warning}")));
    }
}

/// Imputations of a table.
fn imputed(imputer: &Imputer, table: &TypedTable, m: usize, verbosity: Verbosity) -> Result<Vec<Vec<Fill>>> {
    let filling = spinner(verbosity, "filling");
    let mut imputations = if m == 1 { vec![imputer.impute(table)?] } else { imputer.sample(table, m)? };
    drop(filling);
    imputations.iter_mut().for_each(|fills| fills.retain(|fill| !table.lacks(fill.column)));
    Ok(imputations)
}

/// The name and number of filled cells of each column that has any.
fn columns(table: &TypedTable, fills: &[Fill]) -> Vec<serde_json::Value> {
    let name = |fill: &Fill| table.schema().columns[fill.column].name.clone();
    fills.iter().map(|fill| json!({"name": name(fill), "n_filled": fill.rows.len()})).collect()
}

/// The file of each imputation.
fn outputs(out: &Path, m: usize) -> Result<Vec<PathBuf>> {
    if m == 0 {
        return Err(Error::option("imputations", "0; at least 1 is needed").into());
    }
    let text = out.to_string_lossy();
    if m == 1 && !text.contains("{}") {
        return Ok(vec![out.to_owned()]);
    }
    if !text.contains("{}") {
        let problem = format!("{} does not say where the number of an imputation goes", out.display());
        let stem = out.with_extension("");
        let extension =
            out.extension().map_or(String::new(), |extension| format!(".{}", extension.to_string_lossy()));
        let example = format!("{}-{{}}{extension}", stem.display());
        return Err(Error::option("out", problem).set("out", example).into());
    }
    let width = m.to_string().len();
    Ok((1..=m).map(|k| PathBuf::from(text.replace("{}", &format!("{k:0width$}")))).collect())
}
