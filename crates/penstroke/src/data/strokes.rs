//! Generated handwritten digits: `strokes`. A stand-in with the interface of the generator that takes its place.

use super::{Dataset, ImageShape, Part, Values};
use crate::Result;
use penstroke_engine::philox::{Draws, Purpose};

/// `n` labelled pictures of noise, `(n, 784)`.
///
/// # Errors
/// If `n` is 0.
pub fn generate(seed: u64, part: Part, n: usize) -> Result<Dataset> {
    let draws = Draws::new(seed, Purpose::Generator(part as u8));
    let pixels = (0..n as u32).flat_map(|i| (0..784).map(move |j| draws.at(0, i).word(j) as u8)).collect();
    let data = Dataset::new("strokes", Values::Bytes(pixels), 784)?;
    let data = data.with_image("strokes", ImageShape { height: 28, width: 28, channels: 1 })?;
    data.with_labels("strokes", (0..n as u32).map(|i| i % 10).collect())
}
