//! Full disks, vanished folders, and two commands on one folder: no model is lost, and one line says where it is.
#![cfg(unix)]

use crate::runner::{Run, Runner};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Trains to a whole model in a second, with a checkpoint after every batch.
const FIT: &str = "fit strokes --samples 200 --hidden 20 --epochs 3 --batch 20 --checkpoint run --every 0s";

/// A training that another thread follows by its lines on standard error.
fn start(runner: &Runner, line: &str) -> (Child, impl Iterator<Item = String> + use<>) {
    let mut command = runner.command(line.split(' '));
    let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let stderr = BufReader::new(child.stderr.take().unwrap());
    (child, stderr.lines().map(Result::unwrap))
}

/// Runs an endless training with a signal after `accident`, which happens after its first epoch, and returns its exit code and its
/// messages.
fn with_accident(runner: &Runner, options: &str, accident: impl Fn()) -> (i32, Vec<String>) {
    let endless = format!("fit strokes --samples 200 --hidden 6 --epochs 4000000000 --verbose {options}");
    let (mut child, mut lines) = start(runner, &endless);
    assert!(lines.next().unwrap().starts_with("epoch 1/"));
    accident();
    // Two more epochs, so that everything that is written each epoch was tried.
    let lines = lines.by_ref();
    let mut messages: Vec<_> = Vec::new();
    let mut n_epochs = 0;
    while n_epochs < 300 {
        let line = lines.next().unwrap();
        match line.starts_with("epoch ") {
            true => n_epochs += 1,
            false => messages.push(line),
        }
    }
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    messages.extend(lines.filter(|line| !line.starts_with("epoch ")));
    (child.wait().unwrap().code().unwrap(), messages)
}

/// Puts a file where a folder was.
fn replace(folder: &Path) {
    // The command may write another file while the folder is emptied.
    while fs::remove_dir_all(folder).is_err() {}
    fs::write(folder, "").unwrap();
}

/// The problem with a file in it: the command writes while the folder is emptied, before the file takes its place, or after.
fn problems_of_a_replaced(folder: &str) -> [String; 3] {
    [
        format!("the folder {folder} no longer exists"),
        format!("the folder {folder} does not exist; create it first"),
        "its folder is a file, not a folder".into(),
    ]
}

#[test]
fn a_checkpoint_folder_that_fails_costs_no_training() {
    let runner = Runner::new();
    let options = "--out m --checkpoint run --every 0s";
    let (code, messages) = with_accident(&runner, options, || replace(&runner.path("run")));
    // Without a checkpoint to continue from, the model is saved as it is without checkpoints.
    assert_eq!(code, 143, "{messages:?}");
    assert_eq!(messages.len(), 2, "{messages:?}");
    let told = problems_of_a_replaced("run")
        .map(|problem| format!("penstroke: run/1.safetensors: {problem}; training goes on without it"));
    assert!(told.contains(&messages[0]), "{messages:?}");
    assert!(messages[1].starts_with("penstroke: interrupted: "), "{messages:?}");
    assert!(runner.json("inspect m --json")["n_hidden"] == 6);
}

#[test]
fn a_full_disk_of_the_checkpoints_leaves_the_model_and_exit_code_1() {
    let runner = Runner::new();
    runner.print("fit strokes --samples 200 --hidden 20 --epochs 3 --batch 20 --out whole --quiet");
    // A checkpoint of a stack of two layers takes more than its model: files of the size between stand for the disk.
    let size = fs::metadata(runner.path("whole")).unwrap().len();
    let script = format!(
        "trap '' XFSZ; ulimit -f {}; exec {} {FIT} --out m",
        size.div_ceil(512),
        env!("CARGO_BIN_EXE_penstroke")
    );
    let run: Run =
        Command::new("sh").args(["-c", &script]).current_dir(&runner.folder).output().unwrap().into();
    let lines: Vec<_> = run.stderr.lines().collect();
    assert_eq!((run.code, lines.len()), (1, 2), "{lines:?}");
    assert!(lines[0].starts_with("penstroke: run/1.safetensors: File too large"), "{lines:?}");
    assert!(lines[0].ends_with("; training goes on without it"), "{lines:?}");
    let last = "penstroke: the model is saved, but not every other file: run/1.safetensors: File too large";
    assert!(lines[1].starts_with(last), "{lines:?}");
    assert!(run.stdout.starts_with("m: 20 hidden units"), "{}", run.stdout);
    assert!(fs::read(runner.path("m")).unwrap() == fs::read(runner.path("whole")).unwrap());
    assert_eq!(runner.names(), ["m", "m.toml", "whole", "whole.toml"], "nothing half-written remains");
}

