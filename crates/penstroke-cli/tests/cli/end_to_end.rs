//! From data to features and figures, and the content of every answer.

use crate::runner::{Run, Runner};
use penstroke::Autoencoder;
use penstroke::Model;
use penstroke::data::{LoadOptions, Source, load, npy};
use serde_json::json;
use std::fs;

#[test]
fn digits_are_learned_encoded_restored_drawn_and_probed() {
    let runner = Runner::new();
    let line =
        runner.print("fit strokes --samples 600 --hidden 40 --epochs 6 --threads 2 --out m.safetensors");
    assert_eq!(line.lines().count(), 1);
    assert!(
        line.starts_with("m.safetensors: 40 hidden units over 784 values, 6 of 6 epochs; training loss ")
    );

    let model = runner.json("inspect m.safetensors --json");
    assert_eq!((&model["n_visible"], &model["n_hidden"]), (&json!(784), &json!(40)));
    assert_eq!(model["config"]["corruption"], "masking:0.25");
    assert_eq!(model["image"], json!({"height": 28, "width": 28, "channels": 1}));
    let losses: Vec<f64> = serde_json::from_value(model["history"]["train_loss"].clone()).unwrap();
    assert!(losses.len() == 6 && losses[5] < losses[0], "{losses:?}");
    assert!(runner.print("inspect m.safetensors").contains("encoder.weight   40 × 784\n"));

    runner.print("encode m.safetensors strokes --samples 100 --part test --out codes.npy");
    let codes = npy::read(runner.path("codes.npy")).unwrap();
    let model = Autoencoder::load(runner.path("m.safetensors")).unwrap();
    let options = LoadOptions { n: Some(100), part: penstroke::data::Part::Test, ..LoadOptions::default() };
    let digits = load(&Source::Strokes, &options).unwrap();
    assert_eq!(codes.to_floats(), model.encode(&digits).unwrap());

    let repair = runner
        .json("reconstruct m.safetensors strokes --samples 100 --corruption masking:0.5 --out r.npy --json");
    let error = &repair["error"];
    assert!(error["corrupted"].as_f64() < error["copied"].as_f64(), "{repair}");
    let restored = npy::read(runner.path("r.npy")).unwrap();
    assert_eq!((restored.n_samples(), restored.image()), (100, digits.image()));
    let words = runner.print("reconstruct m.safetensors strokes --samples 100 --out r.npy");
    assert!(words.starts_with("r.npy: 100 samples reconstructed from corruption none\nmean squared error"));

    let line = runner.print("filters m.safetensors --count 12 --columns 6 --scale 2 --sort norm --out f.png");
    assert!(line.starts_with("f.png: 12 of 40 filters of 28×28 pixels; zero is mid grey"));
    let png = fs::read(runner.path("f.png")).unwrap();
    let size = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    // Six by two tiles of 56 pixels, with gaps of two, and a key with letters of 11 pixels; margins of 8 around tiles and key.
    assert_eq!((size(16), size(20)), (6 * 58 - 2 + 2 * 8, 2 * 58 - 2 + 11 + 4 * 8));

    let probe = "probe strokes --model m.safetensors --samples 600 --test-samples 300 --labels 50 200";
    let answer = runner.json(&format!("{probe} --json"));
    let comparisons = answer["comparisons"].as_array().unwrap();
    assert_eq!(comparisons.len(), 2);
    for comparison in comparisons {
        for features in ["raw", "code"] {
            let judged = &comparison[features];
            let error = judged["error"].as_f64().unwrap();
            assert!(
                judged["interval"]["low"].as_f64().unwrap() < error && judged["converged"] == json!(true)
            );
            assert!(error < judged["interval"]["high"].as_f64().unwrap() && error < 0.9, "{judged}");
        }
    }
    let table = runner.print(probe);
    assert_eq!(table.lines().count(), 2 + 3 * 2, "{table}");
    assert!(table.starts_with("linear probe on strokes, 300 test samples of the test part of strokes\n"));
}

#[test]
fn the_same_seed_gives_the_same_bytes_at_any_number_of_threads() {
    let runner = Runner::new();
    let fit = |options: &str, out: &str| {
        runner.print(&format!(
            "fit strokes --samples 300 --hidden 30 --epochs 2 --quiet {options} --out {out}"
        ));
        fs::read(runner.path(out)).unwrap()
    };
    let one = fit("--threads 1", "one");
    assert_eq!(one, fit("--threads 3", "three"));
    assert_ne!(one, fit("--threads 1 --seed 1", "other"));
}

