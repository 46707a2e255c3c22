//! Formats the library's errors and warnings in terms of the current command.

use super::shell::shell_word;
use clap::{Arg, Command};
use penstroke::Error;
use penstroke::error::{Problem, Words};
use std::sync::OnceLock;

/// The verb that was typed; messages may name its options.
static VERB: OnceLock<Command> = OnceLock::new();

/// Sets the verb for messages; only the first call has an effect.
pub(crate) fn set_verb(verb: &Command) {
    drop(VERB.set(verb.clone()));
}

/// Formats an error on one line, naming the options of this command.
pub(crate) fn of_error(error: &Error) -> String {
    error.message(&OfVerb(VERB.get()))
}

/// Formats a problem on one line, naming the options of this command.
pub(crate) fn of_problem(problem: &Problem) -> String {
    problem.message(&OfVerb(VERB.get()))
}

/// The options of a verb, named as in its help.
struct OfVerb<'a>(Option<&'a Command>);

impl OfVerb<'_> {
    /// The option or argument for a field of the library.
    fn find(&self, field: &str) -> Option<&Arg> {
        let long = match field {
            "tied" => "untied".to_owned(),
            "warm_up" => "warmup".to_owned(),
            field => field.replace('_', "-"),
        };
        self.0?.get_arguments().find(|arg| match arg.is_positional() {
            true => arg.get_id() == field,
            false => arg.get_long() == Some(&long),
        })
    }
}

impl Words for OfVerb<'_> {
    fn option(&self, field: &str) -> String {
        match self.find(field) {
            Some(arg) if arg.is_positional() => field.to_uppercase(),
            Some(arg) => format!("--{}", arg.get_long().unwrap_or(field)),
            None => field.replace('_', " "),
        }
    }

    fn offers(&self, field: &str) -> bool {
        self.find(field).is_some()
    }

    fn set(&self, field: &str, value: &str) -> String {
        let option = self.option(field);
        match self.find(field) {
            Some(arg) if !arg.is_positional() && !arg.get_action().takes_values() => format!("use {option}"),
            _ => format!("use {option} {}", shell_word(value)),
        }
    }

    fn fetch(&self, name: &str) -> Option<String> {
        Some(format!("get it with `penstroke data get {name}`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_out_are_options_of_the_verb() {
        let verb = Command::new("fit").args([
            Arg::new("source"),
            Arg::new("optimizer").long("optimizer"),
            Arg::new("resume").long("resume").action(clap::ArgAction::SetTrue),
            Arg::new("learning_rate").long("learning-rate"),
        ]);
        let words = OfVerb(Some(&verb));
        let error = Error::option("learning_rate", "is odd").set("optimizer", "sgd").set("resume", true);
        let error = error.set("momentum", 0.5).leave_out("source").leave_out("learning_rate");
        assert_eq!(
            error.message(&words),
            "--learning-rate: is odd; use --optimizer sgd, use --resume, leave SOURCE out, or leave it out"
        );
        assert_eq!(Error::option("max_norm", "is odd").message(&words), "max norm: is odd");
    }
}
