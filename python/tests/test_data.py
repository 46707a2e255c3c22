"""Containers and types of samples."""

import warnings

import numpy as np
import pytest
import scipy.sparse
from sklearn.exceptions import ConvergenceWarning

import penstroke
from penstroke import DenoisingAutoencoder, DenoisingClassifier


def fit(X, **parameters):
    return DenoisingAutoencoder(**{"n_components": 6, "max_iter": 2, "random_state": 0} | parameters).fit(X)


@pytest.fixture
def X():
    X = np.random.default_rng(0).random((200, 5)).astype(np.float32)
    return np.where(X < 0.5, 0, X).astype(np.float32)


def test_the_same_values_give_the_same_bytes_from_any_container(X):
    expected = fit(X)._model.to_bytes()
    names = list("abcde")
    pandas, polars, pyarrow = (pytest.importorskip(name) for name in ("pandas", "polars", "pyarrow"))

    class Stream:
        """An object that has only the stream protocol."""

        def __init__(self, table):
            self.table = table

        def __arrow_c_stream__(self, requested_schema=None):
            return self.table.__arrow_c_stream__(requested_schema)

    class Array:
        """An object that has only the array protocol."""

        def __init__(self, batch):
            self.batch = batch

        def __arrow_c_array__(self, requested_schema=None):
            return self.batch.__arrow_c_array__(requested_schema)

    table = pyarrow.table({name: X[:, k] for k, name in enumerate(names)})
    (batch,) = table.to_batches()
    framed = [
        pandas.DataFrame(X, columns=names),
        polars.DataFrame({name: X[:, k] for k, name in enumerate(names)}),
    ]
    arrow = [table, batch, Stream(table), Array(batch)]
    plain = [
        np.asfortranarray(X), np.repeat(X, 2, axis=0)[::2], X.astype(np.float64), X.tolist(),
        scipy.sparse.csr_matrix(X), scipy.sparse.csc_array(X), scipy.sparse.coo_array(X),
    ]  # fmt: skip
    for samples in [*framed, *arrow, *plain]:
        fitted = fit(samples)
        assert fitted._model.to_bytes() == expected, type(samples)
    for samples in plain:
        np.testing.assert_array_equal(fit(X).transform(samples), fit(X).transform(X))
    for frame in [*framed, *arrow]:
        fitted = fit(frame)
        assert list(fitted.feature_names_in_) == names, type(frame)
    for frame in framed:
        fitted = fit(frame)
        np.testing.assert_array_equal(fitted.transform(frame), fit(X).transform(X))
        with pytest.raises(ValueError, match="feature names should match"):
            fitted.transform(frame[names[::-1]])


def test_bytes_are_shares_of_255():
    bytes_ = np.random.default_rng(0).integers(0, 256, (100, 7), dtype=np.uint8)
    fitted = fit(bytes_)
    np.testing.assert_array_equal(fitted.transform(bytes_), fitted.transform(bytes_.astype(np.float32) / 255))
    np.testing.assert_array_equal(fitted.score_samples(bytes_), fitted.score_samples(bytes_.astype(np.float32) / 255))
    sparse = scipy.sparse.csr_array(bytes_)
    np.testing.assert_array_equal(fitted.transform(sparse), fitted.transform(bytes_))
    # Other integers are used as they are.
    assert fit(bytes_.astype(np.int32)).transform(bytes_.astype(np.int32)).shape == (100, 6)


def test_sparse_samples_work_everywhere(X):
    sparse, fitted = scipy.sparse.csr_array(X), fit(X)
    np.testing.assert_array_equal(fitted.reconstruct(sparse), fitted.reconstruct(X))
    np.testing.assert_array_equal(fitted.score_samples(sparse), fitted.score_samples(X))
    np.testing.assert_array_equal(
        penstroke.corrupt(sparse, "masking:0.5", random_state=0), penstroke.corrupt(X, "masking:0.5", random_state=0)
    )
    y = (X[:, 0] > 0.5).astype(int)
    dense, compressed = (DenoisingClassifier((6,), max_iter=5, random_state=0).fit(x, y) for x in (X, sparse))
    np.testing.assert_array_equal(compressed.predict_proba(sparse), dense.predict_proba(X))


