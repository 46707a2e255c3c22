"""The detector of outliers in tables."""

import json
from collections.abc import Sequence
from typing import Any, ClassVar, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import OutlierMixin
from sklearn.utils.validation import check_is_fitted

from penstroke import _columns, _imputing, _parameters
from penstroke._penstroke import Detector
from penstroke._samples import warn
from penstroke._table import TableEstimator, TableLike

# The parameters behind the options of the library, for errors.
NAMES = {
    "networks": "n_networks", "hidden": "hidden_layer_sizes", "trim": "trim", "learning_rate": "learning_rate",
    "weight_decay": "weight_decay", "steps": "n_steps", "batch": "batch_size", "seed": "random_state",
}  # fmt: skip

# The part of each batch that is not learned, if outliers may be among the rows.
TRIM = 0.1


class UnusualCell(NamedTuple):
    """A cell that makes its row unusual; see :meth:`DenoisingOutlierDetector.explain`."""

    #: Name of the column.
    feature: str
    #: What the cell holds.
    value: Any
    #: How unusual it is; usual cells are near 1.
    score: float
    #: What was expected, given the other cells of the row: a number, or the most probable category.
    expected: Any
    #: Ends of the range that holds at least the middle 90 % of likely numbers; None for categories.
    low: float | None
    high: float | None
    #: Probability of the expected category; None for numbers.
    probability: float | None


