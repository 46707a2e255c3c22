"""The fitted attributes of an imputer, and its file."""

import json
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from penstroke import _columns, _paths
from penstroke._imputing import NAMES
from penstroke._penstroke import Imputer


class StoredImputer(BaseEstimator):
    """An imputer that is written to a file and read from one."""

    _model: Imputer
    schema_: list[dict[str, Any]]
    error_: list[dict[str, Any]]
    history_: list[dict[str, Any]]
    n_features_in_: int
    feature_names_in_: NDArray[Any]
    # Indices of the columns that were learned, are in the result, and get an indicator.
    _learned: list[int]
    _kept: list[int]
    _indicated: list[int]
    # For each learned column the values of its categories, by their names.
    _values: list[dict[str, Any]]

    def save(self, path: _paths.Path) -> None:
        """Write a model file, which the command line can read too.

        It holds neither columns without any value, nor `add_indicator` and `missing_values`, nor the types of categories: if all
        names of a column's categories are numbers, or True and False, they are read as such. Pickle keeps everything.

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

    def to_onnx(self, path: _paths.Path) -> None:
        """Write an ONNX file for other programs to run.

        Each learned column is an input and an output of shape (n, 1), the output under its name after ``filled_``: numbers as
        float64, NaN where missing, and categories as strings, empty where missing. It fills as :meth:`transform` does, before
        numbers are converted to the dtype of their column. A JSON list ``columns`` in the metadata describes the columns.

        Parameters
        ----------
        path : str or path-like
            Name of the file.

        Raises
        ------
        NotFittedError
            Before :meth:`fit`.
        OSError
            If the file cannot be written.
        """
        check_is_fitted(self)
        self._model.to_onnx(_paths.writable(path))

    @classmethod
    def load(cls, path: _paths.Path) -> Self:
        """Read a model file.

        Parameters
        ----------
        path : str or path-like
            A file written by :meth:`save` or by the command line.

        Returns
        -------
        imputer : TableImputer
            A fitted imputer with the parameters in the file.

        Raises
        ------
        OSError
            If the file cannot be read.
        ValueError
            If it is not a model file, or holds another kind of model.
        """
        name = _paths.readable(path)
        imputer = Imputer.load(name)
        if imputer is None:
            raise ValueError(f"{name}: does not hold an imputer; read it with penstroke.load")
        return cls._of(imputer)

    @classmethod
    def _of(cls, imputer: Imputer) -> Self:
        about = json.loads(imputer.about())
        config = about["config"]
        has_bootstrap = config.pop("bootstrap")
        parameters = {NAMES[option]: value for option, value in config.items()}
        parameters["n_imputations"] = config["networks"] if has_bootstrap else None
        parameters |= {"bounds": "observed" if parameters["bounds"] else "none", "mask": tuple(parameters["mask"])}
        estimator = cls(**parameters | {"hidden_layer_sizes": tuple(parameters["hidden_layer_sizes"])})
        columns = about["schema"]["columns"]
        estimator.n_features_in_ = len(columns)
        names = [column["name"] for column in columns]
        if names != [f"x{at}" for at in range(len(names))]:
            estimator.feature_names_in_ = np.array(names, dtype=object)
        estimator._learned = estimator._kept = list(range(len(columns)))
        estimator._indicated = []
        estimator._values = [_columns.values_in_file(column.get("categories", [])) for column in columns]
        return estimator._take(imputer)

    def _take(self, imputer: Imputer) -> Self:
        """Take the learned attributes from an imputer."""
        about = json.loads(imputer.about())
        self._model, self.schema_, self.history_ = imputer, about["schema"]["columns"], about["histories"]
        self.error_ = about["errors"]
        return self
