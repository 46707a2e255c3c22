//! The course of the learning rate during training.
//!
//! With `t` in `0..1` as the share of steps done, and warm-up `w` and hold `h` as shares of all steps, the rate is
//! multiplied by
//!
//! - `t / w` while `t < w` (plus half a step, so that the first step is not lost);
//! - 1 while `t < max(w, h)`;
//! - then, with `u` running from 0 to 1 over the rest: constant 1, linear `1 − u`, cosine `(1 + cos πu) / 2`.
//!
//! ```
//! use penstroke::Schedule;
//! let schedule: Schedule = "linear:0.6".parse()?; // constant for 60 % of the steps, then falling to 0
//! assert_eq!(schedule.factor(50, 100), 1.0);
//! assert!((schedule.factor(80, 100) - 0.5).abs() < 0.02);
//! assert_eq!(schedule.to_string(), "linear:0.6");
//! # Ok::<(), penstroke::Error>(())
//! ```

use crate::error::{Error, Result};
use std::fmt;
use std::str::FromStr;

/// How the learning rate falls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Decay {
    /// It does not fall.
    #[default]
    Constant,
    /// Linearly to 0.
    Linear,
    /// Along half a cosine wave to 0.
    Cosine,
}

/// A schedule of the learning rate, as a factor.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Schedule {
    /// How it falls.
    pub decay: Decay,
    /// Share of all steps before it falls, in `0..1`.
    pub hold: f64,
    /// Share of all steps during which it rises from 0, in `0..1`.
    pub warm_up: f64,
}

impl Schedule {
    /// The factor at step `step` of `steps`, in `0..=1`.
    pub fn factor(&self, step: u64, steps: u64) -> f64 {
        let done = (step as f64 + 0.5) / steps.max(1) as f64;
        if done < self.warm_up {
            return done / self.warm_up;
        }
        let flat = self.warm_up.max(self.hold);
        let rest = ((done - flat) / (1.0 - flat)).clamp(0.0, 1.0);
        match self.decay {
            Decay::Constant => 1.0,
            Decay::Linear => 1.0 - rest,
            Decay::Cosine => 0.5 * (1.0 + (std::f64::consts::PI * rest).cos()),
        }
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.decay {
            Decay::Constant => "constant",
            Decay::Linear => "linear",
            Decay::Cosine => "cosine",
        };
        match (self.hold, self.warm_up) {
            (0.0, 0.0) => write!(f, "{name}"),
            (hold, 0.0) => write!(f, "{name}:{hold}"),
            (hold, warm_up) => write!(f, "{name}:{hold}:{warm_up}"),
        }
    }
}

impl FromStr for Schedule {
    type Err = Error;

    /// Parses `constant`, `linear` or `cosine`, each optionally with `:hold` or `:hold:warm-up`, as shares of all
    /// steps.
    fn from_str(text: &str) -> Result<Self> {
        let mut parts = text.trim().split(':');
        let decay = match parts.next() {
            Some("constant") => Decay::Constant,
            Some("linear") => Decay::Linear,
            Some("cosine") => Decay::Cosine,
            _ => {
                let problem =
                    format!("{text:?} is not one of constant, linear, cosine; an example is linear:0.6");
                return Err(Error::option("schedule", problem));
            }
        };
        let mut share = || match parts.next() {
            None => Ok(0.0),
            Some(word) => match word.parse::<f64>() {
                Ok(share) if (0.0..1.0).contains(&share) => Ok(share),
                _ => Err(Error::option("schedule", format!("{word:?} is not a share of the steps in 0..1"))),
            },
        };
        let schedule = Self { decay, hold: share()?, warm_up: share()? };
        match parts.next() {
            None => Ok(schedule),
            Some(_) => Err(Error::option("schedule", format!("{text:?} is more than decay:hold:warm-up"))),
        }
    }
}

as_text!(Schedule);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedule_factors_follow_their_formulas() {
        let at = |text: &str, step| text.parse::<Schedule>().unwrap().factor(step, 1000);
        // Half a step is 0.0005 of all steps.
        for (text, step, expected) in [
            ("constant", 0, 1.0),
            ("constant", 999, 1.0),
            ("linear", 500, 0.4995),
            ("linear:0.6", 599, 1.0),
            ("linear:0.6", 800, 0.498_75),
            ("cosine", 0, 1.0),
            ("cosine", 500, 0.5 - 0.000_785),
            ("constant:0:0.1", 50, 0.505),
            ("linear:0:0.5", 750, 0.499),
        ] {
            let have = at(text, step);
            assert!((have - expected).abs() < 1e-5, "{text} at {step}: {have}");
        }
        assert!(at("cosine", 999) > 0.0 && at("linear", 999) > 0.0);
    }

    #[test]
    fn text_is_read_and_printed_back() {
        for text in ["constant", "linear", "cosine:0.5", "linear:0.6:0.05", "constant:0:0.1"] {
            assert_eq!(text.parse::<Schedule>().unwrap().to_string(), text);
        }
        let none = "is not one of constant, linear, cosine; an example is linear:0.6";
        let no_share = "is not a share of the steps in 0..1";
        for (text, word, problem) in [
            ("", "", none),
            ("step", "step", none),
            ("linear:1", "1", no_share),
            ("linear:x", "x", no_share),
            ("linear:-0.1", "-0.1", no_share),
            ("linear:0:0:0", "linear:0:0:0", "is more than decay:hold:warm-up"),
        ] {
            let message = text.parse::<Schedule>().unwrap_err().to_string();
            assert_eq!(message, format!("schedule: {word:?} {problem}"));
        }
    }
}
