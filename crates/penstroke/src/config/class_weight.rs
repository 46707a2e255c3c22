//! The weights of classes in a classifier's loss, in text form: `equal`, `balanced`, or one number for each class.
//!
//! ```
//! use penstroke::ClassWeight;
//! let weights: ClassWeight = "1,2.5".parse()?;
//! assert_eq!(weights, ClassWeight::Each(vec![1.0, 2.5]));
//! assert_eq!(weights.to_string(), "1,2.5");
//! assert_eq!("balanced".parse::<ClassWeight>()?, ClassWeight::Balanced);
//! # Ok::<(), penstroke::Error>(())
//! ```

use crate::error::counted;
use crate::error::{Error, Result};
use std::fmt;
use std::str::FromStr;

/// By how much the loss of a sample is multiplied for its class, before weights are divided by their mean.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ClassWeight {
    /// All classes alike.
    #[default]
    Equal,
    /// `n / (K n_k)` for a class with `n_k` of the `n` training samples, so that all `K` classes count alike. If samples
    /// have weights, their sums take the place of `n` and `n_k`.
    Balanced,
    /// A finite number of at least 0 for each class, in the order of their labels.
    Each(Vec<f64>),
}

impl ClassWeight {
    /// Checks that the numbers are in range.
    ///
    /// # Errors
    /// If one is not, or all are 0.
    pub fn check(&self) -> Result<()> {
        let ClassWeight::Each(weights) = self else { return Ok(()) };
        if let Some(weight) = weights.iter().find(|weight| !(weight.is_finite() && **weight >= 0.0)) {
            let problem = format!("{weight} is not a finite number of at least 0");
            return Err(Error::option("class_weight", problem));
        }
        if weights.iter().all(|&weight| weight == 0.0) {
            return Err(Error::option(
                "class_weight",
                "every class has weight 0, so nothing would be learned",
            ));
        }
        Ok(())
    }

    /// The factor of each of `n_classes` classes; `None` if all are alike. `weights` are those of the training samples
    /// and `labels` their classes.
    ///
    /// # Errors
    /// If there are not as many numbers as classes.
    pub(crate) fn factors(
        &self,
        n_classes: usize,
        samples: impl Iterator<Item = (u32, f64)>,
    ) -> Result<Option<Vec<f64>>> {
        match self {
            ClassWeight::Equal => Ok(None),
            ClassWeight::Each(weights) if weights.len() == n_classes => Ok(Some(weights.clone())),
            ClassWeight::Each(weights) => {
                let problem = format!(
                    "{} for {}; give one for each",
                    counted(weights.len(), "weight"),
                    counted(n_classes, "class")
                );
                Err(Error::option("class_weight", problem))
            }
            ClassWeight::Balanced => {
                let mut sums = vec![0.0; n_classes];
                for (label, weight) in samples {
                    sums[label as usize] += weight;
                }
                let share = sums.iter().sum::<f64>() / n_classes as f64;
                Ok(Some(sums.iter().map(|&sum| if sum > 0.0 { share / sum } else { 0.0 }).collect()))
            }
        }
    }
}

impl fmt::Display for ClassWeight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ClassWeight::Equal => f.write_str("equal"),
            ClassWeight::Balanced => f.write_str("balanced"),
            ClassWeight::Each(weights) => {
                let weights: Vec<_> = weights.iter().map(f64::to_string).collect();
                f.write_str(&weights.join(","))
            }
        }
    }
}

impl FromStr for ClassWeight {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let weights = match text {
            "equal" => ClassWeight::Equal,
            "balanced" => ClassWeight::Balanced,
            numbers => {
                let numbers = numbers.split(',').map(|number| number.trim().parse().ok());
                ClassWeight::Each(numbers.collect::<Option<_>>().ok_or_else(|| {
                    let problem = format!(
                        "{text:?} is neither equal nor balanced nor a number for each class, as 1,2.5"
                    );
                    Error::option("class_weight", problem)
                })?)
            }
        };
        weights.check()?;
        Ok(weights)
    }
}

as_text!(ClassWeight);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_and_printed_back_or_refused() {
        for text in ["equal", "balanced", "1,2.5", "0,0.001,1000"] {
            assert_eq!(text.parse::<ClassWeight>().unwrap().to_string(), text);
        }
        let neither = "is neither equal nor balanced nor a number for each class, as 1,2.5";
        for (text, message) in [
            ("even", format!("class_weight: \"even\" {neither}")),
            ("1,", format!("class_weight: \"1,\" {neither}")),
            ("1,-1", "class_weight: -1 is not a finite number of at least 0".into()),
            ("1,NaN", "class_weight: NaN is not a finite number of at least 0".into()),
            ("0,0", "class_weight: every class has weight 0, so nothing would be learned".into()),
        ] {
            assert_eq!(text.parse::<ClassWeight>().unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn balanced_classes_have_equal_sums() {
        let samples = [(0, 1.0), (0, 1.0), (0, 1.0), (2, 1.0)];
        let factors = |samples: &[(u32, f64)]| {
            ClassWeight::Balanced.factors(3, samples.iter().copied()).unwrap().unwrap()
        };
        // n / (K n_k), and 0 for the class without samples.
        assert_eq!(factors(&samples), [4.0 / 9.0, 0.0, 4.0 / 3.0]);
        assert_eq!(factors(&[(0, 3.0), (2, 1.0)]), factors(&samples));
        let each = ClassWeight::Each(vec![1.0, 2.0]);
        let message = each.factors(3, samples.into_iter()).unwrap_err().to_string();
        assert_eq!(message, "class_weight: 2 weights for 3 classes; give one for each");
    }
}
