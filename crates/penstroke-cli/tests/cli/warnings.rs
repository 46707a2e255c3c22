//! Warnings about samples that look wrong, from the command line and the library, which Python's tests expect too.

use crate::runner::Runner;
use penstroke::Activation;
use penstroke::config::Named;
use penstroke::data::{LoadOptions, SamplesFor, Source, load, looks_wrong};
use std::fs;
use std::path::Path;

const INPUTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/inputs");

#[test]
fn the_command_line_and_the_library_warn_of_the_same_samples() {
    let table = fs::read_to_string(Path::new(INPUTS).join("looks-wrong.json")).unwrap();
    let table: Vec<serde_json::Value> = serde_json::from_str(&table).unwrap();
    let runner = Runner::new();
    for row in table {
        let source = Path::new(INPUTS).join(row["source"].as_str().unwrap());
        let (decoder, expected) = (row["decoder"].as_str(), row["warning"].as_str());
        let data = load(&Source::Path(source.clone()), &LoadOptions::default()).unwrap();
        let decoder_of = decoder.map(|name| Activation::parse(name).unwrap());
        let found: Vec<String> = looks_wrong(&data, SamplesFor::Train { decoder: decoder_of })
            .iter()
            .map(ToString::to_string)
            .collect();
        let is_expected = |found: &str| match expected {
            Some(expected) => found.contains(expected),
            None => found.is_empty(),
        };
        assert!(is_expected(&found.join("\n")), "{row}: {found:?}");
        for stream in ["", " --stream"] {
            let decoder = decoder.map_or(String::new(), |name| format!(" --decoder {name}"));
            let fit = format!("fit {} --hidden 2 --epochs 1 --out m{decoder}{stream}", source.display());
            let run = runner.run(&fit);
            assert_eq!(run.code, 0, "{}", run.stderr);
            assert!(is_expected(&run.stderr), "{row}: {}", run.stderr);
            assert_eq!(runner.run(&format!("{fit} --quiet")).stderr, "");
        }
    }
}

#[test]
fn samples_of_another_scale_than_the_models_give_a_warning() {
    let runner = Runner::new();
    let at = |name: &str| Path::new(INPUTS).join(name).display().to_string();
    runner.print(&format!("fit {} --hidden 2 --epochs 1 --quiet --out m", at("shares.npy")));
    let expected = "values of 0 to 255 differ in scale from the ";
    for line in
        ["encode m {} --out c.npy", "reconstruct m {} --out r.npy", "fit {} --from m --epochs 1 --out n"]
    {
        let run = runner.run(&line.replace("{}", &at("pixels-float.npy")));
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(run.stderr.contains(expected), "{line}: {}", run.stderr);
    }
}

#[test]
fn the_scale_that_a_warning_names_keeps_every_second() {
    let runner = Runner::new();
    let source = Path::new(INPUTS).join("large-offsets.csv").display().to_string();
    let run = runner.run(&format!("fit {source} --hidden 2 --epochs 1 --out m"));
    let expected = "column 1 (seconds) holds values of 1700000000 to 1700000199, which single precision rounds to \
                    multiples of 128, so different ones become equal; use --scale standard";
    assert!(run.stderr.contains(expected), "{}", run.stderr);
    runner.print(&format!("fit {source} --scale standard --hidden 2 --epochs 1 --quiet --out m"));
    let model = runner.json("inspect m --json");
    let scaling = &model["preparation"]["scaling"]["affine"];
    assert_eq!(scaling["doubles"]["0"], 1_700_000_099.5);
    assert_eq!(scaling["divisor"][0].as_f64().map(|x| (x * 1e3).round()), Some(57_734.0));
    runner.print(&format!("encode m {source} --out codes.csv"));
    let codes = fs::read_to_string(runner.path("codes.csv")).unwrap();
    let distinct: std::collections::HashSet<&str> = codes.lines().skip(1).collect();
    assert_eq!(distinct.len(), 200);
    for (name, is_double) in [("r.npy", "'<f8'"), ("r.csv", "."), ("r.parquet", "PAR1")] {
        runner.print(&format!("reconstruct m {source} --out {name}"));
        let bytes = fs::read(runner.path(name)).unwrap();
        assert!(String::from_utf8_lossy(&bytes).contains(is_double), "{name}");
    }
    // A restored second has a fraction, which single precision could not hold.
    let restored = fs::read_to_string(runner.path("r.csv")).unwrap();
    let first: f64 = restored.lines().nth(1).unwrap().split(',').next().unwrap().parse().unwrap();
    assert!((1.69e9..1.71e9).contains(&first) && first != f64::from(first as f32), "{first}");
    let export = runner.print("export m --what reconstruction --out m.onnx");
    assert!(export.contains("float64 → reconstruction (n, 2) float64"), "{export}");
}
