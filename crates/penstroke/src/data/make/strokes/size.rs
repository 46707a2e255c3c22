//! The size of a picture.

/// Pixels per side of a picture.
pub const SIDE: usize = 28;
