"""What needs MNIST; `python/check` leaves it out, and says so, unless PENSTROKE_DATA names a folder that holds it."""

import os
import pathlib
import sys

from conftest import ROOT


def test_a_code_serves_a_linear_classifier_of_mnist_better_than_pixels():
    sys.path.insert(0, str(ROOT / "python" / "examples"))
    import mnist

    pixels, code = mnist.main(pathlib.Path(os.environ["PENSTROKE_DATA"]) / "mnist")
    assert code > pixels
