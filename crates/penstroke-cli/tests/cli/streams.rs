//! Data that are read when needed.

use crate::runner::Runner;
use std::fs;

#[test]
fn streaming_gives_the_same_model_and_codes_as_memory() {
    let runner = Runner::new();
    runner.print("data make strokes --out x.npy -n 300");
    runner.print("fit x.npy --hidden 20 --epochs 1 --quiet --out first");
    runner.print("encode first x.npy --out x.parquet");
    for (file, training) in [
        ("x.npy", "--hidden 9 --scale standard"),
        ("x.npy", "--layers 9,7 --end-to-end 1"),
        ("x.parquet", "--hidden 9 --scale standard --columns 2-20 --label code_1"),
    ] {
        for (stream, out) in [("", "held"), ("--stream", "streamed")] {
            runner.print(&format!("fit {file} {training} {stream} --epochs 2 --quiet --out {out}"));
            runner.print(&format!("encode {out} {file} {stream} --out {out}.npy"));
        }
        for (held, streamed) in [("held", "streamed"), ("held.npy", "streamed.npy")] {
            assert_same_bytes(&runner, held, streamed);
        }
    }
}

#[test]
fn a_streamed_file_gives_the_classifier_and_the_regressor_that_it_gives_in_memory() {
    let runner = Runner::new();
    runner.print("data make strokes --out x.npy -n 300");
    runner.print("fit x.npy --hidden 20 --epochs 1 --quiet --out first");
    runner.print("encode first x.npy --out x.parquet");
    runner.print("encode first x.npy --out targets.npy");
    for source in [
        "x.npy --targets targets.npy --pretrain 1",
        "x.parquet --columns 2-20 --label code_1 --pretrain 1",
        "x.parquet --columns 2-20 --label code_1 --labels 300",
    ] {
        for (stream, out) in [("", "held"), ("--stream", "streamed")] {
            runner.print(&format!("finetune {source} {stream} --layers 9 --epochs 2 --quiet --out {out}"));
        }
        assert_same_bytes(&runner, "held", "streamed");
    }
}

fn assert_same_bytes(runner: &Runner, one: &str, other: &str) {
    let [left, right] = [one, other].map(|name| fs::read(runner.path(name)).unwrap());
    assert!(left == right, "{one} {other}");
}
