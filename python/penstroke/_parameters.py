"""What estimators are given, in the words of the compiled library, and its messages in the words of estimators."""

import contextlib
import json
import math
import numbers
import os
import re
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import joblib
import numpy as np
from sklearn.utils import check_random_state

RandomState: TypeAlias = int | np.random.RandomState | None

# The library's option, and the parameter that says it, of all estimators.
NAMES = {
    "epochs": "max_iter",
    "batch": "batch_size",
    "valid": "validation_fraction",
    "patience": "n_iter_no_change",
    "tolerance": "tol",
    "seed": "random_state",
    "data": "X",
    "classes": "y",
    "labels": "y",
}


@contextlib.contextmanager
def in_words_of_parameters(names: dict[str, str] | None = None) -> Iterator[None]:
    """Errors of the library name parameters where it names its options, some of them by `names`."""

    def parameter(option: str) -> str:
        option = option.replace("-", "_")
        return (names or {}).get(option) or NAMES.get(option, option)

    def say(found: re.Match[str]) -> str:
        value = found[2]
        return f"{parameter(found[1])}={value if re.fullmatch('[0-9.]+', value) else repr(value)}"

    try:
        yield
    except (ValueError, FloatingPointError, MemoryError) as error:
        # Of Python's own errors, such as UnicodeDecodeError, nothing is known.
        if type(error) not in (ValueError, FloatingPointError, MemoryError):
            raise
        message = re.sub(
            r"^((?:layer \d+: )?)([a-z][a-z0-9_-]*)(?=: )", lambda found: found[1] + parameter(found[2]), str(error)
        )
        message = re.sub(r"--([a-z][a-z0-9-]*) ([a-z0-9.:-]*[a-z0-9])", say, message)
        message = re.sub(r"(?<=try a )(lower )?learning rate", rf"\1{parameter('learning_rate')}", message)
        raise type(error)(message) from None


def integer(name: str, value: Any, least: int = 0) -> int:
    """A whole number of at least `least` that the library can hold."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name}: {value!r} is not an integer")
    if value < least:
        raise ValueError(f"{name}: {value} is below {least}")
    if value >= 2**64:
        raise ValueError(f"{name}: {value} is not below 2**64")
    return int(value)


def real(name: str, value: Any) -> float:
    """A finite number; the library knows its range."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name}: {value!r} is not a number")
    if not math.isfinite(value):
        raise ValueError(f"{name}: {value} is not a finite number")
    return float(value)


def word(name: str, value: Any) -> str:
    """A string; the library knows which there are."""
    if not isinstance(value, str):
        raise TypeError(f"{name}: {value!r} is not a string")
    return str(value)


def truth(name: str, value: Any) -> bool:
    """True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}: {value!r} is neither True nor False")
    return bool(value)


def optional(check: Callable[[str, Any], Any], name: str, value: Any) -> Any:
    """None, or what `check` makes of it."""
    return None if value is None else check(name, value)


def pair(name: str, value: Any) -> list[float]:
    """Two numbers."""
    try:
        first, second = value
    except (TypeError, ValueError):
        raise TypeError(f"{name}: {value!r} is not a pair of numbers") from None
    return [real(name, first), real(name, second)]


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


def seed(random_state: Any) -> int:
    """The seed of a whole number as it is, and of anything else one drawn from it."""
    if isinstance(random_state, numbers.Integral) and not isinstance(random_state, bool):
        return integer("random_state", random_state)
    if not (random_state is None or random_state is np.random or isinstance(random_state, np.random.RandomState)):
        raise TypeError(f"random_state: {random_state!r} is not an integer, a RandomState or None")
    return int(check_random_state(random_state).randint(2**31 - 1))


def threads(n_jobs: Any) -> int:
    """How many threads: 0 is one for every processor."""
    if n_jobs is None:
        # Pools of processes tell their workers in this way how many threads each may have.
        text = os.environ.get("OMP_NUM_THREADS", "")
        return int(text) if text.isdecimal() and int(text) < 2**64 else 0
    n_jobs = integer("n_jobs", n_jobs, -(2**63))
    if n_jobs == 0:
        raise ValueError("n_jobs: 0 is not allowed; use 1 for one thread, -1 for one thread per processor")
    return int(joblib.effective_n_jobs(n_jobs))


def each(name: str, value: Any, k: int, n: int) -> Any:
    """What of a value for all of `n` layers, or a list of one for each, is layer `k`'s."""
    if not isinstance(value, (list, tuple, np.ndarray)) or np.ndim(value) == 0:
        return value
    if len(value) != n:
        raise ValueError(f"{name}: {len(value)} values for {n} layers; give one value for all layers, or one per layer")
    return value[k]


