"""Reading of model files."""

import json
from typing import Any

from penstroke._autoencoder import DenoisingAutoencoder
from penstroke._classifier import DenoisingClassifier
from penstroke._detector import DenoisingOutlierDetector
from penstroke._imputer import TableImputer
from penstroke._paths import Path, readable
from penstroke._penstroke import Model
from penstroke._regressor import DenoisingRegressor
from penstroke._samples import warn
from penstroke._stack import StackedDenoisingAutoencoder
from penstroke._table import TableEstimator
from penstroke._table_encoder import TableEncoder

KINDS: dict[str, Any] = {
    "autoencoder": DenoisingAutoencoder,
    "stack": StackedDenoisingAutoencoder,
    "classifier": DenoisingClassifier,
    "regressor": DenoisingRegressor,
}

OF_TABLES: tuple[type[TableEstimator], ...] = (TableImputer, TableEncoder, DenoisingOutlierDetector)


def load(path: Path) -> Any:
    """Read a model file of any kind.

    Parameters
    ----------
    path : str or path-like
        A file written by an estimator's ``save`` or by the command line.

    Returns
    -------
    estimator : object
        A fitted estimator: a DenoisingAutoencoder, StackedDenoisingAutoencoder, DenoisingClassifier, DenoisingRegressor, TableImputer,
        TableEncoder or DenoisingOutlierDetector. Its classes are those of the file; if all names are integers as Python writes them, they are
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
    for kind in OF_TABLES:
        of_table = kind._Model.load(name)
        if of_table is not None:
            return kind._of(of_table)
    model = Model.load(name)
    about = json.loads(model.about())
    estimator = KINDS[about["kind"]]._of(model, about)
    if about["prepared"]:
        warn(f"{name}: the model was trained on samples that were cut, encoded or scaled; prepare samples in the same way")
    return estimator
