"""The losses and filters that a notebook shows below scikit-learn's diagram of a fitted estimator."""

import base64
from typing import Any

from penstroke import _shape

# Limits on the number of filters and of their values, because a notebook stores the pictures it shows.
FILTERS = 60
VALUES = 100_000


def fitted(estimator: Any) -> str:
    """The estimator as HTML; empty if it is not fitted."""
    if not hasattr(estimator, "_model"):
        return ""
    parts = [curve(estimator.loss_curve_, estimator.n_iter_), filters(estimator)]
    return '<div style="display:flex;gap:1em;align-items:flex-start">' + "".join(parts) + "</div>"


def curve(losses: list[float], n_iter: int) -> str:
    """The training losses as a line, with the first and last values in the caption."""
    if len(losses) < 2:
        return ""
    low, high = min(losses), max(losses)
    scale = 80 / (high - low) if high > low else 0.0
    points = " ".join(f"{200 * k / (len(losses) - 1):.1f},{90 - (x - low) * scale:.1f}" for k, x in enumerate(losses))
    return (
        '<figure style="margin:0"><svg width="200" height="100" role="img" aria-label="training loss">'
        f'<polyline points="{points}" fill="none" stroke="#1f77b4" stroke-width="2"/></svg>'
        f"<figcaption>training loss, {n_iter} epochs: {losses[0]:.4g} to {losses[-1]:.4g}</figcaption></figure>"
    )


def filters(estimator: Any) -> str:
    """The first filters, if samples can be shown as grey pictures."""
    if not hasattr(estimator, "components_"):
        return ""
    try:
        height, width, channels = _shape.of(estimator)
    except ValueError:
        return ""
    # With few features, a square number of them is more likely a table than a picture.
    small = estimator.image_shape is None and height < 8
    n = min(len(estimator.components_), FILTERS, VALUES // (height * width))
    if channels != 1 or small or n == 0:
        return ""
    png = base64.b64encode(estimator._model.filters_png(height, width, n)).decode("ascii")
    return (
        f'<figure style="margin:0"><img alt="filters" src="data:image/png;base64,{png}"/>'
        f"<figcaption>{n} of {len(estimator.components_)} filters</figcaption></figure>"
    )
