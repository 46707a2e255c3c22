//! What verbs share while they run: output, progress, interruption, failure.

pub(crate) mod console;
pub(crate) mod data_dir;
pub(crate) mod failure;
pub(crate) mod interrupt;
pub(crate) mod output;
pub(crate) mod progress;
pub(crate) mod reading;
pub(crate) mod run_files;
pub(crate) mod shell;
pub(crate) mod usage;
pub(crate) mod words;
