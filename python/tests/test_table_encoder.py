"""TableEncoder: frames and arrays, outputs, files, pickles, and what it refuses."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import penstroke
from penstroke import TableEncoder

SMALL = {"hidden_layer_sizes": (12, 6), "max_iter": 3, "random_state": 0}


def columns(n=60):
    """Numbers, a category that follows from them, and a number without gaps."""
    x = [None if row % 11 == 3 else float(row * row % 23) for row in range(n)]
    kind = [None if row % 13 == 5 else "ab"[row * row % 23 > 11] for row in range(n)]
    return {"x": x, "kind": kind, "z": [row % 7 + 0.5 for row in range(n)]}


@pytest.fixture
def frame():
    return pytest.importorskip("pandas").DataFrame(columns())


def test_frames_of_all_libraries_and_arrays_give_the_same_codes(frame):
    codes = TableEncoder(**SMALL).fit_transform(frame)
    assert codes.shape == (60, 6)
    assert codes.dtype == np.float32
    array = np.array(list(columns().values()), dtype=object).T
    # Columns are sorted by name inside: x, kind, z of the frame become x0, x1, x2.
    others = [pytest.importorskip("polars").DataFrame(columns()), pytest.importorskip("pyarrow").table(columns())]
    for other in others:
        np.testing.assert_array_equal(TableEncoder(**SMALL).fit_transform(other), codes)
    assert TableEncoder(**SMALL).fit_transform(array).shape == (60, 6)
    swapped = frame[["z", "x", "kind"]].iloc[::-1]
    np.testing.assert_array_equal(TableEncoder(**SMALL).fit_transform(swapped)[::-1], codes)


def test_a_row_is_encoded_alike_alone_and_all_layers_end_in_the_last(frame):
    encoder = TableEncoder(**SMALL).fit(frame)
    last = encoder.transform(frame)
    every = encoder.set_params(output="all").transform(frame)
    assert every.shape == (60, 18)
    np.testing.assert_array_equal(every[:, 12:], last)
    np.testing.assert_array_equal(encoder.transform(frame.iloc[[3]])[0], every[3])
    assert len(encoder.get_feature_names_out()) == 18


def test_codes_come_in_the_container_that_set_output_asks_for(frame):
    codes = TableEncoder(**SMALL).set_output(transform="pandas").fit_transform(frame)
    assert list(codes.columns) == [f"tableencoder{at}" for at in range(6)]
    assert codes.index.equals(frame.index)


def test_files_and_pickles_give_the_same_codes(frame, tmp_path):
    encoder = TableEncoder(**SMALL).fit(frame)
    codes = encoder.transform(frame)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(encoder)).transform(frame), codes)
    encoder.save(tmp_path / "m")
    for read in (penstroke.load(tmp_path / "m"), TableEncoder.load(tmp_path / "m")):
        np.testing.assert_array_equal(read.transform(frame), codes)
        np.testing.assert_array_equal(clone(read).fit_transform(frame), codes)
    with pytest.raises(ValueError, match="does not hold an imputer"):
        penstroke.TableImputer.load(tmp_path / "m")


def test_onnx_runtime_encodes_as_transform_does(frame, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    with pytest.raises(NotFittedError):
        TableEncoder().to_onnx(tmp_path / "none.onnx")
    encoder = TableEncoder(**SMALL).fit(frame)
    encoder.to_onnx(tmp_path / "encoder.onnx")
    with pytest.raises(FileNotFoundError):
        encoder.to_onnx(tmp_path / "no folder" / "encoder.onnx")
    cells = {name: frame[[name]].to_numpy("float64") for name in "xz"} | {"kind": frame[["kind"]].fillna("").to_numpy(object)}
    session = onnxruntime.InferenceSession(tmp_path / "encoder.onnx")
    for output in ("last", "all"):
        (codes,) = session.run([output], cells)
        # Sums of a few dozen products in single precision.
        np.testing.assert_allclose(codes, encoder.set_params(output=output).transform(frame), rtol=0, atol=1e-5)


def test_new_categories_are_told_and_count_as_missing(frame):
    encoder = TableEncoder(**SMALL).fit(frame)
    new, missing = frame.copy(), frame.copy()
    new.loc[0, "kind"], missing.loc[0, "kind"] = "c", None
    with pytest.warns(UserWarning, match="column kind: 1 cell holds a category not seen in training"):
        codes = encoder.transform(new)
    np.testing.assert_array_equal(codes, encoder.transform(missing))


def test_callbacks_stop_the_training(frame):
    encoder = TableEncoder(**SMALL, callbacks=lambda event: event.epoch == 2).fit(frame)
    assert len(encoder.loss_curve_) == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"output": "first"}, "output: 'first' is not one of 'last', 'all'"),
        ({"hidden_layer_sizes": ()}, "hidden_layer_sizes: no layers; at least 1 is needed"),
        ({"corruption": "none"}, "corruption: none, so the network would only copy its input"),
        ({"dropout": 1.0}, "dropout: 1 is outside 0..1"),
        ({"max_iter": 0}, "max_iter: 0 is below 1"),
    ],
)
def test_wrong_parameters_are_refused(frame, changes, message):
    with pytest.raises(ValueError, match=message.replace("..", r"\.\.")):
        TableEncoder(**SMALL | changes).fit(frame)
