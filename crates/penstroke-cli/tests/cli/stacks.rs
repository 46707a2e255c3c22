//! Stacks, classifiers, regressors and searches: from data to predictions.

use crate::runner::Runner;
use penstroke::data::{Targets, npy};
use serde_json::{Value, json};
use std::fs;

const FEW: &str = "strokes --samples 300 --seed 1";

#[test]
fn a_stack_is_trained_fine_tuned_and_used() {
    let runner = Runner::new();
    let fit = format!(
        "fit {FEW} --layers 30,20 --corruption masking:0.25,gaussian:0.1 --activation sigmoid,tanh --epochs 3,2 --out s --json"
    );
    let answer = runner.json(&fit);
    let layers = answer["layers"].as_array().unwrap();
    for (layer, (hidden, corruption, activation, epochs, seed)) in
        layers.iter().zip([(30, "masking:0.25", "sigmoid", 3, 1), (20, "gaussian:0.1", "tanh", 2, 2)])
    {
        let config = &layer["config"];
        assert_eq!((&config["hidden"], &config["corruption"]), (&json!(hidden), &json!(corruption)));
        assert_eq!((&config["activation"], &config["seed"]), (&json!(activation), &json!(seed)));
        assert_eq!(layer["history"]["train_loss"].as_array().unwrap().len(), epochs);
    }
    assert_eq!((layers.len(), &answer["interrupted"]), (2, &json!(false)));
    let words = runner.print("inspect s");
    assert!(
        words.starts_with("s: stack, model format 1\n") && words.contains("layers.1.encoder.weight 20 × 30")
    );

    for (layer, units) in [("", 20), ("--layer 1", 30), ("--layer 2", 20)] {
        runner.print(&format!("encode s strokes --samples 50 {layer} --out c.npy"));
        assert_eq!(npy::read(runner.path("c.npy")).unwrap().n_visible(), units);
    }
    runner.print("reconstruct s strokes --samples 20 --out r.npy");
    runner.print("filters s --count 4 --out f.png");
    let probe = runner.json("probe strokes --model s --layer 1 --samples 200 --test-samples 100 --json");
    assert_eq!(probe["comparisons"][0]["code"]["n_features"], 30);

    let tuned =
        runner.json(&format!("finetune {FEW} --from s --epochs 4 --learning-rate 0.005 --out c --json"));
    assert_eq!(
        (&tuned["n_hidden"], &tuned["n_classes"], &tuned["n_labels"]),
        (&json!([30, 20]), &json!(10), &json!(300))
    );
    let history = &tuned["history"];
    assert_eq!(history["valid_error"].as_array().unwrap().len(), 4);
    let best = history["best_epoch"].as_u64().unwrap() as usize;
    let errors: Vec<f64> = serde_json::from_value(history["valid_error"].clone()).unwrap();
    assert!(errors.iter().all(|&error| error >= errors[best - 1]));

    // finetune and predict measure the same test error.
    let answer = runner.json("predict c strokes --part test --seed 1 --out p.npy --json");
    assert_eq!(answer["error"]["errors"], tuned["test"]["errors"]);
    runner.print("predict c strokes --part test --seed 1 --what probabilities --samples 40 --out p.npy");
    let probabilities = npy::read(runner.path("p.npy")).unwrap();
    assert_eq!((probabilities.n_samples(), probabilities.n_visible()), (40, 10));
    assert!(runner.print("inspect c").contains("the weights of epoch"));
    assert_eq!(runner.json("inspect c --json")["config"], tuned["config"]);

    let on = runner.json(&format!("finetune {FEW} --from c --epochs 2 --out c --json"));
    assert_eq!(on["history"]["train_loss"].as_array().unwrap().len(), 6);
    assert_eq!(on["config"]["learning_rate"], 0.005);
}

