"""Tables with labels, and which of their rows are learned from and which are scored."""

import zlib

import numpy as np


def tables(folder):
    """The files of the tables by name, without their numbers: `6_cardio.npz` is cardio."""
    found = {path.stem.split("_", 1)[-1]: path for path in folder.glob("*.npz")}
    return dict(sorted(found.items(), key=lambda pair: pair[0].lower()))


def table(path, most, seed):
    """At most `most` rows of a table in random order, `(n, d)`, and whether each is an anomaly. The order is random even if all rows
    are taken: in some files the anomalies come last."""
    with np.load(path) as arrays:
        values, labels = arrays["X"].astype(float), arrays["y"].astype(bool)
    chosen = np.random.default_rng(seed).permutation(len(values))[:most]
    return values[chosen], labels[chosen]


def halves(labels, seed):
    """The places of the normal rows in two random halves."""
    normal = np.random.default_rng(seed + 100).permutation(np.flatnonzero(~labels))
    return normal[: len(normal) // 2], normal[len(normal) // 2 :]


def split(values, labels, mode, seed):
    """The rows to learn from, the rows to score (None: the same), and whether each scored row is an anomaly.

    unsupervised: all rows are learned from and scored. normal: one half of the normal rows is learned from; the other half and all
    anomalies are scored.
    """
    if mode == "unsupervised":
        return values, None, labels
    train, rest = halves(labels, seed)
    scored = np.concatenate([rest, np.flatnonzero(labels)])
    return values[train], values[scored], labels[scored]


def standardise(train, *others):
    """All arrays by the mean and deviation of the columns of the first; constant columns are only centred."""
    mean, deviation = train.mean(0), np.where(np.ptp(train, axis=0) > 0, train.std(0), 1)
    return [None if values is None else (values - mean) / deviation for values in (train, *others)]


def checksum(train, scored, labels):
    """Tells whether two settings have the same rows."""
    parts = [train, labels] if scored is None else [train, scored, labels]
    return zlib.crc32(b"".join(np.ascontiguousarray(part).tobytes() for part in parts))
