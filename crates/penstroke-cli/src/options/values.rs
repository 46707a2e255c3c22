//! Parsers for the values of options.

use clap::builder::{OsStringValueParser, PossibleValuesParser, StringValueParser, TypedValueParser};
use penstroke::InstructionSet;
use penstroke::config::{Named, instruction_set};
use penstroke::data::{Part, Source};
use std::error::Error;
use std::str::FromStr;
use std::time::Duration;

/// A path or a built-in name.
pub(crate) fn source() -> impl TypedValueParser<Value = Source> {
    OsStringValueParser::new().try_map(Source::named)
}

/// A library choice, by name.
pub(crate) fn named<T: Named + Send + Sync>() -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(T::ALL.iter().map(|(word, _)| *word)).try_map(|word| T::parse(&word))
}

/// A value that the library parses: `masking:0.25`, `linear:0.6`.
pub(crate) fn parsed<T>() -> impl TypedValueParser<Value = T>
where
    T: FromStr + Clone + Send + Sync + 'static,
    T::Err: Into<Box<dyn Error + Send + Sync>> + 'static,
{
    StringValueParser::new().try_map(|text| text.parse::<T>())
}

/// Vector instructions that this processor has, by name.
pub(crate) fn instructions() -> impl TypedValueParser<Value = InstructionSet> {
    StringValueParser::new().try_map(|name| instruction_set(&name))
}

/// The parts of a source, by name.
pub(crate) const PARTS: [(&str, Part); 3] =
    [("train", Part::Train), ("valid", Part::Valid), ("test", Part::Test)];

pub(crate) fn part() -> impl TypedValueParser<Value = Part> {
    one_of(&PARTS)
}

/// The parts on which a model can be evaluated.
pub(crate) fn judging_part() -> impl TypedValueParser<Value = Part> {
    one_of(&PARTS[1..])
}

fn one_of(parts: &'static [(&'static str, Part)]) -> impl TypedValueParser<Value = Part> {
    PossibleValuesParser::new(parts.iter().map(|(word, _)| *word))
        .map(|word| parts.iter().find(|(known, _)| *known == word).map_or(Part::Train, |(_, part)| *part))
}

pub(crate) fn time(text: &str) -> Result<Duration, String> {
    let seconds = ["s", "m", "h"].iter().zip([1.0, 60.0, 3600.0]).find_map(|(unit, seconds)| {
        let number: f64 = text.strip_suffix(unit)?.parse().ok()?;
        Duration::try_from_secs_f64(number * seconds).ok()
    });
    seconds.ok_or_else(|| format!("{text:?} is not a time; examples are 90s, 10m and 2h"))
}

pub(crate) fn count(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("{text:?} is not a whole number of at least 0"))
}

pub(crate) fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("{text:?} is not a whole number from 0 to {}", u64::MAX))
}

pub(crate) fn number(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| format!("{text:?} is not a number"))
}

pub(crate) fn threads(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(threads @ 0..=1024) => Ok(threads),
        _ => Err(format!("{text:?} is not a whole number from 0 to 1024")),
    }
}

/// Two weights, `1,0.5`.
pub(crate) fn emphasis(text: &str) -> Result<(f64, f64), String> {
    let weights = text
        .split_once(',')
        .and_then(|(corrupted, rest)| Some((corrupted.trim().parse().ok()?, rest.trim().parse().ok()?)));
    weights.ok_or_else(|| format!("{text:?} is not a pair of weights; an example is 1,0.5"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        for (text, seconds) in [("90s", 90.0), ("10m", 600.0), ("0.5h", 1800.0)] {
            assert_eq!(time(text), Ok(Duration::from_secs_f64(seconds)));
        }
        for text in ["", "10", "m", "-3s", "1e400h", "10 min"] {
            assert!(time(text).unwrap_err().contains("examples are 90s, 10m and 2h"), "{text}");
        }
    }
}
