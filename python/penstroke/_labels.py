"""Labels of samples, and the classes of a model."""

import numbers
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import assert_all_finite
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d


def no_label(label: Any) -> bool:
    """Whether a label is None, NaN or another library's missing value."""
    try:
        return label is None or bool(label != label)
    except TypeError:
        # pandas.NA compares as neither equal nor unequal to itself.
        return True


def labels_of(y: Any) -> NDArray[Any]:
    """Labels of one kind, with -1 for samples without a label."""
    if isinstance(y, (list, tuple)) and any(isinstance(label, str) for label in y):
        # NumPy would turn numbers beside strings into strings.
        y = np.array(y, dtype=object)
    y = column_or_1d(y, warn=True)
    if y.dtype.kind == "f" and np.isnan(y).any() or y.dtype == object and any(map(no_label, y)):
        raise ValueError("y: holds a missing value (None or NaN); use -1 for samples without a label")
    if y.dtype.kind == "f":
        assert_all_finite(y, input_name="y")
    if y.dtype == object and all(isinstance(label, (numbers.Number, np.bool_)) for label in y):
        return np.array(y.tolist())
    if y.dtype.kind in "UO":
        for label in y:
            if isinstance(label, str) and label == "-1":
                raise ValueError(
                    "y: '-1' is a string, but only the number -1 marks a sample without a label; use "
                    "np.where(y == '-1', -1, y.astype(object))"
                )
            if not isinstance(label, str) and label != -1:
                raise ValueError(
                    f"y: {label!r} is not a string; give strings only or integers only, and -1 for samples without a label"
                )
    return y


def learn_labels(y: NDArray[Any], n: int) -> tuple[NDArray[Any], NDArray[np.uint32], NDArray[np.uint32]]:
    """The classes, the indices of the labelled samples, and their labels as indices of classes."""
    if len(y) != n:
        raise ValueError(f"y: {len(y)} labels for {n} samples; give one per sample, -1 for samples without a label")
    labelled = np.arange(n) if y.dtype.kind == "U" else np.flatnonzero(y != -1)
    if len(labelled):
        check_classification_targets(y[labelled])
    classes, labels = np.unique(y[labelled], return_inverse=True)
    if len(classes) < 2:
        known = f"one class, {classes[0]}" if len(classes) else "no labelled samples"
        raise ValueError(f"y: has {known}; at least two classes are needed, and -1 marks a sample without a label")
    return classes, labelled.astype(np.uint32), labels.astype(np.uint32)


def names_of(classes: NDArray[Any]) -> list[str]:
    """Names of the classes in the model file; empty if they are 0, 1, 2, ..."""
    if classes.dtype.kind in "biuf" and np.array_equal(classes, np.arange(len(classes))):
        return []
    return [str(int(label)) if classes.dtype.kind == "f" else str(label) for label in classes]


def classes_of(names: list[str], n_classes: int) -> NDArray[Any]:
    """The classes behind :func:`names_of`; numbers only if writing them gives the same names."""
    if not names:
        return np.arange(n_classes)
    return np.array([int(name) for name in names] if all(map(is_integer, names)) else names)


def is_integer(name: str) -> bool:
    """Whether a string is an int64 as Python writes it."""
    try:
        return str(np.int64(name)) == name
    except (ValueError, OverflowError):
        return False
