"""Conversion of array-likes, frames and sparse matrices for the compiled library, with as few copies as possible."""

import numbers
import sys
import warnings
from typing import Any, Protocol, TypeAlias

import numpy as np
import scipy.sparse
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import assert_all_finite, check_array, validate_data

from penstroke import _penstroke


class Sparse(Protocol):
    """A sparse matrix or array of SciPy."""

    def tocsr(self, *args: Any, **kwargs: Any) -> Any: ...


class Arrow(Protocol):
    """An object with Arrow's PyCapsule interface."""

    def __arrow_c_stream__(self, *args: Any, **kwargs: Any) -> object: ...


# What users pass as samples.
SamplesLike: TypeAlias = ArrayLike | Sparse | Arrow

# The form for the library: an array `(n, d)` in C order, or the parts of a CSR matrix and `d`.
Samples: TypeAlias = (
    NDArray[np.float32] | NDArray[np.uint8] | tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32], int]
)

FLOAT32 = np.dtype(np.float32)

# Types of numbers that single precision cannot hold exactly.
WIDE = [np.float64, np.int64, np.uint64, np.int32, np.uint32]


# How the types of dates, times and durations begin in NumPy, pandas, polars and pyarrow.
DATES = ("date", "time", "duration", "Date", "Time", "Duration")
# How the types of lists and records begin in polars and pyarrow; pandas keeps them as objects.
LISTS = ("List", "Array", "list", "large_list", "fixed_size_list", "struct", "Struct", "map", "object")


def of_arrow(X: Any, name: str = "X") -> Any:
    """Arrow data as a pyarrow table, a lazy frame of polars collected, and frames with a column for each element of lists;
    anything else unchanged."""
    if type(X).__name__ == "LazyFrame" and type(X).__module__.split(".")[0] == "polars":
        X = X.collect()
    X = _of_arrow(X)
    if hasattr(X, "__arrow_c_stream__"):
        types = _column_types(X)
        for column, kind in types:
            if kind.startswith(DATES):
                raise ValueError(f"{name}: column {column!r} holds {kind}, not numbers; convert it to numbers, such as seconds, or leave it out")
        if any(kind.startswith(LISTS) for _, kind in types):
            return _without_lists(X)
    if getattr(getattr(X, "dtype", None), "kind", "") in ("m", "M"):
        raise ValueError(f"{name}: holds {X.dtype}, not numbers; convert it to numbers, such as seconds")
    return X


def _column_types(X: Any) -> list[tuple[str, str]]:
    """The name and the type of each column of a frame or table; none of a series."""
    schema = getattr(X, "schema", None)
    if schema is not None and hasattr(schema, "types"):
        return [(name, str(kind)) for name, kind in zip(schema.names, schema.types, strict=True)]
    columns = getattr(X, "columns", None)
    if columns is None:
        return []
    return [(str(name), str(kind)) for name, kind in zip(columns, X.dtypes, strict=False)]


def _without_lists(X: Any) -> Any:
    """A frame as a table whose lists of equal length, of any depth, are columns `name[0]`, `name[1]` and so on."""
    try:
        import pyarrow
    except ImportError:
        return X
    try:
        table = X if isinstance(X, pyarrow.Table) else pyarrow.table(X)
    except (pyarrow.ArrowException, TypeError):
        # Objects that Arrow does not know; scikit-learn says what is wrong with them.
        return X
    columns: dict[str, Any] = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if not pyarrow.types.is_nested(column.type):
            columns[name] = column
            continue
        values = _elements(pyarrow, name, column.combine_chunks())
        columns |= {f"{name}[{k}]": values[:, k] for k in range(values.shape[1])}
    changed = len(columns) != table.num_columns or list(columns) != table.column_names
    return pyarrow.table(columns) if changed else X


def _elements(pyarrow: Any, name: str, lists: Any) -> NDArray[Any]:
    """The elements of lists of lists, `(n, k)`; NaN where a list is null."""
    if isinstance(lists, pyarrow.ChunkedArray):
        lists = lists.chunk(0) if lists.num_chunks == 1 else pyarrow.concat_arrays(lists.chunks)
    if not pyarrow.types.is_nested(lists.type):
        return np.asarray(lists.to_numpy(zero_copy_only=False)).reshape(-1, 1)
    if not hasattr(lists, "flatten") or pyarrow.types.is_struct(lists.type):
        raise ValueError(f"X: column {name!r} holds {lists.type}, not numbers; leave it out")
    lengths = np.unique(lists.drop_null().value_lengths())
    if len(lengths) != 1 or lengths[0] == 0:
        raise ValueError(f"X: column {name!r} holds lists of different lengths, or empty ones; all need one length")
    inside = _elements(pyarrow, name, lists.flatten()).reshape(len(lists) - lists.null_count, -1)
    if not lists.null_count:
        return inside
    out = np.full((len(lists), inside.shape[1]), np.nan)
    out[np.asarray(lists.is_valid())] = inside
    return out


def _of_arrow(X: Any) -> Any:
    """Arrow data as a pyarrow table; anything else unchanged."""
    stream, array = hasattr(X, "__arrow_c_stream__"), hasattr(X, "__arrow_c_array__")
    # scikit-learn reads data frames. A record batch is also an array, but only a table keeps its column names.
    batch = array and hasattr(X, "schema")
    if (stream or array) and (batch or not hasattr(X, "__array__")):
        try:
            import pyarrow
        except ImportError:
            raise TypeError("X: reading Arrow data needs pyarrow; pip install pyarrow") from None
        return pyarrow.table(X)
    return X


