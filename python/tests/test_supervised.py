"""Classifiers and regressors: weights of samples and classes, single epochs, targets, and the same bytes as the command line."""

import numpy as np
import pytest
from sklearn.metrics import r2_score
from sklearn.utils.class_weight import compute_class_weight

import penstroke
from penstroke import DenoisingAutoencoder, DenoisingClassifier, DenoisingRegressor

# Trained on all samples at once without random numbers, so that copies of a sample differ from its weight by rounding only.
EXACT = {"pretrain_max_iter": 0, "max_iter": 10, "batch_size": 10_000, "learning_rate": 0.01, "random_state": 0}


@pytest.fixture(scope="module")
def few(digits):
    return digits[0][:120], digits[1][:120]


def ink(X):
    """Two targets of a digit: its ink, and that of its upper half, in percent."""
    return 100 * np.column_stack([X.mean(axis=1), X[:, :32].mean(axis=1)])


def same(one, other):
    return one._model.to_bytes() == other._model.to_bytes()


@pytest.mark.parametrize("kind", [DenoisingClassifier, DenoisingRegressor])
@pytest.mark.parametrize("pretrain_max_iter", [0, 2])
def test_a_weight_counts_as_copies_and_equal_weights_change_no_byte(kind, pretrain_max_iter, few):
    X, y = few
    y = y if kind is DenoisingClassifier else ink(X)
    model = kind((20,), **EXACT | {"pretrain_max_iter": pretrain_max_iter})
    plain = penstroke_copy(model).fit(X, y)
    for weights in [1.0, np.ones(120), np.full(120, 0.3)]:
        assert same(penstroke_copy(model).fit(X, y, sample_weight=weights), plain)
    even = np.arange(120) % 2 == 0
    assert same(penstroke_copy(model).fit(X, y, sample_weight=even), penstroke_copy(model).fit(X[even], y[even]))
    weights = np.arange(120) % 4
    weighted = penstroke_copy(model).fit(X, y, sample_weight=weights)
    assert not same(weighted, plain)
    if pretrain_max_iter == 0:
        copies = penstroke_copy(model).fit(np.repeat(X, weights, axis=0), np.repeat(y, weights, axis=0))
        have, want = (m.predict_proba(X) if kind is DenoisingClassifier else m.predict(X) for m in (weighted, copies))
        # Rounding of float32 sums in another order, over ten steps of Adam.
        np.testing.assert_allclose(have, want, rtol=1e-3, atol=1e-4)


def penstroke_copy(model):
    return type(model)(**model.get_params())


def test_classes_are_weighted_as_in_scikit_learn(few):
    X, y = few
    y = np.array(["even", "odd"])[(y % 3 == 0).astype(int)]
    balanced = DenoisingClassifier((20,), class_weight="balanced", **EXACT).fit(X, y)
    factors = compute_class_weight("balanced", classes=balanced.classes_, y=y)
    given = DenoisingClassifier((20,), class_weight=dict(zip(balanced.classes_, factors, strict=True)), **EXACT).fit(X, y)
    as_samples = DenoisingClassifier((20,), **EXACT).fit(X, y, sample_weight=factors[(y == "odd").astype(int)])
    for other in [given, as_samples]:
        np.testing.assert_allclose(other.predict_proba(X), balanced.predict_proba(X), atol=1e-5)
    heavy = DenoisingClassifier((20,), class_weight={"odd": 1000}, **EXACT).fit(X, y)
    assert (heavy.predict(X) == "odd").mean() > (balanced.predict(X) == "odd").mean()


def test_class_weights_are_read_back(few, tmp_path):
    X, y = few
    for weights in ["balanced", {0: 0.5, 7: 3.0}]:
        DenoisingClassifier((5,), class_weight=weights, pretrain_max_iter=0, max_iter=1).fit(X, y).save(tmp_path / "model")
        again = DenoisingClassifier.load(tmp_path / "model").class_weight
        assert again == (weights if weights == "balanced" else dict.fromkeys(range(10), 1.0) | weights)


def test_unlabelled_samples_have_weights_in_pretraining(few):
    X, y = few
    y = np.where(np.arange(120) < 60, y, -1)
    weights = np.where(np.arange(120) < 90, 1.0, 0.0)
    model = DenoisingClassifier((10,), **EXACT | {"pretrain_max_iter": 2})
    assert same(model.fit(X, y, sample_weight=weights), penstroke_copy(model).fit(X[:90], y[:90]))


def test_single_epochs_train_and_leave_other_things_alone(digits):
    X, y = digits
    model = DenoisingClassifier((50,), learning_rate=0.01, random_state=0)
    for _ in range(10):
        model.partial_fit(X[:1000], y[:1000], classes=np.arange(10))
    assert model.n_iter_ == 10 and model.score(X[1000:], y[1000:]) > 0.8
    assert model.loss_curve_[-1] < 0.5 * model.loss_curve_[0]
    # Only some of the classes, and samples without a label.
    some = np.where(y[:100] < 3, y[:100], -1)
    assert model.partial_fit(X[:100], some).n_iter_ == 11
    before = model._model.to_bytes()
    model.callbacks = interrupt
    with pytest.raises(KeyboardInterrupt):
        model.partial_fit(X, y)
    assert model._model.to_bytes() == before
    fresh = DenoisingClassifier((50,), callbacks=interrupt)
    with pytest.raises(KeyboardInterrupt):
        fresh.partial_fit(X, y, classes=np.arange(10))
    assert not hasattr(fresh, "coefs_")

    pretrained = DenoisingRegressor((50,), pretrain_max_iter=3, max_iter=3, random_state=0).fit(X, ink(X))
    first = pretrained.score(X, ink(X))
    for _ in range(10):
        pretrained.partial_fit(X, ink(X))
    assert pretrained.n_iter_ == 13 and pretrained.score(X, ink(X)) > first


