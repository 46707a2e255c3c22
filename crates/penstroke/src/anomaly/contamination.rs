//! From which score on a row counts as an anomaly.

use super::detector::Detector;
use crate::{Error, Result};
use std::fmt;
use std::str::FromStr;

/// How many robust standard deviations above the median the logarithm of an anomaly's score is, if no share is given.
const DEVIATIONS: f64 = 3.0;

/// Quantiles of normal numbers, in standard deviations. The first at which scores differ from the median gives their spread: the upper
/// quartile, unless many scores are equal.
const QUANTILES: [(f64, f64); 3] =
    [(0.75, 0.674_489_750_196_081_7), (0.9, 1.281_551_565_544_6), (0.95, 1.644_853_626_951_472_7)];

/// Which rows count as anomalies.
///
/// ```
/// use penstroke::anomaly::Contamination;
/// assert_eq!("auto".parse::<Contamination>()?, Contamination::Auto);
/// assert_eq!("0.05".parse::<Contamination>()?, Contamination::Share(0.05));
/// let wrong = "0.7".parse::<Contamination>().unwrap_err().to_string();
/// assert_eq!(wrong, "contamination: 0.7 is neither auto nor a share above 0 and at most 0.5");
/// # Ok::<(), penstroke::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Contamination {
    /// Rows whose logarithmic score is more than three robust standard deviations above the median of the learned rows: 1 in 700 if
    /// these logarithms are normally distributed. The deviation is that of a normal distribution with their median and upper quartile;
    /// if that is the median, with their 90th or 95th percentile.
    #[default]
    Auto,
    /// The share of the learned rows that are anomalies, above 0 and at most 0.5.
    Share(f64),
}

impl FromStr for Contamination {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match (text, text.parse()) {
            ("auto", _) => Ok(Self::Auto),
            (_, Ok(share)) if 0.0 < share && share <= 0.5 => Ok(Self::Share(share)),
            _ => Err(refused(text)),
        }
    }
}

fn refused(wrong: impl fmt::Display) -> Error {
    Error::option("contamination", format!("{wrong} is neither auto nor a share above 0 and at most 0.5"))
}

impl fmt::Display for Contamination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Share(share) => write!(f, "{share}"),
        }
    }
}

impl Detector {
    /// The score above which a row counts as an anomaly.
    ///
    /// # Errors
    /// If a share is out of range.
    pub fn threshold(&self, contamination: Contamination) -> Result<f64> {
        threshold(self.learned_scores(), contamination)
    }
}

/// The threshold among ascending scores.
pub(super) fn threshold(scores: &[f64], contamination: Contamination) -> Result<f64> {
    Ok(match contamination {
        Contamination::Share(share) if !(0.0 < share && share <= 0.5) => return Err(refused(share)),
        Contamination::Share(share) => quantile(scores, 1.0 - share),
        Contamination::Auto => {
            let logs: Vec<f64> = scores.iter().map(|score| score.max(f64::MIN_POSITIVE).ln()).collect();
            let above = |share| quantile(&logs, share) - quantile(&logs, 0.5);
            let spreads = QUANTILES.into_iter().map(|(share, deviations)| above(share) / deviations);
            let spread = spreads.into_iter().find(|spread| *spread > 0.0).unwrap_or_default();
            // A factor of the median, so that rounding does not put equal scores above it.
            (quantile(scores, 0.5) * (DEVIATIONS * spread).exp()).min(f64::MAX)
        }
    })
}

/// The quantile of ascending values, interpolated linearly between neighbours; 0 of none.
fn quantile(ascending: &[f64], share: f64) -> f64 {
    let place = share * ascending.len().saturating_sub(1) as f64;
    let value = |at: f64| ascending.get(at as usize).copied().unwrap_or_default();
    let (low, high) = (value(place.floor()), value(place.ceil()));
    low + (place - place.floor()) * (high - low)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn threshold(scores: &[f64], contamination: Contamination) -> f64 {
        super::threshold(scores, contamination).unwrap()
    }

    #[test]
    fn thresholds_are_those_of_the_distribution() {
        let scores: Vec<f64> = (0..=100).map(f64::from).collect();
        assert_eq!(threshold(&scores, Contamination::Share(0.05)), 95.0);
        assert_eq!(threshold(&scores, Contamination::Share(0.5)), 50.0);
        // Logarithms of −2, −1, 0, 1, 2: median 0, upper quartile 1.
        let scores = [-2.0f64, -1.0, 0.0, 1.0, 2.0].map(f64::exp);
        let expected = (3.0 / 0.674_489_750_196_081_7f64).exp();
        assert!((threshold(&scores, Contamination::Auto) / expected - 1.0).abs() < 1e-12);
        for score in [0.00577, 0.3, 1.0, 7.7] {
            assert_eq!(threshold(&[score; 30], Contamination::Auto), score, "no equal score is above");
        }
    }

    #[test]
    fn equal_scores_do_not_make_all_others_anomalies() {
        // 80 % ones, and logarithms from 0 to 1 above: the 90th percentile is in the middle.
        let scores: Vec<f64> = (0..=100).map(|k| (f64::from(k - 80).max(0.0) / 20.0).exp()).collect();
        let expected = (3.0 * 0.5 / 1.281_551_565_544_6f64).exp();
        assert!((threshold(&scores, Contamination::Auto) / expected - 1.0).abs() < 1e-12);
        let one_in_twelve: Vec<f64> = (0..=100).map(|k| if k < 92 { 1.0 } else { 2.0 }).collect();
        assert!(threshold(&one_in_twelve, Contamination::Auto) > 2.0);
        // So few are above.
        let one_in_fifty: Vec<f64> = (0..=100).map(|k| if k < 99 { 1.0 } else { 2.0 }).collect();
        assert_eq!(threshold(&one_in_fifty, Contamination::Auto), 1.0);
    }

    #[test]
    fn shares_out_of_range_are_refused() {
        for wrong in ["0", "0.51", "-0.1", "nan", "", "Auto", "5%"] {
            assert!(wrong.parse::<Contamination>().is_err(), "{wrong}");
        }
        for wrong in [0.0, 0.51, -5.0, f64::NAN] {
            let refused = super::threshold(&[1.0], Contamination::Share(wrong)).unwrap_err().to_string();
            assert!(refused.starts_with("contamination: "), "{refused}");
        }
        assert_eq!(
            Contamination::Share(0.5).to_string().parse::<Contamination>().unwrap(),
            Contamination::Share(0.5)
        );
    }
}
