"""Model files and ONNX files."""

import json
import sys
import warnings

import numpy as np
import pytest

import penstroke
from penstroke import DenoisingAutoencoder, DenoisingClassifier, StackedDenoisingAutoencoder


def test_a_saved_model_is_read_back(digits, tmp_path):
    X, y = digits[0][:300], digits[1][:300]
    early = {"batch_size": 16, "early_stopping": True, "tol": 0.01, "n_iter_no_change": 3, "validation_fraction": 0.2}
    autoencoder = DenoisingAutoencoder(
        20, corruption="gaussian:0.3", tied=False, max_iter=3, image_shape=(8, 8), random_state=2, **early
    )
    stack = StackedDenoisingAutoencoder(
        (9, 7), corruption=["none", "masking:0.5"], batch_size=16, max_iter=2, end_to_end_max_iter=1, random_state=2
    )
    for estimator in [autoencoder, stack]:
        estimator.fit(X).save(tmp_path / "model")
        again = penstroke.load(tmp_path / "model")
        assert type(again) is type(estimator)
        np.testing.assert_array_equal(again.transform(X), estimator.transform(X))
        np.testing.assert_array_equal(again.components_, estimator.components_)
        changed = {"decoder"} | ({"image_shape"} if estimator is autoencoder else set())
        told = {name: value for name, value in estimator.get_params().items() if name not in changed}
        assert {name: value for name, value in again.get_params().items() if name not in changed} == told
        # Training again with the parameters in the file gives the same bytes.
        assert again.fit(X)._model.to_bytes() == estimator._model.to_bytes()
    classifier = DenoisingClassifier((9,), max_iter=3, random_state=2)
    for labels in [y, y + 5, np.array([f"class {label}" for label in y])]:
        classifier.fit(X, labels).save(tmp_path / "model")
        again = DenoisingClassifier.load(tmp_path / "model")
        np.testing.assert_array_equal(again.predict(X), classifier.predict(X))
        np.testing.assert_array_equal(again.classes_, classifier.classes_)


