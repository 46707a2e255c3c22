//! Rules about words, names and lengths. Each returns its violations, one per line.

use crate::source::{Source, end_of_item, line_at};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Maximum number of lines of a function.
const MOST_LINES: usize = 59;

/// Phrases that this repository's prose avoids, in any case.
const STILTED: [&str; 13] = [
    "said",
    "is no",
    "are none",
    "is none of",
    "those that",
    "those who",
    "whoever",
    "nobody",
    "what is meant",
    "what was meant",
    "tells of",
    "of everything random",
    "neuron",
];

/// Words after which such a phrase is an idiom.
const PLAIN_AFTER: [&str; 5] = ["longer", "more", "less", "better", "worse"];

/// Quotations and test data with such a phrase: the file, and words of the line.
const QUOTATIONS: [(&str, &str); 1] = [
    // The first line of option files from earlier versions.
    ("options/file.rs", "# What was meant;"),
];

/// Verbs of the command line in the strings of a library, as in `penstroke fit`.
pub(crate) fn command_verbs(sources: &[Source]) -> Vec<String> {
    const VERBS: [&str; 6] = ["fit", "finetune", "encode", "predict", "inspect", "filters"];
    let names_one = |text: &str| VERBS.iter().any(|verb| text.contains(&format!("penstroke {verb}")));
    let found = sources.iter().flat_map(|file| file.strings.iter().map(move |string| (file, string)));
    let found = found.filter(|(_, (_, text))| names_one(text));
    found.map(|(file, (line, text))| format!("{}:{line}: {text:?}", file.path.display())).collect()
}

/// Command-line options in the strings of a library. The variables of a style sheet look alike and do not count.
pub(crate) fn command_words(sources: &[Source]) -> Vec<String> {
    let is_option = |text: &str| {
        text.match_indices("--").any(|(i, _)| {
            let (before, after) = (&text[..i], &text[i + 2..]);
            let name = after.trim_start_matches(|c: char| c.is_ascii_lowercase() || c == '-');
            let is_style = before.ends_with("var(") || name.starts_with(':');
            let starts_a_word = !before.ends_with(|c: char| c.is_alphanumeric() || c == '-');
            starts_a_word && after.starts_with(|c: char| c.is_ascii_lowercase()) && !is_style
        })
    };
    let found = sources.iter().flat_map(|file| file.strings.iter().map(move |string| (file, string)));
    let found = found.filter(|(_, (_, text))| is_option(text));
    found.map(|(file, (line, text))| format!("{}:{line}: {text:?}", file.path.display())).collect()
}

/// Public types that share a name. A program publishes nothing, so every type counts that other files can name.
pub(crate) fn shared_names(libraries: &[Source], program: &[Source]) -> Vec<String> {
    let mut found = BTreeMap::<&str, Vec<String>>::new();
    let libraries = libraries.iter().map(|file| (file, false));
    for (file, in_program) in libraries.chain(program.iter().map(|file| (file, true))) {
        for (number, line) in (1..).zip(file.code.lines()) {
            let (visibility, item) = line.trim_start().split_once(' ').unwrap_or_default();
            let mut words = item.split(|c: char| !c.is_alphanumeric() && c != '_');
            if (visibility == "pub" || in_program && visibility.starts_with("pub("))
                && let (Some("struct" | "enum" | "trait" | "type" | "union"), Some(name)) =
                    (words.next(), words.next())
            {
                found.entry(name).or_default().push(format!("{}:{number}", file.path.display()));
            }
        }
    }
    // Many modules have their own `Result`, as the standard library does.
    let shared = found.iter().filter(|(name, places)| places.len() > 1 && **name != "Result");
    shared.map(|(name, places)| format!("{name}: {}", places.join(", "))).collect()
}

/// Functions that are too long to understand at a glance.
pub(crate) fn long_functions(sources: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    for file in sources {
        for (start, _) in file.code.match_indices("fn ") {
            let before = file.code[..start].chars().next_back();
            let name: String =
                file.code[start + 3..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if name.is_empty() || before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                continue;
            }
            let first = line_at(&file.code, start);
            let n_lines = line_at(&file.code, end_of_item(&file.code, start) - 1) - first + 1;
            if n_lines > MOST_LINES {
                found.push(format!("{}:{first}: {name} has {n_lines} lines", file.path.display()));
            }
        }
    }
    found
}

/// Stilted phrases in any text.
pub(crate) fn stilted(texts: &[(PathBuf, String)]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in texts {
        for (number, line) in (1..).zip(text.lines()) {
            let is_quoted =
                |(file, words): &(&str, &str)| path.ends_with(Path::new(file)) && line.contains(words);
            let phrase = STILTED.iter().find(|phrase| holds(line, phrase));
            if let Some(phrase) = phrase.filter(|_| !QUOTATIONS.iter().any(is_quoted)) {
                found.push(format!("{}:{number}: \"{phrase}\" in: {}", path.display(), line.trim()));
            }
        }
    }
    found
}

/// Whether a line contains a phrase as whole words.
fn holds(line: &str, phrase: &str) -> bool {
    let line = line.to_ascii_lowercase();
    line.match_indices(phrase).any(|(i, _)| {
        let (before, after) = (&line[..i], &line[i + phrase.len()..]);
        let starts = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let plural = if phrase == "neuron" { after.trim_start_matches('s') } else { after };
        let ends = !plural.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        // "There is no file" is plain, "is no file" is not.
        let idiom = matches!(phrase, "is no" | "are none") && {
            let next = after.trim_start();
            before.ends_with("there ")
                || phrase == "is no"
                    && (!after.starts_with(' ') || PLAIN_AFTER.iter().any(|word| next.starts_with(word)))
        };
        starts && ends && !idiom
    })
}

#[test]
fn each_rule_finds_its_violations() {
    let file = |path: &str, text: &str| Source::new(PathBuf::from(path), text);
    let sources = [
        file("a.rs", "pub struct Twice;\nconst S: &str = \"set --rate to 1 -- or leave it\";\n"),
        file("b.rs", "pub(crate) enum Twice { A }\nconst S: &str = \"a -- b, var(--c)\"; // --rate\n"),
    ];
    assert_eq!(command_words(&sources), ["a.rs:2: \"set --rate to 1 -- or leave it\""]);
    assert_eq!(shared_names(&sources, &[]), [""; 0]);
    assert_eq!(shared_names(&sources[..1], &sources[1..]), ["Twice: a.rs:1, b.rs:1"]);
    let long = |n| file("c.rs", &format!("fn f() {{\n{}}}\n", "    g();\n".repeat(n)));
    assert_eq!(long_functions(&[long(57), long(58)]), ["c.rs:1: f has 60 lines"]);
    let lines = "x is no folder\nit is no longer true, and there is no file\nthe saids\nWhoever runs it\nNeurons fire";
    let found = stilted(&[(PathBuf::from("d.md"), lines.into())]);
    let lines: Vec<_> = found.iter().map(|text| &text[..text.find(": \"").unwrap()]).collect();
    assert_eq!(lines, ["d.md:1", "d.md:4", "d.md:5"]);
}
