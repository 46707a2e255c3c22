//! Names of choices such as activations, for the command line, configurations and model files.

use crate::error::{Error, Result};
use penstroke_engine::{Activation, Initialization, InstructionSet, Precision};
use serde::{Deserialize, Deserializer, Serializer, de};

/// A choice between named values.
pub trait Named: Copy + PartialEq + 'static {
    /// The option's name, for error messages.
    const WHAT: &'static str;
    /// Every value with its name.
    const ALL: &'static [(&'static str, Self)];

    /// The name of this value.
    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, value)| *value == self).map_or("?", |(name, _)| name)
    }

    /// The value with this name.
    ///
    /// # Errors
    /// If there is no such value; the message lists all names.
    fn parse(text: &str) -> Result<Self> {
        Self::ALL.iter().find(|(name, _)| *name == text).map(|(_, value)| *value).ok_or_else(|| {
            let words: Vec<_> = Self::ALL.iter().map(|(name, _)| *name).collect();
            Error::option(Self::WHAT, format!("{text:?} is not one of {}", words.join(", ")))
        })
    }
}

impl Named for Activation {
    const WHAT: &'static str = "activation";
    const ALL: &'static [(&'static str, Self)] = &[
        ("sigmoid", Activation::Sigmoid),
        ("tanh", Activation::Tanh),
        ("relu", Activation::Relu),
        ("linear", Activation::Linear),
    ];
}

impl Named for Initialization {
    const WHAT: &'static str = "initialization";
    const ALL: &'static [(&'static str, Self)] =
        &[("glorot", Initialization::Glorot), ("glorot-sigmoid", Initialization::GlorotSigmoid)];
}

impl Named for Precision {
    const WHAT: &'static str = "precision";
    const ALL: &'static [(&'static str, Self)] = &[("f32", Precision::F32), ("bf16", Precision::Bf16)];
}

/// The instruction set with this name.
///
/// ```
/// use penstroke::InstructionSet;
/// use penstroke::config::instruction_set;
/// assert_eq!(instruction_set("portable")?.name(), "portable");
/// assert_eq!(instruction_set(InstructionSet::detect().name())?, InstructionSet::detect());
/// # Ok::<(), penstroke::Error>(())
/// ```
///
/// # Errors
/// If this processor does not have it; the message lists those it has.
pub fn instruction_set(text: &str) -> Result<InstructionSet> {
    InstructionSet::named(text).ok_or_else(|| {
        let names: Vec<_> = InstructionSet::all().map(InstructionSet::name).collect();
        let problem =
            format!("{text:?} is not one of {}, the instruction sets of this processor", names.join(", "));
        Error::option("instructions", problem)
    })
}

/// `#[serde(with = "names")]`.
pub(crate) fn serialize<T: Named, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(value.name())
}

/// `#[serde(with = "names")]`.
pub(crate) fn deserialize<'de, T: Named, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
}

/// The same for an optional choice.
pub(crate) mod option {
    use super::{Deserialize, Deserializer, Named, Result, Serializer, de};

    pub(crate) fn serialize<T: Named, S: Serializer>(
        value: &Option<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.serialize_some(value.name()),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, T: Named, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<T>, D::Error> {
        let word = Option::<String>::deserialize(deserializer)?;
        word.map(|word| T::parse(&word).map_err(de::Error::custom)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_back() {
        fn check<T: Named + std::fmt::Debug>() {
            for (name, value) in T::ALL {
                assert_eq!(T::parse(name).unwrap(), *value);
                assert_eq!(value.name(), *name);
            }
        }
        check::<Activation>();
        check::<crate::config::Reconstruction>();
        check::<crate::config::Optimizer>();
        check::<Initialization>();
        check::<Precision>();
        let message = Activation::parse("sigmod").unwrap_err().to_string();
        assert_eq!(message, "activation: \"sigmod\" is not one of sigmoid, tanh, relu, linear");
    }
}
