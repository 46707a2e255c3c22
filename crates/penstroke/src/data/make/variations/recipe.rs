//! How each set makes its samples.

use super::convex;
use super::digits::Digits;
use super::ground::{self, Ground};
use super::rectangle::{self, Rectangle};
use super::rotate;
use super::scenes::Scenes;
use super::set::{Factor, PIXELS, SIDE, Variation};
use crate::config::Named;
use crate::data::hold::{Dataset, ImageShape, Part, Values};
use crate::{Error, Result};
use rayon::prelude::*;
use std::path::Path;

/// Generates the samples of a part, or only those with the given numbers, in the given order: bytes `(n, 784)` with
/// labels and an image shape of 28×28×1.
///
/// `data_dir` is searched for MNIST as for the source `mnist`, and its folder
/// [`PHOTOGRAPHS`](crate::data::variations::PHOTOGRAPHS) for the photographs.
///
/// # Errors
/// If MNIST or the photographs are needed but missing or different; if a number is out of range, or the list is empty.
pub fn generate(
    variation: Variation,
    part: Part,
    samples: Option<&[usize]>,
    data_dir: &Path,
) -> Result<Dataset> {
    let place = variation.name();
    let n_all = variation.n_samples(part);
    if let Some(sample) = samples.into_iter().flatten().find(|&&sample| sample >= n_all) {
        let problem = format!("there is no sample {sample} (from 0); its {part} part holds {n_all}");
        return Err(Error::input(place, problem));
    }
    let recipe = Recipe::open(variation, part, data_dir)?;
    let n = samples.map_or(n_all, <[usize]>::len);
    let (mut bytes, mut labels) = (vec![0; n * PIXELS], vec![0; n]);
    bytes.par_chunks_exact_mut(PIXELS).zip(&mut labels).enumerate().for_each(|(i, (picture, label))| {
        *label = recipe.make(part, samples.map_or(i, |samples| samples[i]), picture);
    });
    Dataset::new(place, Values::Bytes(bytes), PIXELS)?
        .with_labels(place, labels)?
        .with_image(place, ImageShape { height: SIDE, width: SIDE, channels: 1 })
}

/// How the samples of one part are made.
pub(super) enum Recipe {
    Digits { digits: Digits, turned: Turned, ground: Ground },
    Outlines,
    Filled(Scenes),
    Convex,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Turned {
    Upright,
    AnyAngle,
}

impl Recipe {
    fn open(variation: Variation, part: Part, data_dir: &Path) -> Result<Self> {
        use Turned::{AnyAngle, Upright};
        let photographs = || Scenes::photographs(variation, part, data_dir);
        let (turned, ground) = match variation {
            Variation::Rect => return Ok(Recipe::Outlines),
            Variation::Convex => return Ok(Recipe::Convex),
            Variation::RectImg => return Ok(Recipe::Filled(photographs()?)),
            Variation::RectLeaves => return Ok(Recipe::Filled(Scenes::leaves(part)?)),
            Variation::MnistBasic => (Upright, Ground::Black),
            Variation::MnistRot => (AnyAngle, Ground::Black),
            Variation::MnistBgRand => (Upright, Ground::Noise),
            Variation::MnistBgImg => (Upright, Ground::Patch(photographs()?)),
            Variation::MnistBgImgRot => (AnyAngle, Ground::Patch(photographs()?)),
            Variation::MnistBgLeaves => (Upright, Ground::Patch(Scenes::leaves(part)?)),
            Variation::MnistBgLeavesRot => (AnyAngle, Ground::Patch(Scenes::leaves(part)?)),
        };
        Ok(Recipe::Digits { digits: Digits::open(variation, data_dir)?, turned, ground })
    }

    /// Draws a sample and returns its label.
    pub(super) fn make(&self, part: Part, sample: usize, picture: &mut [u8]) -> u32 {
        match self {
            Recipe::Digits { digits, turned, ground } => {
                let (digit, label) = digits.get(part, sample);
                let mut ink = [0; PIXELS];
                match turned {
                    Turned::Upright => ink.copy_from_slice(digit),
                    Turned::AnyAngle => {
                        rotate::rotate(digit, rotate::angle(&mut Factor::Angle.of(part, sample)), &mut ink);
                    }
                }
                ground.draw(part, sample, picture);
                ground::lay_ink(&ink, picture);
                label
            }
            Recipe::Outlines => {
                let label = balanced_label(part, sample);
                let rng = &mut Factor::Outline.of(part, sample);
                Rectangle::draw(&rectangle::OUTLINES, label, rng).outline(picture);
                label
            }
            Recipe::Filled(scenes) => {
                let label = balanced_label(part, sample);
                let rng = &mut Factor::Filled.of(part, sample);
                let rectangle = Rectangle::draw(&rectangle::FILLED, label, rng);
                let mut inside = [0; PIXELS];
                scenes.patch(rng, &mut inside);
                scenes.patch(rng, picture);
                rectangle.fill(&inside, picture);
                label
            }
            Recipe::Convex => {
                let label = balanced_label(part, sample);
                convex::draw(label, &mut Factor::Convex.of(part, sample)).paint(picture);
                label
            }
        }
    }
}

/// In each pair of consecutive samples, a fair coin decides which has label 0 and which 1: classes are exactly balanced
/// in every part, and their order reveals nothing.
fn balanced_label(part: Part, sample: usize) -> u32 {
    let coin = Factor::Label.of(part, sample / 2).word() >> 31;
    coin ^ (sample & 1) as u32
}
