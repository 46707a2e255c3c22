"""Corruption of samples outside of training."""

import numpy as np
from numpy.typing import NDArray

from penstroke import _penstroke, _samples
from penstroke._parameters import RandomState, seed, word
from penstroke._samples import SamplesLike


def corrupt(
    X: SamplesLike, corruption: str = "masking:0.25", *, random_state: RandomState = None
) -> NDArray[np.float32]:
    """Corrupt samples as training does.

    ``"salt-and-pepper"`` takes its extremes from `X`, while a model takes them from its training data. A changing corruption
    such as ``"masking:0.5->0.1"`` is applied as in its last epoch.

    Parameters
    ----------
    X : array-like or sparse matrix of shape (n_samples, n_features)
        Clean samples; uint8 is read as value / 255.
    corruption : str, default="masking:0.25"
        Kind and amount of corruption, as in :class:`DenoisingAutoencoder`.
    random_state : int, RandomState instance or None, default=None
        Seed that decides which features are corrupted.

    Returns
    -------
    X_corrupted : ndarray of shape (n_samples, n_features), float32

    Raises
    ------
    ValueError
        If the corruption is unknown, a number is out of range, or noise makes a value infinite.

    Examples
    --------
    >>> import numpy as np
    >>> from penstroke import corrupt
    >>> corrupt(np.ones((1, 8)), "masking-exact:0.25", random_state=0).sum()
    np.float32(6.0)
    """
    rows, corruption, number = _samples.valid(X), word("corruption", corruption), seed(random_state)
    corrupted = _penstroke.corrupt(rows, corruption, number)
    if not np.isfinite(corrupted).all():
        raise ValueError(f"corruption: {corruption} makes values infinite; its standard deviation is in the units of X")
    return corrupted