def interrupt(event):
    raise KeyboardInterrupt


def test_decision_functions_are_logits(few):
    X, y = few
    for labels in [y, y % 2]:
        model = DenoisingClassifier((10,), pretrain_max_iter=0, max_iter=5, random_state=0).fit(X, labels)
        scores, probabilities = model.decision_function(X), model.predict_proba(X)
        if labels is y:
            np.testing.assert_array_equal(model.classes_[scores.argmax(axis=1)], model.predict(X))
            exponentials = np.exp(scores)
            np.testing.assert_allclose(exponentials / exponentials.sum(axis=1, keepdims=True), probabilities, rtol=1e-4)
        else:
            assert scores.shape == (120,)
            np.testing.assert_allclose(1 / (1 + np.exp(-scores)), probabilities[:, 1], rtol=1e-4)


def test_a_regressor_predicts_one_target_and_several(digits, tmp_path):
    X, _ = digits
    Y = ink(X)
    for y in [Y[:, 0], Y[:, :1], Y]:
        model = DenoisingRegressor((64,), pretrain_max_iter=5, max_iter=20, learning_rate=0.01, random_state=0).fit(X[:1000], y[:1000])
        predicted = model.predict(X[1000:])
        assert predicted.shape == ((797, 2) if y.shape == Y.shape else (797,))
        assert model.score(X[1000:], y[1000:]) == r2_score(y[1000:], predicted) > 0.8
        model.save(tmp_path / "model")
        for again in [DenoisingRegressor.load(tmp_path / "model"), penstroke.load(tmp_path / "model")]:
            np.testing.assert_array_equal(again.predict(X), model.predict(X))
            assert again.hidden_layer_sizes == (64,) and again.max_iter == 20
        with pytest.raises(ValueError, match="holds a DenoisingRegressor; read it with DenoisingRegressor.load"):
            DenoisingClassifier.load(tmp_path / "model")
    stopping = DenoisingRegressor((30,), pretrain_max_iter=0, early_stopping=True, n_iter_no_change=2, learning_rate=0.05)
    stopping.set_params(random_state=0).fit(X, Y)
    assert stopping.best_epoch_ == np.argmin(stopping.validation_error_curve_) + 1
    assert stopping.n_iter_ < 100 and stopping.validation_error_curve_[stopping.best_epoch_ - 1] < 0.3


def test_the_command_line_gives_the_same_bytes_of_regressors_and_with_weights(digits, penstroke_command, tmp_path):
    X, y = digits
    weights = np.arange(len(X)) % 3
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "y.npy", ink(X).astype(np.float32))
    np.save(tmp_path / "w.npy", weights.astype(np.float32))
    np.savez(tmp_path / "xy.npz", x=X, y=y)
    common = ["--layers", "20", "--activation", "relu", "--epochs", "3", "--learning-rate", "0.01", "--valid", "0", "--seed", "5"]
    common += ["--sample-weights", tmp_path / "w.npy", "--quiet", "--out", tmp_path / "model"]
    as_there = {"pretrain_max_iter": 0, "max_iter": 3, "learning_rate": 0.01, "random_state": 5}
    penstroke_command("finetune", tmp_path / "x.npy", "--targets", tmp_path / "y.npy", *common)
    regressor = DenoisingRegressor((20,), **as_there).fit(X, ink(X).astype(np.float32), sample_weight=weights)
    regressor.save(tmp_path / "python")
    assert (tmp_path / "python").read_bytes() == (tmp_path / "model").read_bytes()
    penstroke_command("finetune", tmp_path / "xy.npz", "--class-weight", "balanced", *common)
    classifier = DenoisingClassifier((20,), class_weight="balanced", **as_there).fit(X, y, sample_weight=weights)
    classifier.save(tmp_path / "python")
    assert (tmp_path / "python").read_bytes() == (tmp_path / "model").read_bytes()


def test_lazy_frames_are_collected(few):
    polars = pytest.importorskip("polars")
    X, y = few
    frame = polars.DataFrame(X, schema=[f"p{k}" for k in range(64)])
    for kind in [DenoisingClassifier, DenoisingRegressor]:
        eager, lazy = (kind((5,), pretrain_max_iter=1, max_iter=1, random_state=0) for _ in range(2))
        eager.fit(frame, y)
        lazy.fit(frame.lazy(), polars.LazyFrame({"y": y}) if kind is DenoisingRegressor else y)
        assert same(eager, lazy)
        np.testing.assert_array_equal(lazy.predict(frame.lazy()), eager.predict(frame))
    autoencoder = DenoisingAutoencoder(5, max_iter=1, random_state=0).fit(frame.lazy())
    np.testing.assert_array_equal(autoencoder.transform(frame.lazy()), autoencoder.transform(frame))
    assert list(autoencoder.feature_names_in_) == frame.columns


def test_instructions_differ_by_rounding_only(few):
    X, y = few
    for kind in [DenoisingAutoencoder, DenoisingClassifier]:
        best, portable = (
            kind(10, max_iter=2, random_state=0, instructions=instructions).fit(X, y) for instructions in (None, "portable")
        )
        apply = "transform" if kind is DenoisingAutoencoder else "predict_proba"
        np.testing.assert_allclose(getattr(portable, apply)(X), getattr(best, apply)(X), atol=1e-4)
        assert b"portable" not in portable._model.to_bytes()
