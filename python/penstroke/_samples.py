"""Whatever holds samples, as the compiled library takes it: nothing is copied that lies in order already."""

import numpy as np
import scipy.sparse
from sklearn.utils.validation import validate_data


def of_arrow(X):
    """A table of Arrow where only the protocol says that there is one; anything else as it is."""
    if hasattr(X, "__arrow_c_stream__") and not hasattr(X, "__array__"):
        try:
            import pyarrow
        except ImportError:
            raise TypeError("X: Arrow data are read by pyarrow; pip install pyarrow") from None
        return pyarrow.table(X)
    return X


def validated(estimator, X, reset):
    """Rows for the library: float32 or uint8 `(n, d)` in C order, or the parts of a sparse matrix."""
    X = validate_data(
        estimator, of_arrow(X), reset=reset, dtype=[np.float32, np.uint8], order="C", accept_sparse="csr"
    )
    return rows(X)


def rows(X):
    """The same of an array or a sparse matrix that is known to be right."""
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


def n_rows(rows):
    """How many samples those are."""
    return len(rows[0]) - 1 if isinstance(rows, tuple) else len(rows)


def some(rows, start, stop):
    """The values of a few of them as floats, bytes as shares of 255."""
    if isinstance(rows, tuple):
        starts, columns, values, d = rows
        return scipy.sparse.csr_array((values, columns, starts), shape=(len(starts) - 1, d))[start:stop].toarray()
    return rows[start:stop].astype(np.float32) / 255 if rows.dtype == np.uint8 else rows[start:stop]
