//! Labelled samples for the probe.

use super::super::samples::SampleMatrix;
use crate::error::counted;
use crate::error::{Error, Result};

/// Labelled samples.
#[derive(Clone, Copy, Debug)]
pub struct ProbeData<'a> {
    pub(super) samples: SampleMatrix<'a>,
    pub(super) labels: &'a [u32],
    pub(super) n_classes: usize,
}

impl<'a> ProbeData<'a> {
    /// Samples with one label in `0..n_classes` each.
    ///
    /// # Errors
    /// If there are fewer than two classes, if the numbers of labels and samples differ, or if a label is out of range.
    pub fn new(samples: SampleMatrix<'a>, labels: &'a [u32], n_classes: usize) -> Result<Self> {
        if n_classes < 2 {
            return Err(Error::input(
                "probe",
                format!("{}; at least two are needed", counted(n_classes, "class")),
            ));
        }
        if labels.len() != samples.n_samples() {
            let problem = format!(
                "{} for {}; one per sample is needed",
                counted(labels.len(), "label"),
                counted(samples.n_samples(), "sample")
            );
            return Err(Error::input("probe", problem));
        }
        if let Some(at) = labels.iter().position(|&label| label as usize >= n_classes) {
            let problem = format!("label {} of sample {at} (from 0) is not below {n_classes}", labels[at]);
            return Err(Error::input("probe", problem));
        }
        Ok(Self { samples, labels, n_classes })
    }
}
