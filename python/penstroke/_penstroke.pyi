"""The compiled part: private, and free to change."""

from collections.abc import Callable
from os import PathLike
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Samples: TypeAlias = (
    NDArray[np.float32]
    | NDArray[np.uint8]
    | tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32], int]
)
Watch: TypeAlias = Callable[[str, dict[str, Any]], bool] | None
Shape: TypeAlias = tuple[int, int, int] | None

__version__: str

class Model:
    @staticmethod
    def fit_autoencoder(
        config: str, x: Samples, image: Shape, threads: int, watch: Watch
    ) -> tuple[Model, BaseException | None]: ...
    @staticmethod
    def fit_stack(
        configs: list[str], end_to_end: str | None, x: Samples, image: Shape, threads: int, watch: Watch
    ) -> tuple[Model, BaseException | None]: ...
    @staticmethod
    def fit_classifier(
        configs: list[str],
        pretrain: bool,
        tuning: str,
        x: Samples,
        indices: NDArray[np.uint32],
        labels: NDArray[np.uint32],
        classes: list[str],
        n_classes: int,
        image: Shape,
        threads: int,
        watch: Watch,
    ) -> tuple[Model | None, BaseException | None]: ...
    def train_on(
        self, configs: list[str], x: Samples, threads: int, watch: Watch
    ) -> tuple[Model, BaseException | None]: ...
    def encode(self, x: Samples, n_layers: int | None, threads: int) -> NDArray[np.float32]: ...
    def reconstruct(self, x: Samples, threads: int) -> NDArray[np.float32]: ...
    def decode(self, codes: Samples, threads: int) -> NDArray[np.float32]: ...
    def probabilities(self, x: Samples, threads: int) -> NDArray[np.float32]: ...
    def tensors(self) -> dict[str, NDArray[np.float32]]: ...
    def about(self) -> str: ...
    def filters_png(self, height: int, width: int, n: int) -> bytes: ...
    def save(self, path: str | PathLike[str]) -> None: ...
    @staticmethod
    def load(path: str | PathLike[str]) -> Model: ...
    def to_onnx(self, path: str | PathLike[str], what: str | None, layer: int | None, input: str) -> None: ...
    def to_bytes(self) -> bytes: ...
    @staticmethod
    def from_bytes(bytes: bytes) -> Model: ...

def corrupt(x: Samples, corruption: str, seed: int, draw: int) -> NDArray[np.float32]: ...
def panic_for_tests() -> None: ...
