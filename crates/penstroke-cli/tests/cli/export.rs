//! ONNX files written by the command line. The library's tests and `interop/onnx.py` check what they compute.

use crate::runner::Runner;
use serde_json::json;
use std::fs;

#[test]
fn exports_are_described_and_every_option_matters() {
    let runner = Runner::new();
    runner.print("fit strokes --samples 60 --layers 9,5 --epochs 1 --quiet --out s");
    let answer = runner.json("export s --out s.onnx --json");
    let bytes = fs::read(runner.path("s.onnx")).unwrap();
    assert_eq!(
        answer,
        json!({
            "file": "s.onnx", "n_bytes": bytes.len(), "what": "encoder", "opset": 17,
            "input": {"name": "samples", "type": "float32", "shape": ["n", 784]},
            "outputs": [{"name": "code", "type": "float32", "shape": ["n", 5]}],
        })
    );
    for (options, message) in [
        ("--layer 1", "encoder; samples (n, 784) float32 → code (n, 9) float32"),
        ("--input bytes", "encoder; samples (n, 784) uint8 → code (n, 5) float32"),
        (
            "--what reconstruction",
            "reconstruction; samples (n, 784) float32 → reconstruction (n, 784) float32",
        ),
    ] {
        assert_eq!(
            runner.print(&format!("export s {options} --out other.onnx")),
            format!("other.onnx: {message}\n")
        );
        assert_ne!(fs::read(runner.path("other.onnx")).unwrap(), bytes);
    }
    runner.print("finetune strokes --samples 60 --from s --epochs 1 --quiet --out c");
    assert_eq!(
        runner.print("export c --out c.onnx"),
        "c.onnx: classifier; samples (n, 784) float32 → class (n) int64, probabilities (n, 10) float32\n"
    );

    runner.print("fit leaves --samples 60 --patches 5 --hidden 3 --epochs 1 --quiet --out p");
    let before = runner.names();
    for (line, problem) in [
        ("export s --out s.pb", "s.pb: the file name must end in .onnx"),
        ("export absent --out x.onnx", "absent: no such file or folder"),
        ("export s --layer 3 --out x.onnx", "--layer: 3 is not one of the model's layers, 1 to 2"),
        (
            "export s --what regressor --out x.onnx",
            "--what: regressor is not available for a model of kind \"stack\"; choose from encoder, reconstruction",
        ),
        (
            "export p --out x.onnx",
            "--input: the model's samples are patches of whitened scenes, and a patch alone cannot be whitened; use --input \
             prepared",
        ),
    ] {
        let run = runner.run(line);
        assert_eq!((run.code, run.stderr), (2, format!("penstroke: {problem}\n")), "{line}");
    }
    assert_eq!(runner.names(), before);
    let prepared = runner.print("export p --input prepared --out p.onnx");
    assert_eq!(prepared, "p.onnx: encoder; samples (n, 25) float32 → code (n, 3) float32\n");
}
