//! Data: readers, generators and what they give, a [`Dataset`].

mod dataset;
pub mod leaves;
mod split;
pub mod strokes;

pub use dataset::{Dataset, ImageShape, Scene, Values};
pub use split::{Split, split, subset_per_class};
