//! Completions and the manual cover every verb and option.

use crate::runner::Runner;
use std::process::Command;

const VERBS: [&str; 18] = [
    "fit",
    "finetune",
    "predict",
    "encode",
    "export",
    "reconstruct",
    "filters",
    "probe",
    "search",
    "impute",
    "pool",
    "score",
    "inspect",
    "data",
    "lecture",
    "bench",
    "completions",
    "man",
];

#[test]
fn completions_of_every_shell_name_every_verb_and_an_option() {
    let runner = Runner::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = runner.print(&format!("completions {shell}"));
        for verb in VERBS {
            assert!(script.contains(verb), "{shell}: {verb}");
        }
        assert!(script.contains("weight-decay"), "{shell}");
    }
}

/// Tests completion if bash is installed.
#[cfg(unix)]
#[test]
fn bash_completes_verbs_options_and_their_values() {
    let runner = Runner::new();
    std::fs::write(runner.path("script"), runner.print("completions bash")).unwrap();
    for (words, expected) in [
        ("penstroke recon", "reconstruct"),
        ("penstroke fit --weight-d", "--weight-decay"),
        ("penstroke fit --loss cr", "cross-entropy"),
        ("penstroke data li", "list"),
    ] {
        let last = words.rsplit(' ').next().unwrap();
        let before = words.rsplit(' ').nth(1).unwrap();
        let n = words.split(' ').count() - 1;
        let ask = format!(
            "source ./script; COMP_WORDS=({words}); COMP_CWORD={n}; _penstroke penstroke '{last}' '{before}'; echo \"${{COMPREPLY[@]}}\""
        );
        let output = Command::new("bash").args(["-c", &ask]).current_dir(&runner.folder).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), expected, "{words}");
    }
}

#[test]
fn the_manual_has_a_page_for_every_verb_with_all_its_options() {
    let runner = Runner::new();
    let first = runner.print("man");
    for verb in VERBS {
        assert!(first.contains(&format!("penstroke\\-{verb}(1)")), "{verb}");
    }
    assert!(!first.contains("penstroke\\-help"));
    assert_eq!(runner.print("man --out man/man1"), "man/man1: 22 pages\n");
    let page = |name: &str| std::fs::read_to_string(runner.path("man/man1").join(name)).unwrap();
    assert_eq!(page("penstroke.1"), first);
    for verb in VERBS.into_iter().chain(["data-list", "data-make", "data-get"]) {
        let text = page(&format!("penstroke-{verb}.1"));
        let help = runner.print(&format!("{} --help", verb.replacen('-', " ", 1)));
        let options = help.lines().filter_map(|line| line.trim_start().strip_prefix("--")?.split(' ').next());
        for option in options {
            let name = option.replace('-', "\\-");
            assert!(text.contains(&format!("\\-\\-{name}")), "{verb}: --{option}");
        }
        assert!(text.starts_with(".ie") && text.contains(".SH SYNOPSIS"), "{verb}");
    }
}
