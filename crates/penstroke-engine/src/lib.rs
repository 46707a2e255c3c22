//! The compute engine of Penstroke: row-major contiguous slices in, numbers out.
//!
//! Everything the engine trains is one thing: a dense network, whose input may be corrupted and whose target is
//! then always the clean input. It does no I/O, holds no configuration format and knows no data set.

pub mod philox;
mod rows;

pub use rows::Rows;
