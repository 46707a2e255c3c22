//! A selection of other samples in a chosen order, without copying.

use super::narrowing::CloseColumn;
use super::preparation::Preparation;
use super::samples::Samples;
use super::values::{ImageShape, Values};
use crate::error::counted;
use crate::{Error, Result};

/// Samples selected from one or more sources, in a chosen order, and read when needed.
///
/// ```
/// use penstroke::data::{Dataset, Samples, Selection, Values};
/// let data = Dataset::new("here", Values::Floats(vec![0.0, 0.1, 1.0, 1.1, 2.0, 2.1]), 2)?;
/// let selection = Selection::new(&data, vec![2, 0])?.with_labels("y", vec![7, 8])?;
/// let mut values = Values::Floats(Vec::new());
/// selection.read(&[0], &mut values)?;
/// assert_eq!(values, Values::Floats(vec![2.0, 2.1]));
/// assert_eq!((selection.n_samples(), selection.labels()), (2, Some(&[7, 8][..])));
/// # Ok::<(), penstroke::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Selection<'a> {
    parts: Vec<&'a dyn Samples>,
    /// Indices of the samples, counted through all parts.
    order: Vec<u32>,
    labels: Option<Vec<u32>>,
    weights: Option<Vec<f32>>,
    preparation: Preparation,
}

impl<'a> Selection<'a> {
    /// The samples `indices` of `data`, with their labels and weights if any.
    ///
    /// # Errors
    /// If an index is not below the number of samples.
    pub fn new(data: &'a dyn Samples, indices: Vec<u32>) -> Result<Self> {
        if let Some(index) = indices.iter().find(|&&index| index as usize >= data.n_samples()) {
            return Err(Error::input("data", format!("there is no sample {index} of {}", data.n_samples())));
        }
        let labels = data.labels().map(|labels| indices.iter().map(|&i| labels[i as usize]).collect());
        let weights = data.weights().map(|weights| indices.iter().map(|&i| weights[i as usize]).collect());
        let preparation = data.preparation().clone();
        Ok(Self { parts: vec![data], order: indices, labels, weights, preparation })
    }

    /// All samples of `first`, then those of `second`; with labels if both have some.
    ///
    /// # Errors
    /// If samples differ in length, or there are too many.
    pub(crate) fn joined(first: &'a dyn Samples, second: &'a dyn Samples) -> Result<Self> {
        if first.n_visible() != second.n_visible() {
            let problem = format!(
                "samples have {} where others have {}",
                counted(second.n_visible(), "component"),
                first.n_visible()
            );
            return Err(Error::input("data", problem));
        }
        let n = u32::try_from(first.n_samples() + second.n_samples())
            .map_err(|_| Error::input("data", format!("holds more than {} samples", u32::MAX)))?;
        let labels = first.labels().zip(second.labels()).map(|(a, b)| [a, b].concat());
        let weights = match (first.weights(), second.weights()) {
            (None, None) => None,
            (a, b) => {
                let of = |part: &dyn Samples, weights: Option<&[f32]>| {
                    weights.map_or_else(|| vec![1.0; part.n_samples()], <[f32]>::to_vec)
                };
                Some([of(first, a), of(second, b)].concat())
            }
        };
        let preparation = first.preparation().clone();
        Ok(Self { parts: vec![first, second], order: (0..n).collect(), labels, weights, preparation })
    }

    /// The samples at these places, with their labels and weights.
    ///
    /// # Panics
    /// If a place is out of range.
    pub(crate) fn select(&self, places: &[usize]) -> Self {
        Self {
            parts: self.parts.clone(),
            order: places.iter().map(|&at| self.order[at]).collect(),
            labels: self.labels.as_ref().map(|labels| places.iter().map(|&at| labels[at]).collect()),
            weights: self.weights.as_ref().map(|weights| places.iter().map(|&at| weights[at]).collect()),
            preparation: self.preparation.clone(),
        }
    }

    /// The same samples with other labels.
    ///
    /// # Errors
    /// If the numbers of labels and samples differ.
    pub fn with_labels(mut self, place: &str, labels: Vec<u32>) -> Result<Self> {
        if labels.len() != self.order.len() {
            let problem = format!(
                "{} for {}; one label for each sample is needed",
                counted(labels.len(), "label"),
                counted(self.order.len(), "sample")
            );
            return Err(Error::input(place, problem));
        }
        self.labels = Some(labels);
        Ok(self)
    }

    /// The same samples with weights, one for each: their losses are multiplied by them in training, then divided by the
    /// mean weight, so `k` counts as `k` copies and 0 as a sample that is not there. `place` names the weights in error
    /// messages.
    ///
    /// # Errors
    /// If the numbers of weights and samples differ, a weight is negative, infinite or NaN, or all are 0.
    pub fn with_weights(mut self, place: &str, weights: &[f32]) -> Result<Self> {
        if weights.len() != self.order.len() {
            let problem = format!(
                "{} for {}; one weight for each sample is needed",
                counted(weights.len(), "weight"),
                counted(self.order.len(), "sample")
            );
            return Err(Error::input(place, problem));
        }
        if let Some(at) = weights.iter().position(|weight| !(weight.is_finite() && *weight >= 0.0)) {
            let problem =
                format!("weight {at} (from 0) is {}, not a finite number of at least 0", weights[at]);
            return Err(Error::input(place, problem));
        }
        if weights.iter().all(|&weight| weight == 0.0) {
            return Err(Error::input(place, "all weights are zero; at least one above 0 is needed"));
        }
        self.weights = Some(weights.to_vec());
        Ok(self)
    }

