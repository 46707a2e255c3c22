//! A picture in memory.

use crate::data::hold::Scene;

/// Row-major grey bytes.
pub(super) struct Picture {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) values: Vec<u8>,
}

impl Picture {
    pub(super) fn into_scene(self) -> Scene {
        let values = self.values.iter().map(|&value| f32::from(value) / 255.0).collect();
        Scene { height: self.height, width: self.width, values }
    }
}
