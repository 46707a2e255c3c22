//! Preparation of samples for a model: scaling, whitening, cutting patches, setting samples aside.

pub(super) mod patches;
mod scale;
#[cfg(feature = "images")]
mod spectrum;
mod split;
mod warnings;
pub(super) mod whiten;

pub use scale::Scale;
pub(crate) use split::indices;
pub(super) use split::subset;
pub use split::{Split, split, subset_per_class};
pub use warnings::{SamplesFor, looks_wrong, of_close_columns};
