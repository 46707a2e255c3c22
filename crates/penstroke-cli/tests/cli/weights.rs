//! Weights of samples and classes, test sources, and instruction sets.

use crate::runner::Runner;
use serde_json::json;
use std::fs;

/// Thirty samples of two classes that are easily told apart, as a table; the label is a number, so it serves as a target too.
fn table(runner: &Runner, name: &str, rows: impl Iterator<Item = usize>) {
    let row = |i: usize| format!("{},{},{}\n", (i * 7 % 10) as f64 / 10.0, i % 2, i % 2);
    fs::write(runner.path(name), "a,b,kind\n".to_owned() + &rows.map(row).collect::<String>()).unwrap();
}

fn numbers(runner: &Runner, name: &str, values: &[f32]) {
    let targets = penstroke::data::Targets::new(name, values.to_vec(), 1).unwrap();
    let mut bytes = Vec::new();
    penstroke::data::npy::write_targets(&mut bytes, &targets).unwrap();
    fs::write(runner.path(name), bytes).unwrap();
}

const TUNE: &str = "--label kind --layers 5 --epochs 3 --quiet";

#[test]
fn a_weight_of_zero_leaves_a_sample_out_and_equal_weights_change_no_byte() {
    let runner = Runner::new();
    table(&runner, "all.csv", 0..30);
    table(&runner, "some.csv", (0..30).filter(|i| i % 3 > 0));
    numbers(&runner, "zeros.npy", &(0..30).map(|i| (i % 3) as f32).map(|w| w.min(1.0)).collect::<Vec<_>>());
    numbers(&runner, "ones.npy", &[0.5; 30]);
    numbers(&runner, "others.npy", &(0..30).map(|i| i as f32).collect::<Vec<_>>());
    let model = |line: &str| {
        runner.print(&format!("finetune {line} {TUNE} --out model"));
        fs::read(runner.path("model")).unwrap()
    };
    let plain = model("all.csv");
    assert_eq!(model("all.csv --sample-weights ones.npy"), plain);
    assert_ne!(model("all.csv --sample-weights others.npy"), plain);
    assert_eq!(model("all.csv --sample-weights zeros.npy"), model("some.csv"));
    // The configuration is written with the model.
    assert_eq!(model("all.csv --class-weight equal"), plain);
    assert_ne!(model("all.csv --class-weight 1,5"), plain);
    for (line, problem) in [
        (
            "all.csv --sample-weights zeros.npy --samples 9",
            "the argument '--sample-weights <FILE>' cannot be used with",
        ),
        ("some.csv --sample-weights ones.npy", "ones.npy: 30 rows for 20 samples; give one row per sample"),
        ("all.csv --class-weight 1", "--class-weight: 1 weight for 2 classes; give one for each"),
        (
            "all.csv --class-weight even",
            "--class-weight: \"even\" is neither equal nor balanced nor a number",
        ),
    ] {
        let run = runner.run(&format!("finetune {line} {TUNE} --out m"));
        assert!(run.code == 2 && run.stderr.contains(problem), "{line}: {}", run.stderr);
    }
}

#[test]
fn a_test_source_is_measured_and_chooses_nothing() {
    let runner = Runner::new();
    table(&runner, "train.csv", 0..30);
    table(&runner, "test.csv", 30..50);
    numbers(&runner, "y.npy", &(0..30).map(|i| (i % 2) as f32).collect::<Vec<_>>());
    numbers(&runner, "ty.npy", &(30..50).map(|i| (i % 2) as f32).collect::<Vec<_>>());
    let answer = |line: &str| runner.json(&format!("{line} --json"));
    let model = |name: &str| fs::read(runner.path(name)).unwrap();

    let tune = "finetune train.csv --label kind --layers 5 --epochs 60 --learning-rate 0.05";
    let tested = answer(&format!("{tune} --test test.csv --out a"));
    assert_eq!(answer(&format!("{tune} --out b"))["test"], json!(null));
    assert_eq!(model("a"), model("b"));
    assert_eq!((&tested["test"]["n"], &tested["test"]["errors"]), (&json!(20), &json!(0)), "{tested}");

    let tune = "finetune train.csv --columns a,b --targets y.npy --layers 5 --epochs 60 --learning-rate 0.05";
    let tested = answer(&format!("{tune} --test test.csv --test-targets ty.npy --out a"));
    runner.print(&format!("{tune} --quiet --out b"));
    assert_eq!(model("a"), model("b"));
    assert!(
        tested["test"]["n"] == json!(20) && tested["test"]["r_squared"][0].as_f64() > Some(0.8),
        "{tested}"
    );
    let words = runner.print(&format!("{tune} --test test.csv --test-targets ty.npy --out a"));
    assert!(words.contains("\n  test              20 samples\n"), "{words}");

    let space = "search train.csv --label kind --hidden 5 --corruption none --epochs 1 --tuning-epochs 40 --tuning-rate 0.05";
    let tested = answer(&format!("{space} --test test.csv --out one"));
    let without = answer(&format!("{space} --out two"));
    assert_eq!(tested["rows"][0]["valid_error"], without["rows"][0]["valid_error"]);
    assert_eq!((&tested["test"]["n"], &without["test"]), (&json!(20), &json!(null)));
    let winner = fs::read_to_string(runner.path("one/winner.json")).unwrap();
    assert!(winner.contains("\"n\": 20"), "{winner}");
    // The record of the search is the same, so either command continues the other.
    let words = runner.print(&format!("{space} --test test.csv --out two"));
    assert!(words.contains("test error of the winner: "), "{words}");

    for (line, problem) in [
        (
            "finetune train.csv --columns a,b --targets y.npy --layers 5 --test test.csv --out m",
            "--test: needs the targets of its samples; name their file with --test-targets",
        ),
        (
            "finetune train.csv --label kind --layers 5 --test test.csv --test-targets ty.npy --out m",
            "--test-targets: belong to a regressor",
        ),
        (
            "finetune train.csv --columns a,b --targets y.npy --layers 5 --test test.csv --test-targets y.npy --out m",
            "y.npy: 30 rows for 20 samples",
        ),
        ("finetune strokes --samples 20 --layers 5 --test test.csv --out m", "test.csv: "),
    ] {
        let run = runner.run(line);
        assert!(
            run.code == 2 && run.stderr.starts_with(&format!("penstroke: {problem}")),
            "{line}: {}",
            run.stderr
        );
    }
}

#[test]
fn every_training_takes_an_instruction_set() {
    let runner = Runner::new();
    runner.print("fit strokes --samples 50 --hidden 4 --epochs 1 --instructions portable --quiet --out a");
    runner.print("fit strokes --samples 50 --layers 4,3 --epochs 1 --instructions portable --quiet --out s");
    runner.print("finetune strokes --samples 50 --from a --epochs 1 --instructions portable --quiet --out c");
    runner.print(
        "search strokes --samples 50 --hidden 3 --corruption none --epochs 1 --tuning-epochs 1 --instructions portable --quiet --out f",
    );
    let speed = runner.json(
        "bench --samples 60 --hidden 4 --epochs 1 --warmup 0 --threads 1 --instructions portable --json",
    );
    assert_eq!(speed["path"], json!("portable"));
    for verb in ["fit strokes --hidden 4", "finetune strokes --from a", "search strokes"] {
        let run = runner.run(&format!("{verb} --instructions sse9 --out m"));
        assert!(run.code == 2 && run.stderr.contains("\"sse9\" is not one of "), "{}", run.stderr);
    }
}
