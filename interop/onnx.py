"""Checks ONNX files of every kind of model: onnx must accept them, and onnxruntime, and tract if PENSTROKE_TRACT=1, must compute
the same as penstroke to within 1e-5. Prints the largest differences."""

import csv
import itertools
import json
import os
import subprocess
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from safetensors.numpy import load_file

TOLERANCE = 1e-5
PENSTROKE = os.environ["PENSTROKE"]
TRACT = Path(__file__).absolute().parent / "tract" / "Cargo.toml"
# The outputs of an ONNX file, and the command that computes the same.
VERBS = {
    "code": ["encode"],
    "reconstruction": ["reconstruct"],
    "probabilities": ["predict", "--what", "probabilities"],
    "predictions": ["predict"],
}

worst = {"onnxruntime": (0.0, ""), "tract": (0.0, "")}
jobs = []
n_cases = 0


def penstroke(*words):
    """Runs a command that must succeed."""
    run = subprocess.run([PENSTROKE, *map(str, words)], capture_output=True, text=True)
    assert run.returncode == 0, f"penstroke {words}: {run.stderr}"
    return run.stdout


def refuse(message, *words):
    """Runs a command that must fail with this message."""
    run = subprocess.run([PENSTROKE, *map(str, words)], capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (2, f"penstroke: {message}\n"), f"{words}: {run.stderr}"


def compare(runtime, case, have, want):
    """Records the largest difference, divided by the largest expected value if that is above 1."""
    assert have.shape == want.shape, f"{case}: {runtime} gives {have.shape}, not {want.shape}"
    difference = float(np.abs(have.astype(np.float64) - want).max() / max(1.0, np.abs(want).max()))
    assert difference <= TOLERANCE, f"{case}: {runtime} differs by {difference:.2e}"
    worst[runtime] = max(worst[runtime], (difference, case))


def check(case, model, samples, source=None, *, what=(), same=(), want=None):
    """Exports a model with the options `what` and runs it on `samples`; penstroke reads the same samples from `source`."""
    global n_cases
    n_cases += 1
    file = f"{n_cases}.onnx"
    answer = json.loads(penstroke("export", model, "--out", file, "--json", *what))
    penstroke("export", model, "--out", "again.onnx", *what)
    assert Path(file).read_bytes() == Path("again.onnx").read_bytes(), f"{case}: two exports differ"
    onnx.checker.check_model(onnx.load(file), full_check=True)

    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    (port,) = session.get_inputs()
    assert (port.name, port.shape) == ("samples", ["n", samples.shape[1]]), port
    names = [output.name for output in session.get_outputs()]
    assert names == [output["name"] for output in answer["outputs"]]
    have = dict(zip(names, session.run(None, {"samples": samples})))
    first = session.run(names[-1:], {"samples": samples[:1]})[0]
    compare("onnxruntime", case, first, have[names[-1]][:1])

    if want is None:
        penstroke(*VERBS[names[-1]], model, source, "--out", "want.npy", *same)
        want = np.load("want.npy").reshape(len(samples), -1)
    compare("onnxruntime", case, have[names[-1]].reshape(want.shape), want)
    outputs = [want.ravel()]
    if names[0] == "class":
        assert (have["class"] == want.argmax(1)).all(), case
        outputs = [want.argmax(1), *outputs]
    raw = Path(f"{n_cases}.u8" if samples.dtype == np.uint8 else f"{n_cases}.f32")
    raw.write_bytes(samples.tobytes())
    jobs.append((case, file, raw, np.concatenate(outputs)))
    return session


def run_tract():
    """Runs the same files with tract."""
    lines = [f"{file}\t{raw}\t{file}.out\n" for _, file, raw, _ in jobs]
    subprocess.run(
        ["cargo", "run", "-q", "--manifest-path", TRACT, "--target-dir", CARGO_FOLDER],
        input="".join(lines), text=True, check=True,
    )
    for case, file, _, want in jobs:
        compare("tract", case, np.fromfile(f"{file}.out", "<f4"), want)


def fit(out, source, *words):
    penstroke("fit", source, "--quiet", "--out", out, *words)
    return out


def autoencoders(digits, floats):
    activations = ["sigmoid", "tanh", "relu", "linear"]
    for encoder, decoder, tied in itertools.product(activations, activations, ["", "--untied"]):
        words = ["--hidden", 12, "--epochs", 1, "--activation", encoder, "--decoder", decoder, *tied.split()]
        model = fit("m", digits, *words)
        case = f"{encoder} {decoder} {tied or 'tied'}"
        check(f"encoder {case}", model, floats, digits)
        check(f"reconstruction {case}", model, floats, digits, what=["--what", "reconstruction"])
    model = fit("m", digits, "--hidden", 12, "--epochs", 2, "--loss", "cross-entropy", "--corruption", "dropout:0.2")
    check("cross-entropy, dropout of the input", model, floats, digits)
    pixels = np.load(digits).reshape(len(floats), -1)
    for what in ["encoder", "reconstruction"]:
        check(f"{what} of bytes", model, pixels, digits, what=["--what", what, "--input", "bytes"])
    refuse("--layer: 2 is not one of the model's layers, 1 to 1", "export", model, "--out", "x.onnx", "--layer", 2)


def deeper(digits, floats):
    words = ["--layers", "20,10", "--activation", "tanh,sigmoid", "--epochs", "2"]
    for tied in [[], ["--untied"]]:
        stack = fit("s", digits, *words, "--end-to-end", 1, *tied)
        for layer in [1, 2]:
            check(f"stack, layer {layer}", stack, floats, digits, what=["--layer", layer], same=["--layer", layer])
        check("stack, reconstruction", stack, floats, digits, what=["--what", "reconstruction"])
    tune = ["--from", stack, "--epochs", 3, "--learning-rate", 0.005, "--dropout", 0.3, "--label-smoothing", 0.1, "--quiet"]
    penstroke("finetune", "strokes", "--samples", 200, *tune, "--out", "c")
    check("classifier", "c", floats, digits)
    check("encoder of a classifier", "c", floats, digits, what=["--what", "encoder", "--layer", 1], same=["--layer", 1])
    tune = ["--layers", "15", "--activation", "relu", "--epochs", 3, "--quiet"]
    for targets in ["one.npy", "two.npy"]:
        penstroke("finetune", digits, "--targets", targets, *tune, "--out", "r")
        check(f"regressor, {targets}", "r", floats, digits)


def scaled(rng):
    rows = rng.normal([0, 5, -300, 1e4, 1e-3], [1, 2, 40, 500, 1e-4], (60, 5)).astype(np.float32)
    rows[3] = 0.1  # Equal values, whose mean is not exact.
    rows[4] = 0
    np.save("rows.npy", rows)
    for scale in ["none", "range", "standard", "per-sample", "250"]:
        model = fit("m", "rows.npy", "--scale", scale, "--hidden", 4, "--epochs", 1)
        check(f"encoder, scale {scale}", model, rows, "rows.npy")
        check(f"reconstruction, scale {scale}", model, rows, "rows.npy", what=["--what", "reconstruction"])
    penstroke("finetune", "rows.npy", "--targets", "fifth.npy", "--scale", "standard", "--layers", 6, "--epochs", 3, "--quiet", "--out", "r")
    check("regressor, scale standard", "r", rows, "rows.npy")


def tables(rng):
    rows, values = [["age", "job", "income", "kind"]], []
    for i in range(80):
        age, job, income = rng.normal(40, 12), ["cook", "smith", "nurse"][i % 3], rng.normal(2000, 300)
        fields = [f"{age:.3f}", job, f"{income:.2f}"]
        missing = i % 7 if i % 7 < 3 else None
        if missing is not None:
            fields[missing] = "?"
        number = lambda field: np.nan if field == "?" else float(field)
        one_hot = [np.nan if fields[1] == "?" else float(fields[1] == job) for job in ["cook", "nurse", "smith"]]
        values.append([number(fields[0]), *one_hot, number(fields[2])])
        rows.append([*fields, "daisy" if age > 40 else "poppy"])
    with open("table.csv", "w", newline="") as file:
        csv.writer(file).writerows(rows)
    values = np.array(values, dtype=np.float32)
    words = ["--one-hot", "job", "--label", "kind", "--missing", "mean", "--scale", "standard"]
    penstroke("finetune", "table.csv", *words, "--layers", 6, "--epochs", 5, "--quiet", "--out", "c")
    session = check("table", "c", values, "table.csv")
    about = session.get_modelmeta().custom_metadata_map
    assert json.loads(about["classes"]) == ["daisy", "poppy"], about
    assert json.loads(about["values"]) == ["age", "job=cook", "job=nurse", "job=smith", "income"], about
    names = [json.loads(about["classes"])[k] for k in session.run(["class"], {"samples": values})[0]]
    penstroke("predict", "c", "table.csv", "--out", "names.npy")
    assert names == np.load("names.npy").tolist()
    refuse(
        "--input: bytes are pixels, and the model's samples are columns of a table; use --input floats",
        "export", "c", "--input", "bytes", "--out", "x.onnx",
    )


def patches(rng):
    # With a border of four pixels, only one patch fits.
    picture = rng.integers(0, 256, (1, 12, 12), dtype=np.uint8)
    np.save("picture.npy", picture)
    patch = picture[0, 4:8, 4:8].reshape(1, -1).repeat(3, 0).astype(np.float32) / 255
    words = ["--samples", 200, "--patches", 4, "--hidden", 6, "--epochs", 1]
    model = fit("m", "leaves", *words, "--whiten", "none")
    check("patches", model, patch, "picture.npy", same=["--samples", 3])
    model = fit("m", "leaves", *words)
    refuse(
        "--input: the model's samples are patches of whitened scenes, and a patch alone cannot be whitened; use --input prepared",
        "export", model, "--out", "x.onnx",
    )
    tensors = load_file(model)
    code = 1 / (1 + np.exp(-(patch @ tensors["encoder.weight"].T + tensors["encoder.bias"])))
    check("whitened patches, prepared", model, patch, what=["--input", "prepared"], want=code)


CARGO_FOLDER = Path("target/interop/tract").absolute()
with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    rng = np.random.default_rng(0)
    penstroke("data", "make", "strokes", "-n", 200, "--out", "digits.npy")
    floats = np.load("digits.npy").reshape(200, -1).astype(np.float32) / np.float32(255)
    ink = floats.sum(1)
    np.save("one.npy", ink)
    np.save("two.npy", np.stack([1000 * ink, floats[:, :392].sum(1)], 1))
    np.save("fifth.npy", rng.normal(7, 3, 60).astype(np.float32))
    autoencoders("digits.npy", floats)
    deeper("digits.npy", floats)
    scaled(rng)
    tables(rng)
    patches(rng)
    if os.environ.get("PENSTROKE_TRACT") == "1":
        run_tract()
    else:
        del worst["tract"]
        print("skipped tract; PENSTROKE_TRACT=1 compiles and runs it too, which takes minutes")
print(f"{n_cases} files, checked by onnx {version('onnx')}")
for runtime, (difference, case) in worst.items():
    release = version(runtime) if runtime == "onnxruntime" else "0.23.9"
    print(f"{runtime} {release}: largest difference {difference:.1e}, in: {case}")
