//! Corruptions in text form: `masking:0.25`, `gaussian:1`, `masking:0.25+gaussian:0.1`.
//!
//! | text | each component of the input |
//! | --- | --- |
//! | `none` | stays |
//! | `masking:q` | becomes 0 with probability q, independently; survivors are not rescaled |
//! | `masking-exact:q` | becomes 0 for exactly `round(q·d)` components of every sample |
//! | `gaussian:σ` | gains normal noise of standard deviation σ |
//! | `salt-and-pepper:q` | becomes the data's minimum or maximum, by a fair coin, with probability q |
//! | `dropout:q` | becomes 0 with probability q below 1, independently; survivors are divided by 1 − q |
//!
//! Terms joined by `+` apply from left to right. Printing gives the same text.
//!
//! A number can change during training: `masking:0.5->0.1` masks half of the components in the first epoch, a tenth in
//! the last, and changes linearly in between. (In a shell this needs quotes, because of the `>`.) A single epoch uses
//! the first number. Everything outside training, such as the loss on validation samples, uses the last, so that only
//! the weights differ between one epoch's figure and the next.
//!
//! ```
//! use penstroke::Corruption;
//! let corruption: Corruption = "masking:0.25+gaussian:0.1".parse()?;
//! assert_eq!(corruption.to_string(), "masking:0.25+gaussian:0.1");
//! let wrong = "masking:1.3".parse::<Corruption>().unwrap_err();
//! assert_eq!(wrong.to_string(), "masking: probability 1.3 is outside 0..=1");
//! # Ok::<(), penstroke::Error>(())
//! ```

use crate::error::{Error, Result};
use penstroke_engine::Noise;
use std::fmt;
use std::str::FromStr;

/// A corruption of the input; an empty list of terms corrupts nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Corruption {
    /// The terms at the end of training.
    terms: Vec<Term>,
    /// The terms at the start of training, of the same kinds.
    first: Vec<Term>,
}

/// One kind of noise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Term {
    /// Probability of a zero, in `0..=1`.
    Masking(f64),
    /// Share of zeros in every sample, in `0..=1`.
    MaskingExact(f64),
    /// Standard deviation, at least 0, in the data's units.
    Gaussian(f64),
    /// Probability of an extreme value, in `0..=1`.
    SaltAndPepper(f64),
    /// Probability of a zero, in `0..1`; survivors are divided by 1 minus the probability.
    Dropout(f64),
}

/// The name of a term, its constructor, and the meaning of its number.
type TermRow = (&'static str, fn(f64) -> Term, &'static str);
const TERMS: [TermRow; 5] = [
    ("masking", Term::Masking, "probability"),
    ("masking-exact", Term::MaskingExact, "share"),
    ("gaussian", Term::Gaussian, "standard deviation"),
    ("salt-and-pepper", Term::SaltAndPepper, "probability"),
    ("dropout", Term::Dropout, "probability"),
];

impl Term {
    fn parts(self) -> (&'static str, f64) {
        match self {
            Term::Masking(q) => ("masking", q),
            Term::MaskingExact(q) => ("masking-exact", q),
            Term::Gaussian(deviation) => ("gaussian", deviation),
            Term::SaltAndPepper(q) => ("salt-and-pepper", q),
            Term::Dropout(q) => ("dropout", q),
        }
    }

    /// The same kind with a different number.
    fn with(self, number: f64) -> Self {
        match self {
            Term::Masking(_) => Term::Masking(number),
            Term::MaskingExact(_) => Term::MaskingExact(number),
            Term::Gaussian(_) => Term::Gaussian(number),
            Term::SaltAndPepper(_) => Term::SaltAndPepper(number),
            Term::Dropout(_) => Term::Dropout(number),
        }
    }
}

impl Corruption {
    /// No corruption: the plain autoencoder.
    pub const NONE: Self = Self { terms: Vec::new(), first: Vec::new() };

