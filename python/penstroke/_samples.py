"""Whatever holds samples, as the compiled library takes it: nothing is copied that lies in order already."""

import sys
import warnings
from typing import Any, Protocol, TypeAlias

import numpy as np
import scipy.sparse
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_array, validate_data


class Sparse(Protocol):
    """What SciPy's sparse matrices and arrays have in common."""

    def tocsr(self, *args: Any, **kwargs: Any) -> Any: ...


class Arrow(Protocol):
    """What speaks Arrow's protocol."""

    def __arrow_c_stream__(self, *args: Any, **kwargs: Any) -> object: ...


# What people hold samples in.
SamplesLike: TypeAlias = ArrayLike | Sparse | Arrow

# What the library takes: an array `(n, d)` in C order, or the parts of a compressed sparse matrix and `d`.
Samples: TypeAlias = (
    NDArray[np.float32] | NDArray[np.uint8] | tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32], int]
)


def of_arrow(X: Any) -> Any:
    """A table of Arrow where its protocol says that there is one; anything else as it is."""
    stream, array = hasattr(X, "__arrow_c_stream__"), hasattr(X, "__arrow_c_array__")
    # Frames are read by scikit-learn. A batch of records is an array too, but its names are seen in a table alone.
    batch = array and hasattr(X, "schema")
    if (stream or array) and (batch or not hasattr(X, "__array__")):
        try:
            import pyarrow
        except ImportError:
            raise TypeError("X: Arrow data are read by pyarrow; pip install pyarrow") from None
        return pyarrow.table(X)
    return X


def validated(estimator: Any, X: Any, reset: bool) -> Samples:
    """Rows for the library: float32 or uint8 `(n, d)` in C order, or the parts of a sparse matrix."""
    X = of_arrow(X)
    return rows(
        told_of_bits(validate_data(estimator, X, reset=reset, dtype=types(X), order="C", accept_sparse="csr"))
    )


def valid(X: Any) -> Samples:
    """The same of samples that belong to no estimator."""
    X = of_arrow(X)
    return rows(told_of_bits(check_array(X, dtype=types(X), order="C", accept_sparse="csr")))


def types(X: Any) -> list[type]:
    """What values may stay as. Only in an array are bytes a picture's; columns of a frame are of any small numbers."""
    # Of a frame, an attribute may be a column.
    return [np.float32, np.uint8] if scipy.sparse.issparse(X) or hasattr(type(X), "dtype") else [np.float32]


def told_of_bits(X: Any) -> Any:
    """As it is, with a warning if it holds bytes that are hardly shares of 255."""
    if X.dtype == np.uint8 and X.max() == 1:
        warn("X: uint8 is read as value / 255, and these values are 0 and 1; pass X.astype('float32') if they mean that")
    return X


def rows(X: Any) -> Samples:
    """An array or a sparse matrix that is known to be right, as the library takes it."""
    if not scipy.sparse.issparse(X):
        return np.require(X, requirements=["C", "A"])
    values = X.data
    if values.dtype == np.uint8:
        values = values.astype(np.float32) / 255
    return (
        np.ascontiguousarray(X.indptr, dtype=np.int64),
        np.ascontiguousarray(X.indices, dtype=np.int32),
        np.ascontiguousarray(values, dtype=np.float32),
        X.shape[1],
    )


def n_rows(rows: Samples) -> int:
    """How many samples those are."""
    return len(rows[0]) - 1 if isinstance(rows, tuple) else len(rows)


def some(rows: Samples, start: int, stop: int) -> NDArray[np.float32]:
    """The values of a few of them as floats, bytes as shares of 255."""
    if isinstance(rows, tuple):
        starts, columns, values, d = rows
        return scipy.sparse.csr_array((values, columns, starts), shape=(len(starts) - 1, d))[start:stop].toarray()
    floats = rows[start:stop].astype(np.float32, copy=False)
    return floats / np.float32(255) if rows.dtype == np.uint8 else floats


def warn(message: str) -> None:
    """A warning at the line that called this package, wherever in it, or in scikit-learn's wrappers, that was."""
    frame, level = sys._getframe(1), 2
    while frame.f_back and frame.f_globals.get("__name__", "").split(".")[0] in ("penstroke", "sklearn"):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, stacklevel=level)
