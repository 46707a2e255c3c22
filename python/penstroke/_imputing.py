"""The parameters of an imputer as the library takes them, and its progress."""

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from penstroke import _columns, _parameters
from penstroke._frames import Table
from penstroke._samples import warn
from penstroke._watch import Watch

# The parameters behind the options of the library, for errors.
NAMES = {
    "networks": "n_networks", "hidden": "hidden_layer_sizes", "mask": "mask", "learning_rate": "learning_rate",
    "weight_decay": "weight_decay", "steps": "n_steps", "batch": "batch_size", "dropout": "dropout", "bounded": "bounds",
    "seed": "random_state", "imputations": "m", "draws": "n_draws", "cells": "n_cells", "columns": "columns",
}  # fmt: skip

# Fewest rows that are learned from, and fewest that are enough.
FEWEST_ROWS, ENOUGH_ROWS = 10, 20


class Bar(Watch):
    """The progress bar of all networks together."""

    def __init__(self, n_networks: int) -> None:
        super().__init__([], 1, 1, 1)
        self.name = f"{n_networks} network{'' if n_networks == 1 else 's'}"

    def what(self, epoch: int) -> str:
        return self.name


@contextlib.contextmanager
def watching(verbose: Any, n_networks: int) -> Iterator[Bar | None]:
    """The progress bar that `verbose` asks for, closed at the end."""
    level = int(verbose) if isinstance(verbose, bool) else _parameters.integer("verbose", verbose)
    bar = Bar(n_networks) if level else None
    try:
        yield bar
    finally:
        if bar is not None:
            bar.close()


def config(estimator: Any) -> dict[str, Any]:
    """The options of the library."""
    n_networks = _parameters.integer("n_networks", estimator.n_networks, 1)
    n_imputations = _parameters.optional(_parameters.COUNT)("n_imputations", estimator.n_imputations)
    bounds = estimator.bounds
    if bounds is not None and bounds not in ("observed", "none"):
        raise ValueError(f"bounds: {bounds!r} is not one of 'observed', 'none', None")
    for name in ("add_indicator", "keep_empty_features"):
        _parameters.truth(name, getattr(estimator, name))
    return {
        "networks": max(n_networks, n_imputations or 1),
        "bootstrap": (n_imputations or 1) > 1,
        "hidden": _parameters.sizes(estimator),
        "mask": _parameters.pair("mask", estimator.mask),
        "learning_rate": _parameters.real("learning_rate", estimator.learning_rate),
        "weight_decay": _parameters.real("weight_decay", estimator.weight_decay),
        "steps": _parameters.integer("n_steps", estimator.n_steps, 1),
        "batch": _parameters.integer("batch_size", estimator.batch_size, 1),
        "dropout": _parameters.real("dropout", estimator.dropout),
        "bounded": bounds == "observed",
        "seed": _parameters.seed(estimator.random_state),
    }


def parameters(config: dict[str, Any]) -> dict[str, Any]:
    """The parameters that give the configuration of a model file."""
    options = {option: value for option, value in config.items() if option != "bootstrap"}
    named = {NAMES[option]: value for option, value in options.items()}
    return named | {
        "hidden_layer_sizes": tuple(config["hidden"]),
        "n_imputations": config["networks"] if config["bootstrap"] else None,
        "bounds": "observed" if config["bounded"] else "none",
        "mask": tuple(config["mask"]),
    }


def markers(missing_values: Any) -> list[Any]:
    """The given values that stand for missing cells."""
    values = list(missing_values) if _parameters.is_list(missing_values) else [missing_values]
    return [value for value in values if not _columns.is_missing(value)]


def categorical(given: Any, names: list[str]) -> list[int]:
    """The columns that `categorical_features` names, of columns with these names."""
    called, n = "categorical_features", len(names)
    if given is None or (isinstance(given, str) and given == "from_dtype"):
        return []
    features = np.asarray(given)
    if features.ndim != 1 or features.dtype.kind not in "biuOUT":
        raise TypeError(f"{called}: {given!r} is not 'from_dtype', a mask, a list of indices or a list of names")
    if len(features) == 0:
        return []
    if features.dtype.kind == "b":
        if len(features) != n:
            raise ValueError(f"{called}: a mask of {len(features)} for {n} columns")
        return [int(at) for at in np.flatnonzero(features)]
    if features.dtype.kind in "iu":
        outside = [at for at in features.tolist() if not -n <= at < n]
        if outside:
            raise ValueError(f"{called}: {outside[0]} is outside the indices 0 to {n - 1}")
        return [at % n for at in features.tolist()]
    lacking = [name for name in features.tolist() if name not in names]
    if lacking:
        raise ValueError(f"{called}: {lacking[0]!r} is not a column of X; its columns are {', '.join(names[:20])}")
    return [names.index(name) for name in features.tolist()]


def check_size(table: Table, consequence: str) -> None:
    """Refuse a table with too few rows, or warn of few."""
    n, d = table.n_rows, len(table.names)
    if n < FEWEST_ROWS:
        raise ValueError(f"X: n_samples={n}, n_features={d}: at least {FEWEST_ROWS} samples are needed to learn from")
    if n < ENOUGH_ROWS:
        warn(f"X: {n} rows are few to learn from; with fewer than {ENOUGH_ROWS}, {consequence}")


def tell_empty(names: list[str], are_kept: bool) -> None:
    """Warn of columns without any value."""
    if names:
        plural = "" if len(names) == 1 else "s"
        what = "the gaps of numbers become 0, others stay" if are_kept else "left out of the result"
        warn(f"X: without any value, {what}: column{plural} {', '.join(names[:20])}; keep_empty_features={not are_kept} does otherwise")


def overimputed(of: dict[str, Any], categories: list[Any]) -> dict[str, Any]:
    """The overimputed cells of a column as arrays."""
    rows = np.array(of["rows"], dtype=np.intp)
    if categories:
        cells = of["cells"]["categories"]
        truth = [categories[cell["truth"]] for cell in cells]
        counts = np.array([cell["counts"] for cell in cells], dtype=np.intp).reshape(-1, len(categories))
        found: dict[str, Any] = {"truth": np.array(truth, dtype=object), "categories": categories, "counts": counts}
    else:
        cells = of["cells"]["numbers"]
        low, high = np.array([cell["interval_90"] for cell in cells], dtype=np.float64).reshape(-1, 2).T
        columns = {name: np.array([cell[name] for cell in cells], dtype=np.float64) for name in ("truth", "mean")}
        found = columns | {"low": low, "high": high}
    return {"rows": rows, **found, "coverage": of["coverage"]}
