//! The complete help. After an intended change: `PENSTROKE_UPDATE_HELP=1 cargo test -p penstroke-cli help`.

use crate::runner::Runner;
use std::path::Path;

const PAGES: [&str; 23] = [
    "",
    "fit",
    "finetune",
    "predict",
    "search",
    "encode",
    "reconstruct",
    "export",
    "filters",
    "probe",
    "impute",
    "pool",
    "score",
    "inspect",
    "data",
    "data list",
    "data make",
    "data get",
    "lecture",
    "bench",
    "completions",
    "man",
    "fit -h",
];

fn file(page: &str) -> std::path::PathBuf {
    let name = if page.is_empty() {
        "penstroke".to_owned()
    } else {
        page.replace(" -h", " short").replace(' ', "-")
    };
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/help").join(name + ".txt")
}

fn help(runner: &Runner, page: &str) -> String {
    match page {
        "fit -h" => runner.print(page),
        _ => runner.print(&format!("{page} --help")),
    }
}

#[test]
fn help_pages_are_unchanged() {
    let runner = Runner::new();
    for page in PAGES {
        let have = help(&runner, page);
        let file = file(page);
        if std::env::var_os("PENSTROKE_UPDATE_HELP").is_some() {
            std::fs::write(&file, &have).unwrap();
        }
        let kept = std::fs::read_to_string(&file).unwrap_or_default();
        for (number, (have, kept)) in have.lines().zip(kept.lines()).enumerate() {
            assert_eq!(have, kept, "penstroke {page}: line {} of {}", number + 1, file.display());
        }
        assert_eq!(have, kept, "penstroke {page}: {} has another length", file.display());
    }
}

#[test]
fn every_verb_has_an_example_and_no_line_is_too_long() {
    let runner = Runner::new();
    for page in PAGES {
        let text = help(&runner, page);
        assert!(page == "data" || text.contains("EXAMPLE\n  penstroke "), "{page}");
        let long = text.lines().find(|line| line.chars().count() > 100);
        assert_eq!(long, None, "{page}");
    }
}

#[test]
fn without_a_verb_help_is_printed() {
    let runner = Runner::new();
    let answer = runner.print("");
    assert!(answer.contains("Usage: penstroke <COMMAND>") && answer.contains("EXAMPLE"));
    assert!(runner.print("data").contains("Usage: penstroke data <COMMAND>"));
    assert_eq!(runner.print("--version"), concat!("penstroke ", env!("CARGO_PKG_VERSION"), "\n"));
}
