//! Data: readers, generators and what they give, a [`Dataset`].

mod dataset;
pub mod leaves;
pub mod strokes;

pub use dataset::{Dataset, ImageShape, Scene, Values};
