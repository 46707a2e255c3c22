"""The encoder of tables."""

import json
from collections.abc import Sequence
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from penstroke import _parameters, _paths, _watch
from penstroke._penstroke import TableEncoder as Encoder
from penstroke._samples import warn
from penstroke._table import TableEstimator, TableLike
from penstroke._watch import Callbacks

# The parameters behind the options of the library, for errors.
NAMES = {
    "hidden": "hidden_layer_sizes", "corruption": "corruption", "dropout": "dropout", "learning_rate": "learning_rate",
    "weight_decay": "weight_decay", "epochs": "max_iter", "batch": "batch_size", "seed": "random_state", "output": "output",
}  # fmt: skip

OUTPUTS = ("last", "all")


class TableEncoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, TableEstimator):
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

    _Model: ClassVar[Any] = Encoder
    _CALLED = "an encoder of tables"

    _model: Encoder
    loss_curve_: list[float]
    n_iter_: int
    _sizes: list[int]

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
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags

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
        markers, config = self._forget(), self._config()
        table, _, given = self._read(X, markers, "features may be of little use")
        self._tell_empty(table.names)
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
        table, _, given = self._opened(X)
        codes, warnings = self._model.encode(given, output, self._threads())
        self._tell_unseen(warnings)
        return codes.reshape(table.n_rows, self._n_features_out)

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
    def _of_config(cls, config: dict[str, Any]) -> dict[str, Any]:
        named = {name: config[option] for option, name in NAMES.items() if option in config}
        return named | {"hidden_layer_sizes": tuple(config["hidden"])}

    def _take_more(self, about: dict[str, Any]) -> None:
        self.loss_curve_ = about["history"]["train_loss"]
        self.n_iter_ = len(self.loss_curve_)
        self._sizes = about["config"]["hidden"]

    def _config(self) -> dict[str, Any]:
        """The options of the library."""
        self._output()
        checked = {option: _parameters.checked(self, name) for option, name in NAMES.items() if option not in ("hidden", "seed", "output")}
        options = {option: value for option, value in checked.items() if value is not None}
        # All rows are learned from: nothing is chosen by rows set aside.
        return options | {"hidden": _parameters.sizes(self), "valid": 0.0, "seed": _parameters.seed(self.random_state)}

    def _output(self) -> str:
        output = _parameters.word("output", self.output)
        if output not in OUTPUTS:
            raise ValueError(f"output: {output!r} is not one of 'last', 'all'")
        return output

    @property
    def _n_features_out(self) -> int:
        return sum(self._sizes) if self._output() == "all" else self._sizes[-1]
