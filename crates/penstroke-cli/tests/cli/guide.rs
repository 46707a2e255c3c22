//! The guide's commands, run as written.

use crate::runner::{Run, Runner};
use std::path::Path;

/// The commands in `console` blocks, each with the output lines that the guide shows.
fn commands(guide: &str) -> Vec<(&str, Vec<&str>)> {
    let mut commands: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut in_console = false;
    for line in guide.lines() {
        match (line.strip_prefix("```"), in_console) {
            (Some("console"), false) => in_console = true,
            (Some(_), true) => in_console = false,
            (None, true) => match (line.strip_prefix("$ "), commands.last_mut()) {
                (Some(command), _) => commands.push((command, Vec::new())),
                (None, Some((_, shown))) => shown.push(line),
                (None, None) => panic!("the guide shows {line:?} before a command"),
            },
            _ => assert!(
                !line.starts_with("$ "),
                "{line:?} is outside of a console block, where nothing runs it"
            ),
        }
    }
    commands
}

/// Whether a line matches, where `…` stands for anything.
fn is_as_shown(line: &str, shown: &str) -> bool {
    let mut parts = shown.split('…');
    let Some(mut rest) = parts.next().and_then(|first| line.strip_prefix(first)) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// The guide uses a folder of photographs with this name: here, four scenes of leaves.
fn take_photographs(runner: &Runner) {
    let folder = runner.path("photographs");
    std::fs::create_dir(&folder).unwrap();
    for (number, scene) in penstroke::data::leaves::generate(1, 4, 96, 128).unwrap().into_iter().enumerate() {
        let grid = penstroke::report::Grid::new(scene.values, scene.height, scene.width).unwrap().gap(0);
        std::fs::write(folder.join(format!("{number}.png")), grid.draw().unwrap().to_png().unwrap()).unwrap();
    }
}

/// The words of a command, where quotes keep blanks and `*` in a word stands for the names of files, as in a shell.
fn words(command: &str, runner: &Runner) -> Vec<String> {
    let (mut words, mut word, mut is_quoted) = (Vec::new(), String::new(), false);
    for mark in command.chars() {
        match mark {
            '\'' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(std::mem::take(&mut word)),
            mark => word.push(mark),
        }
    }
    words.push(word);
    let names = runner.names();
    let expand = |word: String| match word.split_once('*') {
        Some((before, after)) => {
            let fits = |name: &&String| name.starts_with(before) && name.ends_with(after);
            names.iter().filter(fits).cloned().collect()
        }
        None => vec![word],
    };
    words.into_iter().flat_map(expand).collect()
}

#[test]
fn every_command_of_the_guide_does_what_it_shows() {
    let runner = Runner::new();
    take_photographs(&runner);
    check_page("guide.md", &runner);
}

#[test]
fn every_command_of_the_page_on_missing_cells_does_what_it_shows() {
    let runner = Runner::new();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/data/survey.csv");
    std::fs::copy(data, runner.path("survey.csv")).unwrap();
    check_page("missing-cells.md", &runner);
}

#[test]
fn every_command_of_the_page_on_anomalies_does_what_it_shows() {
    let runner = Runner::new();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/data");
    for name in ["payments.csv", "payments-today.csv"] {
        std::fs::copy(data.join(name), runner.path(name)).unwrap();
    }
    let payments = std::fs::read_to_string(runner.path("payments.csv")).unwrap();
    let wrong = ["1031", "1058", "1077", "1097", "1115", "1153", "1270", "1304"].map(|n| format!("P-{n},"));
    let is_good = |line: &&str| !wrong.iter().any(|id| line.starts_with(id));
    let good: Vec<&str> = payments.split_inclusive('\n').filter(is_good).collect();
    assert_eq!(good.len(), 1 + 392);
    std::fs::write(runner.path("good.csv"), good.concat()).unwrap();
    check_page("anomalies.md", &runner);
}

/// Runs the commands of a page and compares what they print.
fn check_page(name: &str, runner: &Runner) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
    let page = std::fs::read_to_string(path).unwrap();
    let commands = commands(&page);
    assert!(commands.len() >= 6, "only {} commands", commands.len());
    let mut wrong = Vec::new();
    for (command, shown) in commands {
        let args = command.strip_prefix("penstroke ").unwrap_or_else(|| panic!("{command} is not ours"));
        let Run { code, stdout, stderr, .. } = runner.command(words(args, runner)).output().unwrap().into();
        let fails = shown.first().is_some_and(|line| line.starts_with("penstroke: "));
        assert_eq!(code, if fails { 2 } else { 0 }, "{command}: {stderr}");
        let printed = if fails { &stderr } else { &stdout };
        if shown.is_empty() {
            continue;
        }
        let lines: Vec<&str> = printed.lines().collect();
        // A line with only `…` stands for any number of lines.
        let until = shown.iter().position(|line| *line == "…");
        assert!(until.is_some() || lines.len() == shown.len(), "{command} prints\n{printed}");
        for (line, shown) in lines.iter().zip(&shown[..until.unwrap_or(shown.len())]) {
            if !is_as_shown(line, shown) {
                wrong.push(format!("{command} prints {line:?}, the guide shows {shown:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn lines_are_compared_around_their_gaps() {
    for (line, shown, expected) in [
        ("loss 3.5; done", "loss …; done", true),
        ("loss 3.5; done", "loss …; gone", false),
        ("loss 3.5; done", "loss 3.5; done", true),
        ("loss 3.5; done", "loss 3.5", false),
        ("a 1 b 2 c", "a … b … c", true),
        ("a 1 c", "a … b … c", false),
        ("x", "…", true),
    ] {
        assert_eq!(is_as_shown(line, shown), expected, "{line:?} {shown:?}");
    }
}

#[test]
fn the_page_on_the_model_file_names_every_key() {
    fn keys(value: &serde_json::Value, out: &mut Vec<String>) {
        for (key, value) in value.as_object().into_iter().flatten() {
            out.push(key.clone());
            keys(value, out);
        }
    }
    let runner = Runner::new();
    runner.print("fit leaves --samples 50 --hidden 2 --untied --epochs 1 --quiet --out m");
    let bytes = std::fs::read(runner.path("m")).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header: serde_json::Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    let document = header["__metadata__"]["penstroke"].as_str().unwrap();
    let mut names: Vec<String> = header.as_object().unwrap().keys().cloned().collect();
    keys(&serde_json::from_str(document).unwrap(), &mut names);
    assert!(names.len() > 30, "{names:?}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/model-format.md");
    let page = std::fs::read_to_string(path).unwrap();
    for name in names {
        assert!(page.contains(&format!("`{name}`")), "{name} is not described");
    }
}