    /// A corruption with these terms, applied in order.
    ///
    /// # Errors
    /// If a probability is outside `0..=1` (for dropout, `0..1`), a standard deviation is negative, or there are more
    /// than 16 terms.
    pub fn new(terms: Vec<Term>) -> Result<Self> {
        if terms.len() > 16 {
            return Err(Error::option(
                "corruption",
                format!("{} terms, at most 16 are possible", terms.len()),
            ));
        }
        for term in &terms {
            let (name, number) = term.parts();
            match term {
                Term::Gaussian(_) if !(number.is_finite() && number >= 0.0) => {
                    let problem = format!("standard deviation {number} is not a finite number of at least 0");
                    return Err(Error::input(name, problem));
                }
                Term::Gaussian(_) => {}
                Term::Dropout(_) if !(0.0..1.0).contains(&number) => {
                    let problem = format!(
                        "probability {number} is outside 0..1; survivors are divided by 1 minus the probability"
                    );
                    return Err(Error::input(name, problem));
                }
                _ if !(0.0..=1.0).contains(&number) => {
                    return Err(Error::input(name, format!("probability {number} is outside 0..=1")));
                }
                _ => {}
            }
        }
        Ok(Self { first: terms.clone(), terms })
    }

    /// A corruption that starts with the terms `first` and ends with `last`, of the same kinds.
    ///
    /// # Errors
    /// As [`Corruption::new`], or if the kinds differ.
    pub fn moving(first: Vec<Term>, last: Vec<Term>) -> Result<Self> {
        let (first, last) = (Self::new(first)?.terms, Self::new(last)?.terms);
        let names = |terms: &[Term]| terms.iter().map(|term| term.parts().0).collect::<Vec<_>>();
        if names(&first) != names(&last) {
            return Err(Error::option(
                "corruption",
                "begins and ends with different kinds; only numbers move",
            ));
        }
        Ok(Self { terms: last, first })
    }

    /// The terms, at the end of training if they change.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// Whether any number changes from epoch to epoch.
    pub fn is_moving(&self) -> bool {
        self.terms != self.first
    }

    /// Whether nothing is corrupted.
    pub fn is_none(&self) -> bool {
        self.terms.is_empty()
    }

    /// The noises for the engine, at the end of training if they change. `range` is the minimum and maximum of the
    /// data, for salt and pepper.
    pub fn noises(&self, range: (f32, f32)) -> Vec<Noise> {
        self.noises_at(range, 1.0)
    }

    /// The noises for the engine at `share` of the way from the first epoch to the last, in `0..=1`.
    pub fn noises_at(&self, range: (f32, f32), share: f64) -> Vec<Noise> {
        let now = |(first, last): (&Term, &Term)| match (first.parts().1, last.parts().1) {
            // A constant number must stay exactly the same.
            (first, number) if first == number => *last,
            (first, number) => last.with((1.0 - share) * first + share * number),
        };
        let noise = |term: Term| match term {
            Term::Masking(probability) => Noise::Masking { probability },
            Term::MaskingExact(fraction) => Noise::MaskingExact { fraction },
            Term::Gaussian(deviation) => Noise::Gaussian { deviation },
            Term::Dropout(probability) => Noise::Dropout { probability },
            Term::SaltAndPepper(probability) => {
                Noise::SaltAndPepper { probability, low: f64::from(range.0), high: f64::from(range.1) }
            }
        };
        self.first.iter().zip(&self.terms).map(now).map(noise).collect()
    }
}

impl fmt::Display for Corruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.terms.is_empty() {
            return write!(f, "none");
        }
        for (k, (first, term)) in self.first.iter().zip(&self.terms).enumerate() {
            let ((_, first), (name, number)) = (first.parts(), term.parts());
            write!(f, "{}{name}:", if k > 0 { "+" } else { "" })?;
            if first == number { write!(f, "{number}")? } else { write!(f, "{first}->{number}")? }
        }
        Ok(())
    }
}

impl FromStr for Corruption {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text.trim() == "none" {
            return Ok(Self::NONE);
        }
        let (mut first, mut last) = (Vec::new(), Vec::new());
        for term in text.split('+') {
            let (name, number) = term.trim().split_once(':').unwrap_or((term.trim(), ""));
            let Some((name, make, what)) = TERMS.iter().find(|(known, ..)| *known == name) else {
                let known: Vec<_> = TERMS.iter().map(|(name, ..)| *name).collect();
                let problem =
                    format!("{name:?} is not one of none, {}; an example is masking:0.25", known.join(", "));
                return Err(Error::option("corruption", problem));
            };
            let parsed = |number: &str| {
                number.trim().parse().map_err(|_| {
                    // The result of an unquoted 0.5->0.1 in a shell.
                    let way_out = if number.ends_with('-') {
                        format!("in a shell, quote '{name}:0.5->0.1'")
                    } else {
                        format!("write {name}:0.25 for a {what} of 0.25")
                    };
                    Error::input(*name, format!("{number:?} is not a number; {way_out}"))
                })
            };
            let (begin, end) = number.split_once("->").unwrap_or((number, number));
            first.push(make(parsed(begin)?));
            last.push(make(parsed(end)?));
        }
        Self::moving(first, last)
    }
}