def test_a_read_only_array_is_accepted(X):
    X.setflags(write=False)
    assert fit(X).transform(X).shape == (200, 6)


def test_uint8_columns_of_a_frame_are_plain_numbers(X):
    pandas, polars, pyarrow = (pytest.importorskip(name) for name in ("pandas", "polars", "pyarrow"))
    bytes_ = (X * 9).astype(np.uint8)
    floats, columns = fit(bytes_.astype(np.float32)), {name: bytes_[:, k] for k, name in enumerate("abcde")}
    named = pandas.DataFrame(columns).rename(columns={"a": "dtype"})
    for frame in [pandas.DataFrame(columns), named, polars.DataFrame(columns), pyarrow.table(columns)]:
        np.testing.assert_array_equal(fit(frame).components_, floats.components_)
        np.testing.assert_array_equal(penstroke.corrupt(frame, "none"), bytes_)
    assert (penstroke.corrupt(bytes_, "none") < 0.04).all()


def test_bytes_of_only_0_and_1_give_a_warning(X):
    bits = (X > 0).astype(np.uint8)
    fitted = fit(bits.astype(np.float32))
    calls = [
        lambda: fit(bits),
        lambda: fitted.transform(bits),
        lambda: fitted.set_output(transform="default").score(bits),
        lambda: fitted.transform(scipy.sparse.csr_array(bits)),
        lambda: penstroke.corrupt(bits, "none"),
    ]
    for call in calls:
        with pytest.warns(UserWarning, match="X: uint8 is read as value / 255, but all values are 0 or 1") as warned:
            call()
        assert {warning.filename for warning in warned} == {__file__}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", ConvergenceWarning)
        fit(bits * 2), fit(bits * 0), fit(bits.astype(np.int64)), fit(bits.astype(bool))


def test_a_plain_array_is_applied_without_the_checks_of_scikit_learn(X, monkeypatch):
    y = (X[:, 0] > 0.5).astype(int)
    fitted, classifier = fit(X), DenoisingClassifier((6,), max_iter=2, random_state=0).fit(X, y)
    codes = fitted.transform(X)
    calls = [
        lambda X, codes: fitted.transform(X),
        lambda X, codes: fitted.inverse_transform(codes),
        lambda X, codes: fitted.reconstruct(X),
        lambda X, codes: fitted.score_samples(X),
        lambda X, codes: classifier.predict_proba(X),
    ]
    # float64 goes through the checks.
    expected = [call(X.astype(np.float64), codes.astype(np.float64)) for call in calls]
    for name in ("check_array", "validate_data"):
        monkeypatch.setattr(f"penstroke._samples.{name}", None)
    monkeypatch.setattr("penstroke._base.check_array", None)
    for call, result in zip(calls, expected):
        np.testing.assert_array_equal(call(X, codes), result)
        np.testing.assert_array_equal(call(X[:1], codes[:1]), result[:1])


def test_scikit_learn_explains_what_is_wrong_with_a_plain_array(X):
    fitted = fit(X)
    codes = fitted.transform(X)
    for value, name in [(np.nan, "NaN"), (np.inf, "infinity")]:
        for method, values in [(fitted.transform, X), (fitted.inverse_transform, codes), (fitted.score_samples, X)]:
            wrong = values.copy()
            wrong[150, 3] = value
            with pytest.raises(ValueError, match=f"Input.* contains {name}"):
                method(wrong)
    with pytest.raises(ValueError, match="X has 4 features, but DenoisingAutoencoder is expecting 5 features"):
        fitted.transform(X[:, :4].copy())
    with pytest.raises(ValueError, match="X: codes have 5 values, the model has 6 hidden units"):
        fitted.inverse_transform(X)
    for method, values in [(fitted.transform, X), (fitted.inverse_transform, codes), (fitted.score_samples, X)]:
        with pytest.raises(ValueError, match="Found array with 0 sample"):
            method(values[:0])
        # Other layouts of the same values.
        bytes_ = np.zeros(4 * values.size + 1, dtype=np.uint8)
        unaligned = bytes_[1:].view(np.float32).reshape(values.shape)
        unaligned[:] = values
        for other in [np.asfortranarray(values), values[::-1][::-1], unaligned, values.astype(">f4"), values.view(Array)]:
            np.testing.assert_array_equal(method(other), method(values))


