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
//! | `mask:a..b` | becomes 0 with its whole cell, with a probability between a and b that is drawn for every row; `mask:q` is `mask:q..q` |
//! | `swap:q` | becomes, with its whole cell, that of another row, with probability q |
//! | `copy-mask` | becomes 0 with its whole cell if another row lacks that cell |
//!
//! The last three need data whose columns are cells, with gaps; for others, training refuses them.
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
    /// Least and greatest probability that a cell of a table is lost, in `0..=1`; every row draws its own between them.
    Mask(f64, f64),
    /// Probability that a cell of a table becomes that of another row, in `0..=1`.
    Swap(f64),
    /// Cells are lost where another row lacks them.
    CopyMask,
}

/// The numbers of a term: the two ends of a range, or one number twice.
type Numbers = (f64, f64);

/// The name of a term, its constructor, and the meaning of its numbers; `copy-mask` has none.
type TermRow = (&'static str, fn(f64, f64) -> Term, &'static str);
const TERMS: [TermRow; 8] = [
    ("masking", |q, _| Term::Masking(q), "probability"),
    ("masking-exact", |q, _| Term::MaskingExact(q), "share"),
    ("gaussian", |deviation, _| Term::Gaussian(deviation), "standard deviation"),
    ("salt-and-pepper", |q, _| Term::SaltAndPepper(q), "probability"),
    ("dropout", |q, _| Term::Dropout(q), "probability"),
    ("mask", Term::Mask, "probability"),
    ("swap", |q, _| Term::Swap(q), "probability"),
    ("copy-mask", |_, _| Term::CopyMask, ""),
];

impl Term {
    fn parts(self) -> (&'static str, Numbers) {
        match self {
            Term::Masking(q) => ("masking", (q, q)),
            Term::MaskingExact(q) => ("masking-exact", (q, q)),
            Term::Gaussian(deviation) => ("gaussian", (deviation, deviation)),
            Term::SaltAndPepper(q) => ("salt-and-pepper", (q, q)),
            Term::Dropout(q) => ("dropout", (q, q)),
            Term::Mask(low, high) => ("mask", (low, high)),
            Term::Swap(q) => ("swap", (q, q)),
            Term::CopyMask => ("copy-mask", (0.0, 0.0)),
        }
    }

    /// The same kind with different numbers.
    fn with(self, (low, high): Numbers) -> Self {
        let name = self.parts().0;
        TERMS.iter().find(|(known, ..)| *known == name).map_or(self, |(_, make, _)| make(low, high))
    }

    /// The name of a noise on the cells of a table; `None` for noises on components.
    pub(crate) fn on_cells(self) -> Option<&'static str> {
        matches!(self, Term::Mask(..) | Term::Swap(_) | Term::CopyMask).then_some(self.parts().0)
    }

    fn check(self) -> Result<()> {
        let (name, (number, last)) = self.parts();
        let refused = |problem: String| Err(Error::input(name, problem));
        let is_probability = |q: f64| (0.0..=1.0).contains(&q);
        match self {
            Term::Gaussian(_) if number.is_finite() && number >= 0.0 => Ok(()),
            Term::Gaussian(_) => {
                refused(format!("standard deviation {number} is not a finite number of at least 0"))
            }
            Term::Dropout(_) if !(0.0..1.0).contains(&number) => refused(format!(
                "probability {number} is outside 0..1; survivors are divided by 1 minus the probability"
            )),
            _ if !is_probability(number) => refused(format!("probability {number} is outside 0..=1")),
            _ if !is_probability(last) => refused(format!("probability {last} is outside 0..=1")),
            _ if number > last => refused(format!("{number}..{last} ends below its start; turn it round")),
            _ => Ok(()),
        }
    }
}

/// Writes one number, or a range.
fn write_numbers(f: &mut fmt::Formatter<'_>, (low, high): Numbers) -> fmt::Result {
    if low == high { write!(f, "{low}") } else { write!(f, "{low}..{high}") }
}

/// Reads the numbers of the term `name`, whose meaning is `what`.
fn read_numbers(name: &'static str, what: &str, text: &str) -> Result<Numbers> {
    if what.is_empty() {
        let problem = || Error::input(name, format!("{text:?} follows it, but it has no number"));
        return if text.is_empty() { Ok((0.0, 0.0)) } else { Err(problem()) };
    }
    let parsed = |number: &str| {
        number.trim().parse().map_err(|_| {
            // The result of an unquoted 0.5->0.1 in a shell.
            let way_out = if number.ends_with('-') {
                format!("in a shell, quote '{name}:0.5->0.1'")
            } else {
                format!("write {name}:0.25 for a {what} of 0.25")
            };
            Error::input(name, format!("{number:?} is not a number; {way_out}"))
        })
    };
    let ends = text.split_once("..").filter(|_| name == "mask");
    let (low, high) = ends.unwrap_or((text, text));
    Ok((parsed(low)?, parsed(high)?))
}

