"""Base class of the estimators that are pretrained as a stack and then fine-tuned on answers."""

import json
from collections.abc import Sequence
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from penstroke import _parameters, _samples
from penstroke._base import Estimator, Training
from penstroke._parameters import PRETRAINING, Phase
from penstroke._penstroke import Model, check_fine_tuning, check_layers
from penstroke._watch import Callbacks

# The options of one epoch of `partial_fit`.
ONCE = {"epochs": 1, "valid": 0.0, "patience": None, "schedule": "constant"}


class Supervised(Estimator):
    """A stack of denoising autoencoders under a layer that predicts."""

    # The options of fine-tuning.
    _phase: Phase

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
        pretrain_max_iter: int | Sequence[int] | Literal["auto"] = "auto",
        pretrain_learning_rate: float | Sequence[float] = 0.005,
        fine_tuning_corruption: str = "none",
        dropout: float = 0.0,
        max_norm: float | None = None,
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
        self.instructions = instructions
        self.image_shape = image_shape
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.callbacks = callbacks

    def _checked(self, seed: int, **changes: Any) -> str:
        """The configuration of fine-tuning as JSON, after every check that needs no samples."""
        (tuning,) = self._phase.configs(self, seed, **changes)
        check_fine_tuning(tuning, self._phase.names)
        return tuning

    def _pretrained(
        self, configs: list[str], rows: _samples.Samples, weights: NDArray[np.float32] | None
    ) -> tuple[Model, BaseException | None]:
        """A stack for these samples, pretrained if there are epochs for that."""
        image = _parameters.image_shape(self.image_shape)
        if not self._pretrains():
            return Model.initial_stack(configs, PRETRAINING.names, rows, image, self._threads()), None
        counting = counted(weights)
        return self._run(
            lambda threads, watch: Model.fit_stack(
                configs, None, PRETRAINING.names, rows, image, counting, threads, watch
            ),
            len(configs),
        )

    def _fine_tuned(self, train: Training, seed: int) -> Self:
        """The estimator after the training of all layers."""
        model, raised = self._run(train, _parameters.n_layers(self), layer=0)
        return self._take(model, seed, raised)

    def _continued(self, train: Training, seed: int) -> Self:
        """The estimator after one more epoch; an interruption changes nothing."""
        before = self._model if hasattr(self, "_model") else None
        model, raised = self._run(train, _parameters.n_layers(self), layer=0)
        if before is None and raised is not None:
            raise raised
        return self._take(model if raised is None or before is None else before, seed, raised)

    def _start(self, rows: _samples.Samples, seed: int) -> Model:
        """The model that `partial_fit` continues; before the first call, a stack with its initial weights."""
        if hasattr(self, "_model"):
            return self._model
        configs = [json.dumps(layer) for layer in self._untrained(seed)]
        image = _parameters.image_shape(self.image_shape)
        return Model.initial_stack(configs, PRETRAINING.names, rows, image, self._threads())

    def _pretrains(self) -> bool:
        """Whether `fit` pretrains."""
        n = _parameters.n_layers(self)
        epochs = [_parameters.of_layer(self, "pretrain_max_iter", k, n) for k in range(n)]
        # None stands for "auto".
        trained = [number != 0 for number in epochs]
        if any(trained) and not all(trained):
            raise ValueError("pretrain_max_iter: is 0 for some layers only; give 0 for all layers, or at least 1 for each")
        return any(trained)

    def _pretraining(self, seed: int) -> list[str]:
        """The configurations of the hidden layers as JSON; without epochs if the layers keep their initial weights."""
        layers = PRETRAINING.options(self, seed) if self._pretrains() else self._untrained(seed)
        configs = [json.dumps(layer) for layer in layers]
        check_layers(configs, PRETRAINING.names)
        return configs

    def _untrained(self, seed: int) -> list[dict[str, Any]]:
        layers = PRETRAINING.options(self, seed)
        for layer in layers:
            del layer["epochs"]
        return layers

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
            **cls._phase.parameters([config]),
        )
        estimator.n_features_in_ = about["n_visible"]
        return estimator._take(model, config["seed"])


def counted(weights: NDArray[np.float32] | None) -> tuple[NDArray[np.uint32], NDArray[np.float32]] | None:
    """The samples that do not have weight 0, by their indices, and their weights."""
    if weights is None:
        return None
    counting = np.flatnonzero(weights)
    return counting.astype(np.uint32), weights[counting]


def document(model: Model) -> dict[str, Any]:
    """The JSON document of the model file (docs/model-format.md)."""
    contents = model.to_bytes()
    header = json.loads(contents[8 : 8 + int.from_bytes(contents[:8], "little")])
    document: dict[str, Any] = json.loads(header["__metadata__"]["penstroke"])
    return document
