"""Ways to score rows. Each takes the rows to learn from, the rows to score (None: the same) and a seed, and returns one score for each
scored row, larger for unusual ones, and its seconds without imports."""

import contextlib
import csv
import importlib
import importlib.metadata
import os
import sys
import tempfile
import time
import warnings
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1])]
sys.dont_write_bytecode = True

import numpy as np
from anomalies import standardise
from common import penstroke as run_penstroke
from common import write_numbers


@contextlib.contextmanager
def quiet():
    """Keeps warnings and what packages print out of the table."""
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def peer(detect):
    """A method that gets standardised columns."""

    def score(train, scored, seed, _):
        train, scored = standardise(train, scored)
        with quiet():
            began = time.monotonic()
            scores = detect(train, scored, seed)
            return scores, time.monotonic() - began

    return score


def pyod(module, name, **options):
    """A detector of pyod with its own default options; `random_state=True` stands for the seed."""

    def detect(train, scored, seed):
        detector = getattr(importlib.import_module(f"pyod.models.{module}"), name)(
            **{option: seed if option == "random_state" else value for option, value in options.items()}
        )
        detector.fit(train)
        return detector.decision_scores_ if scored is None else detector.decision_function(scored)

    return peer(detect)


def distances(train, scored, _):
    """DTE-NP: the mean distance to the five nearest rows, of a row that is learned from to the five nearest others."""
    from sklearn.neighbors import NearestNeighbors

    return NearestNeighbors(n_neighbors=5).fit(train).kneighbors(scored)[0].mean(axis=1)


def read_scores(path):
    """The lines of what `penstroke score` writes, each a dict."""
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def score_table(train, scored, seed, threads):
    """The lines of `penstroke score` with all columns declared numeric, and the seconds of its process."""
    with tempfile.TemporaryDirectory() as folder:
        source, good, done = (Path(folder, name) for name in ("table.csv", "good.csv", "scores.csv"))
        names = write_numbers(source, train if scored is None else scored)
        words = ["score", source, "--types", ",".join(f"{name}=numeric" for name in names), "--out", done]
        if scored is not None:
            write_numbers(good, train)
            words += ["--train", good]
        began = time.monotonic()
        run_penstroke(*words, "--seed", seed, "--threads", threads, "--quiet")
        seconds = time.monotonic() - began
        return read_scores(done), seconds


def penstroke(train, scored, seed, threads):
    lines, seconds = score_table(train, scored, seed, threads)
    return np.array([float(line["score"]) for line in lines]), seconds


METHODS = {
    "iforest": pyod("iforest", "IForest", random_state=True),
    "ecod": pyod("ecod", "ECOD"),
    "knn": pyod("knn", "KNN"),
    "lof": pyod("lof", "LOF"),
    "mcd": pyod("mcd", "MCD", random_state=True),
    "cblof": pyod("cblof", "CBLOF", random_state=True),
    "pca": pyod("pca", "PCA", random_state=True),
    "autoencoder": pyod("auto_encoder", "AutoEncoder", random_state=True, verbose=0),
    "dte-np": peer(distances),
    "penstroke": penstroke,
}
PACKAGES = ("numpy", "scipy", "scikit-learn", "pyod", "torch")


def limit_threads(threads):
    """Limits the threads of the peers' libraries, as `--threads` limits those of penstroke. Call it once all are imported."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=threads)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(threads)


def versions(methods):
    found = {"python": sys.version.split()[0]}
    for package in PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[package] = importlib.metadata.version(package)
    if "penstroke" in methods:
        found["penstroke"] = run_penstroke("--version").split()[-1]
    return found
