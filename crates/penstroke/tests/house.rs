//! What no source file may hold: rules that neither the compiler nor clippy can be told.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

/// The repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every Rust file under the sources of a crate, with its text.
fn sources(package: &str) -> Vec<(PathBuf, String)> {
    rust_files(root().join("crates").join(package).join("src"))
}

fn rust_files(folder: PathBuf) -> Vec<(PathBuf, String)> {
    let (mut folders, mut files) = (vec![folder.clone()], Vec::new());
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push((path.clone(), std::fs::read_to_string(path).unwrap()));
            }
        }
    }
    assert!(!files.is_empty(), "no sources in {}", folder.display());
    files
}

/// A file's text without its tests, which stand last or in files of their own, and without comments.
fn shipped((path, text): &(PathBuf, String)) -> String {
    let name = path.file_stem().unwrap().to_str().unwrap();
    let tests = name == "tests" || name.ends_with("_tests") || name == "testing";
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !tests && !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

fn none_holds(package: &str, words: &[&str]) {
    for file in sources(package) {
        let code = shipped(&file);
        for word in words {
            assert!(!code.contains(word), "{} holds {word}", file.0.display());
        }
    }
}

#[test]
fn the_library_neither_prints_nor_reads_the_environment() {
    for package in ["penstroke", "penstroke-engine"] {
        none_holds(
            package,
            &["std::env", "env::var", "println!", "print!", "stdout()", "stderr()", "process::"],
        );
    }
}

#[test]
fn the_library_asks_no_clock_but_to_measure_speed_and_to_keep_checkpoints() {
    for file in sources("penstroke") {
        let measures = file.0.parent().unwrap().ends_with("penstroke/src/bench")
            // When a state is written down changes nothing of it.
            || file.0.ends_with("penstroke/src/checkpoint.rs");
        let asks = ["Instant", "SystemTime"].iter().any(|clock| shipped(&file).contains(clock));
        assert!(measures || !asks, "{} asks a clock", file.0.display());
    }
}

#[test]
fn the_engine_does_no_input_or_output() {
    none_holds("penstroke-engine", &["std::fs", "std::io", "std::net", "File::", "std::time", "Instant"]);
}

#[test]
fn unsafe_stands_in_the_engine_alone_and_never_behind_a_check_that_release_drops() {
    for package in ["penstroke", "penstroke-cli", "penstroke-python"] {
        none_holds(package, &["unsafe {", "unsafe fn", "unsafe impl"]);
    }
    none_holds("penstroke-engine", &["debug_assert"]);
}

#[test]
fn there_is_one_training_loop() {
    for package in ["penstroke", "penstroke-cli", "penstroke-python"] {
        for file in sources(package) {
            let is_the_loop = file.0.ends_with("penstroke/src/train.rs");
            assert_eq!(shipped(&file).contains("Step { epoch"), is_the_loop, "{}", file.0.display());
        }
    }
}

#[test]
fn the_tests_that_the_architecture_names_exist() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let files = rust_files(root().join("crates"));
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
