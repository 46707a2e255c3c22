"""Ways to fill gaps. Each takes an array with NaN for gaps and a seed, and returns the filled array."""

import csv
import subprocess
import tempfile
import warnings
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]


def mean(values, _):
    return np.where(np.isnan(values), np.nanmean(values, axis=0), values)


def neighbours(values, _):
    from sklearn.impute import KNNImputer

    scale = np.nanstd(values, axis=0)
    scale[scale == 0] = 1
    return KNNImputer().fit_transform(values / scale) * scale


def iterative(estimator):
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401
    from sklearn.impute import IterativeImputer

    def fill(values, seed):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return IterativeImputer(estimator(seed), random_state=seed).fit_transform(values)

    return fill


def forest():
    """As missForest: each column in turn by a forest of extremely randomised trees, ten rounds."""
    from sklearn.ensemble import ExtraTreesRegressor

    return iterative(lambda seed: ExtraTreesRegressor(100, random_state=seed))


def penstroke(values, seed):
    names = [f"c{column}" for column in range(values.shape[1])]
    with tempfile.TemporaryDirectory() as folder:
        source, done = Path(folder, "gaps.csv"), Path(folder, "done.csv")
        with open(source, "w", newline="") as file:
            rows = [["" if np.isnan(value) else repr(float(value)) for value in row] for row in values]
            csv.writer(file).writerows([names, *rows])
        types = ",".join(f"{name}=numeric" for name in names)
        command = [ROOT / "target/release/penstroke", "impute", source, "--types", types, "--seed", str(seed), "--quiet", "--out", done]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        with open(done, newline="") as file:
            return np.array([[float(value) for value in row] for row in list(csv.reader(file))[1:]])


def all_methods():
    return {"mean": mean, "knn": neighbours, "bayes": iterative(lambda _: None), "forest": forest(), "penstroke": penstroke}
