"""Estimates on several imputed tables, pooled by Rubin's rules."""

import html
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from penstroke import _columns, _frames, _parameters
from penstroke._penstroke import pool_numbers, pool_tables


class PooledTerm(NamedTuple):
    """A pooled estimate.

    Attributes
    ----------
    term : str
        What is estimated.
    estimate : float
        Mean of the estimates on all tables.
    standard_error : float
        Its standard error, within and between the tables.
    degrees_of_freedom : float
        Degrees of freedom of Barnard and Rubin (1999).
    low, high : float
        Ends of the 95 % interval, of Student's t.
    fraction_missing : float
        Fraction of missing information, within 0..1.
    within, between : float
        Variance within the tables, and between them.
    """

    term: str
    estimate: float
    standard_error: float
    degrees_of_freedom: float
    low: float
    high: float
    fraction_missing: float
    within: float
    between: float


HEADER = ("term", "estimate", "std. error", "df", "95 % low", "95 % high", "missing information")


class Pooled(Sequence[PooledTerm]):
    """Pooled estimates: a sequence of :class:`PooledTerm`, also found by the name of the term."""

    def __init__(self, terms: Iterable[PooledTerm]) -> None:
        self.terms = tuple(terms)

    def __len__(self) -> int:
        return len(self.terms)

    def __iter__(self) -> Iterator[PooledTerm]:
        return iter(self.terms)

    def __getitem__(self, which: Any) -> Any:
        if not isinstance(which, str):
            return self.terms[which]
        found = next((term for term in self.terms if term.term == which), None)
        if found is None:
            raise KeyError(f"{which!r} is not a term; the terms are {', '.join(term.term for term in self.terms)}")
        return found

    def frame(self) -> Any:
        """The estimates as a pandas frame, a row for each term."""
        import pandas

        return pandas.DataFrame(list(self.terms), columns=PooledTerm._fields).set_index("term")

    def _rows(self) -> list[tuple[str, ...]]:
        """The cells as text."""
        rows = []
        for term in self.terms:
            numbers = (term.estimate, term.standard_error, term.degrees_of_freedom, term.low, term.high)
            rows.append((term.term, *(f"{number:.4g}" for number in numbers), f"{term.fraction_missing:.1%}"))
        return rows

    def __repr__(self) -> str:
        rows = [HEADER, *self._rows()]
        widths = [max(len(row[k]) for row in rows) for k in range(len(HEADER))]
        lines = ("  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows)
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{name}</th>" for name in HEADER)
        rows = ("".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in self._rows())
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def pool(frames: Iterable[Any], *, ols: str | None = None, mean: str | None = None) -> Pooled:
    """Analyse several completed copies of a table, and pool the estimates by Rubin's rules [1]_.

    Parameters
    ----------
    frames : list of frames or arrays
        At least two completed tables, as :meth:`TableImputer.sample` returns them. The columns of an array are called ``x0``,
        ``x1`` and so on.
    ols : str or None, default=None
        A linear regression by ordinary least squares with an intercept, such as ``"y ~ x1 + x2"``. A category becomes 0 or 1 for
        each of its values but the first. Names that hold ``~``, ``+`` or blanks at an end are written in backquotes.
    mean : str or None, default=None
        The column whose mean is estimated, in place of `ols`.

    Returns
    -------
    pooled : Pooled
        An estimate for each term, with its standard error, degrees of freedom [2]_, 95 % interval and fraction of missing
        information.

    Raises
    ------
    ValueError
        If there are fewer than two tables, a column is not there or has missing cells, or the regression cannot be computed.

    References
    ----------
    .. [1] D. B. Rubin. Multiple Imputation for Nonresponse in Surveys. 1987, section 3.1.
    .. [2] J. Barnard, D. B. Rubin. Small-sample degrees of freedom with multiple imputation. Biometrika 86, 1999, 948-955.

    Examples
    --------
    >>> import numpy as np
    >>> import penstroke
    >>> x = np.linspace(0, 1, 50)
    >>> tables = [np.column_stack([x, 2 * x + shift + 0.1 * np.sin(90 * x)]) for shift in (0.0, 0.1, 0.2)]
    >>> pooled = penstroke.pool(tables, ols="x1 ~ x0")
    >>> pooled
    term         estimate  std. error     df  95 % low  95 % high  missing information
    (intercept)  ...
    x0           ...
    >>> round(pooled["x0"].estimate, 1)
    2.0
    """
    ols, mean = (_parameters.optional(_parameters.word)(name, value) for name, value in (("ols", ols), ("mean", mean)))
    if (ols is None) == (mean is None):
        raise ValueError("pool: give either ols, such as 'y ~ x1 + x2', or mean, the name of a column")
    if _frames.framed(frames) is not None:
        raise TypeError("frames: is one table; give a list of completed tables")
    wanted = ols if ols is not None else mean
    return Pooled(PooledTerm(name, *numbers) for name, numbers in pool_tables([_named(X, wanted or "") for X in frames], ols, mean))


def _named(X: Any, wanted: str) -> tuple[list[str], list[_columns.Given]]:
    """The names and columns of a table, without columns that are not wanted and cannot be read or have no value."""
    table = _frames.opened(X)
    names, given = [], []
    for at, name in enumerate(table.names):
        try:
            column = table.column(at)
        except (TypeError, ValueError):
            if name in wanted:
                raise
            continue
        if _columns.observed(column).any():
            # Texts that all differ would be left out.
            names.append(name)
            given.append(_columns.given(column))
    return names, given


def pool_estimates(
    estimates: ArrayLike,
    variances: ArrayLike,
    *,
    n: int | None = None,
    degrees_of_freedom: float | None = None,
    names: Sequence[str] | None = None,
) -> Pooled:
    """Pool the estimates of any model on several imputed tables by Rubin's rules.

    Parameters
    ----------
    estimates : array-like of shape (m,) or (m, k)
        The estimates on each of m tables: one number, or k, such as the coefficients of a model.
    variances : array-like of the same shape
        Their squared standard errors.
    n : int or None, default=None
        Number of rows of a table. An analysis of a complete table has `n` - k degrees of freedom. Without it, it has infinitely many.
    degrees_of_freedom : float or None, default=None
        Degrees of freedom of the analysis of a complete table, in place of `n`.
    names : list of str or None, default=None
        Names of the k estimates.

    Returns
    -------
    pooled : Pooled
        See :func:`pool`.

    Examples
    --------
    >>> import penstroke
    >>> penstroke.pool_estimates([1.0, 2.0, 3.0], [0.5, 0.5, 0.5], n=21)[0].estimate
    2.0
    """
    given = [np.asarray(values, dtype=np.float64) for values in (estimates, variances)]
    shapes = [values.shape for values in given]
    if shapes[0] != shapes[1] or given[0].ndim not in (1, 2):
        raise ValueError(f"variances: have the shape {shapes[1]}, and estimates {shapes[0]}; both must be (m,) or (m, k)")
    columns = [values.reshape(len(values), -1) for values in given]
    k = columns[0].shape[1]
    if n is not None and degrees_of_freedom is not None:
        raise ValueError("pool_estimates: give n or degrees_of_freedom, not both")
    if n is not None:
        complete = float(_parameters.integer("n", n, k + 1) - k)
    else:
        complete = np.inf if degrees_of_freedom is None else float(degrees_of_freedom)
    called = [f"estimate {j}" for j in range(k)] if names is None else list(names)
    if len(called) != k:
        raise ValueError(f"names: {len(called)} for {k} estimates")
    terms = zip(called, columns[0].T, columns[1].T, strict=True)
    return Pooled(PooledTerm(name, *pool_numbers(q.tolist(), u.tolist(), complete)) for name, q, u in terms)
