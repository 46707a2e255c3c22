"""Reads event files with TensorBoard's own reader, and compares the values with the log and the pictures with penstroke's."""

import json
import os
import subprocess
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np
from tensorboard.backend.event_processing.event_multiplexer import EventMultiplexer

PENSTROKE = os.environ["PENSTROKE"]
TAGS = {
    "train_loss": "loss/train",
    "valid_loss": "loss/validation",
    "valid_error": "error/validation",
    "learning_rate": "learning_rate",
}


def penstroke(*words):
    """Runs a command that must succeed."""
    run = subprocess.run([PENSTROKE, *map(str, words)], capture_output=True, text=True)
    assert run.returncode == 0, f"penstroke {words}: {run.stderr}"
    return run.stdout


def trainings(log):
    """The epochs of each training in a log, by the name of its run."""
    runs, names = {}, {}
    for line in map(json.loads, Path(log).read_text().splitlines()):
        if line["event"] == "begin":
            layer = line["layer"]
            names[line["training"]] = "." if layer is None else "all_layers" if layer == 0 else f"layer_{layer}"
        else:
            runs.setdefault(names[line["training"]], []).append(line)
    return runs


def check(folder, log):
    """Compares a folder of event files with the log of the same command; returns the reader."""
    reader = EventMultiplexer().AddRunsFromDirectory(folder).Reload()
    runs = trainings(log)
    assert set(reader.Runs()) == set(runs), (reader.Runs(), runs.keys())
    for run, epochs in runs.items():
        want = {tag: [epoch[key] for epoch in epochs] for key, tag in TAGS.items()}
        for term in range(len(epochs[0]["noise"])):
            want[f"noise/{term + 1}"] = [epoch["noise"][term] for epoch in epochs]
        want = {tag: values for tag, values in want.items() if values[0] is not None}
        assert set(reader.Runs()[run]["scalars"]) == set(want), (run, reader.Runs()[run], want.keys())
        for tag, values in want.items():
            events = reader.Scalars(run, tag)
            assert [event.step for event in events] == [epoch["epoch"] for epoch in epochs]
            assert [event.value for event in events] == [float(np.float32(value)) for value in values], (run, tag)
            times = [event.wall_time for event in events]
            assert times == sorted(times) and times[0] > 1.7e9, "seconds since 1970"
    return reader


def main():
    fit = ["strokes", "--samples", 200, "--corruption", "masking:0.5->0.1+gaussian:0.2", "--quiet"]
    penstroke("fit", *fit, "--hidden", 30, "--epochs", 6, "--log", "log", "--tensorboard", "one", "--out", "m")
    reader = check("one", "log")
    pictures = reader.Images(".", "filters")
    assert [picture.step for picture in pictures] == [1, 2, 4, 6]
    penstroke("filters", "m", "--out", "f.png")
    assert pictures[-1].encoded_image_string == Path("f.png").read_bytes()
    size = Path("f.png").read_bytes()[16:24]
    assert (pictures[-1].width, pictures[-1].height) == (int.from_bytes(size[:4]), int.from_bytes(size[4:]))

    layers = ["--layers", "20,10", "--epochs", 2, "--end-to-end", 3]
    penstroke("fit", *fit, *layers, "--log", "log", "--tensorboard", "deep", "--out", "s")
    reader = check("deep", "log")
    drawn = {run for run in reader.Runs() if reader.Runs()[run]["images"]}
    assert drawn == {"layer_1", "all_layers"}, drawn

    tuned = ["--from", "s", "--epochs", 4, "--log", "log", "--tensorboard", "tuned", "--quiet", "--out", "c"]
    penstroke("finetune", "strokes", "--samples", 200, *tuned)
    check("tuned", "log")
    print(f"tensorboard {version('tensorboard')}: values and pictures of 5 trainings are equal to what was written")


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    main()
