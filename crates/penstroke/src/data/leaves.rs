//! Generated scenes: `leaves`. A stand-in with the interface of the generator that takes its place.

use super::Scene;
use crate::Result;
use penstroke_engine::philox::{Draws, Purpose};

/// `n` scenes of noise.
///
/// # Errors
/// None.
pub fn generate(seed: u64, n: usize, height: usize, width: usize) -> Result<Vec<Scene>> {
    let draws = Draws::new(seed, Purpose::Generator(2));
    let pixel = |i, j| (draws.at(0, i).word(j) >> 8) as f32 / (1 << 24) as f32;
    let values = |i| (0..(height * width) as u32).map(move |j| pixel(i, j)).collect();
    Ok((0..n as u32).map(|i| Scene { height, width, values: values(i) }).collect())
}
