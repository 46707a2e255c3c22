//! Writers of files for other programs.

pub(super) mod npy;
#[cfg(feature = "columnar")]
pub mod parquet;
pub mod text;
