"""Several hidden layers."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from penstroke import _parameters
from penstroke._base import Autoencoder
from penstroke._penstroke import Model
from penstroke._samples import SamplesLike
from penstroke._watch import Callbacks


class Layer(NamedTuple):
    """One trained layer of a stack.

    Attributes
    ----------
    components : ndarray of shape (units, units of the layer below), float32
        Weights of the encoder.
    intercept_hidden, intercept_visible : ndarray, float32
        Biases of the encoder and the decoder.
    decoder_components : ndarray of shape (units of the layer below, units), float32
        Weights of the decoder; if `tied`, the transposed weights of the encoder.
    loss_curve, validation_loss_curve : list of float
        As in :class:`DenoisingAutoencoder`; losses of different layers cannot be compared.
    """

    components: NDArray[np.float32]
    intercept_hidden: NDArray[np.float32]
    intercept_visible: NDArray[np.float32]
    decoder_components: NDArray[np.float32]
    loss_curve: list[float]
    validation_loss_curve: list[float]


class StackedDenoisingAutoencoder(Autoencoder):
    """Stack of denoising autoencoders, trained layer by layer.

    Each layer is trained like a :class:`DenoisingAutoencoder` on the clean codes of the layers below, and corrupts its own
    input [1]_. :meth:`transform` returns the codes of the top layer; :meth:`inverse_transform` and :meth:`reconstruct` pass
    back down through all layers.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(100, 100)
        Hidden units of each layer, from the input upwards, each at least 1.
    corruption, activation, decoder, loss, learning_rate, schedule, max_iter : default as in DenoisingAutoencoder
        One value for all layers, or a list or array with one value per layer.
    end_to_end_max_iter : int, default=0
        Epochs of training all layers together afterwards: the input is corrupted as for the first layer, and the output of
        the last decoder is compared with the clean input. The other parameters, such as `learning_rate`, are those of the
        first layer.
    tied, emphasis, initialization, optimizer, momentum, beta_1, beta_2, epsilon, weight_decay, l1, contraction, sparsity, batch_size, tol, \
early_stopping, validation_fraction, n_iter_no_change, precision, instructions, image_shape, random_state, n_jobs, verbose, callbacks
        As in :class:`DenoisingAutoencoder`. A callback that stops training ends one layer, and the next begins. Layer k,
        counted from 0, draws its random numbers from the seed plus k.

    Attributes
    ----------
    components_ : ndarray of shape (hidden_layer_sizes[0], n_features), float32
        Weights of the first layer.
    intercept_hidden_, intercept_visible_ : ndarray, float32
        Biases of the first layer.
    layers_ : list of Layer
        All layers, from the input upwards.
    loss_curve_ : list of float
        Training losses of the top layer; `layers_` has the losses of every layer.
    end_to_end_loss_curve_ : list of float
        Training losses of all layers together.
    n_iter_ : int
        Largest number of epochs that a layer was trained for.
    n_features_in_ : int
        Number of features seen in :meth:`fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, if `X` had names.

    References
    ----------
    .. [1] P. Vincent, H. Larochelle, I. Lajoie, Y. Bengio, P.-A. Manzagol. Stacked denoising autoencoders. Journal of Machine
       Learning Research 11, 2010, 3371-3408.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from penstroke import StackedDenoisingAutoencoder
    >>> X = load_digits().data / 16
    >>> stack = StackedDenoisingAutoencoder(
    ...     (50, 20), corruption=["masking:0.1", "masking:0.2"], max_iter=5, random_state=0
    ... ).fit(X)
    >>> stack.transform(X).shape
    (1797, 20)
    >>> [layer.components.shape for layer in stack.layers_]
    [(50, 64), (20, 50)]
    """

    components_: NDArray[np.float32]
    intercept_hidden_: NDArray[np.float32]
    intercept_visible_: NDArray[np.float32]
    layers_: list[Layer]
    loss_curve_: list[float]
    end_to_end_loss_curve_: list[float]
    n_iter_: int

    _phase = _parameters.STACK

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (100, 100),
        *,
        corruption: str | Sequence[str] = "masking:0.25",
        activation: str | Sequence[str] = "sigmoid",
        decoder: str | None | Sequence[str | None] = None,
        tied: bool = True,
        loss: str | Sequence[str] = "squared",
        emphasis: tuple[float, float] | None = None,
        initialization: str = "glorot-sigmoid",
        optimizer: str = "adam",
        momentum: float = 0.0,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        learning_rate: float | Sequence[float] = 0.005,
        schedule: str | Sequence[str] = "linear",
        weight_decay: float = 0.0,
        l1: float = 0.0,
        contraction: float = 0.0,
        sparsity: str | None = None,
        batch_size: int | Literal["auto"] = "auto",
        max_iter: int | Sequence[int] | Literal["auto"] = "auto",
        end_to_end_max_iter: int = 0,
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
        self.hidden_layer_sizes = hidden_layer_sizes
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
        self.end_to_end_max_iter = end_to_end_max_iter
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
        """Train all layers from new weights.

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
        ValueError, TypeError, FloatingPointError
            As in :meth:`DenoisingAutoencoder.fit`.
        KeyboardInterrupt
            On Ctrl-C; the estimator is then fitted, and its top layer is the one that was being trained.
        """
        self._forget()
        return self._fit(X, _parameters.checked(self, "end_to_end_max_iter"))

    def _fit(self, X: Any, end_to_end: int = 0, **changes: Any) -> Self:
        seed, image = _parameters.seed(self.random_state), _parameters.image_shape(self.image_shape)
        configs, names = self._checked(seed, **changes), self._phase.names
        together = self._phase.configs(self, seed, epochs=end_to_end)[0] if end_to_end else None
        rows = self._rows(X, reset=True)
        model, raised = self._run(
            lambda threads, watch: Model.fit_stack(configs, together, names, rows, image, None, threads, watch), len(configs)
        )
        return self._take(model, seed, raised)

    def partial_fit(self, X: SamplesLike, y: object = None) -> Self:
        """Train each layer for one more epoch, from the input upwards, with fresh corruption.

        It works like :meth:`DenoisingAutoencoder.partial_fit`. If `hidden_layer_sizes` has more layers than the stack, because
        `fit` was interrupted or layers were added, the missing layers are started.

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
        def layer(k: int, history: dict[str, list[float]]) -> Layer:
            encoder, hidden, visible = (
                tensors[f"layers.{k}.{name}"] for name in ("encoder.weight", "encoder.bias", "decoder.bias")
            )
            decoder = tensors.get(f"layers.{k}.decoder.weight", encoder.T)
            return Layer(encoder, hidden, visible, decoder, history["train_loss"], history["valid_loss"])

        self.layers_ = [layer(k, each["history"]) for k, each in enumerate(about["layers"])]
        self.components_, self.intercept_hidden_, self.intercept_visible_ = self.layers_[0][:3]
        self.loss_curve_ = self.layers_[-1].loss_curve
        self.end_to_end_loss_curve_ = about["top"]["history"]["train_loss"]
        self.n_iter_ = max(len(layer.loss_curve) for layer in self.layers_)

    @classmethod
    def _of(cls, model: Model, about: dict[str, Any]) -> Self:
        configs = [layer["config"] for layer in about["layers"]]
        estimator = cls(
            end_to_end_max_iter=len(about["top"]["history"]["train_loss"]),
            image_shape=_parameters.image_of(about),
            **cls._phase.parameters(configs),
        )
        estimator.n_features_in_ = about["n_visible"]
        return estimator._take(model, configs[0]["seed"])
