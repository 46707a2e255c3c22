//! Problems and remedies as data, which each front end puts into its own words.

use std::fmt;

/// A problem and its remedies. [`Error`](super::Error) adds the place; a warning is a problem without a place.
///
/// ```
/// use penstroke::error::Problem;
/// let problem = Problem::from("cross-entropy needs a sigmoid decoder").set("decoder", "sigmoid");
/// assert_eq!(problem.to_string(), "cross-entropy needs a sigmoid decoder; set decoder to sigmoid");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The problem, without a full stop.
    pub text: String,
    /// The remedies, best first; any one of them suffices.
    pub remedies: Vec<Remedy>,
}

/// One remedy for a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Remedy {
    /// Give an option this value.
    Set {
        /// The option.
        option: &'static str,
        /// The value as text: a word, a number, or `true` for a flag.
        value: String,
    },
    /// Give an option a lower value.
    Lower {
        /// The option.
        option: &'static str,
        /// The value that was too high.
        below: String,
    },
    /// Use an option whose value only the caller knows.
    Use {
        /// The option.
        option: &'static str,
        /// The purpose: "leave the column out".
        purpose: String,
    },
    /// Leave an option out.
    LeaveOut {
        /// The option.
        option: &'static str,
    },
    /// Get a public data set.
    Fetch {
        /// Its name, as [`Source`](crate::data::Source) spells it.
        name: &'static str,
    },
    /// Do something without an option, in plain words.
    Do(String),
    /// Several remedies, all of them together.
    All(Vec<Remedy>),
}

/// A number of things, in words.
///
/// ```
/// use penstroke::error::counted;
/// assert_eq!([counted(0, "sample"), counted(1, "sample")], ["0 samples", "1 sample"]);
/// assert_eq!([counted(1, "class"), counted(2, "class")], ["1 class", "2 classes"]);
/// ```
#[must_use]
pub fn counted(n: usize, thing: &str) -> String {
    let plural = match n {
        1 => "",
        _ if thing.ends_with('s') => "es",
        _ => "s",
    };
    format!("{n} {thing}{plural}")
}

impl Remedy {
    /// All of these together.
    pub(crate) fn all(mut remedies: Vec<Remedy>) -> Self {
        match remedies.len() {
            1 => remedies.remove(0),
            _ => Remedy::All(remedies),
        }
    }

    /// The option that the remedy is about.
    pub fn option(&self) -> Option<&'static str> {
        match self {
            Remedy::Set { option, .. }
            | Remedy::Lower { option, .. }
            | Remedy::Use { option, .. }
            | Remedy::LeaveOut { option } => Some(option),
            Remedy::Fetch { .. } | Remedy::Do(_) | Remedy::All(_) => None,
        }
    }
}

/// How a front end names options. The default methods use the library's field names.
pub trait Words {
    /// The option's name, at the start of a message and inside it.
    fn option(&self, option: &str) -> String {
        option.to_owned()
    }

    /// Whether the caller can give this option. Remedies with other options are not shown.
    fn offers(&self, _option: &str) -> bool {
        true
    }

    /// "set optimizer to sgd".
    fn set(&self, option: &str, value: &str) -> String {
        format!("set {} to {value}", self.option(option))
    }

    /// "leave momentum out".
    fn leave_out(&self, option: &str) -> String {
        format!("leave {} out", self.option(option))
    }

    /// How to get a public data set; `None` if the front end cannot.
    fn fetch(&self, _name: &str) -> Option<String> {
        None
    }
}

/// The library's own names: field names.
#[derive(Clone, Copy, Debug)]
pub struct FieldNames;

impl Words for FieldNames {}

/// Methods that add a remedy, for a type with the method `or`.
macro_rules! with_remedies {
    () => {
        /// Adds the remedy to set `option` to `value`.
        #[must_use]
        pub fn set(self, option: &'static str, value: impl ToString) -> Self {
            self.or(Remedy::Set { option, value: value.to_string() })
        }

        /// Adds the remedy to do `purpose` with `option`.
        #[must_use]
        pub fn with(self, option: &'static str, purpose: impl Into<String>) -> Self {
            self.or(Remedy::Use { option, purpose: purpose.into() })
        }

        /// Adds the remedy to leave `option` out.
        #[must_use]
        pub fn leave_out(self, option: &'static str) -> Self {
            self.or(Remedy::LeaveOut { option })
        }

        /// Adds a remedy in plain words, such as "choose another name".
        #[must_use]
        pub fn hint(self, what: impl Into<String>) -> Self {
            self.or(Remedy::Do(what.into()))
        }
    };
}

impl Problem {
    /// Adds a remedy.
    #[must_use]
    pub fn or(mut self, remedy: Remedy) -> Self {
        self.remedies.push(remedy);
        self
    }

    with_remedies!();

    /// Adds the remedy to lower `option`, which must be below `below`.
    #[must_use]
    pub fn lower(self, option: &'static str, below: impl ToString) -> Self {
        self.or(Remedy::Lower { option, below: below.to_string() })
    }

    /// Formats the problem and its remedies on one line in the words of a front end.
    pub fn message(&self, words: &dyn Words) -> String {
        message(None, &self.text, &self.remedies, words)
    }
}

impl<T: Into<String>> From<T> for Problem {
    fn from(text: T) -> Self {
        Self { text: text.into(), remedies: Vec::new() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message(&FieldNames))
    }
}

/// Formats a problem with its remedies; the message has already named the option `about`.
pub(super) fn message(about: Option<&str>, text: &str, remedies: &[Remedy], words: &dyn Words) -> String {
    let ways: Vec<_> = remedies.iter().filter_map(|remedy| way(about, remedy, words)).collect();
    match &ways[..] {
        [] => text.to_owned(),
        [way] => format!("{text}; {way}"),
        [ways @ .., last] => format!("{text}; {}, or {last}", ways.join(", ")),
    }
}

fn way(about: Option<&str>, remedy: &Remedy, words: &dyn Words) -> Option<String> {
    if remedy.option().is_some_and(|option| !words.offers(option)) {
        return None;
    }
    match remedy {
        Remedy::Set { option, value } => Some(words.set(option, value)),
        Remedy::Lower { option, below } => Some(format!("try {} below {below}", words.option(option))),
        Remedy::Use { option, purpose } => Some(format!("{purpose} with {}", words.option(option))),
        Remedy::LeaveOut { option } if about == Some(option) => Some("leave it out".into()),
        Remedy::LeaveOut { option } => Some(words.leave_out(option)),
        Remedy::Fetch { name } => words.fetch(name),
        Remedy::Do(what) => Some(what.clone()),
        Remedy::All(remedies) => {
            let ways: Option<Vec<_>> = remedies.iter().map(|remedy| way(about, remedy, words)).collect();
            let ways = ways?;
            // One verb is enough for several options.
            let verb = ways.first()?.split_inclusive(' ').next()?;
            let rest = ways.iter().skip(1).map(|way| way.strip_prefix(verb).unwrap_or(way));
            Some(rest.fold(ways[0].clone(), |all, way| format!("{all} and {way}")))
        }
    }
}
