//! Data: readers, generators and what they give, a [`Dataset`].

mod array;
mod content;
mod dataset;
pub mod idx;
pub mod leaves;
pub mod npy;
mod npy_header;
pub mod strokes;

pub use dataset::{Dataset, ImageShape, Scene, Values};
