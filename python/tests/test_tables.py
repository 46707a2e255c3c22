"""Tables with missing cells: what is filled, and what stays as it was."""

import copy
import decimal
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
import time
import warnings

import joblib
import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

import penstroke
from penstroke import TableImputer
from penstroke._penstroke import imputer_defaults

N = 120


def quick(**parameters):
    options = {"n_networks": 2, "n_imputations": 2, "hidden_layer_sizes": 16, "n_steps": 60, "random_state": 0}
    return TableImputer(**options | parameters)


def cells():
    """Columns that depend on one another, as lists with None in every eleventh row, each in rows of its own."""
    x = np.random.default_rng(0).normal(size=N)
    columns = {
        "x": x.tolist(),
        "whole": (10 * x).round().astype(int).tolist(),
        "sign": np.where(x > 0, "plus", "minus").tolist(),
        "grade": np.where(x > 0.5, "high", np.where(x > -0.5, "medium", "low")).tolist(),
        "flag": (x > 0).tolist(),
    }
    return {name: [None if row % 11 == k else v for row, v in enumerate(values)] for k, (name, values) in enumerate(columns.items())}


def frame(pandas):
    """The columns in types of pandas, beside integers that no float holds, which have no gaps."""
    columns = cells()
    return pandas.DataFrame(
        {
            "x": pandas.Series(columns["x"], dtype="float32"),
            "whole": pandas.array(columns["whole"], dtype="Int64"),
            "sign": pandas.Series(columns["sign"], dtype="string"),
            "grade": pandas.Categorical(columns["grade"], categories=["none", "low", "medium", "high"], ordered=True),
            "flag": pandas.array(columns["flag"], dtype="boolean"),
            "object": pandas.Series([None if v is None else v == "plus" for v in columns["sign"]], dtype=object),
            "count": pandas.Series([2**60 + row for row in range(N)]),
        }
    ).set_index(np.arange(N) * 3)


@pytest.fixture(scope="module")
def pandas():
    return pytest.importorskip("pandas")


@pytest.fixture(scope="module")
def fitted(pandas):
    """An imputer of the frame."""
    return quick().fit(frame(pandas))


