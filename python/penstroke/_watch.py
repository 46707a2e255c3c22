"""What is told while training: callbacks after every epoch, a bar or lines for those who want to see it go."""

import contextlib
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, TextIO, TypeAlias

from penstroke._parameters import integer


class Event(NamedTuple):
    """An epoch that is over, as callbacks are told.

    Losses are summed over the components of a sample and averaged over samples.

    Attributes
    ----------
    epoch, epochs : int
        How many epochs are done, and how many there will be at most.
    loss : float
        Mean training loss of the epoch, each batch measured before its step.
    validation_loss : float or None
        Loss on the samples set aside, if there are any.
    validation_error : float or None
        Share of them that a classifier gets wrong.
    learning_rate : float
        That of the epoch's last step.
    noise : list of float
        The number of each term of the corruption in this epoch.
    layer, layers : int
        Which layer of how many is being trained, from 1; 0 is all together, end to end or in fine-tuning.
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
    """Passes on what training tells."""

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
        # All of them hear of it, whoever wants to stop.
        return any([callback(event) for callback in self.callbacks])

    def what(self, epoch: int) -> str:
        layer = "" if self.layers == 1 else "all layers, " if self.layer == 0 else f"layer {self.layer}/{self.layers}, "
        return f"{layer}epoch {epoch}/{self.epochs}"

    def bar(self, epoch: int, presented: int, text: str) -> None:
        """Over the bar before it: both terminals and notebooks go back to the beginning of the line, if it is one."""
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
    """What the library tells of an estimator's training; None if nobody listens."""
    callbacks, verbose = estimator.callbacks, estimator.verbose
    verbose = int(verbose) if isinstance(verbose, bool) else integer("verbose", verbose)
    callbacks = [] if callbacks is None else [callbacks] if callable(callbacks) else callbacks
    if isinstance(callbacks, str) or not isinstance(callbacks, Iterable):
        raise TypeError(f"callbacks: {callbacks!r} is neither a callable nor several")
    callbacks = list(callbacks)
    for callback in callbacks:
        if not callable(callback):
            raise TypeError(f"callbacks: {callback!r} cannot be called")
    return Watch(callbacks, verbose, layer, layers) if callbacks or verbose else None


@contextlib.contextmanager
def watching(estimator: Any, layer: int, layers: int) -> Iterator[Watch | None]:
    """:func:`watch`, whose bar's line ends with it."""
    told = watch(estimator, layer, layers)
    try:
        yield told
    finally:
        if told is not None:
            told.close()
