//! Stacks, classifiers and searches: from data to predictions.

use crate::runner::Runner;
use penstroke::data::npy;
use serde_json::{Value, json};
use std::fs;

const FEW: &str = "strokes --samples 300 --seed 1";

#[test]
fn a_stack_is_trained_fine_tuned_and_asked() {
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

    // What finetune measured on the test part is what predict gives for it.
    let said = runner.json("predict c strokes --part test --seed 1 --out p.npy --json");
    assert_eq!(said["error"]["errors"], tuned["test"]["errors"]);
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
fn a_search_ends_with_the_same_table_when_it_is_cut_short_and_goes_on() {
    let runner = Runner::new();
    let search = |options: &str, out: &str| {
        let line = format!(
            "search strokes --samples 200 --corruption none,masking:0.3,masking:0.6 --hidden 10 --seeds 2 --epochs 1 --tuning-epochs 2 {options} --out {out}"
        );
        runner.run(&line)
    };
    let whole = search("", "whole");
    assert_eq!((whole.code, whole.stderr.as_str()), (0, ""));
    // No time at all: nothing is finished, and the same command goes on.
    assert_eq!(search("--budget 0s", "cut").code, 1);
    assert_eq!(search("--threads 1", "cut").stdout, whole.stdout);
    assert_eq!(whole.stdout.lines().count(), 4, "{}", whole.stdout);
    let mut names: Vec<_> =
        fs::read_dir(runner.path("whole")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["filters.png", "noise.svg", "search.json", "winner.json"]);
    let read = |name: &str| -> Value {
        serde_json::from_str(&fs::read_to_string(runner.path(name)).unwrap()).unwrap()
    };
    assert_eq!(read("whole/search.json")["outcomes"].as_array().unwrap().len(), 6);
    // The winner's commands work.
    for command in read("whole/winner.json")["commands"].as_array().unwrap() {
        let command = command.as_str().unwrap().strip_prefix("penstroke ").unwrap();
        runner.print(command);
    }
    let longer = search("--batch 50", "whole");
    assert_eq!(longer.code, 2);
    assert!(longer.stderr.contains("is the record of a search with other options"), "{}", longer.stderr);
}
