"""The shape of samples that are pictures."""

import math
from typing import Any

from penstroke._parameters import image_shape


def of(estimator: Any, shape: Any = None) -> tuple[int, int, int]:
    """Height, width and channels: as given, or the estimator's `image_shape`, or those of a square."""
    d = estimator.n_features_in_
    found = image_shape(shape, "shape") or image_shape(getattr(estimator, "image_shape", None))
    if found is None:
        side = math.isqrt(d)
        if side * side != d:
            raise ValueError(f"shape: samples of {d} features are not square pictures; give shape=(height, width)")
        return side, side, 1
    if math.prod(found) != d:
        raise ValueError(f"shape: samples of {d} features are not {'x'.join(map(str, found))} pictures")
    return found
