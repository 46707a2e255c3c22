//! The binary `penstroke`: parses the command line, runs one verb, and ends with its exit code.
//!
//! The library does the work; this crate adds options, printed results, progress bars and exit codes.

mod cli;
mod options;
mod run;
mod verbs;

use clap::FromArgMatches;
use cli::{Cli, Verb};
use options::file::{self, Resolved};
use run::failure::{Failure, Result};
use run::{interrupt, output, usage, words};
use std::process::ExitCode;
use verbs::{
    bench, data, encode, export, filters, finetune, fit, impute, inspect, lecture, manual, pool, predict,
    probe, reconstruct, score, search,
};

fn main() -> ExitCode {
    interrupt::install();
    match act() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn act() -> Result<()> {
    let command = cli::command();
    let typed: Vec<_> = std::env::args_os().collect();
    words::set_verb(cli::verb(&command, &typed));
    let expanded = file::expand(&command, typed)?;
    let typed = command
        .clone()
        .try_get_matches_from(&expanded.words)
        .and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, matches)));
    let (cli, matches) = match typed {
        Ok(typed) => typed,
        Err(error) if usage::is_answer(&error) => {
            return output::print(error.render().to_string().trim_end());
        }
        Err(error) => return Err(Failure::Usage(expanded.place(&error) + &usage::one_line(&error))),
    };
    let resolved = || match matches.subcommand() {
        Some((name, matches)) => command
            .find_subcommand(name)
            .map(|verb| Resolved::of(verb, matches, &cli::defaults(name)))
            .unwrap_or_default(),
        None => Resolved::default(),
    };
    match cli.verb {
        Verb::Fit(args) => fit::run(*args, &resolved()),
        Verb::Finetune(args) => finetune::run(*args, &resolved()),
        Verb::Predict(args) => predict::run(args),
        Verb::Encode(args) => encode::run(args),
        Verb::Reconstruct(args) => reconstruct::run(args),
        Verb::Export(args) => export::run(args),
        Verb::Filters(args) => filters::run(args),
        Verb::Probe(args) => probe::run(args),
        Verb::Search(args) => search::run(*args, &resolved()),
        Verb::Impute(args) => impute::run(*args),
        Verb::Pool(args) => pool::run(*args),
        Verb::Score(args) => score::run(*args),
        Verb::Inspect(args) => inspect::run(args),
        Verb::Data(args) => data::run(args),
        Verb::Lecture(args) => lecture::run(args),
        Verb::Bench(args) => bench::run(args),
        Verb::Completions(args) => manual::completions(&args, command),
        Verb::Man(args) => manual::man(&args, command),
    }
}