def stopping(estimator: Any) -> dict[str, Any]:
    """When training ends before its last epoch, as options of the library."""
    early = truth("early_stopping", estimator.early_stopping)
    fraction = real("validation_fraction", estimator.validation_fraction)
    tol = optional(real, "tol", estimator.tol)
    patience = integer("n_iter_no_change", estimator.n_iter_no_change, 1)
    if early and fraction == 0:
        raise ValueError("validation_fraction: 0 leaves no samples for early stopping; 0.1 is common")
    stop: dict[str, Any] = {"valid": fraction if early else 0.0}
    if early or tol is not None:
        stop |= {"patience": patience, "tolerance": tol or 0.0}
    return stop


def autoencoder(estimator: Any, seed: int, hidden: int, k: int = 0, n: int = 1, **changes: Any) -> str:
    """The configuration of an autoencoder, the `k`-th of `n`."""

    def of(name: str) -> Any:
        return each(name, getattr(estimator, name), k, n)

    return json.dumps(
        {
            "hidden": hidden,
            "corruption": word("corruption", of("corruption")),
            "loss": word("loss", of("loss")),
            "activation": word("activation", of("activation")),
            "decoder": optional(word, "decoder", of("decoder")),
            "tied": truth("tied", estimator.tied),
            "emphasis": optional(pair, "emphasis", estimator.emphasis),
            "initialization": word("initialization", estimator.initialization),
            "epochs": integer("max_iter", of("max_iter"), 1),
            "batch": integer("batch_size", estimator.batch_size, 1),
            "optimizer": word("optimizer", estimator.optimizer),
            "momentum": real("momentum", estimator.momentum),
            "learning_rate": real("learning_rate", of("learning_rate")),
            "schedule": word("schedule", of("schedule")),
            "weight_decay": real("weight_decay", estimator.weight_decay),
            "l1": real("l1", estimator.l1),
            "contraction": real("contraction", estimator.contraction),
            "sparsity": optional(word, "sparsity", estimator.sparsity),
            "precision": word("precision", estimator.precision),
            "seed": seed,
            **stopping(estimator),
            **changes,
        }
    )


def of_config(config: dict[str, Any]) -> dict[str, Any]:
    """The parameters that a configuration in a model file says, for an estimator of one or, in lists, several layers."""
    patience, valid = config.get("patience"), config["valid"]
    kept = (
        "corruption", "loss", "activation", "decoder", "tied", "emphasis", "initialization", "optimizer", "momentum",
        "learning_rate", "schedule", "weight_decay", "l1", "contraction", "sparsity", "precision",
    )  # fmt: skip
    return {name: config[name] for name in kept} | {
        "max_iter": config["epochs"],
        "batch_size": config["batch"],
        "random_state": config["seed"],
        "tol": None if patience is None else config.get("tolerance", 0.0),
        "early_stopping": patience is not None and valid > 0,
        "validation_fraction": valid or 0.1,
        "n_iter_no_change": patience or 10,
    }


def image_of(about: dict[str, Any]) -> tuple[int, int, int] | None:
    """`image_shape`, as a model tells it."""
    image = about["image"]
    return image and (image["height"], image["width"], image["channels"])
