"""A classifier that learns from many samples and few labels."""

import json
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin

from penstroke import _parameters, _samples
from penstroke._base import Estimator
from penstroke._labels import classes_of, labels_of, learn_labels, names_of
from penstroke._parameters import FINE_TUNING, PRETRAINING
from penstroke._penstroke import Model, check_fine_tuning, check_layers
from penstroke._samples import SamplesLike
from penstroke._watch import Callbacks


class DenoisingClassifier(ClassifierMixin, Estimator):
    """Classifier that is pretrained without labels as a stack of denoising autoencoders, then fine-tuned with labels.

    All samples train the hidden layers; the labelled samples then train the whole network with a softmax layer on top [1]_. A
    label of -1 marks a sample without a label, as in scikit-learn's semi-supervised estimators.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(100,)
        Hidden units of each layer, from the input upwards, each at least 1.
    corruption : str or list of str, default="masking:0.25"
        Corruption of the input of each layer in pretraining, as in :class:`DenoisingAutoencoder`.
    activation : {"sigmoid", "tanh", "relu", "linear"} or list of them, default="relu"
        Activation of the hidden units.
    decoder, loss : str, None or list
        Decoder and loss of pretraining, as in :class:`DenoisingAutoencoder`.
    tied : bool, default=True
        Whether decoders use the transposed weights of their encoders in pretraining.
    initialization : {"glorot-sigmoid", "glorot"}, default="glorot-sigmoid"
        Distribution of the initial weights.
    pretrain_max_iter : int or list of int, default=50
        Epochs of pretraining per layer; 0 skips pretraining.
    pretrain_learning_rate : float or list of float, default=0.002
        Learning rate of pretraining, above 0.
    fine_tuning_corruption : str, default="none"
        Corruption of the input during fine-tuning; ``"dropout:Q"`` is common.
    dropout : float, default=0.0
        Probability that a hidden unit is dropped during fine-tuning, at least 0 and below 1.
    max_norm : float or None, default=None
        Upper bound on the norm of a unit's incoming weights, above 0.
    label_smoothing : float, default=0.0
        Share of the target that is spread evenly over all classes, at least 0 and below 1.
    weight_decay : float, default=0.0
        Coefficient of the penalty on squared weights during fine-tuning, at least 0.
    optimizer : {"adam", "sgd"}, default="adam"
        Update rule of the weights, in pretraining and fine-tuning.
    momentum : float, default=0.0
        Momentum of ``"sgd"``, at least 0 and below 1.
    beta_1, beta_2 : float, default=0.9 and 0.999
        Decay rates of Adam's means of gradients and of squared gradients, at least 0 and below 1.
    epsilon : float, default=1e-8
        Constant that Adam adds to the root of the mean squared gradient, above 0.
    learning_rate : float, default=0.002
        Learning rate of fine-tuning, above 0.
    schedule : str, default="linear"
        Schedule of the learning rate during fine-tuning, as in :class:`DenoisingAutoencoder`.
    batch_size : int, default=32
        Samples per step, at least 1.
    max_iter : int, default=100
        Maximum number of epochs of fine-tuning, at least 1.
    early_stopping : bool, default=False
        Whether to set labelled samples aside for validation, keep the epoch with the fewest errors on them, and stop after
        `n_iter_no_change` epochs without a better one.
    validation_fraction : float, default=0.1
        Share of the labelled samples that `early_stopping` sets aside.
    n_iter_no_change : int, default=10
        Epochs without fewer errors after which fine-tuning stops.
    precision, image_shape, random_state, n_jobs, verbose, callbacks
        As in :class:`DenoisingAutoencoder`. A callback that stops training ends the pretraining of one layer, or fine-tuning,
        and `fit` continues.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The classes, sorted.
    coefs_ : list of ndarray of shape (n_in, n_out), float32
        Weights of each layer, from the input to the softmax layer, as in :class:`sklearn.neural_network.MLPClassifier`.
    intercepts_ : list of ndarray of shape (n_out,), float32
        Biases of each layer.
    loss_curve_ : list of float
        Mean training loss of each epoch of fine-tuning.
    validation_loss_curve_ : list of float
        Validation loss after each epoch of fine-tuning; empty without `early_stopping`.
    validation_error_curve_ : list of float
        Share of the validation samples that were misclassified after each epoch.
    best_epoch_ : int or None
        The epoch, counted from 1, whose weights were kept by `early_stopping`.
    n_iter_ : int
        Number of epochs of fine-tuning that were finished.
    n_features_in_ : int
        Number of features seen in :meth:`fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, if `X` had names.

    Notes
    -----
    `score` counts samples whose label is -1 as errors, so leave them out when you score.

    References
    ----------
    .. [1] P. Vincent, H. Larochelle, I. Lajoie, Y. Bengio, P.-A. Manzagol. Stacked denoising autoencoders. Journal of Machine
       Learning Research 11, 2010, 3371-3408, section 3.4.

    Examples
    --------
    A hundred labelled digits, and the rest without labels:

    >>> import numpy as np
    >>> from sklearn.datasets import load_digits
    >>> from penstroke import DenoisingClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> few = np.where(np.arange(len(y)) < 100, y, -1)
    >>> model = DenoisingClassifier((256,), learning_rate=0.005, random_state=0).fit(X / 16, few)
    >>> bool(model.score(X[100:] / 16, y[100:]) > 0.8)
    True
    """

    classes_: NDArray[Any]
    coefs_: list[NDArray[np.float32]]
    intercepts_: list[NDArray[np.float32]]
    loss_curve_: list[float]
    validation_loss_curve_: list[float]
    validation_error_curve_: list[float]
    best_epoch_: int | None
    n_iter_: int

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (100,),
        *,
        corruption: str | Sequence[str] = "masking:0.25",
        activation: str | Sequence[str] = "relu",
        decoder: str | None | Sequence[str | None] = None,
        loss: str | Sequence[str] = "squared",
        tied: bool = True,
        initialization: str = "glorot-sigmoid",
        pretrain_max_iter: int | Sequence[int] = 50,
        pretrain_learning_rate: float | Sequence[float] = 0.002,
        fine_tuning_corruption: str = "none",
        dropout: float = 0.0,
        max_norm: float | None = None,
        label_smoothing: float = 0.0,
        weight_decay: float = 0.0,
        optimizer: str = "adam",
        momentum: float = 0.0,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        learning_rate: float = 0.002,
        schedule: str = "linear",
        batch_size: int = 32,
        max_iter: int = 100,
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
        self.hidden_layer_sizes = hidden_layer_sizes
        self.corruption = corruption
        self.activation = activation
        self.decoder = decoder
        self.loss = loss
        self.tied = tied
        self.initialization = initialization
        self.pretrain_max_iter = pretrain_max_iter
        self.pretrain_learning_rate = pretrain_learning_rate
        self.fine_tuning_corruption = fine_tuning_corruption
        self.dropout = dropout
        self.max_norm = max_norm
        self.label_smoothing = label_smoothing
        self.weight_decay = weight_decay
        self.optimizer = optimizer
        self.momentum = momentum
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.precision = precision
        self.image_shape = image_shape
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.callbacks = callbacks

    def fit(self, X: SamplesLike, y: ArrayLike) -> Self:
        """Pretrain on all samples, then fine-tune on the labelled samples.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Clean samples.
        y : array-like of shape (n_samples,)
            Integers or strings, and -1 for samples without a label; mix -1 with strings in a list or an object array.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError, TypeError, FloatingPointError
            As in :meth:`DenoisingAutoencoder.fit`, and if there are fewer than two classes.
        KeyboardInterrupt
            On Ctrl-C. During fine-tuning the estimator is then fitted with the best epoch so far; before, it stays unfitted.
        """
        self._forget()
        seed, image = _parameters.seed(self.random_state), _parameters.image_shape(self.image_shape)
        configs, (tuning,) = self._pretraining(seed), FINE_TUNING.configs(self, seed)
        check_layers(configs, PRETRAINING.names)
        check_fine_tuning(tuning, FINE_TUNING.names)
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None; use -1 for samples without a label"
            )
        rows = self._rows(X, reset=True)
        classes, labelled, labels = learn_labels(labels_of(y), _samples.n_rows(rows))
        if self._pretrains():
            stack, raised = self._run(
                lambda threads, watch: Model.fit_stack(configs, None, PRETRAINING.names, rows, image, threads, watch),
                len(configs),
            )
            if raised is not None:
                raise raised
        else:
            stack = Model.initial_stack(configs, PRETRAINING.names, rows, image, self._threads())
        names = names_of(classes)
        model, raised = self._run(
            lambda threads, watch: stack.fine_tune(
                tuning, FINE_TUNING.names, rows, labelled, labels, names, len(classes), threads, watch
            ),
            len(configs),
            layer=0,
        )
        self.classes_ = classes
        return self._take(model, seed, raised)

    def _pretrains(self) -> bool:
        """Whether `fit` pretrains."""
        n = _parameters.n_layers(self)
        epochs = [_parameters.of_layer(self, "pretrain_max_iter", k, n) for k in range(n)]
        if 0 in epochs and any(epochs):
            raise ValueError("pretrain_max_iter: is 0 for some layers only; give 0 for all layers, or at least 1 for each")
        return any(epochs)

    def _pretraining(self, seed: int) -> list[str]:
        """The configurations of the hidden layers as JSON; without epochs if the layers keep their initial weights."""
        layers = PRETRAINING.options(self, seed)
        if not self._pretrains():
            for layer in layers:
                del layer["epochs"]
        return [json.dumps(layer) for layer in layers]

    def predict_proba(self, X: SamplesLike) -> NDArray[np.float32]:
        """Probabilities of the classes.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        P : ndarray of shape (n_samples, n_classes), float32
            Columns in the order of `classes_`; each row sums to 1.
        """
        return self._apply(self._fitted().probabilities, X, self._rows)

    def predict_log_proba(self, X: SamplesLike) -> NDArray[np.float32]:
        """Logarithms of the class probabilities.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        log_P : ndarray of shape (n_samples, n_classes), float32
        """
        probabilities = self.predict_proba(X)
        with np.errstate(divide="ignore"):
            return np.log(probabilities)

    def predict(self, X: SamplesLike) -> NDArray[Any]:
        """The most probable class of each sample; the first one of equally probable classes.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        y : ndarray of shape (n_samples,)
        """
        probabilities = self.predict_proba(X)
        return self.classes_[probabilities.argmax(axis=1)]

    def _learned(self, about: dict[str, Any], tensors: dict[str, NDArray[np.float32]]) -> None:
        history, n_layers = about["top"]["history"], len(about["n_hidden"]) + 1
        self.coefs_ = [tensors[f"layers.{k}.weight"].T for k in range(n_layers)]
        self.intercepts_ = [tensors[f"layers.{k}.bias"] for k in range(n_layers)]
        self.loss_curve_, self.validation_loss_curve_ = history["train_loss"], history["valid_loss"]
        self.validation_error_curve_ = history.get("valid_error", [])
        self.best_epoch_ = history.get("best_epoch")
        self.n_iter_ = len(self.loss_curve_)

    @classmethod
    def _of(cls, model: Model, about: dict[str, Any]) -> Self:
        config = about["top"]["config"]
        activations = [layer["activation"] for layer in document(model)["hidden"]]
        estimator = cls(
            tuple(about["n_hidden"]),
            activation=activations[0] if len(set(activations)) == 1 else activations,
            image_shape=_parameters.image_of(about),
            **FINE_TUNING.parameters([config]),
        )
        estimator.n_features_in_ = about["n_visible"]
        estimator.classes_ = classes_of(about["preparation"].get("classes", []), about["n_outputs"])
        return estimator._take(model, config["seed"])


def document(model: Model) -> dict[str, Any]:
    """The JSON document of the model file (docs/model-format.md)."""
    contents = model.to_bytes()
    header = json.loads(contents[8 : 8 + int.from_bytes(contents[:8], "little")])
    return json.loads(header["__metadata__"]["penstroke"])