def validated(estimator: Any, X: Any, reset: bool) -> Samples:
    """Samples for an estimator, checked by scikit-learn."""
    X = of_arrow(X)
    checked = validate_data(estimator, X, reset=reset, dtype=types(X), order="C", accept_sparse="csr")
    names = getattr(estimator, "feature_names_in_", None)
    if reset:
        warn_of_row_numbers(checked, names)
    return rows(narrowed(checked, names))


def is_plain(X: Any) -> bool:
    """Whether X is an array that the library takes as it is, if its values are finite and their number is right."""
    if type(X) is not np.ndarray or X.dtype != FLOAT32 or X.ndim != 2:
        return False
    flags = X.flags
    return flags.c_contiguous and flags.aligned


def valid(X: Any) -> Samples:
    """Samples for a function, checked by scikit-learn."""
    X = of_arrow(X)
    return rows(narrowed(check_array(X, dtype=types(X), order="C", accept_sparse="csr"), None))


def types(X: Any) -> list[Any]:
    """The types that need no conversion here. uint8 means pixels in an array only: in a frame it may be any small integer."""
    # Checks the class, because an attribute of a frame may be a column.
    bytes_ = [np.uint8] if scipy.sparse.issparse(X) or hasattr(type(X), "dtype") else []
    return [np.float32, *bytes_, *WIDE]


def narrowed(X: Any, names: Any) -> Any:
    """`X` in single precision, unless it is of bytes, with a warning if different values become equal by that."""
    if X.dtype not in WIDE:
        return X
    if not scipy.sparse.issparse(X):
        _penstroke.warn_of_narrowing(X.astype(np.float64, order="C", copy=False), None if names is None else list(names))
    with np.errstate(over="ignore"):
        floats = X.astype(np.float32)
    assert_all_finite(floats.data if scipy.sparse.issparse(X) else floats, input_name="X")
    return floats


def warn_of_row_numbers(X: Any, names: NDArray[np.object_] | None) -> None:
    """Warn if the first column of a frame has no name and counts the rows, as a frame does that was read with its index."""
    if names is None or names[0] not in ("", "Unnamed: 0") or X.shape[1] == 1 or scipy.sparse.issparse(X):
        return
    first = X[:, 0]
    if first[0] in (0, 1) and np.array_equal(first, first[0] + np.arange(len(first), dtype=first.dtype)):
        warn(
            f"X: the first column, {names[0]!r}, counts the rows and is used as a value; leave it out, for example with "
            "index_col=0 in pandas.read_csv"
        )


def rows(X: Any) -> Samples:
    """A checked array or sparse matrix in the form for the library."""
    if not scipy.sparse.issparse(X):
        return np.require(X, requirements=["C", "A"])
    values = X.data
    if values.dtype == np.uint8:
        if values.size and values.max() == 1:
            warn("X: uint8 is read as value / 255, but all values are 0 or 1; give them as float32 or bool")
        values = values.astype(np.float32) / 255
    return (
        np.ascontiguousarray(X.indptr, dtype=np.int64),
        np.ascontiguousarray(X.indices, dtype=np.int32),
        np.ascontiguousarray(values, dtype=np.float32),
        X.shape[1],
    )


def weights(sample_weight: Any, n: int) -> NDArray[np.float32] | None:
    """Weights of samples divided by the greatest, because only ratios matter; None if all are alike."""
    if sample_weight is None or isinstance(sample_weight, numbers.Number):
        return None
    values = check_array(
        of_arrow(sample_weight, "sample_weight"), dtype=np.float64, order="C", ensure_2d=False, input_name="sample_weight"
    )
    if values.ndim != 1:
        raise ValueError(f"sample_weight: has {values.ndim} dimensions; Sample weights must be 1D array or scalar")
    if values.shape != (n,):
        raise ValueError(f"sample_weight.shape == {values.shape}, expected {(n,)}: give one weight per sample")
    if (values < 0).any():
        at = int(np.argmax(values < 0))
        raise ValueError(f"sample_weight: weight {at} (from 0) is {values[at]}, not a number of at least 0")
    if not values.any():
        raise ValueError("sample_weight: all weights are zero; at least one above 0 is needed")
    return (values / values.max()).astype(np.float32)


def n_rows(rows: Samples) -> int:
    """Number of samples."""
    return len(rows[0]) - 1 if isinstance(rows, tuple) else len(rows)


def some(rows: Samples, start: int, stop: int) -> NDArray[np.float32]:
    """The samples from `start` to `stop` as floats; bytes are divided by 255."""
    if isinstance(rows, tuple):
        starts, columns, values, d = rows
        return scipy.sparse.csr_array((values, columns, starts), shape=(len(starts) - 1, d))[start:stop].toarray()
    floats = rows[start:stop].astype(np.float32, copy=False)
    return floats / np.float32(255) if rows.dtype == np.uint8 else floats


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the line that called this package, directly or through scikit-learn's wrappers."""
    frame, level = sys._getframe(1), 2
    while frame.f_back and frame.f_globals.get("__name__", "").split(".")[0] in ("penstroke", "sklearn"):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)
