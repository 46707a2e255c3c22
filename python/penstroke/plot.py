"""Pictures of what a model has learned, drawn with matplotlib: ``pip install penstroke[plot]``."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from penstroke import _samples, _shape
from penstroke._base import Autoencoder
from penstroke._corruption import corrupt
from penstroke._parameters import COUNT, RandomState, optional
from penstroke._samples import SamplesLike

__all__ = ["filters", "reconstructions"]


def _axes(ax: Any, width: float, height: float) -> Any:
    """`ax`, or the axes of a new figure of this size in inches, with room for labels."""
    if ax is not None:
        return ax
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise ImportError("plots need matplotlib; pip install matplotlib") from None
    return plt.subplots(figsize=(width, height), layout="constrained")[1]


def _checked(model: Any) -> None:
    if not isinstance(model, Autoencoder):
        raise TypeError(
            f"model: {type(model).__name__} cannot be drawn; give a DenoisingAutoencoder or a StackedDenoisingAutoencoder"
        )
    check_is_fitted(model)


def _grid(tiles: NDArray[np.float32], shape: tuple[int, int, int], columns: int, gap: int = 1) -> NDArray[np.float64]:
    """Tiles (n, d) side by side, with NaN between them."""
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
    """Draw the filters of hidden units: the rows of `components_`.

    Each filter is scaled by its largest magnitude; zero is mid grey.

    Parameters
    ----------
    model : DenoisingAutoencoder or StackedDenoisingAutoencoder
        A fitted model; for a stack, its first layer is drawn.
    n : int, default=100
        Maximum number of filters, at least 1.
    shape : tuple of int or None, default=None
        ``(height, width)`` or ``(height, width, channels)``; None takes the model's `image_shape`, or a square.
    columns : int or None, default=None
        Number of filters per row, at least 1; None makes the grid nearly square.
    ax : matplotlib Axes or None, default=None
        Axes to draw on; None makes a new figure.

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
    tiles = model.components_[: COUNT("n", n)]
    largest = np.abs(tiles).max(axis=1, keepdims=True)
    tiles = tiles / np.where(largest > 0, largest, 1)
    columns = optional(COUNT)("columns", columns)
    columns = min(columns or int(np.ceil(np.sqrt(len(tiles)))), len(tiles))
    picture = _grid(tiles, shape, columns)
    ax = _axes(ax, 6.4, 4.8)
    # Matplotlib takes colours within 0..1.
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
    """Draw clean samples, corrupted samples and their reconstructions in three rows.

    Parameters
    ----------
    model : DenoisingAutoencoder or StackedDenoisingAutoencoder
        A fitted model.
    X : array-like of shape (n_samples, n_features)
        Clean samples; the first `n` are drawn.
    n : int, default=10
        Maximum number of samples, at least 1.
    shape : tuple of int or None, default=None
        As in :func:`filters`.
    corruption : str or None, default=None
        Corruption of the samples; None takes the one that the model's first layer was trained with.
    random_state : int, RandomState instance or None, default=0
        Seed that decides which features are corrupted.
    ax : matplotlib Axes or None, default=None
        Axes to draw on; None makes a new figure.

    Returns
    -------
    ax : matplotlib Axes
    """
    _checked(model)
    shape = _shape.of(model, shape)
    if corruption is None:
        corruption = model.corruption if isinstance(model.corruption, str) else model.corruption[0]
    samples = _samples.some(_samples.validated(model, X, reset=False), 0, COUNT("n", n))
    damaged = corrupt(samples, corruption, random_state=random_state)
    picture = _grid(np.concatenate([samples, damaged, model.reconstruct(damaged)]), shape, len(samples))
    names = ["clean", corruption, "restored"]
    # About 0.8 inches per row and per sample, and 0.1 per letter of the row names.
    ax = _axes(ax, 0.5 + 0.1 * max(map(len, names)) + 0.8 * len(samples) * shape[1] / shape[0], 2.6)
    ax.imshow(np.clip(picture, samples.min(), samples.max()), cmap="gray", interpolation="nearest")
    ax.set_anchor("W")
    pitch = shape[0] + 1
    ax.set_yticks([k * pitch + (shape[0] - 1) / 2 for k in range(3)], names)
    ax.set_xticks([])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return ax
