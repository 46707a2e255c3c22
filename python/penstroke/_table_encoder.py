"""The encoder of tables."""

import json
from collections.abc import Sequence
from typing import Any, Literal, Self, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from penstroke import _columns, _frames, _imputing, _parameters, _paths, _watch
from penstroke._base import is_learned
from penstroke._penstroke import TableEncoder as Encoder
from penstroke._samples import Arrow, warn
from penstroke._watch import Callbacks

# What users pass as tables.
TableLike: TypeAlias = ArrayLike | Arrow

# The parameters behind the options of the library, for errors.
NAMES = {
    "hidden": "hidden_layer_sizes", "corruption": "corruption", "dropout": "dropout", "learning_rate": "learning_rate",
    "weight_decay": "weight_decay", "epochs": "max_iter", "batch": "batch_size", "seed": "random_state", "output": "output",
}  # fmt: skip

OUTPUTS = ("last", "all")


class TableEncoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Learns features of the rows of a table of numbers and categories, with or without gaps [1]_.

    Each presentation of a row has a share of its cells replaced by those of other rows, and a deep network restores all cells of the
    row. The hidden activations of the clean row are its features: numbers for a linear model, a neural network or neighbours.

    A row is encoded alike alone and among others. Neither the order of the rows, nor that of named columns, nor the number of threads changes
    a value. Labels are not needed; leave them out of `X`.

    Parameters
    ----------
    hidden_layer_sizes : int or tuple of int, default=(256, 256, 256)
        Number of units of each hidden layer.
    output : {"last", "all"}, default="last"
        What :meth:`transform` gives: the last hidden layer, or all hidden layers side by side. It may be changed after :meth:`fit`.
    categorical_features : "from_dtype", array-like of bool, int or str, or None, default="from_dtype"
        The columns of numbers that hold categories: a mask, indices or names. Columns of strings, booleans and categories always
        do, so ``"from_dtype"`` and None name no others.
    missing_values : scalar or list of scalars, default=nan
        Values that stand for missing cells, such as -999 or ``"?"``. NaN, None and the nulls of frames always do.
    corruption : str, default="swap:0.15"
        What happens to cells in training: ``swap:q`` replaces each with probability q by that of another row, ``mask:a..b`` loses
        cells with a probability between a and b, ``copy-mask`` loses the cells that another row lacks. Joined by ``+``.
    dropout : float, default=0.0
        Probability that a hidden unit is dropped in training, at least 0 and below 1.
    learning_rate : float, default=0.001
        Largest learning rate, above 0.
    weight_decay : float, default=0.0
        Weight decay, at least 0.
    max_iter : int or "auto", default="auto"
        Number of epochs; ``"auto"`` takes as many as give 10,000 steps, at most 200.
    batch_size : int or "auto", default="auto"
        Rows per step; ``"auto"`` takes 32, from 5000 rows on 64, and from 20000 on 128.
    callbacks : callable or list of callables, default=None
        Called with an :class:`Event` after each epoch; training stops if one returns True.
    random_state : int, RandomState instance or None, default=None
        Seed for all random numbers.
    n_jobs : int or None, default=None
        Number of threads. None takes ``OMP_NUM_THREADS`` if it is set, and otherwise one per processor, as -1 does.
    verbose : int, default=0
        1 shows a progress bar on standard error, 2 a line for each epoch.

    Attributes
    ----------
    schema_ : list of dict
        What each column holds: its ``name``, ``kind``, ``n_missing``, and ``categories`` or ``range``.
    loss_curve_ : list of float
        Training loss of each epoch: the sum over columns, a column that is always answered by its mean or frequencies counting as 1.
    n_iter_ : int
        Number of finished epochs.
    n_features_in_ : int
        Number of columns seen in :meth:`fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if they have names.

    References
    ----------
    .. [1] M. Jahrer. First place solution of Porto Seguro's Safe Driver Prediction. Kaggle, 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from penstroke import TableEncoder
    >>> X = np.array([[1.5, "red"], [np.nan, "blue"], [2.5, None]] * 20, dtype=object)
    >>> encoder = TableEncoder((16, 8), max_iter=3, random_state=0).fit(X)
    >>> encoder.transform(X).shape
    (60, 8)
    >>> encoder.set_params(output="all").transform(X[:1]).shape
    (1, 24)
    """

    _model: Encoder

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (256, 256, 256),
        *,
        output: str = "last",
        categorical_features: Literal["from_dtype"] | ArrayLike | None = "from_dtype",
        missing_values: Any = np.nan,
        corruption: str = "swap:0.15",
        dropout: float = 0.0,
        learning_rate: float = 0.001,
        weight_decay: float = 0.0,
        max_iter: int | Literal["auto"] = "auto",
        batch_size: int | Literal["auto"] = "auto",
        callbacks: Callbacks = None,
        random_state: _parameters.RandomState = None,
        n_jobs: int | None = None,
        verbose: int = 0,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.output = output
        self.categorical_features = categorical_features
        self.missing_values = missing_values
        self.corruption = corruption
        self.dropout = dropout
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.max_iter = max_iter
        self.batch_size = batch_size
        self.callbacks = callbacks
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_model")

    def fit(self, X: TableLike, y: object = None) -> Self:
        """Train on the observed cells of a table.

        Parameters
        ----------
        X : array-like or frame of shape (n_samples, n_features)
            The table: an array, or a frame of pandas, polars or pyarrow. It needs at least 10 rows; a warning says if there are
            fewer than 20.
        y : ignored

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            If a parameter is out of range, or a column cannot be used, such as one of dates.
        TypeError
            If a parameter or a cell has the wrong type.
        KeyboardInterrupt
            On Ctrl-C.
        """
        for name in [name for name in vars(self) if is_learned(name)]:
            delattr(self, name)
        config, markers = self._config(), _imputing.markers(self.missing_values)
        table = _frames.opened(X, self, reset=True)
        _imputing.check_size(table, "features may be of little use")
        columns = [_columns.without(table.column(at), markers) for at in range(len(table.names))]
        for at in _imputing.categorical(self.categorical_features, table.names):
            columns[at] = _columns.as_categories(columns[at])
        self._learned = [at for at, column in enumerate(columns) if _columns.observed(column).any()]
        if not self._learned:
            raise ValueError("X: all its columns hold only missing values, so nothing can be learned")
        empty = [name for at, name in enumerate(table.names) if at not in self._learned]
        if empty:
            warn(f"X: without any value and left out: {', '.join(empty[:20])}")
        given = ([table.names[at] for at in self._learned], [_columns.given(columns[at]) for at in self._learned])
        with _watch.watching(self, 1, 1) as watch:
            model, warnings = Encoder.fit(json.dumps(config), NAMES, given, self._threads(), watch)
        self._take(model)
        for warning in warnings:
            warn(f"X: {warning}")
        return self

    def transform(self, X: TableLike) -> Any:
        """Encode the rows of a table. Nothing is corrupted, and missing cells stay missing.

        Parameters
        ----------
        X : array-like or frame of shape (n_samples, n_features)
            A table with the columns seen in :meth:`fit`; one row is enough. A category that is new counts as missing, with a warning.

        Returns
        -------
        codes : ndarray of shape (n_samples, n_features_out), float32
            Or a frame, as ``set_output`` asks for.

        Raises
        ------
        NotFittedError
            Before :meth:`fit`.
        ValueError
            If `X` has other columns, or holds text or booleans where :meth:`fit` saw numbers.
        """
        check_is_fitted(self)
        output = self._output()
        markers = _imputing.markers(self.missing_values)
        table = _frames.opened(X, self)
        given = [
            _columns.like(table.names[at], _columns.without(table.column(at), markers), schema)
            for at, schema in zip(self._learned, self.schema_, strict=True)
        ]
        codes, warnings = self._model.encode(given, output, self._threads())
        if warnings:
            warn(f"X: {'; '.join(warnings)}")
        return codes.reshape(table.n_rows, self._n_features_out)

    def save(self, path: _paths.Path) -> None:
        """Write a model file, which the command line can read too.

        It holds neither columns without any value, nor `missing_values` and `output`. Pickle keeps everything.

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

        Each learned column is an input of shape (n, 1): numbers as float64, NaN where missing, and categories as strings, empty
        where missing. The outputs ``last`` and ``all`` are what :meth:`transform` gives with these values of `output`. A JSON list
        ``columns`` in the metadata describes the columns.

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
        encoder : TableEncoder
            A fitted encoder with the parameters in the file.

        Raises
        ------
        OSError
            If the file cannot be read.
        ValueError
            If it is not a model file, or holds another kind of model.
        """
        name = _paths.readable(path)
        model = Encoder.load(name)
        if model is None:
            raise ValueError(f"{name}: does not hold an encoder of tables; read it with penstroke.load")
        return cls._of(model)

    @classmethod
    def _of(cls, model: Encoder) -> Self:
        about = json.loads(model.about())
        config = about["config"]
        parameters = {name: config[option] for option, name in NAMES.items() if option in config}
        estimator = cls(**parameters | {"hidden_layer_sizes": tuple(config["hidden"])})
        names = [column["name"] for column in about["schema"]["columns"]]
        estimator.n_features_in_ = len(names)
        if names != [f"x{at}" for at in range(len(names))]:
            estimator.feature_names_in_ = np.array(names, dtype=object)
        estimator._learned = list(range(len(names)))
        return estimator._take(model)

    def _take(self, model: Encoder) -> Self:
        """Take the learned attributes from an encoder."""
        about = json.loads(model.about())
        self._model, self.schema_ = model, about["schema"]["columns"]
        self.loss_curve_ = about["history"]["train_loss"]
        self.n_iter_ = len(self.loss_curve_)
        self._sizes = about["config"]["hidden"]
        return self

    def _config(self) -> dict[str, Any]:
        """The options of the library."""
        self._output()
        sizes = self.hidden_layer_sizes
        layers: Any = sizes if _parameters.is_list(sizes) else [sizes]
        checked = {option: _parameters.checked(self, name) for option, name in NAMES.items() if option not in ("hidden", "seed", "output")}
        options = {option: value for option, value in checked.items() if value is not None}
        hidden = [_parameters.integer("hidden_layer_sizes", size, 1) for size in layers]
        # All rows are learned from: nothing is chosen by rows set aside.
        return options | {"hidden": hidden, "valid": 0.0, "seed": _parameters.seed(self.random_state)}

    def _output(self) -> str:
        output = _parameters.word("output", self.output)
        if output not in OUTPUTS:
            raise ValueError(f"output: {output!r} is not one of 'last', 'all'")
        return output

    @property
    def _n_features_out(self) -> int:
        sizes: list[int] = self._sizes
        return sum(sizes) if self._output() == "all" else sizes[-1]

    def _threads(self) -> int:
        return _parameters.threads(self.n_jobs)
