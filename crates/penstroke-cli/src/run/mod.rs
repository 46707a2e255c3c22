//! What every verb needs while it runs: output, progress, interruption, and how it ends.

pub(crate) mod data_dir;
pub(crate) mod failure;
pub(crate) mod interrupt;
pub(crate) mod output;
pub(crate) mod progress;
pub(crate) mod shell;
pub(crate) mod usage;
