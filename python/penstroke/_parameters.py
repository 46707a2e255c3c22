"""What estimators are given, in the words of the compiled library, and its messages in the words of estimators."""

import contextlib
import json
import math
import numbers
import os
import re

import joblib
from sklearn.utils import check_random_state

# The library's option, and the parameter that says it.
NAMES = {
    "hidden": "n_components",
    "layers": "hidden_layer_sizes",
    "epochs": "max_iter",
    "batch": "batch_size",
    "valid": "validation_fraction",
    "patience": "n_iter_no_change",
    "tolerance": "tol",
    "seed": "random_state",
    "data": "X",
}


def parameter(option):
    """The parameter that stands for an option of the library."""
    return NAMES.get(option, option.replace("-", "_"))


@contextlib.contextmanager
def in_words_of_parameters():
    """Errors raised within name parameters where the library names its options."""
    try:
        yield
    except (ValueError, FloatingPointError) as error:
        message = re.sub(
            r"^((?:layer \d+: )?)([a-z][a-z0-9-]*)(?=: )",
            lambda found: found[1] + parameter(found[2]),
            str(error),
        )

        def say(found):
            value = found[2]
            number = re.fullmatch(r"[0-9.]+", value)
            return f"{parameter(found[1])}={value if number else repr(value)}"

        message = re.sub(r"--([a-z][a-z0-9-]*) ([a-z0-9.:-]*[a-z0-9])", say, message)
        raise type(error)(message) from None


def integer(name, value, least=0):
    """A whole number of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name}: {value!r} is no whole number")
    if value < least:
        raise ValueError(f"{name}: {value} is below {least}")
    return int(value)


def real(name, value):
    """A finite number; the library knows its range."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name}: {value!r} is no number")
    if not math.isfinite(value):
        raise ValueError(f"{name}: {value} is not a finite number")
    return float(value)


def word(name, value):
    """A string; the library knows which there are."""
    if not isinstance(value, str):
        raise TypeError(f"{name}: {value!r} is no string")
    return str(value)


def truth(name, value):
    """True or False."""
    if value not in (True, False):
        raise TypeError(f"{name}: {value!r} is neither True nor False")
    return bool(value)


def optional(check, name, value):
    """None, or what `check` makes of it."""
    return None if value is None else check(name, value)


def pair(name, value):
    """Two numbers."""
    try:
        first, second = value
    except (TypeError, ValueError):
        raise TypeError(f"{name}: {value!r} are not two numbers") from None
    return [real(name, first), real(name, second)]


def image_shape(value):
    """Height, width and channels, or None."""
    if value is None:
        return None
    try:
        height, width, *channels = value
    except (TypeError, ValueError):
        channels = [None, None]
    if len(channels) > 1:
        raise TypeError(f"image_shape: {value!r} is neither (height, width) nor (height, width, channels)")
    return tuple(integer("image_shape", n, 1) for n in (height, width, *(channels or [1])))


def seed(random_state):
    """The seed of a whole number as it is, and of anything else one drawn from it."""
    if isinstance(random_state, numbers.Integral) and not isinstance(random_state, bool):
        value = integer("random_state", random_state)
        if value >= 2**64:
            raise ValueError(f"random_state: {value} is not below 2**64")
        return value
    return int(check_random_state(random_state).randint(2**31 - 1))


def threads(n_jobs):
    """How many threads: 0 is one for every processor."""
    if n_jobs is None:
        # Pools of processes tell their workers in this way how many threads each may have.
        text = os.environ.get("OMP_NUM_THREADS", "")
        return int(text) if text.isdecimal() else 0
    if isinstance(n_jobs, bool) or not isinstance(n_jobs, numbers.Integral):
        raise TypeError(f"n_jobs: {n_jobs!r} is no whole number")
    if n_jobs == 0:
        raise ValueError("n_jobs: 0 means nothing; 1 is one thread, -1 one for every processor")
    return joblib.effective_n_jobs(int(n_jobs))


def each(name, value, k, n):
    """What of a value for all of `n` layers, or a list of one for each, is layer `k`'s."""
    if not isinstance(value, (list, tuple)):
        return value
    if len(value) != n:
        raise ValueError(f"{name}: {len(value)} values for {n} layers; give one, or one for each")
    return value[k]


def stopping(estimator):
    """When training ends before its last epoch, as options of the library."""
    early = truth("early_stopping", estimator.early_stopping)
    fraction = real("validation_fraction", estimator.validation_fraction)
    tol = optional(real, "tol", estimator.tol)
    patience = integer("n_iter_no_change", estimator.n_iter_no_change, 1)
    if early and fraction == 0:
        raise ValueError("validation_fraction: 0 leaves nothing to stop early by; 0.1 is usual")
    stop = {"valid": fraction if early else 0.0}
    if early or tol is not None:
        stop |= {"patience": patience, "tolerance": tol or 0.0}
    return stop


def autoencoder(estimator, seed, hidden, k=0, n=1, **changes):
    """The configuration of an autoencoder, the `k`-th of `n`."""

    def of(name):
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


def of_config(config):
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
