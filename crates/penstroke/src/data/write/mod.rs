//! Writers of files that other programs read.

pub(super) mod npy;
#[cfg(feature = "columnar")]
pub mod parquet;
pub mod text;
