//! Variations of MNIST, and data sets of shapes, regenerated after Larochelle et al. (2007).
//!
//! The first papers on deep learning compared autoencoders, restricted Boltzmann machines and support vector machines
//! on these data sets: rotated digits, digits on backgrounds of noise or photographs, and two-class sets of rectangles
//! and convex regions. All are 28×28 grey bytes with labels, in training, validation and test parts of the published
//! sizes:
//!
//! | name | training, validation, test | what it holds |
//! | --- | --- | --- |
//! | `mnist-basic` | 10000, 2000, 50000 | digits of MNIST, unchanged |
//! | `mnist-rot` | the same | rotated by an angle uniform in [0, 2π) |
//! | `mnist-bg-rand` | the same | on a ground whose pixels are uniform on 0..=255, independent |
//! | `mnist-bg-img` | the same | on a patch of a photograph |
//! | `mnist-bg-img-rot` | the same | rotated, on a patch of a photograph |
//! | `rect` | 1000, 200, 50000 | the white outline of a rectangle on black: 0 tall, 1 wide |
//! | `rect-img` | 10000, 2000, 50000 | a rectangle of one patch on another: 0 tall, 1 wide |
//! | `convex` | 6000, 2000, 50000 | a white region on black: 0 not convex, 1 convex |
//!
//! # Regenerated, not original
//!
//! The published description gives the recipes, but not how pictures are interpolated and overlaid, and the original
//! photographs are not public. So these are data sets of the same kind, and results on them compare with published ones
//! as results on a similar problem, not the same one. The files `rotate`, `ground`, `scenes`, `rectangle` and `convex`
//! explain at the top what was chosen and why; in short:
//!
//! - Digits are rotated around the centre of the picture with bilinear interpolation: values stay within 0..=255, and
//!   no ringing appears beside strokes.
//! - A digit is white ink on its background, with its intensity as opacity: `ink + (1 − ink) · ground`. Solid ink is
//!   white and bare ground is unchanged, so backgrounds keep their distribution and strokes their width.
//! - Photographs are the 24 of the Kodak set, in grey. Each part has photographs of its own, so the test is whether a
//!   model copes with backgrounds that it has not seen.
//!
//! For users without the photographs, `mnist-bg-leaves`, `mnist-bg-leaves-rot` and `rect-leaves` use patches of
//! generated scenes ([`leaves`](super::leaves)) and are otherwise made alike. They have names of their own because one
//! name always means the same bytes.
//!
//! # What determines a sample
//!
//! The data set, the part and the sample number alone determine a sample. There is no seed to choose, so trainings with
//! different seeds see the same data, as with a data set read from a file. The arithmetic is IEEE double precision in a
//! fixed order, with elementary functions from `libm`, so the bytes are the same on every machine. Sample `i` of a part
//! is the same digit in each `mnist-` set, with the same angle wherever it is rotated and the same patch wherever it is
//! on a photograph: the sets can be compared sample by sample.
//!
//! The digits are those of both parts of MNIST in one random order. A model trained on these sets has therefore seen
//! some of MNIST's test digits: evaluate it on the test part of its own set.
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
mod recipe;
mod rectangle;
mod rotate;
mod scenes;
mod set;

pub use recipe::generate;
pub use set::{PHOTOGRAPHS, SIDE, Variation};

#[cfg(test)]
mod tests;
