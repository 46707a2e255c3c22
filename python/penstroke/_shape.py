"""How samples are pictures."""

import math
from typing import Any

from penstroke._parameters import image_shape


def of(estimator: Any, shape: Any = None) -> tuple[int, int, int]:
    """Height, width and channels: those that are given, the estimator's own, or those of a square."""
    d = estimator.n_features_in_
    found = image_shape(shape, "shape") or image_shape(getattr(estimator, "image_shape", None))
    if found is None:
        side = math.isqrt(d)
        if side * side != d:
            raise ValueError(f"shape: rows of {d} values are no square pictures; give shape=(height, width)")
        return side, side, 1
    if math.prod(found) != d:
        raise ValueError(f"shape: rows of {d} values are no {'x'.join(map(str, found))} pictures")
    return found
