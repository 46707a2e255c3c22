//! Trains an encoder of a table with text, gaps or chosen kinds of columns.

use super::plan::{FitArgs, FitPlan};
use crate::options::file::{Resolved, TOML};
use crate::options::training::check_lists;
use crate::run::failure::{Failure, Result};
use crate::run::output::{self, OutputFile};
use crate::run::progress::{TrainingProgress, Verbosity, spinner};
use crate::run::run_files::RunFiles;
use crate::run::{console, interrupt, reading};
use penstroke::config::{TableEncoderConfig, Term};
use penstroke::data::{Schema, SchemaOptions, TypedTable, is_table};
use penstroke::error::counted;
use penstroke::features::{CodeOutput, TableEncoder};
use penstroke::{Error, Run};
use serde_json::{Value, json};
use std::path::Path;

/// Options for samples of numbers alone. With one of these a table is read as numbers.
const OF_NUMBERS: [&str; 10] =
    ["columns", "one-hot", "missing", "scale", "from", "patches", "whiten", "stream", "samples", "shape"];

/// Further options that do not apply to an encoder of tables.
const OF_AUTOENCODERS: [&str; 18] = [
    "hidden",
    "activation",
    "decoder",
    "untied",
    "initialization",
    "end-to-end",
    "loss",
    "emphasis",
    "l1",
    "contraction",
    "sparsity",
    "tolerance",
    "checkpoint",
    "every",
    "resume",
    "log",
    "tensorboard",
    "data-dir",
];

/// Whether options ask for an encoder of a table.
pub(super) fn is_asked_for(args: &FitArgs, resolved: &Resolved) -> bool {
    let is_given = |name: &&str| resolved.given().iter().any(|given| given == *name);
    let of_cells = |term: &Term| matches!(term, Term::Mask(..) | Term::Swap(_) | Term::CopyMask);
    let mut terms = args.training.step.corruption.iter().flat_map(|corruption| corruption.terms());
    args.schema.are_given()
        || (is_given(&"na-values") && !OF_NUMBERS.iter().any(is_given))
        || (terms.any(of_cells) && args.source.path().is_some_and(is_table))
}

/// Trains an encoder because options ask for one.
pub(super) fn run(args: &FitArgs, resolved: &Resolved) -> Result<()> {
    let path = args.source.path().filter(|path| path.is_file());
    let path = path.ok_or_else(|| Error::input(args.source.to_string(), "is not a file of a table"))?;
    let (config, options) = (config(args, resolved)?, options(args)?);
    let inputs = [Some(path), args.config.config.as_deref(), args.schema.file()];
    let out = OutputFile::open_model(&args.out)?.apart_from(inputs)?;
    Resolved::check(out.beside_it(TOML).as_deref())?;
    let verbosity = args.verbosity.verbosity();
    let spinning = spinner(verbosity, &format!("reading {}", args.source));
    let table = TypedTable::read(path, &options)?;
    drop(spinning);
    train(args, &config, &table, (out, resolved))
}

/// Trains an encoder if the source cannot be read as numbers, but is a table; otherwise fails as reading it failed.
pub(super) fn run_instead(
    plan: &FitPlan,
    out: OutputFile,
    resolved: &Resolved,
    failure: Failure,
) -> Result<()> {
    let args = &plan.args;
    let of_numbers = resolved.given().iter().any(|given| OF_NUMBERS.contains(&given.as_str()));
    let path = args.source.path().filter(|path| path.is_file() && is_table(path));
    let (Some(path), false) = (path, of_numbers) else { return Err(failure) };
    let Failure::Library(failure @ Error::Input { .. }) = failure else { return Err(failure) };
    // The first answer stays for tables of numbers alone in unusual marks, and for tables that are too short.
    let is_mixed = |table: &TypedTable| {
        let learned = table.schema().columns.iter().filter(|column| !column.kind.is_left());
        let mut mixed = learned.filter(|column| !column.categories.is_empty() || column.n_missing > 0);
        table.n_rows() >= TableEncoderConfig::default().fewest_rows && mixed.next().is_some()
    };
    let table = match TypedTable::read(path, &options(args)?) {
        Ok(table) if is_mixed(&table) => table,
        Ok(_) => return Err(failure.into()),
        Err(error) => return Err(reading::told_of_both(failure, error).into()),
    };
    train(args, &config(args, resolved)?, &table, (out, resolved))
}

