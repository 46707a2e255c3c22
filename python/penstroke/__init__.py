"""Denoising autoencoders as scikit-learn estimators: learn features by repairing damage.

>>> from sklearn.datasets import load_digits
>>> from penstroke import DenoisingAutoencoder
>>> X = load_digits().data / 16
>>> model = DenoisingAutoencoder(n_components=30, max_iter=5, random_state=0).fit(X)
>>> model.transform(X).shape
(1797, 30)
>>> model.components_.shape
(30, 64)
"""

from penstroke import plot
from penstroke._autoencoder import DenoisingAutoencoder
from penstroke._classifier import DenoisingClassifier
from penstroke._corruption import corrupt
from penstroke._detector import DenoisingOutlierDetector, UnusualCell
from penstroke._files import load
from penstroke._imputer import TableImputer
from penstroke._penstroke import __version__
from penstroke._pool import Pooled, PooledTerm, pool, pool_estimates
from penstroke._regressor import DenoisingRegressor
from penstroke._stack import Layer, StackedDenoisingAutoencoder
from penstroke._table_encoder import TableEncoder
from penstroke._watch import Event

__all__ = [
    "DenoisingAutoencoder",
    "DenoisingClassifier",
    "DenoisingOutlierDetector",
    "DenoisingRegressor",
    "Event",
    "Layer",
    "Pooled",
    "PooledTerm",
    "StackedDenoisingAutoencoder",
    "TableEncoder",
    "TableImputer",
    "UnusualCell",
    "__version__",
    "corrupt",
    "load",
    "plot",
    "pool",
    "pool_estimates",
]
