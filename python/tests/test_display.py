"""Pictures in notebooks and matplotlib."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import penstroke
import pytest

from penstroke import DenoisingAutoencoder, DenoisingClassifier, StackedDenoisingAutoencoder


@pytest.fixture(scope="module")
def fitted(digits):
    return DenoisingAutoencoder(20, max_iter=3, random_state=0).fit(digits[0])


def test_a_notebook_shows_losses_and_filters_of_a_fitted_estimator(fitted, digits):
    for html in [fitted._repr_html_(), fitted._repr_mimebundle_()["text/html"]]:
        assert "data:image/png;base64,iVBORw0KGgo" in html and "20 of 20 filters" in html
        assert re.search(r"training loss, 3 epochs: [0-9.]+ to [0-9.]+", html)
        # The added HTML is well-formed.
        ElementTree.fromstring(html[html.rindex('<div style="display:flex;gap:1em') :])
    assert "<figure" not in DenoisingAutoencoder()._repr_html_()
    stack = StackedDenoisingAutoencoder((9, 5), max_iter=2).fit(digits[0])
    assert "9 of 9 filters" in stack._repr_html_()
    # 7 is not a square, and 49 features may be columns of a table unless image_shape is given.
    for d in [7, 49]:
        tabular = DenoisingAutoencoder(4, max_iter=2).fit(digits[0][:, :d])
        assert "training loss" in tabular._repr_html_() and "filters" not in tabular._repr_html_()
    assert "4 of 4 filters" in tabular.set_params(image_shape=(7, 7)).fit(digits[0][:, :49])._repr_html_()
    # A notebook stores what it shows.
    large = DenoisingAutoencoder(20, max_iter=2).fit(np.random.default_rng(0).random((8, 160 * 160), dtype=np.float32))
    assert "3 of 20 filters" in large._repr_html_() and len(large._repr_html_()) < 1_000_000
    huge = DenoisingAutoencoder(2, max_iter=2).fit(np.zeros((8, 400 * 400), dtype=np.float32))
    assert "filters" not in huge._repr_html_()
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
    with pytest.raises(ValueError, match=r"shape: samples of 7 features are not square pictures; give shape=\(height, width\)"):
        plot.filters(tabular)
    with pytest.raises(ValueError, match="shape: samples of 64 features are not 3x3x1 pictures"):
        plot.filters(fitted, shape=(3, 3))
    with pytest.raises(TypeError, match="shape: 8 is neither"):
        plot.filters(fitted, shape=8)
    assert plot.filters(fitted, n=3, columns=50).images[0].get_array().shape == (8, 3 * 9 - 1)
    for n in [0, -1]:
        with pytest.raises(ValueError, match=f"n: {n} is below 1"):
            plot.filters(fitted, n=n)
        with pytest.raises(ValueError, match=f"n: {n} is below 1"):
            plot.reconstructions(fitted, digits[0], n=n)
        with pytest.raises(ValueError, match=f"columns: {n} is below 1"):
            plot.filters(fitted, columns=n)
    classifier = DenoisingClassifier((5,), max_iter=1).fit(*digits)
    for draw in [lambda: plot.filters(classifier), lambda: plot.reconstructions(classifier, digits[0])]:
        with pytest.raises(TypeError, match="model: DenoisingClassifier cannot be drawn"):
            draw()
    matplotlib.pyplot.close("all")


@pytest.mark.parametrize("n", [1, 4, 10])
@pytest.mark.parametrize("corruption", ["none", "masking:0.25+gaussian:0.1+salt-and-pepper:0.05"])
def test_row_names_fit_beside_the_pictures(fitted, digits, n, corruption):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    ax = penstroke.plot.reconstructions(fitted, digits[0], n=n, corruption=corruption)
    ax.figure.draw_without_rendering()
    width, height = ax.figure.get_size_inches() * ax.figure.dpi
    for label in ax.get_yticklabels():
        box = label.get_window_extent()
        assert 0 <= box.x0 and box.x1 < width and 0 <= box.y0 and box.y1 <= height
    assert not any(spine.get_visible() for spine in ax.spines.values())
    # Pictures take most of the height, whatever the length of the names.
    assert ax.get_window_extent().height > 0.7 * height
    matplotlib.pyplot.close(ax.figure)
