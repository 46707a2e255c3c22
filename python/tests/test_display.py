"""Pictures, in files, notebooks and matplotlib."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import penstroke
import pytest

from penstroke import DenoisingAutoencoder, DenoisingClassifier, StackedDenoisingAutoencoder


@pytest.fixture(scope="module")
def fitted(digits):
    return DenoisingAutoencoder(20, max_iter=3, random_state=0).fit(digits[0])


def test_a_notebook_shows_losses_and_filters_of_what_is_fitted(fitted, digits):
    for html in [fitted._repr_html_(), fitted._repr_mimebundle_()["text/html"]]:
        assert "data:image/png;base64,iVBORw0KGgo" in html and "20 of 20 filters" in html
        assert re.search(r"training loss, 3 epochs: [0-9.]+ to [0-9.]+", html)
        # What is added is well-formed.
        ElementTree.fromstring(html[html.rindex('<div style="display:flex;gap:1em') :])
    assert "<figure" not in DenoisingAutoencoder()._repr_html_()
    stack = StackedDenoisingAutoencoder((9, 5), max_iter=2).fit(digits[0])
    assert "9 of 9 filters" in stack._repr_html_()
    tabular = DenoisingAutoencoder(4, max_iter=2).fit(digits[0][:, :7])
    assert "training loss" in tabular._repr_html_() and "filters" not in tabular._repr_html_()
    assert "training loss" in DenoisingClassifier((5,), max_iter=2).fit(*digits)._repr_html_()


def test_filters_and_reconstructions_are_drawn(fitted, digits):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    plot = penstroke.plot

    ax = plot.filters(fitted, n=6, columns=3)
    picture = ax.images[0].get_array()
    assert picture.shape == (2 * 9 - 1, 3 * 9 - 1) and ax.get_title() == "6 of 20 filters"
    tile = fitted.components_[4].reshape(8, 8)
    np.testing.assert_allclose(picture[9:, 9:17], tile / np.abs(tile).max(), rtol=1e-6)
    ax = plot.reconstructions(fitted, digits[0], n=5)
    picture = ax.images[0].get_array()
    assert picture.shape == (3 * 9 - 1, 5 * 9 - 1)
    np.testing.assert_allclose(picture[:8, 9:17], digits[0][1].reshape(8, 8))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["clean", "masking:0.25", "restored"]
    coloured = DenoisingAutoencoder(4, max_iter=1, image_shape=(4, 4, 3)).fit(np.random.default_rng(0).random((50, 48)))
    assert plot.filters(coloured).images[0].get_array().shape == (9, 9, 3)
    tabular = DenoisingAutoencoder(4, max_iter=1).fit(digits[0][:, :7])
    with pytest.raises(ValueError, match=r"shape: rows of 7 values are no square pictures; give shape=\(height, width\)"):
        plot.filters(tabular)
    with pytest.raises(ValueError, match="shape: rows of 64 values are no 3x3x1 pictures"):
        plot.filters(fitted, shape=(3, 3))
