//! `penstroke impute`: fills the missing cells of a table.

use crate::options::common::{SeedArg, ThreadsArg, VerbosityArgs};
use crate::options::schema::TypedArgs;
use crate::options::values;
use crate::run::failure::Result;
use crate::run::output::OutputFile;
use crate::run::progress::{TrainingProgress, Verbosity, spinner};
use crate::run::{console, output};
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
/// gaps filled. Every observed cell is kept as it is, and gaps stay in columns that are left out. With several imputations, the differences between the files tell how uncertain
/// the filled cells are; analyse each file and pool the results.
#[derive(Args, Debug)]
#[command(after_help = "EXAMPLE\n  \
    penstroke impute survey.csv --out done.csv\n  \
    penstroke impute survey.csv --types zip=categorical --imputations 20 --out 'done-{}.csv'")]
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
    #[arg(long, value_name = "BOUNDS", default_value = "observed", value_parser = bounds(), action = ArgAction::Set)]
    bounds: bool,
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
    // Before the work: an output that cannot be written, or is the table itself, is refused.
    for out in &outs {
        OutputFile::open(out)?.apart_from([Some(args.table.as_path())])?;
    }
    let options = args.reading.options()?;
    let defaults = ImputerConfig::default();
    let config = ImputerConfig {
        networks: args.networks.unwrap_or(defaults.networks.max(args.imputations)),
        bounded: args.bounds,
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
    let reading = spinner(verbosity, &format!("reading {}", args.table.display()));
    let table = TypedTable::read(&args.table, &options)?;
    drop(reading);
    if verbosity != Verbosity::Quiet {
        table.schema().summary().iter().for_each(|line| console::note(line));
        table.warnings().iter().for_each(|warning| console::note(&format!("penstroke: {warning}")));
    }
    outs.iter().try_for_each(|out| table.check_output(out))?;
    let imputations = imputed(&config, &table, args.imputations, verbosity)?;
    for (out, fills) in outs.iter().zip(&imputations) {
        table.write_filled(out, fills)?;
    }
    let n_filled: usize = imputations.first().into_iter().flatten().map(|fill| fill.rows.len()).sum();
    let files: Vec<String> = outs.iter().map(|out| out.display().to_string()).collect();
    if args.json {
        return output::print_json(&json!({
            "files": files, "n_rows": table.n_rows(), "n_filled": n_filled, "columns": columns(&table, &imputations[0]),
        }));
    }
    let told = match n_filled {
        0 => "no cell is missing in the columns that are learned; the table is copied".to_owned(),
        n => format!("{} filled in {}", counted(n, "cell"), counted(imputations[0].len(), "column")),
    };
    output::print(&format!("{}: {told}", files.join(", ")))
}

/// Imputations of a table; a table without gaps needs no network.
fn imputed(
    config: &ImputerConfig,
    table: &TypedTable,
    m: usize,
    verbosity: Verbosity,
) -> Result<Vec<Vec<Fill>>> {
    if table.schema().columns.iter().all(|column| column.kind.is_left() || column.n_missing == 0) {
        return Ok(vec![Vec::new(); m]);
    }
    let mut progress = TrainingProgress::new(verbosity);
    let imputer = Imputer::fit(config, table, &mut Run::new().observer(&mut progress))?;
    drop(progress);
    let filling = spinner(verbosity, "filling");
    let imputations = if m == 1 { vec![imputer.impute(table)?] } else { imputer.sample(table, m)? };
    drop(filling);
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
