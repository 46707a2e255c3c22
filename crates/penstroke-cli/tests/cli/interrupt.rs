//! Ctrl-C and other signals: trained weights are saved and the suggested command continues; before there is anything to save, they
//! quit.
#![cfg(unix)]

use crate::runner::{Run, Runner};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, Command, Stdio};

fn send(signal: &str, child: &Child) {
    let kill = format!("kill -{signal} {}", child.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
}

fn interrupt(child: &Child) {
    send("INT", child);
}

#[test]
fn after_ctrl_c_the_model_is_saved_and_training_can_continue() {
    let runner = Runner::new();
    let fit = "fit strokes --samples 300 --hidden 6 --epochs 4000000000 --threads 2 --instructions portable --verbose --out m.safetensors";
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
    let way_on = message.split("to continue: penstroke ").nth(1).unwrap();
    let left = 4_000_000_000 - done;
    assert_eq!(
        way_on,
        format!(
            "fit strokes --samples 300 --threads 2 --instructions portable --from m.safetensors --out m.safetensors --epochs {left}"
        )
    );
    assert!(summary.contains(&format!("{done} of 4000000000 epochs")), "{summary}");
    assert_eq!(runner.names(), ["m.safetensors", "m.safetensors.toml"]);

    let saved = runner.json("inspect m.safetensors --json");
    assert_eq!((&saved["history"]["stopped"], saved["n_hidden"].as_u64()), (&true.into(), Some(6)));
    assert_eq!(saved["history"]["train_loss"].as_array().unwrap().len() as u64, done);
    let on = runner.json(&way_on.replace(&format!("--epochs {left}"), "--epochs 2 --json"));
    assert_eq!(on["train_loss"].as_array().unwrap().len() as u64, done + 2);
    assert_eq!(on["interrupted"], false);
}

/// Starts an endless training and waits for its first epoch.
fn begin(command: &mut Command) -> (Child, BufReader<ChildStderr>) {
    let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    wait_for_epoch(&mut stderr, "epoch 1/");
    (child, stderr)
}

const ENDLESS: &str = "fit strokes --samples 300 --hidden 6 --epochs 4000000000 --verbose";

#[test]
fn the_signals_of_docker_and_of_a_closed_terminal_save_like_ctrl_c() {
    let runner = Runner::new();
    for (signal, code) in [("TERM", 143), ("HUP", 129)] {
        let mut command = runner.command(ENDLESS.split(' '));
        let (mut child, mut stderr) = begin(command.args(["--out", signal]));
        // A system that shuts down, or a terminal and its shell, may send it twice.
        send(signal, &child);
        send(signal, &child);
        let mut rest = String::new();
        stderr.read_to_string(&mut rest).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code), "{rest}");
        assert!(rest.lines().last().unwrap().starts_with("penstroke: interrupted: "), "{rest}");
        assert!(runner.json(&format!("inspect {signal} --json"))["history"]["stopped"].as_bool().unwrap());
    }
}

#[test]
fn a_training_under_nohup_outlives_its_terminal() {
    let runner = Runner::new();
    let script = format!("trap '' HUP; exec {} {ENDLESS} --out m", env!("CARGO_BIN_EXE_penstroke"));
    let (mut child, mut stderr) = begin(Command::new("sh").args(["-c", &script]).current_dir(&runner.folder));
    send("HUP", &child);
    let mut line = String::new();
    // Far more epochs than a signal takes to arrive.
    for _ in 0..200 {
        line.clear();
        assert!(stderr.read_line(&mut line).unwrap() > 0, "it ended");
        assert!(line.starts_with("epoch "), "{line}");
    }
    send("TERM", &child);
    stderr.read_to_string(&mut line).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(143), "{line}");
    assert!(runner.path("m").exists());
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
    // Opening the pipe blocks until the other side is open: by then the output is open, and data are being read.
    let writer = std::fs::OpenOptions::new().write(true).open(&pipe).unwrap();
    assert_eq!(runner.names().len(), 2, "the pipe and the file beside the output");
    interrupt(&child);
    let run: Run = child.wait_with_output().unwrap().into();
    drop(writer);
    assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (130, "", ""));
    assert_eq!(runner.names(), ["pipe"]);
}

#[test]
fn verbs_that_train_nothing_end_at_once() {
    let runner = Runner::new();
    runner.print("fit strokes --samples 100 --hidden 3 --epochs 1 --quiet --out m");
    for line in ["encode m pipe --out o.npy", "reconstruct m pipe --out o.npy"] {
        let pipe = runner.path("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let child =
            runner.command(line.split(' ')).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        // Opening the pipe blocks until the other side is open and waits for data.
        let writer = std::fs::OpenOptions::new().write(true).open(&pipe).unwrap();
        interrupt(&child);
        let run: Run = child.wait_with_output().unwrap().into();
        drop(writer);
        assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (130, "", ""), "{line}");
        std::fs::remove_file(&pipe).unwrap();
        assert_eq!(runner.names(), ["m", "m.toml"], "{line}");
    }
}

/// Waits for an epoch's line on a child's standard error.
fn wait_for_epoch(stderr: &mut impl BufRead, epoch: &str) {
    let mut line = String::new();
    while !line.contains(epoch) {
        line.clear();
        assert!(stderr.read_line(&mut line).unwrap() > 0, "it ended before {epoch}");
    }
}

