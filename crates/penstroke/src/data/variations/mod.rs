//! Variations of MNIST, and sets of shapes: own regeneration of the sets of Larochelle et al. (2007).
//!
//! On these sets the first papers on deep learning compared autoencoders, restricted Boltzmann machines and support
//! vector machines: digits that are turned, digits on a ground of noise or of photographs, and two-class sets of
//! rectangles and of convex regions. All are 28×28 grey bytes with labels, in a training, a validation and a test part
//! of the published sizes:
//!
//! | name | training, validation, test | what it holds |
//! | --- | --- | --- |
//! | `mnist-basic` | 10000, 2000, 50000 | digits of MNIST as they are |
//! | `mnist-rot` | the same | turned by an angle uniform in [0, 2π) |
//! | `mnist-bg-rand` | the same | on a ground whose pixels are uniform on 0..=255, independent |
//! | `mnist-bg-img` | the same | on a patch of a photograph |
//! | `mnist-bg-img-rot` | the same | turned, and on a patch of a photograph |
//! | `rect` | 1000, 200, 50000 | the white outline of a rectangle on black: 0 tall, 1 wide |
//! | `rect-img` | 10000, 2000, 50000 | a rectangle of one patch on another: 0 tall, 1 wide |
//! | `convex` | 6000, 2000, 50000 | a white region on black: 0 not convex, 1 convex |
//!
//! # Own regeneration
//!
//! The published description gives the recipes but not how pictures are interpolated and laid over one another, and the
//! original photographs are not public. So these are sets of the same kind, and figures on them stand beside published
//! ones as figures on a like problem, not the same one. What was chosen here, and why, is in `rotate`, `ground`,
//! `scenes`, `rectangle` and `convex`, each in the head of its file; in short:
//!
//! - Digits are turned about the centre of the picture, with bilinear interpolation: values stay within 0..=255 and no
//!   ringing appears beside strokes.
//! - A digit lies on its ground as white ink whose opacity is its intensity: `ink + (1 − ink) · ground`. Solid ink is
//!   white and bare ground untouched, so that grounds keep their law, and a stroke has its full width on any ground.
//! - Photographs are the 24 of the Kodak set, in grey. Each part has photographs of its own: what is judged is whether
//!   a learner copes with grounds that it has not met.
//!
//! For whoever has no photographs, `mnist-bg-leaves`, `mnist-bg-leaves-rot` and `rect-leaves` take patches of generated
//! scenes ([`super::leaves`]) and are otherwise made alike. They are sets of their own, under names of their own: one
//! name always means the same bytes.
//!
//! # What decides a sample
//!
//! Set, part and number decide a sample, and nothing else: there is no seed to choose, so that trainings with different
//! seeds see the same data, as with a set that is read from a file. The arithmetic is IEEE double precision in a written
//! order, with the elementary functions of `libm`, so that bytes are the same on every machine. Sample `i` of a part is
//! the same digit in each `mnist-` set, and where it is turned it is turned by the same angle, and where it lies on a
//! photograph it lies on the same patch: sets can be compared sample by sample.
//!
//! The digits are those of both parts of MNIST in one random order. A model that learned from these sets has therefore
//! met some of MNIST's test digits: judge it by the test part of its own set.
//!
//! Source: Larochelle, Erhan, Courville, Bergstra and Bengio, "An empirical evaluation of deep architectures on problems
//! with many factors of variation" (ICML 2007), with the description that went with its data.
//!
//! ```
//! use penstroke::data::{LoadOptions, Part, Source, load};
//! let options = LoadOptions { part: Part::Valid, ..LoadOptions::default() };
//! let rectangles = load(&"rect".parse::<Source>()?, &options)?;
//! assert_eq!((rectangles.n_samples(), rectangles.n_visible(), rectangles.n_classes()), (200, 784, 2));
//! # Ok::<(), penstroke::Error>(())
//! ```

mod convex;
mod digits;
mod ground;
mod rectangle;
mod rotate;
mod scenes;

use super::{Dataset, ImageShape, Part, Values};
use crate::names::Named;
use crate::{Error, Result};
use digits::Digits;
use ground::Ground;
use penstroke_engine::philox::{Draws, Purpose, Sequence};
use rayon::prelude::*;
use rectangle::Rectangle;
use scenes::Scenes;
use std::fmt;
use std::path::Path;

/// Pixels a side of a picture.
pub const SIDE: usize = 28;

/// The folder of photographs in the data folder.
pub const PHOTOGRAPHS: &str = "kodak";

const PIXELS: usize = SIDE * SIDE;

