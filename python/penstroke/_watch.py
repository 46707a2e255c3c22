"""Progress of a training: callbacks after each epoch, and a progress bar or lines for `verbose`."""

import contextlib
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, TextIO, TypeAlias

from penstroke._parameters import integer


class Event(NamedTuple):
    """The state after an epoch, as passed to callbacks.

    Losses are summed over the features of a sample and averaged over samples.

    Attributes
    ----------
    epoch, epochs : int
        Number of finished epochs, and the maximum number of epochs.
    loss : float
        Mean training loss of the epoch; each batch is measured before its step.
    validation_loss : float or None
        Loss on the validation samples, if there are any.
    validation_error : float or None
        Share of the validation samples that a classifier gets wrong.
    learning_rate : float
        Learning rate of the epoch's last step.
    noise : list of float
        Strength of each term of the corruption in this epoch.
    layer, layers : int
        The layer that is being trained, counted from 1, and the number of layers; layer 0 means all layers together, end to
        end or in fine-tuning.
    """

    epoch: int
    epochs: int
    loss: float
    validation_loss: float | None
    validation_error: float | None
    learning_rate: float
    noise: list[float]
    layer: int
    layers: int


Callbacks: TypeAlias = Callable[[Event], object] | Iterable[Callable[[Event], object]] | None


class Watch:
    """Receives events from the library; shows progress and calls callbacks."""

    def __init__(self, callbacks: list[Callable[[Event], object]], verbose: int, layer: int, layers: int) -> None:
        self.callbacks, self.verbose, self.layer, self.layers = callbacks, verbose, layer, layers
        self.file: TextIO = sys.stderr
        self.epochs, self.samples, self.began, self.width = 0, 0, 0.0, 0

    def __call__(self, name: str, values: dict[str, Any]) -> bool:
        if name == "begin":
            self.epochs, self.samples, self.began = values["epochs"], values["samples"], time.monotonic()
        elif name == "layer":
            self.layer = values["layer"]
        elif name == "batch" and self.verbose == 1:
            self.bar(values["epoch"], values["presented"], f"loss {values['loss']:.4f}")
        elif name == "epoch":
            return self.epoch(Event(layer=self.layer, layers=self.layers, **values))
        return False

    def epoch(self, event: Event) -> bool:
        text = f"loss {event.loss:.4f}"
        if event.validation_loss is not None:
            text += f", validation loss {event.validation_loss:.4f}"
        if event.validation_error is not None:
            text += f", validation error {event.validation_error:.4f}"
        if self.verbose == 1:
            self.bar(event.epoch, event.epoch * self.samples, text)
        elif self.verbose > 1:
            print(f"{self.what(event.epoch)} {text}", file=self.file)
        # A list, so that every callback is called even if an earlier one returns True.
        return any([callback(event) for callback in self.callbacks])

    def what(self, epoch: int) -> str:
        layer = "" if self.layers == 1 else "all layers, " if self.layer == 0 else f"layer {self.layer}/{self.layers}, "
        return f"{layer}epoch {epoch}/{self.epochs}"

    def bar(self, epoch: int, presented: int, text: str) -> None:
        """Overwrite the previous bar. Terminals and notebooks both return to the start of the line if the bar fits on it."""
        whole = max(self.epochs * self.samples, 1)
        seconds = time.monotonic() - self.began
        left = seconds * (whole - presented) / max(presented, 1)
        what, text = self.what(epoch), f"{text}, {left:.0f} s left"
        columns = shutil.get_terminal_size().columns - 1
        length = max(0, min(20, columns - len(what) - len(text) - 2))
        bar = ("█" * (presented * length // whole)).ljust(length, "░")
        line = " ".join(part for part in (what, bar, text) if part)[:columns]
        print("\r" + line.ljust(self.width), end="", file=self.file, flush=True)
        self.width = len(line)

    def close(self) -> None:
        if self.width:
            print(file=self.file, flush=True)
            self.width = 0


def watch(estimator: Any, layer: int, layers: int) -> Watch | None:
    """The :class:`Watch` of an estimator's training; None without callbacks and `verbose`."""
    callbacks, verbose = estimator.callbacks, estimator.verbose
    verbose = int(verbose) if isinstance(verbose, bool) else integer("verbose", verbose)
    callbacks = [] if callbacks is None else [callbacks] if callable(callbacks) else callbacks
    if isinstance(callbacks, str) or not isinstance(callbacks, Iterable):
        raise TypeError(f"callbacks: {callbacks!r} is not a callable or a list of callables")
    callbacks = list(callbacks)
    for callback in callbacks:
        if not callable(callback):
            raise TypeError(f"callbacks: {callback!r} is not callable")
    return Watch(callbacks, verbose, layer, layers) if callbacks or verbose else None


@contextlib.contextmanager
def watching(estimator: Any, layer: int, layers: int) -> Iterator[Watch | None]:
    """:func:`watch`, closed at the end."""
    started = watch(estimator, layer, layers)
    try:
        yield started
    finally:
        if started is not None:
            started.close()
