"""Training: its result, its progress, and how it ends."""

import pickle
import time

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

import penstroke
from penstroke import DenoisingAutoencoder, DenoisingClassifier, StackedDenoisingAutoencoder


def model(**parameters):
    return DenoisingAutoencoder(**{"n_components": 20, "max_iter": 4, "random_state": 0} | parameters)


def test_the_command_line_gives_the_same_bytes(digits, penstroke_command, tmp_path):
    X = digits[0]
    sources = {"floats": X, "bytes": (X * 255).astype(np.uint8)}
    for name, values in sources.items():
        np.save(tmp_path / f"{name}.npy", values)
        common = ["--seed", "7", "--batch", "32", "--quiet", "--threads", "2"]
        out = tmp_path / f"{name}.safetensors"
        plain = ["--hidden", "20", "--epochs", "4", "--valid", "0", "--corruption", "gaussian:0.2+masking:0.1"]
        penstroke_command("fit", tmp_path / f"{name}.npy", *plain, *common, "--out", out)
        plain = model(corruption="gaussian:0.2+masking:0.1", batch_size=32, tol=None, random_state=7, n_jobs=1)
        plain.fit(values).save(tmp_path / "python")
        assert (tmp_path / "python").read_bytes() == out.read_bytes(), name

        stopping = ["--hidden", "20", "--epochs", "30", "--learning-rate", "0.05", "--patience", "3", "--tolerance", "0.01"]
        penstroke_command("fit", tmp_path / f"{name}.npy", *stopping, *common, "--out", out)
        stopping = model(
            batch_size=32, max_iter=30, learning_rate=0.05, early_stopping=True, n_iter_no_change=3, tol=0.01, random_state=7
        )
        stopping.fit(values).save(tmp_path / "python")
        assert (tmp_path / "python").read_bytes() == out.read_bytes(), name
        assert stopping.n_iter_ < 30 and stopping.best_epoch_ <= stopping.n_iter_


def test_the_command_line_gives_the_same_bytes_of_stacks_and_classifiers(digits, penstroke_command, tmp_path):
    X, y = digits
    np.save(tmp_path / "x.npy", X)
    np.savez(tmp_path / "xy.npz", x=X, y=y)
    stack, classifier = tmp_path / "stack.safetensors", tmp_path / "classifier.safetensors"
    penstroke_command(
        "fit", tmp_path / "x.npy", "--layers", "20,10", "--epochs", "3,2", "--end-to-end", "2", "--valid", "0",
        "--corruption", "masking:0.1,masking:0.2", "--seed", "5", "--quiet", "--out", stack,
    )  # fmt: skip
    fitted = StackedDenoisingAutoencoder(
        (20, 10), corruption=["masking:0.1", "masking:0.2"], max_iter=[3, 2], end_to_end_max_iter=2, tol=None, random_state=5
    ).fit(X)
    fitted.save(tmp_path / "python")
    assert (tmp_path / "python").read_bytes() == stack.read_bytes()

    penstroke_command(
        "fit", tmp_path / "x.npy", "--layers", "20", "--epochs", "3", "--valid", "0", "--seed", "5", "--quiet", "--out", stack
    )
    penstroke_command(
        "finetune", tmp_path / "xy.npz", "--from", stack, "--epochs", "4", "--learning-rate",
        "0.01", "--dropout", "0.2", "--valid", "0", "--seed", "5", "--quiet", "--out", classifier,
    )  # fmt: skip
    as_there = {"activation": "sigmoid", "learning_rate": 0.01, "dropout": 0.2, "random_state": 5}
    DenoisingClassifier((20,), pretrain_max_iter=3, max_iter=4, **as_there).fit(X, y).save(tmp_path / "python")
    assert (tmp_path / "python").read_bytes() == classifier.read_bytes()