#[test]
fn every_option_of_the_configuration_reaches_the_model() {
    let runner = Runner::new();
    let summary = runner.json(
        "fit strokes --samples 100 --hidden 9 --corruption gaussian:0.5+masking:0.1 --loss cross-entropy --activation \
         tanh --decoder sigmoid --untied --emphasis 1,0.5 --initialization glorot --epochs 2 --batch 16 --optimizer sgd \
         --momentum 0.5 --learning-rate 0.01 --schedule linear:0.5 --weight-decay 0.001 --l1 0.002 --contraction 0.5 --valid 0.25 --seed 7 \
         --threads 2 --precision f32 --json --out m",
    );
    assert_eq!(
        summary["config"],
        json!({
            "hidden": 9, "corruption": "gaussian:0.5+masking:0.1", "loss": "cross-entropy", "activation": "tanh",
            "decoder": "sigmoid", "tied": false, "emphasis": [1.0, 0.5], "initialization": "glorot", "epochs": 2,
            "batch": 16, "optimizer": "sgd", "momentum": 0.5, "learning_rate": 0.01, "schedule": "linear:0.5",
            "weight_decay": 0.001, "l1": 0.002, "contraction": 0.5, "sparsity": null, "valid": 0.25, "seed": 7, "precision": "f32",
        })
    );
    assert_eq!((&summary["epochs_done"], &summary["interrupted"]), (&json!(2), &json!(false)));
    assert_eq!(runner.json("inspect m --json")["config"], summary["config"]);
    let sparse = runner.json(
        "fit strokes --samples 100 --hidden 9 --corruption masking:0.5->0.1 --sparsity 0.1:0.5 --epochs 2 --json --out m",
    );
    assert_eq!(sparse["config"]["sparsity"], json!("0.1:0.5"));
    assert_eq!(sparse["config"]["corruption"], json!("masking:0.5->0.1"));
}

#[test]
fn training_continues_from_a_model() {
    let runner = Runner::new();
    runner.print("fit strokes --samples 200 --hidden 16 --untied --epochs 3 --quiet --out m");
    let on =
        runner.json("fit strokes --samples 200 --from m --epochs 2 --corruption gaussian:0.3 --json --out m");
    assert_eq!((&on["epochs_done"], &on["config"]["tied"]), (&json!(2), &json!(false)));
    assert_eq!((&on["n_hidden"], &on["config"]["corruption"]), (&json!(16), &json!("gaussian:0.3")));
    assert_eq!(on["train_loss"].as_array().unwrap().len(), 5);
    let Run { code, stderr, .. } = runner.run("fit strokes --from m --hidden 17 --out m2");
    assert_eq!(
        (code, stderr.as_str()),
        (2, "penstroke: --hidden: is fixed by the weights of a trained model; leave it out\n")
    );
}

#[test]
fn a_model_of_patches_prepares_other_scenes_on_its_own_scale() {
    let runner = Runner::new();
    runner.print("data make leaves --out train.npy -n 2");
    runner.print("data make leaves --out other.npy -n 1 --seed 9");
    runner
        .print("fit train.npy --patches 6 --whiten 0.3 --samples 400 --hidden 8 --epochs 1 --quiet --out m");
    runner.print("encode m other.npy --samples 50 --seed 3 --out codes.npy");
    let model = Autoencoder::load(runner.path("m")).unwrap();
    let patches = model.preparation().patches.clone().unwrap();
    assert_eq!((patches.side, patches.whiten), (6, Some(0.3)));
    let other = Source::Path(runner.path("other.npy"));
    let options =
        LoadOptions { n: Some(50), seed: 3, patches: Some(patches.clone()), ..LoadOptions::default() };
    let samples = load(&other, &options).unwrap();
    let codes = npy::read(runner.path("codes.npy")).unwrap().to_floats();
    assert_eq!(codes, model.encode(&samples).unwrap());
    // Scaled on their own, the patches would differ.
    let alone = penstroke::data::patches::PatchOptions { scale: None, ..patches };
    let alone = load(&other, &LoadOptions { patches: Some(alone), ..options }).unwrap();
    assert_ne!(codes, model.encode(&alone).unwrap());
    assert!(runner.print("inspect m").contains("patches of side 6, whitened up to 0.3 cycles per pixel"));
}

