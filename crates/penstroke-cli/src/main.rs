//! The binary `penstroke`: reads what was typed, runs one verb, and ends with its exit code.
//!
//! Everything it does is the library's; here are only words, progress bars and exit codes. A verb is a file: first what
//! was typed (`…Args`), then what is meant, then the work.

mod args;
mod bench;
mod data;
mod encode;
mod export;
mod failure;
mod filters;
mod finetune;
mod fit;
mod inspect;
mod interrupt;
mod keep;
mod lecture;
mod output;
mod place;
mod predict;
mod probe;
mod progress;
mod reconstruct;
mod search;
mod shell;
mod table;
mod usage;

use args::{Cli, Verb};
use clap::FromArgMatches;
use failure::{Failure, Result};
use std::process::ExitCode;

fn main() -> ExitCode {
    interrupt::install();
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn run() -> Result<()> {
    let typed = args::command().try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match typed {
        Ok(cli) => cli,
        Err(error) if usage::is_answer(&error) => {
            return output::print(error.render().to_string().trim_end());
        }
        Err(error) => return Err(Failure::Usage(usage::one_line(&error))),
    };
    match cli.verb {
        Verb::Fit(args) => fit::run(*args),
        Verb::Finetune(args) => finetune::run(*args),
        Verb::Predict(args) => predict::run(args),
        Verb::Encode(args) => encode::run(args),
        Verb::Reconstruct(args) => reconstruct::run(args),
        Verb::Export(args) => export::run(args),
        Verb::Filters(args) => filters::run(args),
        Verb::Probe(args) => probe::run(args),
        Verb::Search(args) => search::run(args),
        Verb::Inspect(args) => inspect::run(args),
        Verb::Data(args) => data::run(args),
        Verb::Lecture(args) => lecture::run(args),
        Verb::Bench(args) => bench::run(args),
    }
}