def test_the_command_line_reads_files_written_by_python(digits, penstroke_command, tmp_path):
    X = digits[0]
    np.save(tmp_path / "x.npy", X)
    fitted = DenoisingAutoencoder(20, max_iter=2, image_shape=(8, 8), random_state=0).fit(X)
    fitted.save(tmp_path / "model.safetensors")
    penstroke_command("encode", tmp_path / "model.safetensors", tmp_path / "x.npy", "--out", tmp_path / "codes.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "codes.npy"), fitted.transform(X))
    penstroke_command("filters", tmp_path / "model.safetensors", "--out", tmp_path / "filters.png")
    scaled = ["--scale", "standard", "--hidden", "5", "--epochs", "1", "--quiet"]
    penstroke_command("fit", tmp_path / "x.npy", *scaled, "--out", tmp_path / "scaled.safetensors")
    for load in [penstroke.load, DenoisingAutoencoder.load]:
        with pytest.warns(UserWarning, match="was trained on samples that were cut, encoded or scaled; prepare samples in the same way") as warned:
            load(tmp_path / "scaled.safetensors")
        assert warned[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        penstroke.load(tmp_path / "model.safetensors")


def test_onnx_runtime_computes_the_same(digits, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    X, y = digits

    def run(estimator, samples, **options):
        estimator.to_onnx(tmp_path / "model.onnx", **options)
        return onnxruntime.InferenceSession(tmp_path / "model.onnx").run(None, {"samples": samples})

    stack = StackedDenoisingAutoencoder((12, 7), max_iter=2, random_state=0).fit(X)
    # Sums in single precision, in a different order.
    near = {"rtol": 1e-4, "atol": 1e-5}
    np.testing.assert_allclose(run(stack, X)[0], stack.transform(X), **near)
    np.testing.assert_allclose(run(stack, X, what="reconstruction")[0], stack.reconstruct(X), **near)
    assert run(stack, X, layer=1)[0].shape == (1797, 12)
    bytes_ = (X * 255).astype(np.uint8)
    np.testing.assert_allclose(run(stack, bytes_, input="bytes")[0], stack.transform(bytes_), **near)
    classifier = DenoisingClassifier((12,), max_iter=5, random_state=0).fit(X, y + 3)
    named, probabilities = run(classifier, X)
    np.testing.assert_allclose(probabilities, classifier.predict_proba(X), **near)
    np.testing.assert_array_equal(classifier.classes_[named], classifier.predict(X))
    with pytest.raises(ValueError, match="what: regressor is not available for a model of kind"):
        stack.to_onnx(tmp_path / "model.onnx", what="regressor")
    with pytest.raises(ValueError, match="layer: 3 is not one of the model's layers, 1 to 2"):
        stack.to_onnx(tmp_path / "model.onnx", layer=3)


def test_errors_have_the_types_of_python(digits, tmp_path):
    fitted = DenoisingAutoencoder(5, max_iter=1, random_state=0).fit(digits[0])
    fitted.save(tmp_path / "model")
    for load in [penstroke.load, DenoisingAutoencoder.load]:
        with pytest.raises(FileNotFoundError, match="absent: "):
            load(tmp_path / "absent")
        with pytest.raises(IsADirectoryError, match="is a folder; give the name of a model file"):
            load(tmp_path)
        with pytest.raises(NotADirectoryError, match="model/model: "):
            load(tmp_path / "model" / "model")
        with pytest.raises(TypeError, match="path: 3 is neither a string nor path-like"):
            load(3)
    for write in [fitted.save, fitted.to_onnx]:
        with pytest.raises(FileNotFoundError, match="the folder .* does not exist; create it first"):
            write(tmp_path / "absent" / "model")
        with pytest.raises(FileNotFoundError, match="path: '' is not a file name"):
            write("")
        with pytest.raises(NotADirectoryError, match="model is not a folder"):
            write(str(tmp_path / "model" / "model"))
        with pytest.raises(IsADirectoryError, match="is a folder; name a file to write"):
            write(tmp_path)
        with pytest.raises(TypeError, match="path: None is neither a string nor path-like"):
            write(None)
        write(bytes(tmp_path / "written"))
    (tmp_path / "other").write_bytes(b"other")
    with pytest.raises(ValueError, match="other: is not a model file"):
        penstroke.load(tmp_path / "other")
    with pytest.raises(ValueError, match="holds a DenoisingAutoencoder; read it with DenoisingAutoencoder.load"):
        StackedDenoisingAutoencoder.load(tmp_path / "model")
    with pytest.raises(ValueError, match="layer: -1 is below 0"):
        fitted.to_onnx(tmp_path / "model.onnx", layer=-1)
    with pytest.raises(TypeError, match="input: 3 is not a string"):
        fitted.to_onnx(tmp_path / "model.onnx", input=3)


def regressor():
    """A regressor with one input, one hidden unit and one target, as the command line writes it."""
    history = {"train_loss": [], "valid_loss": [], "epochs_begun": 0, "stopped": False}
    document = {
        "format": 1, "kind": "regressor", "n_visible": 1, "n_targets": 1, "image": None, "range": [0.0, 1.0],
        "hidden": [{"units": 1, "activation": "sigmoid"}], "config": {}, "history": history,
    }  # fmt: skip
    weights = {f"layers.{k}.{part}": [1, 1] if part == "weight" else [1] for k in (0, 1) for part in ("weight", "bias")}
    tensors = weights | {"targets.mean": [1], "targets.deviation": [1]}
    places = {
        name: {"dtype": "F32", "shape": shape, "data_offsets": [4 * k, 4 * k + 4]}
        for k, (name, shape) in enumerate(tensors.items())
    }
    header = json.dumps({"__metadata__": {"penstroke": json.dumps(document)}} | places).encode()
    return len(header).to_bytes(8, "little") + header + np.ones(len(tensors), "<f4").tobytes()


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc, where no user can write")
def test_a_read_only_folder_raises_os_error(digits):
    fitted = DenoisingAutoencoder(5, max_iter=1, random_state=0).fit(digits[0])
    for write in [fitted.save, fitted.to_onnx]:
        with pytest.raises(OSError, match="/proc/model"):
            write("/proc/model")


@pytest.mark.parametrize(
    ("labels", "read"),
    [
        ([0, 1], [0, 1]),
        ([False, True], [0, 1]),
        ([3, 12], [3, 12]),
        ([1.0, 2.0], [1, 2]),
        ([-3, 10**15], [-3, 10**15]),
        (["01", "1"], ["01", "1"]),
        (["1_0", "10"], ["10", "1_0"]),
        (["+1", "1"], ["+1", "1"]),
        (["1", " 1"], [" 1", "1"]),
        (["1", "2"], [1, 2]),
        (["one", "two"], ["one", "two"]),
    ],
    ids=str,
)
def test_labels_are_read_back(digits, tmp_path, labels, read):
    X = digits[0][:40]
    classifier = DenoisingClassifier((3,), pretrain_max_iter=0, max_iter=1).fit(X, labels * 20)
    assert len(classifier.classes_) == 2
    classifier.save(tmp_path / "model")
    assert penstroke.load(tmp_path / "model").classes_.tolist() == read


def test_activations_of_a_classifier_are_read_back(digits, tmp_path):
    for activation in ["tanh", ["linear", "sigmoid"]]:
        fitted = DenoisingClassifier((4, 3), activation=activation, pretrain_max_iter=0, max_iter=1).fit(*digits)
        fitted.save(tmp_path / "model")
        assert penstroke.load(tmp_path / "model").activation == activation
