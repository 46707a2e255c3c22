//! The binary `penstroke`: reads what was typed, runs one verb, and ends with its exit code.
//!
//! Everything it does is the library's; here are only words, progress bars and exit codes. A verb is a file: first what
//! was typed (`…Args`), then what is meant, then the work.

mod options;
mod run;
mod verbs;

use clap::FromArgMatches;
use options::file::{self as config, Resolved};
use options::shared::{self as args, Cli, Verb};
use run::failure::{Failure, Result};
use run::{interrupt, output, usage};
use std::process::ExitCode;
use verbs::{
    bench, data, encode, export, filters, finetune, fit, inspect, lecture, manual, predict, probe,
    reconstruct, search,
};

fn main() -> ExitCode {
    interrupt::install();
    match act() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn act() -> Result<()> {
    let command = args::command();
    let expanded = config::expand(&command, std::env::args_os().collect())?;
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
    let resolved = |defaults: &[(&'static str, String)]| match matches.subcommand() {
        Some((name, matches)) => command
            .find_subcommand(name)
            .map(|verb| Resolved::of(verb, matches, defaults))
            .unwrap_or_default(),
        None => Resolved::default(),
    };
    match cli.verb {
        Verb::Fit(args) => fit::run(*args, &resolved(&fit::defaults())),
        Verb::Finetune(args) => finetune::run(*args, &resolved(&finetune::defaults())),
        Verb::Predict(args) => predict::run(args),
        Verb::Encode(args) => encode::run(args),
        Verb::Reconstruct(args) => reconstruct::run(args),
        Verb::Export(args) => export::run(args),
        Verb::Filters(args) => filters::run(args),
        Verb::Probe(args) => probe::run(args),
        Verb::Search(args) => search::run(args, &resolved(&[])),
        Verb::Inspect(args) => inspect::run(args),
        Verb::Data(args) => data::run(args),
        Verb::Lecture(args) => lecture::run(args),
        Verb::Bench(args) => bench::run(args),
        Verb::Completions(args) => manual::completions(&args, command),
        Verb::Man(args) => manual::man(&args, command),
    }
}