def test_every_parameter_changes_the_result(digits):
    X = digits[0][:300] - 0.1
    sgd = {"optimizer": "sgd"}
    changes = [
        {"n_components": 21}, {"corruption": "masking:0.5"}, {"activation": "tanh"}, {"decoder": "sigmoid"}, {"tied": False},
        {"emphasis": (1.0, 0.5)}, {"initialization": "glorot"}, sgd, sgd | {"momentum": 0.5}, {"beta_1": 0.8},
        {"beta_2": 0.9}, {"epsilon": 1e-3}, {"learning_rate": 0.01},
        {"schedule": "cosine"}, {"weight_decay": 0.1}, {"l1": 0.01}, {"contraction": 0.1}, {"sparsity": "0.1:1"},
        {"batch_size": 50}, {"max_iter": 5}, {"early_stopping": True}, {"early_stopping": True, "validation_fraction": 0.3},
        {"random_state": 1},
    ]  # fmt: skip
    results = [model(**change).fit(X).reconstruct(X) for change in [{}, *changes]]
    for k, result in enumerate(results):
        assert not any(np.array_equal(result, other) for other in results[:k]), ([{}, *changes])[k]
    base = model().fit(X)
    assert model(loss="cross-entropy").fit(digits[0]).loss_curve_ != model().fit(digits[0]).loss_curve_
    for change in [{"n_jobs": 1}, {"n_jobs": 3}, {"n_jobs": -1}, {"verbose": 0}]:
        assert model(**change).fit(X)._model.to_bytes() == base._model.to_bytes(), change
    # When training ends.
    assert model(max_iter=50, tol=1e9, n_iter_no_change=2).fit(X).n_iter_ == 3
    assert model(max_iter=5, tol=None, n_iter_no_change=2, learning_rate=1e-9).fit(X).n_iter_ == 5
    assert model(image_shape=(8, 8)).fit(X)._model.about() != base._model.about()


def test_partial_fit_trains_one_epoch_with_fresh_corruption(digits):
    X = digits[0]
    whole = model(max_iter=3, optimizer="sgd", learning_rate=0.02, schedule="constant").fit(X)
    parts = model(optimizer="sgd", learning_rate=0.02)
    for _ in range(3):
        parts.partial_fit(X)
    # Plain gradient descent has no state, so three calls of one epoch equal one training of three epochs.
    np.testing.assert_array_equal(parts.components_, whole.components_)
    assert parts.loss_curve_ == whole.loss_curve_
    stack = StackedDenoisingAutoencoder((10, 5), max_iter=2, random_state=0).fit(X)
    before = [layer.loss_curve for layer in stack.layers_]
    stack.partial_fit(X)
    assert [layer.loss_curve[:-1] for layer in stack.layers_] == before


def test_callbacks_are_called_after_every_epoch_and_can_stop(digits):
    heard = []
    model(callbacks=heard.append).fit(digits[0])
    assert [(event.epoch, event.epochs) for event in heard] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert [event.loss for event in heard] == model().fit(digits[0]).loss_curve_
    stopped = model(callbacks=[heard.append, lambda event: event.epoch == 2]).fit(digits[0])
    assert stopped.n_iter_ == 2 and stopped.transform(digits[0]).shape == (1797, 20)

    def fail(event):
        raise LookupError("mine")

    failed = model(callbacks=fail)
    with pytest.raises(LookupError, match="mine"):
        failed.fit(digits[0])
    assert failed.n_iter_ == 1, "it keeps what it has learned"
    layers = []
    StackedDenoisingAutoencoder((6, 5), max_iter=1, end_to_end_max_iter=1, callbacks=layers.append).fit(digits[0])
    assert [event.layer for event in layers] == [1, 2, 0]


def test_a_callback_ends_only_the_current_phase(digits):
    X, y = digits[0][:300], digits[1][:300]
    heard = []

    def second(event):
        heard.append((event.layer, event.epoch))
        return event.epoch == 2

    together = {"end_to_end_max_iter": 4, "schedule": "constant", "random_state": 0}
    stack = StackedDenoisingAutoencoder((6, 5), max_iter=4, callbacks=second, **together).fit(X)
    assert heard == [(1, 1), (1, 2), (2, 1), (2, 2), (0, 1), (0, 2)]
    assert [len(layer.loss_curve) for layer in stack.layers_] == [2, 2] and len(stack.end_to_end_loss_curve_) == 2
    shorter = StackedDenoisingAutoencoder((6, 5), max_iter=2, **together | {"end_to_end_max_iter": 2}).fit(X)
    np.testing.assert_array_equal(stack.transform(X), shorter.transform(X))
    heard.clear()
    same = {"schedule": "constant", "random_state": 0}
    # The learning rate of pretraining falls over its epochs, so only fine-tuning can equal a shorter one.
    alone = DenoisingClassifier((6, 5), pretrain_max_iter=0, max_iter=4, callbacks=second, **same).fit(X, y)
    shorter = DenoisingClassifier((6, 5), pretrain_max_iter=0, max_iter=2, **same).fit(X, y)
    np.testing.assert_array_equal(alone.predict_proba(X), shorter.predict_proba(X))
    heard.clear()
    classifier = DenoisingClassifier((6, 5), pretrain_max_iter=4, max_iter=4, callbacks=second, **same).fit(X, y)
    assert heard == [(1, 1), (1, 2), (2, 1), (2, 2), (0, 1), (0, 2)] and classifier.n_iter_ == 2

    def fail(event):
        raise LookupError(event.layer)

    with pytest.raises(LookupError):
        classifier.set_params(callbacks=fail).fit(X, y)
    with pytest.raises(NotFittedError):
        classifier.predict(X)
    # Stopped during fine-tuning, it keeps what it has learned.
    with pytest.raises(LookupError):
        classifier.set_params(pretrain_max_iter=0).fit(X, y)
    assert classifier.n_iter_ == 1 and classifier.predict(X).shape == (300,)


