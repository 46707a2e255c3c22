//! The number that decides a claim, with its interval: over seeds if there are several, over samples or units otherwise.

use crate::Result;
use crate::eval::ErrorRate;
use crate::eval::interval::{Interval, Mean};

/// A value and its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub(super) struct Statistic {
    pub(super) value: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Statistic {
    /// A value that is known exactly.
    pub(super) fn exact(value: f64) -> Self {
        Self { value, low: value, high: value }
    }

    /// Combines the statistics of several seeds: their mean with a Student-t interval over seeds. A single seed keeps its
    /// own interval.
    pub(super) fn over_seeds(seeds: &[Statistic]) -> Result<Self> {
        match seeds {
            [one] => Ok(*one),
            _ => Self::mean(&seeds.iter().map(|s| s.value).collect::<Vec<_>>()),
        }
    }

    /// Like [`Self::over_seeds`], but never narrower than the average interval of a seed: all seeds share the same test
    /// samples, and more seeds do not reduce the uncertainty that comes from these samples.
    pub(super) fn over_seeds_on_common_samples(seeds: &[Statistic]) -> Result<Self> {
        let Self { value, low, high } = Self::over_seeds(seeds)?;
        let mean = |of: fn(&Statistic) -> f64| seeds.iter().map(of).sum::<f64>() / seeds.len().max(1) as f64;
        let (below, above) = (mean(|s| s.value - s.low), mean(|s| s.high - s.value));
        Ok(Self { value, low: low.min(value - below), high: high.max(value + above) })
    }

    /// The mean of independent values with its Student-t interval; a single value has no width.
    pub(super) fn mean(values: &[f64]) -> Result<Self> {
        let mean = Mean::of(values)?;
        let interval = mean.interval.unwrap_or(Interval { low: mean.mean, high: mean.mean });
        Ok(Self { value: mean.mean, low: interval.low, high: interval.high })
    }

    /// A share with its Wilson interval.
    pub(super) fn share(n_events: usize, n: usize) -> Self {
        let rate = ErrorRate { errors: n_events, n };
        let interval = rate.interval();
        Self { value: rate.share(), low: interval.low, high: interval.high }
    }

    /// The statistic in another unit.
    pub(super) fn times(self, factor: f64) -> Self {
        Self { value: self.value * factor, low: self.low * factor, high: self.high * factor }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_keeps_its_interval_and_several_use_student_t() {
        let one = Statistic { value: 2.0, low: 1.0, high: 3.0 };
        assert_eq!(Statistic::over_seeds(&[one]).unwrap(), one);
        let three = [1.0, 2.0, 3.0].map(Statistic::exact);
        let mean = Statistic::over_seeds(&three).unwrap();
        // t(0.975; 2) = 4.302653, standard error 1/√3.
        let half = 4.302_653 / 3.0f64.sqrt();
        assert!((mean.value - 2.0).abs() < 1e-12);
        assert!((mean.high - 2.0 - half).abs() < 1e-5 && (2.0 - mean.low - half).abs() < 1e-5);
    }

    #[test]
    fn seeds_that_agree_keep_the_uncertainty_of_their_common_samples() {
        let seeds = [Statistic { value: 2.0, low: 1.0, high: 3.5 }; 3];
        let all = Statistic::over_seeds_on_common_samples(&seeds).unwrap();
        assert_eq!(all, seeds[0]);
        assert_eq!(Statistic::over_seeds(&seeds).unwrap().low, 2.0);
    }

    #[test]
    fn a_share_of_zero_has_an_upper_end() {
        let share = Statistic::share(0, 200);
        // Wilson: z² / (n + z²) with z = 1.959964.
        let expected = 3.841_459 / 203.841_459;
        assert!(share.value == 0.0 && share.low.abs() < 1e-12);
        assert!((share.high - expected).abs() < 1e-6, "{}", share.high);
    }
}
