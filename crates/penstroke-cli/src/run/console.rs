//! Standard error, where everything goes that is not a result.

use std::io::{self, Write};

/// Prints a line for people. A closed standard error is not a failure.
pub(crate) fn note(text: &str) {
    drop(writeln!(io::stderr().lock(), "{text}"));
}
