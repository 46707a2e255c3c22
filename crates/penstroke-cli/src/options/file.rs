//! `--config FILE`: reads options from a TOML file, and writes all options to a file beside the result.
//!
//! A key is the long name of an option, or `source`; a list stands for comma-separated values, `true` for a flag. The
//! command line wins: a key is ignored if its option, or a conflicting one, is typed.

use crate::run::console::note;
use crate::run::failure::{Failure, Result};
use clap::error::ContextKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command};
use penstroke::Error;
use std::ffi::OsString;
use std::fmt::Write;
use std::io::Read;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

/// The option `--config`.
#[derive(Args, Clone, Debug)]
pub(crate) struct ConfigFile {
    /// Read options from this TOML file, by their long names, and the argument as source; typed options win. A file with all
    /// options is written beside the result
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// A command line with the options of a file inserted.
#[derive(Debug)]
pub(crate) struct Expanded {
    pub(crate) words: Vec<OsString>,
    /// The options from the file, named as in clap's errors, with their lines.
    origins: Vec<(String, String)>,
}

/// Inserts the options of the `--config` file, if there is one.
pub(crate) fn expand(command: &Command, words: Vec<OsString>) -> Result<Expanded> {
    let verb = words.get(1).and_then(|word| command.find_subcommand(word));
    let Some(verb) = verb.filter(|verb| find(verb, "config").is_some()) else {
        return Ok(Expanded { words, origins: Vec::new() });
    };
    let Typed { options, config, n_configs, has_argument } = Typed::of(verb, &words[2..]);
    if n_configs > 1 {
        return Err(Error::option("config", "is given twice").hint("put all options into one file").into());
    }
    let Some(path) = config else { return Ok(Expanded { words, origins: Vec::new() }) };
    let place = path.display().to_string();
    let text = std::fs::read_to_string(&path).map_err(|error| match error.kind() {
        std::io::ErrorKind::InvalidData => Error::input(&place, "is not UTF-8 text, as TOML must be"),
        _ => Error::io(&path, error),
    })?;
    let line = |at: usize| format!("{place}: line {}", text[..at].matches('\n').count() + 1);
    let table = DeTable::parse(&text).map_err(|error| {
        let place = error.span().map_or(place.clone(), |span| line(span.start));
        Error::input(place, format!("is not TOML: {}", error.message()))
    })?;
    let (mut from_file, mut origins) = (Vec::new(), Vec::new());
    for (key, value) in table.get_ref() {
        let (name, place) = (key.get_ref().as_ref(), line(key.span().start));
        let refuse = |problem: String| Failure::from(Error::input(&place, problem));
        let Some(arg) = find(verb, name).filter(|_| name != "config") else {
            let verb = verb.get_name();
            let problem =
                format!("{name} is not an option of penstroke {verb}; see `penstroke {verb} --help`");
            return Err(refuse(problem));
        };
        let wins = |typed: &&str| {
            let Some(typed) = find(verb, typed) else { return false };
            typed.get_id() == arg.get_id() || excludes(verb, typed, arg) || excludes(verb, arg, typed)
        };
        if (arg.is_positional() && has_argument) || options.iter().any(|option| wins(&option.as_str())) {
            continue;
        }
        match value.get_ref() {
            DeValue::Boolean(is_on) if !arg.is_positional() && !arg.get_action().takes_values() => {
                from_file.extend(is_on.then(|| format!("--{name}").into()));
            }
            _ if !arg.is_positional() && !arg.get_action().takes_values() => {
                return Err(refuse(format!("{name} must be true or false")));
            }
            value => {
                let text = words_of(value)
                    .ok_or_else(|| refuse(format!("{name} must be text, a number or a list of them")))?;
                let text = if arg.is_positional() { text } else { format!("--{name}={text}") };
                from_file.push(text.into());
            }
        }
        let shown =
            if arg.is_positional() { format!("<{}>", name.to_uppercase()) } else { format!("--{name}") };
        origins.push((shown, place));
    }
    let (before, typed) = words.split_at(2);
    Ok(Expanded { words: [before, &from_file, typed].concat(), origins })
}

impl Expanded {
    /// The line of the file followed by a colon, if clap's error is about an option from it.
    pub(crate) fn place(&self, error: &clap::Error) -> String {
        let arg = error.get(ContextKind::InvalidArg).map(ToString::to_string).unwrap_or_default();
        let origin = self.origins.iter().find(|(name, _)| name == first_word(&arg));
        origin.map_or(String::new(), |(_, place)| format!("{place}: "))
    }
}

/// A command line, before clap parses it.
struct Typed {
    /// Long names of the typed options.
    options: Vec<String>,
    config: Option<PathBuf>,
    n_configs: usize,
    has_argument: bool,
}

impl Typed {
    fn of(verb: &Command, words: &[OsString]) -> Self {
        let mut typed = Self { options: Vec::new(), config: None, n_configs: 0, has_argument: false };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let text = word.to_string_lossy();
            let Some(option) = text.strip_prefix("--") else {
                typed.has_argument |= !text.starts_with('-') || text == "-";
                continue;
            };
            if option.is_empty() {
                typed.has_argument |= words.next().is_some();
                break;
            }
            let (name, mut value) = match option.split_once('=') {
                Some((name, value)) => (name, Some(OsString::from(value))),
                None => (option, None),
            };
            if value.is_none() && find(verb, name).is_some_and(|arg| arg.get_action().takes_values()) {
                value = words.next().cloned();
            }
            if name == "config" {
                typed.n_configs += 1;
                typed.config = value.map(PathBuf::from);
            }
            typed.options.push(name.to_owned());
        }
        typed
    }
}

