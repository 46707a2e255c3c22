"""Reads files of NumPy, pandas, pyarrow and polars with penstroke, and files of penstroke with them.

Each file is encoded by a model with linear units that is trained on it. The codes are compared with `W x + b` in double precision,
where x is what the other library holds and W and b are read by safetensors. An unsupported file must give the error stated here.
"""

import gzip
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.ipc
import pyarrow.parquet as pq
from safetensors.numpy import load_file

PENSTROKE = os.environ["PENSTROKE"]
N = 50
rng = np.random.default_rng(0)
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)
rows, n_failed = [], 0


def run(*args):
    return subprocess.run([PENSTROKE, *map(str, args)], capture_output=True, text=True)


def check(what, layout, file, x, *options, labels=None):
    """Checks that penstroke reads `x` from `file`, and the classes `labels`."""
    verb = ["fit", file, *options, "--hidden", 3, "--activation", "linear", "--decoder", "linear", "--corruption", "none",
            "--epochs", 1, "--learning-rate", "1e-12", "--quiet", "--out", "model"]
    problem = ""
    for args in (verb, ["encode", "model", file, "--out", "codes.npy"]):
        answer = run(*args)
        if answer.returncode != 0:
            problem = answer.stderr.strip()
    if not problem:
        weights = load_file("model")
        x = np.asarray(x, np.float64).reshape(len(x), -1)
        expected = x @ weights["encoder.weight"].T.astype(np.float64) + weights["encoder.bias"]
        size = np.abs(x) @ np.abs(weights["encoder.weight"].T) + 1
        error = np.max(np.abs(np.load("codes.npy") - expected) / size)
        if not error < 1e-6:
            problem = f"codes differ by {error}"
    if not problem and labels is not None:
        answer = run("finetune", file, *options, "--layers", 2, "--epochs", 1, "--quiet", "--out", "classes")
        answer = answer if answer.returncode else run("predict", "classes", file, "--what", "probabilities", "--out", "probabilities.csv")
        if answer.returncode != 0:
            problem = answer.stderr.strip()
        elif list(pd.read_csv("probabilities.csv").columns) != sorted(set(labels)):
            problem = f"classes are {list(pd.read_csv('probabilities.csv').columns)}"
    record(what, layout, "read", problem)


def mixed(what, layout, file, *options):
    """Checks that penstroke learns codes of the rows of `file`, whose columns are of several kinds or have gaps."""
    problem = ""
    for args in (["fit", file, *options, "--layers", 8, "--epochs", 1, "--quiet", "--out", "model"],
                 ["encode", "model", file, "--out", "codes.npy"]):
        answer = run(*args)
        if answer.returncode != 0 and not problem:
            problem = answer.stderr.strip()
    if not problem:
        codes = np.load("codes.npy")
        if codes.shape != (N, 8) or not np.isfinite(codes).all():
            problem = f"codes have shape {codes.shape} or are not finite"
    record(what, layout, "read as a table", problem)


def refused(what, layout, file, expected, *options):
    """Checks that penstroke refuses `file` with one line that contains `expected`."""
    answer = run("fit", file, *options, "--hidden", 3, "--quiet", "--out", "model")
    lines = answer.stderr.strip().splitlines()
    good = answer.returncode == 2 and len(lines) == 1 and expected in lines[0]
    record(what, layout, f"refused: {expected}", "" if good else f"exit code {answer.returncode}: {answer.stderr}")


def record(what, layout, outcome, problem):
    global n_failed
    n_failed += bool(problem)
    rows.append((what, layout, outcome if not problem else f"FAILED: {problem}"))


