"""Labels of samples, and the classes of a model."""

import numbers
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import assert_all_finite
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from penstroke._parameters import real
from penstroke._samples import of_arrow


def no_label(label: Any) -> bool:
    """Whether a label is None, NaN or another library's missing value."""
    try:
        return label is None or bool(label != label)
    except TypeError:
        # pandas.NA compares as neither equal nor unequal to itself.
        return True


def labels_of(y: Any) -> NDArray[Any]:
    """Labels of one kind, with -1 for samples without a label."""
    if hasattr(type(y), "collect"):
        y = of_arrow(y, "y")
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


def learn_labels(
    y: NDArray[Any], n: int, known: NDArray[Any] | None = None
) -> tuple[NDArray[Any], NDArray[np.uint32], NDArray[np.uint32]]:
    """The classes, the indices of the labelled samples, and their labels as indices of classes.

    The classes are the `known` ones if given, otherwise the classes of the labels.
    """
    if len(y) != n:
        raise ValueError(f"y: {len(y)} labels for {n} samples; give one per sample, -1 for samples without a label")
    labelled = np.arange(n) if y.dtype.kind == "U" else np.flatnonzero(y != -1)
    if len(labelled):
        check_classification_targets(y[labelled])
    classes, labels = np.unique(y[labelled], return_inverse=True)
    if known is not None:
        if not len(labelled):
            raise ValueError("y: has no labelled samples; at least one is needed, and -1 marks a sample without a label")
        unknown = classes[~np.isin(classes, known)]
        if len(unknown):
            raise ValueError(f"y: {unknown.tolist()[0]!r} is not one of the classes of the model; give all classes in the first call")
        places = np.searchsorted(known, classes)
        return known, labelled.astype(np.uint32), places[labels].astype(np.uint32)
    if len(classes) < 2:
        found = f"one class, {classes[0]}" if len(classes) else "no labelled samples"
        raise ValueError(f"y: has {found}; at least two classes are needed, and -1 marks a sample without a label")
    return classes, labelled.astype(np.uint32), labels.astype(np.uint32)


def known_classes(classes: Any, learned: NDArray[Any] | None) -> NDArray[Any]:
    """The classes of `partial_fit`: those given, which must be those already learned, if any."""
    if classes is None:
        if learned is None:
            raise ValueError("classes: are needed in the first call of partial_fit")
        return learned
    given = np.unique(labels_of(classes))
    given = given if given.dtype.kind == "U" else given[given != -1]
    if learned is not None and not np.array_equal(given, learned):
        raise ValueError(f"classes: {given.tolist()} are not the classes of the model, {learned.tolist()}")
    if len(given) < 2:
        raise ValueError(f"classes: {given.tolist()}; at least two are needed")
    return given


def class_weights(class_weight: Any, classes: NDArray[Any]) -> dict[str, str]:
    """The library's option for `class_weight`; nothing if all classes are alike."""
    if class_weight is None:
        return {}
    if isinstance(class_weight, str):
        if class_weight != "balanced":
            raise ValueError(f"class_weight: {class_weight!r} is neither a dict nor 'balanced' nor None")
        return {"class_weight": class_weight}
    if not isinstance(class_weight, Mapping):
        raise TypeError(f"class_weight: {class_weight!r} is neither a dict nor 'balanced' nor None")
    known = classes.tolist()
    for name in class_weight:
        if name not in known:
            raise ValueError(f"class_weight: {name!r} is not one of the classes, {known}")
    weights = [real("class_weight", class_weight.get(name, 1.0)) for name in known]
    return {"class_weight": ",".join(map(repr, weights))}


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
