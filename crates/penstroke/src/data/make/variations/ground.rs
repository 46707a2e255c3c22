//! Backgrounds, and how digits are laid on them.
//!
//! A digit is white ink whose opacity is the digit's intensity: `ink + (1 − ink) · ground`, with intensities in 0..=1.
//! So bare ground keeps its values and their distribution; solid ink is white on any ground; and the soft edge of a
//! stroke lets the ground through to the extent that it lacks ink, so a stroke has the same width on any ground. Taking
//! the larger of the two values, the other common choice, has the first two properties, but a light ground then
//! swallows the soft edges and strokes grow thin. Adding the values and clipping at white turns a light ground under
//! faint ink white.

use super::scenes::Scenes;
use super::set::Factor;
use crate::data::hold::Part;
/// The background of a digit.
pub(super) enum Ground {
    /// Nothing.
    Black,
    /// Independent pixels, uniform on 0..=255.
    Noise,
    /// A patch of a scene.
    Patch(Scenes),
}

impl Ground {
    /// The ground of one sample, `(28, 28)`.
    pub(super) fn draw(&self, part: Part, sample: usize, picture: &mut [u8]) {
        match self {
            Ground::Black => picture.fill(0),
            Ground::Noise => {
                let mut rng = Factor::Noise.of(part, sample);
                for pixels in picture.chunks_mut(4) {
                    pixels.copy_from_slice(&rng.word().to_le_bytes()[..pixels.len()]);
                }
            }
            Ground::Patch(scenes) => scenes.patch(&mut Factor::Patch.of(part, sample), picture),
        }
    }
}

/// Lays white ink on a ground, both of the same shape.
pub(super) fn lay_ink(ink: &[u8], ground: &mut [u8]) {
    for (ground, &ink) in ground.iter_mut().zip(ink) {
        let let_through = u32::from(u8::MAX - ink) * u32::from(*ground);
        // Rounded. At most 255, because `ink + (255 − ink)` is 255.
        *ground = ink + ((let_through + 127) / 255) as u8;
    }
}

#[cfg(test)]
mod tests {
    use super::super::set::PIXELS;
    use super::*;

    fn laid(ink: u8, ground: u8) -> u8 {
        let mut pixel = [ground];
        lay_ink(&[ink], &mut pixel);
        pixel[0]
    }

    #[test]
    fn ink_covers_its_area() {
        for value in 0..=255 {
            assert_eq!(laid(0, value), value, "bare ground is kept");
            assert_eq!(laid(value, 0), value, "on black a digit is as it was");
            assert_eq!((laid(255, value), laid(value, 255)), (255, 255));
            for ground in 0..=255u8 {
                let (ink, below) = (f64::from(value) / 255.0, f64::from(ground) / 255.0);
                let exact = 255.0 * (ink + (1.0 - ink) * below);
                assert!((f64::from(laid(value, ground)) - exact).abs() <= 0.5, "{value} on {ground}");
            }
        }
    }

    #[test]
    fn noise_is_uniform_and_independent_from_pixel_to_pixel_and_sample_to_sample() {
        let n = 500;
        let mut pixels = vec![0; n * PIXELS];
        for (sample, picture) in pixels.chunks_mut(PIXELS).enumerate() {
            Ground::Noise.draw(Part::Train, sample, picture);
        }
        let mut counts = [0u32; 256];
        pixels.iter().for_each(|&value| counts[usize::from(value)] += 1);
        // Chi-square with 255 degrees of freedom: one sample in a thousand exceeds 330.5.
        let expected = pixels.len() as f64 / 256.0;
        let chi: f64 = counts.iter().map(|&c| (f64::from(c) - expected).powi(2) / expected).sum();
        assert!(chi < 330.5, "chi-square {chi}");
        // The correlation of independent pairs has standard deviation 1/√pairs; one in 16,000 exceeds 4 of them.
        for lag in [1, super::super::set::SIDE, PIXELS] {
            let pairs = pixels.len() - lag;
            let product = |i: usize| (f64::from(pixels[i]) - 127.5) * (f64::from(pixels[i + lag]) - 127.5);
            let correlation = (0..pairs).map(product).sum::<f64>() / pairs as f64 / (65_535.0 / 12.0);
            assert!(correlation.abs() < 4.0 / (pairs as f64).sqrt(), "lag {lag}: {correlation}");
        }
    }
}