def arrays():
    whole = rng.integers(0, 2, (N, 6)) * 60 + rng.integers(0, 60, (N, 6))
    real = rng.normal(size=(N, 6)) * 50
    types = {f"{kind}{size}": whole for kind in "iu" for size in (1, 2, 4, 8)}
    types |= {"f2": real, "f4": real, "f8": real, "bool": whole % 2}
    for name, values in types.items():
        values = values.astype(name)
        # Penstroke reads bytes as value / 255.
        x = values / 255 if name == "u1" else values.astype(np.float32)
        for order, layout in (("<", "C order"), (">", "big endian"), ("F", "Fortran order"), ("z", "npz"), ("c", "npz, compressed")):
            array = values.astype(values.dtype.newbyteorder(">")) if order == ">" else values
            if order == ">" and values.itemsize == 1:
                continue
            file = "a.npz" if order in "zc" else "a.npy"
            if order == "z":
                np.savez(file, x=array)
            elif order == "c":
                np.savez_compressed(file, x=array)
            else:
                np.save(file, np.asfortranarray(array) if order == "F" else array)
            check(f"NumPy {values.dtype}", layout, file, x)
    for shape in ((N, 2, 3), (N, 1, 2, 3)):
        np.save("a.npy", real.reshape(shape))
        check("NumPy float64", f"{len(shape)} dimensions", "a.npy", real.astype(np.float32))
    for name, array, error in (
        ("complex64", real.astype("c8"), "values of type '<c8'; bool, integers, float16, float32 and float64 can be read"),
        ("text", real.astype("U"), "values of type '<U"),
        ("datetime64", whole.astype("M8[s]"), "values of type '<M8[s]"),
    ):
        np.save("a.npy", array)
        refused(f"NumPy {name}", "C order", "a.npy", error)
    np.save("a.npy", real[:, 0])
    refused("NumPy float64", "1 dimension", "a.npy", "an array of shape (50,) is not a data set")
    real[3, 2] = np.nan
    np.save("a.npy", real)
    refused("NumPy float64", "with nan", "a.npy", "row 3, column 2 (from 0) is NaN")


def frame():
    """A frame with every kind of column, and the values that penstroke should read from it."""
    data = pd.DataFrame({
        "i": rng.integers(-50, 50, N),
        "f": rng.normal(size=N),
        "f32": rng.normal(size=N).astype("f4"),
        "bool": rng.integers(0, 2, N).astype(bool),
        "Int64": pd.array([None if i % 7 == 3 else i for i in range(N)], dtype="Int64"),
        "nan": [np.nan if i % 5 == 2 else i / 4 for i in range(N)],
        "cat": pd.Categorical([["red", "green", "blue"][i % 3] for i in range(N)], categories=["red", "green", "blue"]),
        "label": [["no", "yes"][i % 2] for i in range(N)],
    })
    numbers = data[["i", "f", "f32", "bool", "Int64", "nan"]].astype("float64").fillna(
        data[["Int64", "nan"]].astype("float64").mean())
    return data, np.column_stack([numbers, pd.get_dummies(data["cat"].astype(str))]).astype(np.float32)


CHOICE = ("--one-hot", "cat", "--label", "label", "--missing", "mean")


def frames():
    data, x = frame()
    csv = data.assign(bool=data["bool"].astype(int))
    for layout, file, options in (
        ("CSV", "t.csv", {}), ("TSV", "t.tsv", {"sep": "\t"}), ("CSV, gzip", "t.csv.gz", {}),
    ):
        csv.to_csv(file, index=False, **options)
        check("pandas frame", layout, file, x, *CHOICE, labels=data["label"])
    for layout, options in (
        ("Parquet", {}),
        ("Parquet, no index", {"index": False}),
        ("Parquet, zstd", {"compression": "zstd"}),
        ("Parquet, 7 rows a group", {"row_group_size": 7}),
    ):
        data.to_parquet("t.parquet", **options)
        check("pandas frame", layout, "t.parquet", x, *CHOICE, labels=data["label"])
    data.set_index(pd.Index(np.arange(N) * 3)).to_parquet("t.parquet")
    check("pandas frame", "Parquet, with an index", "t.parquet", x, *CHOICE, labels=data["label"])
    data.to_feather("t.feather")
    check("pandas frame", "Feather", "t.feather", x, *CHOICE, labels=data["label"])
    refused("pandas frame", "nulls, no --missing", "t.feather", "row 3 (from 1), column 6 (nan): null or nan is missing",
            "--one-hot", "cat", "--label", "label")
    mixed("pandas frame", "text and nulls, no --one-hot", "t.feather", "--label", "label")
    dates = data.assign(when=pd.Timestamp("2024-01-01"))[["when"]]
    dates.to_parquet("d.parquet")
    refused("pandas datetime", "Parquet", "d.parquet", "column 1 (when): holds dates, not numbers")
    polars = pl.from_pandas(data)
    for name, write in (
        ("Parquet", polars.write_parquet), ("Arrow IPC", polars.write_ipc), ("Arrow IPC, stream", polars.write_ipc_stream),
    ):
        write("p")
        check("polars frame", name, "p", x, *CHOICE, labels=data["label"])
    polars.with_columns(pl.col("bool").cast(int)).write_csv("p.csv")
    check("polars frame", "CSV", "p.csv", x, *CHOICE, labels=data["label"])
    v = rng.normal(size=(N, 4)).astype("f4")
    for write in (pl.DataFrame.write_parquet, pl.DataFrame.write_ipc):
        write(pl.DataFrame({"v": v}, schema={"v": pl.Array(pl.Float32, 4)}), "p")
        check("polars array", write.__name__[6:], "p", v)


