"""Fixtures that several tests use."""

import os
import pathlib
import subprocess

import numpy as np
import pytest
from sklearn.datasets import load_digits

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture(scope="session")
def digits():
    """1797 digits of 8x8 pixels within 0..1, and their labels."""
    X, y = load_digits(return_X_y=True)
    return (X / 16).astype(np.float32), y


@pytest.fixture(scope="session")
def penstroke_command():
    """Runs the command line, whose path `python/check` sets."""
    binary = os.environ.get("PENSTROKE_BINARY")
    if not binary:
        raise RuntimeError("PENSTROKE_BINARY must be the path of the command line; python/check builds it")

    def run(*words):
        done = subprocess.run([binary, *map(str, words)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