    /// The same samples with another preparation.
    #[must_use]
    pub fn with_preparation(mut self, preparation: Preparation) -> Self {
        self.preparation = preparation;
        self
    }

    /// The part that holds a sample, and the index of its first sample.
    fn part_of(&self, sample: u32) -> (&'a dyn Samples, u32) {
        let mut first = 0;
        for &part in &self.parts {
            let after = first + part.n_samples() as u32;
            if sample < after {
                return (part, first);
            }
            first = after;
        }
        unreachable!("the order holds samples of the parts")
    }
}

impl Samples for Selection<'_> {
    fn n_samples(&self) -> usize {
        self.order.len()
    }

    fn n_visible(&self) -> usize {
        self.parts[0].n_visible()
    }

    fn labels(&self) -> Option<&[u32]> {
        self.labels.as_deref()
    }

    fn weights(&self) -> Option<&[f32]> {
        self.weights.as_deref()
    }

    fn image(&self) -> Option<ImageShape> {
        self.parts[0].image()
    }

    fn preparation(&self) -> &Preparation {
        &self.preparation
    }

    fn range(&self) -> (f32, f32) {
        let both = |a: (f32, f32), b: (f32, f32)| (a.0.min(b.0), a.1.max(b.1));
        self.parts.iter().map(|part| part.range()).reduce(both).unwrap_or((0.0, 1.0))
    }

    fn close_columns(&self) -> &[CloseColumn] {
        self.parts[0].close_columns()
    }

    fn read(&self, indices: &[u32], out: &mut Values) -> Result<()> {
        let samples: Vec<u32> = indices.iter().map(|&index| self.order[index as usize]).collect();
        let mut rest = &samples[..];
        let mut first_piece = true;
        while let Some(&sample) = rest.first() {
            let (part, first) = self.part_of(sample);
            let own = first..first + part.n_samples() as u32;
            let (piece, after) =
                rest.split_at(rest.iter().take_while(|&sample| own.contains(sample)).count());
            let numbers: Vec<u32> = piece.iter().map(|sample| sample - first).collect();
            if first_piece {
                part.read(&numbers, out)?;
            } else {
                let mut values = Values::Floats(Vec::new());
                part.read(&numbers, &mut values)?;
                out.append(&values);
            }
            (rest, first_piece) = (after, false);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Dataset;

    #[test]
    fn weights_go_with_their_samples() {
        let data = Dataset::new("x", Values::Floats(vec![0.0, 1.0, 2.0, 3.0]), 1).unwrap();
        let data = data.with_labels("y", vec![5, 6, 7, 8]).unwrap();
        let all = Selection::new(&data, vec![3, 2, 1]).unwrap();
        let weighted = all.clone().with_weights("w", &[0.5, 0.0, 2.0]).unwrap();
        let again = Selection::new(&weighted, vec![2, 0]).unwrap();
        assert_eq!((again.labels(), again.weights()), (Some(&[6, 8][..]), Some(&[2.0, 0.5][..])));
        let joined = Selection::joined(&all, &again).unwrap();
        assert_eq!(joined.weights(), Some(&[1.0, 1.0, 1.0, 2.0, 0.5][..]));
        let refused = |weights: &[f32]| all.clone().with_weights("w", weights).unwrap_err().to_string();
        assert_eq!(refused(&[1.0]), "w: 1 weight for 3 samples; one weight for each sample is needed");
        assert_eq!(refused(&[0.0; 3]), "w: all weights are zero; at least one above 0 is needed");
        for (weight, text) in [(-1.0, "-1"), (f32::NAN, "NaN"), (f32::INFINITY, "inf")] {
            let message = format!("w: weight 1 (from 0) is {text}, not a finite number of at least 0");
            assert_eq!(refused(&[1.0, weight, 1.0]), message);
        }
    }

    #[test]
    fn two_sources_are_read_as_one() {
        let bytes = Dataset::new("bytes", Values::Bytes(vec![0, 51, 102, 255]), 2).unwrap();
        let floats = Dataset::new("floats", Values::Floats(vec![3.0, 4.0]), 2).unwrap();
        let joined = Selection::joined(&bytes, &floats).unwrap();
        let read = |indices: &[u32]| {
            let mut values = Values::Floats(vec![9.0]);
            joined.read(indices, &mut values).unwrap();
            values
        };
        assert_eq!(read(&[1]), Values::Bytes(vec![102, 255]));
        assert_eq!(read(&[2, 1]), Values::Floats(vec![3.0, 4.0, 0.4, 1.0]));
        assert_eq!((joined.n_samples(), joined.range(), joined.labels()), (3, (0.0, 4.0), None));
        let refused = Selection::new(&bytes, vec![2]).unwrap_err().to_string();
        assert!(refused.ends_with("there is no sample 2 of 2"), "{refused}");
    }
}
