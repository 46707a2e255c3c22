//! The last defence against damaged files: a panic in the decoders becomes an error.
//!
//! Everything that can be checked is checked before the decoders run. But decoders of Parquet and Arrow have panicked
//! on bad input before and will again.

use crate::{Error, Result};
use std::cell::Cell;
use std::fmt::Display;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs `read`; a panic becomes the error that `file` is damaged.
pub(super) fn guarded<T>(file: &str, read: impl FnOnce() -> Result<T>) -> Result<T> {
    // Panics caught here become errors, so the panic hook must not report them too.
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
    // State that `read` changed is not used after a panic.
    let read = panic::catch_unwind(AssertUnwindSafe(read));
    GUARDED.set(false);
    read.unwrap_or_else(|_| Err(damaged(file, &"it cannot be decoded")))
}

/// The error that the file is damaged, with the decoder's reason.
pub(super) fn damaged(file: &str, error: &dyn Display) -> Error {
    Error::input(file, format!("is damaged ({}); get it again", line(error)))
}

/// The text of an error, on one line.
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