#[test]
fn data_are_made_listed_and_described() {
    let runner = Runner::new();
    let line = runner.print("data make strokes --out d.npy --labels l.npy -n 40 --part test --seed 5");
    assert!(line.starts_with("d.npy: 40 samples of 784 values (28×28 pixels), bytes;"), "{line}");
    let options =
        LoadOptions { n: Some(40), seed: 5, part: penstroke::data::Part::Test, ..LoadOptions::default() };
    let digits = load(&Source::Strokes, &options).unwrap();
    let made = npy::read(runner.path("d.npy")).unwrap();
    assert_eq!((made.rows().len(), made.to_floats()), (digits.rows().len(), digits.to_floats()));
    let labels = fs::read(runner.path("l.npy")).unwrap();
    assert_eq!(labels[128..136], i64::from(digits.labels().unwrap()[0]).to_le_bytes());

    let described = runner.json("inspect d.npy --json");
    assert_eq!(described["parts"]["train"]["n_samples"], 40);
    runner.print("data make leaves --out s.npy -n 2");
    assert!(
        runner
            .print("inspect s.npy")
            .starts_with("s.npy: 2 samples of 65536 values (256×256 pixels), floats")
    );
    let scenes = runner.json("inspect leaves --json");
    assert_eq!(scenes["parts"]["test"]["shortest_side"], 256);
    let list = runner.json("data list --json --data-dir nowhere");
    assert_eq!((&list["data_dir"], &list["sources"][2]["folder"]), (&json!("nowhere"), &json!(null)));
    assert_eq!(runner.print("data list").lines().count(), 14);
}

#[test]
fn variations_are_listed_made_and_probed() {
    let runner = Runner::new();
    let list = runner.json("data list --json --data-dir nowhere");
    let of = |name| list["sources"].as_array().unwrap().iter().find(|source| source["name"] == name).unwrap();
    assert_eq!(of("rect")["samples"], json!({"train": 1000, "valid": 200, "test": 50_000}));
    assert_eq!((&of("rect")["built_in"], &of("rect")["available"]), (&json!(true), &json!(true)));
    assert_eq!(of("mnist-bg-img")["needs"], json!(["mnist", "kodak"]));
    assert_eq!(of("mnist-bg-img")["available"], json!(false));
    fs::create_dir_all(runner.path("sets/kodak")).unwrap();
    let list = runner.print("data list --data-dir sets");
    let line = |name: &str| list.lines().find(|line| line.starts_with(&format!("{name} "))).unwrap();
    assert!(
        line("mnist-bg-img").ends_with("10000/2000/50000, of mnist and kodak; mnist not in sets"),
        "{list}"
    );
    assert!(line("rect-img").ends_with("of kodak") && line("convex").ends_with("built in"), "{list}");

    let made = runner.print("data make convex --part valid --out c.npy --labels l.npy");
    assert!(
        made.starts_with("c.npy: 2000 samples of 784 values (28×28 pixels), bytes; 0 to 1, mean 0."),
        "{made}"
    );
    assert!(made.ends_with("2 classes (0: 1000, 1: 1000)\n"), "{made}");
    let described = runner.json("inspect rect --json");
    for (part, n) in [("train", 1000), ("valid", 200), ("test", 50_000)] {
        assert_eq!(described["parts"][part]["n_samples"], n);
    }
    let chosen = runner.json("probe rect --part valid --json");
    assert_eq!(chosen["test"], "the validation part of rect");
    assert_eq!(chosen["n_test"], 200);
    let answer = runner.json("probe rect --test-samples 500 --json");
    assert_eq!((&answer["test"], &answer["n_classes"]), (&json!("the test part of rect"), &json!(2)));
}

/// Generated digits in MNIST's layout.
fn mnist_like(runner: &Runner, folder: &str) {
    let folder = runner.path(folder);
    fs::create_dir_all(&folder).unwrap();
    for (name, part, n) in
        [("train", penstroke::data::Part::Train, 200), ("t10k", penstroke::data::Part::Test, 80u32)]
    {
        let options = LoadOptions { n: Some(n as usize), part, ..LoadOptions::default() };
        let digits = load(&Source::Strokes, &options).unwrap();
        let bytes: Vec<u8> = digits.to_floats().iter().map(|v| (v * 255.0).round() as u8).collect();
        let labels: Vec<u8> = digits.labels().unwrap().iter().map(|&label| label as u8).collect();
        let idx = |dimensions: &[u32], values: &[u8]| {
            let mut file = vec![0, 0, 8, dimensions.len() as u8];
            file.extend(dimensions.iter().flat_map(|size| size.to_be_bytes()));
            file.extend(values);
            file
        };
        fs::write(folder.join(format!("{name}-images-idx3-ubyte")), idx(&[n, 28, 28], &bytes)).unwrap();
        fs::write(folder.join(format!("{name}-labels-idx1-ubyte")), idx(&[n], &labels)).unwrap();
    }
}

