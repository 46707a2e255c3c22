//! Scenes from which backgrounds are cut: photographs or generated scenes.
//!
//! The original took patches of twenty photographs and rejected those of low variance. Here the photographs are the 24
//! of the Kodak set, in grey at their own scale, and a patch with a standard deviation below [`MIN_DEVIATION`] is
//! redrawn: a digit on open sky or on a blurred wall would be a digit on plain grey, a different problem. Of every
//! eight photographs, in the order of their names, five go to the training part, one to the validation part and two to
//! the test part; the pairs that show one place from two sides (9 and 10, 19 and 21) stay together. Scenes are drawn
//! uniformly, then positions, excluding [`BORDER`] pixels along the edges, where scans have frames.

use super::set::{PHOTOGRAPHS, PIXELS, SIDE, Variation};
use crate::data::hold::{Part, Scene};
use crate::data::make::leaves;
use crate::data::read::images;
use crate::{Error, Result};
use penstroke_engine::philox::Sequence;
#[cfg(feature = "images")]
use sha2::{Digest, Sha256};
use std::path::Path;

/// Minimum standard deviation of a patch, on the scale 0 to 255.
pub(super) const MIN_DEVIATION: f64 = 16.0;

/// Pixels along the edges of a scene that no patch touches.
const BORDER: usize = 4;

/// Number of scenes, photographs or generated, and the side of generated ones.
const N_SCENES: usize = 24;
const LEAVES_SIDE: usize = 256;

/// Scenes of one part.
pub(super) struct Scenes(Vec<Grey>);

/// A picture with at least `SIDE + 2 BORDER` pixels per side.
struct Grey {
    height: usize,
    width: usize,
    values: Vec<u8>,
}

impl Scenes {
    /// The photographs of a part, from the folder `kodak` in the data folder.
    pub(super) fn photographs(variation: Variation, part: Part, data_dir: &Path) -> Result<Self> {
        let folder = data_dir.join(PHOTOGRAPHS);
        let wrong = |problem: &str| {
            let instead = match variation {
                Variation::MnistBgImg => Variation::MnistBgLeaves,
                Variation::MnistBgImgRot => Variation::MnistBgLeavesRot,
                _ => Variation::RectLeaves,
            };
            Error::input(variation.to_string(), problem)
                .hint("put the 24 photographs of the Kodak set there, kodim01.png to kodim24.png")
                .with("data_dir", "name their folder")
                .hint(format!("use {instead}, whose scenes are generated"))
        };
        if !folder.is_dir() {
            return Err(wrong(&format!("there is no folder of photographs at {}", folder.display())));
        }
        let scenes = images::load_scenes(&folder)?;
        let scenes: Vec<Grey> = scenes.into_iter().map(Grey::from).collect();
        if !are_kodak(&scenes) {
            let other = format!("{} photographs in {} are not the Kodak set", scenes.len(), folder.display());
            return Err(wrong(&other));
        }
        Ok(Self::of_part(scenes, part))
    }

    /// Generated scenes of a part.
    pub(super) fn leaves(part: Part) -> Result<Self> {
        let scenes = leaves::generate(0, N_SCENES, LEAVES_SIDE, LEAVES_SIDE)?;
        Ok(Self::of_part(scenes.into_iter().map(Grey::from).collect(), part))
    }

    fn of_part(scenes: Vec<Grey>, part: Part) -> Self {
        let of_part = (0..).zip(scenes).filter(|&(number, _)| part_of(number) == part);
        Self(of_part.map(|(_, scene)| scene).collect())
    }

    /// Draws a patch with enough variance, `(28, 28)`.
    ///
    /// The loop ends: each of these scenes, known down to its bytes, has enough such patches.
    pub(super) fn patch(&self, rng: &mut Sequence, patch: &mut [u8]) {
        loop {
            let scene = &self.0[rng.below(self.0.len() as u32) as usize];
            let mut place = |side: usize| BORDER + rng.below((side - 2 * BORDER - SIDE + 1) as u32) as usize;
            let (top, left) = (place(scene.height), place(scene.width));
            for (y, row) in patch.chunks_exact_mut(SIDE).enumerate() {
                row.copy_from_slice(&scene.values[(top + y) * scene.width + left..][..SIDE]);
            }
            if deviation(patch) >= MIN_DEVIATION {
                return;
            }
        }
    }
}

/// The part that a scene belongs to.
fn part_of(number: usize) -> Part {
    match number % 8 {
        0..=4 => Part::Train,
        5 => Part::Valid,
        _ => Part::Test,
    }
}

