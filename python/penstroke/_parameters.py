"""The parameters of the estimators: their types, and the library options that they set."""

import functools
import json
import math
import numbers
import os
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import joblib
import numpy as np
from sklearn.utils import check_random_state

RandomState: TypeAlias = int | np.random.RandomState | None

# Checks the value of a named parameter and converts it for the library.
Check: TypeAlias = Callable[[str, Any], Any]


def integer(name: str, value: Any, least: int = 0) -> int:
    """An integer of at least `least` and below 2**64."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name}: {value!r} is not an integer")
    if value < least:
        raise ValueError(f"{name}: {value} is below {least}")
    if value >= 2**64:
        raise ValueError(f"{name}: {value} is not below 2**64")
    return int(value)


def real(name: str, value: Any) -> float:
    """A finite number; the library checks its range."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name}: {value!r} is not a number")
    if not math.isfinite(value):
        raise ValueError(f"{name}: {value} is not a finite number")
    return float(value)


def word(name: str, value: Any) -> str:
    """A string; the library checks its content."""
    if not isinstance(value, str):
        raise TypeError(f"{name}: {value!r} is not a string")
    return str(value)


def truth(name: str, value: Any) -> bool:
    """True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}: {value!r} is neither True nor False")
    return bool(value)


def pair(name: str, value: Any) -> list[float]:
    """Two numbers."""
    try:
        first, second = value
    except (TypeError, ValueError):
        raise TypeError(f"{name}: {value!r} is not a pair of numbers") from None
    return [real(name, first), real(name, second)]


def optional(check: Check) -> Check:
    """None, or a value that passes `check`."""
    return lambda name, value: None if value is None else check(name, value)


def auto(check: Check) -> Check:
    """"auto", which the library knows as null, or a value that passes `check`."""
    return lambda name, value: None if isinstance(value, str) and value == "auto" else check(name, value)


class Kind(NamedTuple):
    """The values that a parameter takes."""

    check: Check
    # Whether an estimator of several layers also takes a list with one value per layer.
    per_layer: bool = False


COUNT = functools.partial(integer, least=1)

KINDS = {
    "activation": Kind(word, per_layer=True),
    "batch_size": Kind(auto(COUNT)),
    "beta_1": Kind(real),
    "beta_2": Kind(real),
    "contraction": Kind(real),
    "corruption": Kind(word, per_layer=True),
    "decoder": Kind(optional(word), per_layer=True),
    "dropout": Kind(real),
    "early_stopping": Kind(truth),
    "emphasis": Kind(optional(pair)),
    "epsilon": Kind(real),
    "end_to_end_max_iter": Kind(integer),
    "fine_tuning_corruption": Kind(word),
    "hidden_layer_sizes": Kind(COUNT, per_layer=True),
    "initialization": Kind(word),
    "instructions": Kind(optional(word)),
    "l1": Kind(real),
    "label_smoothing": Kind(real),
    "learning_rate": Kind(real, per_layer=True),
    "loss": Kind(word, per_layer=True),
    "max_iter": Kind(auto(COUNT), per_layer=True),
    "max_norm": Kind(optional(real)),
    "momentum": Kind(real),
    "n_components": Kind(COUNT),
    "n_iter_no_change": Kind(COUNT),
    "optimizer": Kind(word),
    "precision": Kind(word),
    "pretrain_learning_rate": Kind(real, per_layer=True),
    "pretrain_max_iter": Kind(auto(integer), per_layer=True),
    "schedule": Kind(word, per_layer=True),
    "sparsity": Kind(optional(word)),
    "tied": Kind(truth),
    "tol": Kind(optional(real)),
    "validation_fraction": Kind(real),
    "weight_decay": Kind(real),
}


def checked(estimator: Any, name: str) -> Any:
    """A parameter of an estimator that has one value for all layers."""
    return KINDS[name].check(name, getattr(estimator, name))


def is_list(value: Any) -> bool:
    """Whether a value holds one value per layer."""
    return isinstance(value, (list, tuple, np.ndarray)) and np.ndim(value) > 0


def sizes(estimator: Any) -> list[int]:
    """The hidden layers of an estimator of tables, which may be one number."""
    given = estimator.hidden_layer_sizes
    layers: Any = given if is_list(given) else [given]
    return [integer("hidden_layer_sizes", size, 1) for size in layers]


def n_layers(estimator: Any) -> int:
    """Number of hidden layers in `hidden_layer_sizes`."""
    sizes = estimator.hidden_layer_sizes
    if not is_list(sizes):
        return 1
    if len(sizes) == 0:
        raise ValueError("hidden_layer_sizes: is empty; at least one layer is needed")
    return len(sizes)


def of_layer(estimator: Any, name: str, k: int, n: int) -> Any:
    """A parameter for layer `k` of `n`."""
    value, kind = getattr(estimator, name), KINDS[name]
    if kind.per_layer and is_list(value):
        if len(value) != n:
            values, layers = (f"{m} {thing}{'' if m == 1 else 's'}" for m, thing in [(len(value), "value"), (n, "layer")])
            raise ValueError(f"{name}: {values} for {layers}; give one value for all layers, or one per layer")
        value = value[k]
    return kind.check(name, value)


# Adam's parameters and their defaults.
ADAM = {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}


# Options that are not the value of one parameter.
SET_APART = ("class_weight", "layers", "patience", "seed", "tolerance", "valid")


class Phase:
    """A training of an estimator: which parameter sets which option of the library.

    The options `valid`, `patience` and `tolerance` are set together by `early_stopping`, `tol` and the parameters named here,
    `seed` is drawn from `random_state`, and `class_weight` needs the classes.
    """

    def __init__(self, *same: str, **renamed: str) -> None:
        # The parameter of each option; the library needs it to name parameters in errors.
        self.names = {name: name for name in same} | renamed | {"seed": "random_state"}
        if "hidden_layer_sizes" in self.names.values():
            self.names["layers"] = "hidden_layer_sizes"
        self.plain = {
            option: name for option, name in self.names.items() if option not in SET_APART
        }
        self.in_layers = self.names.get("hidden") == "hidden_layer_sizes"

    def options(self, estimator: Any, seed: int, **changes: Any) -> list[dict[str, Any]]:
        """The options of each layer, or of the whole network, from the parameters of an estimator."""
        once = {"seed": seed, **self.stopping(estimator), **changes}
        if not self.in_layers:
            layers = [{option: checked(estimator, name) for option, name in self.plain.items()}]
        else:
            n = n_layers(estimator)
            layers = [{option: of_layer(estimator, name, k, n) for option, name in self.plain.items()} for k in range(n)]
        # The library refuses Adam's parameters with SGD, so their defaults are left out.
        usual = ADAM | {"instructions": None}
        return [
            {option: value for option, value in layer.items() if option not in usual or usual[option] != value} | once
            for layer in layers
        ]

    def configs(self, estimator: Any, seed: int, **changes: Any) -> list[str]:
        """The options as JSON."""
        return [json.dumps(options) for options in self.options(estimator, seed, **changes)]

    def stopping(self, estimator: Any) -> dict[str, Any]:
        """The options that set samples aside and stop training early."""
        if "valid" not in self.names:
            return {"valid": 0.0}
        early, fraction = checked(estimator, "early_stopping"), checked(estimator, "validation_fraction")
        tol = checked(estimator, "tol") if "tolerance" in self.names else None
        patience = checked(estimator, "n_iter_no_change")
        if early and fraction == 0:
            raise ValueError("validation_fraction: 0 leaves no samples for early stopping; 0.1 is common")
        stop: dict[str, Any] = {"valid": fraction if early else 0.0}
        if early or tol is not None:
            stop["patience"] = patience
        return stop if tol is None else stop | {"tolerance": tol}

    def parameters(self, configs: list[dict[str, Any]]) -> dict[str, Any]:
        """The parameters that give the configurations of a model file, one configuration per layer."""
        parameters: dict[str, Any] = {}
        for option, name in self.plain.items():
            values = [config[option] for config in configs if option in config]
            if name == "hidden_layer_sizes":
                parameters[name] = tuple(values)
            elif values:
                parameters[name] = values[0] if values.count(values[0]) == len(values) else values
        config = configs[0]
        patience, valid = config.get("patience"), config["valid"]
        if "tolerance" in self.names:
            parameters["tol"] = None if patience is None else config.get("tolerance", 0.0)
        return parameters | {
            "random_state": config["seed"],
            "early_stopping": patience is not None and valid > 0,
            "validation_fraction": valid or 0.1,
            "n_iter_no_change": patience or 10,
        }


STOPPING = {"valid": "validation_fraction", "patience": "n_iter_no_change"}

# Options of each layer in the training of an autoencoder and in pretraining.
LAYER = ("corruption", "activation", "decoder", "loss", "tied", "initialization")
# Options of every training.
STEP = {name: name for name in ("optimizer", "momentum", "epsilon", "precision", "instructions")}
STEP |= {"beta1": "beta_1", "beta2": "beta_2", "batch": "batch_size"}

AUTOENCODER = Phase(
    *LAYER, "emphasis", "learning_rate", "schedule", "weight_decay", "l1", "contraction", "sparsity",
    hidden="n_components", epochs="max_iter", tolerance="tol", **STEP, **STOPPING,
)  # fmt: skip
STACK = Phase(**AUTOENCODER.names | {"hidden": "hidden_layer_sizes"})
PRETRAINING = Phase(
    *LAYER, hidden="hidden_layer_sizes", epochs="pretrain_max_iter", learning_rate="pretrain_learning_rate", **STEP,
)  # fmt: skip
REGRESSION = Phase(
    "dropout", "max_norm", "weight_decay", "learning_rate", "schedule",
    corruption="fine_tuning_corruption", epochs="max_iter", **STEP, **STOPPING,
)  # fmt: skip
CLASSIFICATION = Phase("label_smoothing", "class_weight", **REGRESSION.names)


def image_shape(value: Any, name: str = "image_shape") -> tuple[int, int, int] | None:
    """Height, width and channels, or None."""
    if value is None:
        return None
    try:
        height, width, *channels = value
    except (TypeError, ValueError):
        channels = [None, None]
    if len(channels) > 1:
        raise TypeError(f"{name}: {value!r} is neither (height, width) nor (height, width, channels)")
    height, width, n_channels = (integer(name, n, 1) for n in (height, width, *(channels or [1])))
    return height, width, n_channels


def image_of(about: dict[str, Any]) -> tuple[int, int, int] | None:
    """`image_shape` from the description of a model."""
    image = about["image"]
    return image and (image["height"], image["width"], image["channels"])


def seed(random_state: Any) -> int:
    """The given integer, or a seed drawn from anything else."""
    if isinstance(random_state, numbers.Integral) and not isinstance(random_state, bool):
        return integer("random_state", random_state)
    if not (random_state is None or random_state is np.random or isinstance(random_state, np.random.RandomState)):
        raise TypeError(f"random_state: {random_state!r} is not an integer, a RandomState or None")
    return int(check_random_state(random_state).randint(2**31 - 1))


def threads(n_jobs: Any) -> int:
    """Number of threads; 0 means one per processor."""
    if n_jobs is None:
        # Process pools use this variable to limit the threads of their workers.
        text = os.environ.get("OMP_NUM_THREADS", "")
        return int(text) if text.isdecimal() and int(text) < 2**64 else 0
    n_jobs = integer("n_jobs", n_jobs, -(2**63))
    if n_jobs == 0:
        raise ValueError("n_jobs: 0 is not allowed; use 1 for one thread, -1 for one thread per processor")
    return int(joblib.effective_n_jobs(n_jobs))
