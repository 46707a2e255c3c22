//! Files written whole or not at all, and folders that one process uses at a time.

mod lock;
mod output;

pub use lock::FolderLock;
pub use output::{Output, write_atomic};

#[cfg(unix)]
pub(crate) use lock::lock_file;