impl Corruption {
    /// No corruption: the plain autoencoder.
    pub const NONE: Self = Self { terms: Vec::new(), first: Vec::new() };

    /// A corruption with these terms, applied in order.
    ///
    /// # Errors
    /// If a probability is outside `0..=1` (for dropout, `0..1`), a range of them ends below its start, a standard deviation is
    /// negative, or there are more than 16 terms.
    pub fn new(terms: Vec<Term>) -> Result<Self> {
        if terms.len() > 16 {
            return Err(Error::option(
                "corruption",
                format!("{} terms, at most 16 are possible", terms.len()),
            ));
        }
        terms.iter().try_for_each(|term| term.check())?;
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

    /// Checks that it can corrupt data that have no cells.
    pub(crate) fn check_without_cells(&self) -> Result<()> {
        match self.terms.iter().find_map(|term| term.on_cells()) {
            Some(noise) => Err(penstroke_engine::EngineError::NoCells { noise }.into()),
            None => Ok(()),
        }
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
            (first, numbers) if first == numbers => *last,
            (first, numbers) => {
                let between = |first: f64, last: f64| {
                    if first == last { last } else { (1.0 - share) * first + share * last }
                };
                last.with((between(first.0, numbers.0), between(first.1, numbers.1)))
            }
        };
        let noise = |term: Term| match term {
            Term::Masking(probability) => Noise::Masking { probability },
            Term::MaskingExact(fraction) => Noise::MaskingExact { fraction },
            Term::Gaussian(deviation) => Noise::Gaussian { deviation },
            Term::Dropout(probability) => Noise::Dropout { probability },
            Term::Mask(low, high) => Noise::MaskCells { low, high },
            Term::Swap(probability) => Noise::SwapCells { probability },
            Term::CopyMask => Noise::CopyMask,
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
            let ((_, first), (name, numbers)) = (first.parts(), term.parts());
            write!(f, "{}{name}", if k > 0 { "+" } else { "" })?;
            if *term == Term::CopyMask {
                continue;
            }
            write!(f, ":")?;
            if first != numbers {
                write_numbers(f, first)?;
                write!(f, "->")?;
            }
            write_numbers(f, numbers)?;
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
            let (begin, end) = number.split_once("->").unwrap_or((number, number));
            for (terms, text) in [(&mut first, begin), (&mut last, end)] {
                let (low, high) = read_numbers(name, what, text)?;
                terms.push(make(low, high));
            }
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
            "mask:0.05..0.6",
            "mask:0.3",
            "mask:0.5..0.9->0..0.2+swap:0.15+copy-mask",
            "copy-mask+mask:0.5->0.1",
        ] {
            assert_eq!(text.parse::<Corruption>().unwrap().to_string(), text);
        }
        let range: Corruption = "mask: 0.3 .. 0.5".parse().unwrap();
        assert_eq!(range.terms(), [Term::Mask(0.3, 0.5)]);
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
        let cells: Corruption = "mask:0.25..0.75->0.25..0.25+swap:0.15+copy-mask".parse().unwrap();
        assert_eq!(
            cells.noises_at((0.0, 1.0), 0.5),
            [
                Noise::MaskCells { low: 0.25, high: 0.5 },
                Noise::SwapCells { probability: 0.15 },
                Noise::CopyMask,
            ]
        );
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
            ("mask:0.6..0.2", "mask: 0.6..0.2 ends below its start; turn it round"),
            ("mask:0.6..1.2", "mask: probability 1.2 is outside 0..=1"),
            ("mask:0.6..", "mask: \"\" is not a number; write mask:0.25 for a probability of 0.25"),
            (
                "swap:0.1..0.2",
                "swap: \"0.1..0.2\" is not a number; write swap:0.25 for a probability of 0.25",
            ),
            ("copy-mask:0.5", "copy-mask: \"0.5\" follows it, but it has no number"),
            (
                "blur:0.5",
                "corruption: \"blur\" is not one of none, masking, masking-exact, gaussian, salt-and-pepper, dropout, mask, \
                 swap, copy-mask; an example is masking:0.25",
            ),
        ] {
            assert_eq!(text.parse::<Corruption>().unwrap_err().to_string(), message);
        }
        let many = vec!["masking:0.1"; 17].join("+").parse::<Corruption>().unwrap_err().to_string();
        assert_eq!(many, "corruption: 17 terms, at most 16 are possible");
    }
}
