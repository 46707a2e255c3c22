"""Pictures of what a model has learned, drawn by matplotlib: ``pip install penstroke[plot]``."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from penstroke import _samples, _shape
from penstroke._base import Autoencoder
from penstroke._corruption import corrupt
from penstroke._parameters import RandomState, integer, optional
from penstroke._samples import SamplesLike

__all__ = ["filters", "reconstructions"]


def _axes(ax: Any, width: float, height: float) -> Any:
    """Where to draw: `ax`, or a new figure of so many inches, in which labels have room."""
    if ax is not None:
        return ax
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise ImportError("pictures are drawn by matplotlib; pip install matplotlib") from None
    return plt.subplots(figsize=(width, height), layout="constrained")[1]


def _checked(model: Any) -> None:
    if not isinstance(model, Autoencoder):
        raise TypeError(
            f"model: {type(model).__name__} is neither DenoisingAutoencoder nor StackedDenoisingAutoencoder, which are drawn"
        )
    check_is_fitted(model)


def _grid(tiles: NDArray[np.float32], shape: tuple[int, int, int], columns: int, gap: int = 1) -> NDArray[np.float64]:
    """Tiles (n, d) side by side, NaN between them."""
    height, width, channels = shape
    rows = -(-len(tiles) // columns)
    grid = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, channels), np.nan)
    for k, tile in enumerate(tiles):
        y, x = k // columns * (height + gap), k % columns * (width + gap)
        grid[y : y + height, x : x + width] = tile.reshape(shape)
    return grid[..., 0] if channels == 1 else grid


def filters(
    model: Autoencoder,
    *,
    n: int = 100,
    shape: tuple[int, ...] | None = None,
    columns: int | None = None,
    ax: Any = None,
) -> Any:
    """Draw the inputs of norm 1 that excite hidden units most, the rows of `components_`.

    Each filter is scaled by its own greatest magnitude; zero is mid grey.

    Parameters
    ----------
    model : DenoisingAutoencoder or StackedDenoisingAutoencoder
        Fitted; of a stack, its first layer is drawn.
    n : int, default=100
        How many, at most; at least 1.
    shape : tuple of int or None, default=None
        ``(height, width)`` or ``(height, width, channels)``; None: the model's `image_shape`, else square.
    columns : int or None, default=None
        Filters side by side, at least 1; None: nearly a square.
    ax : matplotlib Axes or None, default=None
        Where to draw; None: a new figure.

    Returns
    -------
    ax : matplotlib Axes

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> import penstroke
    >>> model = penstroke.DenoisingAutoencoder(16, max_iter=3, random_state=0).fit(load_digits().data / 16)
    >>> ax = penstroke.plot.filters(model)
    >>> ax.get_title()
    '16 of 16 filters'
    """
    _checked(model)
    shape = _shape.of(model, shape)
    tiles = model.components_[: integer("n", n, 1)]
    largest = np.abs(tiles).max(axis=1, keepdims=True)
    tiles = tiles / np.where(largest > 0, largest, 1)
    columns = optional(lambda name, value: integer(name, value, 1), "columns", columns)
    columns = min(columns or int(np.ceil(np.sqrt(len(tiles)))), len(tiles))
    picture = _grid(tiles, shape, columns)
    ax = _axes(ax, 6.4, 4.8)
    # Colours take values in 0..1.
    ax.imshow(picture if shape[2] == 1 else (picture + 1) / 2, cmap="gray", vmin=-1, vmax=1, interpolation="nearest")
    ax.set_title(f"{len(tiles)} of {len(model.components_)} filters")
    ax.set_axis_off()
    return ax


def reconstructions(
    model: Autoencoder,
    X: SamplesLike,
    *,
    n: int = 10,
    shape: tuple[int, ...] | None = None,
    corruption: str | None = None,
    random_state: RandomState = 0,
    ax: Any = None,
) -> Any:
    """Draw samples, damaged, and restored, one under the other.

    Parameters
    ----------
    model : DenoisingAutoencoder or StackedDenoisingAutoencoder
        Fitted.
    X : array-like of shape (n_samples, n_features)
        Clean samples, of which the first are drawn.
    n : int, default=10
        How many, at most; at least 1.
    shape : tuple of int or None, default=None
        As of :func:`filters`.
    corruption : str or None, default=None
        The damage; None: that which the model's first layer was trained with.
    random_state : int, RandomState instance or None, default=0
        Decides which components are struck.
    ax : matplotlib Axes or None, default=None
        Where to draw; None: a new figure.

    Returns
    -------
    ax : matplotlib Axes
    """
    _checked(model)
    shape = _shape.of(model, shape)
    if corruption is None:
        corruption = model.corruption if isinstance(model.corruption, str) else model.corruption[0]
    samples = _samples.some(_samples.validated(model, X, reset=False), 0, integer("n", n, 1))
    damaged = corrupt(samples, corruption, random_state=random_state)
    picture = _grid(np.concatenate([samples, damaged, model.reconstruct(damaged)]), shape, len(samples))
    names = ["clean", corruption, "restored"]
    # About 0.8 inches a row and a sample, and 0.1 a letter beside them.
    ax = _axes(ax, 0.5 + 0.1 * max(map(len, names)) + 0.8 * len(samples) * shape[1] / shape[0], 2.6)
    ax.imshow(np.clip(picture, samples.min(), samples.max()), cmap="gray", interpolation="nearest")
    ax.set_anchor("W")
    pitch = shape[0] + 1
    ax.set_yticks([k * pitch + (shape[0] - 1) / 2 for k in range(3)], names)
    ax.set_xticks([])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return ax
