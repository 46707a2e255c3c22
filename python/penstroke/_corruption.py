"""Corruption, as training applies it."""

import numpy as np
from sklearn.utils.validation import check_array

from penstroke import _penstroke
from penstroke._parameters import in_words_of_parameters, seed, word
from penstroke._samples import of_arrow, rows


def corrupt(X, corruption="masking:0.25", *, random_state=None):
    """Damage samples as training does.

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
        If there is no such corruption, or a number is out of its range.

    Examples
    --------
    >>> import numpy as np
    >>> from penstroke import corrupt
    >>> corrupt(np.ones((1, 8)), "masking-exact:0.25", random_state=0).sum()
    np.float32(6.0)
    """
    X = check_array(of_arrow(X), dtype=[np.float32, np.uint8], order="C", accept_sparse="csr")
    with in_words_of_parameters():
        return _penstroke.corrupt(rows(X), word("corruption", corruption), seed(random_state), 0)
