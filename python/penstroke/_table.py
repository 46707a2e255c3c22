"""What all estimators of tables share: how they read a table, take a compiled model, and write it to a file."""

import json
from typing import Any, ClassVar, NamedTuple, Self, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from penstroke import _columns, _frames, _imputing, _parameters, _paths
from penstroke._base import is_learned
from penstroke._columns import Column, Given
from penstroke._frames import Table
from penstroke._samples import Arrow, warn

# What users pass as tables.
TableLike: TypeAlias = ArrayLike | Arrow


class Learned(NamedTuple):
    """A table to learn from, its columns, and the names and the cells of those with values as the library takes them."""

    table: Table
    columns: list[Column]
    given: tuple[list[str], list[Given]]


class Opened(NamedTuple):
    """A table to apply a model to, its columns, and the learned ones as the library takes them."""

    table: Table
    columns: list[Column]
    given: list[Given]


class TableEstimator(BaseEstimator):
    """An estimator that learns from the columns of a table."""

    # The compiled class, and what messages call it.
    _Model: ClassVar[Any]
    _CALLED: ClassVar[str]

    _model: Any
    schema_: list[dict[str, Any]]
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    # Parameters of every estimator of tables.
    categorical_features: Any
    missing_values: Any
    n_jobs: int | None
    # Indices of the columns that were learned.
    _learned: list[int]
    # For each learned column the values of its categories, by their names.
    _values: list[dict[str, Any]]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_model")

    def save(self, path: _paths.Path) -> None:
        """Write a model file, which the command line can read too.

        It holds what was learned and the parameters of training. It holds neither columns without any value, nor other parameters,
        such as `missing_values`, nor the types of categories: if all names of a column's categories are numbers, or True and False,
        they are read as such. Pickle keeps everything.

        Parameters
        ----------
        path : str or path-like
            Name of the file, usually with the extension ``.safetensors``.

        Raises
        ------
        NotFittedError
            Before :meth:`fit`.
        OSError
            If the file cannot be written.
        """
        check_is_fitted(self)
        self._model.save(_paths.writable(path))

    @classmethod
    def load(cls, path: _paths.Path) -> Self:
        """Read a model file.

        Parameters
        ----------
        path : str or path-like
            A file written by :meth:`save` or by the command line.

        Returns
        -------
        estimator : object
            A fitted estimator of this class with the parameters in the file.

        Raises
        ------
        OSError
            If the file cannot be read.
        ValueError
            If it is not a model file, or holds another kind of model.
        """
        name = _paths.readable(path)
        model = cls._Model.load(name)
        if model is None:
            raise ValueError(f"{name}: does not hold {cls._CALLED}; read it with penstroke.load")
        return cls._of(model)

    @classmethod
    def _of(cls, model: Any) -> Self:
        about = json.loads(model.about())
        estimator = cls(**cls._of_config(about["config"]))
        columns = about["schema"]["columns"]
        names = [column["name"] for column in columns]
        estimator.n_features_in_ = len(names)
        if names != [f"x{at}" for at in range(len(names))]:
            estimator.feature_names_in_ = np.array(names, dtype=object)
        estimator._learned = list(range(len(names)))
        estimator._values = [_columns.values_in_file(column.get("categories", [])) for column in columns]
        return estimator._take(model)

    @classmethod
    def _of_config(cls, config: dict[str, Any]) -> dict[str, Any]:
        """The parameters that give the configuration of a model file."""
        raise NotImplementedError

    def _take(self, model: Any) -> Self:
        """Take the learned attributes from a compiled model."""
        about = json.loads(model.about())
        self._model, self.schema_ = model, about["schema"]["columns"]
        self._take_more(about)
        return self

    def _take_more(self, about: dict[str, Any]) -> None:
        """Take the attributes that only this kind of estimator has."""

    def _forget(self) -> list[Any]:
        """Forget what was learned; return the values that stand for missing cells."""
        for name in [name for name in vars(self) if is_learned(name)]:
            delattr(self, name)
        return _imputing.markers(self.missing_values)

    def _read(self, X: Any, markers: list[Any], consequence: str) -> Learned:
        """A table to learn from, which has enough rows; few have a `consequence`."""
        table = _frames.opened(X, self, reset=True)
        _imputing.check_size(table, consequence)
        columns = [_columns.without(table.column(at), markers) for at in range(len(table.names))]
        for at in _imputing.categorical(self.categorical_features, table.names):
            columns[at] = _columns.as_categories(columns[at])
        self._learned = [at for at, column in enumerate(columns) if _columns.observed(column).any()]
        if not self._learned:
            raise ValueError("X: all its columns hold only missing values, so nothing can be learned")
        self._values = [_columns.values_of(columns[at]) for at in self._learned]
        given = ([table.names[at] for at in self._learned], [_columns.given(columns[at]) for at in self._learned])
        return Learned(table, columns, given)

    def _tell_empty(self, names: list[str]) -> None:
        """Warn of columns without any value."""
        empty = [name for at, name in enumerate(names) if at not in self._learned]
        if empty:
            warn(f"X: without any value and left out: {', '.join(empty[:20])}")

    def _opened(self, X: Any) -> Opened:
        """A table to apply the model to."""
        markers = _imputing.markers(self.missing_values)
        table = _frames.opened(X, self)
        columns = [_columns.without(table.column(at), markers) for at in range(len(table.names))]
        given = [
            _columns.like(table.names[at], columns[at], schema)
            for at, schema in zip(self._learned, self.schema_, strict=True)
        ]
        return Opened(table, columns, given)

    def _categories(self, k: int) -> list[Any]:
        """The values of the categories of a learned column."""
        return [self._values[k].get(name, name) for name in self.schema_[k].get("categories", [])]

    def _threads(self) -> int:
        return _parameters.threads(self.n_jobs)

    @staticmethod
    def _tell_unseen(warnings: list[str]) -> None:
        """Warn of categories that are new."""
        if warnings:
            warn(f"X: {'; '.join(warnings)}")