class Array(np.ndarray):
    """A subclass, which may mean something else by its values."""


def test_a_nameless_column_that_counts_the_rows_gives_a_warning(X):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X[:20, :3], columns=["a", "b", "c"])
    for name, start in [("Unnamed: 0", 0), ("", 1)]:
        counted = frame.copy()
        counted.insert(0, name, range(start, start + 20))
        with pytest.warns(UserWarning, match="counts the rows and is used as a value; leave it out") as warned:
            fit(counted)
        about_data = [warning for warning in warned if warning.category is UserWarning]
        assert [warning.filename for warning in about_data] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", ConvergenceWarning)
        named, other = frame.copy(), frame.copy()
        named.insert(0, "a0", range(20))
        other.insert(0, "Unnamed: 0", [2 * i for i in range(20)])
        fit(named), fit(other), fit(frame)


def test_an_array_without_names_gives_a_warning_if_features_have_names(X):
    pandas = pytest.importorskip("pandas")
    fitted = fit(pandas.DataFrame(X, columns=list("abcde")))
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        codes = fitted.transform(X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted.inverse_transform(codes)


def test_lists_of_equal_length_are_as_many_features(X):
    pandas, polars, pyarrow = (pytest.importorskip(name) for name in ("pandas", "polars", "pyarrow"))
    pictures = X[:, :4].reshape(-1, 2, 2)
    expected = fit(X)._model.to_bytes()
    lists, last = pictures.tolist(), X[:, 4]
    nested = pyarrow.list_(pyarrow.list_(pyarrow.float32(), 2), 2)
    frames = [
        polars.DataFrame({"p": polars.Series(lists, dtype=polars.Array(polars.Float32, (2, 2))), "e": last}),
        polars.DataFrame({"p": polars.Series(lists, dtype=polars.List(polars.List(polars.Float32))), "e": last}),
        pyarrow.table({"p": pyarrow.array(lists, nested), "e": last}),
        pyarrow.table({"p": lists, "e": last}),
        pandas.DataFrame({"p": list(X[:, :4]), "e": last}),
    ]
    for frame in frames:
        fitted = fit(frame)
        assert fitted._model.to_bytes() == expected, type(frame)
        np.testing.assert_array_equal(fitted.transform(frame), fit(X).transform(X))
    assert list(fitted.feature_names_in_) == ["p[0]", "p[1]", "p[2]", "p[3]", "e"]
    ragged = polars.DataFrame({"p": [[1.0], [2.0, 3.0]]})
    with pytest.raises(ValueError, match="X: column 'p' holds lists of different lengths"):
        fit(ragged)


def test_dates_and_durations_are_no_numbers(X):
    pandas, polars, pyarrow = (pytest.importorskip(name) for name in ("pandas", "polars", "pyarrow"))
    for kind in ("datetime64[us]", "timedelta64[us]"):
        array = np.arange(4).astype(kind)
        for frame in [pandas.DataFrame({"t": array}), polars.DataFrame({"t": array}), pyarrow.table({"t": array})]:
            with pytest.raises(ValueError, match="X: column 't' holds .*, not numbers; convert it to numbers"):
                fit(frame)
        with pytest.raises(ValueError, match="X: holds .*, not numbers; convert it to numbers"):
            fit(array.reshape(-1, 1))