fn options(args: &FitArgs) -> Result<SchemaOptions> {
    let (table, _) = args.table.options(None)?;
    let schema = args.schema.file().map(Schema::read).transpose()?;
    Ok(SchemaOptions { schema, ..args.schema.options(&table) })
}

fn config(args: &FitArgs, resolved: &Resolved) -> Result<TableEncoderConfig> {
    let unused =
        |name: &&String| OF_NUMBERS.contains(&name.as_str()) || OF_AUTOENCODERS.contains(&name.as_str());
    let unused: Vec<String> =
        resolved.given().iter().filter(unused).map(|name| format!("--{name}")).collect();
    if !unused.is_empty() {
        let problem = "trains an encoder of the table's rows, to which some options do not apply";
        let error = Error::input(args.source.to_string(), problem);
        let error = error.hint(format!("leave out {}", unused.join(", ")));
        return Err(match unused.iter().any(|name| name == "--hidden") {
            true => error.with("layers", "give the units of each hidden layer").into(),
            false => error.into(),
        });
    }
    check_lists(&args.training.lists(), 1)?;
    let mut config = TableEncoderConfig::default();
    if !args.layers.is_empty() {
        config.hidden.clone_from(&args.layers);
    }
    args.training.change(&mut config.training, 0)?;
    config.training.threads = args.threads.threads.unwrap_or_default();
    config.check()?;
    Ok(config)
}

fn train(
    args: &FitArgs,
    config: &TableEncoderConfig,
    table: &TypedTable,
    (out, resolved): (OutputFile, &Resolved),
) -> Result<()> {
    let verbosity = args.verbosity.verbosity();
    if verbosity != Verbosity::Quiet {
        table.schema().summary().iter().for_each(|line| console::note(line));
        table.warnings().iter().for_each(|warning| console::note(&format!("penstroke: {warning}")));
    }
    let mut progress = TrainingProgress::new(verbosity);
    // Until the end: a Ctrl-C while the model is being saved must not lose it.
    interrupt::can_stop();
    let encoder = TableEncoder::fit(config, table, &mut Run::new().observer(&mut progress))?;
    let (seconds, presented) = (progress.seconds(), progress.presented());
    let (files, stopped) =
        (RunFiles { checkpoints: None, log: None, board: None }, encoder.history().stopped);
    let resolved = resolved.without_defaults();
    let unwritten =
        args.checkpoints.save((progress, files), stopped, (out, &resolved), encoder.to_bytes())?;
    if args.json {
        output::print_json(&answer(args, &encoder, seconds, presented))?;
    } else if verbosity != Verbosity::Quiet {
        output::print(&line(&args.out, &encoder))?;
    }
    if stopped {
        let (done, epochs) = (encoder.history().train_loss.len(), encoder.config().training.epochs);
        let epochs = epochs.unwrap_or_default();
        return Err(Failure::Interrupted(format!(
            "interrupted: {done} of {epochs} epochs are done and saved; the same command trains all of them"
        )));
    }
    unwritten.check()
}

/// The units of the hidden layers, and the number of learned columns.
fn line(out: &Path, encoder: &TableEncoder) -> String {
    let (history, config) = (encoder.history(), encoder.config());
    let units: Vec<String> = config.hidden.iter().map(ToString::to_string).collect();
    format!(
        "{}: encoder of tables, {} hidden units over {}, {} of {}{}{}",
        out.display(),
        units.join(", "),
        counted(encoder.n_columns(), "column"),
        history.train_loss.len(),
        counted(config.training.epochs.unwrap_or_default(), "epoch"),
        output::last_loss("training", &history.train_loss),
        output::last_loss("validation", &history.valid_loss),
    )
}

fn answer(args: &FitArgs, encoder: &TableEncoder, seconds: f64, presented: u64) -> Value {
    let history = encoder.history();
    json!({
        "model": args.out.display().to_string(),
        "source": args.source.to_string(),
        "n_rows": encoder.schema().n_rows,
        "n_columns": encoder.n_columns(),
        "n_hidden": encoder.width(CodeOutput::Last),
        "config": encoder.config(),
        "schema": encoder.schema(),
        "epochs_done": history.train_loss.len(),
        "train_loss": history.train_loss,
        "valid_loss": history.valid_loss,
        "interrupted": history.stopped,
        "seconds": seconds,
        "samples_per_second": presented as f64 / seconds.max(1e-9),
    })
}
