"""The table of inputs that users bring, in ``tests/inputs``; the command line's tests run the same table."""

import json
import warnings

import numpy as np
import pytest
from conftest import ROOT
from sklearn.exceptions import ConvergenceWarning

from penstroke import DenoisingAutoencoder

FOLDER = ROOT / "tests" / "inputs"
ROWS = [row for row in json.loads((FOLDER / "table.json").read_text()) if row.get("python", True)]


def read(path):
    """What Python users pass to ``fit``: arrays from npy files, Arrow tables from the others."""
    if path.suffix == ".npy":
        return np.load(path)
    feather, parquet = (pytest.importorskip(f"pyarrow.{name}") for name in ["feather", "parquet"])
    return parquet.read_table(path) if path.suffix == ".parquet" else feather.read_table(path)


@pytest.mark.parametrize("row", ROWS, ids=[row["name"] for row in ROWS])
def test_python_reads_every_input_of_the_table(row):
    X = read(FOLDER / row["source"])
    model = DenoisingAutoencoder(2, max_iter=1, tol=None)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        # One epoch is too short, which is not what the table is about.
        warnings.simplefilter("ignore", ConvergenceWarning)
        if "error" in row:
            with pytest.raises(ValueError) as error:
                model.fit(X)
            assert row["error"] in str(error.value)
            return
        model.fit(X)
    assert model.n_features_in_ == row["values"]
    told = "\n".join(str(warning.message) for warning in caught)
    if "warnings" not in row:
        assert not told
    for part in row.get("warnings", []):
        assert part in told