def test_an_interrupted_partial_fit_changes_nothing(digits):
    X = digits[0][:300]

    def fail(event):
        raise LookupError(event.layer)

    for estimator in [DenoisingAutoencoder(6, max_iter=1, random_state=0), StackedDenoisingAutoencoder((6, 5), max_iter=1)]:
        codes = estimator.fit(X).transform(X)
        with pytest.raises(LookupError):
            estimator.set_params(callbacks=fail).partial_fit(X)
        np.testing.assert_array_equal(estimator.transform(X), codes)


def test_partial_fit_starts_missing_layers(digits):
    X = digits[0][:300]
    stack = StackedDenoisingAutoencoder((6,), max_iter=1, random_state=0).fit(X)
    stack.set_params(hidden_layer_sizes=(6, 5)).partial_fit(X)
    assert [len(layer.loss_curve) for layer in stack.layers_] == [2, 1]
    with pytest.raises(ValueError, match="hidden_layer_sizes: 1 layer, but the model has 2"):
        stack.set_params(hidden_layer_sizes=(6,)).partial_fit(X)


def test_learned_attributes_are_read_only(digits):
    X = digits[0][:300]
    untied = DenoisingAutoencoder(6, max_iter=1, tied=False, random_state=0).fit(X)
    assert untied.decoder_components_.shape == (64, 6)
    assert not hasattr(untied.set_params(tied=True).fit(X), "decoder_components_")
    classifier = DenoisingClassifier((6,), max_iter=1).fit(X, digits[1][:300])
    for estimator in [untied, classifier]:
        for fitted in [estimator, pickle.loads(pickle.dumps(estimator))]:
            weights = fitted.components_ if estimator is untied else fitted.coefs_[0]
            with pytest.raises(ValueError, match="read-only"):
                weights[0] = 0
    # The model holds the weights, so they are not pickled a second time.
    wide = DenoisingAutoencoder(500, max_iter=1).fit(X)
    assert len(pickle.dumps(wide)) < 1.2 * wide.components_.nbytes
    for tied in [False, True]:
        stack = StackedDenoisingAutoencoder((6, 5), max_iter=1, tied=tied, random_state=0).fit(X)
        assert [layer.decoder_components.shape for layer in stack.layers_] == [(64, 6), (6, 5)]
        restored = codes = stack.transform(X)
        for layer in reversed(stack.layers_):
            restored = 1 / (1 + np.exp(-(restored @ layer.decoder_components.T + layer.intercept_visible)))
        np.testing.assert_allclose(restored, stack.inverse_transform(codes), atol=1e-5)


def test_values_per_layer_may_be_an_array(digits):
    X = digits[0][:300]
    rates, sizes = [0.01, 0.002], [6, 5]
    listed = StackedDenoisingAutoencoder(sizes, learning_rate=rates, max_iter=[1, 2], random_state=0).fit(X)
    several = {"learning_rate": np.array(rates), "max_iter": np.array([1, 2]), "corruption": np.array(["masking:0.25"] * 2)}
    arrays = StackedDenoisingAutoencoder(np.array(sizes), random_state=0, **several).fit(X)
    assert arrays._model.to_bytes() == listed._model.to_bytes()


