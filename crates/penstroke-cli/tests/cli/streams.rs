//! Data that are read when they are needed.

use crate::runner::Runner;
use std::fs;

#[test]
fn a_streamed_file_gives_the_model_and_the_codes_that_it_gives_in_memory() {
    let runner = Runner::new();
    runner.print("data make strokes --out x.npy -n 300");
    for training in ["--hidden 9 --scale standard", "--layers 9,7 --end-to-end 1"] {
        for (stream, out) in [("", "held"), ("--stream", "streamed")] {
            runner.print(&format!("fit x.npy {training} {stream} --epochs 2 --quiet --out {out}"));
            runner.print(&format!("encode {out} x.npy {stream} --out {out}.npy"));
        }
        for (held, streamed) in [("held", "streamed"), ("held.npy", "streamed.npy")] {
            let [held, streamed] = [held, streamed].map(|name| fs::read(runner.path(name)).unwrap());
            assert!(held == streamed, "{training}");
        }
    }
}
