//! Readers of files. They trust bytes, never headers.

mod array;
pub(super) mod compressed;
pub(super) mod content;
pub(super) mod idx;
pub(super) mod images;
pub(super) mod labels;
pub(super) mod mnist;
pub(super) mod npy;
mod npy_header;
pub(super) mod npz;
pub(super) mod table;
#[cfg(test)]
pub(super) mod testing;
pub(super) mod walk;

pub(super) use array::samples_of;
