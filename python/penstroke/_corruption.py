"""Corruption, as training applies it."""

import numpy as np
from numpy.typing import NDArray

from penstroke import _penstroke, _samples
from penstroke._parameters import RandomState, in_words_of_parameters, seed, word
from penstroke._samples import SamplesLike


def corrupt(
    X: SamplesLike, corruption: str = "masking:0.25", *, random_state: RandomState = None
) -> NDArray[np.float32]:
    """Damage samples as training does.

    The extremes of ``"salt-and-pepper"`` are those of `X`, where a model takes those of what it was trained on. A corruption
    that moves, ``"masking:0.5->0.1"``, damages as in its last epoch.

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features)
        Clean samples; uint8 is read as value / 255.
    corruption : str, default="masking:0.25"
        The kind of damage and how much of it, as of :class:`DenoisingAutoencoder`.
    random_state : int, RandomState instance or None, default=None
        Decides which components are struck.

    Returns
    -------
    X_corrupted : ndarray of shape (n_samples, n_features), float32

    Raises
    ------
    ValueError
        If there is no such corruption, a number is out of its range, or noise leaves the finite numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from penstroke import corrupt
    >>> corrupt(np.ones((1, 8)), "masking-exact:0.25", random_state=0).sum()
    np.float32(6.0)
    """
    rows, corruption, number = _samples.valid(X), word("corruption", corruption), seed(random_state)
    with in_words_of_parameters():
        corrupted = _penstroke.corrupt(rows, corruption, number)
    if not np.isfinite(corrupted).all():
        raise ValueError(f"corruption: {corruption} leaves the finite numbers; its noise is in the units of X")
    return corrupted
