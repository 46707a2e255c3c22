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
            let [held, streamed] = [held, streamed].map(|name| fs::read(runner.path(name)).unwrap());
            assert!(held == streamed, "{file} {training}");
        }
    }
}
