//! A picture in memory.

use crate::data::hold::{Scene, Values};

/// Row-major grey intensities: bytes, or floats of pictures with more than 8 bits.
pub(super) struct Picture {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) values: Values,
}

impl Picture {
    pub(super) fn into_scene(self) -> Scene {
        Scene { height: self.height, width: self.width, values: self.values.rows().to_floats() }
    }
}