impl From<Scene> for Grey {
    fn from(scene: Scene) -> Self {
        let values = scene.values.iter().map(|value| (255.0 * value + 0.5) as u8).collect();
        Self { height: scene.height, width: scene.width, values }
    }
}

/// Whether these are the 24 photographs, by the SHA-256 of their concatenated grey pixels.
#[cfg(feature = "images")]
fn are_kodak(scenes: &[Grey]) -> bool {
    const KODAK: &str = "5de9b92e038b154de6ea40d4a97093b5576972f64b982425456a98c595c11b1e";
    let mut hash = Sha256::new();
    scenes.iter().for_each(|scene| hash.update(&scene.values));
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<String>() == KODAK
}

/// Without the feature `images`, no photographs can be read.
#[cfg(not(feature = "images"))]
fn are_kodak(_: &[Grey]) -> bool {
    false
}

/// The standard deviation of the values of a patch.
pub(super) fn deviation(patch: &[u8]) -> f64 {
    let sum: u32 = patch.iter().map(|&value| u32::from(value)).sum();
    let squares: u32 = patch.iter().map(|&value| u32::from(value) * u32::from(value)).sum();
    let n = PIXELS as f64;
    (f64::from(squares) / n - (f64::from(sum) / n).powi(2)).max(0.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use penstroke_engine::philox::{Draws, Purpose};

    /// A scene of the given height, striped on the left and nearly plain on the right.
    fn half_plain(height: usize) -> Scene {
        let values = (0..height * 200).map(|at| match at % 200 {
            x if x % 2 == 0 => 0.5,
            x if x < 60 => 0.9,
            _ => 0.51,
        });
        Scene { height, width: 200, values: values.collect() }
    }

    #[test]
    fn patches_are_windows_of_enough_variance_inside_the_border() {
        let scenes = Scenes(vec![half_plain(60).into(), half_plain(36).into()]);
        let mut rng = Draws::new(3, Purpose::Generator(0)).at(0, 0).sequence();
        let mut patch = [0; PIXELS];
        let mut n_of_half = 0;
        for _ in 0..2000 {
            scenes.patch(&mut rng, &mut patch);
            assert!(deviation(&patch) >= MIN_DEVIATION);
            let window = |scene: &Grey, top: usize, left: usize| {
                (0..SIDE).all(|y| {
                    patch[y * SIDE..][..SIDE] == scene.values[(top + y) * scene.width + left..][..SIDE]
                })
            };
            // All rows are alike, so the left column alone identifies the position.
            let left =
                (BORDER..=200 - SIDE - BORDER).find(|&left| window(&scenes.0[0], BORDER, left)).unwrap();
            assert!(left < 60, "{left}");
            n_of_half += usize::from(left > 32);
        }
        // Some patches reach into the plain half, but most do not.
        assert!((1..1000).contains(&n_of_half), "{n_of_half}");
    }

    #[test]
    fn deviations_are_those_of_the_definition() {
        let patch: Vec<u8> = (0..PIXELS).map(|at| (at % 256) as u8).collect();
        let mean = patch.iter().map(|&v| f64::from(v)).sum::<f64>() / PIXELS as f64;
        let variance = patch.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / PIXELS as f64;
        assert!((deviation(&patch) - variance.sqrt()).abs() < 1e-9);
        assert_eq!(deviation(&[200; PIXELS]), 0.0);
    }

    #[test]
    fn no_scene_is_in_two_parts_and_each_part_has_some() {
        let n = |part| (0..N_SCENES).filter(|&number| part_of(number) == part).count();
        assert_eq!([Part::Train, Part::Valid, Part::Test].map(n), [15, 3, 6]);
        // Photographs 9 and 10 show one place, and so do 19 and 21.
        assert!(part_of(8) == part_of(9) && part_of(18) == part_of(20));
    }

    #[cfg(feature = "images")]
    #[test]
    fn other_photographs_are_refused_with_a_remedy() {
        let data = tempfile::tempdir().unwrap();
        let message = |variation| {
            let error = Scenes::photographs(variation, Part::Train, data.path()).err().unwrap();
            assert!(error.is_wrong_input(), "{error}");
            error.to_string()
        };
        let absent = message(Variation::MnistBgImg);
        assert!(absent.starts_with("mnist-bg-img: there is no folder of photographs at "), "{absent}");
        assert!(absent.ends_with("or use mnist-bg-leaves, whose scenes are generated"), "{absent}");
        std::fs::create_dir(data.path().join("kodak")).unwrap();
        image::GrayImage::new(40, 40).save(data.path().join("kodak/kodim01.png")).unwrap();
        let other = message(Variation::RectImg);
        assert!(other.contains("1 photographs in ") && other.contains("or use rect-leaves"), "{other}");
    }
}
