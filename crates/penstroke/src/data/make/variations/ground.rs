//! What digits lie on, and how.
//!
//! A digit is laid on its ground as white ink whose opacity is the digit's intensity, `ink + (1 − ink) · ground` on
//! intensities of 0..=1. Three things follow: bare ground keeps its values and so its law; solid ink is white whatever is
//! under it; the soft edge of a stroke lets as much of the ground through as it lacks ink, so that a stroke has the same
//! width on any ground. The larger of the two values, the other usual way, has the first two, but lets a light ground eat
//! the soft edges, so that strokes grow thin where the ground is light. Their sum, cut off at white, turns a light ground
//! under faint ink white.

use super::scenes::Scenes;
use super::set::Factor;
use crate::data::hold::Part;
/// What a digit lies on.
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
        // Rounded; at most 255, for ink + (255 − ink) is.
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
    fn ink_covers_as_much_as_there_is_of_it() {
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
        // Chi-square with 255 degrees of freedom: 330.5 is exceeded once in a thousand.
        let expected = pixels.len() as f64 / 256.0;
        let chi: f64 = counts.iter().map(|&c| (f64::from(c) - expected).powi(2) / expected).sum();
        assert!(chi < 330.5, "chi-square {chi}");
        // The correlation of independent pairs has standard deviation 1/√pairs; 4 of them are exceeded by one in 16,000.
        for lag in [1, super::super::set::SIDE, PIXELS] {
            let pairs = pixels.len() - lag;
            let product = |i: usize| (f64::from(pixels[i]) - 127.5) * (f64::from(pixels[i + lag]) - 127.5);
            let correlation = (0..pairs).map(product).sum::<f64>() / pairs as f64 / (65_535.0 / 12.0);
            assert!(correlation.abs() < 4.0 / (pairs as f64).sqrt(), "lag {lag}: {correlation}");
        }
    }
}