#[test]
fn a_stopped_or_killed_command_is_resumed_to_the_same_bytes() {
    let runner = Runner::new();
    let succeed = |line: &str| {
        let Run { code, stderr, .. } = runner.run(line);
        assert_eq!(code, 0, "penstroke {line}: {stderr}");
    };
    let read = |name: &str| std::fs::read(runner.path(name)).unwrap();
    // With a checkpoint after every batch, the work after the second epoch takes far longer than delivering a signal.
    let commands = [
        "fit strokes --samples 200 --layers 30,20 --epochs 3,300 --batch 20 --verbose",
        "finetune strokes --samples 200 --layers 30 --pretrain 3 --epochs 300 --batch 20 --dropout 0.3 --verbose",
    ];
    for command in commands {
        succeed(&format!("{command} --out whole --log whole.jsonl --tensorboard whole-board"));
        let log = |name: &str| {
            // Everything but the times.
            let text = std::fs::read_to_string(runner.path(name)).unwrap();
            let line = |line: &str| {
                let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
                line.as_object_mut().unwrap().remove("seconds").unwrap();
                line
            };
            text.lines().map(line).collect::<Vec<_>>()
        };
        let board = |name: &str, layer: &str| {
            let file = runner.path(name).join(layer).join("events.out.tfevents.penstroke");
            std::fs::metadata(file).unwrap().len()
        };
        for (signal, code) in [("INT", Some(130)), ("TERM", Some(143)), ("KILL", None)] {
            let logs = "--log log.jsonl --tensorboard board";
            let kept = format!("{command} --out m --checkpoint run --every 0s {logs}");
            let mut child =
                runner.command(kept.split(' ')).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
            let mut stderr = BufReader::new(child.stderr.take().unwrap());
            // The second training's line; the first is skipped later.
            wait_for_epoch(&mut stderr, "epoch 2/300");
            send(signal, &child);
            let mut rest = String::new();
            stderr.read_to_string(&mut rest).unwrap();
            assert_eq!(child.wait().unwrap().code(), code);
            if signal != "KILL" {
                let message = "penstroke: interrupted; the checkpoints are in run; to continue, repeat the command with --resume";
                assert_eq!(rest.lines().last(), Some(message));
                let again = runner.run(&kept);
                assert_eq!(again.code, 2);
                let message = "run: holds checkpoints of an unfinished run; continue with --resume, or remove the folder";
                assert!(again.stderr.contains(message), "{}", again.stderr);
            }
            assert!(!runner.path("m").exists());
            succeed(&format!("{command} --out m --checkpoint run --resume {logs}"));
            assert!(read("m") == read("whole"), "{command}, {signal}");
            assert_eq!(log("log.jsonl"), log("whole.jsonl"), "{command}, {signal}");
            let last = if command.starts_with("fit") { "layer_2" } else { "" };
            for layer in ["layer_1", last] {
                assert_eq!(
                    board("board", layer),
                    board("whole-board", layer),
                    "{command}, {signal}, {layer}"
                );
            }
            assert!(!runner.path("run").exists(), "checkpoints are removed");
            let left: Vec<_> = runner.names().into_iter().filter(|name| name.starts_with('.')).collect();
            assert!(left.is_empty(), "{left:?}");
            std::fs::remove_file(runner.path("m")).unwrap();
        }
    }
}

#[test]
fn interrupted_commands_say_how_to_continue() {
    let runner = Runner::new();
    let last_line = |line: &str, begun: &mut dyn FnMut(&mut BufReader<ChildStderr>)| {
        let mut command = runner.command(line.split(' '));
        let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        begun(&mut stderr);
        interrupt(&child);
        let mut rest = String::new();
        stderr.read_to_string(&mut rest).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(130), "{rest}");
        rest.lines().last().unwrap().to_owned()
    };
    let stack = "fit strokes --samples 300 --layers 6,5 --out m";
    assert_eq!(
        last_line(&format!("{stack} --epochs 4000000000 --verbose"), &mut |stderr| wait_for_epoch(
            stderr, "epoch 1/"
        )),
        "penstroke: interrupted in layer 1 of 2; the result so far is saved; to continue, add --from m to the same command"
    );
    runner.print(&format!("{stack} --epochs 1 --quiet --from m"));
    assert!(runner.print("inspect m").contains("layers.1.encoder.weight 5 × 6"));
    let lecture = "lecture --quick --verbose --out lecture";
    assert_eq!(
        last_line(lecture, &mut |stderr| wait_for_epoch(stderr, "step 2/")),
        "penstroke: interrupted before the first model was trained; the same command starts again"
    );
    assert_eq!(runner.names(), ["m", "m.toml"]);
    let way_on = "penstroke: interrupted; the checkpoints are in lecture/checkpoints; to continue, repeat the command with --resume";
    assert_eq!(last_line(lecture, &mut |stderr| wait_for_epoch(stderr, "step 4/")), way_on);
    assert!(runner.path("lecture/checkpoints/1.safetensors").exists());
    let refused =
        |more: &str| runner.run(&format!("{lecture} {more}")).stderr.lines().last().unwrap().to_owned();
    assert_eq!(
        refused(""),
        "penstroke: lecture/checkpoints: holds checkpoints of an unfinished run; continue with --resume, or remove the folder"
    );
    assert!(refused("--resume --seeds 2").contains("1.safetensors: belongs to another command"));
    std::fs::remove_dir_all(runner.path("lecture")).unwrap();
    let record = runner.path("s/search.json");
    assert_eq!(
        last_line("search strokes --samples 300 --hidden 4 --epochs 4000000000 --out s", &mut |_| {
            while !record.exists() {
                std::thread::yield_now();
            }
        }),
        "penstroke: interrupted before a trial was finished; the same command starts again"
    );
}
