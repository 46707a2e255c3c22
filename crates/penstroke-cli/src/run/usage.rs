//! What is wrong with a command line, in one line.

use clap::error::{ContextKind, ErrorKind};
use std::error::Error as _;

/// Whether this is no mistake but the answer to `--help` or `--version`, or to a verb that is missing.
pub(crate) fn is_answer(error: &clap::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    )
}

/// The mistake, the word that may have been meant, and where to read on.
pub(crate) fn one_line(error: &clap::Error) -> String {
    // A value that was refused names its option and says itself what is wrong.
    if let (Some(option), Some(problem)) = (error.get(ContextKind::InvalidArg), error.source()) {
        let option = option.to_string();
        return format!("{}: {problem}", option.split(' ').next().unwrap_or(&option));
    }
    let text = error.render().to_string();
    let mut paragraphs = text.split("\n\n");
    let first = paragraphs.next().unwrap_or_default();
    let first = first.strip_prefix("error: ").unwrap_or(first);
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut line = words(first);
    for tip in paragraphs.flat_map(str::lines).filter_map(|line| line.trim().strip_prefix("tip: ")) {
        // The other tip, to write `--` before a value that looks like an option, helps nobody who mistyped one.
        if tip.contains("similar") {
            line = format!("{line}; {}", words(tip));
        }
    }
    let verb = std::env::args().nth(1).filter(|verb| !verb.starts_with('-'));
    match verb.filter(|_| error.kind() != ErrorKind::InvalidSubcommand) {
        Some(verb) => format!("{verb}: {line}; see `penstroke {verb} --help`"),
        None => format!("{line}; see `penstroke --help`"),
    }
}
