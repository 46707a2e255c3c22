"""One hidden layer."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from penstroke import _parameters
from penstroke._base import Autoencoder
from penstroke._penstroke import Model
from penstroke._samples import SamplesLike
from penstroke._watch import Callbacks


class DenoisingAutoencoder(Autoencoder):
    """Denoising autoencoder of one hidden layer.

    Every sample is corrupted afresh each time it is presented, and the network learns to restore the original [1]_:

    .. code-block:: text

        code         = s(W x_corrupted + b)
        restored     = r(W' code + c)               W' = W.T when tied
        loss         = sum over features of (restored - x_clean)²

    Afterwards samples are taken as they are. The result is a function of the data, the parameters and `random_state`: neither
    the number of threads nor the way data are handed over changes a bit of it.

    Parameters
    ----------
    n_components : int, default=100
        Number of hidden units, at least 1.
    corruption : str, default="masking:0.25"
        Damage to the input while training: ``"none"``, ``"masking:Q"`` (zeros with probability Q), ``"masking-exact:Q"`` (a
        share Q of zeros), ``"gaussian:S"`` (noise of standard deviation S, in the data's units), ``"salt-and-pepper:Q"`` (the
        data's extremes with probability Q), ``"dropout:Q"`` (as masking, with what is left divided by 1 - Q). Joined by
        ``+`` they apply one after another; ``"masking:0.5->0.1"`` moves from the first epoch to the last.
    activation : {"sigmoid", "tanh", "relu", "linear"}, default="sigmoid"
        Of the hidden units.
    decoder : {"sigmoid", "tanh", "relu", "linear"} or None, default=None
        Activation of the reconstruction; None is sigmoid for data within 0..1 and linear otherwise.
    tied : bool, default=True
        Whether the decoder uses the transposed weights of the encoder.
    loss : {"squared", "cross-entropy"}, default="squared"
        What training lowers, summed over features. Cross-entropy is for data within 0..1.
    emphasis : pair of float or None, default=None
        Weights in the loss of corrupted and of other components, each at least 0 and not both; None: all count alike.
    initialization : {"glorot-sigmoid", "glorot"}, default="glorot-sigmoid"
        How the first weights are drawn.
    optimizer : {"adam", "sgd"}, default="adam"
        Rule that changes the weights.
    momentum : float, default=0.0
        Of ``"sgd"``, in 0..1, 1 excluded.
    learning_rate : float, default=0.002
        Above 0.
    schedule : str, default="constant"
        Course of the learning rate: ``"constant"``, ``"linear"`` or ``"cosine"``, each with ``:HOLD`` or ``:HOLD:WARM-UP``,
        shares of all steps.
    weight_decay, l1, contraction : float, default=0.0
        Weights of the penalties on squared weights, on their magnitudes, and on the slope of the code [2]_, each at least 0.
    sparsity : str or None, default=None
        ``"0.05:0.1"`` wants a mean output of 0.05 of the hidden units, with weight 0.1.
    batch_size : int, default=128
        Samples in a step, at least 1.
    max_iter : int, default=100
        How often every sample is presented at most, at least 1.
    tol : float or None, default=1e-4
        Training ends when the loss has not fallen by more than this for `n_iter_no_change` epochs; None: it goes on to
        `max_iter`, unless `early_stopping`.
    early_stopping : bool, default=False
        Whether to set samples aside, to hold on to the epoch of the lowest loss on them, and to judge by that loss when to end.
    validation_fraction : float, default=0.1
        Share of the samples that `early_stopping` sets aside.
    n_iter_no_change : int, default=10
        Epochs without gain after which training ends.
    precision : {"f32", "bf16"}, default="f32"
        What the products of training are computed in, ``"bf16"`` where the processor has it.
    image_shape : tuple of int or None, default=None
        ``(height, width)`` or ``(height, width, channels)`` of a sample that is a picture, for displays and the model file.
    random_state : int, RandomState instance or None, default=None
        Of everything random. An int is the command line's ``--seed``.
    n_jobs : int or None, default=None
        Number of threads; None: as many as ``OMP_NUM_THREADS`` says, else one for every processor, as -1. The result does not
        depend on it.
    verbose : int, default=0
        1 shows a progress bar, 2 a line an epoch, on standard error.
    callbacks : callable, list of callable or None, default=None
        Each is called with an :class:`Event` after every epoch; an answer that is true ends the training that is running, and
        what was learned is kept. An exception ends all, as Ctrl-C does.

    Attributes
    ----------
    components_ : ndarray of shape (n_components, n_features), float32
        W. Row i, divided by its norm, is the input of norm 1 that excites hidden unit i most: its filter. As all that is
        learned it cannot be written to.
    intercept_hidden_ : ndarray of shape (n_components,), float32
        b.
    intercept_visible_ : ndarray of shape (n_features,), float32
        c.
    decoder_components_ : ndarray of shape (n_features, n_components), float32
        W' where `tied` is false.
    loss_curve_ : list of float
        Mean training loss of every epoch, each batch measured before its step.
    validation_loss_curve_ : list of float
        Loss on the samples set aside after every epoch; empty if there are none.
    best_epoch_ : int or None
        The epoch, from 1, whose weights were kept, where `early_stopping` chose one.
    n_iter_ : int
        Epochs that were finished.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Where `X` had names.

    Notes
    -----
    float32 in C order is used where it lies, without a copy, and so is an array of uint8, which stays bytes and is read as
    value / 255; everything else, columns of a frame among it, is converted to float32 once, and rows of a sparse matrix a batch
    at a time. Ctrl-C ends training with ``KeyboardInterrupt`` and leaves the estimator fitted with what it had learned until
    then; any other failure of `fit` leaves it unfitted.

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

    _names = {"hidden": "n_components"}

    def __init__(
        self,
        n_components: int = 100,
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
        learning_rate: float = 0.002,
        schedule: str = "constant",
        weight_decay: float = 0.0,
        l1: float = 0.0,
        contraction: float = 0.0,
        sparsity: str | None = None,
        batch_size: int = 128,
        max_iter: int = 100,
        tol: float | None = 1e-4,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        precision: str = "f32",
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
        self.image_shape = image_shape
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.callbacks = callbacks

    def fit(self, X: SamplesLike, y: object = None) -> Self:
        """Train on samples from new weights.

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
            If a parameter is out of its range, or `X` holds values that are not finite.
        TypeError
            If a parameter is of the wrong type.
        FloatingPointError
            If the loss leaves the finite numbers; a lower learning rate prevents it.
        KeyboardInterrupt
            On Ctrl-C; the estimator is fitted then, with what it had learned.
        """
        self._forget()
        return self._fit(X)

    def _fit(self, X: Any, **changes: Any) -> Self:
        seed, image = _parameters.seed(self.random_state), _parameters.image_shape(self.image_shape)
        (config,) = self._checked(seed, **changes)
        rows = self._rows(X, reset=True)
        trained = self._run(
            lambda threads, told: Model.fit_autoencoder(config, rows, image, threads, told), 1, self._names
        )
        return self._take(trained[0], seed, trained[1])

    def partial_fit(self, X: SamplesLike, y: object = None) -> Self:
        """Present samples once more, with fresh corruption, on from the weights as they are.

        The optimizer's memory, the schedule and a corruption that moves begin anew with each call, and nothing is set aside. The
        first call fixes `decoder` and the extremes of salt and pepper by the range of its samples. A model file that is written
        afterwards tells of one epoch. A call that fails or is interrupted changes nothing.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
        y : ignored

        Returns
        -------
        self : object
        """
        return self._partial_fit(X)

    def _configs(self, seed: int, **changes: Any) -> list[str]:
        hidden = _parameters.integer("n_components", self.n_components)
        return [_parameters.autoencoder(self, seed, hidden, **changes)]

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
        estimator = cls(config["hidden"], image_shape=_parameters.image_of(about), **_parameters.of_config(config))
        estimator.n_features_in_ = about["n_visible"]
        return estimator._take(model, config["seed"])