def test_a_bar_stays_on_its_line(digits, capsys, monkeypatch):
    for columns in [20, 60, 80, 200]:
        monkeypatch.setenv("COLUMNS", str(columns))
        DenoisingClassifier((6, 5), max_iter=3, pretrain_max_iter=3, early_stopping=True, verbose=1).fit(*digits)
        lines = capsys.readouterr().err.replace("\n", "\r").split("\r")
        assert max(map(len, lines)) < columns
        assert columns < 200 or any("█" * 20 in line for line in lines)


def test_a_bar_names_the_finished_epoch(digits, capsys):
    seen = []
    model(verbose=1, callbacks=lambda event: seen.append(capsys.readouterr().err)).fit(digits[0])
    for epoch, shown in enumerate(seen, 1):
        assert shown.split("\r")[-1].startswith(f"epoch {epoch}/4 ")


def test_progress_is_shown_only_if_verbose(digits, capsys):
    model().fit(digits[0])
    assert capsys.readouterr() == ("", "")
    model(verbose=2, early_stopping=True).fit(digits[0])
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 4 and lines[3].startswith("epoch 4/4 loss ") and "validation loss" in lines[3]
    model(verbose=1).fit(digits[0])
    shown = capsys.readouterr().err
    assert shown.endswith("\n") and shown.count("\r") >= 4 and "epoch 4/4 " + 20 * "█" in shown
    StackedDenoisingAutoencoder((5, 4), max_iter=1, verbose=2).fit(digits[0])
    assert "layer 2/2, epoch 1/1 loss" in capsys.readouterr().err


def test_pretraining_on_many_samples_helps_with_few_labels(digits):
    X, y = digits
    few = np.where(np.arange(len(y)) < 100, y, -1)

    def fit(pretrain_max_iter, seed):
        classifier = DenoisingClassifier(
            (256,), pretrain_max_iter=pretrain_max_iter, learning_rate=0.005, random_state=seed
        )
        return classifier.fit(X, few)

    def accuracy(pretrain_max_iter):
        return np.mean([fit(pretrain_max_iter, seed).score(X[100:], y[100:]) for seed in range(3)])

    assert accuracy(100) > accuracy(0) + 0.005
    fitted = fit(5, 0)
    assert fitted.predict_proba(X).shape == (1797, 10) and fitted.n_iter_ == 200


def test_labels_may_have_any_type(digits):
    X, y = digits[0][:300], digits[1][:300]
    words = np.array([f"class {label}" for label in y], dtype=object)
    words[::2] = -1
    named = DenoisingClassifier((30,), random_state=0).fit(X, words)
    numbered = DenoisingClassifier((30,), random_state=0).fit(X, np.where(np.arange(300) % 2, y, -1))
    assert list(named.classes_) == sorted(set(words[1::2]))
    assert list(named.predict(X)) == [f"class {label}" for label in numbered.predict(X)]
    for same in [list(words), tuple(words)]:
        assert DenoisingClassifier((30,), random_state=0).fit(X, same)._model.to_bytes() == named._model.to_bytes()
    objects = np.array([None] * 300)
    objects[:] = [int(label) for label in y]
    whole = DenoisingClassifier((30,), random_state=0).fit(X, objects)
    np.testing.assert_array_equal(whole.classes_, np.arange(10))
    early = DenoisingClassifier((30,), early_stopping=True, random_state=0).fit(X, y)
    assert len(early.validation_error_curve_) == early.n_iter_ and early.best_epoch_ <= early.n_iter_


def test_corrupted_samples_are_restored(digits):
    X = digits[0]
    fitted = DenoisingAutoencoder(100, corruption="gaussian:0.3", max_iter=60, random_state=0).fit(X)
    damaged = penstroke.corrupt(X, "gaussian:0.3", random_state=1)
    before, after = (np.square(x - X).sum(axis=1).mean() for x in (damaged, fitted.reconstruct(damaged)))
    assert after < 0.5 * before
    np.testing.assert_allclose(fitted.inverse_transform(fitted.transform(X)), fitted.reconstruct(X), atol=1e-5)
    expected = -np.square(fitted.reconstruct(X).astype(float) - X).sum(axis=1)
    np.testing.assert_allclose(fitted.score_samples(X), expected, rtol=1e-6)
    assert fitted.score(X) == pytest.approx(expected.mean())
    noise = np.random.default_rng(0).random(X.shape, dtype=np.float32)
    assert fitted.score(noise) < 3 * fitted.score(X), "noise is restored worse than digits"
