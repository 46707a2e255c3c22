"""Model files of any kind."""

import json
from typing import Any

from penstroke._autoencoder import DenoisingAutoencoder
from penstroke._classifier import DenoisingClassifier
from penstroke._paths import Path, readable
from penstroke._penstroke import Model
from penstroke._samples import warn
from penstroke._stack import StackedDenoisingAutoencoder

KINDS: dict[str, Any] = {
    "autoencoder": DenoisingAutoencoder,
    "stack": StackedDenoisingAutoencoder,
    "classifier": DenoisingClassifier,
}


def load(path: Path) -> Any:
    """Read a model file of any kind.

    Parameters
    ----------
    path : str or path-like
        What an estimator's ``save`` or the command line has written.

    Returns
    -------
    estimator : DenoisingAutoencoder, StackedDenoisingAutoencoder or DenoisingClassifier
        Fitted. Names of classes are those of the file; if all are whole numbers, written as Python writes them, they are
        numbers again.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is no model file, or that of a regressor, for which there is no estimator.

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
    model = Model.load(name)
    about = json.loads(model.about())
    kind = KINDS.get(about["kind"])
    if kind is None:
        raise ValueError(f"{name}: holds a model of kind {about['kind']!r}; {', '.join(KINDS)} have an estimator")
    estimator = kind._of(model, about)
    if about["prepared"]:
        warn(f"{name}: the samples it was trained on had been cut, encoded or scaled; pass samples prepared in the same way")
    return estimator
