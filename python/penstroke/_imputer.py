"""The imputer of tables."""

import json
from collections.abc import Sequence
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import TransformerMixin
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted

from penstroke import _columns, _frames, _imputing, _parameters, _paths
from penstroke._columns import Filled
from penstroke._frames import Filling, Table
from penstroke._imputing import NAMES
from penstroke._penstroke import Imputer
from penstroke._samples import warn
from penstroke._table import TableEstimator, TableLike


class TableImputer(TransformerMixin, TableEstimator):
    """Fills the missing cells of a table of numbers and categories.

    Several networks, each trained on a bootstrap sample of the rows, learn to restore cells that are hidden from them.
    :meth:`transform` averages their answers. :meth:`sample` draws several imputations, whose differences tell how uncertain the
    filled cells are: analyse each, and :func:`pool` the results.

    Observed cells are never changed, and the result has the type, columns, dtypes and order of `X`. A row is filled alike alone
    and among others. Neither the order of the rows, nor that of named columns, nor the number of threads changes a value.

    Parameters
    ----------
    n_networks : int, default=5
        Number of networks, at least 1, and at least as many as imputations that are drawn.
    n_imputations : int or None, default=None
        Number of imputations that :meth:`sample` draws. If it is 2 or more, at least so many networks are trained, each on a
        bootstrap sample of the rows, as several imputations need. Otherwise each network leaves out one part of the rows, which
        makes :meth:`transform` more accurate.
    categorical_features : "from_dtype", array-like of bool, int or str, or None, default="from_dtype"
        The columns of numbers that hold categories: a mask, indices or names. Columns of strings, booleans and categories always
        do, so ``"from_dtype"`` and None name no others.
    missing_values : scalar or list of scalars, default=nan
        Values that stand for missing cells, such as -999 or ``"?"``. NaN, None and the nulls of frames always do.
    add_indicator : bool, default=False
        Whether to add a column for each one that has missing cells in :meth:`fit`, which says which cells were missing.
    keep_empty_features : bool, default=False
        Whether to keep columns without any value in :meth:`fit`. The missing cells of one with numbers become 0; others stay.
    bounds : {"observed", "none"} or None, default="observed"
        Whether numbers stay between the smallest and the largest of their column.
    hidden_layer_sizes : int or tuple of int, default=(256, 256)
        Number of units of each hidden layer.
    mask : pair of float, default=(0.05, 0.6)
        Range of the probability with which a presentation of a row loses each of its cells in training, within 0..1.
    learning_rate : float, default=0.002
        Largest learning rate, above 0.
    weight_decay : float, default=0.01
        Weight decay, at least 0.
    n_steps : int, default=4000
        Number of training steps of each network, at least 1.
    batch_size : int, default=128
        Rows per step, at least 1.
    dropout : float, default=0.0
        Probability that a hidden unit is dropped in training, at least 0 and below 1.
    random_state : int, RandomState instance or None, default=None
        Seed for all random numbers; an int gives the same result as ``--seed`` on the command line.
    n_jobs : int or None, default=None
        Number of threads. None takes ``OMP_NUM_THREADS`` if it is set, and otherwise one per processor, as -1 does.
    verbose : int, default=0
        1 shows a progress bar on standard error.

    Attributes
    ----------
    schema_ : list of dict
        What each column holds: its ``name``, ``kind``, ``n_missing``, and ``categories`` or ``range``.
    history_ : list of dict
        The losses of each network, ``train_loss`` and ``valid_loss`` by epoch. Of masked cells; 1 is the loss of a column that is
        always answered by its mean or frequencies.
    error_ : list of dict
        The errors of filled cells by column, with its ``name``, on observed cells that were hidden from networks that had not
        learned from their rows. Of numbers ``rmse``, beside ``rmse_linear`` of the best linear predictor and ``rmse_mean`` of
        always answering the mean; of categories ``accuracy``, ``accuracy_linear`` and ``accuracy_mode``. ``is_better`` says
        whether the networks are surely better than always answering the mean or the frequencies. Empty if there is one network.
    n_features_in_ : int
        Number of columns seen in :meth:`fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if they have names.

    Notes
    -----
    The dtype of a column says what it holds: strings, booleans and categories are categories, and so are objects, unless all are
    numbers. Numbers are numbers; columns of integers get integers. Strings that differ in every row are
    left out, with a warning, and their gaps stay. A category that is new in :meth:`transform` is filled like a missing cell; one warning
    counts them. Ctrl-C ends any method with ``KeyboardInterrupt``; an interrupted `fit` leaves the imputer unfitted.

    Examples
    --------
    >>> import numpy as np
    >>> from penstroke import TableImputer
    >>> x = np.linspace(-1, 1, 300)
    >>> X = np.column_stack([x, 2 * x])
    >>> X[150, 1] = np.nan
    >>> filled = TableImputer(n_networks=2, n_steps=1000, random_state=0).fit_transform(X)
    >>> bool(abs(filled[150, 1] - 2 * x[150]) < 0.2)
    True
    >>> len(TableImputer(n_imputations=2, n_steps=100, random_state=0).fit(X).sample(X))
    2
    """

    _Model: ClassVar[Any] = Imputer
    _CALLED = "an imputer"

    _model: Imputer
    error_: list[dict[str, Any]]
    history_: list[dict[str, Any]]
    # Indices of the columns that are in the result, and get an indicator.
    _kept: list[int]
    _indicated: list[int]

    def __init__(
        self,
        *,
        n_networks: int = 5,
        n_imputations: int | None = None,
        categorical_features: Literal["from_dtype"] | ArrayLike | None = "from_dtype",
        missing_values: Any = np.nan,
        add_indicator: bool = False,
        keep_empty_features: bool = False,
        bounds: str | None = "observed",
        hidden_layer_sizes: int | Sequence[int] = (256, 256),
        mask: tuple[float, float] = (0.05, 0.6),
        learning_rate: float = 0.002,
        weight_decay: float = 0.01,
        n_steps: int = 4000,
        batch_size: int = 128,
        dropout: float = 0.0,
        random_state: _parameters.RandomState = None,
        n_jobs: int | None = None,
        verbose: int = 0,
    ) -> None:
        self.n_networks = n_networks
        self.n_imputations = n_imputations
        self.categorical_features = categorical_features
        self.missing_values = missing_values
        self.add_indicator = add_indicator
        self.keep_empty_features = keep_empty_features
        self.bounds = bounds
        self.hidden_layer_sizes = hidden_layer_sizes
        self.mask = mask
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.n_steps = n_steps
        self.batch_size = batch_size
        self.dropout = dropout
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
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
        markers, config = self._forget(), _imputing.config(self)
        table, columns, given = self._read(X, markers, "what is filled in is little more than a guess")
        names = [name for at, name in enumerate(table.names) if at not in self._learned]
        _imputing.tell_empty(names, self.keep_empty_features)
        with _imputing.watching(self.verbose, config["networks"]) as watch:
            imputer, warnings = Imputer.fit(json.dumps(config), NAMES, given, self._threads(), watch)
        self._kept = list(range(len(columns))) if self.keep_empty_features else self._learned
        observed = [_columns.observed(column) for column in columns]
        self._indicated = [at for at, cells in enumerate(observed) if not cells.all()] if self.add_indicator else []
        self._take(imputer)
        for warning in warnings:
            warn(f"X: {warning}")
        return self

    def transform(self, X: TableLike) -> Any:
        """Fill missing cells, each by one value: the mean of the networks' answers, or the most probable category.

        Parameters
        ----------
        X : array-like or frame of shape (n_samples, n_features)
            A table with the columns seen in :meth:`fit`; one row is enough.

        Returns
        -------
        X_filled : array or frame
            A copy of `X` without gaps, of the same type, or of the one set by ``set_output``.

        Raises
        ------
        NotFittedError
            Before :meth:`fit`.
        ValueError
            If `X` has other columns, or holds text or booleans where :meth:`fit` saw numbers.
        """
        check_is_fitted(self)
        table, columns, given = self._opened(X)
        fills, warnings = self._model.impute(given, self._threads())
        self._tell_unseen(warnings)
        return _frames.in_container(self._filled(table, columns, fills), self)

    def sample(self, X: TableLike, m: int | None = None) -> list[Any]:
        """Draw several imputations, whose differences tell how uncertain the filled cells are.

        Imputation k is drawn by network k. Of rows with equal cells, each after the first is drawn anew; otherwise a row is
        filled alike alone and among others.

        Parameters
        ----------
        X : array-like or frame of shape (n_samples, n_features)
            A table with the columns seen in :meth:`fit`.
        m : int or None, default=None
            Number of imputations, at most that of the networks; None takes `n_imputations`.

        Returns
        -------
        imputations : list
            Copies of `X` without gaps, of the same type.

        Raises
        ------
        NotFittedError
            Before :meth:`fit`.
        ValueError
            If several imputations are wanted, but `n_imputations` was not 2 or more in :meth:`fit`, or if `X` has other columns.
        """
        check_is_fitted(self)
        config = json.loads(self._model.about())["config"]
        chosen = next((value for value in (m, self.n_imputations) if value is not None), config["networks"])
        chosen = _parameters.integer("m", chosen, 1)
        if chosen > 1 and not config["bootstrap"]:
            raise ValueError(f"m: {chosen} imputations need networks of bootstrap samples; fit with n_imputations={chosen}")
        table, columns, given = self._opened(X)
        imputations, warnings = self._model.sample(given, chosen, NAMES, self._threads())
        self._tell_unseen(warnings)
        return [self._filled(table, columns, fills) for fills in imputations]

    def overimpute(
        self, X: TableLike, *, n_draws: int = 20, n_cells: int = 500, columns: Sequence[str] | None = None
    ) -> dict[str, dict[str, Any]]:
        """Hide observed cells, draw each anew as :meth:`sample` does, and compare the draws with the truth [1]_.

        In the table that was learned, a cell is drawn by networks that did not learn from its row.

        Parameters
        ----------
        X : array-like or frame of shape (n_samples, n_features)
            A table with the columns seen in :meth:`fit`.
        n_draws : int, default=20
            Number of draws of each cell, at least 19.
        n_cells : int, default=500
            Most cells of each column.
        columns : list of str or None, default=None
            Names of the columns, those of arrays being ``x0``, ``x1`` and so on; None takes all.

        Returns
        -------
        overimputed : dict
            For each column a dict with the ``rows`` (from 0) and the ``truth`` of its cells. For numbers also their ``mean``, and the
            ends ``low`` and ``high`` of intervals of 90 %; for categories their ``categories`` and the ``counts`` of the draws,
            an array of shape (n, n_categories). ``coverage`` is the share of cells whose truth is in the interval, or among the
            most frequent draws that are 90 % of all: about 0.9, or more for categories, if draws are as uncertain as they should be.

        References
        ----------
        .. [1] M. Blackwell, J. Honaker, G. King. A unified approach to measurement error and missing data. 2017.
        """
        check_is_fitted(self)
        n_draws, n_cells = _parameters.integer("n_draws", n_draws), _parameters.integer("n_cells", n_cells)
        _, _, given = self._opened(X)
        options = (n_draws, n_cells, [] if columns is None else list(columns))
        found = json.loads(self._model.overimpute(given, options, NAMES, self._threads()))
        return {self.schema_[of["column"]]["name"]: _imputing.overimputed(of, self._categories(of["column"])) for of in found}

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

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> NDArray[np.object_]:
        """Names of the columns of :meth:`transform`.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Names of the columns of `X`; None takes those seen in :meth:`fit`, or ``x0``, ``x1`` and so on.

        Returns
        -------
        names : ndarray of str
        """
        check_is_fitted(self)
        names = _check_feature_names_in(self, input_features)
        return np.array([*names[self._kept], *(self._indicator(names[at]) for at in self._indicated)], dtype=object)

    @staticmethod
    def _indicator(name: str) -> str:
        """The name of the column that says which cells of another were missing; as scikit-learn's."""
        return f"missingindicator_{name}"

    def _filled(self, table: Table, columns: list[_columns.Column], fills: list[Filled]) -> Any:
        """A copy of a table with values for its missing cells."""
        by_column: dict[int, Filling] = {}
        for k, rows, values in fills:
            at = self._learned[k]
            places = rows.astype(np.intp)
            by_column[at] = Filling(places, self._of_categories(k, columns[at], values))
        for at in set(self._kept).difference(self._learned):
            column = columns[at]
            if isinstance(column, _columns.Numbers):
                places = np.flatnonzero(np.isnan(column.values))
                by_column[at] = Filling(places, np.zeros(len(places)))
        missing = {self._indicator(table.names[at]): ~_columns.observed(columns[at]) for at in self._indicated}
        return table.filled(self._kept, by_column, missing)

    def _of_categories(self, k: int, column: _columns.Column, values: NDArray[Any]) -> NDArray[np.float64] | list[Any]:
        """Numbers as they are, and the categories of codes, as values of this column if it has them."""
        if not self.schema_[k].get("categories"):
            return values
        known = {} if isinstance(column, _columns.Texts) else self._values[k] | _columns.values_of(column)
        names = self.schema_[k]["categories"]
        return [known.get(names[code], names[code]) for code in values.tolist()]

    @classmethod
    def _of(cls, model: Imputer) -> Self:
        imputer = super()._of(model)
        imputer._kept, imputer._indicated = imputer._learned, []
        return imputer

    @classmethod
    def _of_config(cls, config: dict[str, Any]) -> dict[str, Any]:
        return _imputing.parameters(config)

    def _take_more(self, about: dict[str, Any]) -> None:
        self.error_, self.history_ = about["errors"], about["histories"]