def types():
    whole = rng.integers(0, 100, N)
    kinds = [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64(),
             pa.float16(), pa.float32(), pa.float64(), pa.bool_(), pa.decimal128(9, 2)]
    numbers = pa.table({str(kind): pa.array(whole % 2 == 1 if kind == pa.bool_() else whole).cast(kind) for kind in kinds[:-1]}
                       | {"decimal": pa.array([int(w) for w in whole]).cast(pa.decimal128(21, 0)).cast(pa.decimal128(24, 2))})
    x = np.column_stack([np.array(column.to_pylist(), dtype=np.float64) for column in numbers.columns])
    lists = rng.normal(size=(N, 5)).astype("f4")
    flat = pa.array(lists.ravel())
    vectors = {
        "list": pa.ListArray.from_arrays(pa.array(range(0, 5 * N + 1, 5), pa.int32()), flat),
        "large_list": pa.LargeListArray.from_arrays(pa.array(range(0, 5 * N + 1, 5), pa.int64()), flat),
        "fixed_size_list": pa.FixedSizeListArray.from_arrays(flat, 5),
    }
    tables = [("all numbers", numbers, x)] + [(name, pa.table({"v": array}), lists) for name, array in vectors.items()]
    for name, table, x in tables:
        for codec in ("none", "snappy", "gzip", "zstd", "lz4"):
            pq.write_table(table, "t.parquet", compression=codec)
            check(f"pyarrow {name}", f"Parquet, {codec}", "t.parquet", x)
        # Booleans have no bytes to split.
        split = [name for name in table.column_names if name != "bool"] if name == "all numbers" else True
        for layout, options in (
            ("pages of version 2", {"data_page_version": "2.0"}),
            ("no dictionary", {"use_dictionary": False}),
            ("byte stream split", {"use_dictionary": False, "use_byte_stream_split": split}),
            ("9 rows a group, small pages", {"row_group_size": 9, "data_page_size": 64}),
            ("with checksums and indices", {"write_page_checksum": True, "write_page_index": True}),
        ):
            pq.write_table(table, "t.parquet", **options)
            check(f"pyarrow {name}", f"Parquet, {layout}", "t.parquet", x)
        for codec in (None, "lz4", "zstd"):
            options = pa.ipc.IpcWriteOptions(compression=codec)
            for layout, make in (("file", pa.ipc.new_file), ("stream", pa.ipc.new_stream)):
                with make("t.arrow", table.schema, options=options) as writer:
                    writer.write_table(table, max_chunksize=20)
                check(f"pyarrow {name}", f"IPC {layout}, {codec or 'none'}", "t.arrow", x)
    with pa.ipc.new_stream("t.arrow", numbers.schema) as writer:
        writer.write_table(numbers)
    Path("t.arrow.gz").write_bytes(gzip.compress(Path("t.arrow").read_bytes()))
    check("pyarrow all numbers", "IPC stream, gzip of the whole", "t.arrow.gz", tables[0][2])
    names = pa.array([["b", "a", None][i % 3] for i in range(N)])
    one_hot = np.array([[float(name == category) for category in "ab"] for name in names.to_pylist()])
    one_hot[2::3] = one_hot.sum(0) / one_hot.sum()
    x = np.column_stack([whole, one_hot])
    for name, array in (
        ("string", names), ("large_string", names.cast(pa.large_string())), ("string_view", names.cast(pa.string_view())),
        ("dictionary", names.dictionary_encode()),
    ):
        table = pa.table({"n": whole, "c": array})
        with pa.ipc.new_stream("t.arrow", table.schema) as writer:
            writer.write_table(table)
        check(f"pyarrow {name}", "IPC stream", "t.arrow", x, "--one-hot", "c", "--missing", "mean")
        pq.write_table(table, "t.parquet")
        check(f"pyarrow {name}", "Parquet", "t.parquet", x, "--one-hot", "c", "--missing", "mean")
    struct = pa.table({"s": pa.array([{"a": 1}] * N)})
    pq.write_table(struct, "t.parquet")
    refused("pyarrow struct", "Parquet", "t.parquet", "column 1 (s): holds records, not numbers")
    pq.write_table(pa.table({"v": pa.array([[1.0], [1.0, 2.0]])}), "t.parquet")
    refused("pyarrow list", "lists of two lengths", "t.parquet", "row 2 (from 1) holds a list of 2 values instead of 1")
    pq.write_table(pa.table({"n": whole}), "t.parquet", compression="brotli")
    refused("pyarrow all numbers", "Parquet, brotli", "t.parquet", "is compressed by Brotli, which is not read; write it with zstd")
    pq.write_table(pa.table({"t": pa.array(whole, pa.duration("s"))}), "t.parquet")
    refused("pyarrow duration", "Parquet", "t.parquet", "column 1 (t): holds durations, not numbers")


