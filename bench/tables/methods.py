"""Ways to fill gaps of numbers. Each takes an array with NaN for gaps and a seed, and returns the filled array.

As a program it runs one method in a process of its own, so that time, memory and packages of one do not touch another's:
`methods.py NAME SEED GAPS.npy FILLED.npz`; `methods.py NAME` only imports what the method needs, and prints the versions.
"""

import csv
import importlib
import importlib.metadata
import json
import os
import sys
import tempfile
import time
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.dont_write_bytecode = True
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from common import penstroke as run_penstroke
from common import write_numbers

# Methods that draw are averaged over this many imputations, as `penstroke impute` averages its networks.
DRAWS = 5


def mean(values, _):
    return np.where(np.isnan(values), np.nanmean(values, axis=0), values)


def neighbours(values, _):
    from sklearn.impute import KNNImputer

    scale = np.nanstd(values, axis=0)
    scale[scale == 0] = 1
    return KNNImputer().fit_transform(values / scale) * scale


def iterative(values, seed, estimator=None, **options):
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401
    from sklearn.impute import IterativeImputer

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return IterativeImputer(estimator, random_state=seed, **options).fit_transform(values)


def forest(values, seed, jobs=None):
    """As missForest: each column in turn by a forest of extremely randomised trees, ten rounds."""
    from sklearn.ensemble import ExtraTreesRegressor

    return iterative(values, seed, ExtraTreesRegressor(100, random_state=seed, n_jobs=jobs))


def frame(values):
    import pandas

    return pandas.DataFrame(values, columns=[f"c{column}" for column in range(values.shape[1])])


def miceforest_draws(values, m, seed):
    """Chained equations with LightGBM and predictive mean matching, five rounds, all options as they come."""
    import miceforest

    table = frame(values)
    kernel = miceforest.ImputationKernel(table, num_datasets=m, random_state=seed)
    kernel.mice(5)
    return [kernel.complete_data(dataset=draw).to_numpy(float) for draw in range(m)]


def midas_draws(values, m, seed):
    """MIDASpy as its guide has it: numbers scaled to 0…1, two layers of 256, 20 epochs."""
    import MIDASpy

    low, high = np.nanmin(values, axis=0), np.nanmax(values, axis=0)
    spread = np.where(high > low, high - low, 1)
    # It writes its checkpoints to a file of one name.
    with open(os.devnull, "w") as nowhere, tempfile.TemporaryDirectory() as folder:
        told, sys.stdout = sys.stdout, nowhere
        try:
            place = str(Path(folder, "MIDAS"))
            imputer = MIDASpy.Midas(
                layer_structure=[256, 256], vae_layer=False, seed=seed, input_drop=0.75, savepath=place
            )
            imputer.build_model(frame((values - low) / spread))
            imputer.train_model(training_epochs=20)
            draws = imputer.generate_samples(m=m).output_list
        finally:
            sys.stdout = told
    filled = [low + spread * draw.to_numpy(float) for draw in draws]
    return [np.where(np.isnan(values), draw, values) for draw in filled]


def average(draws):
    return lambda values, seed: np.mean(draws(values, DRAWS, seed), axis=0)


def hyperimpute(plugin):
    """A plugin of HyperImpute with its own default options."""

    def fill(values, seed):
        from hyperimpute.plugins.imputers import Imputers

        return np.asarray(Imputers().get(plugin, random_state=seed).fit_transform(frame(values)), float)

    return fill


def read_numbers(path):
    with open(path, newline="") as file:
        return np.array([[float(value) for value in row] for row in list(csv.reader(file))[1:]])


def penstroke(values, seed):
    with tempfile.TemporaryDirectory() as folder:
        source, done = Path(folder, "gaps.csv"), Path(folder, "done.csv")
        types = ",".join(f"{name}=numeric" for name in write_numbers(source, values))
        run_penstroke("impute", source, "--types", types, "--seed", seed, "--quiet", "--out", done)
        return read_numbers(done)


METHODS = {
    "mean": mean,
    "knn": neighbours,
    "bayes": iterative,
    "forest": forest,
    "miceforest": average(miceforest_draws),
    "midas": average(midas_draws),
    "missforest": hyperimpute("missforest"),
    "hyperimpute": hyperimpute("hyperimpute"),
    "penstroke": penstroke,
}
# The module that a method needs and its package, which is also the name of its environment.
NEEDS = {
    **{name: ("sklearn", "scikit-learn") for name in ("knn", "bayes", "forest")},
    "miceforest": ("miceforest", "miceforest"),
    "midas": ("MIDASpy", "midaspy"),
    "missforest": ("hyperimpute.plugins.imputers", "hyperimpute"),
    "hyperimpute": ("hyperimpute.plugins.imputers", "hyperimpute"),
}


def versions(name):
    """Imports what a method needs; versions of its package, Python and NumPy."""
    found = {"python": sys.version.split()[0], "numpy": np.__version__}
    if name in NEEDS:
        module, package = NEEDS[name]
        importlib.import_module(module)
        found[package] = importlib.metadata.version(package)
    return found


def main():
    name, *rest = sys.argv[1:]
    found = versions(name)
    if not rest:
        print(json.dumps(found))
        return
    seed, source, done = rest
    gaps = np.load(source)
    began = time.monotonic()
    filled = METHODS[name](gaps, int(seed))
    np.savez(done, filled=filled, seconds=time.monotonic() - began)


if __name__ == "__main__":
    main()