/// A set; the table above says what each holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Variation {
    /// `mnist-basic`
    MnistBasic,
    /// `mnist-rot`
    MnistRot,
    /// `mnist-bg-rand`
    MnistBgRand,
    /// `mnist-bg-img`
    MnistBgImg,
    /// `mnist-bg-img-rot`
    MnistBgImgRot,
    /// `mnist-bg-leaves`
    MnistBgLeaves,
    /// `mnist-bg-leaves-rot`
    MnistBgLeavesRot,
    /// `rect`
    Rect,
    /// `rect-img`
    RectImg,
    /// `rect-leaves`
    RectLeaves,
    /// `convex`
    Convex,
}

impl Named for Variation {
    const WHAT: &'static str = "variation";
    const ALL: &'static [(&'static str, Self)] = &[
        ("mnist-basic", Variation::MnistBasic),
        ("mnist-rot", Variation::MnistRot),
        ("mnist-bg-rand", Variation::MnistBgRand),
        ("mnist-bg-img", Variation::MnistBgImg),
        ("mnist-bg-img-rot", Variation::MnistBgImgRot),
        ("mnist-bg-leaves", Variation::MnistBgLeaves),
        ("mnist-bg-leaves-rot", Variation::MnistBgLeavesRot),
        ("rect", Variation::Rect),
        ("rect-img", Variation::RectImg),
        ("rect-leaves", Variation::RectLeaves),
        ("convex", Variation::Convex),
    ];
}

impl fmt::Display for Variation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What is made at random, so that no two share a number. 0 to 3 are other generators.
#[derive(Clone, Copy)]
enum Factor {
    Order = 16,
    Angle = 17,
    Noise = 18,
    Patch = 19,
    Outline = 20,
    Filled = 21,
    Convex = 22,
    Label = 23,
}

impl Factor {
    /// The numbers of this factor for one sample, which part and number alone decide: the seed is 0 for ever.
    fn of(self, part: Part, sample: usize) -> Sequence {
        let part = match part {
            Part::Train => 0,
            Part::Valid => 1,
            Part::Test => 2,
        };
        Draws::new(0, Purpose::Generator(self as u8)).at(part, sample as u32).sequence()
    }
}

impl Variation {
    /// Number of samples in a part.
    ///
    /// ```
    /// use penstroke::data::{Part, variations::Variation};
    /// assert_eq!(Variation::Convex.n_samples(Part::Train), 6000);
    /// ```
    #[must_use]
    pub fn n_samples(self, part: Part) -> usize {
        match (self, part) {
            (_, Part::Test) => 50_000,
            (Variation::Rect, Part::Train) => 1000,
            (Variation::Rect, Part::Valid) => 200,
            (Variation::Convex, Part::Train) => 6000,
            (_, Part::Train) => 10_000,
            (_, Part::Valid) => 2000,
        }
    }

    /// What it holds, in a few words.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Variation::MnistBasic => "digits as they are",
            Variation::MnistRot => "digits turned by any angle",
            Variation::MnistBgRand => "digits on noise",
            Variation::MnistBgImg => "digits on photographs",
            Variation::MnistBgImgRot => "digits turned, on photographs",
            Variation::MnistBgLeaves => "digits on generated scenes",
            Variation::MnistBgLeavesRot => "digits turned, on generated scenes",
            Variation::Rect => "outlines of rectangles, tall or wide",
            Variation::RectImg => "rectangles of one photograph on another, tall or wide",
            Variation::RectLeaves => "rectangles of one generated scene on another, tall or wide",
            Variation::Convex => "white regions, convex or not",
        }
    }

    /// Whether it is made of MNIST's digits.
    #[must_use]
    pub fn needs_mnist(self) -> bool {
        self.name().starts_with("mnist")
    }

    /// Whether it is made of photographs.
    #[must_use]
    pub fn needs_photographs(self) -> bool {
        self.name().contains("img")
    }
}

/// The samples of a part, or those of these numbers in this order: bytes `(n, 784)` with labels and an image shape of
/// 28×28×1.
///
/// MNIST is looked up in `data_dir` as the source `mnist` is, photographs in its folder [`PHOTOGRAPHS`].
///
/// # Errors
/// If MNIST or the photographs are needed and not there, or are others than those; if there is no sample of a number, or
/// none is asked for.
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

/// What the samples of one part are made of.
enum Recipe {
    Digits { digits: Digits, turned: Turned, ground: Ground },
    Outlines,
    Filled(Scenes),
    Convex,
}

#[derive(Clone, Copy, PartialEq)]
enum Turned {
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

    /// Makes a sample and gives its label.
    fn make(&self, part: Part, sample: usize, picture: &mut [u8]) -> u32 {
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

/// One of each two samples that follow one another is 0 and the other 1, by a fair coin: classes are balanced exactly, in
/// every part, and their order tells nothing.
fn balanced_label(part: Part, sample: usize) -> u32 {
    let coin = Factor::Label.of(part, sample / 2).word() >> 31;
    coin ^ (sample & 1) as u32
}

#[cfg(test)]
mod tests;