def folders():
    x = rng.normal(size=(N, 2)).astype("f4")
    table = pa.table({"a": x[:, 0], "b": x[:, 1], "year": np.sort(rng.integers(2020, 2024, N))})
    pq.write_to_dataset(table, "parts", partition_cols=["year"])
    check("pyarrow partitioned", "Parquet, folders", "parts", np.column_stack([x, table["year"].to_numpy()]), "--columns", "a,b,year")
    pictures = rng.normal(size=(N, 3, 2))
    pq.write_table(pa.table({"p": pictures.tolist()}), "t.parquet")
    check("pyarrow lists of lists", "Parquet", "t.parquet", pictures.reshape(N, 6).astype("f4"))


def written():
    """Checks that other programs read the same values from every format that penstroke writes."""
    data, x = frame()
    data.to_parquet("t.parquet")
    choice = [*CHOICE, "--scale", "standard"]

    def same(what, args, names, expected=None):
        arrays = {}
        for kind in ("npy", "csv", "parquet"):
            answer = run(*args, "--out", f"o.{kind}")
            if answer.returncode:
                return record("penstroke", what, "", answer.stderr)
        arrays["numpy"] = np.load("o.npy")
        arrays["numpy"] = arrays["numpy"].reshape(len(arrays["numpy"]), -1)
        text = arrays["numpy"].dtype.kind == "U"
        for library, table in (
            ("pandas, csv", pd.read_csv("o.csv", dtype=None if text else np.float32, keep_default_na=False)),
            ("pandas, parquet", pd.read_parquet("o.parquet")),
            ("pyarrow, parquet", pq.read_table("o.parquet").to_pandas()),
            ("polars, parquet", pl.read_parquet("o.parquet").to_pandas()),
            ("pyarrow, csv", pa.csv.read_csv("o.csv").to_pandas()),
        ):
            values = table.to_numpy()
            good = list(table.columns) == names and np.array_equal(
                values if text else values.astype(np.float32), arrays["numpy"])
            record(f"penstroke {what}", f"read by {library}", "equal to npy", "" if good else f"{table.head()}")
        good = expected is None or np.allclose(arrays["numpy"], expected, atol=1e-3)
        record(f"penstroke {what}", "read by numpy, npy", "as expected", "" if good else f"{arrays['numpy'][:3]}")

    run("fit", "t.parquet", *choice, "--hidden", 4, "--epochs", 2, "--quiet", "--out", "m")
    same("codes", ["encode", "m", "t.parquet"], [f"code_{k}" for k in range(1, 5)])
    names = ["i", "f", "f32", "bool", "Int64", "nan", "cat=blue", "cat=green", "cat=red"]
    same("reconstructions", ["reconstruct", "m", "t.parquet"], names)
    run("finetune", "t.parquet", *choice, "--layers", 8, "--epochs", 3, "--quiet", "--out", "c")
    same("classes", ["predict", "c", "t.parquet"], ["class"])
    same("probabilities", ["predict", "c", "t.parquet", "--what", "probabilities"], ["no", "yes"])
    np.save("y.npy", x[:, :2])
    run("finetune", "t.parquet", *choice, "--targets", "y.npy", "--layers", 8, "--epochs", 3, "--quiet", "--out", "r")
    same("predicted values", ["predict", "r", "t.parquet"], ["target 1", "target 2"])
    for model in "mcr":
        good = all(np.isfinite(tensor).all() for tensor in load_file(model).values())
        record("penstroke model", "read by safetensors", "finite", "" if good else "not finite")
    run("data", "make", "strokes", "-n", 30, "--out", "s.npy", "--labels", "l.npy")
    images, labels = np.load("s.npy"), np.load("l.npy")
    good = (images.shape, str(images.dtype), labels.shape, str(labels.dtype)) == ((30, 28, 28), "uint8", (30,), "int64")
    record("penstroke pictures and labels", "read by numpy, npy", "as documented", "" if good else f"{images.shape}")


for part in (arrays, frames, types, folders, written):
    part()

widths = [max(len(row[k]) for row in rows) for k in range(2)]
for what, layout, outcome in rows:
    print(f"{what:<{widths[0]}}  {layout:<{widths[1]}}  {outcome}")
print(f"{len(rows) - n_failed} of {len(rows)} passed")
sys.exit(n_failed > 0)