#[test]
fn every_option_of_fine_tuning_reaches_the_model() {
    let runner = Runner::new();
    let answer = runner.json(
        "finetune strokes --samples 100 --layers 9 --activation relu --epochs 2 --patience 2 --batch 16 --optimizer sgd \
         --momentum 0.5 --learning-rate 0.01 --schedule cosine --weight-decay 0.001 --corruption masking:0.1 --dropout 0.25 \
         --max-norm 3 --label-smoothing 0.1 --valid 0.25 --seed 7 --precision f32 --json --out m",
    );
    assert_eq!(
        answer["config"],
        json!({
            "epochs": 2, "patience": 2, "batch": 16, "optimizer": "sgd", "momentum": 0.5, "learning_rate": 0.01,
            "schedule": "cosine", "weight_decay": 0.001, "corruption": "masking:0.1", "dropout": 0.25, "max_norm": 3.0,
            "label_smoothing": 0.1, "valid": 0.25, "seed": 7, "precision": "f32",
        })
    );
    assert_eq!(runner.json("inspect m --json")["layers"], json!([9]));
}

#[test]
fn layers_are_trained_together_after_the_greedy_pass_or_from_the_start() {
    let runner = Runner::new();
    let fit = |options: &str| runner.json(&format!("fit {FEW} --layers 20,10 {options} --out s --json"));
    let both = fit("--epochs 2 --end-to-end 3");
    assert_eq!(both["end_to_end"]["train_loss"].as_array().unwrap().len(), 3);
    assert_eq!(both["layers"][0]["history"]["train_loss"].as_array().unwrap().len(), 2);
    let together = fit("--epochs 0 --end-to-end 3");
    assert_eq!(together["layers"][0]["history"]["train_loss"], json!([]));
    assert_eq!(together["end_to_end"]["train_loss"].as_array().unwrap().len(), 3);
    assert!(runner.print("inspect s").contains("end to end, trained"));
}

#[test]
fn few_labels_beside_many_samples_are_one_command() {
    let runner = Runner::new();
    let tune = |options: &str| {
        runner.json(&format!("finetune {FEW} --layers 20 --epochs 3 --labels 50 {options} --out c --json"))
    };
    let (scratch, pretrained) = (tune(""), tune("--pretrain 2 --pretrain-corruption gaussian:0.2"));
    assert_eq!((&scratch["n_labels"], &pretrained["n_labels"]), (&json!(50), &json!(50)));
    assert_ne!(scratch["history"], pretrained["history"]);
    assert_ne!(scratch["history"], tune("--draw 1")["history"]);
}

#[test]
fn an_interrupted_search_ends_with_the_same_table() {
    let runner = Runner::new();
    let search = |options: &str, out: &str| {
        let line = format!(
            "search strokes --samples 200 --corruption none,masking:0.3,masking:0.6 --hidden 10 --seeds 2 --epochs 1 --tuning-epochs 2 {options} --out {out}"
        );
        runner.run(&line)
    };
    let whole = search("", "whole");
    assert_eq!((whole.code, whole.stderr.as_str()), (0, ""));
    // Without any time nothing is finished, and the same command continues.
    let cut = search("--budget 0s", "cut");
    let nothing = "penstroke: search: no trial was finished within the budget; give a longer one\n";
    assert_eq!((cut.code, cut.stderr.as_str()), (1, nothing));
    assert_eq!(search("--threads 1", "cut").stdout, whole.stdout);
    assert_eq!(whole.stdout.lines().count(), 4, "{}", whole.stdout);
    let mut names: Vec<_> =
        fs::read_dir(runner.path("whole")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["filters.png", "noise.svg", "search.json", "search.toml", "winner.json"]);
    let read = |name: &str| -> Value {
        serde_json::from_str(&fs::read_to_string(runner.path(name)).unwrap()).unwrap()
    };
    assert_eq!(read("whole/search.json")["outcomes"].as_array().unwrap().len(), 6);
    // The suggested commands for the winner work.
    for command in read("whole/winner.json")["commands"].as_array().unwrap() {
        let command = command.as_str().unwrap().strip_prefix("penstroke ").unwrap();
        runner.print(command);
    }
    let longer = search("--batch 50", "whole");
    assert_eq!(longer.code, 2);
    assert!(longer.stderr.contains("is the record of a search with other options"), "{}", longer.stderr);
}