/// The option with this long name, or the argument with this id.
fn find<'a>(verb: &'a Command, name: &str) -> Option<&'a Arg> {
    verb.get_arguments().find(|arg| match arg.is_positional() {
        true => arg.get_id() == name,
        false => arg.get_long() == Some(name),
    })
}

fn excludes(verb: &Command, one: &Arg, other: &Arg) -> bool {
    verb.get_arg_conflicts_with(one).iter().any(|arg| arg.get_id() == other.get_id())
}

fn first_word(text: &str) -> &str {
    text.split([' ', '=']).next().unwrap_or(text)
}

/// A value as typed; `None` for types that no option takes.
fn words_of(value: &DeValue<'_>) -> Option<String> {
    Some(match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) if number.radix() == 10 => number.as_str().to_owned(),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Boolean(value) => value.to_string(),
        DeValue::Array(values) => {
            let words = values.iter().map(|value| match value.get_ref() {
                DeValue::Array(_) => None,
                value => words_of(value),
            });
            words.collect::<Option<Vec<_>>>()?.join(",")
        }
        _ => return None,
    })
}

/// The suffix of the file of options beside a model.
pub(crate) const TOML: &str = ".toml";

/// The first words of that file; its first versions used the second form.
const HEADS: [&str; 2] = ["# All options;", "# What was meant;"];

/// All options of a command, as a file for `--config`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resolved {
    text: Option<String>,
    /// The same without the defaults.
    given_text: Option<String>,
    given: Vec<String>,
}

