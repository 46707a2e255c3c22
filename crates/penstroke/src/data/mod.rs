//! Data: readers, generators and what they give, a [`Dataset`].

mod array;
mod content;
mod dataset;
pub mod idx;
pub mod leaves;
pub mod npy;
mod npy_header;
mod split;
pub mod strokes;

pub use dataset::{Dataset, ImageShape, Scene, Values};
pub use split::{Split, split, subset_per_class};
