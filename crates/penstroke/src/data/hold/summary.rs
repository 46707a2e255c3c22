//! A summary of a data set.

use super::dataset::Dataset;
use super::values::ImageShape;
use crate::error::counted;
use penstroke_engine::Rows;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// How the values are stored in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Intensities of 0..=255, read as `value / 255`.
    Bytes,
    /// Single-precision numbers, used unchanged.
    Floats,
}

/// A summary of a data set. The statistics describe the values as a network reads them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Number of samples, `n`.
    pub n_samples: usize,
    /// Number of components of a sample, `d`.
    pub n_visible: usize,
    /// The shape of a picture, if samples are pictures.
    pub image: Option<ImageShape>,
    /// How the values are stored in memory.
    pub kind: Kind,
    /// The smallest value.
    pub min: f32,
    /// The largest value.
    pub max: f32,
    /// The mean of all values.
    pub mean: f64,
    /// The share of the values that are zero, 0..=1.
    pub share_of_zeros: f64,
    /// Each label with the number of its samples, if the data are labelled.
    pub classes: Option<BTreeMap<u32, usize>>,
    /// Class names by label, if there are any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub class_names: Vec<String>,
}

/// Summarises `data`.
///
/// ```
/// use penstroke::data::{Dataset, Values, summary};
/// let data = Dataset::new("example", Values::Bytes(vec![0, 0, 255, 51]), 2)?;
/// let summary = summary(&data);
/// assert_eq!((summary.max, summary.share_of_zeros), (1.0, 0.5));
/// assert_eq!(summary.to_string(), "2 samples of 2 values, bytes; 0 to 1, mean 0.3, 50.0 % zeros");
/// # Ok::<(), penstroke::Error>(())
/// ```
pub fn summary(data: &Dataset) -> Summary {
    let rows = data.rows();
    let (kind, min, max, sum, n_zeros) = match rows {
        Rows::Bytes(values) => {
            let (mut min, mut max, mut sum, mut n_zeros) = (u8::MAX, u8::MIN, 0, 0);
            for &value in values {
                min = min.min(value);
                max = max.max(value);
                sum += u64::from(value);
                n_zeros += usize::from(value == 0);
            }
            (Kind::Bytes, f32::from(min) / 255.0, f32::from(max) / 255.0, sum as f64 / 255.0, n_zeros)
        }
        Rows::Floats(values) => {
            let (mut min, mut max, mut sum, mut n_zeros) = (f32::INFINITY, f32::NEG_INFINITY, 0.0, 0);
            for &value in values {
                min = min.min(value);
                max = max.max(value);
                sum += f64::from(value);
                n_zeros += usize::from(value == 0.0);
            }
            (Kind::Floats, min, max, sum, n_zeros)
        }
    };
    let n_values = rows.len() as f64;
    Summary {
        n_samples: data.n_samples(),
        n_visible: data.n_visible(),
        image: data.image(),
        kind,
        min,
        max,
        mean: sum / n_values,
        share_of_zeros: n_zeros as f64 / n_values,
        class_names: data.preparation().classes.clone(),
        classes: data.labels().map(|labels| {
            let mut classes = BTreeMap::new();
            for &label in labels {
                *classes.entry(label).or_default() += 1;
            }
            classes
        }),
    }
}

/// Maximum number of classes listed with their sizes.
const MAX_SHOWN: usize = 20;

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", counted(self.n_samples, "sample"), counted(self.n_visible, "value"))?;
        if let Some(ImageShape { height, width, channels }) = self.image {
            write!(f, " ({height}×{width}")?;
            if channels > 1 {
                write!(f, "×{channels}")?;
            }
            write!(f, " pixels)")?;
        }
        let kind = match self.kind {
            Kind::Bytes => "bytes",
            Kind::Floats => "floats",
        };
        // At most three decimals, without trailing zeros.
        let short = |value: f64| (value * 1000.0).round() / 1000.0 + 0.0;
        let (min, max) = (short(self.min.into()), short(self.max.into()));
        let zeros = 100.0 * self.share_of_zeros;
        write!(f, ", {kind}; {min} to {max}, mean {}, {zeros:.1} % zeros", short(self.mean))?;
        if let Some(classes) = &self.classes {
            let name = |label: &u32| match self.class_names.get(*label as usize) {
                Some(name) => name.clone(),
                None => label.to_string(),
            };
            let mut counts: Vec<String> =
                classes.iter().take(MAX_SHOWN).map(|(label, n)| format!("{}: {n}", name(label))).collect();
            if classes.len() > MAX_SHOWN {
                counts.push("…".into());
            }
            write!(f, "; {} ({})", counted(classes.len(), "class"), counts.join(", "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Values;

    #[test]
    fn floats_are_described_by_their_values() {
        let data = Dataset::new("f", Values::Floats(vec![-2.0, 0.0, 1.5, 4.5]), 2).unwrap();
        let summary = summary(&data);
        assert_eq!((summary.kind, summary.n_samples, summary.n_visible), (Kind::Floats, 2, 2));
        assert_eq!((summary.min, summary.max, summary.mean), (-2.0, 4.5, 1.0));
        assert_eq!((summary.share_of_zeros, summary.classes), (0.25, None));
    }

    #[test]
    fn bytes_are_described_as_shares_of_255() {
        let image = ImageShape { height: 1, width: 2, channels: 1 };
        let data = Dataset::new("b", Values::Bytes(vec![51, 0, 51, 102, 0, 51]), 2).unwrap();
        let data = data.with_image("b", image).unwrap().with_labels("b", vec![7, 2, 7]).unwrap();
        let summary = summary(&data);
        assert_eq!((summary.kind, summary.image), (Kind::Bytes, Some(image)));
        assert_eq!((summary.min, summary.max, summary.mean), (0.0, 0.4, 1.0 / 6.0));
        assert_eq!(summary.share_of_zeros, 1.0 / 3.0);
        assert_eq!(
            summary.to_string(),
            "3 samples of 2 values (1×2 pixels), bytes; 0 to 0.4, mean 0.167, 33.3 % zeros; 2 classes (2: 1, 7: 2)"
        );
    }
}