impl Resolved {
    /// The options of `verb` that were typed, read from a file, or have a default; `defaults` are the library's, by id.
    /// With --from, defaults come from the model and are left out.
    pub(crate) fn of(verb: &Command, matches: &ArgMatches, defaults: &[(&'static str, String)]) -> Self {
        let is_typed = |arg: &&Arg| {
            let source = matches.value_source(arg.get_id().as_str());
            source.is_some_and(|source| source != ValueSource::DefaultValue)
        };
        let typed: Vec<&Arg> = verb.get_arguments().filter(is_typed).collect();
        let has_start = typed.iter().any(|arg| arg.get_id() == "from");
        let given = typed.iter().filter_map(|arg| arg.get_long()).map(str::to_owned).collect();
        let mut text = format!(
            "{} `penstroke {} --config FILE` runs this again.\n# penstroke {}\n",
            HEADS[0],
            verb.get_name(),
            env!("CARGO_PKG_VERSION")
        );
        let mut given_text = text.clone();
        for arg in verb.get_arguments().filter(|arg| arg.get_id() != "config") {
            let before = text.len();
            let id = arg.get_id().as_str();
            let name = arg.get_long().unwrap_or(id);
            let is_typed = typed.iter().any(|typed| typed.get_id() == arg.get_id());
            let fits =
                || typed.iter().all(|typed| !excludes(verb, typed, arg) && !excludes(verb, arg, typed));
            // Checkpoints do not change the result.
            let matters = arg.get_help_heading() != Some("Checkpoints");
            if !(is_typed || matters && fits()) {
                continue;
            }
            let default = defaults.iter().find(|(of, _)| *of == id).filter(|_| !has_start);
            let values: Vec<String> = match (matches.value_source(id), default) {
                (Some(_), _) if !arg.is_positional() && !arg.get_action().takes_values() => {
                    if is_typed {
                        // Writing to a string cannot fail, here and below.
                        let _ = writeln!(text, "{name} = true");
                        given_text += &text[before..];
                    }
                    continue;
                }
                (Some(_), _) => {
                    let raw = matches.get_raw(id).unwrap_or_default();
                    match raw.map(|value| value.to_str().map(toml_value)).collect() {
                        Some(values) => values,
                        None => return Self { text: None, given_text: None, given },
                    }
                }
                (None, Some((_, default))) => vec![toml_value(default)],
                (None, None) => continue,
            };
            let _ = match &values[..] {
                [value] => writeln!(text, "{name} = {value}"),
                values => writeln!(text, "{name} = [{}]", values.join(", ")),
            };
            if is_typed {
                given_text += &text[before..];
            }
        }
        Self { text: Some(text), given_text: Some(given_text), given }
    }

    /// Only the options that were typed or read from a file.
    pub(crate) fn without_defaults(&self) -> Self {
        Self { text: self.given_text.clone(), ..self.clone() }
    }

    /// The long names of these options.
    pub(crate) fn given(&self) -> &[String] {
        &self.given
    }

    /// Refuses to overwrite a file at `path` that this program did not write.
    pub(crate) fn check(path: Option<&Path>) -> Result<()> {
        let Some(path) = path else { return Ok(()) };
        let mut beginning = Vec::new();
        let longest = HEADS.map(str::len).into_iter().max().unwrap_or(0) as u64;
        let read = std::fs::File::open(path).and_then(|file| file.take(longest).read_to_end(&mut beginning));
        match read {
            Ok(_) if !HEADS.iter().any(|head| beginning.starts_with(head.as_bytes())) => {
                let error = Error::input(path, "exists and would be overwritten by the file of options");
                Err(error.hint("move it").with("out", "choose another name").into())
            }
            _ => Ok(()),
        }
    }

    /// Writes the file.
    pub(crate) fn write(&self, path: &Path) -> penstroke::Result<()> {
        let Some(text) = &self.text else {
            note(&format!(
                "penstroke: {}: not written, because a file name is not UTF-8 text",
                path.display()
            ));
            return Ok(());
        };
        penstroke::files::write_atomic(path, |out| out.write_all(text.as_bytes()))
    }
}

/// A number unchanged, anything else between quotes.
fn toml_value(text: &str) -> String {
    let digits = |text: &str| !text.is_empty() && text.len() < 19 && text.bytes().all(|b| b.is_ascii_digit());
    let whole = |text: &str| digits(text) && (text == "0" || !text.starts_with('0'));
    let number = text.strip_prefix('-').unwrap_or(text);
    let is_number = match number.split_once('.') {
        Some((integer, fraction)) => whole(integer) && digits(fraction),
        None => whole(number),
    };
    if is_number {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            letter if letter.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(letter));
            }
            letter => quoted.push(letter),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_back_as_they_were() {
        for text in [
            "0.25",
            "-3",
            "0",
            "1e-3",
            "007",
            "1.",
            ".5",
            "18446744073709551615",
            "a \"b\" \\c\n\u{7f}",
            "",
            "é",
        ] {
            let file = format!("x = {}", toml_value(text));
            let table = DeTable::parse(&file).unwrap();
            let value = table.get_ref().iter().next().unwrap().1;
            assert_eq!(words_of(value.get_ref()).as_deref(), Some(text), "{file}");
        }
    }
}