as_text!(Corruption);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_and_printed_back() {
        for text in [
            "none",
            "masking:0.25",
            "masking-exact:0.5",
            "gaussian:1",
            "salt-and-pepper:0.1",
            "dropout:0.2",
            "masking:0.25+gaussian:0.1",
            "masking:0.5->0.1",
            "gaussian:0->1.5+masking-exact:0.1+dropout:0.9->0.25",
            "gaussian:0.3+masking:1+salt-and-pepper:0",
        ] {
            assert_eq!(text.parse::<Corruption>().unwrap().to_string(), text);
        }
        assert_eq!(" masking:0.25 + gaussian:1 ".parse::<Corruption>().unwrap().terms().len(), 2);
        let same =
            ["masking:0.5->0.5", "masking: 0.5 -> 0.5"].map(|text| text.parse::<Corruption>().unwrap());
        assert!(same.iter().all(|same| same.to_string() == "masking:0.5" && !same.is_moving()));
    }

    #[test]
    fn scheduled_noise_is_linear_and_constant_noise_is_exact() {
        let corruption: Corruption = "masking:0.5->0.1+gaussian:0.3+salt-and-pepper:0->1".parse().unwrap();
        let at = |share| corruption.noises_at((-1.0, 2.0), share);
        let noises = |masking, pepper| {
            vec![
                Noise::Masking { probability: masking },
                Noise::Gaussian { deviation: 0.3 },
                Noise::SaltAndPepper { probability: pepper, low: -1.0, high: 2.0 },
            ]
        };
        assert_eq!(at(0.0), noises(0.5, 0.0));
        assert_eq!(at(0.5), noises(0.3, 0.5));
        assert_eq!(at(1.0), noises(0.1, 1.0));
        assert_eq!(corruption.noises((-1.0, 2.0)), at(1.0));
        assert_eq!(corruption.terms()[0], Term::Masking(0.1));
        let kinds = Corruption::moving(vec![Term::Masking(0.1)], vec![Term::Dropout(0.1)]).unwrap_err();
        assert_eq!(kinds.to_string(), "corruption: begins and ends with different kinds; only numbers move");
    }

    #[test]
    fn every_mistake_has_its_message() {
        for (text, message) in [
            ("masking:1.3", "masking: probability 1.3 is outside 0..=1"),
            ("masking:NaN", "masking: probability NaN is outside 0..=1"),
            ("masking-exact:-0.1", "masking-exact: probability -0.1 is outside 0..=1"),
            ("salt-and-pepper:2", "salt-and-pepper: probability 2 is outside 0..=1"),
            ("gaussian:-1", "gaussian: standard deviation -1 is not a finite number of at least 0"),
            ("gaussian:inf", "gaussian: standard deviation inf is not a finite number of at least 0"),
            ("masking", "masking: \"\" is not a number; write masking:0.25 for a probability of 0.25"),
            ("masking:0.5->1.5", "masking: probability 1.5 is outside 0..=1"),
            ("gaussian:-1->1", "gaussian: standard deviation -1 is not a finite number of at least 0"),
            ("masking:0.5->", "masking: \"\" is not a number; write masking:0.25 for a probability of 0.25"),
            ("masking:0.5-", "masking: \"0.5-\" is not a number; in a shell, quote 'masking:0.5->0.1'"),
            ("masking:x", "masking: \"x\" is not a number; write masking:0.25 for a probability of 0.25"),
            (
                "dropout:1",
                "dropout: probability 1 is outside 0..1; survivors are divided by 1 minus the probability",
            ),
            (
                "blur:0.5",
                "corruption: \"blur\" is not one of none, masking, masking-exact, gaussian, salt-and-pepper, dropout; \
                 an example is masking:0.25",
            ),
        ] {
            assert_eq!(text.parse::<Corruption>().unwrap_err().to_string(), message);
        }
        let many = vec!["masking:0.1"; 17].join("+").parse::<Corruption>().unwrap_err().to_string();
        assert_eq!(many, "corruption: 17 terms, at most 16 are possible");
    }
}