#[test]
fn a_regressor_trains_continues_and_predicts_in_target_units() {
    let runner = Runner::new();
    runner.print("data make strokes -n 400 --out x.npy");
    let digits = npy::read(runner.path("x.npy")).unwrap();
    // The amount of ink, and its excess in the upper half, in other units.
    let of = |x: &[f32]| {
        let [upper, lower] = [&x[..392], &x[392..]].map(|half| half.iter().sum::<f32>());
        [upper + lower, 1000.0 * (upper - lower)]
    };
    let both: Vec<f32> = digits.to_floats().chunks(784).flat_map(of).collect();
    let write = |name: &str, values: Vec<f32>, k: usize| {
        let targets = Targets::new(name, values, k).unwrap();
        fs::write(runner.path(name), {
            let mut bytes = Vec::new();
            npy::write_targets(&mut bytes, &targets).unwrap();
            bytes
        })
        .unwrap();
    };
    write("two.npy", both.clone(), 2);
    write("one.npy", both.iter().step_by(2).copied().collect(), 1);

    runner.print("fit x.npy --hidden 30 --epochs 2 --quiet --out a");
    let tune = "finetune x.npy --targets two.npy --epochs 12 --batch 20 --learning-rate 0.005";
    let tuned = runner.json(&format!("{tune} --from a --out r --json"));
    assert_eq!(
        (&tuned["n_targets"], &tuned["n_samples"], &tuned["valid"]["n"]),
        (&json!(2), &json!(400), &json!(40))
    );
    for r_squared in tuned["valid"]["r_squared"].as_array().unwrap() {
        assert!(r_squared.as_f64().unwrap() > 0.5, "{tuned}");
    }
    let model = runner.json("inspect r --json");
    assert_eq!((&model["kind"], &model["n_targets"]), (&json!("regressor"), &json!(2)));
    let words = runner.print("inspect r");
    assert!(words.contains("targets.mean     2\n") && words.contains(", squared error "), "{words}");
    runner.print("encode r x.npy --out c.npy");
    assert_eq!(npy::read(runner.path("c.npy")).unwrap().n_visible(), 30);

    let answer = runner.json("predict r x.npy --targets two.npy --out v.npy --json");
    let values = npy::read_targets(runner.path("v.npy")).unwrap();
    assert_eq!((values.n_samples(), values.n_targets()), (400, 2));
    let truth = Targets::new("t", both, 2).unwrap();
    let score = penstroke::eval::RegressionScore::of(values.values(), &truth).unwrap();
    assert_eq!(answer["score"], json!(score));
    let on = runner.json("finetune x.npy --targets two.npy --from r --epochs 1 --out r --json");
    assert_eq!(
        (on["history"]["train_loss"].as_array().unwrap().len(), &on["config"]["batch"]),
        (13, &json!(20))
    );

    // One target, from scratch and with a pretrained stack.
    for pretrain in ["", "--pretrain 1"] {
        let words = runner.print(&format!(
            "finetune x.npy --targets one.npy --layers 20,10 {pretrain} --epochs 2 --out one"
        ));
        assert!(
            words.starts_with("one: a regressor of 1 target on 20, 10 hidden units, 400 samples, 2 epochs\n")
        );
        assert!(
            words.contains("  validation        40 samples, in epoch ") && words.contains("RMSE "),
            "{words}"
        );
    }
    assert_eq!(runner.print("predict one x.npy --out v.npy"), "v.npy: 1 value of each of 400 samples\n");
    assert!(fs::read(runner.path("v.npy")).unwrap().windows(6).any(|window| window == b"(400,)"));
    for (line, problem) in [
        (
            "finetune x.npy --targets one.npy --from r --out m",
            "one.npy: 1 value per row, but the model predicts 2",
        ),
        (
            "finetune x.npy --from r --out m",
            "r: holds a model of kind \"regressor\", an autoencoder, a stack or a",
        ),
        (
            "predict r x.npy --what classes --out v.npy",
            "--what: needs a classifier, but the model is a regressor; leave it out",
        ),
        (
            "predict r x.npy --what probabilities --out v.npy",
            "--what: needs a classifier, but the model is a regressor; leave it out",
        ),
        (
            "predict r x.npy --targets one.npy --out v.npy",
            "one.npy: 1 value per row, but the model predicts 2",
        ),
    ] {
        let run = runner.run(line);
        assert_eq!((run.code, run.stderr.lines().count()), (2, 1), "{line}: {}", run.stderr);
        assert!(run.stderr.starts_with(&format!("penstroke: {problem}")), "{}", run.stderr);
    }
}