def messages(call):
    """The warnings of a call, all of the line in this file, and its result."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        result = call()
    assert {warning.filename for warning in found} <= {__file__}
    return [str(warning.message) for warning in found], result


def test_a_frame_keeps_its_types_and_its_observed_cells(pandas, fitted):
    X = frame(pandas)
    before = X.copy()
    filled = fitted.transform(X)
    pandas.testing.assert_frame_equal(X, before)
    assert list(filled.columns) == list(X.columns) and filled.index.equals(X.index)
    assert (filled.dtypes == X.dtypes).all()
    assert list(filled["grade"].cat.categories) == ["none", "low", "medium", "high"] and filled["grade"].cat.ordered
    assert not filled.isna().any(axis=None)
    for name in X:
        observed = X[name].notna()
        pandas.testing.assert_series_equal(filled[name][observed], X[name][observed])
    assert set(filled["object"]) == {True, False} and "none" not in set(filled["grade"])


def test_gaps_are_filled_from_what_the_row_tells(pandas):
    X = frame(pandas)
    filled = quick(n_steps=1000, hidden_layer_sizes=64).fit_transform(X)
    gaps = X["sign"].isna() & X["x"].notna()
    expected = np.where(X["x"][gaps] > 0, "plus", "minus")
    assert gaps.sum() >= 10 and (filled["sign"][gaps] == expected).mean() > 0.9
    gaps = X["whole"].isna()
    assert np.abs(filled["whole"][gaps] - 10 * X["x"][gaps]).mean() < 2


@pytest.mark.parametrize("kind", ["polars", "pyarrow", "record batch", "dictionary", "numpy objects"])
def test_every_container_is_filled_with_the_same_values(pandas, fitted, kind):
    X = frame(pandas).reset_index(drop=True)
    expected = fitted.transform(X).astype(object).to_numpy()
    if kind == "numpy objects":
        given = X.astype(object).to_numpy()
        filled = quick().fit(X.astype(object).to_numpy()).transform(given)
        assert filled.dtype == object and not pandas.isna(filled).any()
        observed = ~pandas.isna(given)
        assert (filled[observed] == given[observed]).all()
        assert all(type(a) is type(b) for a, b in zip(filled[0], filled[1], strict=True))
        return
    library = pytest.importorskip("polars" if kind == "polars" else "pyarrow")
    if kind == "polars":
        given = library.from_pandas(X).with_columns(library.col("grade").cast(library.Enum(["none", "low", "medium", "high"])))
    else:
        given = library.Table.from_pandas(X)
    if kind == "record batch":
        given = given.to_batches()[0]
    if kind == "dictionary":
        given = given.set_column(2, "sign", given.column("sign").dictionary_encode())
    filled = fitted.transform(given)
    assert filled.schema == given.schema
    columns = filled.columns if kind == "polars" else filled.column_names
    assert columns == list(X)
    if kind == "polars":
        values = filled.to_numpy()
    else:
        values = np.array([column.to_pylist() for column in filled.columns], dtype=object).T
    # As text, because numbers of 32 bits are not those of 64.
    assert [list(map(str, row)) for row in values] == [list(map(str, row)) for row in expected]
    # Fitted on this container, it learns the same.
    again = quick().fit(given).transform(given)
    assert again.equals(filled)


def is_real(dtype):
    """Whether a type holds numbers that need not be whole."""
    return any(word in str(dtype).lower() for word in ("float", "double", "decimal")) and "interval" not in str(dtype)


def are_among(filled, known, are_real):
    """Filled cells are among the known ones or, if they are real numbers, between them."""
    if are_real:
        assert min(known) <= min(filled) and max(filled) <= max(known)
    else:
        assert set(map(str, filled)) == set(map(str, known))


PANDAS = ["float16", "float32", "Float32", "Int8", "UInt64", "int64[pyarrow]", "double[pyarrow]", "decimal128(9, 2)[pyarrow]"]
PANDAS += ["string", "str", "string[python]", "string[pyarrow]", "category", "boolean", "bool[pyarrow]", "object"]
PANDAS += ["Sparse[float64]", "interval[float64]"]


@pytest.mark.parametrize("dtype", PANDAS)
def test_every_dtype_of_pandas_is_kept(pandas, dtype):
    pytest.importorskip("pyarrow")
    values = [None if row % 5 == 0 else row % 3 + 1 for row in range(60)]
    if "bool" in dtype:
        values = [None if value is None else value == 1 for value in values]
    elif "str" in dtype or dtype == "category":
        values = [None if value is None else "abc"[value - 1] for value in values]
    if "interval" in dtype:
        values = [None if value is None else pandas.Interval(value, value + 1.0) for value in values]
    if "decimal" in dtype:
        import pyarrow

        dtype = pandas.ArrowDtype(pyarrow.decimal128(9, 2))
    column = pandas.Series(values, dtype=object).astype(dtype)
    X = pandas.DataFrame({"column": column, "x": np.arange(60) % 3 + 0.5})
    filled = quick().fit_transform(X)
    assert filled["column"].dtype == column.dtype and not filled["column"].isna().any()
    pandas.testing.assert_frame_equal(filled[column.notna()], X[column.notna()])
    assert set(map(type, filled["column"].tolist())) == set(map(type, column.dropna().tolist()))
    are_among(filled["column"].tolist(), column.dropna().tolist(), is_real(dtype))


@pytest.mark.parametrize("kind", ["Float32", "Int8", "UInt64", "Decimal", "String", "Categorical", "Boolean", "Object"])
def test_every_type_of_polars_is_kept(kind):
    polars = pytest.importorskip("polars")
    values = [None if row % 5 == 0 else row % 3 + 1 for row in range(60)]
    if kind == "Boolean":
        values = [None if value is None else value == 1 for value in values]
    elif kind in ("String", "Categorical", "Object"):
        values = [None if value is None else "abc"[value - 1] for value in values]
    column = polars.Series("column", values, dtype=polars.Decimal(9, 2) if kind == "Decimal" else getattr(polars, kind))
    X = polars.DataFrame([column, polars.Series("x", np.arange(60) % 3 + 0.5)])
    filled = quick().fit_transform(X.lazy() if kind == "String" else X)
    assert filled.schema == X.schema and filled["column"].null_count() == 0
    new = filled["column"].to_list()
    assert [v for v, old in zip(new, values, strict=True) if old is not None] == [v for v in values if v is not None]
    are_among(new, [value for value in values if value is not None], is_real(kind))


def test_an_enum_of_polars_must_have_room_for_what_fills_it():
    polars = pytest.importorskip("polars")

    def table(values, categories):
        return polars.DataFrame({"e": polars.Series(values, dtype=polars.Enum(categories)), "x": np.arange(len(values)) * 1.0})

    imputer = quick().fit(table(["a", "b"] * 20, ["a", "b"]))
    with pytest.raises(ValueError, match="column 'e' is an Enum without '[ab]', which fills it; give it the categories of fit"):
        imputer.transform(table([None], ["c"]))


@pytest.mark.parametrize("kind", ["float16", "float32", "int8", "uint64", "decimal", "bool", "string", "large_string", "dictionary"])
def test_every_type_of_arrow_is_kept(kind):
    pyarrow = pytest.importorskip("pyarrow")
    values = [None if row % 5 == 0 else row % 3 + 1 for row in range(60)]
    if kind == "bool":
        values = [None if value is None else value == 1 for value in values]
    elif kind in ("string", "large_string", "dictionary"):
        values = [None if value is None else "abc"[value - 1] for value in values]
    dictionary = pyarrow.dictionary(pyarrow.int8(), pyarrow.string())
    types = {"bool": pyarrow.bool_(), "decimal": pyarrow.decimal128(9, 2), "dictionary": dictionary}
    type_ = types[kind] if kind in types else getattr(pyarrow, kind)()
    if kind == "decimal":
        values = [None if value is None else decimal.Decimal(value) for value in values]
    given = np.array(values, dtype=object)
    column = pyarrow.chunked_array([pyarrow.array(part.tolist()).cast(type_) for part in (given[:25], given[25:])])
    x = pyarrow.chunked_array([np.arange(60) % 3 + 0.5])
    X = pyarrow.table({"column": column, "x": x}).replace_schema_metadata({"from": "a test"})
    filled = quick().fit_transform(X)
    filled.validate(full=True)
    assert filled.schema.equals(X.schema, check_metadata=True) and filled.column("column").null_count == 0
    new = filled.column("column").to_pylist()
    assert [v for v, old in zip(new, values, strict=True) if old is not None] == [v for v in values if v is not None]
    are_among(new, [value for value in values if value is not None], is_real(kind))


def test_an_array_keeps_its_type():
    x = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
    x[::7, 0] = np.nan
    filled = quick().fit_transform(x)
    assert filled.dtype == np.float32 and not np.isnan(filled).any()
    np.testing.assert_array_equal(filled[~np.isnan(x)], x[~np.isnan(x)])
    whole = (10 * np.nan_to_num(x)).astype(np.int8)
    whole[::5, 1] = -99
    filled = quick(missing_values=-99).fit_transform(whole)
    assert filled.dtype == np.int8 and (filled != -99).all()
    texts = np.where(np.nan_to_num(x) > 0, "a long word", "?")
    texts[:, 2] = np.where(np.arange(60) % 2, "u", "v")
    filled = quick(missing_values=["?", -1]).fit_transform(texts)
    assert filled.dtype == texts.dtype and (filled[:, :2] == "a long word").all() and set(filled[:, 2]) == {"u", "v"}
    rows = [["u", 1.0], ["v", None], [None, 3.0]] * 10
    filled = quick().fit_transform(rows)
    assert {type(value) for value in filled[:, 1]} == {float} and set(filled[:, 0]) == {"u", "v"}
    filled = quick(missing_values="?").fit_transform([["u", 1.0], ["?", 2.5]] * 15)
    assert {type(value) for value in filled[:, 1]} == {float} and set(filled[:, 0]) == {"u"}


def test_numbers_become_whole_and_stay_in_the_range_of_an_integer_type(pandas):
    x = np.arange(60) % 2
    X = np.column_stack([299.5 * x + 0.7, x])
    imputer = quick(n_steps=500).fit(X)
    exact = imputer.transform(np.array([[np.nan, 0.0], [np.nan, 1.0]]))[:, 0]
    assert 0.5 < exact[0] < 127 < exact[1]
    whole = quick(missing_values=-9, n_steps=500).fit(X).transform(np.array([[-9, 0], [-9, 1]], dtype=np.int8))
    assert whole[:, 0].tolist() == [round(exact[0]), 127]
    frame = pandas.DataFrame({"a": pandas.array([None, None], dtype="Int8"), "b": [0, 1]})
    named = quick(n_steps=500).fit(pandas.DataFrame(X, columns=["a", "b"]))
    assert named.transform(frame)["a"].iloc[1] == 127


def test_a_short_array_of_strings_has_room_for_longer_categories():
    X = np.array([["long", "u"], ["long", "v"], ["?", "u"]] * 10)
    imputer = quick(missing_values="?").fit(X)
    filled = imputer.transform(np.array([["?", "v"]]))
    assert filled.tolist() == [["long", "v"]]


def test_a_row_is_filled_alone_as_among_others(pandas, fitted):
    X = frame(pandas)
    filled, drawn = fitted.transform(X), fitted.sample(X)[1]
    for row in [0, 1, 2, 3, 4, 57]:
        pandas.testing.assert_frame_equal(fitted.transform(X.iloc[[row]]), filled.iloc[[row]])
        pandas.testing.assert_frame_equal(fitted.sample(X.iloc[[row]])[1], drawn.iloc[[row]])
    # A row of objects in which nothing tells the type.
    row = X.iloc[[2]].astype(object)
    assert fitted.transform(row).iloc[0].tolist() == filled.iloc[2].tolist()


def test_neither_the_order_of_rows_nor_of_columns_nor_threads_change_a_value(pandas, fitted):
    X = frame(pandas)
    order = np.random.default_rng(1).permutation(N)
    turned = X.iloc[order, ::-1]
    other = quick(n_jobs=1).fit(turned)
    back = other.transform(turned)[list(X)].iloc[np.argsort(order)]
    pandas.testing.assert_frame_equal(back, fitted.transform(X))
    for one, two in zip(other.sample(turned), fitted.sample(X), strict=True):
        pandas.testing.assert_frame_equal(one[list(X)].iloc[np.argsort(order)], two)


def test_unseen_categories_are_filled_and_counted_in_one_warning(pandas, fitted):
    X = frame(pandas)
    new = X.copy()
    new.loc[new.index[[2, 5]], "sign"] = "zero"
    new["grade"] = new["grade"].cat.rename_categories({"high": "top"})
    told, filled = messages(lambda: fitted.transform(new))
    n_top = (new["grade"] == "top").sum()
    assert told == [
        "X: 2 columns hold categories not seen in training, which count as missing: "
        f'sign (2 cells, the first "zero"), grade ({n_top} cells, the first "top")'
    ]
    assert set(filled["sign"]) == {"plus", "minus"} and "top" not in set(filled["grade"])
    # The dtype has room for what it lacked.
    assert list(filled["grade"].cat.categories)[:4] == ["none", "low", "medium", "top"]
    assert messages(lambda: fitted.transform(X))[0] == []


def test_what_the_library_tells_of_a_table_is_a_warning(pandas):
    X = frame(pandas).assign(note=[f"note {row}" for row in range(N)], empty=np.nan)
    X.loc[X.index[3], "note"] = None
    X.loc[X.index[:80], "x"] = np.nan
    told, imputer = messages(lambda: quick().fit(X))
    assert told == [
        "X: without any value, left out of the result: column empty; keep_empty_features=True does otherwise",
        "X: column note is left out: text that differs in every row",
        "X: column x: 69 % of its cells are missing",
    ]
    filled = imputer.transform(X)
    assert "empty" not in filled and filled["note"].isna().sum() == 1
    few, _ = messages(lambda: quick().fit(frame(pandas).iloc[:19]))
    assert few[0] == "X: 19 rows are few to learn from; with fewer than 20, what is filled in is little more than a guess"


def test_columns_without_any_value_are_dropped_or_kept(pandas):
    X = frame(pandas)[["x", "sign"]]
    X.insert(0, "nothing", np.nan)
    X.insert(2, "no text", pandas.Series([None] * N, dtype=object).to_numpy())
    with pytest.warns(UserWarning, match="left out of the result: columns nothing, no text; keep_empty_features=True"):
        dropped = quick().fit(X)
    assert list(dropped.transform(X)) == ["x", "sign"] == list(dropped.get_feature_names_out())
    with pytest.warns(UserWarning, match="the gaps of numbers become 0, others stay: columns nothing, no text"):
        kept = quick(keep_empty_features=True).fit(X)
    filled = kept.transform(X)
    assert list(filled) == list(X) and (filled["nothing"] == 0).all()
    np.testing.assert_array_equal(filled["x"], dropped.transform(X)["x"])
    X["nothing"] = 5.0
    assert (kept.transform(X)["nothing"] == 5).all()


@pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow", "numpy"])
def test_an_indicator_says_which_cells_were_missing(pandas, kind):
    X = frame(pandas)[["x", "count", "whole"]].astype("float64" if kind == "numpy" else {})
    missing = X[["x", "whole"]].isna().to_numpy()
    if kind != "pandas":
        pytest.importorskip(kind)
    if kind == "numpy":
        given = X.to_numpy()
    elif kind == "polars":
        import polars

        given = polars.from_pandas(X)
    elif kind == "pyarrow":
        import pyarrow

        given = pyarrow.Table.from_pandas(X, preserve_index=False)
    else:
        given = X
    imputer = quick(add_indicator=True).fit(given)
    filled = imputer.transform(given)
    names = ["x0", "x1", "x2"] if kind == "numpy" else ["x", "count", "whole"]
    expected = [*names, f"missingindicator_{names[0]}", f"missingindicator_{names[2]}"]
    assert list(imputer.get_feature_names_out()) == expected
    if kind != "numpy":
        assert list(getattr(filled, "column_names", None) or filled.columns) == expected
    np.testing.assert_array_equal(np.asarray(filled)[:, 3:].astype(bool), missing)


def test_outputs_are_framed(pandas, fitted):
    polars, pyarrow = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    X = frame(pandas).reset_index(drop=True)
    imputer = copy.deepcopy(fitted)
    givens = [X, polars.from_pandas(X), pyarrow.Table.from_pandas(X)]
    for kind, expected in [("pandas", pandas.DataFrame), ("polars", polars.DataFrame)]:
        imputer.set_output(transform=kind)
        for given in givens:
            out = imputer.transform(given)
            assert isinstance(out, expected) and list(out.columns) == list(X)
    array = np.column_stack([X["x"], np.arange(N)])
    out = quick().set_output(transform="pandas").fit_transform(array)
    assert list(out.columns) == ["x0", "x1"] and not out.isna().any(axis=None)


def test_categorical_features_are_named_in_any_way(pandas):
    X = np.column_stack([np.arange(60) % 3, np.random.default_rng(0).normal(size=60)])
    X[::7, 0] = np.nan
    filled = [quick(categorical_features=given).fit_transform(X) for given in ([True, False], [0], [-2])]
    named = quick(categorical_features=["a"]).fit(pandas.DataFrame(X, columns=["a", "b"]))
    assert [column["kind"] for column in named.schema_] == ["categorical", "numeric"]
    assert named.schema_[0]["categories"] == ["0", "1", "2"] and set(filled[0][:, 0]) == {0.0, 1.0, 2.0}
    for other in filled[1:]:
        np.testing.assert_array_equal(filled[0], other)
    # Whole numbers as integers are the same categories.
    row = pandas.DataFrame({"a": pandas.array([None, 2], dtype="Int64"), "b": [0.5, np.nan]})
    assert messages(lambda: named.transform(row))[0] == [] and named.transform(row)["a"].dtype == "Int64"
    assert [column["kind"] for column in quick(categorical_features=None).fit(X).schema_] == ["numeric", "numeric"]


MISTAKES = [
    ({"n_networks": 0}, ValueError, "n_networks: 0 is below 1"),
    ({"n_imputations": 1.5}, TypeError, "n_imputations: 1.5 is not an integer"),
    ({"categorical_features": [True]}, ValueError, "categorical_features: a mask of 1 for 2 columns"),
    ({"categorical_features": [2]}, ValueError, "categorical_features: 2 is outside the indices 0 to 1"),
    ({"categorical_features": ["y"]}, ValueError, "categorical_features: 'y' is not a column of X; its columns are x0, x1"),
    ({"categorical_features": 0.5}, TypeError, "categorical_features: 0.5 is not 'from_dtype', a mask"),
    ({"add_indicator": "yes"}, TypeError, "add_indicator: 'yes' is neither True nor False"),
    ({"keep_empty_features": 1}, TypeError, "keep_empty_features: 1 is neither True nor False"),
    ({"bounds": "wide"}, ValueError, "bounds: 'wide' is not one of 'observed', 'none', None"),
    ({"hidden_layer_sizes": ()}, ValueError, "hidden_layer_sizes: no layers; at least 1 is needed"),
    ({"hidden_layer_sizes": (3, 0)}, ValueError, "hidden_layer_sizes: 0 is below 1"),
    ({"mask": 0.5}, TypeError, "mask: 0.5 is not a pair of numbers"),
    ({"mask": (0.6, 0.5)}, ValueError, "mask: 0.6..0.5 is not a range within 0..=1"),
    ({"learning_rate": -1}, ValueError, "learning_rate: -1 is not a finite number above 0"),
    ({"weight_decay": "much"}, TypeError, "weight_decay: 'much' is not a number"),
    ({"n_steps": 0}, ValueError, "n_steps: 0 is below 1"),
    ({"batch_size": 0}, ValueError, "batch_size: 0 is below 1"),
    ({"dropout": 1.0}, ValueError, "dropout: 1 is outside 0..1"),
    ({"random_state": -1}, ValueError, "random_state: -1 is below 0"),
    ({"n_jobs": 0}, ValueError, "n_jobs: 0 is not allowed"),
    ({"verbose": "yes"}, TypeError, "verbose: 'yes' is not an integer"),
]


@pytest.mark.parametrize("parameters, error, message", MISTAKES, ids=lambda value: str(value)[:40])
def test_every_mistake_names_its_parameter(parameters, error, message):
    imputer = quick(**parameters)
    with pytest.raises(error) as raised:
        imputer.fit(np.random.default_rng(0).normal(size=(30, 2)))
    assert str(raised.value).startswith(message) and "\n" not in str(raised.value)
    with pytest.raises(NotFittedError):
        imputer.transform(np.zeros((1, 2)))


def test_tables_that_cannot_be_used_are_refused_in_one_line(pandas, fitted):
    X = frame(pandas)

    def refused(X, imputer=None, error=ValueError):
        with pytest.raises(error) as raised:
            quick().fit(X) if imputer is None else imputer.transform(X)
        assert "\n" not in str(raised.value)
        return str(raised.value)

    way_out = "; convert it to numbers, such as days since the first, or leave it out"
    when = pandas.Series(pandas.date_range("2020-01-01", periods=N), index=X.index)
    assert refused(X.assign(when=when)) == f"X: column 'when' holds {when.dtype}{way_out}"
    assert refused(X.assign(when=when.dt.to_period("D"))) == f"X: column 'when' holds period[D]{way_out}"
    assert refused(X.assign(when=when.astype(object))) == f"X: column 'when' holds Timestamp{way_out}"
    objects = pandas.Series([pandas.NaT, "a"] * (N // 2), index=X.index, dtype=object)
    assert refused(X.assign(when=objects)) == f"X: column 'when' holds NaTType{way_out}"
    assert refused(X.assign(when=when.astype(str))).startswith("X: column 8 (when): holds dates; write them as numbers")
    assert refused(np.full((20, 1), "2020-01-01", dtype="datetime64[D]")) == f"X: column 'x0' holds datetime64[D]{way_out}"
    lists = pandas.Series([[1]] * N, index=X.index)
    assert refused(X.assign(l=lists), error=TypeError) == "X: column 'l' holds a list; every argument must be a string or a number"
    assert refused(X.assign(x=np.inf)) == 'X: row 1 (from 1), column 1 (x): "inf" is not a finite number'
    assert refused(X.iloc[:9]).startswith("X: n_samples=9, n_features=7: at least 10 samples are needed")
    assert refused(X[["x"]] * np.nan) == "X: all its columns hold only missing values, so nothing can be learned"
    twice = pandas.concat([X[["x"]], X[["x"]]], axis=1)
    assert refused(twice) == 'X: columns 1 and 2 are both named \'x\'; rename one'
    record = np.zeros(30, dtype=[("a", float)])
    assert refused(record, error=TypeError).startswith("X: is a structured array; give a frame")
    assert refused(X.assign(x="many"), fitted) == "X: column 'x' holds 'many' in row 0 (from 0), and it held numbers in fit"
    with pytest.raises(ValueError, match="m: 3 is outside 1 to 2, the number of networks; use n_networks=3"):
        fitted.sample(X, 3)
    with pytest.raises(ValueError, match="m: 0 is below 1"):
        fitted.sample(X, 0)
    with pytest.raises(ValueError, match="m: 2 imputations need networks of bootstrap samples; fit with n_imputations=2"):
        quick(n_imputations=None).fit(X).sample(X)
    # Nothing of an earlier fit stays.
    again = copy.deepcopy(fitted)
    with pytest.raises(ValueError):
        again.fit(X.assign(x=np.inf))
    with pytest.raises(NotFittedError):
        again.transform(X)


def test_samples_are_pooled_as_by_hand(pandas):
    X = frame(pandas)[["x", "whole", "sign"]].astype({"whole": "Float64"})
    imputer = quick(n_imputations=4).fit(X)
    tables = imputer.sample(X)
    assert len(tables) == 4 and len(imputer.sample(X, 2)) == 2 and len(quick().fit(X).sample(X)) == 2
    assert any(not tables[0].equals(table) for table in tables[1:])
    estimates, variances = [], []
    for table in tables:
        design = np.column_stack([np.ones(N), table["x"], table["sign"] == "plus"]).astype(float)
        y = table["whole"].to_numpy(dtype=float)
        inverse = np.linalg.inv(design.T @ design)
        b = inverse @ design.T @ y
        estimates.append(b)
        variances.append(((y - design @ b) ** 2).sum() / (N - 3) * np.diag(inverse))
    q, u = np.array(estimates), np.array(variances)
    pooled = penstroke.pool(tables, ols="whole ~ x + sign")
    assert [term.term for term in pooled] == ["(intercept)", "x", "sign = plus"]
    total = u.mean(0) + 1.25 * q.var(0, ddof=1)
    np.testing.assert_allclose([term.estimate for term in pooled], q.mean(0), rtol=1e-6)
    np.testing.assert_allclose([term.standard_error for term in pooled], np.sqrt(total), rtol=1e-6)
    lambda_ = 1.25 * q.var(0, ddof=1) / total
    old, observed = 3 / lambda_**2, (N - 2) / (N - 0) * (N - 3) * (1 - lambda_)
    np.testing.assert_allclose([term.degrees_of_freedom for term in pooled], old * observed / (old + observed), rtol=1e-6)
    again = penstroke.pool_estimates(q, u, n=N, names=["(intercept)", "x", "sign = plus"])
    np.testing.assert_allclose(again.frame().to_numpy(), pooled.frame().to_numpy(), rtol=1e-6)
    assert pooled["x"] == pooled[1] and len(pooled) == 3
    assert len(repr(pooled).splitlines()) == 4 and "<td>sign = plus</td>" in pooled._repr_html_()
    mean = penstroke.pool(tables, mean="x")[0]
    np.testing.assert_allclose(mean.estimate, np.mean([table["x"].mean() for table in tables]), rtol=1e-6)


def test_pooling_refuses_what_cannot_be_pooled(pandas):
    tables = [frame(pandas).assign(when=pandas.Timestamp("2020-01-01"), x=1.0)] * 2
    for call, message in [
        (lambda: penstroke.pool(tables), "pool: give either ols, such as 'y ~ x1 + x2', or mean, the name of a column"),
        (lambda: penstroke.pool(tables, ols="x"), "ols: \"x\" does not have one ~ between outcome and terms"),
        (lambda: penstroke.pool(tables, mean="y"), "frames[0]: has no column \"y\"; it has x, whole"),
        (lambda: penstroke.pool(tables, mean="when"), "X: column 'when' holds datetime64"),
        (lambda: penstroke.pool(tables, mean="whole"), "frames[0]: column whole has 11 missing cells; impute it first"),
        (lambda: penstroke.pool(tables[:1], mean="x"), "pool: 1 completed table; at least 2 are needed"),
        (lambda: penstroke.pool_estimates([1, 2], [1, 2, 3]), "variances: have the shape (3,), and estimates (2,)"),
        (lambda: penstroke.pool_estimates([1, 2], [1, 2], n=1), "n: 1 is below 2"),
        (lambda: penstroke.pool_estimates([1, 2], [1, 2], n=9, degrees_of_freedom=8), "pool_estimates: give n or degrees"),
        (lambda: penstroke.pool_estimates([1, 2], [1, 2], names=["a", "b"]), "names: 2 for 1 estimates"),
        (lambda: penstroke.pool_estimates([1, 2], [-1, 2]), "pool: the variance -1 is not a finite number of at least 0"),
    ]:
        with pytest.raises(ValueError) as raised:
            call()
        assert str(raised.value).startswith(message), str(raised.value)
    with pytest.raises(TypeError, match="frames: is one table; give a list of completed tables"):
        penstroke.pool(tables[0], mean="x")
    with pytest.raises(KeyError, match="'z' is not a term; the terms are x"):
        penstroke.pool(tables, mean="x")["z"]
    assert penstroke.pool_estimates([1.0, 1.0], [0.5, 0.5])[0].degrees_of_freedom == np.inf


def test_errors_are_those_of_held_out_cells(pandas):
    X = frame(pandas)[["x", "whole", "sign"]].assign(noise=np.random.default_rng(5).normal(size=N))
    imputer = quick(n_networks=5, n_steps=500).fit(X)
    errors = {error["name"]: error for error in imputer.error_}
    assert list(errors) == list(X)
    # The deviation of each column bounds the error of its mean; x is nearly a tenth of the whole numbers.
    assert errors["x"]["rmse"] < 0.5 * errors["x"]["rmse_mean"] < 0.6 * X["x"].std()
    assert errors["sign"]["accuracy"] > 0.8 > errors["sign"]["accuracy_mode"]
    assert errors["x"]["is_better"] and not errors["noise"]["is_better"]
    assert quick(n_networks=1, n_imputations=None).fit(X).error_ == []


def test_observed_cells_are_overimputed(pandas, fitted):
    X = frame(pandas)
    found = fitted.overimpute(X, n_draws=30, n_cells=50, columns=["x", "object"])
    assert list(found) == ["x", "object"]
    x, category = found["x"], found["object"]
    assert len(x["rows"]) == 50 and (x["truth"] == X["x"].iloc[x["rows"]].astype(float)).all()
    assert (x["low"] <= x["mean"]).all() and (x["mean"] <= x["high"]).all()
    inside = (x["low"] <= x["truth"]) & (x["truth"] <= x["high"])
    assert x["coverage"] == pytest.approx(inside.mean()) and x["coverage"] > 0.7
    assert category["categories"] == [False, True] and category["counts"].shape == (50, 2)
    assert (category["counts"].sum(axis=1) == 30).all() and 0 <= category["coverage"] <= 1
    assert category["truth"].tolist() == X["object"].iloc[category["rows"]].tolist()
    with pytest.raises(ValueError, match="n_draws: 5; an interval of 90 % needs at least 19"):
        fitted.overimpute(X, n_draws=5)
    with pytest.raises(ValueError, match='columns: "y" is not a column that was learned'):
        fitted.overimpute(X, columns=["y"])


def test_an_imputer_is_copied_and_saved(pandas, fitted, tmp_path):
    X = frame(pandas)
    expected, drawn = fitted.transform(X), fitted.sample(X)
    joblib.dump(fitted, tmp_path / "joblib")
    fitted.save(tmp_path / "model.safetensors")
    copies = [pickle.loads(pickle.dumps(fitted)), copy.copy(fitted), copy.deepcopy(fitted), joblib.load(tmp_path / "joblib")]
    for other in [*copies, TableImputer.load(tmp_path / "model.safetensors"), penstroke.load(tmp_path / "model.safetensors")]:
        pandas.testing.assert_frame_equal(other.transform(X), expected)
        pandas.testing.assert_frame_equal(other.sample(X)[1], drawn[1])
        assert other.schema_ == fitted.schema_ and other.history_ == fitted.history_ and other.error_ == fitted.error_
        assert list(other.feature_names_in_) == list(X) and other.n_features_in_ == 7
    assert other.get_params()["hidden_layer_sizes"] == (16,) and other.n_steps == 60 and other.bounds == "observed"
    refitted = penstroke.load(tmp_path / "model.safetensors").fit(X)
    assert refitted._model.to_bytes() == fitted._model.to_bytes()
    penstroke.DenoisingAutoencoder(2, max_iter=1).fit(np.eye(5)).save(tmp_path / "other")
    with pytest.raises(ValueError, match="other: does not hold an imputer; read it with penstroke.load"):
        TableImputer.load(tmp_path / "other")
    with pytest.raises(ValueError, match="holds a TableImputer; read it with TableImputer.load"):
        penstroke.DenoisingAutoencoder.load(tmp_path / "model.safetensors")


def test_categories_of_a_file_have_the_values_of_their_names(pandas, tmp_path):
    X = pandas.DataFrame({"n": np.arange(60) % 3 + 0.5, "b": np.arange(60) % 2 == 0, "s": np.where(np.arange(60) % 3, "1", "2")})
    fitted = quick(categorical_features=["n"]).fit(X)
    fitted.save(tmp_path / "model")
    gaps = X.astype(object).mask(np.eye(60, 3, dtype=bool))
    gaps["n"] = gaps["n"].astype("float64")
    loaded = penstroke.load(tmp_path / "model")
    filled = loaded.transform(gaps)
    assert not filled.isna().any(axis=None)
    assert (filled["b"].map(type) == bool).all() and set(filled["s"]) == {"1", "2"} and set(filled["n"]) == {0.5, 1.5, 2.5}
    # A row whose cell does not tell what the column holds.
    assert type(loaded.transform(gaps.iloc[[1]])["b"].iloc[0]) is bool


def test_the_command_line_fills_the_same_and_shares_its_files(penstroke_command, pandas, tmp_path):
    X = frame(pandas)[["x", "sign", "flag"]].iloc[:60].astype({"x": "float64", "sign": object, "flag": object})
    X.to_csv(tmp_path / "x.csv", index=False)
    words = ["--out", tmp_path / "done.csv", "--seed", "3", "--networks", "1", "--save-model", tmp_path / "model", "--quiet"]
    penstroke_command("impute", tmp_path / "x.csv", *words)
    fitted = TableImputer(n_networks=1, random_state=3).fit(X)
    filled = fitted.transform(X)

    def check(file):
        done = pandas.read_csv(file)
        # The file has as many decimals as its longest number.
        np.testing.assert_allclose(done["x"], filled["x"], rtol=1e-12)
        assert list(done["sign"]) == list(filled["sign"]) and list(done["flag"]) == list(filled["flag"])

    check(tmp_path / "done.csv")
    pandas.testing.assert_frame_equal(penstroke.load(tmp_path / "model").transform(X), filled)
    fitted.save(tmp_path / "other")
    penstroke_command("impute", tmp_path / "x.csv", "--model", tmp_path / "other", "--out", tmp_path / "again.csv", "--quiet")
    check(tmp_path / "again.csv")


def test_onnx_runtime_fills_as_transform_does(pandas, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    X = frame(pandas)[["x", "sign"]].astype({"x": "float64", "sign": object})
    fitted = quick().fit(X)
    with pytest.raises(NotFittedError):
        quick().to_onnx(tmp_path / "none.onnx")
    fitted.to_onnx(tmp_path / "imputer.onnx")
    with pytest.raises(FileNotFoundError):
        fitted.to_onnx(tmp_path / "no folder" / "imputer.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "imputer.onnx")
    assert [port.name for port in session.get_outputs()] == ["filled_x", "filled_sign"]
    cells = {"x": X[["x"]].to_numpy(), "sign": X[["sign"]].fillna("").to_numpy(object)}
    x, sign = session.run(None, cells)
    filled = fitted.transform(X)
    # interop/onnx_tables.py compares larger tables, to 3e-7 deviations.
    np.testing.assert_allclose(x[:, 0], filled["x"], rtol=0, atol=1e-5)
    assert sign[:, 0].tolist() == filled["sign"].tolist()


def test_defaults_are_those_of_the_library():
    import json

    defaults = json.loads(imputer_defaults())
    from penstroke._imputing import config

    assert config(TableImputer(random_state=0)) == defaults


def test_a_search_chooses_in_a_pipeline(pandas):
    X = frame(pandas)[["x", "whole"]].astype("float64")
    y = np.where(np.arange(N) % 3, X["x"].fillna(0) > 0, True)
    pipeline = make_pipeline(quick(), LogisticRegression())
    search = GridSearchCV(pipeline, {"tableimputer__n_steps": [10, 60]}, cv=2, n_jobs=2).fit(X, y)
    assert search.best_score_ > 0.6


def test_ctrl_c_ends_fit():
    X = np.random.default_rng(0).normal(size=(2000, 20))
    imputer = TableImputer(n_steps=1_000_000, random_state=0, n_jobs=2)
    main = threading.get_ident()
    timer = threading.Timer(0.5, lambda: signal.pthread_kill(main, signal.SIGINT))
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    began = time.monotonic()
    try:
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            imputer.fit(X)
    finally:
        timer.cancel()
        signal.signal(signal.SIGINT, handler)
    assert time.monotonic() - began < 30
    with pytest.raises(NotFittedError):
        imputer.transform(X)


def test_progress_is_shown(capsys):
    X = np.random.default_rng(0).normal(size=(200, 5))
    quick(n_networks=1, n_imputations=None, n_steps=2000, verbose=True).fit(X)
    err = capsys.readouterr().err
    assert "1 network " in err and "loss" in err and err.endswith("\n")
    quick().fit(X)
    assert capsys.readouterr().err == ""


def test_frames_need_no_library_that_the_user_does_not_have():
    program = textwrap.dedent("""
        import sys

        class Absent:
            def find_spec(self, name, path=None, target=None):
                if name.split(".")[0] in ("pandas", "polars", "pyarrow"):
                    raise ImportError(name)

        sys.meta_path.insert(0, Absent())
        import numpy as np
        import penstroke
        X = np.random.default_rng(0).normal(size=(30, 2))
        X[3, 0] = np.nan
        tables = penstroke.TableImputer(n_imputations=2, n_steps=5).fit(X).sample(X)
        print(penstroke.pool(tables, ols="x1 ~ x0"))
    """)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0 and "(intercept)" in done.stdout, done.stderr
