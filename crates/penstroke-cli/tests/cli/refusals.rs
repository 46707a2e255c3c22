//! Refused commands: the exit code, one line that names the place, and nothing left behind.

mod files;
mod streams;
mod training;
mod usage;

use crate::runner::{Run, Runner};
use std::fs;

/// An npy file of float32.
fn npy(shape: &str, values: &[f32]) -> Vec<u8> {
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n");
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend((header.len() as u16).to_le_bytes());
    file.extend(header.as_bytes());
    file.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    file
}

fn runner() -> Runner {
    let runner = Runner::new();
    let write = |name: &str, bytes: &[u8]| fs::write(runner.path(name), bytes).unwrap();
    write("empty.npy", b"");
    write("none.npy", &npy("(0, 4)", &[]));
    write("nan.npy", &npy("(2, 2)", &[1.0, 2.0, f32::NAN, 4.0]));
    write("short.npy", &npy("(3, 2)", &[0.5; 5]));
    write("rows.npy", &npy("(4, 3)", &[0.5; 12]));
    write("few.npy", &npy("(2,)", &[0.5; 2]));
    write("wide.npy", &npy("(4, 3)", &[7.0; 12]));
    write("labels.idx", &[0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3]);
    write("short.idx", &[0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 2, 9]);
    write("broken.gz", &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);
    write("colour.npy", &npy("(4, 2, 2, 3)", &[0.5; 48]));
    let scene: Vec<f32> = (0..1200).map(|at| (at * at % 251) as f32).collect();
    write("scene.npy", &npy("(1, 30, 40)", &scene));
    write("one.csv", b"1,a\n");
    write("letter.txt", b"Dear reader, this is not a data set.");
    write("picture.png", b"\x89PNG\r\n\x1a\nno more");
    write("unknown.toml", b"# A comment.\nsource = \"strokes\"\nhiden = 3\n");
    write("flag.toml", b"quiet = 3\n");
    write("table.toml", b"valid = { share = 0.1 }\n");
    write("wrong.toml", b"source = \"strokes\"\nhidden = \"many\"\nout = \"m\"\n");
    write("list.toml", b"loss = [\"squared\", \"squard\"]\n");
    fs::create_dir(runner.path("folder")).unwrap();
    runner.print("fit strokes --samples 60 --hidden 4 --epochs 1 --quiet --out model");
    runner.print("fit rows.npy --hidden 2 --epochs 1 --quiet --out rows");
    runner.print("fit colour.npy --hidden 2 --epochs 1 --quiet --out colour");
    runner.print("fit scene.npy --patches 3 --samples 20 --hidden 2 --epochs 1 --quiet --out patches");
    runner.print("finetune strokes --samples 60 --layers 2 --epochs 1 --quiet --out classes");
    let whole = fs::read(runner.path("model")).unwrap();
    write("cut.safetensors", &whole[..whole.len() - 1]);
    runner
}

/// Runs every command and checks that it ends with exit code 2 and one line that starts as given.
fn check(rows: &[(&str, &str)]) {
    let runner = runner();
    let before = runner.names();
    let mut wrong = Vec::new();
    for (line, start) in rows {
        let Run { code, stdout, stderr, .. } = runner.run(line);
        let is_one_line = (code, stdout.as_str(), stderr.lines().count()) == (2, "", 1);
        if !is_one_line || !stderr.starts_with(&format!("penstroke: {start}")) {
            wrong.push(format!("penstroke {line}\n  expected {start}\n  {stderr}"));
        }
        assert_eq!(runner.names(), before, "penstroke {line} leaves something behind");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn failures_during_work_end_with_exit_code_1() {
    let runner = Runner::new();
    fs::write(runner.path("m"), "old").unwrap();
    let diverging = "fit strokes --samples 100 --hidden 5 --activation linear --decoder linear --optimizer sgd \
                     --learning-rate 1e30 --valid 0 --out m";
    let last_step = "fit strokes --samples 100 --hidden 5 --activation linear --decoder linear --optimizer sgd \
                     --learning-rate 1e30 --epochs 1 --batch 100000 --out m";
    let refused = "data get mnist --data-dir folder --mirror http://127.0.0.1:1/";
    for (line, start) in [
        (diverging, "penstroke: training: the loss became "),
        (last_step, "penstroke: training: the validation loss became "),
        (refused, "penstroke: train-images-idx3-ubyte.gz: could not be fetched (http://127.0.0.1:1/"),
    ] {
        let Run { code, stdout, stderr, .. } = runner.run(line);
        assert_eq!((code, stdout.as_str(), stderr.lines().count()), (1, "", 1), "penstroke {line}: {stderr}");
        assert!(stderr.starts_with(start), "{stderr}");
    }
    assert_eq!(fs::read(runner.path("m")).unwrap(), b"old");
    assert_eq!(runner.names(), ["folder", "m"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_named() {
    let runner = Runner::new();
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let run: Run = runner.command(["data", "list"]).stdout(full()).output().unwrap().into();
    assert_eq!(run.code, 1);
    assert!(
        run.stderr.starts_with("penstroke: standard output: the disk is full; free some space"),
        "{}",
        run.stderr
    );
    let run = runner.run("fit strokes --samples 50 --hidden 5 --epochs 1 --out /dev/full");
    assert_eq!(run.code, 1);
    assert!(
        run.stderr.starts_with("penstroke: /dev/full: the disk is full; free some space"),
        "{}",
        run.stderr
    );
}