#[cfg(target_os = "linux")]
#[test]
fn logs_that_fail_are_told_at_once_and_at_the_end() {
    let runner = Runner::new();
    let fit = "fit strokes --samples 200 --hidden 6 --epochs 3 --out m";
    let run = runner.run(&format!("{fit} --log /dev/full"));
    let full = "/dev/full: the disk is full; free some space, or write to another disk";
    assert_eq!(run.code, 1);
    assert_eq!(
        run.stderr,
        format!(
            "penstroke: {full}; training goes on without it\n\
             penstroke: the model is saved, but not every other file: {full}\n"
        )
    );
    assert!(run.stdout.starts_with("m: 6 hidden units"), "{}", run.stdout);
    // The event file of a training is opened when the training begins.
    fs::create_dir_all(runner.path("board/events.out.tfevents.penstroke")).unwrap();
    let run = runner.run(&format!("{fit} --tensorboard board --json"));
    assert_eq!((run.code, run.stderr.lines().count()), (1, 2), "{}", run.stderr);
    assert!(serde_json::from_str::<serde_json::Value>(&run.stdout).is_ok());
}

#[test]
fn a_model_without_its_folder_or_disk_goes_to_the_current_folder() {
    let runner = Runner::new();
    fs::create_dir(runner.path("out")).unwrap();
    let out = runner.path("out");
    let (code, messages) = with_accident(&runner, "--out out/m", || fs::remove_dir_all(&out).unwrap());
    let place = fs::canonicalize(runner.path("m")).unwrap();
    assert_eq!(code, 1);
    let [message] = &messages[..] else { panic!("{messages:?}") };
    assert_eq!(
        *message,
        format!(
            "penstroke: out/m: the folder out no longer exists; the model is in {} instead",
            place.display()
        )
    );
    assert!(runner.json("inspect m --json")["n_hidden"] == 6);
    // A name that is taken is left alone.
    let before = fs::read(&place).unwrap();
    fs::create_dir(&out).unwrap();
    let (code, messages) = with_accident(&runner, "--out out/m", || fs::remove_dir_all(&out).unwrap());
    assert_eq!(code, 1);
    assert!(messages[0].ends_with("2-m instead"), "{messages:?}");
    assert_eq!(fs::read(&place).unwrap(), before);
    assert!(runner.json("inspect 2-m --json")["n_hidden"] == 6);
}

#[test]
fn a_full_disk_is_an_error_that_leaves_the_earlier_model() {
    let runner = Runner::new();
    runner.print("fit strokes --samples 100 --hidden 4 --epochs 1 --out m --quiet");
    let earlier = fs::read(runner.path("m")).unwrap();
    // Files may not grow beyond a few kilobytes, wherever they are, and the program gets an error instead of a signal.
    let penstroke = env!("CARGO_BIN_EXE_penstroke");
    for (options, n_lines) in [("", 1), ("--checkpoint run --every 0s", 2)] {
        let fit = format!("fit strokes --samples 100 --hidden 40 --epochs 2 --out m {options}");
        let script = format!("trap '' XFSZ; ulimit -f 32; exec {penstroke} {fit}");
        let output = Command::new("sh").args(["-c", &script]).current_dir(&runner.folder).output().unwrap();
        let Run { code, stderr, .. } = output.into();
        assert_eq!(code, 1, "{stderr}");
        assert!(stderr.contains("m: File too large") && stderr.lines().count() == n_lines, "{stderr}");
        assert_eq!(fs::read(runner.path("m")).unwrap(), earlier);
    }
    fs::remove_dir(runner.path("run")).unwrap();
    assert_eq!(runner.names(), ["m", "m.toml"], "nothing half-written remains");
}

