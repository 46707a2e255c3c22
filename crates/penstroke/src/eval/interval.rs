//! The uncertainty of numbers: 95 % intervals for means over seeds, error rates and their differences.
//!
//! | what | interval | source |
//! | --- | --- | --- |
//! | mean of `n` values | Student's t, `mean ± t₀.₉₇₅(n−1) s/√n` | |
//! | one error rate | Wilson's score interval | Wilson (1927) |
//! | two error rates, different samples | Newcombe's hybrid of two Wilson intervals | Newcombe (1998), method 10 |
//! | two error rates, the same samples | normal, on the pairs that disagree | Agresti, *Categorical Data Analysis*, §10.1 |
//!
//! ```
//! use penstroke::eval::interval::ErrorRate;
//! let interval = ErrorRate { errors: 128, n: 10_000 }.interval();
//! assert!((interval.low - 0.01077).abs() < 1e-5 && (interval.high - 0.01520).abs() < 1e-5);
//! ```

use crate::{Error, Result};
use special::Beta;

/// The 97.5 % quantile of the standard normal distribution.
const NORMAL: f64 = 1.959_963_984_540_054;

/// The ends of a 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Interval {
    /// Whether the whole interval is above `value`.
    pub fn is_above(&self, value: f64) -> bool {
        self.low > value
    }

    /// Whether the whole interval is below `value`.
    pub fn is_below(&self, value: f64) -> bool {
        self.high < value
    }
}

/// A mean over seeds with its interval.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Mean {
    /// The mean.
    pub mean: f64,
    /// 95 % interval; `None` for a single value.
    pub interval: Option<Interval>,
    /// Number of values.
    pub n: usize,
}

impl Mean {
    /// The mean of `values` with Student's interval, which assumes independent normal values.
    ///
    /// # Errors
    /// If there are no values.
    pub fn of(values: &[f64]) -> Result<Self> {
        let n = values.len();
        if n == 0 {
            return Err(Error::input("mean", "there are no values; at least one is needed"));
        }
        let mean = values.iter().sum::<f64>() / n as f64;
        let interval = (n > 1).then(|| {
            let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
            let standard_error = (squares / (n - 1) as f64 / n as f64).sqrt();
            around(mean, student_quantile((n - 1) as f64) * standard_error)
        });
        Ok(Self { mean, interval, n })
    }
}

/// An error rate: `errors` of `n` predictions are wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ErrorRate {
    /// Number of wrong predictions, at most `n`.
    pub errors: usize,
    /// Number of predictions, at least 1.
    pub n: usize,
}

impl ErrorRate {
    /// `errors / n`.
    pub fn share(&self) -> f64 {
        self.errors as f64 / self.n as f64
    }

    /// Wilson's 95 % score interval of the share.
    pub fn interval(&self) -> Interval {
        let (p, n) = (self.share(), self.n as f64);
        let z2 = NORMAL * NORMAL;
        let centre = p + z2 / (2.0 * n);
        let half = NORMAL * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
        let shrink = 1.0 + z2 / n;
        // Rounding must not push a share of 0 or 1 outside its own interval.
        Interval {
            low: ((centre - half) / shrink).min(p).max(0.0),
            high: ((centre + half) / shrink).max(p).min(1.0),
        }
    }
}

/// A difference with its interval.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Difference {
    /// First minus second.
    pub difference: f64,
    /// 95 % interval.
    pub interval: Interval,
}

/// `first − second` of two error rates measured on different samples.
pub fn independent_difference(first: ErrorRate, second: ErrorRate) -> Difference {
    let (p, q) = (first.share(), second.share());
    let (a, b) = (first.interval(), second.interval());
    let low = ((p - a.low).powi(2) + (b.high - q).powi(2)).sqrt();
    let high = ((a.high - p).powi(2) + (q - b.low).powi(2)).sqrt();
    let difference = p - q;
    Difference { difference, interval: Interval { low: difference - low, high: difference + high } }
}

