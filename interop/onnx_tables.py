"""Runs ONNX files of imputers and encoders of tables with onnxruntime, on mixed tables with gaps. Imputers must fill what `penstroke impute`
fills: observed cells, whole numbers and categories must be equal, other numbers agree to within 1e-5 of their column's standard
deviation. Encoders must give the codes of `penstroke encode` to within 1e-5 of the largest. Prints the largest difference and the time."""

import json
import os
import subprocess
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pandas as pd

TOLERANCE = 1e-5
PENSTROKE = os.environ["PENSTROKE"]
worst = (0.0, "")


def penstroke(*words):
    """Runs a command that must succeed."""
    run = subprocess.run([PENSTROKE, *map(str, words)], capture_output=True, text=True)
    assert run.returncode == 0, f"penstroke {words}: {run.stderr}"
    return run


def table(rng, n):
    """Columns of several kinds and scales that depend on one another."""
    x = rng.normal(size=n)
    city = np.array(["Oslo", "Rome", "Ålesund"], object)[np.digitize(x, [-0.5, 0.7])]
    return pd.DataFrame({
        "height": 1.7 + 0.1 * x + 0.01 * rng.normal(size=n),
        "filled_height": 1e9 * x + 1e12,
        "rooms": np.rint(3 + 2 * x + 0.5 * rng.normal(size=n)).astype("int64"),
        "zip": rng.integers(0, 200, n).astype(str),
        "city": city,
        "/flag": np.where(x + 0.3 * rng.normal(size=n) > 0, "yes", "no").astype(object),
        "note": [f"note {i} {rng.integers(10**9)}" for i in range(n)],
        "many": np.array([f"k{k}" for k in np.minimum(rng.geometric(0.02, n), 300)], object),
        "lone": np.full(n, 2.5),
    }).astype({"rooms": "Int64"})


def with_gaps(rng, frame, share):
    frame = frame.copy()
    for name in frame.columns.drop("note"):
        frame.loc[rng.random(len(frame)) < share, name] = pd.NA if name == "rooms" else None
    return frame


def inputs_of(columns, frame):
    """The cells of a table as the file takes them; `columns` are those of its metadata."""
    inputs = {}
    for of in columns:
        cells = frame[of["name"]]
        if "categories" in of:
            inputs[of["input"]] = cells.fillna("").to_numpy(object).reshape(-1, 1)
        else:
            inputs[of["input"]] = cells.astype("Float64").to_numpy("float64", na_value=np.nan).reshape(-1, 1)
    return inputs


def opened(file, kind):
    """The session of a file that onnx accepts, and the columns of its metadata, which are its inputs."""
    onnx.checker.check_model(onnx.load(file), full_check=True)
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    about = session.get_modelmeta().custom_metadata_map
    assert about["kind"] == kind
    columns = json.loads(about["columns"])
    assert [port.name for port in session.get_inputs()] == [of["input"] for of in columns]
    return session, columns


def check_encoder(model, frame):
    """Compares the codes that the file gives for a table with those of penstroke."""
    penstroke("export", model, "--out", "e.onnx")
    session, columns = opened("e.onnx", "table-encoder")
    frame.to_parquet("table.parquet", index=False)
    for output in ("last", "all"):
        penstroke("encode", model, "table.parquet", "--output", output, "--out", "codes.npy")
        want = np.load("codes.npy")
        (have,) = session.run([output], inputs_of(columns, frame))
        assert have.shape == want.shape, f"encoder, {output}: {have.shape}, not {want.shape}"
        difference = float(np.abs(have - want).max() / np.abs(want).max())
        assert difference <= TOLERANCE, f"encoder, {output}: differs by {difference:.2e}"
        print(f"encoder, {output}: {want.shape[1]} values of {len(frame)} rows, largest difference {difference:.1e}")


def check(case, model, frame):
    """Compares the file's answers for a table with those of penstroke."""
    global worst
    answer = json.loads(penstroke("export", model, "--out", "m.onnx", "--json").stdout)
    penstroke("export", model, "--out", "again.onnx")
    assert Path("m.onnx").read_bytes() == Path("again.onnx").read_bytes(), f"{case}: two exports differ"
    session, columns = opened("m.onnx", "imputer")
    assert [port["name"] for port in answer["outputs"]] == [of["output"] for of in columns]

    inputs = inputs_of(columns, frame)
    start = time.perf_counter()
    outputs = session.run([of["output"] for of in columns], inputs)
    seconds = time.perf_counter() - start
    frame.to_parquet("table.parquet", index=False)
    told = penstroke("impute", "table.parquet", "--model", model, "--out", "done.parquet")
    done = pd.read_parquet("done.parquet")
    n_filled = 0
    for of, have in zip(columns, outputs):
        have, want, before = have[:, 0], done[of["name"]], frame[of["name"]]
        gaps = before.isna().to_numpy()
        assert not want.isna().any(), f"{case}: {of['name']} has gaps"
        name = f"{case}, {of['name']}"
        if "categories" in of:
            unlike = np.flatnonzero(have != want.to_numpy(object))
            assert unlike.size == 0, f"{name}: rows {unlike}"
            n_filled += int(gaps.sum())
            continue
        have, want = have.astype("float64"), want.to_numpy("float64")
        assert (have[~gaps] == want[~gaps]).all(), name
        n_filled += int(gaps.sum())
        if gaps.any():
            difference = float(np.abs(have - want).max() / (np.std(want[~gaps]) or 1.0))
            assert difference <= (0 if of["name"] == "rooms" else TOLERANCE), f"{name}: differs by {difference:.2e}"
            worst = max(worst, (difference, name))
    # A row alone has what it has among others, up to the rounding of products of another shape.
    alone = session.run(None, {name: values[:1] for name, values in inputs.items()})
    for of, one, all_rows in zip(columns, alone, outputs):
        if "categories" in of:
            assert one[0, 0] == all_rows[0, 0], case
        else:
            assert abs(one[0, 0] - all_rows[0, 0]) <= TOLERANCE * max(1, abs(all_rows[0, 0])), case
    print(f"{case}: {len(frame)} rows, {n_filled} gaps; onnxruntime {1000 * seconds:.0f} ms")
    return told.stderr


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    rng = np.random.default_rng(0)
    train = with_gaps(rng, table(rng, 1500), 0.2)
    train.to_parquet("train.parquet", index=False)
    new = with_gaps(rng, table(rng, 700), 0.3)
    for case, words in [("bounded", []), ("unbounded", ["--bounds", "none", "--networks", 3])]:
        penstroke("impute", "train.parquet", "--save-model", case, "--out", "x.parquet", "--quiet", *words)
        check(f"{case}, training table", case, train)
        shuffled = new[new.columns[::-1]].copy()
        shuffled.loc[shuffled.index[::7], "city"] = "Paris"
        told = check(f"{case}, new table", case, shuffled)
        assert 'column city: 100 cells hold categories not seen in training, the first "Paris"' in told, told
    penstroke("fit", "train.parquet", "--layers", "64,32", "--epochs", 3, "--out", "e", "--quiet")
    check_encoder("e", new)
    lone = train[["height", "city"]]
    lone.to_parquet("train.parquet", index=False)
    penstroke("impute", "train.parquet", "--types", "height=ignore", "--save-model", "m", "--out", "x.parquet", "--quiet")
    check("one column of categories", "m", lone)
print(f"onnxruntime {version('onnxruntime')}: largest difference {worst[0]:.1e} deviations, in: {worst[1]}")
