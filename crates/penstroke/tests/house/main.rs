//! Rules for source files that neither the compiler nor clippy can check.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod circles;
mod rules;
mod source;

use source::{Source, files_below};
use std::path::{Path, PathBuf};

const PACKAGES: [&str; 4] = ["penstroke-engine", "penstroke", "penstroke-cli", "penstroke-python"];

/// The repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The sources of a crate.
fn folder(package: &str) -> PathBuf {
    root().join("crates").join(package).join("src")
}

fn sources(package: &str) -> Vec<Source> {
    Source::below(&folder(package))
}

fn none_holds(package: &str, words: &[&str]) {
    for file in sources(package) {
        for word in words {
            assert!(!file.code.contains(word), "{} holds {word}", file.path.display());
        }
    }
}

fn assert_none(rule: &str, violations: &[String]) {
    assert!(violations.is_empty(), "{rule}:\n{}", violations.join("\n"));
}

#[test]
fn modules_form_no_circles() {
    for package in PACKAGES {
        assert_none(package, &circles::circles(&folder(package), &sources(package)));
    }
}

/// The rooms of the library, from the top down, as in ARCHITECTURE.md.
const ROOMS: [&str; 17] = [
    "lecture",
    "bench",
    "search",
    "anomaly",
    "features",
    "impute",
    "tabular",
    "onnx",
    "model",
    "train",
    "report",
    "eval",
    "data",
    "config",
    "files",
    "interrupt",
    "error",
];

#[test]
fn rooms_use_only_what_is_below_them() {
    let needs = circles::needs_above(&folder("penstroke"), &sources("penstroke"), &ROOMS);
    assert_none("needs of a room above", &needs);
    let rows = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let places =
        ROOMS.map(|room| rows.find(&format!("\n| `{room}")).unwrap_or_else(|| panic!("no room {room}")));
    assert!(places.is_sorted(), "ARCHITECTURE.md lists the rooms in another order");
}

#[test]
fn the_libraries_do_not_speak_the_words_of_the_command_line() {
    let libraries = [sources("penstroke-engine"), sources("penstroke")].concat();
    assert_none("options of the command line", &rules::command_words(&libraries));
    assert_none("verbs of the command line", &rules::command_verbs(&libraries));
}

#[test]
fn no_two_public_types_share_a_name() {
    let libraries = [sources("penstroke-engine"), sources("penstroke")].concat();
    assert_none("names that two types have", &rules::shared_names(&libraries, &sources("penstroke-cli")));
}

#[test]
fn functions_have_fewer_than_60_lines() {
    let all = PACKAGES.map(sources).concat();
    assert_none("long functions", &rules::long_functions(&all));
}

#[test]
fn prose_does_without_stilted_phrases() {
    let places = ["bench", "crates", "docs", "fuzz/fuzz_targets", "fuzz/src", "interop", "python"];
    let mut texts: Vec<_> = places
        .iter()
        .flat_map(|place| files_below(&root().join(place), &["rs", "py", "pyi", "md", "toml", "html", ""]))
        .collect();
    for name in ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "check"] {
        texts.push((root().join(name), std::fs::read_to_string(root().join(name)).unwrap()));
    }
    texts.retain(|(path, _)| !path.ends_with("tests/house/rules.rs"));
    assert_none("stilted phrases", &rules::stilted(&texts));
}

#[test]
fn the_library_neither_prints_nor_reads_the_environment() {
    for package in ["penstroke", "penstroke-engine"] {
        none_holds(
            package,
            &[
                "std::env",
                "env::var",
                "println!",
                "print!",
                "stdout()",
                "stderr()",
                "process::exit",
                "process::abort",
                "Command::",
            ],
        );
    }
}

#[test]
fn the_library_reads_the_clock_only_for_speed_checkpoints_downloads_and_dates() {
    for file in sources("penstroke") {
        let measures = file.path.parent().unwrap().ends_with("penstroke/src/bench")
            // When a state is written down changes nothing of it.
            || file.path.ends_with("penstroke/src/train/checkpoint/mod.rs")
            // A mirror that is too slow is given up.
            || file.path.ends_with("penstroke/src/data/fetch/mod.rs")
            // A page tells when it was made.
            || file.path.ends_with("penstroke/src/lecture/about.rs");
        let asks = ["Instant", "SystemTime"].iter().any(|clock| file.code.contains(clock));
        assert!(measures || !asks, "{} asks a clock", file.path.display());
    }
}

#[test]
fn the_engine_does_no_input_or_output() {
    none_holds("penstroke-engine", &["std::fs", "std::io", "std::net", "File::", "std::time", "Instant"]);
}

#[test]
fn unsafe_is_only_in_the_engine_and_never_relies_on_debug_assert() {
    for package in ["penstroke", "penstroke-cli", "penstroke-python"] {
        none_holds(package, &["unsafe {", "unsafe fn", "unsafe impl"]);
    }
    none_holds("penstroke-engine", &["debug_assert"]);
}

#[test]
fn there_is_one_training_loop() {
    for package in ["penstroke", "penstroke-cli", "penstroke-python"] {
        for file in sources(package) {
            let is_the_loop = file.path.ends_with("penstroke/src/train/training_loop.rs");
            assert_eq!(file.code.contains("Step { epoch"), is_the_loop, "{}", file.path.display());
        }
    }
}

#[test]
fn engines_are_opened_in_one_place() {
    for package in ["penstroke", "penstroke-cli", "penstroke-python"] {
        for file in sources(package) {
            let opens = ["CpuTrain", "CpuApply"].iter().any(|engine| file.code.contains(engine));
            let is_the_place = file.path.ends_with("penstroke/src/train/device.rs");
            assert_eq!(opens, is_the_place, "{}", file.path.display());
        }
    }
}

#[test]
fn the_tests_that_the_architecture_names_exist() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let files = files_below(&root().join("crates"), &["rs"]);
    let (_, invariants) = text.split_once("\n## Invariants\n").unwrap();
    let (invariants, _) = invariants.split_once("\n## ").unwrap();
    let mut n_tests = 0;
    // Every other piece between backquotes is code.
    for word in invariants.split('`').skip(1).step_by(2) {
        let is_name = word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        if is_name && word.matches('_').count() >= 2 {
            let test = format!("fn {word}()");
            assert!(files.iter().any(|(_, text)| text.contains(&test)), "no test {word}");
            n_tests += 1;
        }
        if word.starts_with("tests/") {
            assert!(files.iter().any(|(path, _)| path.ends_with(word)), "no file {word}");
            n_tests += 1;
        }
    }
    assert!(n_tests > 10, "{n_tests} tests are named");
}
