"""Every mistake raises an exception of the right type whose message names the parameter."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest
import scipy.sparse
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

import penstroke
from penstroke import DenoisingAutoencoder, DenoisingClassifier, DenoisingRegressor, StackedDenoisingAutoencoder
from penstroke._penstroke import panic_for_tests

X = np.random.default_rng(0).random((60, 9), dtype=np.float32)
Y = np.arange(60) % 2

MISTAKES = [
    ({"n_components": 0}, ValueError, "n_components: 0 is below 1"),
    ({"n_components": 2.5}, TypeError, "n_components: 2.5 is not an integer"),
    ({"n_components": True}, TypeError, "n_components: True is not an integer"),
    ({"n_components": 10**12}, ValueError, "n_components: 1000000000000 units of 9 inputs have more than 2³¹ weights"),
    ({"corruption": "masking:1.3"}, ValueError, "corruption: masking: probability 1.3 is outside 0..=1"),
    ({"corruption": "blur:1"}, ValueError, 'corruption: "blur" is not one of none, masking'),
    ({"corruption": 0.3}, TypeError, "corruption: 0.3 is not a string"),
    ({"corruption": "salt-and-pepper:2"}, ValueError, "corruption: salt-and-pepper: probability 2 is outside"),
    ({"activation": "sigmod"}, ValueError, 'activation: "sigmod" is not one of sigmoid, tanh, relu, linear'),
    ({"decoder": "sigmod"}, ValueError, 'decoder: "sigmod" is not one of sigmoid, tanh, relu, linear'),
    ({"decoder": 1}, TypeError, "decoder: 1 is not a string"),
    ({"loss": "cross-entropy", "decoder": "linear"}, ValueError, "loss: cross-entropy needs a sigmoid decoder; use decoder='sigmoid'"),
    ({"tied": "yes"}, TypeError, "tied: 'yes' is neither True nor False"),
    ({"tied": np.array([True, False])}, TypeError, "tied: array([ True, False]) is neither True nor False"),
    ({"tied": 1.0}, TypeError, "tied: 1.0 is neither True nor False"),
    ({"early_stopping": "no"}, TypeError, "early_stopping: 'no' is neither True nor False"),
    ({"emphasis": 1.0}, TypeError, "emphasis: 1.0 is not a pair of numbers"),
    ({"emphasis": (1.0, -1.0)}, ValueError, "emphasis: weights 1 and -1 must be finite and at least 0"),
    ({"emphasis": (0, 0)}, ValueError, "emphasis: both weights are 0, so that nothing is learned"),
    ({"initialization": "zeros"}, ValueError, 'initialization: "zeros" is not one of glorot'),
    ({"optimizer": "adagrad"}, ValueError, 'optimizer: "adagrad" is not one of sgd, adam'),
    ({"momentum": 0.9}, ValueError, "momentum: does not apply to Adam; use optimizer='sgd', or leave it out"),
    ({"beta_1": 0.5, "optimizer": "sgd"}, ValueError, "beta_1: belongs to Adam; use optimizer='adam', or leave it out"),
    ({"beta_2": 1.0}, ValueError, "beta_2: 1 is outside 0..1"),
    ({"epsilon": 0.0}, ValueError, "epsilon: 0 is not a finite number above 0"),
    ({"learning_rate": 0}, ValueError, "learning_rate: 0 is not a finite number above 0"),
    ({"learning_rate": float("nan")}, ValueError, "learning_rate: nan is not a finite number"),
    ({"learning_rate": "fast"}, TypeError, "learning_rate: 'fast' is not a number"),
    ({"schedule": "cubic"}, ValueError, "schedule: "),
    ({"weight_decay": -1}, ValueError, "weight_decay: -1 is not a finite number of at least 0"),
    ({"l1": -1}, ValueError, "l1: -1 is not a finite number of at least 0"),
    ({"contraction": -1}, ValueError, "contraction: -1 is not a finite number of at least 0"),
    ({"sparsity": "2:1"}, ValueError, "sparsity: target 2 is not between 0 and 1; 0.05 is usual"),
    ({"batch_size": 0}, ValueError, "batch_size: 0 is below 1"),
    ({"max_iter": 0}, ValueError, "max_iter: 0 is below 1"),
    ({"tol": -1.0}, ValueError, "tol: -1 is not a finite number of at least 0"),
    ({"n_iter_no_change": 0}, ValueError, "n_iter_no_change: 0 is below 1"),
    ({"early_stopping": True, "validation_fraction": 1.0}, ValueError, "validation_fraction: share 1 is outside 0..1"),
    ({"early_stopping": True, "validation_fraction": 0.0}, ValueError, "validation_fraction: 0 leaves no samples for early stopping"),
    ({"precision": "f16"}, ValueError, 'precision: "f16" is not one of f32, bf16'),
    ({"instructions": "sse9"}, ValueError, 'instructions: "sse9" is not one of '),
    ({"instructions": 2}, TypeError, "instructions: 2 is not a string"),
    ({"image_shape": (2, 2)}, ValueError, "image_shape: rows of 9 values are not 2×2×1 pictures"),
    ({"image_shape": 9}, TypeError, "image_shape: 9 is neither (height, width) nor (height, width, channels)"),
    ({"random_state": -1}, ValueError, "random_state: -1 is below 0"),
    ({"random_state": 2**64}, ValueError, "random_state: 18446744073709551616 is not below 2**64"),
    ({"random_state": "seed"}, TypeError, "random_state: 'seed' is not an integer, a RandomState or None"),
    ({"n_jobs": 0}, ValueError, "n_jobs: 0 is not allowed; use 1 for one thread"),
    ({"n_jobs": 1.5}, TypeError, "n_jobs: 1.5 is not an integer"),
    ({"n_jobs": 2**64}, ValueError, "n_jobs: 18446744073709551616 is not below 2**64"),
    ({"n_components": 2**64}, ValueError, "n_components: 18446744073709551616 is not below 2**64"),
    ({"batch_size": 2**64}, ValueError, "batch_size: 18446744073709551616 is not below 2**64"),
    ({"verbose": "yes"}, TypeError, "verbose: 'yes' is not an integer"),
    ({"verbose": -1}, ValueError, "verbose: -1 is below 0"),
    ({"callbacks": 3}, TypeError, "callbacks: 3 is not a callable or a list of callables"),
    ({"callbacks": "print"}, TypeError, "callbacks: 'print' is not a callable or a list of callables"),
    ({"callbacks": [3]}, TypeError, "callbacks: 3 is not callable"),
    ({"learning_rate": 1e30, "optimizer": "sgd", "decoder": "linear"}, FloatingPointError, "training: the "),
]  # fmt: skip


@pytest.mark.parametrize(("parameters", "kind", "message"), MISTAKES, ids=lambda value: str(value)[:40])
def test_a_mistake_has_its_type_and_message(parameters, kind, message):
    with pytest.raises(kind) as raised:
        DenoisingAutoencoder(**{"n_components": 5, "max_iter": 3} | parameters).fit(X)
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize(
    ("estimator", "kind", "message"),
    [
        (StackedDenoisingAutoencoder(()), ValueError, "hidden_layer_sizes: is empty; at least one layer is needed"),
        (StackedDenoisingAutoencoder((5, 0)), ValueError, "hidden_layer_sizes: 0 is below 1"),
        (StackedDenoisingAutoencoder((5, 10**12)), ValueError, "layer 2: hidden_layer_sizes: 1000000000000 units of 5 inputs"),
        (StackedDenoisingAutoencoder("5"), TypeError, "hidden_layer_sizes: '5' is not an integer"),
        (
            StackedDenoisingAutoencoder((5, 4), corruption=["none", "blur:1"]),
            ValueError,
            'layer 2: corruption: "blur" is not one of none, masking',
        ),
        (StackedDenoisingAutoencoder((5, 4), corruption=["none"]), ValueError, "corruption: 1 value for 2 layers; give one value for all layers, or one per layer"),
        (
            StackedDenoisingAutoencoder((5, 4), learning_rate=[0.1, -1]),
            ValueError,
            "layer 2: learning_rate: -1 is not a finite number above 0",
        ),
        (StackedDenoisingAutoencoder((5, 4), end_to_end_max_iter=-1), ValueError, "end_to_end_max_iter: -1 is below 0"),
        (DenoisingClassifier(dropout=1), ValueError, "dropout: probability 1 is outside 0..1; 0.5 is usual"),
        (DenoisingClassifier(max_norm=0), ValueError, "max_norm: 0 is not a finite number above 0; 3 is usual"),
        (DenoisingClassifier(label_smoothing=1), ValueError, "label_smoothing: share 1 is outside 0..1"),
        (DenoisingClassifier(class_weight="even"), ValueError, "class_weight: 'even' is neither a dict nor 'balanced' nor None"),
        (DenoisingClassifier(class_weight=[1, 2]), TypeError, "class_weight: [1, 2] is neither a dict nor 'balanced' nor None"),
        (DenoisingClassifier(class_weight={7: 1}), ValueError, "class_weight: 7 is not one of the classes, [0, 1]"),
        (DenoisingClassifier(class_weight={1: -1}), ValueError, "class_weight: -1 is not a finite number of at least 0"),
        (DenoisingClassifier(class_weight={0: 0, 1: 0}), ValueError, "class_weight: every class has weight 0"),
        (DenoisingClassifier(class_weight={0: "1"}), TypeError, "class_weight: '1' is not a number"),
        (DenoisingRegressor(dropout=1), ValueError, "dropout: probability 1 is outside 0..1; 0.5 is usual"),
        (DenoisingRegressor(corruption="blur:1"), ValueError, 'corruption: "blur" is not one of none'),
        (DenoisingClassifier((5, 4), pretrain_max_iter=[0, 3]), ValueError, "pretrain_max_iter: is 0 for some layers only"),
        (DenoisingClassifier((10**12,)), ValueError, "hidden_layer_sizes: 1000000000000 units of 9 inputs"),
        (DenoisingClassifier(pretrain_learning_rate=-1), ValueError, "pretrain_learning_rate: -1 is not a finite number above 0"),
        (DenoisingClassifier(learning_rate=-1), ValueError, "learning_rate: -1 is not a finite number above 0"),
        (DenoisingClassifier(fine_tuning_corruption="blur:1"), ValueError, 'fine_tuning_corruption: "blur" is not one of none'),
        (DenoisingClassifier(fine_tuning_corruption="masking:2"), ValueError, "fine_tuning_corruption: masking: probability 2"),
        (DenoisingClassifier(corruption="blur:1"), ValueError, 'corruption: "blur" is not one of none'),
        (DenoisingClassifier(decoder="soft"), ValueError, 'decoder: "soft" is not one of sigmoid'),
        (DenoisingClassifier(pretrain_learning_rate="x"), TypeError, "pretrain_learning_rate: 'x' is not a number"),
        (
            DenoisingClassifier(early_stopping=True, validation_fraction=0.0),
            ValueError,
            "validation_fraction: 0 leaves no samples for early stopping",
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_mistake_of_other_estimators_has_its_type_and_message(estimator, kind, message):
    with pytest.raises(kind) as raised:
        estimator.fit(X, Y)
    assert str(raised.value).startswith(message)


def test_labels_of_fewer_than_two_classes_are_refused():
    with pytest.raises(ValueError, match="y: has no labelled samples; at least two classes are needed"):
        DenoisingClassifier().fit(X, np.full(60, -1))
    with pytest.raises(ValueError, match="y: has one class, 3; at least two"):
        DenoisingClassifier().fit(X, np.where(Y, 3, -1))
    with pytest.raises(ValueError, match="y: 3 labels for 60 samples"):
        DenoisingClassifier().fit(X, [0, 1, 0])
    with pytest.raises(ValueError, match="requires y to be passed, but the target y is None; use -1 for samples without a label"):
        DenoisingClassifier().fit(X, None)


def test_unsuitable_weights_targets_and_classes_are_refused():
    for estimator in [DenoisingClassifier((5,), pretrain_max_iter=0), DenoisingRegressor((5,), pretrain_max_iter=0)]:
        for weights, message in [
            (np.ones(3), r"sample_weight.shape == \(3,\), expected \(60,\): give one weight per sample"),
            (np.ones((60, 1)), "sample_weight: has 2 dimensions"),
            (np.where(np.arange(60) == 4, -0.5, 1), r"sample_weight: weight 4 \(from 0\) is -0.5, not a number of at least 0"),
            (np.zeros(60), "sample_weight: all weights are zero; at least one above 0 is needed"),
            (np.full(60, np.nan), "Input sample_weight contains NaN"),
        ]:
            for train in [estimator.fit, estimator.partial_fit]:
                given = {"classes": [0, 1]} if train.__name__ == "partial_fit" and hasattr(estimator, "predict_proba") else {}
                with pytest.raises(ValueError, match=message):
                    train(X, Y, sample_weight=weights, **given)
    some = np.where(np.arange(60) < 30, Y, -1)
    with pytest.raises(ValueError, match="sample_weight: all labelled samples have weight 0"):
        DenoisingClassifier((5,), pretrain_max_iter=0).fit(X, some, sample_weight=np.where(some == -1, 1.0, 0.0))
    with pytest.raises(ValueError, match="y: 3 rows for 60 samples; give one row per sample"):
        DenoisingRegressor().fit(X, [0, 1, 0])
    with pytest.raises(ValueError, match=r"y: column 0 \(from 0\) varies by .* subtract a number near the mean first"):
        DenoisingRegressor((5,), pretrain_max_iter=0).fit(X, 1.7e9 + Y)
    fitted = DenoisingRegressor((5,), pretrain_max_iter=0, max_iter=1).fit(X, Y)
    with pytest.raises(ValueError, match="y: 2 values per row, but the model predicts 1"):
        fitted.partial_fit(X, np.column_stack([Y, Y]))
    with pytest.raises(ValueError, match="classes: are needed in the first call of partial_fit"):
        DenoisingClassifier().partial_fit(X, Y)
    with pytest.raises(ValueError, match=r"classes: \[1\]; at least two are needed"):
        DenoisingClassifier().partial_fit(X, Y, classes=[1, -1])
    begun = DenoisingClassifier((5,)).partial_fit(X, Y, classes=[0, 1])
    with pytest.raises(ValueError, match=r"classes: \[0, 1, 2\] are not the classes of the model, \[0, 1\]"):
        begun.partial_fit(X, Y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="y: 2 is not one of the classes of the model"):
        begun.partial_fit(X, Y + 2)
    with pytest.raises(ValueError, match="class_weight: 'balanced' needs all samples, which partial_fit does not see"):
        begun.set_params(class_weight="balanced").partial_fit(X, Y)


def test_missing_and_mixed_labels_are_refused():
    words = np.where(Y, "cat", "dog")
    missing = r"y: holds a missing value \(None or NaN\); use -1 for samples without a label"
    for nothing in [None, float("nan")]:
        for labels in [Y, words]:
            with pytest.raises(ValueError, match=missing):
                DenoisingClassifier().fit(X, [nothing, *labels[1:]])
            with pytest.raises(ValueError, match=missing):
                DenoisingClassifier().fit(X, np.array([nothing, *labels[1:]], dtype=object))
    with pytest.raises(ValueError, match="y: '-1' is a string, but only the number -1 marks a sample without a label"):
        DenoisingClassifier().fit(X, np.array(["-1", *words[1:]]))
    with pytest.raises(ValueError, match="y: '-1' is a string, but only the number -1 marks a sample without a label"):
        DenoisingClassifier().fit(X, ["-1", *words[1:]])
    with pytest.raises(ValueError, match="y: 3 is not a string; give strings only or integers only"):
        DenoisingClassifier().fit(X, [3, *words[1:]])
    pairs = np.array([None] * 60)
    pairs[:] = [(1, 2)] * 60
    with pytest.raises(ValueError, match=r"y: \(1, 2\) is not a string"):
        DenoisingClassifier().fit(X, pairs)


def test_missing_labels_of_pandas_are_refused():
    pandas = pytest.importorskip("pandas")
    for dtype, labels in [("Int64", Y), ("string", np.where(Y, "a", "b"))]:
        with pytest.raises(ValueError, match="y: holds a missing value"):
            DenoisingClassifier().fit(X, pandas.Series([None, *labels[1:]], dtype=dtype))


def test_a_diverging_loss_names_the_learning_rate_of_its_phase():
    wild = {"optimizer": "sgd", "activation": "linear", "decoder": "linear", "random_state": 0}
    with pytest.raises(FloatingPointError, match="try pretrain_learning_rate below"):
        DenoisingClassifier((5,), pretrain_learning_rate=1e30, **wild).fit(X, Y)
    with pytest.raises(FloatingPointError, match="try learning_rate below"):
        DenoisingClassifier((5,), learning_rate=1e30, pretrain_max_iter=0, **wild).fit(X, Y)
    with pytest.raises(FloatingPointError, match="try learning_rate below"):
        DenoisingAutoencoder(5, learning_rate=1e30, **wild).fit(X)


def test_a_message_quotes_what_the_user_wrote():
    typed = "try a learning rate --optimizer sgd, epochs: 3"
    with pytest.raises(ValueError) as raised:
        DenoisingAutoencoder(activation=typed).fit(X)
    assert str(raised.value).startswith(f'activation: "{typed}" ')


@pytest.mark.parametrize(
    "estimator", [DenoisingAutoencoder(5), StackedDenoisingAutoencoder((5, 4)), DenoisingClassifier((5,))]
)
def test_a_failed_fit_leaves_nothing_behind(estimator):
    wrong = X.copy()
    wrong[0, 0] = np.nan

    def fails(X, **parameters):
        with pytest.raises((ValueError, LookupError)):
            estimator.set_params(**parameters).fit(X, Y)
        with pytest.raises(NotFittedError):
            check_is_fitted(estimator)
        assert {name for name in vars(estimator) if name.endswith("_")} <= {"n_features_in_"}

    fails(X, corruption="masking:2")
    fails(wrong, corruption="none")
    estimator.set_params(max_iter=1).fit(X, Y)
    fails(X[:, :3], corruption="masking:2")
    estimator.set_params(corruption="none").fit(X, Y)
    fails(wrong)
    # Parameters are checked before samples.
    with pytest.raises(ValueError, match="^corruption: "):
        estimator.set_params(corruption="masking:2").fit(wrong, Y)


def test_samples_that_do_not_fit_are_refused():
    fitted = DenoisingAutoencoder(5, max_iter=1).fit(X)
    with pytest.raises(ValueError, match="X has 3 features, but DenoisingAutoencoder is expecting 9"):
        fitted.transform(X[:, :3])
    with pytest.raises(ValueError, match="X: codes have 9 values, the model has 5 hidden units"):
        fitted.inverse_transform(X)
    with pytest.raises(ValueError, match="NaN"):
        fitted.transform(np.full((2, 9), np.nan))
    with pytest.raises(ValueError, match="loss: cross-entropy needs values within 0..=1, these lie in"):
        DenoisingAutoencoder(5, loss="cross-entropy").fit(X * 3)
    with pytest.raises(ValueError, match="^corruption: masking-exact: probability 2 is outside"):
        penstroke.corrupt(X, "masking-exact:2")
    with pytest.raises(ValueError, match='^corruption: "blur" is not one of'):
        penstroke.corrupt(X, "blur:2")
    with pytest.raises(ValueError, match="^corruption: gaussian:1e39 makes values infinite"):
        penstroke.corrupt(X, "gaussian:1e39")
    with pytest.raises(ValueError, match="^image_shape: is for arrays; give a sparse matrix as an array$"):
        DenoisingAutoencoder(5, image_shape=(3, 3)).fit(scipy.sparse.csr_array(X))


class Arrow:
    def __arrow_c_stream__(self, requested_schema=None):
        raise NotImplementedError


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(TypeError, match="^X: reading Arrow data needs pyarrow; pip install pyarrow$"):
        DenoisingAutoencoder(5).fit(Arrow())
    fitted = DenoisingAutoencoder(5, max_iter=1).fit(X)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match="^plots need matplotlib; pip install matplotlib$"):
        penstroke.plot.filters(fitted)


@pytest.mark.parametrize("name", ["transform", "inverse_transform", "reconstruct", "score", "score_samples"])
def test_methods_need_a_fitted_estimator(name):
    with pytest.raises(NotFittedError):
        getattr(DenoisingAutoencoder(), name)(X)


def test_functions_need_a_fitted_estimator(tmp_path):
    with pytest.raises(NotFittedError):
        DenoisingAutoencoder().save(tmp_path / "model")
    with pytest.raises(NotFittedError):
        DenoisingClassifier().predict(X)
    with pytest.raises(NotFittedError):
        penstroke.plot.filters(DenoisingAutoencoder())
    with pytest.raises(NotFittedError):
        DenoisingAutoencoder().to_onnx(tmp_path / "model")


def test_a_panic_is_an_exception(capfd):
    with pytest.raises(RuntimeError, match="this is a bug in penstroke, please report it: as asked"):
        panic_for_tests()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux enforces limits of the address space")
def test_too_little_memory_is_an_error_and_does_not_abort():
    program = textwrap.dedent("""
        import resource
        import numpy as np
        from penstroke import DenoisingAutoencoder

        resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
        X = np.zeros((60, 9), np.float32)
        for work in (
            lambda: DenoisingAutoencoder(2 * 10**8, n_jobs=1).fit(X),
            lambda: DenoisingAutoencoder(2000, max_iter=1, n_jobs=1).fit(X).transform(np.zeros((10**6, 9), np.float32)),
        ):
            try:
                work()
            except MemoryError as error:
                print(error)
    """)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.splitlines() == [
        "training 200000000 units of 9 inputs takes 26.8 GiB, more memory than the system gives",
        "2000 values of each of 1000000 samples take 7.5 GiB, more memory than the system gives",
    ], done.stderr
