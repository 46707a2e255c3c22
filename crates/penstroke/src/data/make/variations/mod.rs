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
//! For users without photographs, `mnist-bg-leaves`, `mnist-bg-leaves-rot` and `rect-leaves` take patches of generated
//! scenes ([`leaves`](super::leaves)) and are otherwise made alike. They are sets of their own, under names of their own: one
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
mod recipe;
mod rectangle;
mod rotate;
mod scenes;
mod set;

pub use recipe::generate;
pub use set::{PHOTOGRAPHS, SIDE, Variation};

#[cfg(test)]
mod tests;
