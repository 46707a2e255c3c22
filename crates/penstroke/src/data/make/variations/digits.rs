//! The digits of the variations: MNIST's 70,000, both parts, in one fixed random order.
//!
//! The first 10,000 in that order are the training part, the next 2000 the validation part, the next 50,000 the test
//! part; 8000 are left over. Different people wrote MNIST's two parts; mixing them makes the new parts alike.

use super::set::{Factor, PIXELS, SIDE, Variation};
use crate::data::hold::{ImageShape, Part};
use crate::data::read::mnist::{self, mnist_folder};
use crate::error::Remedy;
use crate::{Error, Result};
use penstroke_engine::Rows;
use std::path::Path;

/// Digits in MNIST's training and test parts.
const N_TRAIN: usize = 60_000;
const N_TEST: usize = 10_000;

/// All digits, and which one each sample uses.
pub(super) struct Digits {
    /// The training part, then the test part: `(70000, 784)`.
    pixels: Vec<u8>,
    labels: Vec<u32>,
    order: Vec<u32>,
}

impl Digits {
    /// Reads both parts of MNIST.
    pub(super) fn open(variation: Variation, data_dir: &Path) -> Result<Self> {
        let folder = mnist_folder(data_dir)?;
        let mut all = Self { pixels: Vec::new(), labels: Vec::new(), order: order() };
        for (part, n) in [(Part::Train, N_TRAIN), (Part::Test, N_TEST)] {
            let data = mnist::read(&folder, part)?;
            let is_picture = data.image() == Some(ImageShape { height: SIDE, width: SIDE, channels: 1 });
            match (data.rows(), data.labels()) {
                (Rows::Bytes(pixels), Some(labels)) if data.n_samples() == n && is_picture => {
                    all.pixels.extend_from_slice(pixels);
                    all.labels.extend_from_slice(labels);
                }
                _ => {
                    let problem = format!(
                        "holds {} {part} samples of {} values, where {variation} needs MNIST's {n} pictures of 28×28 \
                         bytes",
                        data.n_samples(),
                        data.n_visible()
                    );
                    return Err(Error::input(&folder, problem).or(Remedy::Fetch { name: "mnist" }));
                }
            }
        }
        Ok(all)
    }

    /// `n` generated digits in place of MNIST's, enough for samples `0..n` of the training part.
    #[cfg(test)]
    pub(super) fn stand_in(n: usize) -> Self {
        let data = crate::data::strokes::generate(0, Part::Train, n).unwrap();
        let Rows::Bytes(pixels) = data.rows() else { panic!("strokes are bytes") };
        let labels = data.labels().unwrap().to_vec();
        Self { pixels: pixels.to_vec(), labels, order: (0..n as u32).rev().collect() }
    }

    /// A sample's pixels, `(28, 28)`, and its label.
    pub(super) fn get(&self, part: Part, sample: usize) -> (&[u8], u32) {
        let digit = self.order[first(part) + sample] as usize;
        (&self.pixels[digit * PIXELS..][..PIXELS], self.labels[digit])
    }
}

/// The offset of a part in the order.
fn first(part: Part) -> usize {
    let n = |part| Variation::MnistBasic.n_samples(part);
    match part {
        Part::Train => 0,
        Part::Valid => n(Part::Train),
        Part::Test => n(Part::Train) + n(Part::Valid),
    }
}

fn order() -> Vec<u32> {
    let mut order: Vec<u32> = (0..(N_TRAIN + N_TEST) as u32).collect();
    Factor::Order.of(Part::Train, 0).shuffle(&mut order);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_digit_is_in_two_parts() {
        let order = order();
        let mut found = vec![false; N_TRAIN + N_TEST];
        let mut n_from_test = [0; 3];
        for (at, part) in [Part::Train, Part::Valid, Part::Test].into_iter().enumerate() {
            for sample in 0..Variation::MnistBasic.n_samples(part) {
                let digit = order[first(part) + sample] as usize;
                assert!(!found[digit], "digit {digit} is in two parts");
                found[digit] = true;
                n_from_test[at] += usize::from(digit >= N_TRAIN);
            }
        }
        assert_eq!(found.iter().filter(|&&found| found).count(), 62_000);
        // A seventh of each part, within four standard deviations for draws without replacement.
        for (n_from_test, n) in n_from_test.into_iter().zip([10_000.0, 2000.0, 50_000.0]) {
            let spread = (n * (1.0 / 7.0) * (6.0 / 7.0) * (1.0 - n / 70_000.0f64)).sqrt();
            assert!((f64::from(n_from_test as u32) - n / 7.0).abs() < 4.0 * spread, "{n_from_test} of {n}");
        }
    }

    #[test]
    fn folders_other_than_mnist_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let message = || {
            let error = Digits::open(Variation::MnistRot, folder.path()).err().unwrap();
            assert!(error.is_wrong_input(), "{error}");
            error.to_string()
        };
        let absent = message();
        assert!(absent.starts_with("mnist: not found in "), "{absent}");
        assert!(absent.ends_with("name the folder that holds it with data_dir"), "{absent}");
        let idx = crate::data::read::testing::idx;
        for part in ["train", "t10k"] {
            let images = idx(8, &[2, 28, 28], &[0; 2 * PIXELS]);
            std::fs::write(folder.path().join(format!("{part}-images-idx3-ubyte")), images).unwrap();
            std::fs::write(folder.path().join(format!("{part}-labels-idx1-ubyte")), idx(8, &[2], &[7, 3]))
                .unwrap();
        }
        let small = message();
        assert!(small.contains("holds 2 training samples of 784 values, where mnist-rot needs"), "{small}");
    }
}
