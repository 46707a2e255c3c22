//! Generated handwritten digits: `strokes`.
