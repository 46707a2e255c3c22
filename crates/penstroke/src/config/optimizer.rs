//! The update rule of the weights.

use super::names::Named;
use crate::error::{Error, Result};
use penstroke_engine::Rule;

/// The update rule of the weights.
///
/// ```
/// use penstroke::config::Optimizer;
/// let adam = Optimizer::ADAM.set("beta2", 0.99)?;
/// assert_eq!(adam, Optimizer::Adam { beta1: 0.9, beta2: 0.99, epsilon: 1e-8 });
/// assert!(Optimizer::ADAM.set("momentum", 0.9).is_err());
/// # Ok::<(), penstroke::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Optimizer {
    /// Stochastic gradient descent: `v ← μ v − η g`, `w ← w + v`.
    Sgd {
        /// μ, in `0..1`.
        momentum: f64,
    },
    /// Adam with decoupled weight decay (Kingma and Ba 2015; Loshchilov and Hutter 2019).
    Adam {
        /// Decay of the mean of gradients, in `0..1`.
        beta1: f64,
        /// Decay of the mean of squared gradients, in `0..1`.
        beta2: f64,
        /// Added to the root of the mean square, above 0.
        epsilon: f64,
    },
}

impl Optimizer {
    /// SGD without momentum.
    pub const SGD: Self = Optimizer::Sgd { momentum: 0.0 };
    /// Adam with the parameters recommended by its authors.
    pub const ADAM: Self = Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

    /// The parameters of this rule, by option name.
    #[must_use]
    pub fn numbers(self) -> Vec<(&'static str, f64)> {
        match self {
            Optimizer::Sgd { momentum } => vec![("momentum", momentum)],
            Optimizer::Adam { beta1, beta2, epsilon } => {
                vec![("beta1", beta1), ("beta2", beta2), ("epsilon", epsilon)]
            }
        }
    }

    /// The same rule with another parameter: `momentum` for SGD; `beta1`, `beta2` or `epsilon` for Adam. For Adam, a
    /// momentum of 0 is accepted and ignored.
    ///
    /// # Errors
    /// If the rule has no such parameter.
    pub fn set(mut self, option: &'static str, value: f64) -> Result<Self> {
        let place = match (&mut self, option) {
            (Optimizer::Sgd { momentum }, "momentum") => momentum,
            (Optimizer::Adam { beta1, .. }, "beta1") => beta1,
            (Optimizer::Adam { beta2, .. }, "beta2") => beta2,
            (Optimizer::Adam { epsilon, .. }, "epsilon") => epsilon,
            (Optimizer::Adam { .. }, "momentum") if value == 0.0 => return Ok(self),
            (Optimizer::Adam { .. }, "momentum") => {
                let error = Error::option("momentum", "does not apply to Adam");
                return Err(error.set("optimizer", "sgd").leave_out("momentum"));
            }
            (Optimizer::Sgd { .. }, _) => {
                return Err(Error::option(option, "belongs to Adam")
                    .set("optimizer", "adam")
                    .leave_out(option));
            }
            (Optimizer::Adam { .. }, _) => return Err(Error::option(option, "is not a parameter of Adam")),
        };
        *place = value;
        Ok(self)
    }

    /// The same rule with the numbers that are given, by the names of their options.
    ///
    /// # Errors
    /// As [`Optimizer::set`].
    pub fn set_given<const N: usize>(self, numbers: [(&'static str, Option<f64>); N]) -> Result<Self> {
        let mut given = numbers.into_iter().filter_map(|(option, number)| Some((option, number?)));
        given.try_fold(self, |rule, (option, number)| rule.set(option, number))
    }

    /// Checks that every parameter is in range.
    pub(super) fn check(self) -> Result<()> {
        for (option, value) in self.numbers() {
            match option {
                "epsilon" if !(value > 0.0 && value.is_finite()) => {
                    return Err(Error::option(option, format!("{value} is not a finite number above 0")));
                }
                "momentum" | "beta1" | "beta2" if !(0.0..1.0).contains(&value) => {
                    return Err(Error::option(option, format!("{value} is outside 0..1")));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The names `sgd` and `adam` stand for the rules with default parameters.
impl Named for Optimizer {
    const WHAT: &'static str = "optimizer";
    const ALL: &'static [(&'static str, Self)] = &[("sgd", Self::SGD), ("adam", Self::ADAM)];

    fn name(self) -> &'static str {
        match self {
            Optimizer::Sgd { .. } => "sgd",
            Optimizer::Adam { .. } => "adam",
        }
    }
}

impl From<Optimizer> for Rule {
    fn from(optimizer: Optimizer) -> Self {
        match optimizer {
            Optimizer::Sgd { momentum } => Rule::Sgd { momentum },
            Optimizer::Adam { beta1, beta2, epsilon } => Rule::Adam { beta1, beta2, epsilon },
        }
    }
}
