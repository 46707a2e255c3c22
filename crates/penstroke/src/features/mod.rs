//! Features of tables: what a denoising autoencoder learns of rows with numbers, categories and gaps.
//!
//! A [`TableEncoder`] learns without labels. Each presentation of a row has some of its cells replaced by those of other rows, and a deep
//! network restores all cells of the row; then its hidden layers are the features, the last one or all side by side (M. Jahrer, first place
//! in Porto Seguro's challenge, 2017). Replaced cells are as plausible as others one by one, so the network has to learn how cells depend on each
//! other.

mod encoder;
mod exported;
mod stored;
#[cfg(test)]
mod tests;

pub use encoder::{CodeOutput, TableEncoder};
