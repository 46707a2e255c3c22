"""A regressor that learns from many samples and few targets."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin
from sklearn.utils.validation import check_array

from penstroke import _parameters, _samples
from penstroke._parameters import REGRESSION
from penstroke._penstroke import Model, learn_values
from penstroke._samples import SamplesLike
from penstroke._supervised import ONCE, Supervised, counted
from penstroke._watch import Watch


class DenoisingRegressor(RegressorMixin, Supervised):
    """Regressor that is pretrained without targets as a stack of denoising autoencoders, then fine-tuned on targets.

    The network is that of :class:`DenoisingClassifier`, but its top layer is linear and predicts real values. Fine-tuning lowers
    the squared error of standardised targets, so the units of the targets change only those of the predictions.

    Parameters
    ----------
    hidden_layer_sizes, corruption, activation, decoder, loss, tied, initialization, pretrain_max_iter, pretrain_learning_rate
        As in :class:`DenoisingClassifier`: the hidden layers and their pretraining.
    fine_tuning_corruption, dropout, max_norm, weight_decay, learning_rate, schedule, batch_size, max_iter
        As in :class:`DenoisingClassifier`: fine-tuning.
    optimizer, momentum, beta_1, beta_2, epsilon
        As in :class:`DenoisingClassifier`: the update rule of both.
    early_stopping : bool, default=False
        Whether to set samples aside for validation, keep the epoch with the least squared error on them, and stop after
        `n_iter_no_change` epochs without a better one.
    validation_fraction, n_iter_no_change, precision, instructions, image_shape, random_state, n_jobs, verbose, callbacks
        As in :class:`DenoisingClassifier`.

    Attributes
    ----------
    coefs_, intercepts_, loss_curve_, validation_loss_curve_, best_epoch_, n_iter_, n_features_in_, feature_names_in_
        As in :class:`DenoisingClassifier`.
    validation_error_curve_ : list of float
        Mean squared error of the standardised targets of the validation samples after each epoch; about 1 for their mean.

    Notes
    -----
    Targets are kept in single precision, so a target that varies little about a large number, as seconds since 1970 do, is an
    error whose message says what to subtract.

    Examples
    --------
    The amount of ink in a digit, and its square, from its pixels:

    >>> import numpy as np
    >>> from sklearn.datasets import load_digits
    >>> from penstroke import DenoisingRegressor
    >>> X = load_digits().data / 16
    >>> ink = X.sum(axis=1)
    >>> model = DenoisingRegressor((64,), pretrain_max_iter=10, learning_rate=0.01, max_iter=50, random_state=0)
    >>> bool(model.fit(X[:1000], ink[:1000]).score(X[1000:], ink[1000:]) > 0.9)
    True
    >>> both = np.column_stack([ink, ink**2])
    >>> model.fit(X[:1000], both[:1000]).predict(X[1000:]).shape
    (797, 2)
    """

    _phase = REGRESSION

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.single_output = True
        tags.target_tags.multi_output = True
        return tags

    def fit(self, X: SamplesLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Pretrain without targets, then fine-tune on them.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Clean samples.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Finite numbers.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Factor of each sample's loss, at least 0, in pretraining, fine-tuning and validation, and in the mean and deviation
            of the targets. Losses are weighted means, so only ratios matter: a weight of 2 counts as two copies, 0 as a sample
            that is not there.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError, TypeError, FloatingPointError
            As in :meth:`DenoisingAutoencoder.fit`, and if targets are not finite numbers, one row for each sample.
        KeyboardInterrupt
            On Ctrl-C. During fine-tuning the estimator is then fitted with the best epoch so far; before, it stays unfitted.
        """
        self._forget()
        seed = _parameters.seed(self.random_state)
        _parameters.image_shape(self.image_shape)
        configs, tuning = self._pretraining(seed), self._checked(seed)
        targets = self._targets(y)
        rows = self._rows(X, reset=True)
        weights = self._checked_weights(sample_weight, targets, rows)
        stack, raised = self._pretrained(configs, rows, weights)
        if raised is not None:
            raise raised
        return self._fine_tuned(self._learning(stack, tuning, rows, targets, weights), seed)

    def partial_fit(self, X: SamplesLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train all layers for one epoch at a constant learning rate, without pretraining and without validation samples.

        The first call starts with initial weights, and takes mean and deviation of its targets as their scale. A call after
        :meth:`fit` continues the model.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Clean samples.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Finite numbers.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            As in :meth:`fit`.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError, TypeError, FloatingPointError
            As in :meth:`fit`, and if the number of targets differs, or they are in other units.
        KeyboardInterrupt
            On Ctrl-C; then nothing changes.
        """
        fitted = hasattr(self, "_model")
        if not fitted:
            self._forget()
        seed = self._seed if fitted else _parameters.seed(self.random_state)
        tuning = self._checked(seed, **ONCE)
        targets = self._targets(y)
        rows = self._rows(X, reset=not fitted)
        weights = self._checked_weights(sample_weight, targets, rows)
        start = self._start(rows, seed)
        return self._continued(self._learning(start, tuning, rows, targets, weights), seed)

    def _targets(self, y: Any) -> NDArray[np.float64]:
        """Targets, `(n, k)`."""
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None")
        targets = check_array(_samples.of_arrow(y, "y"), dtype=np.float64, order="C", ensure_2d=False, input_name="y")
        return targets.reshape(len(targets), -1)

    def _checked_weights(
        self, sample_weight: Any, targets: NDArray[np.float64], rows: _samples.Samples
    ) -> NDArray[np.float32] | None:
        n = _samples.n_rows(rows)
        if len(targets) != n:
            raise ValueError(f"y: {len(targets)} rows for {n} samples; give one row per sample, in their order")
        return _samples.weights(sample_weight, n)

    def _learning(
        self,
        start: Model,
        tuning: str,
        rows: _samples.Samples,
        targets: NDArray[np.float64],
        weights: NDArray[np.float32] | None,
    ) -> Any:
        """A training that begins with a stack or a regressor."""
        with np.errstate(over="ignore"):
            # The library refuses what single precision does not hold.
            values = targets.astype(np.float32)
        counting = counted(weights)

        def train(threads: int, watch: Watch | None) -> tuple[Model, BaseException | None]:
            return learn_values(start, tuning, self._phase.names, rows, values, counting, threads, watch)

        return train

    def predict(self, X: SamplesLike) -> NDArray[np.float64]:
        """Predict the targets of samples.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        y : ndarray of shape (n_samples,) for one target, or (n_samples, n_targets)
            In the units of the targets, with the precision of float32.
        """
        values = self._apply(self._fitted().values, X, self._rows).astype(np.float64)
        return values.ravel() if values.shape[1] == 1 else values
