"""The table of bad tables in ``tests/inputs``; the command line's tests run the same table."""

import json
import warnings

import numpy as np
import pytest
from conftest import ROOT

from penstroke import TableImputer

ROWS = json.loads((ROOT / "tests" / "inputs" / "bad-tables.json").read_text())


def frame(pandas, row, key):
    """The table under a key, with numbers where all cells of a column are."""
    names, *lines = [line.split(",") for line in row[key]]
    lines = lines * row.get("times", 10) + [line.split(",") for line in row.get("then", []) if key == "rows"]

    def cell(text):
        try:
            return float(text) if text else None
        except ValueError:
            return text

    columns = [pandas.Series([cell(line[at]) for line in lines], dtype=object).infer_objects() for at in range(len(names))]
    return pandas.concat(columns, axis=1, keys=names)


@pytest.mark.parametrize("row", ROWS, ids=[row["name"] for row in ROWS])
def test_python_says_what_is_wrong_with_every_bad_table(row):
    pandas = pytest.importorskip("pandas")
    expected = row.get("python", row)
    X = frame(pandas, row, "rows")
    before = X.copy()
    options = {"n_networks": 2, "hidden_layer_sizes": 16, "n_steps": 40, "random_state": 0}
    imputer = TableImputer(**options, learning_rate=row.get("learning_rate", 0.002))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if "error" in expected:
            with pytest.raises((ValueError, FloatingPointError)) as raised:
                imputer.fit(frame(pandas, row, "learned") if "learned" in row else X)
                imputer.transform(X)
            for part in expected["error"]:
                assert part in str(raised.value)
            return
        filled = imputer.fit_transform(X)
    told = [str(warning.message) for warning in caught]
    assert len(told) == len(expected["told"]), told
    for message, part in zip(told, expected["told"], strict=True):
        assert part in message
    kept = list(filled)
    gaps = X[kept].isna()
    assert gaps.to_numpy().sum() == expected["filled"] and not filled.isna().any(axis=None)
    pandas.testing.assert_frame_equal(X, before)
    for name, value in row.get("fills", {}).items():
        assert (filled[name][gaps[name]] == np.float64(value)).all()
