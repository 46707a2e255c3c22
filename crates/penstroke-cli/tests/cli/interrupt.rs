//! Ctrl-C: what was trained is saved, and the way on works; before there is anything to save it ends at once.
#![cfg(unix)]

use crate::runner::{Run, Runner};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

fn interrupt(child: &Child) {
    let kill = format!("kill -INT {}", child.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
}

#[test]
fn what_was_trained_is_saved_and_the_way_on_works() {
    let runner = Runner::new();
    let fit =
        "fit strokes --samples 300 --hidden 6 --epochs 4000000000 --threads 2 --verbose --out m.safetensors";
    let mut child =
        runner.command(fit.split(' ')).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    assert!(line.starts_with("epoch 1/4000000000: "), "{line}");
    interrupt(&child);
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    let mut summary = String::new();
    child.stdout.take().unwrap().read_to_string(&mut summary).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));

    let message = rest.lines().last().unwrap();
    let start = "penstroke: interrupted: ";
    let done: u64 = message.strip_prefix(start).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!(done >= 1);
    let way_on = message.split("to go on: penstroke ").nth(1).unwrap();
    let left = 4_000_000_000 - done;
    assert_eq!(
        way_on,
        format!(
            "fit strokes --samples 300 --threads 2 --from m.safetensors --out m.safetensors --epochs {left}"
        )
    );
    assert!(summary.contains(&format!("{done} of 4000000000 epochs")), "{summary}");
    assert_eq!(runner.names(), ["m.safetensors"]);

    let saved = runner.json("inspect m.safetensors --json");
    assert_eq!((&saved["history"]["stopped"], saved["n_hidden"].as_u64()), (&true.into(), Some(6)));
    assert_eq!(saved["history"]["train_loss"].as_array().unwrap().len() as u64, done);
    let on = runner.json(&way_on.replace(&format!("--epochs {left}"), "--epochs 2 --json"));
    assert_eq!(on["train_loss"].as_array().unwrap().len() as u64, done + 2);
    assert_eq!(on["interrupted"], false);
}

#[test]
fn before_training_it_ends_at_once_and_leaves_nothing() {
    let runner = Runner::new();
    let pipe = runner.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let child = runner
        .command(["fit", "pipe", "--out", "m"])
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // Opening waits until the other side is opened as well: the output is open then, and data are being read.
    let writer = std::fs::OpenOptions::new().write(true).open(&pipe).unwrap();
    assert_eq!(runner.names().len(), 2, "the pipe and the file beside the output");
    interrupt(&child);
    let run: Run = child.wait_with_output().unwrap().into();
    drop(writer);
    assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (130, "", ""));
    assert_eq!(runner.names(), ["pipe"]);
}