/// The disagreements of two classifiers on the same samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Paired {
    /// Samples that only the first classifier gets wrong.
    pub only_first: usize,
    /// Samples that only the second classifier gets wrong.
    pub only_second: usize,
    /// Number of samples, at least 1.
    pub n: usize,
}

impl Paired {
    /// Counts the disagreements of two predictions, each `(n)`.
    ///
    /// # Errors
    /// If there are no labels or the lengths differ.
    pub fn of(first: &[u32], second: &[u32], labels: &[u32]) -> Result<Self> {
        let n = labels.len();
        if n == 0 || first.len() != n || second.len() != n {
            let problem = format!(
                "{} and {} predictions for {n} labels; one per label is needed",
                first.len(),
                second.len()
            );
            return Err(Error::input("paired difference", problem));
        }
        let mut paired = Self { only_first: 0, only_second: 0, n };
        for ((first, second), label) in first.iter().zip(second).zip(labels) {
            match (first == label, second == label) {
                (false, true) => paired.only_first += 1,
                (true, false) => paired.only_second += 1,
                _ => {}
            }
        }
        Ok(paired)
    }

    /// The first classifier's error rate minus the second's. Samples on which both agree cancel out, so the interval is
    /// far narrower than that of two independent rates. It is a normal approximation that needs at least ten
    /// disagreements.
    pub fn difference(&self) -> Difference {
        let (b, c, n) = (self.only_first as f64, self.only_second as f64, self.n as f64);
        let difference = (b - c) / n;
        let standard_error = (b + c - (b - c).powi(2) / n).max(0.0).sqrt() / n;
        Difference { difference, interval: around(difference, NORMAL * standard_error) }
    }
}

pub(super) fn around(centre: f64, half: f64) -> Interval {
    Interval { low: centre - half, high: centre + half }
}

/// Up to this many degrees of freedom the quantile comes from the distribution itself.
const MAX_EXACT: f64 = 200.0;

