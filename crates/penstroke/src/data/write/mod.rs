//! Writers of files for other programs.

mod float;
pub(super) mod npy;
#[cfg(feature = "columnar")]
pub mod parquet;
pub mod text;

pub use float::Float;
