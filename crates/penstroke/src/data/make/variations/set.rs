//! The data sets, and the random numbers that determine their samples.

use crate::config::Named;
use crate::data::hold::Part;
use penstroke_engine::philox::{Draws, Purpose, Sequence};
use std::fmt;

/// Pixels per side of a picture.
pub const SIDE: usize = 28;

/// The folder of photographs inside the data folder.
pub const PHOTOGRAPHS: &str = "kodak";

pub(super) const PIXELS: usize = SIDE * SIDE;

/// A data set; the table above describes each.
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

/// A purpose of random numbers, so that no two purposes share a number. Other generators use 0 to 3.
#[derive(Clone, Copy)]
pub(super) enum Factor {
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
    /// The random numbers of this factor for one sample. The seed is always 0, so part and number alone determine them.
    pub(super) fn of(self, part: Part, sample: usize) -> Sequence {
        let part = match part {
            Part::Train => 0,
            Part::Valid => 1,
            Part::Test => 2,
        };
        Draws::new(0, Purpose::Generator(self as u8)).at(part, sample as u32).sequence()
    }
}

impl Variation {
    /// The number of samples in a part.
    ///
    /// ```
    /// use penstroke::data::{Part, variations::Variation};
    /// assert_eq!(Variation::Convex.n_samples(Part::Train), 6000);
    /// ```
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

    /// A short description.
    pub fn description(self) -> &'static str {
        match self {
            Variation::MnistBasic => "digits as they are",
            Variation::MnistRot => "digits rotated by any angle",
            Variation::MnistBgRand => "digits on noise",
            Variation::MnistBgImg => "digits on photographs",
            Variation::MnistBgImgRot => "rotated digits on photographs",
            Variation::MnistBgLeaves => "digits on generated scenes",
            Variation::MnistBgLeavesRot => "rotated digits on generated scenes",
            Variation::Rect => "outlines of rectangles, tall or wide",
            Variation::RectImg => "rectangles of one photograph on another, tall or wide",
            Variation::RectLeaves => "rectangles of one generated scene on another, tall or wide",
            Variation::Convex => "white regions, convex or not",
        }
    }

    /// Whether it is made from MNIST's digits.
    pub fn needs_mnist(self) -> bool {
        self.name().starts_with("mnist")
    }

    /// Whether it is made from photographs.
    pub fn needs_photographs(self) -> bool {
        self.name().contains("img")
    }
}