/// The 97.5 % quantile of Student's t with `df > 0` degrees of freedom, which may be infinite.
///
/// `P(|T| ≤ t) = 1 − I(df/(df + t²); df/2, 1/2)` with the regularised incomplete beta function `I`, bisected; above 200 degrees the
/// expansion about the normal quantile (Abramowitz & Stegun 26.7.5; error below 1e-8 there).
pub(super) fn student_quantile(df: f64) -> f64 {
    if df > MAX_EXACT {
        return student_expansion(df);
    }
    let (a, b) = (0.5 * df, 0.5);
    let ln_beta = a.ln_beta(b);
    let within = |t: f64| 1.0 - (df / (df + t * t)).inc_beta(a, b, ln_beta);
    let (mut low, mut high) = (0.0, 2.0);
    while within(high) < 0.95 && high < 1e12 {
        high *= 2.0;
    }
    // 80 halvings end below the spacing of doubles.
    for _ in 0..80 {
        let middle = 0.5 * (low + high);
        if within(middle) < 0.95 { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

fn student_expansion(v: f64) -> f64 {
    let z = NORMAL;
    let z2 = z * z;
    z + z * (z2 + 1.0) / (4.0 * v)
        + z * ((5.0 * z2 + 16.0) * z2 + 3.0) / (96.0 * v * v)
        + z * (((3.0 * z2 + 19.0) * z2 + 17.0) * z2 - 15.0) / (384.0 * v.powi(3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn student_quantiles_are_those_of_the_tables() {
        // NIST/SEMATECH e-Handbook, 1.3.6.7.2, column 0.975, printed to three decimals.
        for (df, published) in [
            (1, 12.706),
            (2, 4.303),
            (3, 3.182),
            (4, 2.776),
            (5, 2.571),
            (9, 2.262),
            (10, 2.228),
            (29, 2.045),
            (30, 2.042),
            (100, 1.984),
            (1000, 1.962),
        ] {
            let quantile = student_quantile(f64::from(df));
            assert!((quantile - published).abs() <= 5.1e-4, "{df}: {quantile}");
        }
        // One degree is Cauchy, two are algebraic: exact values.
        assert!((student_quantile(1.0) - (0.475 * std::f64::consts::PI).tan()).abs() < 1e-9);
        assert!((student_quantile(2.0) - 0.95 * (2.0 / (1.0 - 0.95f64.powi(2))).sqrt()).abs() < 1e-9);
        // Between whole numbers of degrees it falls, and it ends at the normal quantile.
        assert!(
            student_quantile(2.5) < student_quantile(2.0) && student_quantile(2.5) > student_quantile(3.0)
        );
        assert_eq!(student_quantile(f64::INFINITY), NORMAL);
        // Where the formulas meet, the expansion's first neglected term is of order v⁻⁴.
        assert!((student_quantile(MAX_EXACT) - student_expansion(MAX_EXACT)).abs() < 1e-8);
    }

    #[test]
    fn a_mean_has_students_interval_and_one_value_none() {
        // s = 1, n = 4: half width 3.1824/2.
        let x = (1.5f64).sqrt();
        let mean = Mean::of(&[10.0 - x, 10.0, 10.0, 10.0 + x]).unwrap();
        let interval = mean.interval.unwrap();
        assert!((mean.mean - 10.0).abs() < 1e-12);
        assert!((interval.high - 11.5912).abs() < 1e-4 && (interval.low - 8.4088).abs() < 1e-4);
        assert!(interval.is_above(8.4) && interval.is_below(11.6) && !interval.is_above(9.0));
        assert_eq!(Mean::of(&[3.0]).unwrap(), Mean { mean: 3.0, interval: None, n: 1 });
        assert_eq!(
            Mean::of(&[]).unwrap_err().to_string(),
            "mean: there are no values; at least one is needed"
        );
    }

    #[test]
    fn wilson_intervals_are_the_published_ones() {
        // Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3.
        for (errors, n, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let interval = ErrorRate { errors, n }.interval();
            assert!(
                (interval.low - low).abs() < 5.1e-5 && (interval.high - high).abs() < 5.1e-5,
                "{interval:?}"
            );
        }
        let all = ErrorRate { errors: 5, n: 5 }.interval();
        assert!(all.high <= 1.0 && all.high > 0.999_999);
    }

    #[test]
    fn independent_differences_are_the_published_ones() {
        // Newcombe, Statistics in Medicine 17 (1998) 873-890, table II, method 10.
        for (a, m, b, n, low, high) in
            [(56, 70, 48, 80, 0.0524, 0.3339), (9, 10, 3, 10, 0.1705, 0.8090), (10, 10, 0, 10, 0.6075, 1.0)]
        {
            let difference =
                independent_difference(ErrorRate { errors: a, n: m }, ErrorRate { errors: b, n });
            let Interval { low: l, high: h } = difference.interval;
            assert!((l - low).abs() < 5.1e-5 && (h - high).abs() < 5.1e-5, "{difference:?}");
        }
    }

    #[test]
    fn paired_differences_are_the_published_ones() {
        // Agresti, Categorical Data Analysis, §10.1: approval by 1600 voters at two times, 794/150/86/570:
        // difference −0.04 with standard error 0.0095, interval (−0.06, −0.02).
        let difference = Paired { only_first: 86, only_second: 150, n: 1600 }.difference();
        assert!((difference.difference + 0.04).abs() < 1e-12);
        assert!((difference.interval.low + 0.0587).abs() < 1e-4, "{difference:?}");
        assert!((difference.interval.high + 0.0213).abs() < 1e-4);
    }

    #[test]
    fn pairs_count_disagreements() {
        let paired = Paired::of(&[0, 1, 1, 2], &[0, 0, 1, 1], &[0, 0, 0, 1]).unwrap();
        assert_eq!(paired, Paired { only_first: 2, only_second: 0, n: 4 });
        assert_eq!(
            Paired::of(&[0], &[0, 1], &[0, 1]).unwrap_err().to_string(),
            "paired difference: 1 and 2 predictions for 2 labels; one per label is needed"
        );
    }
}
