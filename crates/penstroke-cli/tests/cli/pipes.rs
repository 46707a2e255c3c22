//! Pipes: samples on standard input, rows on standard output, and nothing else there.

use crate::runner::Runner;
use std::fs::{self, File};
use std::process::Stdio;

/// The standard output and standard error of a command whose standard input is a file.
fn pipe(runner: &Runner, line: &str, input: &str) -> (Vec<u8>, String) {
    let mut command = runner.command(line.split_whitespace());
    let output = command.stdin(File::open(runner.path(input)).unwrap()).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "penstroke {line}: {stderr}");
    (output.stdout, stderr)
}

#[test]
fn rows_on_standard_output_are_those_of_a_file() {
    let runner = Runner::new();
    runner.print("data make strokes -n 60 --out d.npy --labels l.npy");
    runner.print("fit d.npy --hidden 4 --epochs 1 --quiet --out model");
    runner.print("finetune strokes --samples 60 --from model --epochs 1 --quiet --out classifier");
    runner.print("finetune d.npy --targets l.npy --from model --epochs 1 --quiet --out regressor");
    // A table whose columns the model records.
    runner.print("encode model d.npy --out t.csv");
    runner.print("fit t.csv --columns 1-3 --hidden 2 --epochs 1 --quiet --out of-table");
    for (verb, input) in [
        ("encode model", "d.npy"),
        ("reconstruct model", "d.npy"),
        ("predict classifier", "d.npy"),
        ("predict classifier --what probabilities", "d.npy"),
        ("predict regressor", "d.npy"),
        ("encode of-table", "t.csv"),
        ("reconstruct of-table", "t.csv"),
    ] {
        for format in ["npy", "csv"] {
            let (verb, rest) = verb.split_once(' ').unwrap();
            let (model, options) = rest.split_once(' ').unwrap_or((rest, ""));
            let told = runner.print(&format!("{verb} {model} {input} {options} --out file.{format}"));
            let line = format!("{verb} {model} - {options} --out - --format {format}");
            let (rows, stderr) = pipe(&runner, &line, input);
            assert!(rows == fs::read(runner.path(&format!("file.{format}"))).unwrap(), "{line}");
            // The summary goes to standard error.
            assert_eq!(stderr, told.replace(&format!("file.{format}"), "standard output"), "{line}");
        }
        // Without a format, a stream is npy.
        let (verb, model) = verb.split_once(' ').unwrap();
        let (rows, _) =
            pipe(&runner, &format!("{verb} {} - --out -", model.split(' ').next().unwrap()), input);
        assert!(rows.starts_with(b"\x93NUMPY"), "{verb} {model}");
    }
    // Samples are read when needed, and codes are written at once.
    runner.print("encode model d.npy --out codes.npy");
    let (rows, _) = pipe(&runner, "encode model d.npy --stream --out -", "d.npy");
    assert!(rows == fs::read(runner.path("codes.npy")).unwrap());
    // A file name without an extension.
    runner.print("encode model d.npy --format csv --out codes");
    runner.print("encode model d.npy --out codes.csv");
    assert_eq!(fs::read(runner.path("codes")).unwrap(), fs::read(runner.path("codes.csv")).unwrap());
}

#[test]
fn tables_and_compressed_files_are_read_from_standard_input() {
    let runner = Runner::new();
    fs::write(runner.path("t.txt"), "a;b\n1;2\n3;4\n5;6\n").unwrap();
    let (answer, _) = pipe(&runner, "inspect - --delimiter ; --json", "t.txt");
    let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!((&answer["source"], &answer["parts"]["train"]["n_samples"]), (&"-".into(), &3.into()));
    runner.print("data make strokes -n 20 --out d.npy");
    let gzip = std::process::Command::new("gzip").args(["-k", "d.npy"]).current_dir(&runner.folder).status();
    assert!(gzip.unwrap().success());
    let (plain, _) = pipe(&runner, "inspect -", "d.npy");
    assert_eq!(pipe(&runner, "inspect -", "d.npy.gz").0, plain);
    let (model, _) = pipe(&runner, "fit - --hidden 3 --epochs 1 --out m", "d.npy");
    assert!(String::from_utf8(model).unwrap().starts_with("m: 3 hidden units over 784 values"));
    // A longer path reaches a file with that name.
    fs::rename(runner.path("d.npy"), runner.path("-")).unwrap();
    assert!(runner.print("inspect ./-").starts_with("./-: 20 samples of 784 values"));
    // A format that is read from its end cannot be piped.
    fs::write(runner.path("x.npz"), b"PK\x03\x04 and so on").unwrap();
    let npz =
        runner.command(["inspect", "-"]).stdin(File::open(runner.path("x.npz")).unwrap()).output().unwrap();
    let message =
        "penstroke: standard input: is an npz file, which must be read from its end; give it by name\n";
    assert_eq!((npz.status.code(), String::from_utf8(npz.stderr).unwrap().as_str()), (Some(2), message));
}

#[test]
fn a_reader_may_close_a_stream_early() {
    let runner = Runner::new();
    runner.print("fit strokes --samples 60 --hidden 40 --epochs 1 --quiet --out model");
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    for format in ["npy", "csv", "parquet"] {
        let encode = format!("encode model strokes --samples 3000 --format {format} --out -");
        let output = runner
            .command(encode.split(' '))
            .stdout(writer.try_clone().unwrap())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
            .wait_with_output()
            .unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), message.as_str()), (Some(0), ""), "{format}");
    }
}

#[test]
fn pictures_in_event_files_are_those_that_filters_draws() {
    let runner = Runner::new();
    runner.print("fit strokes --samples 60 --hidden 5 --epochs 3 --quiet --tensorboard board --out model");
    runner.print("filters model --out f.png");
    let events = fs::read(runner.path("board/events.out.tfevents.penstroke")).unwrap();
    let png = fs::read(runner.path("f.png")).unwrap();
    assert!(events.windows(png.len()).any(|window| window == png));
}

#[cfg(target_os = "linux")]
#[test]
fn a_log_error_is_reported_after_the_model_is_saved() {
    let runner = Runner::new();
    let run = runner.run("fit strokes --samples 60 --hidden 4 --epochs 1 --log /dev/full --out m");
    let full = "/dev/full: the disk is full; free some space, or write to another disk";
    let expected = format!(
        "penstroke: {full}; training goes on without it\npenstroke: the model is saved, but not every other file: {full}\n"
    );
    assert_eq!((run.code, run.stderr), (1, expected));
    assert_eq!(runner.json("inspect m --json")["n_hidden"], 4);
}
