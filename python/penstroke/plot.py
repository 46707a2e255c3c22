"""Pictures of what a model has learned, drawn by matplotlib: ``pip install penstroke[plot]``."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from penstroke import _samples, _shape
from penstroke._corruption import corrupt

__all__ = ["filters", "reconstructions"]


def _pyplot():
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise ImportError("pictures are drawn by matplotlib; pip install matplotlib") from None
    return plt


def _grid(tiles, shape, columns, gap=1):
    """Tiles (n, d) side by side, NaN between them."""
    height, width, channels = shape
    rows = -(-len(tiles) // columns)
    grid = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, channels), np.nan)
    for k, tile in enumerate(tiles):
        y, x = k // columns * (height + gap), k % columns * (width + gap)
        grid[y : y + height, x : x + width] = tile.reshape(shape)
    return grid[..., 0] if channels == 1 else grid


def filters(model, *, n=100, shape=None, columns=None, ax=None):
    """Draw the inputs of norm 1 that excite hidden units most, the rows of `components_`.

    Each filter is scaled by its own greatest magnitude; zero is mid grey.

    Parameters
    ----------
    model : DenoisingAutoencoder or StackedDenoisingAutoencoder
        Fitted; of a stack, its first layer is drawn.
    n : int, default=100
        How many, at most.
    shape : tuple of int or None, default=None
        ``(height, width)`` or ``(height, width, channels)``; None: the model's `image_shape`, else square.
    columns : int or None, default=None
        Filters side by side; None: nearly a square.
    ax : matplotlib Axes or None, default=None
        Where to draw; None: a new figure.

    Returns
    -------
    ax : matplotlib Axes

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> import penstroke, penstroke.plot
    >>> model = penstroke.DenoisingAutoencoder(16, max_iter=3, random_state=0).fit(load_digits().data / 16)
    >>> ax = penstroke.plot.filters(model)
    >>> ax.get_title()
    '16 of 16 filters'
    """
    check_is_fitted(model)
    shape = _shape.of(model, shape)
    tiles = model.components_[:n]
    largest = np.abs(tiles).max(axis=1, keepdims=True)
    tiles = tiles / np.where(largest > 0, largest, 1)
    columns = columns or int(np.ceil(np.sqrt(len(tiles))))
    picture = _grid(tiles, shape, columns)
    if ax is None:
        _, ax = _pyplot().subplots()
    # Colours take values in 0..1.
    ax.imshow(picture if shape[2] == 1 else (picture + 1) / 2, cmap="gray", vmin=-1, vmax=1, interpolation="nearest")
    ax.set_title(f"{len(tiles)} of {len(model.components_)} filters")
    ax.set_axis_off()
    return ax


def reconstructions(model, X, *, n=10, shape=None, corruption=None, random_state=0, ax=None):
    """Draw samples, damaged, and restored, one under the other.

    Parameters
    ----------
    model : DenoisingAutoencoder or StackedDenoisingAutoencoder
        Fitted.
    X : array-like of shape (n_samples, n_features)
        Clean samples, of which the first are drawn.
    n : int, default=10
        How many.
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
    check_is_fitted(model)
    shape = _shape.of(model, shape)
    if corruption is None:
        corruption = model.corruption if isinstance(model.corruption, str) else model.corruption[0]
    X = _samples.some(_samples.validated(model, X, reset=False), 0, n)
    damaged = corrupt(X, corruption, random_state=random_state)
    picture = _grid(np.concatenate([X, damaged, model.reconstruct(damaged)]), shape, len(X))
    if ax is None:
        _, ax = _pyplot().subplots(figsize=(len(X), 3))
    ax.imshow(np.clip(picture, X.min(), X.max()), cmap="gray", interpolation="nearest")
    pitch = shape[0] + 1
    ax.set_yticks([(k + 0.5) * pitch - 1 for k in range(3)], ["clean", corruption, "restored"])
    ax.set_xticks([])
    return ax
