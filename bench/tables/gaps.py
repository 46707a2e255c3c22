"""Tables, and the cells that are removed from them."""

import csv

import numpy as np

TABLES = ("airfoil", "blood", "compression", "raisin", "wine", "yacht")
MECHANISMS = ("mcar", "mar", "mnar")


def table(folder, name, most):
    """The numbers of a table, `(n, d)`, without its row numbers; of more than `most` rows a random choice."""
    with open(folder / f"{name}.csv", newline="") as file:
        rows = list(csv.reader(file))[1:]
    values = np.array([[float(value) for value in row[1:]] for row in rows])
    if len(values) > most:
        values = values[np.sort(np.random.default_rng(0).permutation(len(values))[:most])]
    return values


def missing(values, mechanism, rate, rng):
    """Which cells are removed, `(n, d)`.

    mcar: every cell alike. mar: three tenths of the columns stay; a cell of the others is removed with a probability that depends on
    those columns. mnar: the probability depends on all columns, also on what is removed. The dependence is a logistic function of
    normally distributed weights of the standardised columns, with the intercept that gives the rate; as in HyperImpute's simulator.
    """
    n, d = values.shape
    if mechanism == "mcar":
        mask = rng.random((n, d)) < rate
    else:
        z = (values - values.mean(0)) / np.where(values.std(0) > 0, values.std(0), 1)
        kept = rng.choice(d, max(int(0.3 * d), 1), replace=False) if mechanism == "mar" else np.arange(0)
        columns = np.setdiff1d(np.arange(d), kept)
        causes = z[:, kept] if mechanism == "mar" else z
        scores = causes @ rng.standard_normal((causes.shape[1], len(columns)))
        scores /= np.where(scores.std(0) > 0, scores.std(0), 1)
        mask = np.zeros((n, d), bool)
        for score, column in zip(scores.T, columns):
            mask[:, column] = rng.random(n) < 1 / (1 + np.exp(-score - intercept(score, rate)))
    # No row loses everything, and no column.
    whole = np.flatnonzero(mask.all(1))
    mask[whole, rng.integers(d, size=len(whole))] = False
    mask[0, mask.all(0)] = False
    return mask


def intercept(score, rate):
    low, high = -50.0, 50.0
    for _ in range(60):
        middle = (low + high) / 2
        if (1 / (1 + np.exp(-score - middle))).mean() > rate:
            high = middle
        else:
            low = middle
    return (low + high) / 2


def rmse(values, mask, filled):
    """Root mean squared error of the removed cells, each column scaled to 0…1 by its true range."""
    low, high = values.min(0), values.max(0)
    scaled = (filled - values) / np.where(high > low, high - low, 1)
    return float(np.sqrt((scaled[mask] ** 2).mean()))
