//! Generators of samples and scenes.

pub mod leaves;
pub mod strokes;
pub mod variations;
