//! The command line: its verbs, and their options with the library's defaults in the help.

use crate::options::{supervised, training};
use crate::verbs::{
    bench, data, encode, export, filters, finetune, fit, impute, inspect, lecture, manual, pool, predict,
    probe, reconstruct, score, search,
};
use clap::{Command, CommandFactory, Parser, Subcommand};
use penstroke::{AutoencoderConfig, Optimizer, SupervisedConfig};
use std::ffi::OsString;

/// Denoising autoencoders: learn features by repairing damage, see them, and measure whether they help.
#[derive(Debug, Parser)]
#[command(
    name = "penstroke",
    version,
    arg_required_else_help = true,
    after_help = "A SOURCE is a path or a built-in name. Paths: IDX; .npy; .npz, or .npz:ARRAY; a table (.csv, .tsv, Parquet, \
                  Arrow IPC), or a folder or a quoted pattern of Parquet or Arrow files; a PNG or JPEG picture or a folder of them; a folder with MNIST's four files; - for npy or a table on standard input. All but .npz, \
                  Parquet and pictures may be compressed (.gz, .bz2, .xz, .zst). \
                  Names: strokes (generated digits), leaves (generated scenes), mnist (from the data folder), and the variations that \
                  `penstroke data list` shows; builtin:NAME if a file has that name.\n\n\
                  EXAMPLE\n  \
                  penstroke fit strokes --out digits.safetensors\n  \
                  penstroke filters digits.safetensors --out filters.png\n  \
                  penstroke probe strokes --model digits.safetensors\n\n\
                  Exit codes: 0 success, 1 failure, 2 wrong usage or input, 130 interrupted."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Fit(Box<fit::FitArgs>),
    Finetune(Box<finetune::FinetuneArgs>),
    Predict(predict::PredictArgs),
    Encode(encode::EncodeArgs),
    Reconstruct(reconstruct::ReconstructArgs),
    Export(export::ExportArgs),
    Filters(filters::FiltersArgs),
    Probe(probe::ProbeArgs),
    Search(Box<search::SearchArgs>),
    Impute(Box<impute::ImputeArgs>),
    Pool(Box<pool::PoolArgs>),
    Score(Box<score::ScoreArgs>),
    Inspect(inspect::InspectArgs),
    Data(data::DataArgs),
    Lecture(lecture::LectureArgs),
    Bench(bench::BenchArgs),
    Completions(manual::CompletionsArgs),
    Man(manual::ManArgs),
}

/// The command line, with the library's defaults in the help.
pub(crate) fn command() -> Command {
    // A fixed width, so that help is the same in every terminal and test.
    Cli::command().term_width(100).mut_subcommands(|verb| {
        let numbers = [Optimizer::SGD, Optimizer::ADAM].into_iter().flat_map(Optimizer::numbers);
        let numbers: Vec<_> = numbers
            .filter(|(id, _)| verb.get_arguments().any(|arg| arg.get_id() == id))
            .map(|(id, number)| (id, number.to_string()))
            .collect();
        let mut defaults = defaults(verb.get_name());
        if ["fit", "finetune", "search"].contains(&verb.get_name()) {
            defaults.extend(training::rules());
        }
        let defaults = defaults.into_iter().chain(numbers);
        let verb = defaults.fold(verb, |verb, (id, default)| {
            verb.mut_arg(id, |arg| {
                let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
                arg.help(format!("{help} [default: {default}]"))
            })
        });
        verb.mut_args(|arg| {
            // Then `--learning-rate -1` is a number out of range, not an unknown option -1.
            let is_option = !arg.is_positional() && arg.get_action().takes_values();
            if is_option { arg.allow_negative_numbers(true) } else { arg }
        })
    })
}

/// The library's defaults for a verb as typed, by option id.
pub(crate) fn defaults(verb: &str) -> Vec<(&'static str, String)> {
    match verb {
        "fit" => training::texts(&AutoencoderConfig::default()),
        "finetune" => supervised::texts(&SupervisedConfig::default()),
        "search" => search::defaults(),
        "bench" => bench::defaults(),
        _ => Vec::new(),
    }
}

/// The verb that was typed, such as `data make`; without one, the whole command line.
pub(crate) fn verb<'a>(command: &'a Command, typed: &[OsString]) -> &'a Command {
    let mut words = typed.iter().skip(1).map(command_name);
    let verb = words.next().and_then(|word| command.find_subcommand(word));
    let Some(verb) = verb else { return command };
    words.next().and_then(|word| verb.find_subcommand(word)).unwrap_or(verb)
}

fn command_name(word: &OsString) -> &str {
    word.to_str().unwrap_or_default()
}
