"""Reading of model files."""

import json
from typing import Any

from penstroke._autoencoder import DenoisingAutoencoder
from penstroke._classifier import DenoisingClassifier
from penstroke._imputer import TableImputer
from penstroke._paths import Path, readable
from penstroke._penstroke import Imputer, Model
from penstroke._penstroke import TableEncoder as Encoder
from penstroke._regressor import DenoisingRegressor
from penstroke._samples import warn
from penstroke._stack import StackedDenoisingAutoencoder
from penstroke._table_encoder import TableEncoder

KINDS: dict[str, Any] = {
    "autoencoder": DenoisingAutoencoder,
    "stack": StackedDenoisingAutoencoder,
    "classifier": DenoisingClassifier,
    "regressor": DenoisingRegressor,
}


def load(path: Path) -> Any:
    """Read a model file of any kind.

    Parameters
    ----------
    path : str or path-like
        A file written by an estimator's ``save`` or by the command line.

    Returns
    -------
    estimator : DenoisingAutoencoder, StackedDenoisingAutoencoder, DenoisingClassifier, DenoisingRegressor, TableImputer or TableEncoder
        A fitted estimator. Its classes are those of the file; if all names are integers as Python writes them, they are
        integers again.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is not a model file.

    Examples
    --------
    >>> import os, tempfile
    >>> import numpy as np
    >>> import penstroke
    >>> X = np.random.default_rng(0).random((200, 6), dtype=np.float32)
    >>> model = penstroke.DenoisingAutoencoder(4, max_iter=2, random_state=0).fit(X)
    >>> path = os.path.join(tempfile.mkdtemp(), "model.safetensors")
    >>> model.save(path)
    >>> bool((penstroke.load(path).transform(X) == model.transform(X)).all())
    True
    """
    name = readable(path)
    imputer = Imputer.load(name)
    if imputer is not None:
        return TableImputer._of(imputer)
    encoder = Encoder.load(name)
    if encoder is not None:
        return TableEncoder._of(encoder)
    model = Model.load(name)
    about = json.loads(model.about())
    estimator = KINDS[about["kind"]]._of(model, about)
    if about["prepared"]:
        warn(f"{name}: the model was trained on samples that were cut, encoded or scaled; prepare samples in the same way")
    return estimator
