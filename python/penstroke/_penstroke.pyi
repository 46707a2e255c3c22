"""The compiled part of the package. It is private and may change."""

from collections.abc import Callable
from os import PathLike
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from penstroke._samples import Samples

Watch: TypeAlias = Callable[[str, dict[str, Any]], bool] | None
Shape: TypeAlias = tuple[int, int, int] | None
# The samples that count, by their indices, and their weights.
Counting: TypeAlias = tuple[NDArray[np.uint32], NDArray[np.float32]] | None
# The parameters behind the options of the library, for errors.
Names: TypeAlias = dict[str, str]

__version__: str

class Model:
    @staticmethod
    def fit_autoencoder(
        config: str, names: Names, x: Samples, image: Shape, threads: int, watch: Watch
    ) -> tuple[Model, BaseException | None]: ...
    @staticmethod
    def fit_stack(
        configs: list[str],
        end_to_end: str | None,
        names: Names,
        x: Samples,
        image: Shape,
        counting: Counting,
        threads: int,
        watch: Watch,
    ) -> tuple[Model, BaseException | None]: ...
    @staticmethod
    def initial_stack(configs: list[str], names: Names, x: Samples, image: Shape, threads: int) -> Model: ...
    def train_on(
        self, configs: list[str], names: Names, x: Samples, threads: int, watch: Watch
    ) -> tuple[Model, BaseException | None]: ...
    def encode(self, x: Samples, threads: int) -> NDArray[np.float32]: ...
    def reconstruct(self, x: Samples, threads: int) -> NDArray[np.float32]: ...
    def decode(self, codes: Samples, threads: int) -> NDArray[np.float32]: ...
    def probabilities(self, x: Samples, threads: int) -> NDArray[np.float32]: ...
    def logits(self, x: Samples, threads: int) -> NDArray[np.float32]: ...
    def values(self, x: Samples, threads: int) -> NDArray[np.float32]: ...
    def tensors(self) -> dict[str, NDArray[np.float32]]: ...
    def n_outputs(self) -> int: ...
    def about(self) -> str: ...
    def filters_png(self, height: int, width: int, n: int) -> bytes: ...
    def save(self, path: str | PathLike[str]) -> None: ...
    @staticmethod
    def load(path: str | PathLike[str]) -> Model: ...
    def to_onnx(self, path: str | PathLike[str], what: str | None, layer: int | None, input: str) -> None: ...
    def to_bytes(self) -> bytes: ...
    @staticmethod
    def from_bytes(bytes: bytes) -> Model: ...

def learn_classes(
    model: Model,
    tuning: str,
    names: Names,
    x: Samples,
    indices: NDArray[np.uint32],
    labels: NDArray[np.uint32],
    weights: NDArray[np.float32] | None,
    classes: list[str],
    n_classes: int,
    threads: int,
    watch: Watch,
) -> tuple[Model, BaseException | None]: ...
def learn_values(
    model: Model,
    tuning: str,
    names: Names,
    x: Samples,
    targets: NDArray[np.float32],
    counting: Counting,
    threads: int,
    watch: Watch,
) -> tuple[Model, BaseException | None]: ...
def check_layers(configs: list[str], names: Names) -> None: ...
def check_fine_tuning(tuning: str, names: Names) -> None: ...
def corrupt(x: Samples, corruption: str, seed: int) -> NDArray[np.float32]: ...
def panic_for_tests() -> None: ...
