//! Errors of the command line, on one line.

use super::words;
use clap::error::{ContextKind, ErrorKind};
use penstroke::Error;
use penstroke::error::Problem;
use std::error::Error as _;
use std::path::Path;

/// Whether this is the response to `--help`, `--version` or a missing verb rather than an error.
pub(crate) fn is_answer(error: &clap::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    )
}

/// The error, a similar option if any, and where to find help.
pub(crate) fn one_line(error: &clap::Error) -> String {
    // The error of a value parser, about this option.
    if let (Some(option), Some(problem)) = (error.get(ContextKind::InvalidArg), error.source()) {
        let option = option.to_string();
        let problem = match problem.downcast_ref::<Error>() {
            // The library's error names the option too, in its own words.
            Some(Error::Option { problem, remedies, .. }) => {
                words::of_problem(&Problem { text: problem.clone(), remedies: remedies.clone() })
            }
            Some(error) => words::of_error(error),
            None => problem.to_string(),
        };
        return format!("{}: {problem}", option.split(' ').next().unwrap_or(&option));
    }
    let text = error.render().to_string();
    let mut paragraphs = text.split("\n\n");
    let first = paragraphs.next().unwrap_or_default();
    let first = first.strip_prefix("error: ").unwrap_or(first);
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut line = words(first);
    for tip in paragraphs.flat_map(str::lines).filter_map(|line| line.trim().strip_prefix("tip: ")) {
        // The other tip, writing `--` before a value that looks like an option, does not help with a mistyped option.
        if tip.contains("similar") {
            line = format!("{line}; {}", words(tip));
        }
    }
    // A shell turns a pattern without quotes into the names of all files.
    let unexpected =
        error.get(ContextKind::InvalidArg).filter(|_| error.kind() == ErrorKind::UnknownArgument);
    if unexpected.is_some_and(|name| Path::new(&name.to_string()).exists()) {
        line += "; to read several files as one table, give their folder, or a pattern in quotes";
    }
    let verb = std::env::args().nth(1).filter(|verb| !verb.starts_with('-'));
    match verb.filter(|_| error.kind() != ErrorKind::InvalidSubcommand) {
        Some(verb) => format!("{verb}: {line}; see `penstroke {verb} --help`"),
        None => format!("{line}; see `penstroke --help`"),
    }
}
