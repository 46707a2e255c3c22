//! The last fence before damaged files: a panic of the crates that decode them becomes an error.
//!
//! What can be checked is checked before they see it. But decoders of Parquet's encodings and Arrow's arrays have asserted
//! where they should have refused before, and will again.

use crate::{Error, Result};
use std::cell::Cell;
use std::fmt::Display;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Does `read`, and says that `file` is damaged if it panics.
pub(super) fn guarded<T>(file: &str, read: impl FnOnce() -> Result<T>) -> Result<T> {
    // A panic that is caught here becomes an error; the panic hook must not report it as well.
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let hook = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !GUARDED.get() {
                hook(info);
            }
        }));
    });
    GUARDED.set(true);
    // Nothing of what `read` changed is looked at after a panic.
    let read = panic::catch_unwind(AssertUnwindSafe(read));
    GUARDED.set(false);
    read.unwrap_or_else(|_| Err(damaged(file, &"it cannot be decoded")))
}

/// The file is damaged, as the crates say.
pub(super) fn damaged(file: &str, error: &dyn Display) -> Error {
    Error::input(file, format!("is damaged ({}); get it again", line(error)))
}

/// An error of the crates as one line.
pub(super) fn line(error: &dyn Display) -> String {
    let text = error.to_string();
    let mut shown: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect();
    if shown.chars().count() < text.chars().count() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_of_one_line() {
        let error = guarded::<()>("t.parquet", || panic!("index out of\nbounds")).unwrap_err();
        assert!(error.is_wrong_input());
        assert_eq!(error.to_string(), "t.parquet: is damaged (it cannot be decoded); get it again");
        assert_eq!(line(&"two\nlines"), "two lines");
        assert_eq!(line(&"x".repeat(300)).chars().count(), 201);
    }
}
