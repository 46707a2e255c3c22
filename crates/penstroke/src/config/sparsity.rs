//! A sparsity penalty in text form: `0.05:0.1` is a target for the mean code, and the penalty's weight.
//!
//! Training adds `λ Σ_i KL(ρ ‖ ρ̂_i)` to the loss, over the sigmoid hidden units, where ρ̂_i is the mean output of unit
//! i over a batch (Lee et al., 2008; Ng, 2011).
//!
//! ```
//! use penstroke::Sparsity;
//! let sparsity: Sparsity = "0.05:0.1".parse()?;
//! assert_eq!(sparsity, Sparsity { target: 0.05, weight: 0.1 });
//! assert_eq!(sparsity.to_string(), "0.05:0.1");
//! let wrong = "1.5:0.1".parse::<Sparsity>().unwrap_err();
//! assert_eq!(wrong.to_string(), "sparsity: target 1.5 is not between 0 and 1; 0.05 is usual");
//! # Ok::<(), penstroke::Error>(())
//! ```

use crate::error::{Error, Result};
use std::fmt;
use std::str::FromStr;

/// A target for the mean output of hidden units, and the penalty's weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sparsity {
    /// ρ, between 0 and 1.
    pub target: f64,
    /// λ, at least 0.
    pub weight: f64,
}

impl Sparsity {
    /// Checks that both numbers are in range.
    ///
    /// # Errors
    /// If one is not.
    pub fn check(&self) -> Result<()> {
        let Self { target, weight } = *self;
        if !(target > 0.0 && target < 1.0) {
            let problem = format!("target {target} is not between 0 and 1; 0.05 is usual");
            return Err(Error::option("sparsity", problem));
        }
        if !(weight.is_finite() && weight >= 0.0) {
            let problem = format!("weight {weight} is not a finite number of at least 0");
            return Err(Error::option("sparsity", problem));
        }
        Ok(())
    }
}

impl fmt::Display for Sparsity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.target, self.weight)
    }
}

impl FromStr for Sparsity {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let numbers = text.split_once(':').and_then(|(target, weight)| {
            Some(Self { target: target.trim().parse().ok()?, weight: weight.trim().parse().ok()? })
        });
        let sparsity = numbers.ok_or_else(|| {
            Error::option("sparsity", format!("{text:?} is not a target:weight pair; an example is 0.05:0.1"))
        })?;
        sparsity.check()?;
        Ok(sparsity)
    }
}

as_text!(Sparsity);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_and_printed_back_or_refused() {
        for text in ["0.05:0.1", "0.5:0", "0.001:1000"] {
            assert_eq!(text.parse::<Sparsity>().unwrap().to_string(), text);
        }
        for (text, message) in [
            ("0.05", "sparsity: \"0.05\" is not a target:weight pair; an example is 0.05:0.1"),
            ("a:1", "sparsity: \"a:1\" is not a target:weight pair; an example is 0.05:0.1"),
            ("0:1", "sparsity: target 0 is not between 0 and 1; 0.05 is usual"),
            ("NaN:1", "sparsity: target NaN is not between 0 and 1; 0.05 is usual"),
            ("0.1:-1", "sparsity: weight -1 is not a finite number of at least 0"),
        ] {
            assert_eq!(text.parse::<Sparsity>().unwrap_err().to_string(), message);
        }
    }
}