#[test]
fn mnist_is_found_by_option_by_environment_and_in_the_cache() {
    let runner = Runner::new();
    mnist_like(&runner, "sets/mnist");
    let fit = "fit mnist --hidden 5 --epochs 1 --quiet --out m";
    runner.print(&format!("{fit} --data-dir sets"));
    let run: Run =
        runner.command(fit.split(' ')).env("PENSTROKE_DATA", runner.path("sets")).output().unwrap().into();
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let list = runner.print("data list --data-dir sets");
    assert!(list.contains("mnist                in sets/mnist"), "{list}");
    let missing = runner.run(fit);
    assert!(missing.code == 2 && missing.stderr.contains("data get mnist"), "{}", missing.stderr);
    if cfg!(target_os = "linux") {
        mnist_like(&runner, "cache/penstroke/mnist");
        runner.print(fit);
    }
    // A folder is a source as well, and a probe finds its parts.
    let answer = runner.json("probe sets/mnist --json");
    assert_eq!((&answer["n_test"], &answer["comparisons"][0]["n_labels"]), (&json!(80), &json!(200)));
    let several = runner.json("probe sets/mnist --test strokes --test-samples 50 --penalty 0.1 0.001 --json");
    assert_eq!((&several["n_test"], &several["test"]), (&json!(50), &json!("strokes")));
}

#[test]
fn speed_is_reported_as_text_and_json() {
    let runner = Runner::new();
    let bench = "bench --samples 60 --hidden 8 --batch 16 --epochs 2 --threads 2 --instructions portable";
    let words = runner.print(&format!("{bench} --untied --optimizer adam --corruption gaussian:0.5"));
    let start = "training 784-8-784 untied, gaussian:0.5, adam 0.005, batch 16; 60 samples, made in memory\n";
    assert!(words.starts_with(start), "{words}");
    assert!(words.contains("  runs on        portable, f32, 2 threads\n"), "{words}");

    let speed = runner.json(&format!("{bench} --json"));
    assert_eq!((&speed["path"], &speed["precision"]), (&json!("portable"), &json!("f32")));
    assert_eq!((&speed["threads"], speed["losses"].as_array().unwrap().len()), (&json!(2), 2));

    let codes = runner.json("bench --source leaves --samples 50 --visible 144 --hidden 9 --encode --json");
    assert_eq!((&codes["losses"], &codes["step_seconds"]), (&json!([]), &json!(null)));
    assert_eq!(codes["epoch_seconds"].as_array().unwrap().len(), 5);
}

#[test]
fn a_pipe_gets_results_and_no_progress() {
    let runner = Runner::new();
    let run = runner.run("fit strokes --samples 200 --hidden 5 --epochs 2 --out m");
    assert_eq!((run.stdout.lines().count(), run.stderr.as_str()), (1, ""));
    let run = runner.run("fit strokes --samples 200 --hidden 5 --epochs 2 --verbose --out m");
    assert_eq!(run.stderr.lines().count(), 2);
    assert!(run.stderr.starts_with("epoch 1/2: loss ") && !run.stderr.contains('\u{1b}'), "{}", run.stderr);
    assert_eq!(runner.print("fit strokes --samples 200 --hidden 5 --epochs 1 --quiet --out m"), "");
}

#[test]
fn a_training_that_is_no_success_says_so_and_ends_with_0() {
    let runner = Runner::new();
    runner.print("data make strokes --samples 300 --out d.npy");
    let stderr = |line: &str| {
        let output = runner.command(line.split(' ')).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{line}");
        String::from_utf8(output.stderr).unwrap()
    };
    let fit = "fit d.npy --hidden 5 --out m";
    let worse = "penstroke: the network does worse than always answering the mean: its loss is ";
    for (options, way_out) in [
        ("--epochs 1", "train longer with --epochs"),
        ("--epochs 1 --stream", "train longer with --epochs"),
        ("--epochs 3 --learning-rate 5", "try --learning-rate below 5"),
        ("--epochs 3 --corruption gaussian:90", "add less noise with --corruption"),
    ] {
        let told = stderr(&format!("{fit} {options}"));
        assert!(told.starts_with(worse) && told.contains(way_out), "{options}: {told}");
        assert_eq!(told.lines().count(), 1, "{told}");
        assert_eq!(stderr(&format!("{fit} {options} --quiet")), "");
    }
    let told = stderr(&format!("{fit} --layers 5,4 --epochs 1").replace(" --hidden 5", ""));
    assert!(told.starts_with("penstroke: layer 1/2: the network does worse"), "{told}");
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let runner = Runner::new();
    for line in ["data list", "--help"] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let run: Run = runner.command(line.split(' ')).stdout(writer).output().unwrap().into();
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{line}");
    }
}
