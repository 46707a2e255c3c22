"""Tests on MNIST; `python/check` skips them, and reports so, unless PENSTROKE_DATA is the path of a folder that holds it."""

import os
import pathlib
import sys

from conftest import ROOT


def test_a_linear_classifier_of_mnist_does_better_on_codes_than_on_pixels():
    sys.path.insert(0, str(ROOT / "python" / "examples"))
    import mnist

    pixels, code = mnist.main(pathlib.Path(os.environ["PENSTROKE_DATA"]) / "mnist")
    assert code > pixels
