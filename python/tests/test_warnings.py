"""Warnings about samples that look wrong, which the command line gives too."""

import json
import pathlib
import warnings

import numpy as np
import pytest
import scipy.sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import MinMaxScaler, StandardScaler

import penstroke
from penstroke import DenoisingAutoencoder, DenoisingClassifier, StackedDenoisingAutoencoder

INPUTS = pathlib.Path(__file__).parents[2] / "tests" / "inputs"
ROWS = json.loads((INPUTS / "looks-wrong.json").read_text())


def fit(X, **parameters):
    return DenoisingAutoencoder(**{"n_components": 2, "max_iter": 1, "random_state": 0} | parameters).fit(X)


def check(call, expected):
    """The result of a call that warns as expected, once, of the line in this file; of `None`, that warns of nothing."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        # These trainings are short.
        warnings.simplefilter("ignore", ConvergenceWarning)
        result = call()
    assert all(warning.category is UserWarning for warning in found)
    assert {warning.filename for warning in found} <= {__file__}
    messages = [str(warning.message) for warning in found]
    if expected is None:
        assert messages == []
    else:
        assert sum(expected in message for message in messages) == 1, messages
        assert all(message.startswith("X: ") for message in messages)
    return result


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["kind"])
def test_python_warns_as_the_command_line_does(row):
    X = np.load(INPUTS / row["source"])
    check(lambda: fit(X, decoder=row["decoder"]), row["warning"])
    stack = StackedDenoisingAutoencoder(2, max_iter=1, random_state=0, decoder=row["decoder"])
    check(lambda: stack.fit(X), row["warning"])
    check(lambda: DenoisingAutoencoder(2, random_state=0, decoder=row["decoder"]).partial_fit(X), row["warning"])


def test_samples_of_another_scale_than_the_models_give_a_warning():
    shares, pixels = np.load(INPUTS / "shares.npy"), np.load(INPUTS / "pixels-float.npy")
    fitted = fit(shares)
    y = np.arange(len(shares)) % 2
    classifier = DenoisingClassifier((2,), max_iter=1, pretrain_max_iter=1, random_state=0).fit(shares, y)
    expected = "values of 0 to 255 differ in scale from the "
    for call in [fitted.transform, fitted.reconstruct, fitted.score, classifier.predict, fitted.partial_fit]:
        check(lambda: call(shares), None)
        check(lambda: call(pixels), expected)
    check(lambda: fitted.inverse_transform(np.full((3, 2), 200.0)), None)


def test_columns_that_lose_values_are_named_and_the_advice_holds():
    pandas = pytest.importorskip("pandas")
    X = np.load(INPUTS / "large-offsets.npy")
    frame = pandas.DataFrame(X, columns=["seconds", "value"])
    expected = 'column "seconds" holds values of 1700000000 to 1700000199, which single precision rounds to multiples of 128'
    fitted = check(lambda: fit(frame), expected)
    check(lambda: fitted.transform(frame), expected)
    for scaler in [StandardScaler(), MinMaxScaler()]:
        scaled = scaler.fit_transform(X)
        codes = check(lambda: fit(scaled), None).transform(scaled)
        assert len(np.unique(codes, axis=0)) == 200
    check(lambda: fit(np.load(INPUTS / "pixels-float.npy") / 255), None)


def test_whole_seconds_are_looked_at_too():
    seconds = np.arange(1_700_000_000, 1_700_000_100).reshape(-1, 1)
    for dtype in [np.int64, np.uint64, np.int32, np.uint32, np.float64]:
        with pytest.warns(UserWarning, match=r"column 0 \(from 0\) holds values of 1700000000 to 1700000099"):
            fit(seconds.astype(dtype))


def test_sparse_bits_and_corrupt_warn_too():
    bits = np.load(INPUTS / "bits.npy")
    expected = "uint8 is read as value / 255, but all values are 0 or 1"
    check(lambda: fit(scipy.sparse.csr_array(bits)), expected)
    check(lambda: penstroke.corrupt(bits, "none"), expected)


def test_a_warning_may_be_an_error():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning, match="look like pixels of 0 to 255; divide X by 255"):
            fit(np.load(INPUTS / "pixels-float.npy"))
