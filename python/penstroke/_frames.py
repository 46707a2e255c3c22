"""Tables of the user: arrays, and frames of pandas, polars and pyarrow, read by column and filled in their own types.

pandas, polars and pyarrow are used only if the user passes one of their frames.
"""

import sys
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn import get_config
from sklearn.utils.validation import check_array, validate_data

from penstroke import _columns, _samples
from penstroke._columns import Column


class Filling(NamedTuple):
    """Values for missing cells of a column: an array of numbers, or a list of categories."""

    rows: NDArray[np.intp]
    values: NDArray[np.float64] | list[Any]


class Table(Protocol):
    """A table of the user."""

    # The names of the columns, for messages too.
    names: list[str]
    n_rows: int

    def column(self, at: int) -> Column:
        """The cells of a column."""

    def filled(
        self, kept: Sequence[int], fills: Mapping[int, Filling], added: Mapping[str, NDArray[np.bool_]]
    ) -> Any:
        """A copy of the columns `kept` with `fills`, by column, and the columns `added` at the end."""


def whole(values: NDArray[np.float64] | list[Any], low: float, high: float) -> list[int]:
    """Numbers as integers within the range of a type."""
    return [int(min(max(round(float(value)), low), high)) for value in values]


class OfArray:
    """An array."""

    def __init__(self, X: NDArray[Any]) -> None:
        self.X = X
        self.n_rows, n_columns = X.shape
        self.names = [f"x{at}" for at in range(n_columns)]

    def column(self, at: int) -> Column:
        return _columns.of_array(self.names[at], self.X[:, at])

    def filled(
        self, kept: Sequence[int], fills: Mapping[int, Filling], added: Mapping[str, NDArray[np.bool_]]
    ) -> NDArray[Any]:
        kind = self.X.dtype.kind
        texts = [text for fill in fills.values() for text in fill.values] if kind == "U" else []
        # An array of strings is as wide as its longest.
        width = max([self.X.dtype.itemsize // 4, *(len(text) for text in texts)])
        out = self.X.astype(f"U{width}" if kind == "U" else self.X.dtype)
        for at, fill in fills.items():
            if kind in "iu":
                range_ = np.iinfo(out.dtype)
                out[fill.rows, at] = whole(fill.values, range_.min, range_.max)
            elif kind == "O":
                for row, value in zip(fill.rows, self.as_others(at, fill.values), strict=True):
                    out[row, at] = value
            else:
                out[fill.rows, at] = fill.values
        out = out[:, list(kept)] if len(kept) < out.shape[1] else out
        if not added:
            return out
        masks = np.stack(list(added.values()), axis=1)
        return np.hstack([out, masks.astype(out.dtype if kind in "fiub" else object)])

    def as_others(self, at: int, values: NDArray[np.float64] | list[Any]) -> list[Any]:
        """Values for objects: integers if all other numbers of the column are."""
        if isinstance(values, list):
            return values
        others = (value for value in self.X[:, at] if not _columns.is_missing(value))
        if all(isinstance(value, (int, np.integer)) for value in others):
            return [round(value) for value in values.tolist()]
        return values.tolist()


class OfPandas:
    """A frame of pandas."""

    def __init__(self, X: Any) -> None:
        self.pandas: Any = sys.modules["pandas"]
        self.X, self.n_rows, self.names = X, len(X), [str(name) for name in X.columns]

    def column(self, at: int) -> Column:
        values, name, types = self.X.iloc[:, at], self.names[at], self.pandas.api.types
        dtype = values.dtype
        if isinstance(dtype, self.pandas.CategoricalDtype):
            # The code of a missing value is -1.
            codes = values.cat.codes.to_numpy().astype(np.int64) % 2**32
            return _columns.Codes(codes.astype(np.uint32), values.cat.categories.tolist())
        if getattr(dtype, "kind", "O") in "mM" or isinstance(dtype, self.pandas.PeriodDtype):
            _columns.refuse_dates(name, dtype)
        if types.is_numeric_dtype(dtype) and not types.is_bool_dtype(dtype):
            if dtype.kind == "c":
                raise ValueError(f"X: column {name!r}: Complex data not supported")
            return _columns.Numbers(values.to_numpy(dtype=np.float64, na_value=np.nan))
        return _columns.of_objects(name, values.astype(object).tolist())

    def filled(
        self, kept: Sequence[int], fills: Mapping[int, Filling], added: Mapping[str, NDArray[np.bool_]]
    ) -> Any:
        out = self.X.iloc[:, list(kept)].copy()
        for place, at in enumerate(kept):
            if at in fills:
                out.isetitem(place, self.with_values(self.X.iloc[:, at].copy(), fills[at]))
        for name, mask in added.items():
            out[name] = mask
        return out

    def with_values(self, column: Any, fill: Filling) -> Any:
        values: Any = fill.values
        dtype = column.dtype
        if isinstance(dtype, self.pandas.SparseDtype):
            # It takes no new values.
            return self.with_values(column.sparse.to_dense(), fill).astype(dtype)
        if isinstance(dtype, self.pandas.CategoricalDtype):
            known = set(column.cat.categories)
            new = [value for value in dict.fromkeys(values) if value not in known]
            column = column.cat.add_categories(new) if new else column
            values = self.pandas.Categorical(values, dtype=column.dtype)
        elif getattr(dtype, "kind", "O") in "iu":
            range_ = np.iinfo(getattr(dtype, "numpy_dtype", dtype))
            values = self.pandas.array(whole(values, range_.min, range_.max), dtype=dtype)
        elif dtype == object:
            others = OfArray(column.to_numpy(dtype=object).reshape(-1, 1))
            values = np.fromiter(others.as_others(0, values), dtype=object, count=len(values))
        else:
            values = self.pandas.array(values, dtype=dtype)
        column.iloc[fill.rows] = values
        return column


class OfPolars:
    """A frame of polars."""

    def __init__(self, X: Any) -> None:
        self.polars: Any = sys.modules["polars"]
        self.X, self.n_rows, self.names = X, X.height, list(X.columns)

    def column(self, at: int) -> Column:
        values = self.X.to_series(at)
        if values.dtype.is_temporal():
            _columns.refuse_dates(self.names[at], values.dtype)
        if values.dtype.is_numeric():
            return _columns.Numbers(values.cast(self.polars.Float64).fill_null(np.nan).to_numpy().astype(np.float64))
        return _columns.of_objects(self.names[at], values.to_list())

    def filled(
        self, kept: Sequence[int], fills: Mapping[int, Filling], added: Mapping[str, NDArray[np.bool_]]
    ) -> Any:
        columns = [self.X.to_series(at) for at in kept]
        columns = [self.with_values(column, fills[at]) if at in fills else column for at, column in zip(kept, columns, strict=True)]
        return self.polars.DataFrame([*columns, *(self.polars.Series(name, mask) for name, mask in added.items())])

    def with_values(self, column: Any, fill: Filling) -> Any:
        values: Any = fill.values
        if column.dtype.is_integer():
            low, high = (int(self.polars.select(end).item()) for end in (column.dtype.min(), column.dtype.max()))
            values = whole(values, low, high)
        else:
            values = list(values)
        if isinstance(column.dtype, self.polars.Enum):
            lacking = set(values).difference(column.dtype.categories)
            if lacking:
                raise ValueError(f"X: column {column.name!r} is an Enum without {min(lacking)!r}, which fills it; give it the categories of fit")
        mask = np.zeros(len(column), dtype=bool)
        mask[fill.rows] = True
        is_object = column.dtype == self.polars.Object
        spread: list[Any] = column.to_list() if is_object else [None] * len(column)
        for row, value in zip(fill.rows.tolist(), values, strict=True):
            spread[row] = value
        if is_object:
            return self.polars.Series(column.name, spread, dtype=self.polars.Object)
        new = self.polars.Series(column.name, spread).cast(column.dtype)
        return new.zip_with(self.polars.Series(mask), column)


class OfArrow:
    """A table of pyarrow."""

    def __init__(self, X: Any) -> None:
        import pyarrow
        import pyarrow.compute

        self.pyarrow: Any = pyarrow
        self.X, self.n_rows, self.names = X, X.num_rows, list(X.column_names)

    def column(self, at: int) -> Column:
        values, types = self.X.column(at), self.pyarrow.types
        kind = values.type
        if types.is_dictionary(kind):
            values, kind = values.cast(kind.value_type), kind.value_type
        if types.is_temporal(kind):
            _columns.refuse_dates(self.names[at], kind)
        if types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind):
            floats = values.cast(self.pyarrow.float64(), safe=False)
            return _columns.Numbers(floats.fill_null(np.nan).to_numpy().astype(np.float64))
        return _columns.of_objects(self.names[at], values.to_pylist())

    def filled(
        self, kept: Sequence[int], fills: Mapping[int, Filling], added: Mapping[str, NDArray[np.bool_]]
    ) -> Any:
        out = self.X
        for at, fill in fills.items():
            out = out.set_column(at, out.schema.field(at), self.with_values(self.X.column(at), fill))
        out = out.select(list(kept)) if len(kept) < out.num_columns else out
        for name, mask in added.items():
            out = out.append_column(name, self.pyarrow.array(mask))
        return out

    def with_values(self, column: Any, fill: Filling) -> Any:
        types = self.pyarrow.types
        if types.is_dictionary(column.type):
            return self.in_dictionary(column, fill)
        values: Any = fill.values
        if types.is_integer(column.type):
            range_ = np.iinfo(column.type.to_pandas_dtype())
            values = whole(values, range_.min, range_.max)
        new = self.spread(len(column), fill.rows, self.pyarrow.array(values))
        # A number of a decimal column, or with fewer bits, is rounded.
        new = new.cast(column.type, safe=False)
        mask = np.zeros(len(column), dtype=bool)
        mask[fill.rows] = True
        return self.pyarrow.compute.if_else(self.pyarrow.array(mask), new, column)

    def spread(self, n: int, rows: NDArray[np.intp], values: Any) -> Any:
        """An array of `n` rows with these values, elsewhere null."""
        places = np.zeros(n, dtype=np.int64)
        places[rows] = np.arange(len(rows))
        mask = np.ones(n, dtype=bool)
        mask[rows] = False
        return values.take(self.pyarrow.array(places, mask=mask))

    def in_dictionary(self, column: Any, fill: Filling) -> Any:
        """A column with a dictionary, whose entries stay in their order; new ones come at its end."""
        chunks = column.unify_dictionaries().combine_chunks()
        array = chunks.chunk(0) if isinstance(chunks, self.pyarrow.ChunkedArray) else chunks
        entries = array.dictionary.to_pylist()
        places = {value: at for at, value in enumerate(entries)}
        new = [value for value in dict.fromkeys(fill.values) if value not in places]
        places |= {value: len(entries) + at for at, value in enumerate(new)}
        indices = np.asarray(array.indices.fill_null(0).to_numpy(zero_copy_only=False)).astype(np.int64)
        mask = np.asarray(array.indices.is_null().to_numpy(zero_copy_only=False)).copy()
        indices[fill.rows] = [places[value] for value in fill.values]
        mask[fill.rows] = False
        kind = column.type
        return self.pyarrow.DictionaryArray.from_arrays(
            self.pyarrow.array(indices, mask=mask).cast(kind.index_type),
            self.pyarrow.array(entries + new, type=kind.value_type),
            ordered=kind.ordered,
        )


def is_of(X: Any, module: str, name: str) -> bool:
    """Whether X is an object of a class of a module, which is not imported for that."""
    return module in sys.modules and isinstance(X, getattr(sys.modules[module], name, ()))


def framed(X: Any) -> Table | None:
    """A frame; None if X is none."""
    if is_of(X, "polars", "LazyFrame"):
        X = X.collect()
    if is_of(X, "pandas", "DataFrame"):
        return OfPandas(X)
    if is_of(X, "polars", "DataFrame"):
        return OfPolars(X)
    if is_of(X, "pyarrow", "RecordBatch"):
        X = sys.modules["pyarrow"].table(X)
    if not is_of(X, "pyarrow", "Table"):
        X = _samples._of_arrow(X)
    return OfArrow(X) if is_of(X, "pyarrow", "Table") else None


def of_texts(X: Any) -> Any:
    """Lists that hold strings as an array of objects; NumPy would make strings of the numbers beside them."""
    if isinstance(X, (list, tuple)) and np.asarray(X).dtype.kind == "U":
        return np.asarray(X, dtype=object)
    return X


def opened(X: Any, estimator: Any = None, reset: bool = False) -> Table:
    """A table, whose size and names an estimator checks like scikit-learn's."""
    frame: Any = framed(X)
    if frame is None:
        array = of_texts(X)
        if getattr(array, "dtype", None) is not None and getattr(array.dtype, "names", None):
            raise TypeError("X: is a structured array; give a frame, such as pandas.DataFrame(X)")
        options: dict[str, Any] = {"dtype": None, "ensure_all_finite": "allow-nan"}
        if estimator is None:
            return OfArray(check_array(array, input_name="X", **options))
        return OfArray(validate_data(estimator, array, reset=reset, **options))
    for at, name in enumerate(frame.names):
        first = frame.names.index(name)
        if first < at:
            raise ValueError(f"X: columns {first + 1} and {at + 1} are both named {name!r}; rename one")
    if estimator is not None:
        validate_data(estimator, frame.X, reset=reset, skip_check_array=True)
    if not frame.names:
        raise ValueError(f"X: Found array with 0 feature(s) (shape=({frame.n_rows}, 0)) while a minimum of 1 is required.")
    if frame.n_rows == 0:
        raise ValueError(f"X: Found array with 0 sample(s) (shape=(0, {len(frame.names)})) while a minimum of 1 is required.")
    return frame


def in_container(table: Any, estimator: Any) -> Any:
    """A filled table in the container that `set_output` asks for, if scikit-learn cannot make it of this table."""
    wanted = getattr(estimator, "_sklearn_output_config", {}).get("transform", get_config()["transform_output"])
    kind = type(table).__module__.split(".")[0]
    if wanted == "pandas" and kind in ("polars", "pyarrow"):
        return table.to_pandas()
    if wanted == "polars" and kind == "pandas":
        import polars

        return polars.from_pandas(table)
    if wanted == "polars" and kind == "pyarrow":
        import polars

        return polars.from_arrow(table)
    return table
