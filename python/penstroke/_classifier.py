"""A classifier that learns from many samples and few labels."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin

from penstroke import _parameters, _samples
from penstroke._labels import class_weights, classes_of, known_classes, labels_of, learn_labels, names_of
from penstroke._parameters import CLASSIFICATION
from penstroke._penstroke import Model, learn_classes
from penstroke._samples import SamplesLike
from penstroke._supervised import ONCE, Supervised
from penstroke._watch import Callbacks, Watch


class DenoisingClassifier(ClassifierMixin, Supervised):
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
    pretrain_max_iter : int, list of int or "auto", default="auto"
        Epochs of pretraining per layer; 0 skips pretraining, ``"auto"`` as in :class:`DenoisingAutoencoder`.
    pretrain_learning_rate : float or list of float, default=0.005
        Learning rate of pretraining, above 0.
    fine_tuning_corruption : str, default="none"
        Corruption of the input during fine-tuning; ``"dropout:Q"`` is common.
    dropout : float, default=0.0
        Probability that a hidden unit is dropped during fine-tuning, at least 0 and below 1.
    max_norm : float or None, default=None
        Upper bound on the norm of a unit's incoming weights, above 0.
    label_smoothing : float, default=0.0
        Share of the target that is spread evenly over all classes, at least 0 and below 1.
    class_weight : dict, "balanced" or None, default=None
        Factor of each class in the loss of fine-tuning and in the validation error: a dict from classes to numbers of at least
        0, of which missing classes have 1, or ``"balanced"``, ``n / (n_classes * count)``. Only ratios matter.
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
    learning_rate : float, default=0.001
        Learning rate of fine-tuning, above 0.
    schedule : str, default="linear"
        Schedule of the learning rate during fine-tuning, as in :class:`DenoisingAutoencoder`.
    batch_size : int or "auto", default="auto"
        Samples per step, at least 1; ``"auto"`` as in :class:`DenoisingAutoencoder`.
    max_iter : int or "auto", default="auto"
        Maximum number of epochs of fine-tuning, at least 1; ``"auto"`` as in :class:`DenoisingAutoencoder`.
    early_stopping : bool, default=False
        Whether to set labelled samples aside for validation, keep the epoch with the fewest errors on them, and stop after
        `n_iter_no_change` epochs without a better one.
    validation_fraction : float, default=0.1
        Share of the labelled samples that `early_stopping` sets aside.
    n_iter_no_change : int, default=10
        Epochs without fewer errors after which fine-tuning stops.
    precision, instructions, image_shape, random_state, n_jobs, verbose, callbacks
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

    _phase = CLASSIFICATION

    classes_: NDArray[Any]

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
        pretrain_max_iter: int | Sequence[int] | Literal["auto"] = "auto",
        pretrain_learning_rate: float | Sequence[float] = 0.005,
        fine_tuning_corruption: str = "none",
        dropout: float = 0.0,
        max_norm: float | None = None,
        label_smoothing: float = 0.0,
        class_weight: Mapping[Any, float] | str | None = None,
        weight_decay: float = 0.0,
        optimizer: str = "adam",
        momentum: float = 0.0,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        learning_rate: float = 0.001,
        schedule: str = "linear",
        batch_size: int | Literal["auto"] = "auto",
        max_iter: int | Literal["auto"] = "auto",
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
        super().__init__(
            hidden_layer_sizes,
            corruption=corruption,
            activation=activation,
            decoder=decoder,
            loss=loss,
            tied=tied,
            initialization=initialization,
            pretrain_max_iter=pretrain_max_iter,
            pretrain_learning_rate=pretrain_learning_rate,
            fine_tuning_corruption=fine_tuning_corruption,
            dropout=dropout,
            max_norm=max_norm,
            weight_decay=weight_decay,
            optimizer=optimizer,
            momentum=momentum,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            learning_rate=learning_rate,
            schedule=schedule,
            batch_size=batch_size,
            max_iter=max_iter,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            n_iter_no_change=n_iter_no_change,
            precision=precision,
            instructions=instructions,
            image_shape=image_shape,
            random_state=random_state,
            n_jobs=n_jobs,
            verbose=verbose,
            callbacks=callbacks,
        )
        self.label_smoothing = label_smoothing
        self.class_weight = class_weight

    def fit(self, X: SamplesLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Pretrain on all samples, then fine-tune on the labelled samples.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Clean samples.
        y : array-like of shape (n_samples,)
            Integers or strings, and -1 for samples without a label; mix -1 with strings in a list or an object array.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Factor of each sample's loss, at least 0, in pretraining, fine-tuning and validation. Losses are weighted means, so
            only ratios matter: a weight of 2 counts as two copies, 0 as a sample that is not there.

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
        seed = _parameters.seed(self.random_state)
        _parameters.image_shape(self.image_shape)
        configs = self._pretraining(seed)
        self._checked(seed)
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None; use -1 for samples without a label"
            )
        rows = self._rows(X, reset=True)
        n = _samples.n_rows(rows)
        weights = _samples.weights(sample_weight, n)
        classes, labelled, labels = learn_labels(labels_of(y), n)
        tuning = self._checked(seed, **class_weights(self.class_weight, classes))
        stack, raised = self._pretrained(configs, rows, weights)
        if raised is not None:
            raise raised
        self.classes_ = classes
        return self._fine_tuned(self._learning(stack, tuning, rows, (labelled, labels, weights)), seed)

    def partial_fit(
        self,
        X: SamplesLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Train all layers for one epoch at a constant learning rate, without pretraining and without validation samples.

        The first call starts with initial weights. A call after :meth:`fit` continues the model, whose pretraining helps if
        there are few labels.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Clean samples.
        y : array-like of shape (n_samples,)
            Labels as in :meth:`fit`; samples of label -1 are left out.
        classes : array-like of shape (n_classes,) or None, default=None
            All classes; needed in the first call, unless :meth:`fit` came before.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            As in :meth:`fit`.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError, TypeError, FloatingPointError
            As in :meth:`fit`, and if a label is not among the classes, or ``class_weight`` is ``"balanced"``, which needs all
            samples.
        KeyboardInterrupt
            On Ctrl-C; then nothing changes.
        """
        fitted = hasattr(self, "_model")
        all_classes = known_classes(classes, self.classes_ if fitted else None)
        if isinstance(self.class_weight, str):
            raise ValueError(
                "class_weight: 'balanced' needs all samples, which partial_fit does not see; give a dict of numbers, for instance "
                "from sklearn.utils.class_weight.compute_class_weight"
            )
        if not fitted:
            self._forget()
        seed = self._seed if fitted else _parameters.seed(self.random_state)
        tuning = self._checked(seed, **ONCE, **class_weights(self.class_weight, all_classes))
        rows = self._rows(X, reset=not fitted)
        n = _samples.n_rows(rows)
        weights = _samples.weights(sample_weight, n)
        _, labelled, labels = learn_labels(labels_of(y), n, all_classes)
        start = self._start(rows, seed)
        self.classes_ = all_classes
        return self._continued(self._learning(start, tuning, rows, (labelled, labels, weights)), seed)

    def _learning(
        self,
        start: Model,
        tuning: str,
        rows: _samples.Samples,
        answers: tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.float32] | None],
    ) -> Any:
        """A training that begins with a stack or a classifier: on the samples at these indices, with labels and weights."""
        labelled, labels, weights = answers
        of_labelled = None if weights is None else weights[labelled]
        if of_labelled is not None and not of_labelled.any():
            raise ValueError("sample_weight: all labelled samples have weight 0; at least one above 0 is needed")
        names, n_classes = names_of(self.classes_), len(self.classes_)

        def train(threads: int, watch: Watch | None) -> tuple[Model, BaseException | None]:
            return learn_classes(
                start, tuning, self._phase.names, rows, labelled, labels, of_labelled, names, n_classes, threads, watch
            )

        return train

    def decision_function(self, X: SamplesLike) -> NDArray[np.float32]:
        """Logits of the classes, whose softmax :meth:`predict_proba` returns.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        scores : ndarray of shape (n_samples, n_classes), or (n_samples,) for two classes, float32
            Of two classes the logit of the second minus that of the first, so a score above 0 predicts the second.
        """
        logits = self._apply(self._fitted().logits, X, self._rows)
        return logits[:, 1] - logits[:, 0] if logits.shape[1] == 2 else logits

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

    @classmethod
    def _of(cls, model: Model, about: dict[str, Any]) -> Self:
        estimator = super()._of(model, about)
        estimator.classes_ = classes_of(about["preparation"].get("classes", []), about["n_outputs"])
        weights = about["top"]["config"].get("class_weight")
        if weights is not None and weights != "balanced":
            weights = dict(zip(estimator.classes_.tolist(), map(float, weights.split(",")), strict=True))
        estimator.class_weight = weights
        return estimator
