"""The cells of one column of a table: numbers, categories or texts, with gaps."""

import datetime
import numbers
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

# The code of a missing category.
MISSING = 2**32 - 1


class Numbers(NamedTuple):
    """Numbers; NaN where missing."""

    values: NDArray[np.float64]


class Codes(NamedTuple):
    """Codes of values; `MISSING` where missing."""

    codes: NDArray[np.uint32]
    values: Sequence[Any]


class Texts(NamedTuple):
    """Strings; None where missing."""

    values: list[str | None]


Column: TypeAlias = Numbers | Codes | Texts

# A column as the library takes it.
Given: TypeAlias = NDArray[np.float64] | tuple[NDArray[np.uint32], list[str]] | list[str | None]

# Values for the missing cells of a column: its index, the rows, and numbers or the indices of categories.
Filled: TypeAlias = tuple[int, NDArray[np.uint64], NDArray[Any]]

DATES = (datetime.date, datetime.time, datetime.timedelta, np.datetime64, np.timedelta64)


def refuse_dates(name: str, kind: object) -> None:
    """Raise the error that a column holds dates."""
    raise ValueError(f"X: column {name!r} holds {kind}; convert it to numbers, such as days since the first, or leave it out")


def is_missing(value: Any) -> bool:
    """Whether a Python object stands for a missing value: None, NaN or pandas' NA."""
    # Most objects are strings, and the other checks are slow.
    if type(value) is str:
        return False
    return value is None or type(value).__name__ == "NAType" or bool(is_number(value) and value != value)


def is_number(value: Any) -> bool:
    """Whether a Python object is a number, which True and False are not."""
    return isinstance(value, numbers.Number) and not isinstance(value, (bool, np.bool_))


def label(value: Any) -> str:
    """The name of a value as a category. Equal numbers have equal names, whatever their type."""
    if isinstance(value, str):
        return str(value)
    if is_number(value):
        number = float(value)
        return str(int(value)) if number.is_integer() else repr(number)
    return str(value)


def of_objects(name: str, values: Iterable[Any]) -> Column:
    """A column of Python objects: numbers if all are numbers, texts if all are strings, otherwise categories."""
    cells = [None if is_missing(value) else value for value in values]
    kinds = {type(value) for value in cells} - {type(None)}
    for kind in kinds:
        if issubclass(kind, DATES) or kind.__name__ == "NaTType":
            refuse_dates(name, kind.__name__)
        if issubclass(kind, (dict, list, set, np.ndarray)):
            # In the words of scikit-learn.
            raise TypeError(f"X: column {name!r} holds a {kind.__name__}; every argument must be a string or a number")
        if issubclass(kind, numbers.Complex) and not issubclass(kind, numbers.Real):
            raise ValueError(f"X: column {name!r} holds complex numbers. Complex data not supported")
    if kinds and all(issubclass(kind, str) for kind in kinds):
        return Texts(cells)
    if all(issubclass(kind, numbers.Number) and not issubclass(kind, (bool, np.bool_)) for kind in kinds):
        return Numbers(np.array([np.nan if value is None else float(value) for value in cells], dtype=np.float64))
    known: dict[str, int] = {}
    distinct: list[Any] = []
    codes = np.full(len(cells), MISSING, dtype=np.uint32)
    for row, value in enumerate(cells):
        if value is None:
            continue
        called = label(value)
        if called not in known:
            known[called] = len(distinct)
            distinct.append(value)
        codes[row] = known[called]
    return Codes(codes, distinct)


def of_array(name: str, values: NDArray[Any]) -> Column:
    """A column of an array."""
    kind = values.dtype.kind
    if kind in "fiu":
        return Numbers(values.astype(np.float64))
    if kind in "mM":
        refuse_dates(name, values.dtype)
    if kind == "b":
        return Codes(values.astype(np.uint32), [False, True])
    if kind == "U":
        return Texts(values.tolist())
    if kind in "OT":
        return of_objects(name, values.tolist())
    raise TypeError(f"X: column {name!r} holds {values.dtype}; every argument must be a string or a number")


def without(column: Column, markers: Sequence[Any]) -> Column:
    """A column whose cells that equal a marker are missing."""
    figures = [float(marker) for marker in markers if is_number(marker)]
    named = {label(marker) for marker in markers}
    if not named:
        return column
    if isinstance(column, Numbers):
        found = np.isin(column.values, figures)
        return Numbers(np.where(found, np.nan, column.values)) if found.any() else column
    if isinstance(column, Texts):
        return Texts([None if text in named else text for text in column.values])
    marked = [code for code, value in enumerate(column.values) if label(value) in named]
    codes = np.where(np.isin(column.codes, marked), np.uint32(MISSING), column.codes).astype(np.uint32)
    return Codes(codes, column.values)


def as_categories(column: Column) -> Column:
    """A column whose numbers are categories."""
    if not isinstance(column, Numbers):
        return column
    observed = ~np.isnan(column.values)
    distinct, codes = np.unique(column.values[observed], return_inverse=True)
    all_codes = np.full(len(column.values), MISSING, dtype=np.uint32)
    all_codes[observed] = codes
    return Codes(all_codes, distinct.tolist())


def observed(column: Column) -> NDArray[np.bool_]:
    """Which cells are not missing."""
    if isinstance(column, Numbers):
        return ~np.isnan(column.values)
    if isinstance(column, Texts):
        return np.array([text is not None for text in column.values], dtype=bool)
    return column.codes != MISSING


def value(column: Column, row: int) -> Any:
    """What an observed cell holds."""
    if isinstance(column, Numbers):
        return float(column.values[row])
    return column.values[row] if isinstance(column, Texts) else column.values[column.codes[row]]


def given(column: Column) -> Given:
    """A column as the library takes it, without categories that no cell has."""
    if isinstance(column, Numbers):
        return np.ascontiguousarray(column.values)
    if isinstance(column, Texts):
        return column.values
    codes = np.full(len(column.codes), MISSING, dtype=np.uint32)
    known = column.codes != MISSING
    used, codes[known] = np.unique(column.codes[known], return_inverse=True)
    return codes, [label(column.values[code]) for code in used]


def like(name: str, column: Column, schema: dict[str, Any]) -> Given:
    """A column as the library takes it for an imputer that learned numbers or categories from it, or nothing."""
    if schema["kind"] in ("ignore", "id"):
        return np.full(len(observed(column)), np.nan)
    if schema.get("categories"):
        return given(as_categories(column))
    if isinstance(column, Numbers):
        return np.ascontiguousarray(column.values)
    rows = np.flatnonzero(observed(column))
    if len(rows) == 0:
        return np.full(len(observed(column)), np.nan)
    row = int(rows[0])
    raise ValueError(f"X: column {name!r} holds {value(column, row)!r} in row {row} (from 0), and it held numbers in fit")


def values_of(column: Column) -> dict[str, Any]:
    """The value of each category, by its name; strings are their own names."""
    return {label(value): value for value in column.values} if isinstance(column, Codes) else {}


def values_in_file(categories: Sequence[str]) -> dict[str, Any]:
    """The values of categories that a file knows by their names: booleans or numbers if all names are such, otherwise strings."""
    if set(categories) <= {"False", "True"}:
        return {name: name == "True" for name in categories}
    try:
        values = {name: float(name) for name in categories}
    except ValueError:
        return {}
    if any(label(value) != name for name, value in values.items()):
        return {}
    return {name: int(value) if value.is_integer() else value for name, value in values.items()}
