//! The size of the pictures.

/// Pixels a side of a picture.
pub const SIDE: usize = 28;
