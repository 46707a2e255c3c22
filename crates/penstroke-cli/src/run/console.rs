//! Standard error, for everything that is not a result.

use std::io::{self, Write};

/// Prints a line for people. Ignores a closed standard error.
pub(crate) fn note(text: &str) {
    drop(writeln!(io::stderr().lock(), "{text}"));
}
