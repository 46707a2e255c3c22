"""One hidden layer."""

from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from penstroke import _parameters
from penstroke._base import Autoencoder
from penstroke._penstroke import Model
from penstroke._samples import SamplesLike
from penstroke._watch import Callbacks


class DenoisingAutoencoder(Autoencoder):
    """Denoising autoencoder with one hidden layer.

    Each time a sample is presented it is corrupted afresh, and the network learns to restore the original [1]_:

    .. code-block:: text

        code         = s(W x_corrupted + b)
        restored     = r(W' code + c)               W' = W.T when tied
        loss         = sum over features of (restored - x_clean)²

    After training, samples are no longer corrupted. The result depends only on the data, the parameters and `random_state`:
    neither the number of threads nor the container of the data changes a single bit.

    Parameters
    ----------
    n_components : int, default=100
        Number of hidden units, at least 1.
    corruption : str, default="masking:0.25"
        Corruption of the input during training: ``"none"``, ``"masking:Q"`` (zeros with probability Q),
        ``"masking-exact:Q"`` (zeros in a share Q of the features), ``"gaussian:S"`` (noise of standard deviation S, in the
        units of the data), ``"salt-and-pepper:Q"`` (the extremes of the data with probability Q), ``"dropout:Q"`` (masking
        that divides the other features by 1 - Q). Corruptions joined by ``+`` apply one after another;
        ``"masking:0.5->0.1"`` changes linearly from the first epoch to the last.
    activation : {"sigmoid", "tanh", "relu", "linear"}, default="sigmoid"
        Activation of the hidden units.
    decoder : {"sigmoid", "tanh", "relu", "linear"} or None, default=None
        Activation of the reconstruction; None is sigmoid for data within 0..1 and linear otherwise.
    tied : bool, default=True
        Whether the decoder uses the transposed weights of the encoder.
    loss : {"squared", "cross-entropy"}, default="squared"
        Reconstruction loss, summed over features. Cross-entropy needs data within 0..1.
    emphasis : pair of float or None, default=None
        Weights of corrupted and of other features in the loss, each at least 0 and not both 0; None weights all features equally.
    initialization : {"glorot-sigmoid", "glorot"}, default="glorot-sigmoid"
        Distribution of the initial weights.
    optimizer : {"adam", "sgd"}, default="adam"
        Update rule of the weights.
    momentum : float, default=0.0
        Momentum of ``"sgd"``, at least 0 and below 1.
    beta_1, beta_2 : float, default=0.9 and 0.999
        Decay rates of Adam's means of gradients and of squared gradients, at least 0 and below 1.
    epsilon : float, default=1e-8
        Constant that Adam adds to the root of the mean squared gradient, above 0.
    learning_rate : float, default=0.005
        Learning rate, above 0.
    schedule : str, default="linear"
        Schedule of the learning rate: ``"constant"``, ``"linear"`` or ``"cosine"``, each optionally followed by ``:HOLD`` or
        ``:HOLD:WARM-UP``, which are shares of all steps.
    weight_decay, l1, contraction : float, default=0.0
        Coefficients of the penalties on squared weights, on absolute weights, and on the slope of the code [2]_, each at
        least 0.
    sparsity : str or None, default=None
        Target for the mean activation of the hidden units and its coefficient: ``"0.05:0.1"`` asks for a mean of 0.05 with
        coefficient 0.1.
    batch_size : int or "auto", default="auto"
        Samples per step, at least 1; ``"auto"`` is 32, from 5,000 samples on 64, and from 20,000 on 128.
    max_iter : int or "auto", default="auto"
        Maximum number of epochs, at least 1; ``"auto"`` is as many as give 10,000 steps, but at most 200.
    tol : float or None, default=None
        Training stops when the loss has not improved by more than this for `n_iter_no_change` epochs. With None it runs for
        `max_iter` epochs, unless `early_stopping` is set.
    early_stopping : bool, default=False
        Whether to set validation samples aside, keep the epoch with the lowest loss on them, and stop by that loss.
    validation_fraction : float, default=0.1
        Share of the samples that `early_stopping` sets aside.
    n_iter_no_change : int, default=10
        Epochs without improvement after which training stops.
    precision : {"f32", "bf16"}, default="f32"
        Precision of the matrix products in training; ``"bf16"`` needs a processor that has it.
    instructions : str or None, default=None
        Vector instructions: ``"avx512"``, ``"avx2"``, ``"neon"`` or ``"portable"``, to compare them; None takes the best that the
        processor has. Results differ by rounding. Not in model files.
    image_shape : tuple of int or None, default=None
        ``(height, width)`` or ``(height, width, channels)`` if samples are pictures; used for displays and the model file.
    random_state : int, RandomState instance or None, default=None
        Seed for all random numbers; an int gives the same result as ``--seed`` on the command line.
    n_jobs : int or None, default=None
        Number of threads. None takes ``OMP_NUM_THREADS`` if it is set, and otherwise one per processor, as -1 does. The
        result does not depend on it.
    verbose : int, default=0
        1 shows a progress bar on standard error, 2 one line per epoch.
    callbacks : callable, list of callable or None, default=None
        Called with an :class:`Event` after every epoch. If one returns True, the current training stops and keeps what it
        has learned. An exception stops everything, as Ctrl-C does.

    Attributes
    ----------
    components_ : ndarray of shape (n_components, n_features), float32
        W. Row i divided by its norm is the filter of hidden unit i: the input of norm 1 that excites it most. Like all
        learned arrays it is read-only.
    intercept_hidden_ : ndarray of shape (n_components,), float32
        b.
    intercept_visible_ : ndarray of shape (n_features,), float32
        c.
    decoder_components_ : ndarray of shape (n_features, n_components), float32
        W'; only if `tied` is False.
    loss_curve_ : list of float
        Mean training loss of each epoch; each batch is measured before its step.
    validation_loss_curve_ : list of float
        Validation loss after each epoch; empty without `early_stopping`.
    best_epoch_ : int or None
        The epoch, counted from 1, whose weights were kept by `early_stopping`.
    n_iter_ : int
        Number of epochs that were finished.
    n_features_in_ : int
        Number of features seen in :meth:`fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, if `X` had names.

    Notes
    -----
    A float32 array in C order is used in place, without a copy. So is a uint8 array: it stays bytes, which are read as
    value / 255. Other arrays and data frames are converted to float32 once; sparse matrices become dense one batch at a time.
    Ctrl-C stops training with ``KeyboardInterrupt`` and leaves the estimator fitted with what it has learned so far; any other
    failure of `fit` leaves it unfitted.

    References
    ----------
    .. [1] P. Vincent, H. Larochelle, I. Lajoie, Y. Bengio, P.-A. Manzagol. Stacked denoising autoencoders. Journal of Machine
       Learning Research 11, 2010, 3371-3408.
    .. [2] S. Rifai, P. Vincent, X. Muller, X. Glorot, Y. Bengio. Contractive auto-encoders. ICML 2011.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from penstroke import DenoisingAutoencoder
    >>> X = load_digits().data / 16
    >>> model = DenoisingAutoencoder(n_components=40, corruption="gaussian:0.3", max_iter=10, random_state=0)
    >>> codes = model.fit_transform(X)
    >>> codes.shape, codes.dtype
    ((1797, 40), dtype('float32'))
    >>> model.inverse_transform(codes).shape
    (1797, 64)
    >>> model.loss_curve_[-1] < model.loss_curve_[0]
    True
    """

    components_: NDArray[np.float32]
    intercept_hidden_: NDArray[np.float32]
    intercept_visible_: NDArray[np.float32]
    decoder_components_: NDArray[np.float32]
    loss_curve_: list[float]
    validation_loss_curve_: list[float]
    best_epoch_: int | None
    n_iter_: int

    _phase = _parameters.AUTOENCODER

    def __init__(
        self,
        n_components: int = 500,
        *,
        corruption: str = "masking:0.25",
        activation: str = "sigmoid",
        decoder: str | None = None,
        tied: bool = True,
        loss: str = "squared",
        emphasis: tuple[float, float] | None = None,
        initialization: str = "glorot-sigmoid",
        optimizer: str = "adam",
        momentum: float = 0.0,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        learning_rate: float = 0.005,
        schedule: str = "linear",
        weight_decay: float = 0.0,
        l1: float = 0.0,
        contraction: float = 0.0,
        sparsity: str | None = None,
        batch_size: int | Literal["auto"] = "auto",
        max_iter: int | Literal["auto"] = "auto",
        tol: float | None = None,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        precision: str = "f32",
        instructions: str | None = None,
        image_shape: tuple[int, ...] | None = None,
        random_state: _parameters.RandomState = None,
        n_jobs: int | None = None,
        verbose: int = 0,
        callbacks: Callbacks = None,
    ) -> None:
        self.n_components = n_components
        self.corruption = corruption
        self.activation = activation
        self.decoder = decoder
        self.tied = tied
        self.loss = loss
        self.emphasis = emphasis
        self.initialization = initialization
        self.optimizer = optimizer
        self.momentum = momentum
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.weight_decay = weight_decay
        self.l1 = l1
        self.contraction = contraction
        self.sparsity = sparsity
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.tol = tol
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.precision = precision
        self.instructions = instructions
        self.image_shape = image_shape
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.callbacks = callbacks

    def fit(self, X: SamplesLike, y: object = None) -> Self:
        """Train from new weights.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Clean samples.
        y : ignored

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            If a parameter is out of range, or `X` holds values that are not finite.
        TypeError
            If a parameter has the wrong type.
        FloatingPointError
            If the loss becomes infinite or NaN; a lower learning rate prevents it.
        KeyboardInterrupt
            On Ctrl-C; the estimator is then fitted with what it has learned so far.
        """
        self._forget()
        return self._fit(X)

    def _fit(self, X: Any, **changes: Any) -> Self:
        seed, image = _parameters.seed(self.random_state), _parameters.image_shape(self.image_shape)
        (config,) = self._checked(seed, **changes)
        rows, names = self._rows(X, reset=True), self._phase.names
        model, raised = self._run(
            lambda threads, watch: Model.fit_autoencoder(config, names, rows, image, threads, watch), 1
        )
        return self._take(model, seed, raised)

    def partial_fit(self, X: SamplesLike, y: object = None) -> Self:
        """Train for one more epoch, with fresh corruption, from the current weights.

        Each call restarts the optimizer's state, the schedule and a changing corruption, and sets no samples aside. The first
        call fixes `decoder` and the extremes of salt and pepper from the range of its samples. A model file saved afterwards
        records one epoch. A call that fails or is interrupted changes nothing.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Clean samples.
        y : ignored

        Returns
        -------
        self : object
        """
        return self._partial_fit(X)

    def _learned(self, about: dict[str, Any], tensors: dict[str, NDArray[np.float32]]) -> None:
        history = about["layers"][0]["history"]
        self.components_ = tensors["encoder.weight"]
        self.intercept_hidden_ = tensors["encoder.bias"]
        self.intercept_visible_ = tensors["decoder.bias"]
        if "decoder.weight" in tensors:
            self.decoder_components_ = tensors["decoder.weight"]
        self.loss_curve_ = history["train_loss"]
        self.validation_loss_curve_ = history["valid_loss"]
        self.best_epoch_ = history.get("best_epoch")
        self.n_iter_ = len(self.loss_curve_)

    @classmethod
    def _of(cls, model: Model, about: dict[str, Any]) -> Self:
        config = about["layers"][0]["config"]
        estimator = cls(image_shape=_parameters.image_of(about), **cls._phase.parameters([config]))
        estimator.n_features_in_ = about["n_visible"]
        return estimator._take(model, config["seed"])