#[test]
fn a_second_command_on_a_folder_or_log_in_use_is_refused() {
    let runner = Runner::new();
    let second = |line: &str| {
        let run = runner.run(line);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{}", run.stderr);
        run.stderr
    };
    let endless = "fit strokes --samples 200 --hidden 6 --epochs 4000000000 --verbose --out m";
    let (mut child, mut lines) =
        start(&runner, &format!("{endless} --checkpoint run --every 0s --log log --tensorboard board"));
    assert!(lines.next().unwrap().starts_with("epoch 1/"));
    let out = "; wait until it ends, or name another";
    for resume in ["", " --resume"] {
        assert_eq!(
            second(&format!("{endless} --checkpoint run{resume}")),
            format!(
                "penstroke: run: is in use: another penstroke writes its checkpoints there{out} folder\n"
            )
        );
    }
    assert_eq!(
        second(&format!("{endless} --log log")),
        format!("penstroke: log: is in use: another penstroke writes to it{out} file\n")
    );
    assert_eq!(
        second(&format!("{endless} --tensorboard board")),
        format!("penstroke: board: is in use: another penstroke writes its events there{out} folder\n")
    );
    // A kill leaves nothing that blocks.
    child.kill().unwrap();
    child.wait().unwrap();
    let again =
        "fit strokes --samples 200 --hidden 6 --epochs 1 --quiet --out m --log log --tensorboard board";
    runner.print(again);
    fs::remove_dir_all(runner.path("run")).unwrap();
    runner.print(&format!("{again} --checkpoint run"));
    assert_eq!(runner.names(), ["board", "log", "m", "m.toml"]);
    assert_eq!(fs::read_dir(runner.path("board")).unwrap().count(), 1);

    let (mut child, _) =
        start(&runner, "search strokes --samples 300 --hidden 4 --epochs 4000000000 --out s");
    while !runner.path("s/search.toml").exists() {
        std::thread::yield_now();
    }
    assert_eq!(
        second("search strokes --samples 300 --hidden 4 --epochs 1 --out s"),
        format!("penstroke: s: is in use: another penstroke writes its search there{out} folder\n")
    );
    child.kill().unwrap();
    child.wait().unwrap();
    fs::remove_file(runner.path("s/search.json")).unwrap();
    runner.print("search strokes --samples 300 --hidden 4 --epochs 1 --tuning-epochs 1 --corruption none --quiet --out s");
    assert!(
        fs::read_dir(runner.path("s")).unwrap().all(|entry| !entry
            .unwrap()
            .file_name()
            .to_str()
            .unwrap()
            .starts_with('.'))
    );
}

#[test]
fn a_search_goes_on_without_its_record() {
    let runner = Runner::new();
    let search = "search strokes --samples 300 --hidden 4 --epochs 1 --tuning-epochs 1 --corruption none,masking:0.3 --seeds 20 --threads 1 --out s";
    let (child, mut lines) = start(&runner, &format!("{search} --verbose --json"));
    assert!(lines.next().unwrap().starts_with("trial 1/40"));
    replace(&runner.path("s"));
    let messages: Vec<_> = lines.filter(|line| !line.starts_with("trial ")).collect();
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(1));
    assert_eq!(messages.len(), 2, "{messages:?}");
    let problems = problems_of_a_replaced("s");
    let told = |line: &str, before: &str, after: &str| {
        problems.iter().any(|problem| line == format!("penstroke: {before}s/search.json: {problem}{after}"))
    };
    assert!(told(&messages[0], "", "; the search goes on without it"), "{messages:?}");
    assert!(told(&messages[1], "not every file could be written: ", ""), "{messages:?}");

    // A record of another kind is refused before the work, with a way out.
    fs::remove_file(runner.path("s")).unwrap();
    fs::create_dir(runner.path("s")).unwrap();
    for content in [&b"\xff\xfe\x00"[..], b"{", b"[1, 2]"] {
        fs::write(runner.path("s/search.json"), content).unwrap();
        let run = runner.run(search);
        assert_eq!((run.code, run.stderr.lines().count()), (2, 1), "{}", run.stderr);
        assert!(
            run.stderr.starts_with("penstroke: s/search.json: is not the record of a search ("),
            "{}",
            run.stderr
        );
        assert!(run.stderr.ends_with("); move it away, or name another place\n"), "{}", run.stderr);
        assert_eq!(fs::read(runner.path("s/search.json")).unwrap(), content);
    }
}

#[test]
fn leftovers_of_killed_commands_are_removed_and_gaps_in_checkpoints_are_refused() {
    let runner = Runner::new();
    for name in [".penstroke-a1.tmp", ".penstroke-b2.tmp"] {
        fs::write(runner.path(name), "").unwrap();
    }
    runner.print(&format!("{FIT} --out m --quiet"));
    assert_eq!(runner.names(), ["m", "m.toml"]);

    // A checkpoint of another run is found before the first layer is trained.
    fs::create_dir(runner.path("run")).unwrap();
    fs::write(runner.path("run/2.safetensors"), "").unwrap();
    for resume in ["", " --resume"] {
        let run = runner.run(&format!("{FIT} --out m --layers 5,5{resume}").replace("--hidden 20 ", ""));
        let gap = "holds 2.safetensors but not 1.safetensors, so no run can continue from it; remove its checkpoints, or name another folder";
        assert_eq!((run.code, run.stderr.as_str()), (2, format!("penstroke: run: {gap}\n").as_str()));
    }
}

#[test]
fn a_link_to_a_model_that_does_not_exist_yet_is_followed() {
    let runner = Runner::new();
    fs::create_dir(runner.path("models")).unwrap();
    std::os::unix::fs::symlink("models/new", runner.path("m")).unwrap();
    runner.print("fit strokes --samples 100 --hidden 4 --epochs 1 --out m --quiet");
    assert!(fs::symlink_metadata(runner.path("m")).unwrap().is_symlink());
    assert!(runner.json("inspect models/new --json")["n_hidden"] == 4);
}
