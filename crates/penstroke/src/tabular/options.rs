//! The options that imputers and detectors share.

use crate::{Error, Result};

/// Options of networks that predict masked cells.
pub(crate) struct Options<'a> {
    pub(crate) networks: usize,
    pub(crate) hidden: &'a [usize],
    pub(crate) mask: (f64, f64),
    pub(crate) steps: usize,
    pub(crate) batch: usize,
    pub(crate) learning_rate: f64,
    pub(crate) weight_decay: f64,
}

impl Options<'_> {
    /// Checks that every number is in range.
    ///
    /// # Errors
    /// The first problem, with the name of its option.
    pub(crate) fn check(&self) -> Result<()> {
        let refuse = |option: &'static str, problem: String| Err(Error::option(option, problem));
        for (option, value) in [("networks", self.networks), ("steps", self.steps), ("batch", self.batch)] {
            if value == 0 {
                return refuse(option, "0; at least 1 is needed".into());
            }
        }
        if self.hidden.is_empty() {
            return refuse("hidden", "no layers; at least 1 is needed".into());
        }
        if self.hidden.contains(&0) {
            return refuse("hidden", "a layer of 0 units; at least 1 is needed".into());
        }
        let (low, high) = self.mask;
        if !(0.0 <= low && low <= high && high <= 1.0 && high > 0.0) {
            return refuse("mask", format!("{low}..{high} is not a range within 0..=1"));
        }
        if !(self.learning_rate.is_finite() && self.learning_rate > 0.0) {
            return refuse("learning_rate", format!("{} is not a finite number above 0", self.learning_rate));
        }
        if !(self.weight_decay.is_finite() && self.weight_decay >= 0.0) {
            let problem = format!("{} is not a finite number of at least 0", self.weight_decay);
            return refuse("weight_decay", problem);
        }
        Ok(())
    }
}