class DenoisingOutlierDetector(OutlierMixin, TableEstimator):
    """Finds the rows of a table that are unlike the others, and the cells that make them so.

    Denoising networks learn what rows are like: some restore rows from noise of several levels [1]_, others predict each cell from
    the others of its row. A row is unusual if it is restored and predicted worse than others. Numbers and categories are used as
    they are, and cells may be missing; a missing cell adds nothing to a score.

    A row is scored alike alone and among others. Neither the order of the rows, nor that of named columns, nor the number of threads
    changes a value. Labels are not needed; leave them out of `X`.

    Parameters
    ----------
    n_networks : int, default=4
        Number of networks of each of the two kinds, at least 1.
    contamination : "auto" or float, default="auto"
        The share of outliers among the rows of :meth:`fit`, above 0 and at most 0.5, from which `offset_` follows. ``"auto"``
        takes rows whose logarithmic score is more than three robust standard deviations above the median.
    novelty : bool, default=False
        True says that all rows of :meth:`fit` are normal, so all of them are learned. In contrast to
        :class:`sklearn.neighbors.LocalOutlierFactor`, :meth:`fit_predict`, and :meth:`predict` on new rows, work either way.
    trim : "auto" or float, default="auto"
        The part of each batch that is left out of a training step because it is restored worst, at least 0 and below 1. So outliers
        are not learned. ``"auto"`` takes 0.1, or 0 if `novelty` is True.
    categorical_features : "from_dtype", array-like of bool, int or str, or None, default="from_dtype"
        The columns of numbers that hold categories: a mask, indices or names. Columns of strings, booleans and categories always
        do, so ``"from_dtype"`` and None name no others.
    missing_values : scalar or list of scalars, default=nan
        Values that stand for missing cells, such as -999 or ``"?"``. NaN, None and the nulls of frames always do.
    hidden_layer_sizes : int or tuple of int, default=(128, 128, 128)
        Number of units of each hidden layer.
    learning_rate : float, default=0.001
        Largest learning rate, above 0.
    weight_decay : float, default=0.0001
        Weight decay, at least 0.
    n_steps : int, default=2000
        Number of training steps of each network, at least 1.
    batch_size : int, default=128
        Rows per step, at least 1.
    random_state : int, RandomState instance or None, default=None
        Seed for all random numbers.
    n_jobs : int or None, default=None
        Number of threads. None takes ``OMP_NUM_THREADS`` if it is set, and otherwise one per processor, as -1 does.
    verbose : int, default=0
        1 shows a progress bar on standard error.

    Attributes
    ----------
    offset_ : float
        Rows whose :meth:`score_samples` is below are outliers.
    schema_ : list of dict
        What each column holds: its ``name``, ``kind``, ``n_missing``, and ``categories`` or ``range``.
    history_ : list of dict
        The losses of each network, ``train_loss`` by epoch: first of the networks that predict cells, then of the networks that restore rows.
    n_features_in_ : int
        Number of columns seen in :meth:`fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if they have names.

    Notes
    -----
    A float for `contamination` makes this share of the rows of :meth:`fit` outliers. Of more than 10,000 rows, the scores of 10,000
    evenly spaced ones are kept, so the share is only about right. The same holds for :meth:`share_above`. Text that differs in every
    row is left out, with a warning.

    References
    ----------
    .. [1] D. Guo, S. Shamai, S. Verdú. Mutual information and minimum mean-square error in Gaussian channels. 2005.

    Examples
    --------
    >>> import numpy as np
    >>> from penstroke import DenoisingOutlierDetector
    >>> x = np.linspace(-1, 1, 300)
    >>> X = np.column_stack([x, 2 * x])
    >>> X[250, 1] = -1.0
    >>> detector = DenoisingOutlierDetector(n_networks=1, n_steps=600, random_state=0).fit(X)
    >>> int(detector.score_samples(X).argmin())
    250
    >>> detector.predict(X[[100, 250]]).tolist()
    [1, -1]
    """

    _Model: ClassVar[Any] = Detector
    _CALLED = "a detector of outliers"

    _model: Detector
    history_: list[dict[str, Any]]
    offset_: float

    def __init__(
        self,
        *,
        n_networks: int = 4,
        contamination: float | Literal["auto"] = "auto",
        novelty: bool = False,
        trim: float | Literal["auto"] = "auto",
        categorical_features: Literal["from_dtype"] | ArrayLike | None = "from_dtype",
        missing_values: Any = np.nan,
        hidden_layer_sizes: int | Sequence[int] = (128, 128, 128),
        learning_rate: float = 0.001,
        weight_decay: float = 0.0001,
        n_steps: int = 2000,
        batch_size: int = 128,
        random_state: _parameters.RandomState = None,
        n_jobs: int | None = None,
        verbose: int = 0,
    ) -> None:
        self.n_networks = n_networks
        self.contamination = contamination
        self.novelty = novelty
        self.trim = trim
        self.categorical_features = categorical_features
        self.missing_values = missing_values
        self.hidden_layer_sizes = hidden_layer_sizes
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.n_steps = n_steps
        self.batch_size = batch_size
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    def fit(self, X: TableLike, y: object = None) -> Self:
        """Learn what the rows of a table are like.

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
        markers, config, contamination = self._forget(), self._config(), self._contamination()
        table, _, given = self._read(X, markers, "scores tell little")
        self._tell_empty(table.names)
        with _imputing.watching(self.verbose, config["networks"]) as watch:
            detector, warnings = Detector.fit(json.dumps(config), NAMES, given, self._threads(), watch)
        self._take(detector)
        self.offset_ = -detector.threshold(contamination)
        for warning in warnings:
            warn(f"X: {warning}")
        return self

    def fit_predict(self, X: TableLike, y: object = None) -> NDArray[np.intp]:
        """Learn from the rows of a table, and tell which of them are outliers.

        Parameters
        ----------
        X : array-like or frame of shape (n_samples, n_features)
            The table, as for :meth:`fit`.
        y : ignored

        Returns
        -------
        labels : ndarray of shape (n_samples,)
            -1 for outliers and 1 for others.
        """
        return self.fit(X).predict(X)

    def score_samples(self, X: TableLike) -> NDArray[np.float64]:
        """Score rows: the lower, the more unusual.

        Parameters
        ----------
        X : array-like or frame of shape (n_samples, n_features)
            A table with the columns seen in :meth:`fit`; one row is enough. A category that is new counts as missing, with a warning.

        Returns
        -------
        scores : ndarray of shape (n_samples,)
            Near -1 for usual rows, below for unusual ones.

        Raises
        ------
        NotFittedError
            Before :meth:`fit`.
        ValueError
            If `X` has other columns, or holds text or booleans where :meth:`fit` saw numbers.
        """
        check_is_fitted(self)
        _, _, given = self._opened(X)
        scores, warnings = self._model.score(given, self._threads())
        self._tell_unseen(warnings)
        return -scores

    def decision_function(self, X: TableLike) -> NDArray[np.float64]:
        """Score rows beside the threshold: outliers are below 0.

        Parameters
        ----------
        X : array-like or frame of shape (n_samples, n_features)
            A table with the columns seen in :meth:`fit`.

        Returns
        -------
        scores : ndarray of shape (n_samples,)
            ``score_samples(X) - offset_``.
        """
        return self.score_samples(X) - self.offset_

    def predict(self, X: TableLike) -> NDArray[np.intp]:
        """Tell which rows are outliers.

        Parameters
        ----------
        X : array-like or frame of shape (n_samples, n_features)
            A table with the columns seen in :meth:`fit`.

        Returns
        -------
        labels : ndarray of shape (n_samples,)
            -1 for outliers and 1 for others.
        """
        return np.where(self.decision_function(X) < 0, -1, 1)

    def share_above(self, X: TableLike) -> NDArray[np.float64]:
        """Say for each row which share of the rows of :meth:`fit` is more unusual.

        Parameters
        ----------
        X : array-like or frame of shape (n_samples, n_features)
            A table with the columns seen in :meth:`fit`.

        Returns
        -------
        shares : ndarray of shape (n_samples,)
            Within 0..1; 0.01 means that 1 % of the rows of :meth:`fit` are more unusual.
        """
        scores = -self.score_samples(X)
        return self._model.share_above(scores)

    def score_cells(self, X: TableLike) -> NDArray[np.float64]:
        """Score cells: the larger, the more unusual, given the other cells of the row.

        Parameters
        ----------
        X : array-like or frame of shape (n_samples, n_features)
            A table with the columns seen in :meth:`fit`.

        Returns
        -------
        scores : ndarray of shape (n_samples, n_features)
            Minus the logarithm of the probability that a cell belongs to its row, in units of its mean over the cells of :meth:`fit`;
            usual cells are near 1. NaN where a cell is missing, and in columns that are left out.
        """
        check_is_fitted(self)
        table, _, given = self._opened(X)
        scores, warnings = self._model.score_cells(given, self._threads())
        self._tell_unseen(warnings)
        cells = np.full((table.n_rows, self.n_features_in_), np.nan)
        cells[:, self._learned] = scores.reshape(table.n_rows, len(self._learned))
        return cells

    def explain(self, X: TableLike, n_cells: int = 3) -> list[list[UnusualCell]]:
        """Name the cells that make rows unusual, and what was expected in their place.

        Parameters
        ----------
        X : array-like or frame of shape (n_samples, n_features)
            A table with the columns seen in :meth:`fit`.
        n_cells : int, default=3
            Number of cells of each row, at least 1. Rows with fewer observed cells have fewer.

        Returns
        -------
        cells : list of list of UnusualCell
            For each row its most unusual cells, the most unusual first, each with its ``feature``, ``value`` and ``score``, what was
            ``expected``, the range of likely numbers from ``low`` to ``high``, or the ``probability`` of the expected category.
            ``pandas.DataFrame(cells[0])`` shows those of a row.

        Examples
        --------
        >>> import numpy as np
        >>> from penstroke import DenoisingOutlierDetector
        >>> x = np.linspace(-1, 1, 300)
        >>> X = np.column_stack([x, 2 * x, np.where(x > 0, 1, 0)])
        >>> detector = DenoisingOutlierDetector(n_networks=1, n_steps=600, categorical_features=[2], random_state=0)
        >>> cell = detector.fit(X).explain([[0.5, 1.0, 0]], n_cells=1)[0][0]
        >>> cell.feature, cell.value, cell.expected, cell.probability > 0.9
        ('x2', 0.0, 1.0, True)
        """
        check_is_fitted(self)
        n_cells = _parameters.integer("n_cells", n_cells, 1)
        table, columns, given = self._opened(X)
        rows, warnings = self._model.explain(given, n_cells, self._threads())
        self._tell_unseen(warnings)
        categories = [self._categories(k) for k in range(len(self._learned))]

        def cell(row: int, k: int, score: float, expected: float, low: float, high: float, probability: float) -> UnusualCell:
            at = self._learned[k]
            name, value = table.names[at], _columns.value(columns[at], row)
            if categories[k]:
                return UnusualCell(name, value, score, categories[k][int(expected)], None, None, probability)
            return UnusualCell(name, value, score, expected, low, high, None)

        return [[cell(row, *of) for of in cells] for row, cells in enumerate(rows)]

    @classmethod
    def _of(cls, model: Detector) -> Self:
        detector = super()._of(model)
        detector.offset_ = -model.threshold("auto")
        return detector

    @classmethod
    def _of_config(cls, config: dict[str, Any]) -> dict[str, Any]:
        named = {name: config[option] for option, name in NAMES.items()}
        return named | {"hidden_layer_sizes": tuple(config["hidden"])}

    def _take_more(self, about: dict[str, Any]) -> None:
        self.history_ = about["histories"]

    def _contamination(self) -> str:
        """`contamination` as the library takes it."""
        given = self.contamination
        if isinstance(given, str):
            if given == "auto":
                return given
        elif 0 < _parameters.real("contamination", given) <= 0.5:
            return repr(float(given))
        raise ValueError(f"contamination: {given!r} is neither 'auto' nor a share above 0 and at most 0.5")

    def _config(self) -> dict[str, Any]:
        """The options of the library."""
        is_novelty = _parameters.truth("novelty", self.novelty)
        trim = _parameters.auto(_parameters.real)("trim", self.trim)
        return {
            "networks": _parameters.integer("n_networks", self.n_networks, 1),
            "hidden": _parameters.sizes(self),
            "trim": (0.0 if is_novelty else TRIM) if trim is None else trim,
            "learning_rate": _parameters.real("learning_rate", self.learning_rate),
            "weight_decay": _parameters.real("weight_decay", self.weight_decay),
            "steps": _parameters.integer("n_steps", self.n_steps, 1),
            "batch": _parameters.integer("batch_size", self.batch_size, 1),
            "seed": _parameters.seed(self.random_state),
        }
